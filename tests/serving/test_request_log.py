"""Test that each request has one log line without documents, variables or secrets."""

import json
from socket import create_connection
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.installation import Client
from tests.server_process import ServerProcess
from tests.serving.server_log import MARK, ServerLog, spoil, wait_for_lines
from tests.serving.subscribers import open_websocket

CLIENT_MISTAKES: dict[str, Any] = {
    "no JSON": f"{MARK} {{".encode(),
    "no document": {"query": f"{{ viewer {{ {MARK}"},
    "an unknown field": {"query": f"{{ {MARK} }}"},
    "an unknown argument": {"query": f'{{ node(id: "a", {MARK}: 1) {{ id }} }}'},
    "a literal of another type": {"query": f'{{ trunks(first: "{MARK}") {{ totalCount }} }}'},
    "a time that is none": {"query": f'{{ conversations(filter: {{createdAfter: "{MARK}"}}) {{ totalCount }} }}'},
    "a variable of another type": {
        "query": "query Named($x: Int) { trunks(first: $x) { totalCount } }",
        "variables": {"x": MARK},
    },
    "a variable too many": {"query": "{ viewer { scopes } }", "variables": {MARK: MARK}},
    "an operation that is not there": {"query": "query A { viewer { scopes } }", "operationName": MARK},
    "a cursor that is none": {"query": f'{{ trunks(after: "{MARK}") {{ totalCount }} }}'},
    "an id that is none": {"query": f'{{ node(id: "{MARK}") {{ id }} }}'},
    "a refusal": {
        "query": "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) { userErrors { message } } }",
        "variables": {"i": {"name": MARK, "slug": f"{MARK}!"}},
    },
    "what is done": {
        "query": "mutation($i: CreateTrunkInput!) { createTrunk(input: $i) { trunk { name } userErrors { message } } }",
        "variables": {"i": {"name": MARK, "outbound": {"address": "a.example.com", "authPassword": MARK}}},
    },
}


@pytest.mark.parametrize("what", CLIENT_MISTAKES)
def test_what_a_client_sends_is_not_logged(logging_server: ServerProcess, server_log: ServerLog, what: str) -> None:
    """Valid or not, the request's line has its id, key and status, and no document or variable."""
    client = logging_server.root()
    answer = send(client, CLIENT_MISTAKES[what])
    assert answer.status_code in (200, 400)
    assert MARK not in server_log.text
    (line,) = server_log.lines_of(answer)
    assert line["event"] == "request"
    assert line.keys() == {
        *("event", "level", "timestamp", "request_id", "method", "path", "status", "milliseconds"),
        *("api_key", "operation", "cost", "codes"),
    }
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", answer.status_code)
    errors = answer.json().get("errors", ())
    refused = {"a refusal": {"INVALID_INPUT"}}.get(what, set())
    assert line["codes"] == (sorted({error["extensions"]["code"] for error in errors} | refused) or None)


def test_a_line_tells_the_name_of_the_operation_its_cost_and_its_codes(
    logging_server: ServerProcess, server_log: ServerLog
) -> None:
    client = logging_server.root()
    answer = client.post("query Mine { trunks(first: 0) { nodes { id } } }")
    (line,) = server_log.lines_of(answer)
    assert (line["operation"], line["cost"], line["codes"]) == ("Mine", 102, ["BAD_USER_INPUT"])
    (long,) = server_log.lines_of(client.post(f"query {'x' * 5000} {{ viewer {{ scopes }} }}"))
    assert (long["operation"], long["cost"], long["codes"]) == ("x" * 64, 2, None)


REFUSE = "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) { userErrors { message } } }"
REFUSED = {"i": {"name": "x", "slug": f"{MARK}!"}}
LOG_FIELDS = {
    "event",
    "level",
    "timestamp",
    "request_id",
    "path",
    "milliseconds",
    "api_key",
    "operation",
    "cost",
    "codes",
}


async def test_each_operation_of_a_socket_is_logged(logging_server: ServerProcess, server_log: ServerLog) -> None:
    """The line has the request id of the connection, and the operation's own id."""
    client = logging_server.root()
    async with open_websocket(client, additional_headers={"X-Request-Id": "one-socket"}) as it:
        for name, query, variables in (
            ("fine", "query Fine { trunks(first: 7) { nodes { id } } }", {}),
            ("wrong", f"{{ {MARK} }}", {}),
            ("refused", REFUSE, REFUSED),
        ):
            await it.send(id=name, type="subscribe", payload={"query": query, "variables": variables})
            while (await it.receive())["type"] == "next":
                pass
    fine, wrong, refused, whole = wait_for_lines(server_log, "one-socket")
    assert fine.keys() == wrong.keys() == LOG_FIELDS | {"operation_id"}
    assert (fine["event"], fine["operation_id"], fine["operation"], fine["cost"]) == ("operation", "fine", "Fine", 9)
    assert fine["api_key"] == whole["api_key"] is not None
    assert [each["codes"] for each in (fine, wrong, refused)] == [
        None,
        ["GRAPHQL_VALIDATION_FAILED"],
        ["INVALID_INPUT"],
    ]
    assert (whole["event"], whole["method"], whole["cost"], whole["codes"]) == ("request", "WEBSOCKET", None, None)
    assert MARK not in server_log.text


async def test_a_rejected_socket_is_logged(logging_server: ServerProcess, server_log: ServerLog) -> None:
    with pytest.raises(ConnectionClosed):
        async with open_websocket(logging_server.client(MARK), additional_headers={"X-Request-Id": "not-let-in"}):
            pass
    (line,) = wait_for_lines(server_log, "not-let-in")
    assert (line["method"], line["api_key"], line["codes"]) == ("WEBSOCKET", None, ["UNAUTHENTICATED"])
    assert MARK not in server_log.text


def test_error_codes_of_a_stream_are_logged(logging_server: ServerProcess, server_log: ServerLog) -> None:
    client = logging_server.root()
    headers = client.headers | {"Accept": "text/event-stream"}
    for query, variables, code in (
        (f"query Mine {{ {MARK} }}", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query Mine { trunks(first: 0) { totalCount } }", {}, "BAD_USER_INPUT"),
        (REFUSE.replace("mutation", "mutation Mine"), REFUSED, "INVALID_INPUT"),
    ):
        answer = logging_server.http.post("/graphql", headers=headers, json={"query": query, "variables": variables})
        (line,) = wait_for_lines(server_log, answer.headers["X-Request-Id"])
        assert (line["event"], line["operation"], line["codes"]) == ("request", "Mine", [code])
    assert MARK not in server_log.text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        (
            b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\nX-Request-Id: half\r\n\r\n",
            408,
        ),
    ],
)
def test_invalid_http_is_logged(logging_server: ServerProcess, server_log: ServerLog, sent: bytes, status: int) -> None:
    with create_connection(("127.0.0.1", logging_server.http.base_url.port or 0), timeout=60) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head = dict(line.split(": ", 1) for line in answer.decode().partition("\r\n\r\n")[0].splitlines()[1:])
    assert head["X-Content-Type-Options"] == "nosniff"
    assert head["Cache-Control"] == "no-store"
    (line,) = wait_for_lines(server_log, head["X-Request-Id"])
    assert (line["event"], line["status"], line["codes"]) == ("request", status, ["BAD_REQUEST"])
    assert (status == 408) == (head["X-Request-Id"] == "half")


def test_a_bug_and_an_address_that_is_none_are_in_the_codes(
    logging_server: ServerProcess, server_log: ServerLog
) -> None:
    client = logging_server.root()
    (line,) = server_log.lines_of(logging_server.http.get("/nothing"))
    assert (line["status"], line["codes"]) == (404, ["BAD_REQUEST"])
    spoil(
        logging_server,
        "UPDATE api_key SET scopes = '[1]' WHERE organization_id = :owner",
        {"owner": client.organization_id},
    )
    *_, line = server_log.lines_of(client.post("{ viewer { scopes } }"))
    assert (line["status"], line["codes"]) == (500, ["INTERNAL_SERVER_ERROR"])


def test_what_is_sent_by_get_is_not_logged(logging_server: ServerProcess, server_log: ServerLog) -> None:
    client = logging_server.root()
    answer = logging_server.http.get(f"/graphql?query=%7B%20{MARK}%20%7D&{MARK}={MARK}", headers=client.headers)
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    (line,) = server_log.lines_of(answer)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/graphql", 200)
    assert MARK not in server_log.text


def test_a_bad_key_and_a_bad_id_are_not_logged(logging_server: ServerProcess, server_log: ServerLog) -> None:
    headers = {"Authorization": f"Bearer {MARK}", "X-Request-Id": f"{MARK}!", "User-Agent": MARK, "Cookie": MARK}
    answer = logging_server.http.post("/graphql", headers=headers, json={"query": "{ viewer { scopes } }"})
    (line,) = server_log.lines_of(answer)
    assert (line["status"], line["api_key"], line["codes"]) == (401, None, ["UNAUTHENTICATED"])
    assert MARK not in server_log.text


def test_a_client_that_leaves_is_no_bug(logging_server: ServerProcess, server_log: ServerLog) -> None:
    """A request whose body stays incomplete is logged like any other."""
    with create_connection(("127.0.0.1", logging_server.http.base_url.port or 0)) as leaving:
        leaving.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 1000\r\nX-Request-Id: left-early\r\n\r\n{"query": '
        )
    assert [line["event"] for line in wait_for_lines(server_log, "left-early")] == ["request"]


def send(client: Client, sent: Any) -> httpx.Response:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = client.headers | {"Content-Type": "application/json"}
    return client.installation.http.post("/graphql", headers=headers, content=content)
