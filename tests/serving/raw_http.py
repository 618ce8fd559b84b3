"""Bytes of requests and WebSocket frames, and connections to send them over."""

import socket

import httpx

POST_HEAD = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
# Headers of a WebSocket handshake, without the request line and the empty line at the end.
UPGRADE_HEADERS = (
    b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
)
HANDSHAKE = b"GET /graphql HTTP/1.1\r\n" + UPGRADE_HEADERS + b"\r\n"
# Opcodes of RFC 6455, section 5.2.
CONTINUATION, TEXT, BINARY, CLOSE, PING = 0, 1, 2, 8, 9


def connect(url: str, source: str = "127.0.0.1") -> socket.socket:
    """Connect from an address of this machine: on Linux all of 127.0.0.0/8 are."""
    return socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=60, source_address=(source, 0))


def read_until_closed(connection: socket.socket) -> bytes:
    """Read until the server closes the connection. Raises TimeoutError if it does not."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """Encode a client's frame, masked with zeros."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
    return bytes([opcode | 0x80 * final]) + size + bytes(4) + payload
