"""The doors to the database: `read`, `write`, and `take` for who dials. Nothing else opens a session or commits."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from models.dialing import CALLS_ENDED
from models.postgres import PostgresServer
from models.session import LOOK_UP_WITHIN, Engine, ReadSession, Revisions, Work, WriteSession
from models.sqlite import SqliteFile

Answer = TypeVar("Answer")


class Database:
    """A SQLite file or a PostgreSQL database, as the URL says. It belongs to the event loop that uses it."""

    def __init__(self, url: str) -> None:
        self.calls_ended: Counter[str] = Counter()  # by this process, for the metrics
        self._bells: WeakSet[asyncio.Event] = WeakSet()
        kind = PostgresServer if make_url(url).get_backend_name() == "postgresql" else SqliteFile
        self._engine: Engine = kind(url, self._ring)

    def read(self, within: float | None = None) -> AbstractAsyncContextManager[ReadSession]:
        """A snapshot: what is read in the block belongs together. Raises DatabaseGone, also where a database that may
        hang has not answered `within` so many seconds."""
        return self._engine.read(within)

    async def write(self, work: Callable[[WriteSession], Awaitable[Answer]]) -> Answer:
        """What `work` returns, committed and synced; an exception of it undoes all that it did.

        Writes are as safe as if each had the database to itself. `work` may be asked again, where another came in
        between; it may await its session, and nothing else: others wait meanwhile. Raises DatabaseGone.
        """
        answer, ended = await self._engine.write(_with_ends(work))
        self.calls_ended.update(ended)
        return answer  # type: ignore[no-any-return]

    async def revisions(self) -> Revisions | None:
        """How every table stands, with all that was acknowledged before. None: it cannot be told just now."""
        return await self._engine.revisions()

    def look(self) -> Revisions | None:
        """The same, where it costs less than a statement; else None. Raises DatabaseGone."""
        return self._engine.look()

    async def hear(self) -> None:
        """Until cancelled: tells other processes of commits here, and is told of theirs."""
        await self._engine.hear()

    async def take(self, work: Callable[[WriteSession], Awaitable[Answer]], *, aside: bool = False) -> Answer:
        """What `work` returns, committed and synced: for work that locks what it decides by, and reads it then.

        On PostgreSQL it is READ COMMITTED, so that servers which take at once skip what is locked (SKIP LOCKED) and see
        what the last one took. In a snapshot, as `write` has it, each row that changed since is a failure, and the work
        would be asked again: of many that take at once one would come through. `aside`: it meets no row of a writer's,
        waits for none who writes alone, and is no news to anybody. Raises DatabaseGone.
        """
        answer, ended = await self._engine.take(_with_ends(work), aside=aside)
        self.calls_ended.update(ended)
        return answer  # type: ignore[no-any-return]

    def bell(self) -> asyncio.Event:
        """An event of one's own, for as long as somebody holds it.

        Set after each commit of this process, and after those of others that `hear` has heard of.
        """
        bell = asyncio.Event()
        self._bells.add(bell)
        return bell

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()

    async def ping(self) -> None:
        async with self.read(LOOK_UP_WITHIN) as session:
            await session.execute(sa.text("SELECT 1 FROM organization LIMIT 1"))

    async def close(self) -> None:
        await self._engine.close()


def _with_ends(work: Callable[[WriteSession], Awaitable[Answer]]) -> Work:
    """What it returns, and the calls that it noted as ended: they are counted once that is committed."""

    async def noted(session: WriteSession) -> tuple[Answer, tuple[str, ...]]:
        return await work(session), session.info.get(CALLS_ENDED, ())

    return noted
