"""Send mutated requests and WebSocket messages: no 5xx, no hang, no traceback."""

import json
import os
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from serving.ws_protocol import CLOSE_TOO_BIG, MAX_ANONYMOUS_MESSAGE_BYTES
from tests.installation import Client
from tests.server_process import ServerProcess, run_server_in
from tests.serving.subscribers import TRANSPORT_WS, websocket_url

TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
REQUESTS = 10_000 if TORTURE else 500
SHARDS = 20  # test cases that can run in parallel
HEAD = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: {}\r\n"

BODIES = [
    {"query": "{ viewer { scopes organization { name } } }"},
    {"query": "query($n: Int) { trunks(first: $n) { nodes { id name } } }", "variables": {"n": 3}},
    {"query": 'query A { node(id: "num_1") { id } } query B { __typename }', "operationName": "A"},
    {
        "query": "mutation($i: CreateAgentInput!) { createAgent(input: $i) { agent { id } userErrors { message } } }",
        "variables": {"i": {"name": "Zoë \U0001f600", "active": True}},
    },
    {
        "query": "mutation($i: CreateOutboundConversationInput!) { createOutboundConversation(input: $i) { replayed } }",
        "variables": {"i": {"to": "+12065550199", "metadata": {"a": [1, 2.5, None, {"b": "c"}]}, "agentConfig": {}}},
    },
    {
        "query": "query($f: ConversationFilter) { conversations(filter: $f) { totalCount nodes { metadata } } }",
        "variables": {"f": {"metadata": {"a": 1}, "createdAfter": "2026-01-31T09:30:00Z"}},
    },
]
ODD_VALUES = [
    *("null", "[]", "{}", '""', "1e400", "-1e400", "9" * 30, "9" * 5000, "1.7976931348623157e309", "NaN", "-0", "0x1"),
    *('"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"' + "a" * 5000 + '"', "true", "[" * 500 + "]" * 500),
    *('{"a":' * 900 + "1" + "}" * 900, '"2026-02-30T25:61:61Z"', '"9999-12-31T23:59:59-12:00"', '"0001-01-01T00:00:00+14:00"'),
    *("2147483648", "-2147483649", "9007199254740993", '"\\\\"', '"+\\u0661\\u0662\\u0663"', "1.0", "1e2", '"\\u202e"'),
]  # fmt: skip


def flip_bytes(rng: random.Random, sent: bytes) -> bytes:
    changed = bytearray(sent)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut_slice(rng: random.Random, sent: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(sent) + 1) for _ in range(2))
    return sent[:start] + sent[end:]


def insert_bytes(rng: random.Random, sent: bytes) -> bytes:
    place = rng.randrange(len(sent) + 1)
    stuffing = rng.choice(
        [b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"', b"{", b"[" * 2000, b"\\u0000", b"\r\n"]
    )
    return sent[:place] + stuffing * rng.randint(1, 4) + sent[place:]


def repeat_slice(rng: random.Random, sent: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(sent) + 1) for _ in range(2))
    return sent[:end] + sent[start:end] * rng.randint(1, 20) + sent[end:]


def reencode(rng: random.Random, sent: bytes) -> bytes:
    return sent.decode().encode(rng.choice(["utf-16", "utf-32", "utf-7", "cp037", "utf-8-sig"]), "replace")


def replace_value(rng: random.Random, sent: bytes) -> bytes:
    """Replace a value of the body, or of its variables."""
    body = json.loads(sent)
    place = body.get("variables") if rng.random() < 0.7 and body.get("variables") else body
    while isinstance(inner := place[rng.choice(list(place))], dict) and inner and rng.random() < 0.8:
        place = inner
    name = rng.choice(list(place))
    place[name] = "@@"
    return json.dumps(body).replace('"@@"', rng.choice(ODD_VALUES)).encode()


def random_bytes(rng: random.Random, _sent: bytes) -> bytes:
    return rng.randbytes(rng.randint(0, 3000))


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    flip_bytes,
    cut_slice,
    insert_bytes,
    repeat_slice,
    reencode,
    replace_value,
    replace_value,
    random_bytes,
]
HEADERS = [
    "Content-Type: {}",
    "Accept: {}",
    "Authorization: {}",
    "Authorization: Bearer {}",
    "X-Request-Id: {}",
    "Origin: {}",
    "Accept-Encoding: {}",
    "Content-Encoding: {}",
    "Expect: {}",
    "Connection: {}",
    "Upgrade: {}",
    "Sec-WebSocket-Key: {}",
    "Transfer-Encoding: {}",
    "Host: {}",
    "Cookie: {}",
    "{}: a",
]
METHODS = [
    "GET",
    "HEAD",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "POSTT",
    "post",
    "",
    "\u00e4",
]
PATHS = ["/graphql", "/", "/healthz", "/graphiql", "/assets/%2e%2e/x", "/%00", "//", "*", "/graphql?query=%ff", "/graphql?query={a}", "/\u00fc", "http://x/graphql", "/graphql?" + "a=1&" * 300, "/graphql?variables=%5B&query=x"]  # fmt: skip


def make_request(rng: random.Random, authorization: str) -> bytes:
    """Return a valid head with a mutated body, or sometimes a mutated head."""
    head = HEAD.format(authorization)
    body = json.dumps(rng.choice(BODIES), ensure_ascii=False).encode()
    if rng.random() < 0.7:
        body = rng.choice(MUTATIONS)(rng, body)
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    value = "".join(chr(rng.choice([*range(1, 256), 0x2028])) for _ in range(rng.choice([0, 1, 5, 50, 500])))
    extra = rng.choice(HEADERS).replace(
        "{}", rng.choice([value, "websocket", "100-continue", "chunked", "gzip", "*/*;q=9", "text/event-stream"])
    )
    head = head.replace("POST /graphql", f"{rng.choice([*METHODS, 'POST', 'POST'])} {rng.choice(PATHS)}")
    framed = f"{head}{extra}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1", "replace") + body
    return flip_bytes(rng, framed) if rng.random() < 0.3 else framed


def read_answer(served: ServerProcess, sent: bytes) -> bytes:
    """Return the head of the first response; empty if the server closed the connection."""
    with socket.create_connection(("127.0.0.1", served.http.base_url.port or 0), timeout=30) as connection:
        received = b""
        try:
            connection.sendall(sent)
            while b"\r\n\r\n" not in received.removeprefix(CONTINUE) and (part := connection.recv(65536)):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before all of it was sent
        return received.removeprefix(CONTINUE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose requests time out after a second, so that incomplete ones end soon."""
    with run_server_in(tmp_path_factory.mktemp("bytes"), DIALTREE_REQUEST_TIMEOUT_SECONDS="1") as server:
        assert server.http.get("/healthz").status_code == 200
        yield server


@pytest.fixture(scope="module")
def fuzz_client(served: ServerProcess) -> Client:
    return served.root()


@pytest.mark.torture
@pytest.mark.parametrize("share", range(SHARDS))
def test_any_bytes_are_answered_or_refused(served: ServerProcess, fuzz_client: Client, share: int) -> None:
    rng = random.Random(share)
    begun = served.log.stat().st_size
    answered = 0
    for number in range(REQUESTS // SHARDS):
        sent = make_request(rng, fuzz_client.headers["Authorization"])
        received = read_answer(served, sent)
        answered += bool(received)
        status = int(received.split(maxsplit=2)[1]) if received else 0
        assert status < 500, (share, number, sent, received)
    assert answered > REQUESTS // SHARDS * 0.9
    expect_still_serving(served, fuzz_client, begun)


def test_the_whole_is_as_large_as_it_says() -> None:
    assert (10_000 if TORTURE else 500) <= REQUESTS // SHARDS * SHARDS


def expect_still_serving(served: ServerProcess, fuzz_client: Client, begun: int) -> None:
    """Check that the server still responds, and has logged no bug since."""
    assert served.http.get("/healthz").status_code == 200
    assert fuzz_client("{ viewer { scopes } }")
    logged = served.log.read_bytes()[begun:]
    assert b'"unhandled_exception"' not in logged
    assert b"Traceback" not in logged


# ------------------------------------------------------------------------------------------------ frames of a socket


@contextmanager
def open_websocket(client: Client, *, with_key: bool = True) -> Iterator[ClientConnection]:
    with connect(websocket_url(client), subprotocols=[TRANSPORT_WS], close_timeout=10) as connection:
        if with_key:
            payload = {"authorization": f"Bearer {client.secret}"}
            connection.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(connection.recv(timeout=60))["type"] == "connection_ack"
        yield connection


def send_frame(connection: ClientConnection, frame: str | bytes) -> list[Any] | int:
    """Return the messages before the next pong, or the close code."""
    answers: list[Any] = []
    try:
        connection.send(frame)
        connection.send('{"type": "ping"}')
        while (answer := json.loads(connection.recv(timeout=60)))["type"] != "pong":
            answers.append(answer)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
    return answers


def subscribe_message(**payload: str) -> str:
    """Return a subscribe message with part of its payload replaced by another JSON value."""
    inner = {"query": '"{ __typename }"'} | payload
    members = ", ".join(f'"{name}": {value}' for name, value in inner.items())
    return f'{{"id": "1", "type": "subscribe", "payload": {{{members}}}}}'


ODD_FRAMES: dict[str, str | bytes] = {
    "nothing": "",
    "a list": "[]",
    "a number": "1",
    "null": "null",
    "text": '"connection_init"',
    "no JSON": "{",
    "deep lists": "[" * 90_000,
    "deep objects": '{"type":' * 10_000,
    "a number of many digits": "9" * 5000,
    "many digits inside": '{"type": "ping", "payload": {"a": ' + "9" * 5000 + "}}",
    "NaN": '{"type": "ping", "payload": {"a": NaN}}',
    "a lone surrogate": '{"type": "ping", "payload": {"a": "\\ud800"}}',
    "no type": "{}",
    "a type that is a list": '{"type": []}',
    "a type that is an object": '{"type": {}}',
    "a type that is none": '{"type": "start"}',
    "a type that is long": '{"type": "' + "x" * 5000 + '"}',
    "a payload that is none": '{"type": "connection_init", "payload": []}',
    "bytes": b'{"type": "ping"}',
    "bytes that are none": b"\xff\xfe",
}
ODD_OPERATIONS: dict[str, str] = {
    "no id": '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "an id that is a list": '{"id": [], "type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "an id that is an object": '{"id": {}, "type": "complete"}',
    "an id that is empty": '{"id": "", "type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "an id that is long": '{"id": "' + "x" * 5000 + '", "type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "no payload": '{"id": "1", "type": "subscribe"}',
    "a payload that is text": '{"id": "1", "type": "subscribe", "payload": "{ __typename }"}',
    "a query that is a number": subscribe_message(query="1"),
    "a query that is null": subscribe_message(query="null"),
    "a query that is a lone surrogate": subscribe_message(query='"\\ud800"'),
    "variables that are a list": subscribe_message(variables="[]"),
    "variables that are text": subscribe_message(variables='"{}"'),
    "variables that are no number": subscribe_message(variables='{"a": NaN}'),
    "variables of many digits": subscribe_message(variables='{"a": ' + "9" * 5000 + "}"),
    "a name that is a number": subscribe_message(operationName="1"),
    "extensions that are a list": subscribe_message(extensions="[]"),
}
CLOSE_BAD_REQUEST = 4400


@pytest.mark.parametrize("what", ODD_FRAMES)
@pytest.mark.parametrize("with_key", [False, True])
def test_an_odd_frame_closes_its_socket(served: ServerProcess, fuzz_client: Client, what: str, with_key: bool) -> None:
    """The server does not read the rest of a too large message, so a client that goes on sending may not see the close code."""
    begun = served.log.stat().st_size
    too_big = len(ODD_FRAMES[what]) > MAX_ANONYMOUS_MESSAGE_BYTES and not with_key
    with open_websocket(fuzz_client, with_key=with_key) as connection:
        assert send_frame(connection, ODD_FRAMES[what]) in ((CLOSE_TOO_BIG, 0) if too_big else (CLOSE_BAD_REQUEST,))
    expect_still_serving(served, fuzz_client, begun)


@pytest.mark.parametrize("what", ODD_OPERATIONS)
def test_an_odd_operation_closes_its_socket(served: ServerProcess, fuzz_client: Client, what: str) -> None:
    begun = served.log.stat().st_size
    with open_websocket(fuzz_client) as connection:
        assert send_frame(connection, ODD_OPERATIONS[what]) == CLOSE_BAD_REQUEST
    expect_still_serving(served, fuzz_client, begun)


def make_frame(rng: random.Random) -> str | bytes:
    """Return a mutated subscribe message, or sometimes another mutated message."""
    whole = json.dumps({"id": "1", "type": "subscribe", "payload": rng.choice(BODIES)}, ensure_ascii=False).encode()
    other = json.dumps({"id": "1", "type": rng.choice(["complete", "connection_init", "pong", "subscribe", "x"])})
    mangled = rng.choice(MUTATIONS)(rng, whole if rng.random() < 0.8 else other.encode())
    return mangled if rng.random() < 0.1 else mangled.decode(errors="replace")


@pytest.mark.torture
@pytest.mark.parametrize("share", range(SHARDS))
def test_any_frames_are_answered_or_close_their_socket(served: ServerProcess, fuzz_client: Client, share: int) -> None:
    frames = iter([make_frame(random.Random(f"{share} {number}")) for number in range(REQUESTS // SHARDS)])
    begun = served.log.stat().st_size
    while (sent := next(frames, None)) is not None:
        with open_websocket(fuzz_client) as connection:
            while sent is not None and isinstance(received := send_frame(connection, sent), list):
                assert "INTERNAL_SERVER_ERROR" not in json.dumps(received), (share, sent, received)
                sent = next(frames, None)
            assert sent is None or received in (CLOSE_BAD_REQUEST, 4409, 4429), (share, sent, received)
    expect_still_serving(served, fuzz_client, begun)
