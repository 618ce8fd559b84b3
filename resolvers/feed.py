"""Who follows what, and telling them when it changed. One task reads the changes of all commits, in their order.

What a follower may see is asked of the same statements as the queries ask, after each change.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog

from models import Conversation, Database, DatabaseGone, PhoneNumber, ReadSession, lineage, now
from models.change import ChangeKind, Mark, changes_after, newest
from resolvers.caller import Caller
from resolvers.problem import Problem

log = structlog.get_logger()

MOST_PENDING = 256
# Commits of other processes, such as the operator's commands, are found at this interval; our own at once. Seconds.
LOOK_EVERY = 0.5


@dataclass(eq=False)
class Follower:
    """Follows one kind for one organization; what is pending is kept once a subject, so it never grows past a bound."""

    kind: ChangeKind
    organization_id: str
    above: frozenset[str]
    caller: Caller
    subject_id: str | None = None
    _pending: dict[str, Any] = field(default_factory=dict)
    _ended: Problem | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hears_of(self, change: Any) -> bool:
        if change.kind is not self.kind or self.subject_id not in (None, change.subject_id):
            return False
        if change.organization_id == self.organization_id:
            return True
        return bool(change.shared) and change.organization_id in self.above

    def tell(self, subject_id: str, row: Any) -> None:
        self._pending[subject_id] = row
        if len(self._pending) > MOST_PENDING:
            self.end(Problem("TIMEOUT", "Too much changed before it was read. Fetch anew, then subscribe again."))
        self._news.set()

    def end(self, problem: Problem) -> None:
        self._pending.clear()
        self._ended = problem
        self._news.set()

    async def news(self) -> AsyncIterator[tuple[str, Any]]:
        """Subjects and their rows as they are now; raises the problem that ended it."""
        while True:
            await self._wait()
            if self._ended:
                raise self._ended
            while self._pending:
                subject_id = next(iter(self._pending))
                yield subject_id, self._pending.pop(subject_id)

    async def _wait(self) -> None:
        expires_at = self.caller.api_key.expires_at
        try:
            async with asyncio.timeout(expires_at and (expires_at - now()).total_seconds()):
                await self._news.wait()
        except TimeoutError:
            self.end(key_ended())
        self._news.clear()


def key_ended() -> Problem:
    return Problem("UNAUTHENTICATED", "The API key was revoked or has expired. Sign in with another.")


class Feed:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._committed = database.bell()
        self._followers: set[Follower] = set()
        self._heard = Mark(0)
        self._somebody = asyncio.Event()
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def follow(
        self, kind: ChangeKind, organization_id: str, caller: Caller, subject_id: str | None = None
    ) -> AsyncIterator[Follower]:
        """From here on: nothing that is committed after this is missed."""
        async with self._lock, self._database.read() as session:
            if not self._followers:
                self._heard = await newest(session)
            line = lineage([organization_id])
            above = frozenset((await session.execute(sa.select(line.c.ancestor_id))).scalars())
            follower = Follower(kind, organization_id, above, caller, subject_id)
            self._followers.add(follower)
        self._somebody.set()
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    async def run(self) -> None:
        """Until cancelled. A failure is logged, and the next look tries again."""
        while True:
            await self._somebody.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._committed.wait(), LOOK_EVERY)
            self._committed.clear()
            try:
                await self._look()
            except (sa.exc.SQLAlchemyError, DatabaseGone) as error:
                log.warning("changes_not_read", error=type(error).__name__)

    async def _look(self) -> None:
        async with self._lock:
            if not self._followers:
                self._somebody.clear()
                return
            async with self._database.read() as session:
                changes, heard = await changes_after(session, self._heard)
                if changes:
                    await self._tell(session, changes)
                    self._heard = heard
                    self._committed.set()  # there may be more than one look reads

    async def _tell(self, session: ReadSession, changes: Iterable[Any]) -> None:
        told = [(follower, change) for change in changes for follower in self._followers if follower.hears_of(change)]
        numbers = await self._numbers(session, told)
        conversations = await self._conversations(session, told)
        for follower, change in told:
            if follower.kind is ChangeKind.PHONE_NUMBER:
                follower.tell(change.subject_id, numbers.get((change.subject_id, follower.organization_id)))
            elif row := conversations.get(change.subject_id):
                follower.tell(change.subject_id, row)
        revoked = {change.subject_id for change in changes if change.kind is ChangeKind.API_KEY}
        for follower in [each for each in self._followers if each.caller.api_key.id in revoked]:
            follower.end(key_ended())

    async def _numbers(self, session: ReadSession, told: list[tuple[Follower, Any]]) -> dict[tuple[str, str], Any]:
        """As each organization that follows sees them now; those that it may not see are missing."""
        asked = {
            (change.subject_id, each.organization_id) for each, change in told if each.kind is ChangeKind.PHONE_NUMBER
        }
        if not asked:
            return {}
        seen = PhoneNumber.seen_by(list({organization for _, organization in asked}))
        rows = await session.execute(seen.where(PhoneNumber.columns().id.in_({number for number, _ in asked})))
        return {(row.id, row.asking_id): row for row in rows}

    async def _conversations(self, session: ReadSession, told: list[tuple[Follower, Any]]) -> dict[str, Any]:
        asked = {change.subject_id for each, change in told if each.kind is ChangeKind.CONVERSATION}
        if not asked:
            return {}
        conversation = Conversation.__table__
        rows = await session.execute(sa.select(conversation).where(conversation.c.id.in_(asked)))
        return {row.id: row for row in rows}
