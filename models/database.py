"""The two doors to the database, `read` and `write`. Nothing else opens a session or commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NewType, cast

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

ReadSession = NewType("ReadSession", AsyncSession)
WriteSession = NewType("WriteSession", ReadSession)

# FULL: a commit that was acknowledged survives a power cut, which NORMAL does not promise in WAL mode.
PRAGMAS = {"busy_timeout": 10_000, "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


class DatabaseGone(Exception):
    """The file was deleted or replaced: open connections would go on, and acknowledge what nobody will ever find."""


class Database:
    """One SQLite file. Writers queue for a single connection; readers have their own and never wait for it.

    `committed` is set after each commit of this process.
    """

    def __init__(self, url: str) -> None:
        self.committed = asyncio.Event()
        self._file = Path(make_url(url).database or "")
        self._opened: tuple[int, int] | None = None
        self._readers = _engine(url, begin="BEGIN", pool_size=8, max_overflow=24)
        self._writer = _engine(url, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """A snapshot: what is read in the block belongs together."""
        self._require_file()
        async with AsyncSession(self._readers, expire_on_commit=False) as session:
            yield cast(ReadSession, session)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """One transaction: leaving the block commits and syncs it, an exception undoes all of it."""
        self._require_file()
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            yield cast(WriteSession, session)
        self.committed.set()

    def _require_file(self) -> None:
        try:
            found = self._file.stat()
        except OSError:
            raise DatabaseGone from None
        here = (found.st_dev, found.st_ino)
        if self._opened not in (None, here):
            raise DatabaseGone
        self._opened = here

    async def ping(self) -> None:
        async with self.read() as session:
            await session.execute(sa.text("SELECT 1 FROM organization LIMIT 1"))

    async def close(self) -> None:
        await self._readers.dispose()
        await self._writer.dispose()


def _engine(url: str, begin: str, **pool: int) -> AsyncEngine:
    # Python's driver does not BEGIN before a SELECT: isolation_level None leaves transactions to the event below.
    engine = create_async_engine(
        url, connect_args={"isolation_level": None}, hide_parameters=True, pool_timeout=60, **pool
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma, wanted in PRAGMAS.items():
            cursor.execute(f"PRAGMA {pragma}={wanted}")
            cursor.execute(f"PRAGMA {pragma}")
            if (found := cursor.fetchone()[0]) != wanted:
                raise RuntimeError(f"SQLite keeps {pragma} at {found}; Dialtree needs {wanted}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
