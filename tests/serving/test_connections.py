"""Bring a connection into each state of docs/connections.md, and wait for its end."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from serving.contact_upload import UploadBody
from serving.listen_socket import RESERVED_DESCRIPTORS
from serving.settings import Settings
from tests.conftest import Install
from tests.installation import NO_AUTHORITIES, Client, Installation
from tests.retrying import attempts
from tests.server_process import run_server_in
from tests.serving.edge_server import EdgeServer, serve_edge
from tests.serving.raw_http import HANDSHAKE, POST_HEAD, TEXT, UPGRADE_HEADERS, connect, frame, read_until_closed

DOCUMENT = Path(__file__).parents[2] / "docs" / "connections.md"
SOON = 0.2
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


# ------------------------------------------------------------------------------ what a client does to be in a state


def send_and_expect(*parts: bytes, answer: bytes) -> Callable[[Installation], None]:
    """Return a function that sends the parts in turn, and expects `answer` before the connection is closed."""

    def enter(installation: Installation) -> None:
        with connect(installation.url) as connection:
            for part in parts:
                connection.sendall(part)
            assert re.match(answer, read_until_closed(connection), re.DOTALL)

    return enter


def ignore_pings(installation: Installation) -> None:
    """Send nothing after connection_init, not even a pong."""
    key = installation.root("Northwind").secret
    with connect(installation.url) as connection:
        connection.sendall(HANDSHAKE)
        connection.recv(65536)
        connection.sendall(
            frame(TEXT, json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}).encode())
        )
        assert b"connection_ack" in read_until_closed(connection)


class NeverAnswers:
    """An application that never responds while the client is connected."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        while not (await receive())["type"].endswith("disconnect"):
            pass


class LargeResponse(Response):
    """A response larger than the kernel's buffers; `closes`: the server closes after it, with less than a full buffer left."""

    def __init__(self, *, closes: bool) -> None:
        super().__init__(b"x" * (40_000 if closes else 4_000_000), headers={"Connection": "close"} if closes else {})


def stall_application(route: BaseRoute, request: bytes, *, closed: bool = True) -> Callable[[Installation], None]:
    """Return a function that sends the request to an application of its own, and expects the end of the connection.

    `closed`: the client sees the end; else the server is asked whether it still has the connection."""

    def enter(_installation: Installation) -> None:
        settings = Settings(request_timeout_seconds=SOON, operation_timeout_seconds=SOON)
        with (
            serve_edge([route, Route("/healthz", Response("ok"))], settings, send_buffer_bytes=4096) as edge,
            slow_reader(edge) as connection,
        ):
            connection.sendall(request)
            if closed:
                assert read_until_closed(connection) == b""
            else:
                wait_until_given_up(edge)

    return enter


def wait_until_given_up(edge: EdgeServer) -> None:
    """Wait until no connection is open but the one of each /healthz request."""
    for _ in attempts():
        assert (
            httpx.get(f"{edge.url}/healthz", headers={"Connection": "close"}, verify=NO_AUTHORITIES).status_code == 200
        )
        if sum(edge.connections.counts().values()) == 0:
            return
    raise AssertionError("a connection is kept whose client takes nothing")


@contextmanager
def slow_reader(edge: EdgeServer) -> Iterator[socket.socket]:
    """Connect with a tiny receive buffer."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(60)
        connection.connect(edge.address)
        yield connection


class ReceivesFile:
    """An application that reads an upload and answers nothing."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        async for _ in UploadBody(Request(scope, receive), receive, 1000).parts():
            pass


def stand_still_after_a_part(_installation: Installation) -> None:
    settings = Settings(request_timeout_seconds=SOON, operation_timeout_seconds=SOON)
    with serve_edge([Route("/", ReceivesFile())], settings) as edge, connect(edge.url) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        answer = read_until_closed(connection)
    assert re.match(rb"HTTP/1.1 408 .*Send the same file again", answer, re.DOTALL)


def block_writer(installation: Installation) -> None:
    """Send a mutation while another transaction holds the write lock."""
    northwind = installation.root("Northwind")
    with installation.store.transaction():
        assert northwind.post('mutation { createAgent(input: {name: "a"}) { agent { id } } }').status_code == 503


STATES: dict[str, Callable[[Installation], None]] = {
    "idle": send_and_expect(answer=rb"$"),
    "receiving": send_and_expect(POST_HEAD.encode() + b"Content-Length: 9\r\n\r\n{", answer=rb"HTTP/1.1 408 "),
    "standing still": stand_still_after_a_part,
    "refused upload": send_and_expect(
        b"PUT /contact-imports/imp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{", answer=rb"HTTP/1.1 401 "
    ),
    "handshake with a body": send_and_expect(
        b"GET /graphql HTTP/1.1\r\n" + UPGRADE_HEADERS + b"Content-Length: 9\r\n\r\n",
        answer=rb"HTTP/1.1 400 .*RFC 6455",
    ),
    "handshake with too many headers": send_and_expect(
        b"GET /graphql HTTP/1.1\r\n" + UPGRADE_HEADERS + b"X: y\r\n" * 200 + b"\r\n", answer=rb"HTTP/1.1 400 .*RFC 6455"
    ),
    "pipelining": send_and_expect(HEALTH * 100, answer=rb".*HTTP/1.1 400 "),
    "executing": block_writer,
    "waiting for the response to start": stall_application(Route("/", NeverAnswers()), b"GET / HTTP/1.1\r\n\r\n"),
    "write buffer full": stall_application(
        Route("/", LargeResponse(closes=False)), b"GET / HTTP/1.1\r\n\r\n", closed=False
    ),
    "closing": stall_application(Route("/", LargeResponse(closes=True)), b"GET / HTTP/1.1\r\n\r\n", closed=False),
    "keep-alive": send_and_expect(HEALTH, answer=rb"HTTP/1.1 200 "),
    "handshake": stall_application(
        WebSocketRoute("/", NeverAnswers()), b"GET / HTTP/1.1\r\n" + UPGRADE_HEADERS + b"\r\n"
    ),
    "anonymous WebSocket": send_and_expect(HANDSHAKE, answer=rb"HTTP/1.1 101 .*initialisation"),
    "closing WebSocket": send_and_expect(
        HANDSHAKE, frame(TEXT, json.dumps({"type": "nonsense"}).encode()), answer=rb"HTTP/1.1 101 "
    ),
    "unresponsive WebSocket": ignore_pings,
}


def test_every_state_is_listed_and_tried() -> None:
    rows = re.findall(r"^\| ([^|]+) \|[^|]+\|[^|]+\|$", DOCUMENT.read_text(), re.MULTILINE)[1:]
    assert [row.partition(":")[0] for row in rows] == list(STATES)


@pytest.mark.parametrize("state", STATES)
def test_no_state_lasts(install: Install, state: str) -> None:
    """Each function returns when the connection is closed."""
    STATES[state](install(request_timeout_seconds=SOON, operation_timeout_seconds=SOON))


@pytest.mark.parametrize("body", [b"Content-Length: 0", b"Content-Length: 1000000000", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_socket_is_not_asked_for_with_a_body(shared_installation: Installation, method: bytes, body: bytes) -> None:
    """It is refused at once, in JSON that says what to do."""
    with connect(shared_installation.url) as connection:
        connection.sendall(method + b" /graphql HTTP/1.1\r\n" + UPGRADE_HEADERS + body + b"\r\n\r\n")
        head, _, answer = read_until_closed(connection).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert "without a body" in json.loads(answer)["errors"][0]["message"]


def test_a_socket_is_not_asked_for_while_an_answer_is_on_its_way(shared_installation: Installation) -> None:
    with connect(shared_installation.url) as connection:
        connection.sendall(HEALTH + HANDSHAKE)
        assert b" 101 " not in read_until_closed(connection)


# ------------------------------------------------------------------------------------------- how many there may be


def is_served(connection: socket.socket) -> bool:
    """Whether a request over the connection is answered; else it was closed."""
    try:
        connection.sendall(HEALTH)
        return connection.recv(65536).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def authenticate(client: Client, connection: socket.socket) -> None:
    body = b'{"query": "{ viewer { scopes } }"}'
    authorization = client.headers["Authorization"].encode()
    connection.sendall(
        POST_HEAD.encode() + b"Authorization: %s\r\nContent-Length: %d\r\n\r\n" % (authorization, len(body)) + body
    )
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_an_address_holds_so_many_connections_and_the_oldest_goes(install: Install) -> None:
    """Connections of other addresses stay, and those with a valid key."""
    installation = install(max_connections_per_address=3, request_timeout_seconds=60)
    northwind = installation.root("Northwind")
    with ExitStack() as held:
        kept, other = (held.enter_context(connect(installation.url, f"127.0.0.{place}")) for place in (1, 2))
        authenticate(northwind, kept)
        many = [held.enter_context(connect(installation.url)) for _ in range(5)]
        assert [read_until_closed(connection) for connection in many[:2]] == [b"", b""]
        assert all(is_served(connection) for connection in (kept, other, *many[2:]))


def test_connections_are_limited_and_new_clients_are_served(install: Install) -> None:
    """However many addresses a flood comes from, /healthz and valid keys are answered."""
    installation = install(max_connections=8, request_timeout_seconds=60)
    northwind = installation.root("Northwind")
    with ExitStack() as held:
        kept = held.enter_context(connect(installation.url))
        authenticate(northwind, kept)
        many = [held.enter_context(connect(installation.url, f"127.0.0.{place}")) for place in range(2, 42)]
        assert [read_until_closed(connection) for connection in many[:36]] == [b""] * 36
        assert httpx.get(f"{installation.url}/healthz").status_code == 200
        authenticate(installation.root("Contoso"), held.enter_context(connect(installation.url)))
        assert is_served(kept)


def test_a_key_keeps_so_many_connections_and_no_more(install: Install) -> None:
    installation = install(max_connections_per_address=2, request_timeout_seconds=60)
    northwind = installation.root("Northwind")
    with ExitStack() as held:
        mine = [held.enter_context(connect(installation.url)) for _ in range(2)]
        for connection in mine:
            authenticate(northwind, connection)
        more = held.enter_context(connect(installation.url))
        authenticate(northwind, more)
        for _ in range(2):
            held.enter_context(connect(installation.url))
        assert read_until_closed(more) == b""
        assert all(is_served(connection) for connection in mine)


def test_a_trusted_proxy_is_not_counted_by_its_address(install: Install) -> None:
    installation = install(max_connections_per_address=1, trusted_proxies="127.0.0.0/8", request_timeout_seconds=60)
    with ExitStack() as held:
        many = [held.enter_context(connect(installation.url)) for _ in range(5)]
        assert all(is_served(connection) for connection in many)


def test_the_server_raises_its_soft_limit_of_descriptors(tmp_path: Path) -> None:
    """It logs the result, also if the hard limit allows less."""
    for hard, most in (4096, 2000), (400, 400 - RESERVED_DESCRIPTORS):
        folder = tmp_path / str(hard)
        folder.mkdir()
        limited = ("sh", "-c", f'ulimit -Sn 300; ulimit -Hn {hard}; "$0" "$@"; exit $?')
        with run_server_in(folder, under=limited) as server:
            lines = [json.loads(line) for line in server.log.read_text().splitlines()]
            (told,) = [line for line in lines if line["event"] == "descriptor_limit"]
            assert (told["soft"], told["hard"], told["max_connections"]) == (most + RESERVED_DESCRIPTORS, hard, most)
            limits = Path(f"/proc/{server.server}/limits").read_text()
            assert re.search(rf"Max open files\s+{told['soft']}\b", limits)
