"""Test the spans that a collector receives."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.server_process import ServerProcess, run_command, run_server_in
from tests.serving.server_log import ServerLog
from tests.serving.subscribers import open_websocket

MARK = "sentinel4711"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass
class Collector:
    """Receives spans over OTLP."""

    address: str = ""
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        received = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for request in received
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    collected = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collected.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said: Any) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        collected.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield collected
        server.shutdown()
        thread.join()


@dataclass
class TracedServer:
    """The spans of a server that has ended, and the log lines of the same requests by id."""

    spans: dict[str, Span]
    lines: dict[str, Any]
    log: str
    sent: bytes


async def run_traced_server(tmp_path: Path, collector: Collector) -> TracedServer:
    with run_server_in(tmp_path, DIALTREE_OTLP_ENDPOINT=collector.address) as served:
        await ask(served)
        logged = ServerLog(served, 0)
        lines = {name: logged.lines_with_id(name)[0] for name in ("asked", "refused", "followed")}
        text = logged.text
    spans = {str(attributes(span)["dialtree.request_id"]): span for span in collector.spans}
    return TracedServer(spans, lines, text, b"".join(collector.bodies))


async def ask(served: ServerProcess) -> None:
    client = served.root()
    parent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    for name, query in (
        ("asked", f'query Mine {{ trunks(first: 7, after: null) {{ nodes {{ id }} }} node(id: "{MARK}") {{ id }} }}'),
        ("refused", f"{{ {MARK} }}"),
    ):
        headers = client.headers | parent | {"X-Request-Id": name}
        served.http.post("/graphql", headers=headers, json={"query": query, "variables": {"unused": MARK}})
    async with open_websocket(client, additional_headers=parent | {"X-Request-Id": "followed"}) as it:
        following = await it.subscribe(f'query Over {{ node(id: "{MARK}") {{ id }} }}')
        assert await following.next()
        assert await following.next() is None


def attributes(span: Span) -> dict[str, Any]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in span.attributes}


async def test_a_request_is_a_span_of_its_callers_trace(tmp_path: Path, collector: Collector) -> None:
    seen = await run_traced_server(tmp_path, collector)
    asked = seen.spans["asked"]
    assert (asked.name, asked.kind) == ("query", Span.SPAN_KIND_SERVER)
    assert (asked.trace_id.hex(), asked.parent_span_id.hex()) == (TRACE, PARENT)
    assert attributes(asked) == {
        "dialtree.request_id": "asked",
        "http.request.method": "POST",
        "url.path": "/graphql",
        "http.response.status_code": 200,
        "graphql.operation.name": "Mine",
        "graphql.operation.type": "query",
        "dialtree.cost": 10,
    }
    assert asked.status.code == Status.STATUS_CODE_UNSET
    assert asked.end_time_unix_nano > asked.start_time_unix_nano
    codes = attributes(seen.spans["refused"])["dialtree.codes"]
    assert [each.string_value for each in codes.values] == ["GRAPHQL_VALIDATION_FAILED"]
    over = next(span for span in collector.spans if "dialtree.operation_id" in attributes(span))
    assert attributes(over)["graphql.operation.name"] == "Over"
    assert over.trace_id.hex() == TRACE
    assert {line["trace_id"] for line in seen.lines.values()} == {TRACE}
    assert MARK.encode() not in seen.sent
    assert MARK not in seen.log


def test_an_unreachable_collector_has_no_effect(tmp_path: Path) -> None:
    with run_server_in(tmp_path, DIALTREE_OTLP_ENDPOINT="http://127.0.0.1:9") as served:
        assert served.root()("{ viewer { scopes } }")


@pytest.mark.parametrize("wrong", ["127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://", "http://x/?a=1"])
def test_a_wrong_address_stops_the_start(tmp_path: Path, wrong: str) -> None:
    status, _, complaints = run_command(tmp_path, "serve", DIALTREE_PORT="0", DIALTREE_OTLP_ENDPOINT=wrong)
    assert status == 2
    assert complaints[-1].startswith("server.py: DIALTREE_OTLP_ENDPOINT ")


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:9"])
def test_without_it_nothing_of_it_is_imported(tmp_path: Path, endpoint: str) -> None:
    """Python's own list of imports is read."""
    with run_server_in(tmp_path, DIALTREE_OTLP_ENDPOINT=endpoint, PYTHONPROFILEIMPORTTIME="1") as served:
        assert served.http.get("/healthz").status_code == 200
        imported = served.log.read_text()
    assert "| uvicorn" in imported
    assert ("opentelemetry" in imported) is bool(endpoint)
