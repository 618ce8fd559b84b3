"""Test that a bug answers an id that is in the log, and nothing else. Spoiled rows are the bugs."""

import json
from dataclasses import dataclass

import pytest

from tests.server_process import ServerProcess
from tests.serving.server_log import MARK, ServerLog, spoil


@dataclass(frozen=True)
class SpoiledRow:
    """A statement that spoils a row, a query that fails because of it, and the path of the error."""

    statement: str
    query: str
    path: list[str | int]


# PostgreSQL refuses text in a time or JSON column, and integers beyond 32 bits.
ONLY_SQLITE_STORES = ("an explanation that is no JSON", "a time that is none", "a number that no client can read")
SPOILED_ROWS = {
    "an explanation with an unknown rule": SpoiledRow(
        f"""UPDATE conversation SET resolution = '{{"steps": [{{"rule": "{MARK}"}}]}}' WHERE id = :conversation""",
        "{ conversation(id: $conversation) { id resolution { agentNumber } } }",
        ["conversation", "resolution"],
    ),
    "an explanation that is empty": SpoiledRow(
        "UPDATE conversation SET resolution = '{}' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id resolution { steps { rule } } } }",
        ["conversation", "resolution"],
    ),
    "an explanation that is no JSON": SpoiledRow(
        f"UPDATE conversation SET resolution = '{MARK}' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id } }",
        ["conversation"],
    ),
    "a time that is none": SpoiledRow(
        f"UPDATE conversation SET answered_at = '{MARK}' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id } }",
        ["conversation"],
    ),
    "a status that is none": SpoiledRow(
        f"UPDATE conversation SET end_reason = '{MARK}', ended_at = NULL, status = 'QUEUED' WHERE id = :conversation",
        "{ conversation(id: $conversation) { id } }",
        ["conversation"],
    ),
    "a number that no client can read": SpoiledRow(
        "UPDATE conversation SET sip_status = 47114711471147 WHERE id = :conversation",
        "{ conversation(id: $conversation) { id sipStatus } }",
        ["conversation", "sipStatus"],
    ),
}


@pytest.mark.parametrize(
    "what", [pytest.param(each, marks=[pytest.mark.sqlite] * (each in ONLY_SQLITE_STORES)) for each in SPOILED_ROWS]
)
def test_a_bug_answers_an_id_that_is_in_the_log_and_nothing_else(
    logging_server: ServerProcess, server_log: ServerLog, what: str
) -> None:
    bug = SPOILED_ROWS[what]
    client = logging_server.root()
    number = client.number()
    names = {"conversation": client.create_queued(agentNumber=number.e164, agentConfig={})["id"]}
    spoil(logging_server, bug.statement, names)
    query = bug.query
    for name, value in names.items():
        query = query.replace(f"${name}", json.dumps(value))
    answer = client.post(query)
    request_id = answer.headers["X-Request-Id"]
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error.pop("locations")
    assert error == {
        "message": INTERNAL_ERROR_MESSAGE,
        "path": bug.path,
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }
    line, request = server_log.lines_of(answer)
    assert (line["event"], line["path"]) == ("unhandled_exception", bug.path)
    assert line["frames"]
    assert (request["event"], request["status"]) == ("request", 200)
    assert MARK not in server_log.text
    assert "47114711471147" not in server_log.text


INTERNAL_ERROR_MESSAGE = (
    "Something is broken here, and it is not your request. Give the request's id to whoever runs this server."
)


def test_a_bug_before_the_operation_is_a_500_with_an_id_that_is_in_the_log(
    logging_server: ServerProcess, server_log: ServerLog
) -> None:
    client = logging_server.root()
    logging_server.rows(
        "UPDATE api_key SET scopes = ? WHERE organization_id = ?", f'["{MARK}"]', client.organization_id
    )
    answer = client.post("{ viewer { scopes } }")
    request_id = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "errors": [
            {
                "message": INTERNAL_ERROR_MESSAGE,
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
            }
        ]
    }
    line, request = server_log.lines_of(answer)
    assert (line["event"], request["event"], request["status"]) == ("unhandled_exception", "request", 500)
    assert MARK not in server_log.text


def test_a_bug_in_a_mutation_undoes_all_of_it(logging_server: ServerProcess, server_log: ServerLog) -> None:
    """The database refuses the second number after the version is published and the first number is assigned."""
    client = logging_server.root()
    numbers, draft = [client.number(), client.number()], client.draft(client.agent())
    before = logging_server.contents()
    logging_server.rows(f"CREATE UNIQUE INDEX {MARK} ON phone_number (outbound_agent_version_id)")
    payload = (
        "mutation($input: PublishAgentVersionInput!) { publishAgentVersion(input: $input) { userErrors { code } } }"
    )
    sent = {"agentVersionId": draft, "phoneNumbers": [each.e164 for each in numbers], "direction": "OUTBOUND"}
    answer = client.post(payload, {"input": sent})
    logging_server.rows(f"DROP INDEX {MARK}")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert logging_server.contents() == before
    assert [line["event"] for line in server_log.lines_of(answer)] == ["unhandled_exception", "request"]
    assert MARK not in server_log.text
