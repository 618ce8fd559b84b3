"""Test SIGKILL during pauses, edits and the cancellation of a campaign that calls: each is whole, or never was (R22).

On PostgreSQL the database is killed too, while the server goes on.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.campaigns.test_campaign import Clock
from tests.crashes.callers import RETRYABLE_CODES, codes
from tests.crashes.campaign_run import CampaignRun
from tests.crashes.mixed_carrier import MixedCarrier, mixed_carrier
from tests.crashes.victims import FULL, Victim
from tests.retrying import PATIENCE_SECONDS, attempts
from tests.server_process import ServerProcess, run_server_in

CALLS_BETWEEN_KILLS = 15
CONTACTS_A_KILL = 100
# Calls wait for the trunk's rate alone. Those of a killed server count against any limit of calls at once, until its
# lease has ended.
LIMITS = {"calls_per_second": 25, "maxConcurrentCalls": 1000}
MAX_KILL_DELAY_SECONDS = 0.05  # after the request
START_AGAIN_SECONDS = 1
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
DIALING = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow", "DIALTREE_RING_SECONDS": "10"}
COUNT_DIALED = "SELECT COUNT(*) FROM conversation WHERE campaign_id IS NOT NULL AND dialed_at IS NOT NULL"
COUNT_QUEUED = "SELECT COUNT(*) FROM conversation WHERE campaign_id IS NOT NULL AND status = 'QUEUED'"
MUTATION = """mutation($input: {kind}Input!) {{
  it: {name}(input: $input) {{ userErrors {{ code message }} }} }}"""
SINGLE_CALLS = 2_129_990_000

pytestmark = pytest.mark.torture


class KilledCampaign:
    """A running campaign whose server, or its database, is killed while it carries out a mutation of the campaign."""

    def __init__(self, victim: Victim, server: ServerProcess, run: CampaignRun, carrier: MixedCarrier) -> None:
        self._victim, self.server, self.run, self.carrier = victim, server, run, carrier
        self._chance = random.Random(SEED)
        self._single_calls = 0

    async def kill_during(self, mutation: str, *, is_answered: bool = False, **fields: Any) -> bool:
        """Kill the victim a moment after the request of a mutation, or once it `is_answered`; return whether it was."""
        await self.until_called(self.carrier.count + CALLS_BETWEEN_KILLS)
        asked = asyncio.create_task(asyncio.to_thread(self._mutate, mutation, fields))
        delay = None if is_answered else self._chance.uniform(0, MAX_KILL_DELAY_SECONDS)
        await asyncio.wait([asked], timeout=delay)
        await asyncio.to_thread(self._victim.kill, self.server)
        is_acknowledged = await asked
        await asyncio.to_thread(self._victim.restart_database)
        return is_acknowledged

    async def restart(self) -> None:
        await asyncio.to_thread(self._victim.restart, self.server, self.run.client)

    async def until_called(self, count: int) -> None:
        """Wait until that many calls arrived; a campaign whose lost calls made it pause itself is started again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.carrier.count < count:
                await asyncio.to_thread(self.run.start)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.carrier.until_called(count), START_AGAIN_SECONDS)

    def _mutate(self, mutation: str, fields: dict[str, Any]) -> bool:
        """Return whether a mutation was acknowledged; it may have been cut, but not refused."""
        document = MUTATION.format(name=mutation, kind=mutation[0].upper() + mutation[1:])
        sent = {"input": {"campaignId": self.run.campaign} | fields}
        try:
            answered = self.run.client.post(document, sent).json()
        except httpx.TransportError:
            return False
        if "errors" in answered:
            assert codes(answered) <= RETRYABLE_CODES, answered
            return False
        assert answered["data"]["it"]["userErrors"] == []
        return True

    def count(self, statement: str) -> int:
        ((count,),) = self.run.store.rows(statement)
        return int(count)

    async def place_single_call(self) -> None:
        """Place a call over the campaign's trunk, and wait until it arrives: its queue has been claimed up to there."""
        self._single_calls += 1
        to = f"+1{SINGLE_CALLS + self._single_calls}"
        agent_number = self.run.client.installation.rows("SELECT MIN(e164) FROM phone_number")[0][0]
        await asyncio.to_thread(self.run.client.create_queued, to=to, agentNumber=agent_number, agentConfig={})
        while to not in self.carrier.calls:
            await self.carrier.until_called(self.carrier.count + 1)


@asynccontextmanager
async def calling(folder: Path, victim: Victim) -> AsyncIterator[KilledCampaign]:
    clock = Clock(folder / "clock")
    with run_server_in(folder, store=victim.store, **DIALING | clock.variables) as server:
        run = CampaignRun(server.root(), victim.store, clock)
        async with mixed_carrier() as (carrier, address):
            await asyncio.to_thread(run.create, address, CONTACTS_A_KILL * victim.kills * 2, **LIMITS)
            yield KilledCampaign(victim, server, run, carrier)
            await asyncio.to_thread(stop, server)


def stop(server: ServerProcess) -> None:
    """Stop the server while its carrier answers: without one it would wait for the calls that it hangs up."""
    server.stop()
    server.join()


async def test_r22_after_the_commit_of_a_pause_nothing_is_claimed_by_who_starts_after_a_kill(
    tmp_path: Path, victim: Victim
) -> None:
    async with calling(tmp_path, victim) as killed:
        for turn in range(victim.kills * 2):
            is_acknowledged = await killed.kill_during("pauseCampaign", is_answered=bool(turn % 2))
            ((status,),) = victim.store.rows("SELECT status FROM campaign")
            assert status == "PAUSED" or not (turn % 2 or is_acknowledged), f"seed {SEED}"
            dialed, queued = killed.count(COUNT_DIALED), killed.count(COUNT_QUEUED)
            await killed.restart()
            if status == "PAUSED":
                assert queued == 0
                await killed.place_single_call()
                assert killed.count(COUNT_DIALED) == dialed
            await asyncio.to_thread(killed.run.start)
        assert killed.run.miscounted(killed.carrier) == {}


async def test_r22_an_edit_that_is_cut_is_whole_or_not_there_and_a_cancellation_leaves_nobody(
    tmp_path: Path, victim: Victim
) -> None:
    async with calling(tmp_path, victim) as killed:
        expected = ("C", LIMITS["maxConcurrentCalls"])
        for turn in range(victim.kills):
            edited = (f"C{turn}", 900 - turn)
            is_acknowledged = await killed.kill_during("updateCampaign", name=edited[0], maxConcurrentCalls=edited[1])
            await killed.restart()
            (found,) = victim.store.rows("SELECT name, max_concurrent_calls FROM campaign")
            assert found == edited or (found == expected and not is_acknowledged), f"seed {SEED}"
            expected = found
            await asyncio.to_thread(killed.run.start)
        await killed.kill_during("cancelCampaign", hangUpLive=True)
        await killed.restart()
        payload = killed.run.client.mutate("cancelCampaign", "__typename", campaignId=killed.run.campaign)
        assert [each["code"] for each in payload["userErrors"]] in ([], ["CAMPAIGN_ENDED"])
        await asyncio.to_thread(until_settled, killed.run)
        assert killed.run.miscounted(killed.carrier) == {}
        assert killed.server.command("check")[0] == 0


def until_settled(run: CampaignRun) -> None:
    """Wait until no row of the campaign contradicts another."""
    for _ in attempts():
        if not (found := run.violations()):
            return
    raise AssertionError(found)
