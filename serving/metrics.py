"""Count what the server does, and serve the counts to Prometheus on a separate port."""

import asyncio
from collections import Counter as Counts
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from models import Conversation
from serving.connections import ConnectionTracker
from serving.request_state import LogFields, RequestState
from serving.response_cache import ResponseCache
from storage import Database, DatabaseUnavailable

# Upper bounds of the histogram's buckets.
DURATION_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MAX_REQUEST_BYTES = 8192
REQUEST_TIMEOUT_SECONDS = 5.0
# Calls are left out if the database does not answer within this time.
DATABASE_TIMEOUT_SECONDS = 2.0

disable_created_metrics()  # type: ignore[no-untyped-call]  # else each counter exports its creation time as well


class Metrics:
    """The counts of this process since its start, in a separate registry, as tests run several servers."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "dialtree_http_requests",
            "Requests that ended; status 0: the client disconnected.",
            ["method", "status"],
            registry=registry,
        )
        self._durations = Histogram(
            "dialtree_http_request_duration_seconds",
            "Duration of requests.",
            buckets=DURATION_BUCKETS_SECONDS,
            registry=registry,
        )
        self._operations = Counter(
            "dialtree_websocket_operations", "Operations over WebSockets that ended.", registry=registry
        )
        self._errors = Counter(
            "dialtree_errors", "Requests and operations with an error of this code.", ["code"], registry=registry
        )
        self._points = Counter("dialtree_points", "Points that operations cost.", registry=registry)

    def record(self, event: str, seconds: float, state: RequestState, fields: LogFields) -> None:
        """Count a "request", or an "operation" of a WebSocket, that has ended."""
        self._points.inc(state.get("cost") or 0)
        for code in state.get("codes") or ():
            self._errors.labels(code).inc()
        if event == "request":
            self._requests.labels(fields["method"] or "UNPARSED", fields["status"]).inc()
            self._durations.observe(seconds)
        else:
            self._operations.inc()

    async def render(
        self,
        database: Database,
        loads: Counts[str],
        open_counts: Counts[str],
        cache: ResponseCache,
        connections: ConnectionTracker,
    ) -> bytes:
        """Return all metrics in Prometheus' text format; without those of calls if the database does not answer."""
        counted_elsewhere = [
            _counter("dataloader_batches", "Batches that edges were loaded in.", loads["batches"]),
            _counter("dataloader_keys", "Keys in those batches.", loads["keys"]),
            _counters("response_cache", "Responses stored in the cache, and served from it.", "event", cache.counts),
            _gauge("response_cache_bytes", "Bytes that cached responses take.", cache.bytes_used),
            _gauges("open", "What clients hold open.", "kind", open_counts + connections.counts()),
            _counter("connections_dropped", "Connections closed because there were too many.", connections.dropped),
            _counters("calls_ended", "Calls that ended.", "end_reason", _ended_calls(database)),
            _gauges("calls", "Calls that are queued, and that are live.", "state", await _count_calls(database)),
        ]
        return generate_latest(self._registry) + generate_latest(_Snapshot(counted_elsewhere))


@dataclass(frozen=True)
class _Snapshot:
    """A prometheus_client Collector over metrics that were read before."""

    metrics: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def _counter(name: str, description: str, value: int) -> Metric:
    return CounterMetricFamily(f"dialtree_{name}", description, value=value)


def _gauge(name: str, description: str, value: int) -> Metric:
    return GaugeMetricFamily(f"dialtree_{name}", description, value=value)


def _counters(name: str, description: str, label: str, counts: Counts[str]) -> Metric:
    family = CounterMetricFamily(f"dialtree_{name}", description, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _gauges(name: str, description: str, label: str, counts: Counts[str]) -> Metric:
    family = GaugeMetricFamily(f"dialtree_{name}", description, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _ended_calls(database: Database) -> Counts[str]:
    counts = database.committed_counts
    return Counts({label: number for (name, label), number in counts.items() if name == "calls_ended"})


async def _count_calls(database: Database) -> Counts[str]:
    """Count calls by state; empty if the database does not answer."""
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT_SECONDS), database.read() as session:
            statements = Conversation.count_by_state()
            return Counts({state: await session.scalar(statement) for state, statement in statements.items()})
    except (SQLAlchemyError, DatabaseUnavailable, TimeoutError):
        return Counts()


@asynccontextmanager
async def serve_metrics(host: str, port: int, render: Callable[[], Awaitable[bytes]]) -> AsyncIterator[None]:
    """Answer `GET /metrics` on the address, and nothing else; do nothing if `port` is 0."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
                    writer.write(await _respond(await reader.readuntil(b"\r\n\r\n"), render))
                    await writer.drain()
        finally:
            writer.close()

    if not port:
        yield
        return
    async with await asyncio.start_server(answer, host, port, limit=MAX_REQUEST_BYTES):
        yield


async def _respond(head: bytes, render: Callable[[], Awaitable[bytes]]) -> bytes:
    found = head.startswith((b"GET /metrics ", b"GET /metrics?"))
    body = await render() if found else b"Ask for /metrics.\n"
    status = "200 OK" if found else "404 Not Found"
    response_head = f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE_PLAIN_0_0_4}\r\n"
    return f"{response_head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
