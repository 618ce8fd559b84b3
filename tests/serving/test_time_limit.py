"""Test that what is reported as not done is never committed."""

import pytest

from tests.conftest import Install
from tests.installation import Client, Json

CREATE = 'createAgent(input: {name: "agent %d"}) { agent { name } }'
ROUNDS = 25


def stored_names(client: Client) -> set[str]:
    rows = client.installation.rows("SELECT name FROM agent WHERE organization_id = ?", client.organization_id)
    return {name for (name,) in rows}


def acknowledged_names(answer: Json) -> set[str]:
    return {payload["agent"]["name"] for payload in (answer.get("data") or {}).values()}


@pytest.mark.parametrize("milliseconds", [2, 4, 8])
def test_what_is_reported_as_not_done_is_never_committed(install: Install, milliseconds: int) -> None:
    """Deadlines before, during and after the commit."""
    client = install(operation_timeout_seconds=milliseconds / 1000).root()
    told: set[str] = set()
    for place in range(ROUNDS):
        answer = client.post("mutation { " + CREATE % place + " }")
        told |= acknowledged_names(answer.json())
        if errors := answer.json().get("errors"):
            (error,) = errors
            assert (answer.status_code, error["extensions"]["code"]) == (503, "TIMEOUT")
            assert "changed nothing" in error["message"] or "was not carried out" in error["message"]
    client.installation.stop()
    client.installation.join()
    assert stored_names(client) == told


def test_a_timeout_reports_how_many_mutations_were_committed(install: Install) -> None:
    """Fields run in turn: those before the one that is reported as not done are committed."""
    client = install(operation_timeout_seconds=0.01).root()
    for place in range(ROUNDS):
        before = stored_names(client)
        fields = " ".join(f"m{each}: {CREATE % (place * 20 + each)}" for each in range(20))
        answer = client.post(f"mutation {{ {fields} }}").json()
        new = stored_names(client) - before
        if "errors" not in answer:
            assert new == acknowledged_names(answer)
            continue
        (error,) = answer["errors"]
        done = int(error["path"][0][1:]) if "path" in error else len(new)
        assert new == {f"agent {place * 20 + each}" for each in range(done)}
        assert ("was carried out" in error["message"]) is bool(new)


def test_while_somebody_else_writes_a_mutation_waits_no_longer_than_it_may(install: Install) -> None:
    """It is not carried out later either."""
    client = install(operation_timeout_seconds=0.5).root()
    with client.installation.store.transaction():
        answer = client.post("mutation { " + CREATE % 1 + " }")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
    client.installation.stop()
    client.installation.join()
    assert stored_names(client) == set()
