"""Queue the changed rows of one subscription until they are sent, and end it when its key expires or its reader fails.

`change_feed` ends it when its key is revoked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from models import now
from models.call_rows import ChangeRow, ConversationRow
from models.change import MAX_CHANGES_KEPT, ChangeKind
from models.number_rows import NumberRow
from resolvers.authentication import Principal
from resolvers.top_level_error import TopLevelError

# The most rows that are buffered for a subscriber. Of further rows only ids are held; they are read again to be sent.
MAX_BUFFERED_ROWS = 256
# A subscriber with more pending changes than the database stores is too slow, and is closed.
MAX_PENDING_CHANGES = MAX_CHANGES_KEPT
NOT_LOADED = object()

# Rows of conversations or numbers by id; None for rows that are no longer visible.
RowsById = Mapping[str, object]


@dataclass(eq=False)
class Subscriber:
    """A subscription to one kind of rows of one organization. A subject is pending once, however often it changes."""

    kind: ChangeKind
    organization_id: str
    ancestor_ids: frozenset[str]
    principal: Principal
    subject_id: str | None
    load_rows: Callable[["Subscriber", Iterable[str]], Awaitable[RowsById]]
    load_owner_page: Callable[["Subscriber", str, str], Awaitable[list[NumberRow]]]
    _pending: dict[str, object] = field(default_factory=dict)
    _owners_to_rescan: dict[str, str] = field(default_factory=dict)  # each with the last number read
    _buffered_rows: int = 0
    _closed_by: TopLevelError | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, change: ChangeRow) -> bool:
        """Whether the subscriber may have to be sent a change."""
        if change.kind is not self.kind or self.subject_id not in (None, change.subject_id):
            return False
        if change.organization_id == self.organization_id:
            return True
        return bool(change.shared) and change.organization_id in self.ancestor_ids

    def push(self, subject_id: str, row: ConversationRow | NumberRow | None) -> None:
        """Add a changed row, or None if it is no longer visible.

        A burst of changes arrives before any can be sent, so many rows alone do not mean a slow subscriber.
        """
        was_buffered = self._pending.get(subject_id, NOT_LOADED) is not NOT_LOADED
        has_room = was_buffered or self._buffered_rows < MAX_BUFFERED_ROWS
        self._buffered_rows += has_room and not was_buffered
        self._pending[subject_id] = row if has_room else NOT_LOADED
        if len(self._pending) > MAX_PENDING_CHANGES:
            self.close(missed_changes())
        self._woken.set()

    def rescan_owner(self, owner: str) -> None:
        """Read all numbers of an owner again, a page at a time as they are sent: any of them may have changed."""
        self._owners_to_rescan[owner] = ""
        self._woken.set()

    def close(self, problem: TopLevelError) -> None:
        """End the subscription with an error."""
        self._pending.clear()
        self._owners_to_rescan.clear()
        self._closed_by = problem
        self._woken.set()

    async def updates(self) -> AsyncIterator[tuple[str, object]]:
        """Yield subjects with their current rows. Raises the TopLevelError that ended the subscription."""
        while True:
            await self._wait()
            for subject_id, row in (await self._next_batch()).items():
                self._raise_if_closed()
                if row is not None or self.kind is ChangeKind.PHONE_NUMBER:
                    yield subject_id, row
            self._raise_if_closed()

    async def wait(self, seconds: float) -> None:
        """Wait, for a source that is not the change feed. Raises the TopLevelError that ended the subscription."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wait()
        self._raise_if_closed()

    async def _next_batch(self) -> RowsById:
        """Return the first pending rows, at most MAX_BUFFERED_ROWS; owners to rescan come after all pending ones."""
        if not self._pending and self._owners_to_rescan:
            return await self._next_owner_page()
        batch = {each: self._pending.pop(each) for each in list(islice(self._pending, MAX_BUFFERED_ROWS))}
        not_loaded = [each for each, row in batch.items() if row is NOT_LOADED]
        self._buffered_rows -= len(batch) - len(not_loaded)
        if not_loaded:
            rows = await self.load_rows(self, not_loaded)
            batch |= {each: rows.get(each) for each in not_loaded}
        return batch

    async def _next_owner_page(self) -> RowsById:
        owner, last = self._owners_to_rescan.popitem()
        rows = await self.load_owner_page(self, owner, last)
        if len(rows) == MAX_BUFFERED_ROWS:
            self._owners_to_rescan.setdefault(owner, rows[-1].e164)
        return {row.id: row for row in rows}

    async def _wait(self) -> None:
        expires_at = self.principal.api_key.expires_at
        with suppress(TimeoutError):
            async with asyncio.timeout(None if expires_at is None else (expires_at - now()).total_seconds()):
                await self._woken.wait()
        self._woken.clear()
        if len(self._pending) > MAX_BUFFERED_ROWS or self._owners_to_rescan:
            self._woken.set()

    def _raise_if_closed(self) -> None:
        expires_at = self.principal.api_key.expires_at
        if self._closed_by or (expires_at and expires_at <= now()):
            raise self._closed_by or key_revoked_or_expired()


def missed_changes() -> TopLevelError:
    return TopLevelError("TIMEOUT", "Too much changed before it was read. Fetch anew, then subscribe again.")


def key_revoked_or_expired() -> TopLevelError:
    return TopLevelError("UNAUTHENTICATED", "The API key was revoked or has expired. Sign in with another.")
