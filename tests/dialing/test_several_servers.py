"""Dial by several servers on one PostgreSQL (R12): each call once, each trunk within its limits, as the carrier counts."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.crashes.conftest import crashing_cluster, postgres
from tests.crashes.postgres import CrashingPostgres
from tests.databases import PostgresTestDatabase
from tests.dialing.dialing_organization import (
    FINAL_STATUSES,
    DialingOrganization,
    NumberAtCarrier,
    max_live_calls,
    until,
    until_transfer,
)
from tests.dialing.several_servers import client_of, owning_servers, serve_one, server_ids, two_servers
from tests.server_process import ServerProcess
from tests.telephony.conftest import StartSipp

__all__ = ["crashing_cluster", "postgres"]

NUMBERS = [f"+1206555{place:04}" for place in range(40)]


def queue_calls(over: NumberAtCarrier, *servers: ServerProcess) -> dict[str, str]:
    """Create a call to each number, at the servers in turn."""
    clients = [client_of(server, over.line.owner) for server in servers]
    sent = {"agentNumber": over.number.e164, "agentConfig": {}}
    return {to: clients[place % len(clients)].create_queued(to=to, **sent)["id"] for place, to in enumerate(NUMBERS)}


def test_r12_both_dial_and_nobody_is_called_twice(tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp) -> None:
    with two_servers(tmp_path, store) as (first, second):
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier(
            "refuse", calls=len(NUMBERS), filled={"status": "486 Busy Here"}, callsPerSecond=10
        )
        calls = queue_calls(over, first, second)
        assert {line.until_ended(call)["endReason"] for call in calls.values()} == {"BUSY"}
        assert over.carrier.passed()
        assert over.invites_by_callee().keys() == set(NUMBERS)
        assert len(owning_servers(first, *calls.values())) == 2


def test_a_trunk_carries_no_more_calls_than_it_may_over_both(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    with two_servers(tmp_path, store) as (first, second):
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("talk", calls=len(NUMBERS), maxConcurrentCalls=5, callsPerSecond=1)
        calls = queue_calls(over, first, second)
        over.raise_rate()
        assert {line.until_ended(call)["endReason"] for call in calls.values()} == {"HANGUP"}
        assert over.invites_by_callee().keys() == set(NUMBERS)
        assert max_live_calls(over.carrier) == 5
        assert len(owning_servers(first, *calls.values())) == 2


def test_what_is_asked_of_the_other_server_reaches_the_one_that_carries_the_call(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    """The call is live before the other server starts, so its owner is certain."""
    with serve_one(tmp_path, store, "first") as first:
        line = DialingOrganization(first.root(), sipp)
        hung_up, handed_over = line.number_at_carrier("answer"), line.number_at_carrier("refer_accepted")
        identifiers = [hung_up.answered_call(), handed_over.answered_call()]
        with serve_one(tmp_path, store, "second") as second:
            other = client_of(second, line.owner)
            other.mutate_successfully("hangUpConversation", "__typename", conversationId=identifiers[0])
            assert until(other, identifiers[0], *FINAL_STATUSES)["endReason"] == "HANGUP"
            assert hung_up.carrier.passed()
            sent = {"conversationId": identifiers[1], "kind": "COLD", "transferNumber": "+12065550142"}
            other.mutate_successfully("transferConversation", "__typename", **sent)
            assert until(other, identifiers[1], *FINAL_STATUSES)["endReason"] == "TRANSFERRED"
            assert until_transfer(other, identifiers[1], "COMPLETED")
            assert handed_over.carrier.passed()


def test_r12_of_a_server_that_is_killed_calls_end_and_what_waits_is_dialed_by_the_other(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    with serve_one(tmp_path, store, "first") as first:
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("ring", calls=2, maxConcurrentCalls=1)
        ringing, waiting = over.queue_call(to=NUMBERS[0]), over.queue_call(to=NUMBERS[1])
        line.until(ringing, "RINGING")
        with serve_one(tmp_path, store, "second") as second:
            first.kill()
            other = client_of(second, line.owner)
            lost = until(other, ringing, *FINAL_STATUSES)
            assert (lost["status"], lost["endReason"]) == ("FAILED", "ENGINE_LOST")
            assert until(other, waiting, "RINGING")["status"] == "RINGING"
            assert over.invites_by_callee().keys() == set(NUMBERS[:2])


def test_a_server_that_was_taken_for_dead_hangs_up_its_calls_and_goes_on_as_another(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    """The server was suspended for so long that the other one ended its calls as lost."""
    with two_servers(tmp_path, store) as (first, second):
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("answer", calls=2)
        calls = {over.answered_call(to=NUMBERS[0])}
        stood_still, other = (first, second) if owning_servers(first, *calls) == server_ids(first) else (second, first)
        asked = client_of(other, line.owner)
        os.kill(stood_still.server, signal.SIGSTOP)
        try:
            assert {until(asked, call, *FINAL_STATUSES)["endReason"] for call in calls} == {"ENGINE_LOST"}
        finally:
            os.kill(stood_still.server, signal.SIGCONT)
        again = asked.create_queued(to=NUMBERS[1], agentNumber=over.number.e164, agentConfig={})["id"]
        until(asked, again, "IN_PROGRESS")
        asked.mutate_successfully("hangUpConversation", "__typename", conversationId=again)
        assert until(asked, again, *FINAL_STATUSES)["endReason"] == "HANGUP"
        assert over.carrier.passed()  # both calls were hung up


def test_a_server_that_stops_leaves_what_waits_to_the_other_at_once(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    with serve_one(tmp_path, store, "first") as first:
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("ring", calls=2, maxConcurrentCalls=1)
        ringing, waiting = over.queue_call(to=NUMBERS[0]), over.queue_call(to=NUMBERS[1])
        line.until(ringing, "RINGING")
        with serve_one(tmp_path, store, "second") as second:
            first.stop()
            other = client_of(second, line.owner)
            assert until(other, ringing, *FINAL_STATUSES)["endReason"] == "CANCELLED"
            assert until(other, waiting, "RINGING")["status"] == "RINGING"
            first.join()
            assert store.rows("SELECT count(*) FROM server WHERE ended_at IS NULL") == [(1,)]


def test_a_server_without_an_engine_claims_nothing_and_hinders_nobody(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    missing = {"PYTHONPATH": str(tmp_path), "LIVEKIT_URL": "http://127.0.0.1:9"}
    missing |= {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}
    (tmp_path / "livekit").mkdir()
    (tmp_path / "livekit" / "__init__.py").write_text("raise ImportError('not installed')")
    with serve_one(tmp_path, store, "without", **missing) as without:
        line = DialingOrganization(without.root(), sipp)
        over = line.number_at_carrier("hang_up")
        call = over.queue_call()
        assert "not installed" in without.log.read_text()
        with serve_one(tmp_path, store, "second"):
            assert line.until_ended(call)["endReason"] == "HANGUP"


# ------------------------------------------------------------------------------- while the database is in trouble


def serving_servers(store: PostgresTestDatabase) -> list[tuple[Any, ...]]:
    """Return the servers that have not been ended, over a connection opened after the outage."""
    with store.connect() as connection:
        return connection.execute("SELECT id FROM server WHERE ended_at IS NULL ORDER BY id").fetchall()


@pytest.mark.parametrize("trouble", ["cut", "crash"])
def test_calls_stay_live_while_the_database_is_in_trouble(
    tmp_path: Path, postgres: CrashingPostgres, sipp: StartSipp, trouble: str
) -> None:
    with two_servers(tmp_path, postgres.store) as (first, second):
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("answer", calls=2)
        other = client_of(second, line.owner)
        sent = {"agentNumber": over.number.e164, "agentConfig": {}}
        before = over.answered_call(to=NUMBERS[0])
        if trouble == "cut":
            postgres.cut_connections()
        else:
            postgres.crash()
            assert other.post("{ viewer { scopes } }").status_code == 503
            postgres.start()
        while other.post("{ viewer { scopes } }").status_code != 200:
            pass
        known = serving_servers(postgres.store)
        after = other.create_queued(to=NUMBERS[1], **sent)["id"]
        assert until(other, after, "IN_PROGRESS")["status"] == "IN_PROGRESS"
        assert until(other, before, "IN_PROGRESS")["status"] == "IN_PROGRESS"
        for identifier in (before, after):
            other.mutate_successfully("hangUpConversation", "__typename", conversationId=identifier)
            assert until(other, identifier, *FINAL_STATUSES)["endReason"] == "HANGUP"
        assert over.carrier.passed()
        assert serving_servers(postgres.store) == known
