"""Who follows what, and telling them when it changed. One task reads the changes of all commits, in their order.

What a follower may see is asked of the same statements as the queries ask, after each change.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa
import structlog

from models import Conversation, Database, DatabaseGone, PhoneNumber, ReadSession, lineage, now
from models.change import KEPT, ChangeKind, Mark, changes_after, newest
from resolvers.caller import Caller, revoked
from resolvers.problem import Problem

log = structlog.get_logger()

# Rows that are held for a follower until it takes them. What changes beyond is read when its turn comes.
MOST_HELD = 256
# As many as there are changes kept: a follower with more before it is too slow.
MOST_PENDING = KEPT
# Commits of other processes, such as the operator's commands, are found at this interval; our own at once. Seconds.
LOOK_EVERY = 0.5
UNREAD = object()

Rows = dict[str, Any]


@dataclass(eq=False)
class Follower:
    """Follows one kind for one organization; what is pending is kept once a subject, so it never grows past a bound."""

    kind: ChangeKind
    organization_id: str
    above: frozenset[str]
    caller: Caller
    subject_id: str | None
    reread: Callable[["Follower", Iterable[str]], Awaitable[Rows]]
    _pending: Rows = field(default_factory=dict)
    _held: int = 0
    _ended: Problem | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hears_of(self, change: Any) -> bool:
        if change.kind is not self.kind or self.subject_id not in (None, change.subject_id):
            return False
        if change.organization_id == self.organization_id:
            return True
        return bool(change.shared) and change.organization_id in self.above

    def tell(self, subject_id: str, row: Any) -> None:
        """A burst is told at once, before anybody can take of it: it is no sign of a slow reader."""
        was_held = self._pending.get(subject_id, UNREAD) is not UNREAD
        room = was_held or self._held < MOST_HELD
        self._held += room and not was_held
        self._pending[subject_id] = row if room else UNREAD
        if len(self._pending) > MOST_PENDING:
            self.end(fetch_anew())
        self._news.set()

    def end(self, problem: Problem) -> None:
        self._pending.clear()
        self._ended = problem
        self._news.set()

    async def news(self) -> AsyncIterator[tuple[str, Any]]:
        """Subjects and their rows as they are now; raises the problem that ended it."""
        while True:
            await self._wait()
            for subject_id, row in (await self._take()).items():
                self._check()
                if row is not None or self.kind is ChangeKind.PHONE_NUMBER:
                    yield subject_id, row
            self._check()

    async def _take(self) -> Rows:
        """The first that are pending, no more than may be held."""
        taken = {each: self._pending.pop(each) for each in list(islice(self._pending, MOST_HELD))}
        unread = [each for each, row in taken.items() if row is UNREAD]
        self._held -= len(taken) - len(unread)
        if unread:
            rows = await self.reread(self, unread)
            taken |= {each: rows.get(each) for each in unread}
        return taken

    async def _wait(self) -> None:
        expires_at = self.caller.api_key.expires_at
        with suppress(TimeoutError):
            async with asyncio.timeout(expires_at and (expires_at - now()).total_seconds()):
                await self._news.wait()
        self._news.clear()
        if len(self._pending) > MOST_HELD:
            self._news.set()

    def _check(self) -> None:
        expires_at = self.caller.api_key.expires_at
        if self._ended or (expires_at and expires_at <= now()):
            raise self._ended or key_ended()


def fetch_anew() -> Problem:
    return Problem("TIMEOUT", "Too much changed before it was read. Fetch anew, then subscribe again.")


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
            if await revoked(session, caller):
                raise key_ended()
            line = lineage([organization_id])
            above = frozenset((await session.execute(sa.select(line.c.ancestor_id))).scalars())
            follower = Follower(kind, organization_id, above, caller, subject_id, self._as_now)
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
                if changes is None:
                    for follower in self._followers:
                        follower.end(fetch_anew())
                elif changes:
                    await self._tell(session, changes)
                    self._committed.set()  # there may be more than one look reads
                self._heard = heard

    async def _tell(self, session: ReadSession, changes: Iterable[Any]) -> None:
        told = [(follower, change) for change in changes for follower in self._followers if follower.hears_of(change)]
        numbers = await _numbers(session, {_asked(*each) for each in told if each[0].kind is ChangeKind.PHONE_NUMBER})
        subjects = {change.subject_id for each, change in told if each.kind is ChangeKind.CONVERSATION}
        conversations = await _conversations(session, subjects)
        for follower, change in told:
            if follower.kind is ChangeKind.PHONE_NUMBER:
                follower.tell(change.subject_id, numbers.get(_asked(follower, change)))
            elif row := conversations.get(change.subject_id):
                follower.tell(change.subject_id, row)
        revoked = {change.subject_id for change in changes if change.kind is ChangeKind.API_KEY}
        for follower in [each for each in self._followers if each.caller.api_key.id in revoked]:
            follower.end(key_ended())

    async def _as_now(self, follower: Follower, subjects: Iterable[str]) -> Rows:
        async with self._database.read() as session:
            if follower.kind is ChangeKind.CONVERSATION:
                return await _conversations(session, set(subjects))
            rows = await _numbers(session, {(each, follower.organization_id) for each in subjects})
            return {number_id: row for (number_id, _), row in rows.items()}


def _asked(follower: Follower, change: Any) -> tuple[str, str]:
    return change.subject_id, follower.organization_id


async def _numbers(session: ReadSession, asked: set[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """As each organization that follows sees them now; those that it may not see are missing."""
    if not asked:
        return {}
    seen = PhoneNumber.seen_by(list({organization for _, organization in asked}))
    rows = await session.execute(seen.where(PhoneNumber.columns().id.in_({number for number, _ in asked})))
    return {(row.id, row.asking_id): row for row in rows}


async def _conversations(session: ReadSession, subjects: set[str]) -> Rows:
    if not subjects:
        return {}
    conversation = Conversation.__table__
    rows = await session.execute(sa.select(conversation).where(conversation.c.id.in_(subjects)))
    return {row.id: row for row in rows}
