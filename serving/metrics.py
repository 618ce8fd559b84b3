"""What the operator measures: counted as requests end, and written as Prometheus reads it, on a port of its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from models import Conversation, Database, DatabaseGone
from serving.kept_answers import KeptAnswers

# Upper bounds of the histogram of durations. Seconds.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONGEST_REQUEST = 8192
ASKS_WITHIN = 5.0
# What the database does not answer until then is left out.
DATABASE_ANSWERS_WITHIN = 2.0

Samples = list[tuple[dict[str, str], int]]


class Metrics:
    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.operations = 0
        self.refusals: Counter[str] = Counter()
        self.durations = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.points = 0

    def note(self, event: str, seconds: float, state: dict[str, Any], told: Mapping[str, Any]) -> None:
        """A request, or an operation of a socket, has ended."""
        self.points += state.get("cost") or 0
        self.refusals.update(state.get("codes") or ())
        if event != "request":
            self.operations += 1
            return
        self.requests[told["method"] or "UNREAD", told["status"]] += 1
        self.durations[next((place for place, bound in enumerate(BOUNDS) if seconds <= bound), -1)] += 1
        self.seconds += seconds

    async def measured(self, database: Database, loads: Counter[str], held: Counter[str], kept: KeptAnswers) -> str:
        """Everything, as Prometheus reads it. Without the database, what this process has counted."""
        counts: list[tuple[str, str, str, Samples]] = [
            ("requests_total", "counter", "Requests that ended; status 0: the client left.", self._requests()),
            ("socket_operations_total", "counter", "Operations of sockets that ended.", [({}, self.operations)]),
            ("refusals_total", "counter", "Requests and operations with an error of this code.", self._refusals()),
            ("points_total", "counter", "What operations cost.", [({}, self.points)]),
            ("loader_batches_total", "counter", "Batches that edges were loaded in.", [({}, loads["batches"])]),
            ("loader_keys_total", "counter", "Keys in those batches.", [({}, loads["keys"])]),
            ("kept_answers_total", "counter", "Answers kept, and used again.", _by("what", kept.counted)),
            ("kept_answers_bytes", "gauge", "What kept answers take.", [({}, kept.taken)]),
            ("open", "gauge", "What clients hold open.", _by("what", held)),
            ("calls_ended_total", "counter", "Calls that ended.", _by("end_reason", database.calls_ended)),
            ("calls", "gauge", "Calls that wait to be dialed, and that are live.", await _calls(database)),
        ]
        return self._histogram() + "".join(_family(*each) for each in counts)

    def _requests(self) -> Samples:
        return [({"method": name, "status": str(status)}, number) for (name, status), number in self.requests.items()]

    def _refusals(self) -> Samples:
        return _by("code", self.refusals)

    def _histogram(self) -> str:
        name, below, lines = "dialtree_request_seconds", 0, []
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), self.durations, strict=True):
            below += number
            lines.append(f'{name}_bucket{{le="{bound}"}} {below}')
        lines += [f"{name}_sum {self.seconds:.6f}", f"{name}_count {below}"]
        return f"# HELP {name} How long requests took.\n# TYPE {name} histogram\n" + "\n".join(lines) + "\n"


def _by(label: str, counts: Counter[str]) -> Samples:
    return [({label: name}, number) for name, number in sorted(counts.items())]


async def _calls(database: Database) -> Samples:
    """Nothing where the database does not answer."""
    try:
        async with asyncio.timeout(DATABASE_ANSWERS_WITHIN), database.read() as session:
            return [({"state": state}, await session.scalar(of)) for state, of in Conversation.counted().items()]
    except (SQLAlchemyError, DatabaseGone, TimeoutError):
        return []


def _family(name: str, kind: str, words: str, samples: Samples) -> str:
    lines = [f"# HELP dialtree_{name} {words}", f"# TYPE dialtree_{name} {kind}"]
    return "\n".join([*lines, *(f"dialtree_{name}{_labels(labels)} {number}" for labels, number in samples)]) + "\n"


def _labels(labels: dict[str, str]) -> str:
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


@asynccontextmanager
async def metrics_port(host: str, port: int, text: Callable[[], Awaitable[str]]) -> AsyncIterator[None]:
    """Answers `GET /metrics` there, and nothing else; 0: nowhere."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(ASKS_WITHIN):
                    writer.write(await _answered(await reader.readuntil(b"\r\n\r\n"), text))
                    await writer.drain()
        finally:
            writer.close()

    if not port:
        yield
        return
    async with await asyncio.start_server(answer, host, port, limit=LONGEST_REQUEST):
        yield


async def _answered(asked: bytes, text: Callable[[], Awaitable[str]]) -> bytes:
    known = asked.startswith((b"GET /metrics ", b"GET /metrics?"))
    body = (await text()).encode() if known else b"Ask for /metrics.\n"
    status = "200 OK" if known else "404 Not Found"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
