"""Any number of servers on one PostgreSQL dial (R12): each call once, each trunk within its limits, by the carrier's count."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.calling.line import FINAL, Line, Over, most_live, open_transfer, until
from tests.calling.several import owners, serving, started, through, two_servers
from tests.crashes.conftest import CrashingPostgres, postgres
from tests.processes import Served
from tests.stores import PostgresStore
from tests.telephony.conftest import StartSipp

__all__ = ["postgres"]

NUMBERS = [f"+1206555{place:04}" for place in range(40)]


def queued(over: Over, *servers: Served) -> dict[str, str]:
    """A call to each number, created at the servers in turn."""
    clients = [through(server, over.line.owner) for server in servers]
    sent = {"agentNumber": over.number.e164, "agentConfig": {}}
    return {to: clients[place % len(clients)].queued(to=to, **sent)["id"] for place, to in enumerate(NUMBERS)}


def test_r12_both_dial_and_nobody_is_called_twice(tmp_path: Path, store: PostgresStore, sipp: StartSipp) -> None:
    with two_servers(tmp_path, store) as (first, second):
        line = Line(first.root(), sipp)
        over = line.over("refuse", calls=len(NUMBERS), filled={"status": "486 Busy Here"}, callsPerSecond=10)
        calls = queued(over, first, second)
        assert {line.ended(call)["endReason"] for call in calls.values()} == {"BUSY"}
        assert over.carrier.passed()
        assert over.invites().keys() == set(NUMBERS)
        assert len(owners(first, *calls.values())) == 2


def test_a_trunk_carries_no_more_calls_than_it_may_over_both(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    with two_servers(tmp_path, store) as (first, second):
        line = Line(first.root(), sipp)
        over = line.over("talk", calls=len(NUMBERS), maxConcurrentCalls=5, callsPerSecond=1)
        calls = queued(over, first, second)
        over.hurry()
        assert {line.ended(call)["endReason"] for call in calls.values()} == {"HANGUP"}
        assert over.invites().keys() == set(NUMBERS)
        assert most_live(over.carrier) == 5
        assert len(owners(first, *calls.values())) == 2


def test_what_is_asked_of_the_other_server_reaches_the_one_that_carries_the_call(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    """The call is live before the other server starts, so it is certain whose it is."""
    with serving(tmp_path, store, "first") as first:
        line = Line(first.root(), sipp)
        hung_up, handed_over = line.over("answer"), line.over("refer_accepted")
        identifiers = [hung_up.talking(), handed_over.talking()]
        with serving(tmp_path, store, "second") as second:
            other = through(second, line.owner)
            other.do("hangUpConversation", "__typename", conversationId=identifiers[0])
            assert until(other, identifiers[0], *FINAL)["endReason"] == "HANGUP"
            assert hung_up.carrier.passed()
            sent = {"conversationId": identifiers[1], "kind": "COLD", "transferNumber": "+12065550142"}
            other.do("transferConversation", "__typename", **sent)
            assert until(other, identifiers[1], *FINAL)["endReason"] == "TRANSFERRED"
            assert open_transfer(other, identifiers[1], "COMPLETED")
            assert handed_over.carrier.passed()


def test_r12_of_a_server_that_is_killed_calls_end_and_what_waits_is_dialed_by_the_other(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    with serving(tmp_path, store, "first") as first:
        line = Line(first.root(), sipp)
        over = line.over("ring", calls=2, maxConcurrentCalls=1)
        ringing, waiting = over.call(to=NUMBERS[0]), over.call(to=NUMBERS[1])
        line.until(ringing, "RINGING")
        with serving(tmp_path, store, "second") as second:
            first.kill()
            other = through(second, line.owner)
            lost = until(other, ringing, *FINAL)
            assert (lost["status"], lost["endReason"]) == ("FAILED", "ENGINE_LOST")
            assert until(other, waiting, "RINGING")["status"] == "RINGING"
            assert over.invites().keys() == set(NUMBERS[:2])


def test_a_server_that_was_taken_for_dead_hangs_up_its_calls_and_goes_on_as_another(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    """It stood still for so long that the other one said that its calls were lost."""
    with two_servers(tmp_path, store) as (first, second):
        line = Line(first.root(), sipp)
        over = line.over("answer", calls=2)
        calls = {over.talking(to=NUMBERS[0])}
        stood_still, other = (first, second) if owners(first, *calls) == started(first) else (second, first)
        asked = through(other, line.owner)
        os.kill(stood_still.server, signal.SIGSTOP)
        try:
            assert {until(asked, call, *FINAL)["endReason"] for call in calls} == {"ENGINE_LOST"}
        finally:
            os.kill(stood_still.server, signal.SIGCONT)
        again = asked.queued(to=NUMBERS[1], agentNumber=over.number.e164, agentConfig={})["id"]
        until(asked, again, "IN_PROGRESS")
        asked.do("hangUpConversation", "__typename", conversationId=again)
        assert until(asked, again, *FINAL)["endReason"] == "HANGUP"
        assert over.carrier.passed()  # both calls were hung up


def test_a_server_that_stops_leaves_what_waits_to_the_other_at_once(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    with serving(tmp_path, store, "first") as first:
        line = Line(first.root(), sipp)
        over = line.over("ring", calls=2, maxConcurrentCalls=1)
        ringing, waiting = over.call(to=NUMBERS[0]), over.call(to=NUMBERS[1])
        line.until(ringing, "RINGING")
        with serving(tmp_path, store, "second") as second:
            first.stop()
            other = through(second, line.owner)
            assert until(other, ringing, *FINAL)["endReason"] == "CANCELLED"
            assert until(other, waiting, "RINGING")["status"] == "RINGING"
            first.join()
            assert store.rows("SELECT count(*) FROM server WHERE ended_at IS NULL") == [(1,)]


def test_a_server_without_an_engine_claims_nothing_and_hinders_nobody(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    missing = {"PYTHONPATH": str(tmp_path), "LIVEKIT_URL": "http://127.0.0.1:9"}
    missing |= {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}
    (tmp_path / "livekit").mkdir()
    (tmp_path / "livekit" / "__init__.py").write_text("raise ImportError('not installed')")
    with serving(tmp_path, store, "without", **missing) as without:
        line = Line(without.root(), sipp)
        over = line.over("hang_up")
        call = over.call()
        assert "not installed" in without.log.read_text()
        with serving(tmp_path, store, "second"):
            assert line.ended(call)["endReason"] == "HANGUP"


# ------------------------------------------------------------------------------- while the database is in trouble


def serve(store: PostgresStore) -> list[tuple[Any, ...]]:
    """The servers that nobody has taken for dead; by a connection that was not there before the trouble."""
    with store.connect() as connection:
        return connection.execute("SELECT id FROM server WHERE ended_at IS NULL ORDER BY id").fetchall()


@pytest.mark.parametrize("trouble", ["cut", "crash"])
def test_calls_stay_live_while_the_database_is_in_trouble(
    tmp_path: Path, postgres: CrashingPostgres, sipp: StartSipp, trouble: str
) -> None:
    with two_servers(tmp_path, postgres.store) as (first, second):
        line = Line(first.root(), sipp)
        over = line.over("answer", calls=2)
        other = through(second, line.owner)
        sent = {"agentNumber": over.number.e164, "agentConfig": {}}
        before = over.talking(to=NUMBERS[0])
        if trouble == "cut":
            postgres.cut_connections()
        else:
            postgres.crash()
            assert other.post("{ viewer { scopes } }").status_code == 503
            postgres.start()
        while other.post("{ viewer { scopes } }").status_code != 200:
            pass
        known = serve(postgres.store)
        after = other.queued(to=NUMBERS[1], **sent)["id"]
        assert until(other, after, "IN_PROGRESS")["status"] == "IN_PROGRESS"
        assert until(other, before, "IN_PROGRESS")["status"] == "IN_PROGRESS"
        for identifier in (before, after):
            other.do("hangUpConversation", "__typename", conversationId=identifier)
            assert until(other, identifier, *FINAL)["endReason"] == "HANGUP"
        assert over.carrier.passed()
        assert serve(postgres.store) == known
