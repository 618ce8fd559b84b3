"""Whatever bytes come: a refusal or an answer, never a 5xx, a hang or a trace; and whoever comes next is served."""

import json
import os
import random
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.installation import Client
from tests.processes import Served

TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
REQUESTS = 10_000 if TORTURE else 500
SHARES = 20  # cases of their own, so that both cores have some
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


def flipped(rng: random.Random, sent: bytes) -> bytes:
    changed = bytearray(sent)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(rng: random.Random, sent: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(sent) + 1) for _ in range(2))
    return sent[:start] + sent[end:]


def stuffed(rng: random.Random, sent: bytes) -> bytes:
    place = rng.randrange(len(sent) + 1)
    stuffing = rng.choice(
        [b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"', b"{", b"[" * 2000, b"\\u0000", b"\r\n"]
    )
    return sent[:place] + stuffing * rng.randint(1, 4) + sent[place:]


def doubled(rng: random.Random, sent: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(sent) + 1) for _ in range(2))
    return sent[:end] + sent[start:end] * rng.randint(1, 20) + sent[end:]


def encoded(rng: random.Random, sent: bytes) -> bytes:
    return sent.decode().encode(rng.choice(["utf-16", "utf-32", "utf-7", "cp037", "utf-8-sig"]), "replace")


def odd_value(rng: random.Random, sent: bytes) -> bytes:
    """A value of the body, or of its variables, is another."""
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
MANGLED: list[Callable[[random.Random, bytes], bytes]] = [
    flipped,
    cut,
    stuffed,
    doubled,
    encoded,
    odd_value,
    odd_value,
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


def request(rng: random.Random, authorization: str) -> bytes:
    """Mostly a mangled body in a good frame; else a mangled head."""
    head = HEAD.format(authorization)
    body = json.dumps(rng.choice(BODIES), ensure_ascii=False).encode()
    if rng.random() < 0.7:
        body = rng.choice(MANGLED)(rng, body)
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    value = "".join(chr(rng.choice([*range(1, 256), 0x2028])) for _ in range(rng.choice([0, 1, 5, 50, 500])))
    extra = rng.choice(HEADERS).replace(
        "{}", rng.choice([value, "websocket", "100-continue", "chunked", "gzip", "*/*;q=9", "text/event-stream"])
    )
    head = head.replace("POST /graphql", f"{rng.choice([*METHODS, 'POST', 'POST'])} {rng.choice(PATHS)}")
    framed = f"{head}{extra}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1", "replace") + body
    return flipped(rng, framed) if rng.random() < 0.3 else framed


def answer(served: Served, sent: bytes) -> bytes:
    """The head of the first answer, or nothing where the server hung up on what it was sent."""
    with socket.create_connection(("127.0.0.1", served.http.base_url.port or 0), timeout=30) as connection:
        received = b""
        try:
            connection.sendall(sent)
            while b"\r\n\r\n" not in received.removeprefix(CONTINUE) and (part := connection.recv(65536)):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # it was refused before all of it was sent
        return received.removeprefix(CONTINUE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Whose requests have a second, so that half ones do not take long."""
    server = Served(tmp_path_factory.mktemp("bytes"), DIALTREE_REQUEST_SECONDS="1")
    assert server.http.get("/healthz").status_code == 200
    yield server
    server.stop()
    server.join()


@pytest.fixture(scope="module")
def asker(served: Served) -> Client:
    return served.root()


@pytest.mark.torture
@pytest.mark.parametrize("share", range(SHARES))
def test_any_bytes_are_answered_or_refused(served: Served, asker: Client, share: int) -> None:
    rng = random.Random(share)
    begun = served.log.stat().st_size
    answered = 0
    for number in range(REQUESTS // SHARES):
        sent = request(rng, asker.headers["Authorization"])
        received = answer(served, sent)
        answered += bool(received)
        status = int(received.split(maxsplit=2)[1]) if received else 0
        assert status < 500, (share, number, sent, received)
    assert answered > REQUESTS // SHARES * 0.9
    assert served.http.get("/healthz").status_code == 200
    assert asker("{ viewer { scopes } }")
    logged = served.log.read_bytes()[begun:]
    assert b'"bug"' not in logged
    assert b"Traceback" not in logged
