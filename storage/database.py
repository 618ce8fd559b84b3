"""Open sessions on SQLite or PostgreSQL: `read` a snapshot, `write` a transaction, `write_locking` for claims.

Nothing else opens a session or commits.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar
from weakref import WeakSet

from sqlalchemy.engine import make_url

from storage.postgres import PostgresDriver
from storage.read_usage import ReadUsage
from storage.session import COUNTS, Driver, ReadSession, TableRevisions, Work, WriteSession
from storage.sqlite import SqliteDriver

Result = TypeVar("Result")


class Database:
    """A SQLite file or a PostgreSQL database, as the URL says.

    It belongs to one event loop. `committed_counts`: the sums of `count_on_commit` in this process's transactions.
    """

    def __init__(self, url: str) -> None:
        self.committed_counts: Counter[tuple[str, str]] = Counter()
        self._commit_events: WeakSet[asyncio.Event] = WeakSet()
        driver = PostgresDriver if make_url(url).get_backend_name() == "postgresql" else SqliteDriver
        self._driver: Driver = driver(url, self._set_commit_events)

    def read(
        self, timeout_seconds: float | None = None, usage: ReadUsage | None = None
    ) -> AbstractAsyncContextManager[ReadSession]:
        """Open a snapshot for the block.

        `timeout_seconds` limits the whole block, waiting for a connection included; None does not. `usage`: whom the
        time is charged to. One organization has a limited number of reads at once, so a block inside a block could wait
        for itself. Raises `DatabaseUnavailable`, also after the timeout, and as its subclass `StatementTooLong` after
        PostgreSQL's statement_timeout.
        """
        return self._driver.read(timeout_seconds, usage)

    async def write(
        self, work: Callable[[WriteSession], Awaitable[Result]], *, timeout_seconds: float | None = None
    ) -> Result:
        """Run `work` in a transaction, commit and sync it, and return what `work` returned.

        Transactions are serializable. An exception in `work` rolls back. `work` may be called again, after a conflict
        on PostgreSQL, so it has no effects but those of its session; it awaits nothing else, as others wait for it.
        Raises `DatabaseUnavailable`, and `WriteTimeout` where the write could not begin within `timeout_seconds`, or
        took too long then; in either case it is rolled back.
        """
        answer, counts = await self._driver.write(_with_counts(work), timeout_seconds)
        self.committed_counts.update(counts)
        return answer

    async def read_revisions(self) -> TableRevisions | None:
        """Return the revision of every table, with all earlier commits; None if it is not known now.

        Raises `DatabaseUnavailable`.
        """
        return await self._driver.read_revisions()

    def cached_revisions(self) -> TableRevisions | None:
        """Return what `read_revisions` does if that takes no statement, else None. Raises `DatabaseUnavailable`."""
        return self._driver.cached_revisions()

    async def listen(self) -> None:
        """Notify other processes of commits here, and set `commit_event` after theirs, until cancelled."""
        await self._driver.listen()

    async def write_locking(
        self,
        work: Callable[[WriteSession], Awaitable[Result]],
        *,
        independent: bool = False,
        own_event: asyncio.Event | None = None,
    ) -> Result:
        """Run `work` as `write` does, for work that locks the rows it decides by and reads them afterwards.

        On PostgreSQL it is READ COMMITTED, so that servers that claim at once skip locked rows (SKIP LOCKED) and see
        what others have claimed. In a serializable transaction each row that has changed since is a conflict: of many
        that claim at once, one would get through. `independent`: it shares no row with `write`, so it does not wait for
        a write that excludes others, and sets no commit event. `own_event`: the commit event of whoever writes, which
        this commit does not set. Raises `DatabaseUnavailable`.
        """
        answer, counts = await self._driver.write_locking(
            _with_counts(work), independent=independent, own_event=own_event
        )
        self.committed_counts.update(counts)
        return answer

    def commit_event(self) -> asyncio.Event:
        """Return a new event that is set after each commit of this process, and of others while `listen` runs.

        A commit that changed no row sets none. The database keeps only a weak reference to it.
        """
        event = asyncio.Event()
        self._commit_events.add(event)
        return event

    def _set_commit_events(self, own: asyncio.Event | None) -> None:
        for event in self._commit_events:
            if event is not own:
                event.set()

    async def ping(self) -> None:
        """Raise `DatabaseUnavailable` unless the database answers, on a connection of its own."""
        await self._driver.ping()

    async def close(self) -> None:
        """Close all connections."""
        await self._driver.close()


def _with_counts(work: Callable[[WriteSession], Awaitable[Result]]) -> Work[tuple[Result, Counter[tuple[str, str]]]]:
    """Extend `work` to return also what it counted (`count_on_commit`)."""

    async def counted(session: WriteSession) -> tuple[Result, Counter[tuple[str, str]]]:
        return await work(session), session.info.get(COUNTS, Counter())

    return counted
