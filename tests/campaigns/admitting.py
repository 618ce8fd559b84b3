"""Admit contacts and claim their calls one step at a time, so that a test can change what it likes between the two."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from calling.calling_hours import read_calling_hours
from dialing.admission import AdmissionLimits, admit_contacts
from dialing.campaign_upkeep import settle_campaign
from dialing.claims import ClaimedBatch, ClaimLimits, claim_calls
from models import new_id
from models.server import insert_server
from models.utc_datetime import now, set_test_clock
from operating.invariants import find_wrong_counts
from storage import Database, WriteSession
from tests.campaigns.test_campaign import ALWAYS, ANSWERS, Clock, contact
from tests.conftest import Install
from tests.installation import Client, Json, Number

Result = TypeVar("Result")
SHARE = 0.8
ROOMY = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}
CALLS = """{ conversations(first: 100) { nodes {
  id status endReason userNumber contact { id status refusal { code } attempts { number } } } } }"""


class Admitting:
    """An organization whose server dials nothing: a test admits and claims, as a dialer would.

    `lender`: who owns the number, where the organization borrows it.
    """

    def __init__(self, owner: Client, clock: Clock, lender: Client | None = None, **trunk: Any) -> None:
        self.owner, self.clock = owner, clock
        self.trunk = (lender or owner).trunk(**ROOMY | trunk)
        self.number: Number = (lender or owner).number(trunk=self.trunk, shareable=lender is not None)
        self.agent = owner.agent()
        self.version = owner.version(self.agent)
        self.server = new_id("srv")
        self._write(lambda session: session.execute(insert_server(self.server, now())))

    def started(self, *suffixes: str, **fields: Any) -> str:
        """Start a campaign with a contact for each suffix; one that answers, where none is named."""
        sent = {"agentVersionId": self.version, "agentNumber": self.number.e164, "windows": ALWAYS} | fields
        made = self.owner.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups", **sent)
        campaign: str = made["campaign"]["id"]
        contacts = [contact(line, suffix) for line, suffix in enumerate(suffixes or [ANSWERS])]
        self.owner.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=contacts)
        self.owner.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
        return campaign

    def admit(self) -> int:
        """Queue the calls of contacts that are due; return how many."""
        limits = AdmissionLimits(read_calling_hours(), frozenset(), SHARE)
        return self._write(lambda session: admit_contacts(session, limits))

    def claim(self, *regions: str) -> list[str]:
        """Claim queued calls of the trunk, for these regions alone; return the ids of those that would be dialed."""
        limits = ClaimLimits(frozenset(regions), SHARE)
        claimed: ClaimedBatch = self._write(lambda session: claim_calls(session, self.server, self.trunk, limits))
        return [each.call.id for each in claimed.calls]

    def settle(self, campaign_id: str) -> None:
        """Do one step of what a campaign needs to come to its end."""
        self._write(lambda session: settle_campaign(session, campaign_id))

    def end_calls(self, status: str, reason: str) -> None:
        """End all calls that were claimed, as an engine reports it."""
        ended = f"status = '{status}', end_reason = '{reason}', ended_at = dialed_at"
        self.rows(f"UPDATE conversation SET {ended} WHERE ended_at IS NULL AND dialed_at IS NOT NULL")

    def calls(self) -> list[Json]:
        """Return the calls, the oldest first."""
        found: list[Json] = self.owner(CALLS)["conversations"]["nodes"]
        return found[::-1]

    def wrong_counts(self) -> list[str]:
        """Return the campaigns whose kept counts are not those of their rows, as `server.py check` finds them."""
        return self._write(find_wrong_counts)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.owner.installation.rows(statement, *values)

    def pass_time(self, length: timedelta) -> None:
        self.clock.set(now() + length)

    def _write(self, work: Callable[[WriteSession], Awaitable[Result]]) -> Result:
        async def transaction() -> Result:
            database = Database(self.owner.installation.settings.database_url)
            try:
                return await database.write_locking(work)
            finally:
                await database.close()

        return asyncio.run(transaction())


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[Clock]:
    """Provide the clock of this process, in which the server runs, too: it says Monday noon in New York."""
    made = Clock(tmp_path / "clock")
    set_test_clock(tmp_path / "clock")
    yield made
    set_test_clock(None)


@pytest.fixture
def admitting(install: Install, clock: Clock) -> Admitting:
    return Admitting(install().root(), clock)
