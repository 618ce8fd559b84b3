"""Test invalid WebSocket frames and clients that reset the connection."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET, socket

import pytest

from tests.server_process import ServerProcess
from tests.serving.raw_http import BINARY, CLOSE, CONTINUATION, HANDSHAKE, PING, TEXT, connect, frame
from tests.serving.server_log import ServerLog, find_bugs

LONG_PATH = "x" * 60_000


@pytest.mark.parametrize(
    "path",
    [f"/{LONG_PATH}", "/" + "%00" * 20_000, "/" + "%ed%a0%80" * 6000, f"/graphql?{LONG_PATH}", f"/assets/{LONG_PATH}"],
)
@pytest.mark.parametrize("upgrade", [False, True])
def test_a_log_line_is_short_whatever_the_path(
    logging_server: ServerProcess, server_log: ServerLog, path: str, upgrade: bool
) -> None:
    asked = (
        HANDSHAKE.replace(b" /graphql ", b" %s " % path.encode())
        if upgrade
        else b"GET %s HTTP/1.1\r\n\r\n" % path.encode()
    )
    with connection_that_resets(logging_server) as connection:
        connection.sendall(asked)
        connection.recv(65536)
    assert max(len(line) for line in server_log.text.splitlines()) < 2500


# Frames, and the code that the server closes the WebSocket with.
HOSTILE_FRAMES: dict[str, tuple[bytes, int]] = {
    "text that is no UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "text that is cut in a character": (frame(TEXT, "\u00e9".encode()[:1]), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "text in parts that is no UTF-8": (frame(TEXT, b"{", final=False) + frame(CONTINUATION, b"\xff"), 1007),
    "texts that are no UTF-8": (frame(TEXT, b"\xff") * 1000, 1007),
    "more parts than a message may have": (frame(TEXT, final=False) + frame(CONTINUATION, final=False) * 5000, 1009),
    "more than a stranger may say": (frame(TEXT, b"x" * 10_000), 1009),
    "a part of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a reason that is no UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "a code that is none": (frame(CLOSE, b"\x00\x01"), 1002),
    "half a code": (frame(CLOSE, b"\x03"), 1002),
    "a ping that is too long": (frame(PING, b"x" * 126), 1002),
    "bytes": (frame(BINARY, b"{}"), 4400),
    "an operation at once": (frame(TEXT, b'{"type": "subscribe", "id": "1", "payload": {"query": "{a}"}}'), 4401),
}


@pytest.mark.parametrize("what", HOSTILE_FRAMES)
def test_an_invalid_frame_closes_the_socket_and_is_no_bug(
    logging_server: ServerProcess, server_log: ServerLog, what: str
) -> None:
    sent, code = HOSTILE_FRAMES[what]
    with connection_that_resets(logging_server) as connection:
        connection.sendall(HANDSHAKE)
        head = connection.recv(65536)
        assert head.startswith(b"HTTP/1.1 101 ")
        with suppress(ConnectionError):
            connection.sendall(sent)
        answer = b""
        while not answer.startswith(b"\x88") or len(answer) < 4:
            answer += connection.recv(65536)
        assert int.from_bytes(answer[2:4], "big") == code
    assert find_bugs(server_log) == []


@contextmanager
def connection_that_resets(logging_server: ServerProcess) -> Iterator[socket]:
    """Connect, and reset the connection at the end."""
    with connect(logging_server.url) as connection:
        connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        yield connection


INIT = frame(TEXT, b'{"type": "connection_init"}')
ABANDONED_CONNECTIONS: dict[str, list[bytes | None]] = {
    "a socket that is asked for": [HANDSHAKE],
    "a socket that is let in": [HANDSHAKE, None, INIT],
    "a socket that is to be closed": [HANDSHAKE, None, frame(TEXT, b"no JSON")],
    "a request": [b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"],
    "an answer": [b"GET /graphiql HTTP/1.1\r\n\r\n" * 10],
}


@pytest.mark.parametrize("what", ABANDONED_CONNECTIONS)
def test_a_client_that_leaves_by_a_reset_is_no_bug(
    logging_server: ServerProcess, server_log: ServerLog, what: str
) -> None:
    for _ in range(10):
        with connection_that_resets(logging_server) as connection:
            for sent in ABANDONED_CONNECTIONS[what]:
                if sent is None:
                    connection.recv(65536)
                else:
                    connection.sendall(sent)
    assert find_bugs(server_log) == []
