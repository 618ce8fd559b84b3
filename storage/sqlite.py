"""Serve one SQLite file: pool readers, hand writes to the single writer, detect a file that was replaced."""

import asyncio
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from storage.data_version import RevisionCache
from storage.read_usage import ReadLimits, ReadUsage
from storage.session import PING, Committed, DatabaseUnavailable, DiskFull, ReadSession, Returned, TableRevisions, Work
from storage.sqlite_reader import SqliteReader
from storage.sqlite_writer import SqliteWriter

# FULL: a commit that was acknowledged survives a power cut, which NORMAL does not promise in WAL mode.
PRAGMAS = {"busy_timeout": 10_000, "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
# Each read has a connection of its own, with a page cache of up to 2 MB; when all are in use, a read waits for one.
MAX_READERS = 32
MAX_IDLE_READERS = 4
# Of these, how many can run long in a thread, and how many one organization can have at once.
MAX_LONG_READS = 4
MAX_READS_PER_ORGANIZATION = 2

# Free bytes on the disk without which the server reports itself as not ready.
MIN_FREE_BYTES = 1_000_000

FileIdentity = tuple[int, int]


def _file_identity_of(file: str) -> FileIdentity:
    """Return the device and inode of a file. Raises `DatabaseUnavailable` if it does not exist."""
    try:
        found = os.stat(file)  # noqa: PTH116 - runs with every request, and is twice as fast as pathlib
    except OSError:
        raise DatabaseUnavailable from None
    return found.st_dev, found.st_ino


def _require_free_space(folder: Path) -> None:
    """Raise `DiskFull` unless an unnamed file can be written, which respects quotas, too."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(MIN_FREE_BYTES))
            probe.flush()
    except OSError:
        raise DiskFull from None


class SqliteDriver:
    """The driver for one SQLite file: a pool of readers, one writer."""

    def __init__(self, url: str, committed: Committed) -> None:
        self._file = make_url(url).database or ""
        self._file_identity: FileIdentity | None = None
        self._companion_identities: tuple[FileIdentity, ...] | None = None
        synchronous = make_url(url).set(drivername="sqlite")
        self._read_engine = sa.create_engine(synchronous, poolclass=sa.NullPool, **_READER_OPTIONS)
        _configure_connections(self._read_engine)
        self._reader_slots = asyncio.Semaphore(MAX_READERS)
        self._idle_readers: list[SqliteReader] = []
        self.read_limits = ReadLimits(MAX_READS_PER_ORGANIZATION)
        self._threads = ThreadPoolExecutor(MAX_LONG_READS, "long-read")
        self._ping_lock = asyncio.Lock()
        self._ping_reader: SqliteReader | None = None
        self._revision_cache: RevisionCache | None = None
        writing = sa.create_engine(synchronous, pool_size=1, max_overflow=0, pool_timeout=60, **_ENGINE_OPTIONS)
        _configure_connections(writing, begin="BEGIN IMMEDIATE")
        self._writer = SqliteWriter(writing, committed)

    def read(
        self,
        timeout_seconds: float | None = None,  # noqa: ARG002 - a local file does not hang
        usage: ReadUsage | None = None,
    ) -> AbstractAsyncContextManager[ReadSession]:
        return ReadContext(self, usage)

    async def ping(self) -> None:
        async with self._ping_lock:
            self._require_file()
            if self._ping_reader is None:
                self._ping_reader = SqliteReader(self._read_engine, self._threads)
            try:
                await self._ping_reader.execute(PING)
            finally:
                self._ping_reader.reset()
            await asyncio.to_thread(_require_free_space, Path(self._file).parent)

    async def acquire_reader(self) -> SqliteReader:
        await self._reader_slots.acquire()
        try:
            self._require_file()
            return self._idle_readers.pop() if self._idle_readers else SqliteReader(self._read_engine, self._threads)
        except BaseException:
            self._reader_slots.release()
            raise

    def release_reader(self, reader: SqliteReader) -> None:
        """Return a reader to the pool; one that cannot be reset is closed."""
        self._reader_slots.release()
        try:
            reader.reset()
        except BaseException:
            reader.close()
            raise
        if len(self._idle_readers) < MAX_IDLE_READERS:
            self._idle_readers.append(reader)
        else:
            reader.close()

    async def write(
        self,
        work: Work[Returned],
        timeout_seconds: float | None = None,
        own_event: asyncio.Event | None = None,
    ) -> Returned:
        self._require_file()
        answer = await self._writer.write(work, timeout_seconds, own_event)
        self._require_file()  # a write into a file that was deleted meanwhile is not acknowledged
        return answer

    async def read_revisions(self) -> TableRevisions | None:
        return self.cached_revisions()

    def cached_revisions(self) -> TableRevisions | None:
        self._require_file()
        return self._revision_cache.revisions() if self._revision_cache else None

    async def write_locking(
        self,
        work: Work[Returned],
        *,
        independent: bool,  # noqa: ARG002 - there is one writer
        own_event: asyncio.Event | None,
    ) -> Returned:
        return await self.write(work, own_event=own_event)

    def _require_file(self) -> None:
        """Raise `DatabaseUnavailable` if one of the database's files was deleted or replaced.

        Open connections would go on acknowledging writes to a file that is gone. While one of ours is open, SQLite
        itself neither removes nor creates these files.
        """
        identity = _file_identity_of(self._file)
        if self._file_identity not in (None, identity):
            raise DatabaseUnavailable
        self._file_identity = identity
        if self._companion_identities is None:
            self._companion_identities = self._open_companions()
        elif self._companion_identities != self._identities():
            raise DatabaseUnavailable

    def _open_companions(self) -> tuple[FileIdentity, ...] | None:
        """Open a connection, which keeps the WAL files in place, and return their identities; None while unknown."""
        if self._revision_cache is None:
            self._revision_cache = RevisionCache(self._read_engine)
        return None if self._revision_cache.revisions() is None else self._identities()

    def _identities(self) -> tuple[FileIdentity, ...]:
        return _file_identity_of(f"{self._file}-wal"), _file_identity_of(f"{self._file}-shm")

    async def listen(self) -> None:
        """Do nothing: one server serves a file, and commands that write to it send no notifications."""

    async def close(self) -> None:
        await self._writer.close()
        for reader in [*self._idle_readers, *([self._ping_reader] if self._ping_reader else [])]:
            reader.close()
        self._threads.shutdown(wait=False)
        if self._revision_cache:
            self._revision_cache.close()
        self._read_engine.dispose()


class ReadContext:
    """The context manager of a read. A class, since `contextlib`'s generators cost more than a read."""

    __slots__ = ("_driver", "_reader", "_semaphore", "_usage")

    def __init__(self, driver: SqliteDriver, usage: ReadUsage | None) -> None:
        self._driver = driver
        self._usage = usage
        self._semaphore = driver.read_limits.semaphore_of(usage) if usage else None
        self._reader: SqliteReader

    async def __aenter__(self) -> SqliteReader:
        if self._semaphore:
            await self._semaphore.acquire()
        try:
            self._reader = await self._driver.acquire_reader()
        except BaseException:
            self._leave()
            raise
        return self._reader

    async def __aexit__(self, *_failure: object) -> None:
        if self._usage:
            self._usage.seconds += self._reader.seconds
        try:
            self._driver.release_reader(self._reader)
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._semaphore:
            self._semaphore.release()


# Python's driver does not BEGIN before a SELECT: with isolation_level None the event listener below begins instead.
_ENGINE_OPTIONS: dict[str, Any] = {"connect_args": {"isolation_level": None}, "hide_parameters": True}
_READER_OPTIONS = _ENGINE_OPTIONS | {"connect_args": {"isolation_level": None, "check_same_thread": False}}


def _configure_connections(engine: sa.Engine, begin: str | None = None) -> None:
    @sa.event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma, wanted in PRAGMAS.items():
            cursor.execute(f"PRAGMA {pragma}={wanted}")
            cursor.execute(f"PRAGMA {pragma}")
            (found,) = cursor.fetchone() or (None,)
            if found != wanted:
                raise RuntimeError(f"SQLite keeps {pragma} at {found}; Dialtree needs {wanted}")
        cursor.close()

    if begin:
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
