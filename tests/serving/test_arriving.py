"""Requests that come slowly, too large, or not at all; operations that take too long, or that nobody waits for."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Route

from execution.bounds import Bounds
from execution.schema import Schema
from serving.admission import Admission
from serving.arriving import LARGEST_FRAME
from serving.endpoint import GraphQLEndpoint
from serving.kept_answers import KeptAnswers
from serving.listening import served_by
from serving.metrics import Metrics
from serving.patience import Patience
from serving.requests import Bugs, Lines, RequestLog
from serving.settings import Settings
from tests.conftest import Install
from tests.installation import Installation

HEAD = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
WHO = b'{"query": "{ viewer { scopes } }"}'


@pytest.fixture
def hasty(install: Install) -> Installation:
    """Requests have a third of a second: here it is to be over."""
    return install(request_seconds=0.3)


def call(installation: Installation) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(installation.url).port or 0), timeout=60)


def answered(connection: socket.socket) -> tuple[int, str]:
    """The status and the code of a refusal, after which the server hangs up."""
    received = b""
    while part := connection.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body).keys() == {"errors"}
    return int(head.split()[1]), json.loads(body)["errors"][0]["extensions"]["code"]


def test_a_connection_on_which_nothing_comes_is_closed(hasty: Installation) -> None:
    with call(hasty) as connection:
        assert connection.recv(1) == b""


@pytest.mark.parametrize(
    "part",
    [
        "P",
        "POST /graphql HT",
        HEAD,
        HEAD + "X-Half: a",
        HEAD + "Content-Length: 100\r\n\r\n",
        HEAD + 'Content-Length: 100\r\n\r\n{"query": ',
        HEAD + "Transfer-Encoding: chunked\r\n\r\n",
        HEAD + 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\n',
    ],
)
def test_a_request_that_does_not_arrive_is_refused(hasty: Installation, part: str) -> None:
    with call(hasty) as connection:
        connection.sendall(part.encode())
        assert answered(connection) == (408, "BAD_REQUEST")


def test_a_request_that_trickles_in_is_refused(hasty: Installation) -> None:
    """However often another byte comes: the deadline is for the whole."""
    with call(hasty) as connection:
        connection.sendall(HEAD.encode())
        connection.settimeout(0.01)
        while not (received := trickled(connection)):
            pass
        assert received.startswith(b"HTTP/1.1 408")


def trickled(connection: socket.socket) -> bytes:
    """What comes back for a few bytes more."""
    connection.sendall(b"X-More: a\r\n")
    try:
        return connection.recv(65536)
    except TimeoutError:
        return b""


@pytest.fixture
def second(install: Install) -> Iterator[socket.socket]:
    """A connection over which one request was answered; the next has two seconds."""
    installation = install(request_seconds=2)
    northwind = installation.root("Northwind")
    with call(installation) as connection:
        authorized = f"{HEAD}Authorization: {northwind.headers['Authorization']}\r\nContent-Length: {len(WHO)}\r\n\r\n"
        connection.sendall(authorized.encode() + WHO)
        received = b""
        while not received.endswith(b"}}"):
            received += connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 200")
        yield connection


def test_a_second_request_has_a_deadline_too(second: socket.socket) -> None:
    second.sendall(HEAD.encode())
    assert answered(second) == (408, "BAD_REQUEST")


@pytest.mark.parametrize("line", [b"\r\n", b"\n", b"\r\n" * 50, b"\r"])
def test_an_empty_line_after_a_request_keeps_no_connection_open(second: socket.socket, line: bytes) -> None:
    second.sendall(line)
    assert second.recv(1) == b""


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"0\r\nX-Trailer: ", b"x" * 1000),
        (b"0\r\n", b"X-Trailer: a\r\n"),
        (b"1;extension=", b"x" * 1000),
        (b"", b"1\r\n \r\n"),
    ],
)
def test_what_frames_a_body_is_bounded(install: Install, begun: bytes, more: bytes) -> None:
    """Headers after the body, extensions, parts of one byte: as soon as it is more than a head may be."""
    with call(install(request_seconds=60)) as connection:
        connection.sendall(HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + begun)
        assert refused_meanwhile(connection, more) == (431, "BAD_REQUEST")


def refused_meanwhile(connection: socket.socket, more: bytes) -> tuple[int, str]:
    """The refusal of what has no end, after a hundred times what is allowed at the latest."""
    with suppress(ConnectionError):
        for _ in range(100):
            connection.sendall(more * (LARGEST_FRAME // len(more) + 1))
    return answered(connection)


def test_fifty_who_say_nothing_leave_others_served(installation: Installation) -> None:
    northwind = installation.root("Northwind")
    silent = [call(installation) for _ in range(25)] + [call(installation) for _ in range(25)]
    for connection in silent[25:]:
        connection.sendall(HEAD.encode())
    for _ in range(20):
        assert installation.client(northwind.secret)("{ viewer { scopes } }")
        assert httpx.get(f"{installation.url}/healthz").status_code == 200
    for connection in silent:
        connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)), 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET  HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /graphql HTTP/1.1\r\nX: \x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * LARGEST_FRAME, 431),
        (b"GET /" + b"x" * LARGEST_FRAME, 431),
    ],
)
def test_what_is_no_request_is_refused_in_json(installation: Installation, sent: bytes, status: int) -> None:
    with call(installation) as connection:
        connection.sendall(sent)
        assert answered(connection) == (status, "BAD_REQUEST")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read(install: Install, chunked: bool) -> None:
    northwind = install(request_bytes=2000).root("Northwind")

    def post(size: int) -> httpx.Response:
        body = WHO.ljust(size)
        content: Any = (body[place : place + 500] for place in range(0, size, 500)) if chunked else body
        headers = northwind.headers | {"Content-Type": "application/json"}
        return northwind.installation.http.post("/graphql", content=content, headers=headers)

    assert post(2000).status_code == 200
    refused = post(2001)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]) == (413, {"code": "BAD_REQUEST"})
    assert "2,000 bytes" in refused.json()["errors"][0]["message"]
    assert post(2000).status_code == 200


# ------------------------------------------------------------------------------ operations that take for ever


class Waiting:
    """A schema of its own, whose fields wait until they are told; what became of them is seen from the test."""

    def __init__(self) -> None:
        self.takes_its_time = False
        self.begun, self.stopped, self.ended = (threading.Event() for _ in range(3))
        self.go_on = threading.Event()

    async def wait(self) -> str:
        self.begun.set()
        try:
            await asyncio.to_thread(self.go_on.wait)
        except asyncio.CancelledError:
            self.stopped.set()
            if self.takes_its_time:
                await asyncio.to_thread(self.go_on.wait)
                self.ended.set()
            raise
        self.ended.set()
        return "done"


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


Serve = Callable[[float], httpx.Client]


@pytest.fixture
def serve(waiting: Waiting) -> Iterator[Serve]:
    """The edge as it is, in front of a schema whose fields wait; what the loop complains of is a failure."""

    async def wait() -> str:
        return await waiting.wait()

    query = type("Query", (), {"wait": strawberry.field(wait)})
    mutation = type("Mutation", (), {"wait": strawberry.mutation(wait)})
    schema = Schema(query=strawberry.type(query), mutation=strawberry.type(mutation), bounds=Bounds(50, 100))

    async def anybody(connection: HTTPConnection, _token: str) -> object:
        connection.state.api_key = "somebody"
        return SimpleNamespace(refused=[])

    with ExitStack() as running:

        def start(operation_seconds: float) -> httpx.Client:
            endpoint = GraphQLEndpoint(
                schema, Admission(anybody, 0, 1), Patience(operation_seconds), KeptAnswers(0), 100_000
            )
            return running.enter_context(served_in_a_thread(endpoint, waiting))

        yield start


@contextmanager
def served_in_a_thread(endpoint: GraphQLEndpoint, waiting: Waiting) -> Iterator[httpx.Client]:
    lines = Lines(Metrics())
    middleware = [Middleware(RequestLog, lines), Middleware(Bugs)]
    app = Starlette(routes=[Route("/graphql", endpoint)], middleware=middleware)
    app.state.lines = lines
    server = uvicorn.Server(served_by(app, Settings()))
    listening = socket.create_server(("127.0.0.1", 0))
    complaints: list[Any] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=60) as client:
        yield client
    waiting.go_on.set()
    server.should_exit = True
    thread.join()
    assert complaints == []


@pytest.fixture
def endless(serve: Serve) -> httpx.Client:
    """Whose operations have longer than any test."""
    return serve(300)


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_an_operation_that_takes_too_long_is_stopped(serve: Serve, waiting: Waiting, kind: str) -> None:
    answer = serve(1).post("/graphql", json={"query": f"{kind} {{ wait }}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
    assert waiting.stopped.wait(60)


def test_a_client_that_leaves_an_operation_that_is_stopped_already_is_let_go(serve: Serve, waiting: Waiting) -> None:
    """The operation cleans up meanwhile; nothing of the connection is left over, nor does anything go wrong."""
    waiting.takes_its_time = True
    client = serve(0.1)
    with connected(client) as connection:
        connection.sendall(posted("query { wait }"))
        assert waiting.stopped.wait(60)
    assert client.post("/graphql", json={"query": "{ __typename }"}).status_code == 200
    waiting.go_on.set()
    assert waiting.ended.wait(60)


def test_a_query_whose_client_left_is_stopped(endless: httpx.Client, waiting: Waiting) -> None:
    leave(endless, "query { wait }", waiting)
    assert waiting.stopped.wait(60)
    assert not waiting.ended.is_set()


def test_a_mutation_whose_client_left_goes_on(endless: httpx.Client, waiting: Waiting) -> None:
    leave(endless, "mutation { wait }", waiting)
    waiting.go_on.set()
    assert waiting.ended.wait(60)
    assert not waiting.stopped.is_set()


def leave(client: httpx.Client, query: str, waiting: Waiting) -> None:
    with connected(client) as connection:
        connection.sendall(posted(query))
        assert waiting.begun.wait(60)


def connected(client: httpx.Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=60)


def posted(query: str) -> bytes:
    body = json.dumps({"query": query}).encode()
    return f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_mutation_that_waits_too_long_for_its_turn_changes_nothing(install: Install) -> None:
    """Somebody else holds the right to write; when they let go, writing goes on as if nothing had been."""
    northwind = install(operation_seconds=2).root("Northwind")
    create = "mutation($n: String!) { createAgent(input: {name: $n}) { agent { name } } }"
    assert northwind(create, n="before")
    with northwind.installation.store.transaction():
        stopped = northwind.post(create, {"n": "meanwhile"})
    assert stopped.status_code == 503
    for _ in range(50):  # the one that was stopped is undone first
        if northwind.post(create, {"n": "after"}).status_code == 200:
            break
    names = {node["name"] for node in northwind("{ agents { nodes { name } } }")["agents"]["nodes"]}
    assert names == {"before", "after"}
