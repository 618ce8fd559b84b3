"""Serve PostgreSQL: REPEATABLE READ snapshots, SERIALIZABLE writes with retries, READ COMMITTED for row locks.

Of two concurrent writes that are not serializable the first commits, and the second fails and is retried. After
`MAX_SHARED_ATTEMPTS` it takes an exclusive lock, so that no other write can conflict with it: every write ends.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from storage.pg_notify import CommitNotifier
from storage.postgres_engine import (
    HAS_CHANGED,
    SERVER_SETTINGS,
    WRITER_SETTINGS,
    EngineOptions,
    create_engine,
    note_changes,
)
from storage.postgres_errors import sqlstate, translating_errors
from storage.read_usage import ReadLimits, ReadUsage
from storage.session import (
    LOOKUP_TIMEOUT_SECONDS,
    PING,
    Committed,
    DatabaseUnavailable,
    ReadSession,
    Returned,
    TableRevisions,
    Work,
    WriteTimeout,
)
from storage.statement import Statement
from storage.table_revisions import SELECT_REVISIONS, record_tables

MAX_SHARED_ATTEMPTS = 3
# The table of the acting key serves as a lock of all writers: shared or exclusive. LOCK precedes the snapshot.
LOCK_SHARED = "LOCK TABLE acting IN ROW SHARE MODE"
LOCK_EXCLUSIVE = "LOCK TABLE acting IN EXCLUSIVE MODE"
# Of the twelve connections for reading.
MAX_READS_PER_ORGANIZATION = 6
# Seconds of each statement that are not charged: they may be network latency, or waiting for a busy machine.
UNCHARGED_SECONDS = 0.025
# SQLSTATE classes after which the work is retried (transaction rollback, integrity violation): the retry sees what the
# other write has committed.
RETRYABLE_SQLSTATES = ("40", "23")


class PostgresSession(AsyncSession):
    """SQLAlchemy's session, recording which tables are read and charging reading time to `usage`."""

    on_postgres = True
    usage: ReadUsage | None = None

    async def rows(self, statement: Statement[Any], **values: object) -> list[Any]:
        if self.usage:
            self.usage.seconds += statement.take_uncharged_seconds()
        return list((await self.execute(statement.sql, values)).all())

    async def execute(self, statement: Any, *arguments: Any, **named: Any) -> Any:
        record_tables(statement)
        with self._timed():
            return await super().execute(statement, *arguments, **named)

    async def scalar(self, statement: Any, *arguments: Any, **named: Any) -> Any:
        record_tables(statement)
        with self._timed():
            return await super().scalar(statement, *arguments, **named)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Charge the time that passes: PostgreSQL does not say how much processor time a statement took."""
        started_at = time.perf_counter()
        try:
            yield
        finally:
            if self.usage:
                self.usage.seconds += max(0.0, time.perf_counter() - started_at - UNCHARGED_SECONDS)


class StaleConnection(DatabaseUnavailable):
    """The connection is older than the database's last crash, and nothing was executed on it yet."""


class PostgresDriver:
    """The driver for PostgreSQL: a pool of connections for each of reading, pings, writes and writes that lock."""

    def __init__(self, url: str, committed: Committed) -> None:
        readers: EngineOptions = {"isolation_level": "REPEATABLE READ", "pool_size": 8, "max_overflow": 4}
        self._read_engine = create_engine(url, SERVER_SETTINGS, **readers).execution_options(postgresql_readonly=True)
        # Its own pool, so that health checks are answered while all readers are busy.
        self._ping_engine = create_engine(url, SERVER_SETTINGS, pool_size=1, max_overflow=0, pool_pre_ping=True)
        self._read_limits = ReadLimits(MAX_READS_PER_ORGANIZATION)
        # Pre-pinged, so that broken connections are found before a write begins on them; a read may fail.
        writers: EngineOptions = {
            "isolation_level": "SERIALIZABLE",
            "pool_size": 6,
            "max_overflow": 2,
            "pool_pre_ping": True,
        }
        self._write_engine = create_engine(url, SERVER_SETTINGS | WRITER_SETTINGS, **writers)
        # Their own pool, so that heartbeats and claims go on while all writers are busy.
        lockers: EngineOptions = {
            "isolation_level": "READ COMMITTED",
            "pool_size": 2,
            "max_overflow": 2,
            "pool_pre_ping": True,
        }
        self._locking_engine = create_engine(url, SERVER_SETTINGS | WRITER_SETTINGS, **lockers)
        for engine in (self._write_engine, self._locking_engine):
            note_changes(engine)
        self._notifier = CommitNotifier(url, SERVER_SETTINGS, committed)

    @asynccontextmanager
    async def read(
        self, timeout_seconds: float | None = None, usage: ReadUsage | None = None
    ) -> AsyncIterator[ReadSession]:
        semaphore = self._read_limits.semaphore_of(usage) if usage else nullcontext()
        with translating_errors():  # a timeout's errors, too
            async with (
                asyncio.timeout(timeout_seconds),
                semaphore,
                PostgresSession(self._read_engine, expire_on_commit=False) as session,
            ):
                session.usage = usage
                yield session

    async def ping(self) -> None:
        with translating_errors():
            async with asyncio.timeout(LOOKUP_TIMEOUT_SECONDS), self._ping_engine.connect() as connection:
                await connection.execute(PING)

    async def write(self, work: Work[Returned], timeout_seconds: float | None = None) -> Returned:
        deadline = None if timeout_seconds is None else asyncio.get_running_loop().time() + timeout_seconds
        for _ in range(MAX_SHARED_ATTEMPTS):
            try:
                return await self._write(work, LOCK_SHARED, deadline)
            except StaleConnection:
                continue
            except DBAPIError as error:
                if not sqlstate(error).startswith(RETRYABLE_SQLSTATES):
                    raise
        return await self._write(work, LOCK_EXCLUSIVE, deadline)

    async def write_locking(
        self, work: Work[Returned], *, independent: bool, own_event: asyncio.Event | None
    ) -> Returned:
        if independent:
            return (await self._transact(self._locking_engine, work, None))[0]
        answer, has_changed = await self._transact(self._locking_engine, work, LOCK_SHARED)
        if has_changed:
            self._notifier.notify(own_event)
        return answer

    def cached_revisions(self) -> None:
        """Return None: on PostgreSQL revisions always take a statement (`read_revisions`)."""

    async def read_revisions(self) -> TableRevisions | None:
        async with self.read(LOOKUP_TIMEOUT_SECONDS) as session:
            return {row.name: int(row.number) for row in await session.execute(SELECT_REVISIONS)}

    async def _write(self, work: Work[Returned], lock: str, deadline: float | None) -> Returned:
        answer, has_changed = await self._transact(self._write_engine, work, lock, deadline)
        if has_changed:
            self._notifier.notify()
        return answer

    async def _transact(
        self, engine: AsyncEngine, work: Work[Returned], lock: str | None, deadline: float | None = None
    ) -> tuple[Returned, bool]:
        """Run `work` in a transaction, and tell whether it has changed a row.

        It is rolled back at `deadline` (event loop time) unless it is committing.
        """
        with translating_errors():
            async with PostgresSession(engine, expire_on_commit=False) as session, session.begin():
                async with _write_deadline(deadline):
                    if lock:
                        await _acquire_lock(session, lock)
                    connection = await session.connection()
                    connection.info[HAS_CHANGED] = False
                    answer = await work(session)
                    await session.flush()
                return answer, connection.info[HAS_CHANGED]

    async def listen(self) -> None:
        await self._notifier.run()

    async def close(self) -> None:
        for engine in (self._read_engine, self._ping_engine, self._write_engine, self._locking_engine):
            await engine.dispose()


@asynccontextmanager
async def _write_deadline(deadline: float | None) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(deadline) as timeout:
            yield
    except TimeoutError:
        if timeout.expired():
            raise WriteTimeout from None
        raise


async def _acquire_lock(session: PostgresSession, lock: str) -> None:
    try:
        await (await session.connection()).exec_driver_sql(lock)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StaleConnection from error
        raise
