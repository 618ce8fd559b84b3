"""Read committed changes in order, and push the changed rows that a subscriber may see to its queue.

The statements of queries decide after each change which rows a subscriber may see.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress

import sqlalchemy as sa
import structlog

from models import Conversation, PhoneNumber, self_and_ancestors
from models.call_rows import ChangeRow, ConversationRow
from models.change import ChangeKind, ChangePosition, read_changes_after, read_position
from models.number_rows import NumberRow
from resolvers.authentication import Principal, is_revoked
from resolvers.subscriber import MAX_BUFFERED_ROWS, RowsById, Subscriber, key_revoked_or_expired, missed_changes
from storage import Database, DatabaseUnavailable, ReadSession
from storage.statement import query

log = structlog.get_logger()

# Commits of this process are read at once, those of other processes, such as the operator's commands, by polling.
POLL_INTERVAL_SECONDS = 0.5


class ChangeFeed:
    """Reads the changes of all commits, and pushes them to subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._committed = database.commit_event()
        self._subscribers: set[Subscriber] = set()
        self._read_up_to = ChangePosition(0)
        self._has_subscribers = asyncio.Event()
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def subscribe(
        self, kind: ChangeKind, organization_id: str, principal: Principal, subject_id: str | None = None
    ) -> AsyncIterator[Subscriber]:
        """Subscribe until the context ends; every change committed from now on is sent.

        Raises TopLevelError (UNAUTHENTICATED) if the key has been revoked.
        """
        async with self._lock, self._database.read() as session:
            if not self._subscribers:
                self._read_up_to = await read_position(session)
            if await is_revoked(session, principal):
                raise key_revoked_or_expired()
            line = self_and_ancestors([organization_id])
            ancestor_ids = frozenset((await session.execute(sa.select(line.c.ancestor_id))).scalars())
            subscriber = Subscriber(
                kind, organization_id, ancestor_ids, principal, subject_id, self._load_rows, self._load_owner_page
            )
            self._subscribers.add(subscriber)
        self._has_subscribers.set()
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    async def run(self) -> None:
        """Read changes until cancelled. A failure of the database is logged, and retried at the next interval."""
        while True:
            await self._has_subscribers.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                    await self._committed.wait()
            self._committed.clear()
            try:
                await self._poll()
            except (sa.exc.SQLAlchemyError, DatabaseUnavailable) as error:
                log.warning("changes_not_read", error=type(error).__name__)

    async def _poll(self) -> None:
        async with self._lock:
            if not self._subscribers:
                self._has_subscribers.clear()
                return
            async with self._database.read() as session:
                changes, read_up_to = await read_changes_after(session, self._read_up_to)
                if changes is None:
                    for subscriber in self._subscribers:
                        subscriber.close(missed_changes())
                elif changes:
                    await self._distribute(session, changes)
                    self._committed.set()  # there may be more changes than one poll reads
                self._read_up_to = read_up_to

    async def _distribute(self, session: ReadSession, changes: Sequence[ChangeRow]) -> None:
        matching = [(each, change) for change in changes for each in self._subscribers if each.matches(change)]
        single_rows = [(each, change) for each, change in matching if change.subject_id != change.organization_id]
        for subscriber, change in matching:
            if change.subject_id == change.organization_id:
                subscriber.rescan_owner(change.organization_id)
        numbers = await _load_phone_numbers(
            session, {_number_key(*each) for each in single_rows if each[0].kind is ChangeKind.PHONE_NUMBER}
        )
        subjects = {change.subject_id for each, change in single_rows if each.kind is ChangeKind.CONVERSATION}
        conversations = await _load_conversations(session, subjects)
        for subscriber, change in single_rows:
            if subscriber.kind is ChangeKind.PHONE_NUMBER:
                subscriber.push(change.subject_id, numbers.get(_number_key(subscriber, change)))
            elif row := conversations.get(change.subject_id):
                subscriber.push(change.subject_id, row)
        self._close_revoked(changes)

    def _close_revoked(self, changes: Iterable[ChangeRow]) -> None:
        """End the subscriptions of API keys that were revoked."""
        revoked_key_ids = {change.subject_id for change in changes if change.kind is ChangeKind.API_KEY}
        for subscriber in [each for each in self._subscribers if each.principal.api_key.id in revoked_key_ids]:
            subscriber.close(key_revoked_or_expired())

    async def _load_rows(self, subscriber: Subscriber, subject_ids: Iterable[str]) -> RowsById:
        async with self._database.read() as session:
            if subscriber.kind is ChangeKind.CONVERSATION:
                return await _load_conversations(session, set(subject_ids))
            rows = await _load_phone_numbers(session, {(each, subscriber.organization_id) for each in subject_ids})
            return {number_id: row for (number_id, _), row in rows.items()}

    async def _load_owner_page(self, subscriber: Subscriber, owner: str, last_e164: str) -> list[NumberRow]:
        """Read the numbers of an owner that the subscriber sees, after `last_e164`."""
        number = PhoneNumber.columns()
        seen = PhoneNumber.visible_to([subscriber.organization_id])
        after = seen.where(number.organization_id == owner, number.e164 > last_e164)
        async with self._database.read() as session:
            return list(await session.execute(after.order_by(number.e164).limit(MAX_BUFFERED_ROWS)))


def _number_key(subscriber: Subscriber, change: ChangeRow) -> tuple[str, str]:
    return change.subject_id, subscriber.organization_id


async def _load_phone_numbers(session: ReadSession, keys: set[tuple[str, str]]) -> dict[tuple[str, str], NumberRow]:
    """Read numbers by (id, viewing organization), as that organization sees them, without those that it may not see."""
    if not keys:
        return {}
    seen = PhoneNumber.visible_to(list({organization for _, organization in keys}))
    rows = await session.execute(seen.where(PhoneNumber.columns().id.in_({number for number, _ in keys})))
    return {(row.id, row.viewer_id): row for row in rows}


async def _load_conversations(session: ReadSession, subject_ids: set[str]) -> dict[str, ConversationRow]:
    if not subject_ids:
        return {}
    conversation = Conversation.__table__
    rows = await session.execute(query(sa.select(conversation)).where(conversation.c.id.in_(subject_ids)))
    return {row.id: row for row in rows}
