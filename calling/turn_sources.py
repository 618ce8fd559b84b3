"""Read the pending contacts of a dry run in the dialer's order: stored ones batch by batch, and ones that were sent."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.preview_rows import TurnRow
from models.preview_statements import find_contacts_in_turn
from storage import ReadSession

# A batch is read by one statement, in a thread: few of them, of some megabytes each.
MAX_BATCH, MIN_BATCH = 50_000, 1_000
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StoredContacts:
    """The pending contacts of a stored campaign but for the suppressed. `expected`: about how many will be read."""

    session: ReadSession
    campaign_id: str
    suppressed: Collection[str]
    expected: int

    async def batches(self, zone_keys: Sequence[str], due_until: datetime | None) -> AsyncIterator[list[TurnRow]]:
        """Yield contacts of some zones in turn, retries before fresh ones, then the longest due."""
        limit = min(max(self.expected, MIN_BATCH), MAX_BATCH)
        for is_fresh in (False, True):
            due_from, after_id, is_last = EARLIEST, "", False
            while not is_last:
                rows = await find_contacts_in_turn(
                    self.session,
                    self.campaign_id,
                    list(zone_keys),
                    is_fresh,
                    due_from,
                    after_id,
                    due_until or LATEST,
                    limit,
                )
                is_last = len(rows) < limit
                if rows:
                    due_from, after_id = rows[-1].due_at, rows[-1].id
                yield [each for each in rows if each.e164 not in self.suppressed] if self.suppressed else rows


@dataclass(frozen=True)
class SentContacts:
    """Contacts that are not stored, in the order in which they were sent; they are few."""

    contacts: Sequence[TurnRow]

    async def batches(self, zone_keys: Sequence[str], due_until: datetime | None) -> AsyncIterator[list[TurnRow]]:
        """Yield those of some zones in turn."""
        due = [each for each in self.contacts if each.zone_key in zone_keys and each.due_at <= (due_until or LATEST)]
        yield sorted(due, key=lambda each: (each.due_at, each.id))
