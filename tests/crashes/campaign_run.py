"""Run a campaign while servers and databases are killed, and compare its tables with the calls that a carrier counted."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from tests.campaigns.test_campaign import ALWAYS, MONDAY_NOON, Clock
from tests.crashes.mixed_carrier import MixedCarrier
from tests.databases import DatabaseForTests, Rows
from tests.installation import Client

CONTACTS_A_REQUEST = 500
POLL_SECONDS = 0.2
POLLS = 10_000
POOL_NUMBERS = 5
RETRIES = {"maxAttempts": 3, "delays": [{"outcome": each, "minutes": 1} for each in ("BUSY", "NO_ANSWER")]}
START = "mutation($id: ID!) { startCampaign(input: { campaignId: $id }) { __typename } }"
# Rows of which there must be none, once nothing is called any more.
VIOLATIONS = {
    "contacts without a final status": "SELECT id FROM contact WHERE status IN ('PENDING', 'IN_CALL')",
    "conversations that have not ended": "SELECT id FROM conversation WHERE ended_at IS NULL",
    "attempts without an outcome": (
        "SELECT id FROM conversation WHERE attempt_number IS NOT NULL AND attempt_outcome IS NULL"
    ),
    "attempts that were not dialed, or calls that were dialed and are no attempt": (
        "SELECT id FROM conversation WHERE campaign_id IS NOT NULL AND (attempt_number IS NULL) <> (dialed_at IS NULL)"
    ),
    "conversations of a campaign without a contact": (
        "SELECT conversation.id FROM conversation LEFT JOIN contact ON contact.id = contact_id"
        " AND contact.campaign_id = conversation.campaign_id"
        " WHERE conversation.campaign_id IS NOT NULL AND contact.id IS NULL"
    ),
    "contacts whose attempts are not those of the rows": (
        "SELECT contact.id FROM contact LEFT JOIN conversation ON contact_id = contact.id AND attempt_number IS NOT NULL"
        " GROUP BY contact.id HAVING COUNT(conversation.id) <> contact.attempt_count"
        " OR COALESCE(MAX(attempt_number), 0) <> contact.attempt_count"
    ),
    "lost attempts that were not the last": (
        "SELECT later.id FROM conversation lost JOIN conversation later ON later.contact_id = lost.contact_id"
        " AND later.created_at > lost.created_at WHERE lost.attempt_outcome = 'LOST'"
    ),
    "lost calls that did not settle their contact": (
        "SELECT conversation.id FROM conversation JOIN contact ON contact.id = contact_id"
        " WHERE end_reason = 'ENGINE_LOST' AND (attempt_outcome <> 'LOST' OR last_outcome <> 'LOST'"
        " OR contact.status NOT IN ('EXHAUSTED', 'EXPIRED'))"
    ),
}
DIALED = (
    "SELECT user_number, COUNT(dialed_at),"
    " SUM(CASE WHEN attempt_outcome = 'LOST' OR (dialed_at IS NOT NULL AND ended_at IS NULL) THEN 1 ELSE 0 END)"
    " FROM conversation GROUP BY user_number"
)


def contacts(count: int) -> list[dict[str, str]]:
    return [{"e164": f"+1212{2_000_000 + line}"} for line in range(count)]


@dataclass
class CampaignRun:
    """A campaign that is started again whenever it pauses itself, on a clock that skips the time until a retry."""

    client: Client
    store: DatabaseForTests
    clock: Clock
    ahead: timedelta = field(default_factory=lambda: MONDAY_NOON - datetime.now(UTC))
    campaign: str = ""

    def create(self, carrier: str, count: int, *, calls_per_second: int = 1000, **fields: Any) -> None:
        """Create a campaign with so many contacts, over a trunk with that rate."""
        trunk = self.client.trunk(outbound=False)
        limits = {"callsPerSecond": calls_per_second, "maxConcurrentCalls": 1000}
        self.client.mutate_successfully(
            "updateTrunk", "__typename", trunkId=trunk, outbound={"address": carrier}, **limits
        )
        pool = [{"e164": self.client.number(trunk=trunk).e164, "callsPerDay": 100_000} for _ in range(POOL_NUMBERS)]
        sent = {"name": "C", "windows": ALWAYS, "retries": RETRIES, "maxConcurrentCalls": 50, "pool": pool} | fields
        version = self.client.version(self.client.agent())
        made = self.client.mutate_successfully("createCampaign", "campaign { id }", agentVersionId=version, **sent)
        self.campaign = made["campaign"]["id"]
        added = contacts(count)
        for first in range(0, count, CONTACTS_A_REQUEST):
            some = added[first : first + CONTACTS_A_REQUEST]
            self.client.mutate_successfully("addContacts", "accepted", campaignId=self.campaign, contacts=some)
        self.start()

    def start(self) -> None:
        """Start the campaign, also again; nothing happens while the server is away."""
        with suppress(httpx.TransportError):
            self.client.post(START, {"id": self.campaign})

    def rows(self, statement: str) -> Rows:
        """Query the tables; no rows while the database is away."""
        with suppress(psycopg.OperationalError):
            return self.store.rows(statement)
        return []

    async def until_completed(self) -> None:
        """Let time pass until the campaign is completed."""
        for _ in range(POLLS):
            if await asyncio.to_thread(self._advance):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise AssertionError(
            self.rows("SELECT status, wait_reason, COUNT(*) FROM contact GROUP BY status, wait_reason")
        )

    def _advance(self) -> bool:
        """Start the campaign if it has paused itself, skip the time until its next retry; tell whether it is over."""
        for (status,) in self.rows(f"SELECT status FROM campaign WHERE id = '{self.campaign}'"):
            if status == "PAUSED":
                self.start()
            if status == "COMPLETED":
                return True
        for (due_at,) in self.rows("SELECT MIN(due_at) FROM contact WHERE status = 'PENDING'"):
            if due_at is not None:
                self._skip_until(_utc(due_at))
        return False

    def _skip_until(self, at: datetime) -> None:
        wait = at - (datetime.now(UTC) + self.ahead)
        if wait > timedelta():
            self.ahead += wait
            self.clock.set(datetime.now(UTC) + self.ahead)

    def violations(self) -> dict[str, Rows]:
        """Return the rows that must not be there, by what is wrong with them."""
        found = {what: self.store.rows(statement) for what, statement in VIOLATIONS.items()}
        return {what: rows for what, rows in found.items() if rows}

    def miscounted(self, carrier: MixedCarrier) -> Mapping[str, tuple[int, int, int]]:
        """Return numbers by what the carrier counted, and the dialed and the lost attempts, where these do not agree.

        An attempt that was lost may have reached the carrier, as may one that has not ended; every other did, once.
        """
        dialed = {number: (attempts, lost) for number, attempts, lost in self.store.rows(DIALED)}
        numbers = dialed.keys() | carrier.calls.keys()
        counted = {each: (len(carrier.calls.get(each, ())), *dialed.get(each, (0, 0))) for each in numbers}
        return {each: row for each, row in counted.items() if not row[1] - row[2] <= row[0] <= row[1]}


def _utc(stored: Any) -> datetime:
    """Return a time that a database of either engine returned."""
    at = datetime.fromisoformat(str(stored))
    return at.replace(tzinfo=at.tzinfo or UTC)
