"""R23: two servers on one PostgreSQL share a campaign: each contact is called once, within the campaign's limits."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calling.calling_hours import read_calling_hours
from dialing.admission import AdmissionLimits, admit_contacts
from models.utc_datetime import set_test_clock
from storage import Database, WriteSession
from tests.campaigns.calling_campaign import ANSWERS, Calling, Clock, contact
from tests.campaigns.campaign_server import create_campaign
from tests.campaigns.test_campaign import until_statuses
from tests.databases import PostgresTestDatabase
from tests.dialing.conftest import sipp, store
from tests.dialing.dialing_organization import DialingOrganization
from tests.dialing.several_servers import client_of, serve_one
from tests.retrying import attempts
from tests.server_process import ServerProcess
from tests.telephony.conftest import StartSipp
from tests.telephony.sipp import free_port

__all__ = ["sipp", "store"]

BUSY = "0101"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query LIKE '%campaign%'"
)


@contextmanager
def two_calling(folder: Path, store: PostgresTestDatabase) -> Iterator[tuple[Calling, ServerProcess]]:
    """Run two servers, the first of which has the sandbox carrier; yield an organization at it, and the second."""
    clock, port = Clock(folder / "clock"), free_port()
    carrier = {"DIALTREE_SANDBOX_CARRIER": f"127.0.0.1:{port}"}
    with (
        serve_one(folder, store, "first", **clock.variables, **carrier) as first,
        serve_one(folder, store, "second", **clock.variables) as second,
    ):
        yield Calling(first, clock, port), second


def test_r23_two_servers_call_each_contact_once(tmp_path: Path, store: PostgresTestDatabase) -> None:
    """Campaigns follow one another until both have called somebody."""
    size, callers = 20, "SELECT count(DISTINCT server_id) FROM conversation WHERE dialed_at IS NOT NULL"
    with two_calling(tmp_path, store) as (calling, _):
        for first in range(0, 800, size):
            campaign = calling.campaign(retries={"maxAttempts": 1}, maxConcurrentCalls=5)
            calling.add(campaign, *[BUSY] * size, first=first)
            calling.start(campaign)
            calling.until(campaign, "COMPLETED")
            calls = store.rows("SELECT user_number FROM conversation WHERE dialed_at IS NOT NULL")
            assert len(set(calls)) == len(calls) == first + size
            if store.rows(callers) == [(2,)]:
                return
    raise AssertionError("one server called everybody")


def test_r23_two_servers_keep_to_the_calls_at_once(tmp_path: Path, store: PostgresTestDatabase) -> None:
    with two_calling(tmp_path, store) as (calling, _):
        campaign = calling.started(*[ANSWERS] * 12, maxConcurrentCalls=3)
        most = 0
        for _ in attempts():
            (live,) = store.rows("SELECT count(*) FROM conversation WHERE ended_at IS NULL")[0]
            most = max(most, live)
            for call in calling.calls():
                calling.owner.mutate("hangUpConversation", "__typename", conversationId=call["id"])
            if calling.counts(campaign) == {"REACHED": 12}:
                break
        assert most == 3


def count_dialed(store: PostgresTestDatabase) -> int:
    ((count,),) = store.rows("SELECT count(*) FROM conversation WHERE dialed_at IS NOT NULL")
    return int(count)


def until_dialed(store: PostgresTestDatabase, more_than: int) -> None:
    for _ in attempts():
        if count_dialed(store) > more_than:
            return
    raise AssertionError(more_than)


def test_r23_when_one_of_two_servers_is_killed_nobody_is_lost_and_nobody_is_called_twice(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    """As the carrier counts: whom the killed server may have called is not called again."""
    clock, count = Clock(tmp_path / "clock"), 40
    with (
        serve_one(tmp_path, store, "first", **clock.variables) as first,
        serve_one(tmp_path, store, "second", **clock.variables) as second,
    ):
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("refuse", calls=count, filled={"status": "486 Busy Here"}, callsPerSecond=10)
        other = client_of(second, line.owner)
        campaign = create_campaign(
            other,
            [contact(place, BUSY) for place in range(count)],
            agentNumber=over.number.e164,
            agentVersionId=other.version(other.agent()),
            retries={"maxAttempts": 1},
        )
        until_dialed(store, count // 3)
        first.kill()
        until_statuses(other, campaign, EXHAUSTED=count)
        calls = Counter(
            to for to, _ in {(each.start, each.header("Call-ID")) for each in over.carrier.messages("INVITE")}
        )
        assert set(calls.values()) == {1}
        attempts_made = store.rows("SELECT contact_id, attempt_outcome FROM conversation WHERE attempt_number = 1")
        assert len({each for each, _ in attempts_made}) == len(attempts_made) == count
        outcomes = Counter(outcome for _, outcome in attempts_made)
        assert outcomes.keys() <= {"BUSY", "LOST"}
        assert outcomes["BUSY"] <= len(calls) <= count
        assert second.command("check")[0] == 0


def test_r22_nothing_is_claimed_by_either_after_the_commit_of_a_pause(
    tmp_path: Path, store: PostgresTestDatabase
) -> None:
    with two_calling(tmp_path, store) as (calling, second):
        # So slow that the campaign outlasts its pauses however busy the machine is.
        calling.owner.mutate_successfully("updateTrunk", "__typename", trunkId=calling.trunk, callsPerSecond=15)
        campaign = calling.started(*[BUSY] * 60, retries={"maxAttempts": 1}, maxConcurrentCalls=8)
        other = client_of(second, calling.owner)
        for _ in range(4):
            until_dialed(store, count_dialed(store))
            other.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
            dialed = count_dialed(store)
            for _ in attempts():
                if store.rows("SELECT count(*) FROM conversation WHERE ended_at IS NULL") == [(0,)]:
                    break
            assert count_dialed(store) == dialed
            assert calling.counts(campaign).keys() <= {"PENDING", "EXHAUSTED"}
            other.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
        calling.until_counts(campaign, EXHAUSTED=60)
        assert count_dialed(store) == 60


def until_one_waits(store: PostgresTestDatabase) -> None:
    """Wait until a statement waits for the lock of a campaign."""
    with store.connect("postgres") as admin:
        for _ in attempts():
            if admin.execute(WAITING).fetchone() == (1,):
                return
    raise AssertionError(WAITING)


@pytest.fixture
def noon(tmp_path: Path) -> Iterator[Clock]:
    """Have this process's clock say noon in New York, for which contacts may be called."""
    clock = Clock(tmp_path / "clock")
    set_test_clock(tmp_path / "clock")
    yield clock
    set_test_clock(None)


@pytest.mark.parametrize("mutation", ["pauseCampaign", "cancelCampaign"])
async def test_r22_who_is_admitted_while_a_pause_waits_is_withdrawn_by_it(
    tmp_path: Path, store: PostgresTestDatabase, noon: Clock, mutation: str
) -> None:
    """Of an admission that has not committed, a pause that has begun sees no call yet."""
    with serve_one(tmp_path, store, "first", DIALTREE_DIALING="off", **noon.variables) as server:
        calling = await asyncio.to_thread(Calling, server, noon, 9)
        campaign = await asyncio.to_thread(calling.started, *[BUSY] * 3)
        asked = []

        async def admit_while_one_asks(session: WriteSession) -> int:
            admitted = await admit_contacts(session, AdmissionLimits(read_calling_hours(), frozenset(), 1.0))
            mutate = calling.owner.mutate_successfully
            asked.append(asyncio.create_task(asyncio.to_thread(mutate, mutation, "__typename", campaignId=campaign)))
            await asyncio.to_thread(until_one_waits, store)
            return admitted

        database = Database(store.url)
        try:
            assert await database.write_locking(admit_while_one_asks) == 3
        finally:
            await database.close()
        await asked[0]
        assert store.rows("SELECT DISTINCT status FROM conversation") == [("CANCELLED",)]
