"""Test operations that take too long, or whose client left."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import strawberry
import structlog
from starlette.requests import HTTPConnection
from starlette.routing import Route

from execution.document_limits import DocumentLimits
from execution.schema import Schema
from serving.admission import Admission
from serving.endpoint import GraphQLEndpoint
from serving.operation_timeout import OperationTimeout
from serving.response_cache import ResponseCache
from serving.settings import Settings
from storage.read_usage import ReadUsage
from tests.conftest import Install
from tests.serving.edge_server import http_client, serve_edge
from tests.serving.raw_http import POST_HEAD, connect


class BlockingField:
    """A resolver that blocks until `release` is set; the events tell the test what became of it."""

    def __init__(self) -> None:
        self.ignores_cancellation = False
        self.started, self.cancelled, self.finished = (threading.Event() for _ in range(3))
        self.release = threading.Event()

    async def wait(self) -> str:
        self.started.set()
        try:
            await asyncio.to_thread(self.release.wait)
        except asyncio.CancelledError:
            self.cancelled.set()
            if self.ignores_cancellation:
                await asyncio.to_thread(self.release.wait)
                self.finished.set()
            raise
        self.finished.set()
        return "done"


@pytest.fixture
def field() -> BlockingField:
    return BlockingField()


Serve = Callable[[float], httpx.Client]


@pytest.fixture
def serve(field: BlockingField) -> Iterator[Serve]:
    """Return a function that serves a schema whose field blocks; an unhandled exception of the loop fails the test."""

    async def wait() -> str:
        return await field.wait()

    query = type("Query", (), {"wait": strawberry.field(wait)})
    mutation = type("Mutation", (), {"wait": strawberry.mutation(wait)})
    schema = Schema(query=strawberry.type(query), mutation=strawberry.type(mutation), limits=DocumentLimits(50, 100))

    async def anybody(request: HTTPConnection, token: str, *, batched: bool) -> Any:  # noqa: ARG001
        request.state.api_key = "somebody"
        return SimpleNamespace(user_error_codes=[], rows_written=0, read_usage=ReadUsage("somebody"))

    with ExitStack() as running:

        def start(operation_timeout_seconds: float) -> httpx.Client:
            endpoint = GraphQLEndpoint(
                schema, Admission(anybody, 0, 1), OperationTimeout(operation_timeout_seconds), ResponseCache(0), 100_000
            )
            return running.enter_context(served_in_a_thread(endpoint, field))

        yield start


@contextmanager
def served_in_a_thread(endpoint: GraphQLEndpoint, field: BlockingField) -> Iterator[httpx.Client]:
    with serve_edge([Route("/graphql", endpoint)], Settings()) as edge, http_client(edge) as client:
        yield client
        field.release.set()


@pytest.fixture
def client_without_timeout(serve: Serve) -> httpx.Client:
    """A client whose operations have longer than any test."""
    return serve(300)


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_an_operation_that_takes_too_long_is_stopped(serve: Serve, field: BlockingField, kind: str) -> None:
    answer = serve(1).post("/graphql", json={"query": f"{kind} {{ wait }}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
    assert field.cancelled.wait(60)


def test_a_client_that_leaves_an_operation_that_is_stopped_already_is_let_go(
    serve: Serve, field: BlockingField
) -> None:
    """The operation is still cleaning up; the connection is freed, and nothing fails."""
    field.ignores_cancellation = True
    client = serve(0.1)
    with connect(str(client.base_url)) as connection:
        connection.sendall(post_bytes("query { wait }"))
        assert field.cancelled.wait(60)
    assert client.post("/graphql", json={"query": "{ __typename }"}).status_code == 200
    field.release.set()
    assert field.finished.wait(60)


def test_a_query_whose_client_left_is_stopped(client_without_timeout: httpx.Client, field: BlockingField) -> None:
    connect_and_leave(client_without_timeout, "query { wait }", field)
    assert field.cancelled.wait(60)
    assert not field.finished.is_set()


def test_a_client_that_leaves_a_stream_of_a_query_is_no_bug(
    client_without_timeout: httpx.Client, field: BlockingField
) -> None:
    with structlog.testing.capture_logs() as logs:
        connect_and_leave(client_without_timeout, "query { wait }", field, accept="text/event-stream")
        assert field.cancelled.wait(60)
        while not any(line["event"] == "request" for line in logs):
            client_without_timeout.get("/nothing")  # until the request is logged
    assert [line for line in logs if line["event"] == "unhandled_exception"] == []


def test_a_mutation_whose_client_left_goes_on(client_without_timeout: httpx.Client, field: BlockingField) -> None:
    connect_and_leave(client_without_timeout, "mutation { wait }", field)
    field.release.set()
    assert field.finished.wait(60)
    assert not field.cancelled.is_set()


def connect_and_leave(client: httpx.Client, query: str, field: BlockingField, accept: str = "application/json") -> None:
    with connect(str(client.base_url)) as connection:
        connection.sendall(post_bytes(query, accept))
        assert field.started.wait(60)


def post_bytes(query: str, accept: str = "application/json") -> bytes:
    body = json.dumps({"query": query}).encode()
    return f"{POST_HEAD}Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_mutation_that_waits_too_long_for_its_turn_changes_nothing(install: Install) -> None:
    """Another transaction holds the write lock; when it ends, writes continue."""
    northwind = install(operation_timeout_seconds=2).root("Northwind")
    create = "mutation($n: String!) { createAgent(input: {name: $n}) { agent { name } } }"
    assert northwind(create, n="before")
    with northwind.installation.store.transaction():
        stopped = northwind.post(create, {"n": "meanwhile"})
    assert stopped.status_code == 503
    for _ in range(50):  # the stopped one is rolled back first
        if northwind.post(create, {"n": "after"}).status_code == 200:
            break
    names = {node["name"] for node in northwind("{ agents { nodes { name } } }")["agents"]["nodes"]}
    assert names == {"before", "after"}
