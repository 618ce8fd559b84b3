"""SQLite: one file, one server. Writes queue for a single connection; readers have their own and never wait for it."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from models.glance import Glance
from models.session import DatabaseGone, ReadSession, Revisions, Work
from models.watch import Watch
from models.writer import Writer

# FULL: a commit that was acknowledged survives a power cut, which NORMAL does not promise in WAL mode.
PRAGMAS = {"busy_timeout": 10_000, "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
# A read has a connection of its own, with up to 2 MB of pages: whoever comes when all are taken waits for one.
READING_AT_ONCE = 32
KEPT_OPEN = 4


class SqliteFile:
    def __init__(self, url: str, committed: Callable[[], None]) -> None:
        self._file = make_url(url).database or ""
        self._opened: tuple[int, int] | None = None
        synchronous = make_url(url).set(drivername="sqlite")
        self._readers = sa.create_engine(synchronous, poolclass=sa.NullPool, **_READING)
        _prepare(self._readers)
        self._room = asyncio.Semaphore(READING_AT_ONCE)
        self._idle: list[Glance] = []
        self._watch: Watch | None = None
        writing = sa.create_engine(synchronous, pool_size=1, max_overflow=0, pool_timeout=60, **_OPTIONS)
        _prepare(writing, begin="BEGIN IMMEDIATE")
        self._writer = Writer(writing, committed)

    def read(self, within: float | None = None) -> AbstractAsyncContextManager[ReadSession]:  # noqa: ARG002 - no file hangs
        return Reading(self)

    async def open_glance(self) -> Glance:
        await self._room.acquire()
        try:
            self._require_file()
            return self._idle.pop() if self._idle else Glance(self._readers)
        except BaseException:
            self._room.release()
            raise

    def put_away(self, glance: Glance) -> None:
        """One that cannot be closed is not used again."""
        self._room.release()
        try:
            glance.close()
        except BaseException:
            glance.leave()
            raise
        if len(self._idle) < KEPT_OPEN:
            self._idle.append(glance)
        else:
            glance.leave()

    async def write(self, work: Work) -> Any:
        self._require_file()
        return await self._writer.write(work)

    async def revisions(self) -> Revisions | None:
        return self.look()

    def look(self) -> Revisions | None:
        self._require_file()
        if self._watch is None:
            self._watch = Watch(self._readers)
        return self._watch.revisions()

    async def take(self, work: Work, *, aside: bool) -> Any:  # noqa: ARG002 - there is one writer
        return await self.write(work)

    def _require_file(self) -> None:
        """Were it deleted or replaced, open connections would go on, and acknowledge what nobody will ever find."""
        try:
            found = os.stat(self._file)  # noqa: PTH116 - asked with every request, and twice as fast
        except OSError:
            raise DatabaseGone from None
        here = (found.st_dev, found.st_ino)
        if self._opened not in (None, here):
            raise DatabaseGone
        self._opened = here

    async def hear(self) -> None:
        """There is one server a file: commands tell nobody, and whoever follows looks now and then."""

    async def close(self) -> None:
        await self._writer.close()
        for glance in self._idle:
            glance.leave()
        if self._watch:
            self._watch.close()
        self._readers.dispose()


class Reading:
    """A block that has a glance at the database. A class, as a generator of `contextlib` costs more than a read."""

    __slots__ = ("_file", "_glance")

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._glance: Glance

    async def __aenter__(self) -> Glance:
        self._glance = await self._file.open_glance()
        return self._glance

    async def __aexit__(self, *_failure: object) -> None:
        self._file.put_away(self._glance)


# Python's driver does not BEGIN before a SELECT: isolation_level None leaves transactions to the event below.
_OPTIONS: dict[str, Any] = {"connect_args": {"isolation_level": None}, "hide_parameters": True}
_READING = _OPTIONS | {"connect_args": {"isolation_level": None, "check_same_thread": False}}


def _prepare(engine: sa.Engine, begin: str | None = None) -> None:
    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma, wanted in PRAGMAS.items():
            cursor.execute(f"PRAGMA {pragma}={wanted}")
            cursor.execute(f"PRAGMA {pragma}")
            if (found := cursor.fetchone()[0]) != wanted:
                raise RuntimeError(f"SQLite keeps {pragma} at {found}; Dialtree needs {wanted}")
        cursor.close()

    if begin:
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
