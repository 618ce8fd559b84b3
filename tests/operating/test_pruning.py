"""Pruning beside a server: what ended long ago goes, with its transfers; what lives or ended lately stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.databases import ON_POSTGRES
from tests.installation import Client, Number
from tests.operating.concurrent_writer import write_in_background
from tests.server_process import Outcome, ServerProcess, run_server_in

TRANSFER = """INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, created_at)
  SELECT 'trf_' || id, organization_id, id, 'COLD', 'COMPLETED', '+12065550142', created_at FROM conversation WHERE id = ?"""
ENDED = "UPDATE conversation SET status = 'FAILED', end_reason = 'CARRIER_ERROR', ended_at = ? WHERE id = ?"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServerProcess]:
    with run_server_in(tmp_path) as server:
        yield server


@pytest.fixture
def client(served: ServerProcess) -> Client:
    return served.root()


@pytest.fixture
def number(client: Client) -> Number:
    return client.number()


def ago(days: int) -> str:
    """As both engines store it."""
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d %H:%M:%S.%f}" + ("+00:00" if ON_POSTGRES else "")


def ended(client: Client, number: Number, days: int, *, transferred: bool = False) -> str:
    """A conversation that ended so many days ago."""
    created: str = client.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    if transferred:
        client.installation.rows(TRANSFER, created)
    client.installation.rows(ENDED, ago(days), created)
    return created


def prune(served: ServerProcess, days: int) -> Outcome:
    return served.command("prune", "--older-than", str(days))


def kept(served: ServerProcess) -> set[str]:
    return {identifier for (identifier,) in served.rows("SELECT id FROM conversation")}


def test_what_ended_before_goes_with_its_transfers_and_all_else_stays(
    served: ServerProcess, client: Client, number: Number
) -> None:
    ended(client, number, 31)
    ended(client, number, 400, transferred=True)
    lately = ended(client, number, 29, transferred=True)
    live = client.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    said = "Removed 2 conversations that ended more than 30 days ago, with 1 transfers."
    assert prune(served, 30) == (0, [said], [])
    assert kept(served) == {lately, live}
    assert served.rows("SELECT conversation_id FROM transfer") == [(lately,)]
    assert [each["id"] for each in client("{ conversations { nodes { id } } }")["conversations"]["nodes"]] == [
        live,
        lately,
    ]
    nothing = "Removed 0 conversations that ended more than 30 days ago, with 0 transfers."
    assert prune(served, 30) == (0, [nothing], [])


def test_a_conversation_that_lives_is_never_removed_however_old(
    served: ServerProcess, client: Client, number: Number
) -> None:
    """None can be older than one that was created when the world was young and is talking still."""
    statuses = ("QUEUED", "DIALING", "RINGING", "IN_PROGRESS")
    live = [client.create_queued(agentNumber=number.e164, agentConfig={})["id"] for _ in statuses]
    served.rows("INSERT INTO server (id, started_at, seen_at) VALUES ('srv_1', ?, ?)", ago(9000), ago(9000))
    taken = "UPDATE conversation SET status = ?, dialed_at = ?, server_id = 'srv_1' WHERE id = ?"
    for status, identifier in zip(statuses[1:], live[1:], strict=True):
        served.rows(taken, status, ago(9000), identifier)
    on = " ON conversation" if ON_POSTGRES else ""
    served.rows(f"DROP TRIGGER conversation_keeps_what_it_was_created_with{on}")
    served.rows("UPDATE conversation SET created_at = ?", ago(9000))
    assert prune(served, 1)[0] == 0
    assert kept(served) == set(live)


def test_requests_are_answered_while_many_are_removed(served: ServerProcess, client: Client, number: Number) -> None:
    """Several batches, and a client that creates meanwhile: what it was told stays."""
    client.create_queued(agentNumber=number.e164, agentConfig={})
    columns = served.store.columns_by_table()["conversation"]
    old = {
        "id": "'cnv_' || (100000 + value)",
        "status": "'FAILED'",
        "end_reason": "'CARRIER_ERROR'",
        "ended_at": "created_at",
        "created_at": "created_at",
    }
    served.rows(
        "WITH RECURSIVE count(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM count WHERE value < 2000)"
        f" INSERT INTO conversation ({', '.join(columns)})"
        f" SELECT {', '.join(old.get(name, name) for name in columns)} FROM conversation, count"
    )
    served.rows("DROP TRIGGER conversation_final_status_never_changes" + (" ON conversation" if ON_POSTGRES else ""))
    served.rows("UPDATE conversation SET ended_at = ? WHERE ended_at IS NOT NULL", ago(9000))
    with write_in_background(client) as acknowledged:
        status, said, _ = prune(served, 30)
    assert (status, said) == (0, ["Removed 2000 conversations that ended more than 30 days ago, with 0 transfers."])
    assert len(kept(served)) == 1 + len(acknowledged)
    assert len(acknowledged) > 1


def test_an_idempotency_key_goes_with_its_conversation(served: ServerProcess, client: Client, number: Number) -> None:
    sent = {"agentNumber": number.e164, "agentConfig": {}, "idempotencyKey": "once"}
    first = client.create_queued(**sent)["id"]
    served.rows(ENDED, ago(3), first)
    assert client.call(**sent)["replayed"] is True
    assert prune(served, 2)[0] == 0
    assert client.call(**sent)["replayed"] is False


def test_days_that_are_none_remove_nothing(served: ServerProcess, client: Client, number: Number) -> None:
    old = ended(client, number, 31)
    for days in ("0", "-1", "many"):
        status, said, complaints = served.command("prune", "--older-than", days)
        assert (status, said) == (2, [])
        assert complaints
        assert kept(served) == {old}
