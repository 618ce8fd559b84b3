"""A bug answers with an id that is in the log, and with nothing else; what a client got wrong is logged without its words.

The server is a process of its own here, so that all of its log is seen. Bugs are made by spoiling stored rows.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from socket import create_connection
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.installation import Client, Installation, Json
from tests.processes import Served, served_in
from tests.serving.following import socket

# Stands in whatever is spoiled or sent, and must be nowhere in an answer's error or in the log.
MARK = "sentinel4711"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_in(tmp_path_factory.mktemp("bugs"), DIALTREE_REQUEST_SECONDS="2") as server:
        assert server.http.get("/healthz").status_code == 200
        yield server


@dataclass(frozen=True)
class Logged:
    """What the server wrote to its log since `start`, line by line; each line is a JSON object."""

    served: Served
    start: int

    @property
    def text(self) -> str:
        """A request's line is written just after its answer, and before the answer to the next."""
        assert self.served.http.get("/healthz").status_code == 200
        return self.served.log.read_text()[self.start :]

    def of(self, answer: httpx.Response) -> list[Json]:
        """The lines that carry the id of this answer."""
        return self.with_id(answer.headers["X-Request-Id"])

    def with_id(self, request_id: str) -> list[Json]:
        lines: list[Json] = [json.loads(line) for line in self.text.splitlines() if line]
        return [line for line in lines if line["request_id"] == request_id]


@pytest.fixture
def logged(served: Served) -> Logged:
    return Logged(served, len(served.log.read_text()))


@dataclass(frozen=True)
class Spoiled:
    """A statement that spoils a row, a query that stumbles over it, and where."""

    statement: str
    query: str
    path: list[str | int]


# PostgreSQL stores no text where a time or JSON belongs, and no integer that GraphQL cannot read.
ONLY_SQLITE_STORES = ("an explanation that is no JSON", "a time that is none", "a number that no client can read")
SPOILED = {
    "an explanation with an unknown rule": Spoiled(
        f"""UPDATE conversation SET resolution = '{{"steps": [{{"rule": "{MARK}"}}]}}' WHERE id = :conversation""",
        "{ conversation(id: $conversation) { id resolution { agentNumber } } }",
        ["conversation", "resolution"],
    ),
    "an explanation that is empty": Spoiled(
        "UPDATE conversation SET resolution = '{}' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id resolution { steps { rule } } } }",
        ["conversation", "resolution", "steps"],
    ),
    "an explanation that is no JSON": Spoiled(
        f"UPDATE conversation SET resolution = '{MARK}' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id } }",
        ["conversation"],
    ),
    "a time that is none": Spoiled(
        f"UPDATE conversation SET answered_at = '{MARK}' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id } }",
        ["conversation"],
    ),
    "a status that is none": Spoiled(
        f"UPDATE conversation SET end_reason = '{MARK}', ended_at = NULL, status = 'QUEUED' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id } }",
        ["conversation"],
    ),
    "a number that no client can read": Spoiled(
        "UPDATE conversation SET sip_status = 47114711471147 WHERE id = :conversation",
        "{ conversation(id: $conversation) { id sipStatus } }",
        ["conversation", "sipStatus"],
    ),
    "a row that is gone": Spoiled(
        "UPDATE trunk SET organization_id = 'org_nobody' WHERE id = :trunk",
        "{ phoneNumbers { nodes { trunk { id organization { id } } } } }",
        ["phoneNumbers", "nodes", 0, "trunk", "organization"],
    ),
}


@pytest.mark.parametrize(
    "what", [pytest.param(each, marks=[pytest.mark.sqlite] * (each in ONLY_SQLITE_STORES)) for each in SPOILED]
)
def test_a_bug_answers_an_id_that_is_in_the_log_and_nothing_else(served: Served, logged: Logged, what: str) -> None:
    bug = SPOILED[what]
    client = served.root()
    number = client.number()
    names = {
        "conversation": client.queued(agentNumber=number.e164, agentConfig={})["id"],
        "trunk": client("{ phoneNumbers { nodes { trunk { id } } } }")["phoneNumbers"]["nodes"][0]["trunk"]["id"],
    }
    spoil(served, bug.statement, names)
    query = bug.query
    for name, value in names.items():
        query = query.replace(f"${name}", json.dumps(value))
    answer = client.post(query)
    request_id = answer.headers["X-Request-Id"]
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error.pop("locations")
    assert error == {
        "message": BROKEN,
        "path": bug.path,
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }
    line, request = logged.of(answer)
    assert (line["event"], line["path"]) == ("bug", bug.path)
    assert line["frames"]
    assert (request["event"], request["status"]) == ("request", 200)
    assert MARK not in logged.text
    assert "47114711471147" not in logged.text


BROKEN = "Something is broken here, and it is not your request. Give the request's id to whoever runs this server."


def spoil(served: Installation, statement: str, names: dict[str, str]) -> None:
    """Write what the database refuses: without its triggers, checks and foreign keys."""
    for name, value in names.items():
        statement = statement.replace(f":{name}", f"'{value}'")
    served.store.spoil(statement)


def test_a_bug_before_the_operation_is_a_500_with_an_id_that_is_in_the_log(served: Served, logged: Logged) -> None:
    client = served.root()
    served.rows("UPDATE api_key SET scopes = ? WHERE organization_id = ?", f'["{MARK}"]', client.organization_id)
    answer = client.post("{ viewer { scopes } }")
    request_id = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "errors": [{"message": BROKEN, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}}]
    }
    line, request = logged.of(answer)
    assert (line["event"], request["event"], request["status"]) == ("bug", "request", 500)
    assert MARK not in logged.text


def test_a_bug_in_a_mutation_undoes_all_of_it(served: Served, logged: Logged) -> None:
    """The version is published, and the first number holds it, when the database refuses the second for no reason."""
    client = served.root()
    numbers, draft = [client.number(), client.number()], client.draft(client.agent())
    before = served.contents()
    served.rows(f"CREATE UNIQUE INDEX {MARK} ON phone_number (outbound_agent_version_id)")
    payload = (
        "mutation($input: PublishAgentVersionInput!) { publishAgentVersion(input: $input) { userErrors { code } } }"
    )
    sent = {"agentVersionId": draft, "phoneNumbers": [each.e164 for each in numbers], "direction": "OUTBOUND"}
    answer = client.post(payload, {"input": sent})
    served.rows(f"DROP INDEX {MARK}")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert served.contents() == before
    assert [line["event"] for line in logged.of(answer)] == ["bug", "request"]
    assert MARK not in logged.text


# ------------------------------------------------------------------------------------- what clients get wrong

WRONG: dict[str, Any] = {
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


@pytest.mark.parametrize("what", WRONG)
def test_what_a_client_sends_is_not_logged(served: Served, logged: Logged, what: str) -> None:
    """Right or wrong: a line for the request, with its id, its key and its status; no document, no variable."""
    client = served.root()
    answer = send(client, WRONG[what])
    assert answer.status_code in (200, 400)
    assert MARK not in logged.text
    (line,) = logged.of(answer)
    assert line["event"] == "request"
    assert line.keys() == {
        *("event", "level", "timestamp", "request_id", "method", "path", "status", "milliseconds"),
        *("api_key", "operation", "cost", "codes"),
    }
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", answer.status_code)
    errors = answer.json().get("errors", ())
    refused = {"a refusal": {"INVALID_INPUT"}}.get(what, set())
    assert line["codes"] == (sorted({error["extensions"]["code"] for error in errors} | refused) or None)


def test_a_line_tells_the_name_of_the_operation_its_cost_and_its_codes(served: Served, logged: Logged) -> None:
    client = served.root()
    answer = client.post("query Mine { trunks(first: 0) { nodes { id } } }")
    (line,) = logged.of(answer)
    assert (line["operation"], line["cost"], line["codes"]) == ("Mine", 102, ["BAD_USER_INPUT"])
    (long,) = logged.of(client.post(f"query {'x' * 5000} {{ viewer {{ scopes }} }}"))
    assert (long["operation"], long["cost"], long["codes"]) == ("x" * 64, 2, None)


# ------------------------------------------------------------------------------------------- each has its line

REFUSE = "mutation($i: CreateOrganizationInput!) { createOrganization(input: $i) { userErrors { message } } }"
REFUSED = {"i": {"name": "x", "slug": f"{MARK}!"}}
KEYS = {"event", "level", "timestamp", "request_id", "path", "milliseconds", "api_key", "operation", "cost", "codes"}


async def test_each_operation_of_a_socket_has_its_line(served: Served, logged: Logged) -> None:
    """With the id of its connection, and its own."""
    client = served.root()
    async with socket(client, additional_headers={"X-Request-Id": "one-socket"}) as it:
        for name, query, variables in (
            ("fine", "query Fine { trunks(first: 7) { nodes { id } } }", {}),
            ("wrong", f"{{ {MARK} }}", {}),
            ("refused", REFUSE, REFUSED),
        ):
            await it.send(id=name, type="subscribe", payload={"query": query, "variables": variables})
            while (await it.receive())["type"] == "next":
                pass
    fine, wrong, refused, whole = when_ended(logged, "one-socket")
    assert fine.keys() == wrong.keys() == KEYS | {"operation_id"}
    assert (fine["event"], fine["operation_id"], fine["operation"], fine["cost"]) == ("operation", "fine", "Fine", 9)
    assert fine["api_key"] == whole["api_key"] is not None
    assert [each["codes"] for each in (fine, wrong, refused)] == [
        None,
        ["GRAPHQL_VALIDATION_FAILED"],
        ["INVALID_INPUT"],
    ]
    assert (whole["event"], whole["method"], whole["cost"], whole["codes"]) == ("request", "WEBSOCKET", None, None)
    assert MARK not in logged.text


async def test_a_socket_that_is_not_let_in_has_its_line(served: Served, logged: Logged) -> None:
    with pytest.raises(ConnectionClosed):
        async with socket(served.client(MARK), additional_headers={"X-Request-Id": "not-let-in"}):
            pass
    (line,) = when_ended(logged, "not-let-in")
    assert (line["method"], line["api_key"], line["codes"]) == ("WEBSOCKET", None, ["UNAUTHENTICATED"])
    assert MARK not in logged.text


def when_ended(logged: Logged, request_id: str) -> list[Json]:
    """The lines of a request whose line is written some time after its answer, or without one."""
    lines: list[Json] = []
    for _ in range(500):
        lines = logged.with_id(request_id)
        if any(line["event"] == "request" for line in lines):
            break
    return lines


def test_what_goes_wrong_in_a_stream_is_in_its_line(served: Served, logged: Logged) -> None:
    client = served.root()
    headers = client.headers | {"Accept": "text/event-stream"}
    for query, variables, code in (
        (f"query Mine {{ {MARK} }}", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query Mine { trunks(first: 0) { totalCount } }", {}, "BAD_USER_INPUT"),
        (REFUSE.replace("mutation", "mutation Mine"), REFUSED, "INVALID_INPUT"),
    ):
        answer = served.http.post("/graphql", headers=headers, json={"query": query, "variables": variables})
        (line,) = when_ended(logged, answer.headers["X-Request-Id"])
        assert (line["event"], line["operation"], line["codes"]) == ("request", "Mine", [code])
    assert MARK not in logged.text


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
def test_what_is_refused_before_it_is_a_request_has_its_line(
    served: Served, logged: Logged, sent: bytes, status: int
) -> None:
    with create_connection(("127.0.0.1", served.http.base_url.port or 0), timeout=60) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head = dict(line.split(": ", 1) for line in answer.decode().partition("\r\n\r\n")[0].splitlines()[1:])
    assert head["X-Content-Type-Options"] == "nosniff"
    assert head["Cache-Control"] == "no-store"
    (line,) = when_ended(logged, head["X-Request-Id"])
    assert (line["event"], line["status"], line["codes"]) == ("request", status, ["BAD_REQUEST"])
    assert (status == 408) == (head["X-Request-Id"] == "half")


def test_a_bug_and_an_address_that_is_none_are_in_the_codes(served: Served, logged: Logged) -> None:
    client = served.root()
    (line,) = logged.of(served.http.get("/nothing"))
    assert (line["status"], line["codes"]) == (404, ["BAD_REQUEST"])
    spoil(served, "UPDATE api_key SET scopes = '[1]' WHERE organization_id = :owner", {"owner": client.organization_id})
    *_, line = logged.of(client.post("{ viewer { scopes } }"))
    assert (line["status"], line["codes"]) == (500, ["INTERNAL_SERVER_ERROR"])


def test_what_is_sent_by_get_is_not_logged(served: Served, logged: Logged) -> None:
    client = served.root()
    answer = served.http.get(f"/graphql?query=%7B%20{MARK}%20%7D&{MARK}={MARK}", headers=client.headers)
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    (line,) = logged.of(answer)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/graphql", 200)
    assert MARK not in logged.text


def test_a_bad_key_and_a_bad_id_are_not_logged(served: Served, logged: Logged) -> None:
    headers = {"Authorization": f"Bearer {MARK}", "X-Request-Id": f"{MARK}!", "User-Agent": MARK, "Cookie": MARK}
    answer = served.http.post("/graphql", headers=headers, json={"query": "{ viewer { scopes } }"})
    (line,) = logged.of(answer)
    assert (line["status"], line["api_key"], line["codes"]) == (401, None, ["UNAUTHENTICATED"])
    assert MARK not in logged.text


def test_a_client_that_leaves_is_no_bug(served: Served, logged: Logged) -> None:
    """Half a body, and then nothing more: its request has a line like any other."""
    with create_connection(("127.0.0.1", served.http.base_url.port or 0)) as leaving:
        leaving.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 1000\r\nX-Request-Id: left-early\r\n\r\n{"query": '
        )
    assert [line["event"] for line in when_ended(logged, "left-early")] == ["request"]


def send(client: Client, sent: Any) -> httpx.Response:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = client.headers | {"Content-Type": "application/json"}
    return client.installation.http.post("/graphql", headers=headers, content=content)
