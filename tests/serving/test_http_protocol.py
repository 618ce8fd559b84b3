"""Test requests that arrive slowly, too large, malformed or never."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from serving.http_protocol import MAX_FRAMING_BYTES
from tests.conftest import Install
from tests.installation import Installation
from tests.serving.raw_http import POST_HEAD, connect

QUERY_BODY = b'{"query": "{ viewer { scopes } }"}'


@pytest.fixture
def short_request_timeout(install: Install) -> Installation:
    """An installation whose requests time out after 0.3 seconds, as these tests wait for it."""
    return install(request_timeout_seconds=0.3)


def read_refusal(connection: socket.socket) -> tuple[int, str]:
    """Return the status and error code of a refusal, after which the server closes the connection."""
    received = b""
    while part := connection.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body).keys() == {"errors"}
    return int(head.split()[1]), json.loads(body)["errors"][0]["extensions"]["code"]


def test_a_connection_on_which_nothing_comes_is_closed(short_request_timeout: Installation) -> None:
    with connect(short_request_timeout.url) as connection:
        assert connection.recv(1) == b""


@pytest.mark.parametrize(
    "part",
    [
        "P",
        "POST /graphql HT",
        POST_HEAD,
        POST_HEAD + "X-Half: a",
        POST_HEAD + "Content-Length: 100\r\n\r\n",
        POST_HEAD + 'Content-Length: 100\r\n\r\n{"query": ',
        POST_HEAD + "Transfer-Encoding: chunked\r\n\r\n",
        POST_HEAD + 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\n',
    ],
)
def test_a_request_that_does_not_arrive_is_refused(short_request_timeout: Installation, part: str) -> None:
    with connect(short_request_timeout.url) as connection:
        connection.sendall(part.encode())
        assert read_refusal(connection) == (408, "BAD_REQUEST")


def test_a_request_that_trickles_in_is_refused(short_request_timeout: Installation) -> None:
    """More bytes do not extend the deadline, which is for the whole request."""
    with connect(short_request_timeout.url) as connection:
        connection.sendall(POST_HEAD.encode())
        connection.settimeout(0.01)
        while not (received := send_a_little(connection)):
            pass
        assert received.startswith(b"HTTP/1.1 408")


def send_a_little(connection: socket.socket) -> bytes:
    """Send a few more bytes; return what the server has sent, if anything."""
    connection.sendall(b"X-More: a\r\n")
    try:
        return connection.recv(65536)
    except TimeoutError:
        return b""


@pytest.fixture
def kept_alive_connection(install: Install) -> Iterator[socket.socket]:
    """A connection after one response; the next request has two seconds."""
    installation = install(request_timeout_seconds=2)
    northwind = installation.root("Northwind")
    with connect(installation.url) as connection:
        authorized = f"{POST_HEAD}Authorization: {northwind.headers['Authorization']}\r\nContent-Length: {len(QUERY_BODY)}\r\n\r\n"
        connection.sendall(authorized.encode() + QUERY_BODY)
        received = b""
        while not received.endswith(b"}}"):
            received += connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 200")
        yield connection


def test_a_second_request_has_a_deadline_too(kept_alive_connection: socket.socket) -> None:
    kept_alive_connection.sendall(POST_HEAD.encode())
    assert read_refusal(kept_alive_connection) == (408, "BAD_REQUEST")


@pytest.mark.parametrize("line", [b"\r\n", b"\n", b"\r\n" * 50, b"\r"])
def test_an_empty_line_after_a_request_keeps_no_connection_open(
    kept_alive_connection: socket.socket, line: bytes
) -> None:
    kept_alive_connection.sendall(line)
    assert kept_alive_connection.recv(1) == b""


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"0\r\nX-Trailer: ", b"x" * 1000),
        (b"0\r\n", b"X-Trailer: a\r\n"),
        (b"1;extension=", b"x" * 1000),
        (b"", b"1\r\n \r\n"),
    ],
)
def test_framing_bytes_are_limited(install: Install, begun: bytes, more: bytes) -> None:
    """Trailers, chunk extensions and chunks of one byte are refused beyond the limit of a head."""
    with connect(install(request_timeout_seconds=60).url) as connection:
        connection.sendall(POST_HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + begun)
        assert send_until_refused(connection, more) == (431, "BAD_REQUEST")


def send_until_refused(connection: socket.socket, more: bytes) -> tuple[int, str]:
    """Return the refusal of an endless request, after a hundred times the limit at the latest."""
    with suppress(ConnectionError):
        for _ in range(100):
            connection.sendall(more * (MAX_FRAMING_BYTES // len(more) + 1))
    return read_refusal(connection)


def test_fifty_silent_connections_do_not_block_others(installation: Installation) -> None:
    northwind = installation.root("Northwind")
    silent = [connect(installation.url) for _ in range(25)] + [connect(installation.url) for _ in range(25)]
    for connection in silent[25:]:
        connection.sendall(POST_HEAD.encode())
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
        (b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_FRAMING_BYTES, 431),
        (b"GET /" + b"x" * MAX_FRAMING_BYTES, 431),
    ],
)
def test_invalid_http_is_refused_in_json(installation: Installation, sent: bytes, status: int) -> None:
    with connect(installation.url) as connection:
        connection.sendall(sent)
        assert read_refusal(connection) == (status, "BAD_REQUEST")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read(install: Install, chunked: bool) -> None:
    northwind = install(max_request_bytes=2000).root("Northwind")

    def post(size: int) -> httpx.Response:
        body = QUERY_BODY.ljust(size)
        content: Any = (body[place : place + 500] for place in range(0, size, 500)) if chunked else body
        headers = northwind.headers | {"Content-Type": "application/json"}
        return northwind.installation.http.post("/graphql", content=content, headers=headers)

    assert post(2000).status_code == 200
    refused = post(2001)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]) == (413, {"code": "BAD_REQUEST"})
    assert "2,000 bytes" in refused.json()["errors"][0]["message"]
    assert post(2000).status_code == 200
