"""PostgreSQL: one database, any number of servers. Readers see snapshots; writers are SERIALIZABLE.

A write reads what it decides by, so two that would decide otherwise after one another must not both commit: PostgreSQL
lets the first of them, and the other is asked again. After `TOGETHER` attempts it waits until nobody else writes, and
cannot fail for another's sake any more. So every write ends, and each as if it had the database to itself.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from models.announcements import Announcements
from models.plain_role import require_plain_role
from models.revision import EVERY_TABLE, note_tables
from models.session import LOOK_UP_WITHIN, DatabaseGone, ReadSession, Revisions, Work
from models.statement import Statement

TOGETHER = 3
# Whoever writes holds the table that says who is acting: in company, or alone. LOCK comes before the snapshot is taken.
IN_COMPANY = "LOCK TABLE acting IN ROW SHARE MODE"
ALONE = "LOCK TABLE acting IN EXCLUSIVE MODE"
SETTINGS = {
    "application_name": "dialtree",
    "synchronous_commit": "on",  # acknowledged is on disk, whatever the role or the database says
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",  # statements are short: compiling them takes longer than they do
    # What a machine that died held is let go within a minute, whether or not something was on its way to it.
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "50000",
}
# What is read by an index is watched by its pages; a table that is read from end to end as a whole, and all collide.
WRITERS = {"enable_seqscan": "off"}
# By their SQLSTATEs: the server or the connection is gone, full or shutting down; somebody else holds a lock for long.
GONE = ("08", "53", "57", "55P03")
# Another write came in between: it is seen, and answered in words, when the work is asked again.
ASK_AGAIN = ("40", "23")
# Nobody can have stored it.
NOWHERE = secrets.token_hex(16)


class Session(AsyncSession):
    on_postgres = True

    async def rows(self, statement: Statement, **values: Any) -> list[Any]:
        return list((await self.execute(statement.sql, values)).all())

    async def execute(self, statement: Any, *arguments: Any, **named: Any) -> Any:
        note_tables(statement)
        return await super().execute(statement, *arguments, **named)

    async def scalar(self, statement: Any, *arguments: Any, **named: Any) -> Any:
        note_tables(statement)
        return await super().scalar(statement, *arguments, **named)


class Stale(DatabaseGone):
    """The connection was of before a crash of the database, and nothing was asked of it yet."""


class PostgresServer:
    def __init__(self, url: str, committed: Callable[[], None]) -> None:
        readers = {"isolation_level": "REPEATABLE READ", "pool_size": 8, "max_overflow": 4}
        self._readers = _engine(url, SETTINGS, **readers).execution_options(postgresql_readonly=True)
        # Pinged, so that connections that were cut are found before anything is begun on them. Reads may just fail.
        writers = {"isolation_level": "SERIALIZABLE", "pool_size": 6, "max_overflow": 2, "pool_pre_ping": True}
        self._writers = _engine(url, SETTINGS | WRITERS, **writers)
        # Of their own: that a server lives is said, and a call is claimed, also while all writers are busy.
        takers = {"isolation_level": "READ COMMITTED", "pool_size": 2, "max_overflow": 2, "pool_pre_ping": True}
        self._takers = _engine(url, SETTINGS | WRITERS, **takers)
        self._announcements = Announcements(url, SETTINGS, committed)

    @asynccontextmanager
    async def read(self, within: float | None = None) -> AsyncIterator[ReadSession]:
        with _gone():  # also of time that is over
            async with asyncio.timeout(within), Session(self._readers, expire_on_commit=False) as session:
                yield session

    async def write(self, work: Work) -> Any:
        for _ in range(TOGETHER):
            try:
                return await self._write(work, IN_COMPANY)
            except Stale:
                continue
            except DBAPIError as error:
                if not _state(error).startswith(ASK_AGAIN):
                    raise
        return await self._write(work, ALONE)

    async def take(self, work: Work, *, aside: bool) -> Any:
        if aside:
            return await self._transact(self._takers, work, None)
        answer = await self._transact(self._takers, work, IN_COMPANY)
        self._announcements.announce()
        return answer

    def look(self) -> None:
        """It takes a statement, as any look does."""

    async def revisions(self) -> Revisions | None:
        async with self.read(LOOK_UP_WITHIN) as session:
            return {row.name: int(row.number) for row in await session.execute(EVERY_TABLE)}

    async def _write(self, work: Work, lock: str) -> Any:
        answer = await self._transact(self._writers, work, lock)
        self._announcements.announce()
        return answer

    async def _transact(self, engine: AsyncEngine, work: Work, lock: str | None) -> Any:
        with _gone():
            async with Session(engine, expire_on_commit=False) as session, session.begin():
                if lock:
                    await _hold(session, lock)
                return await work(session)

    async def hear(self) -> None:
        await self._announcements.run()

    async def close(self) -> None:
        for engine in (self._readers, self._writers, self._takers):
            await engine.dispose()


async def _hold(session: Session, lock: str) -> None:
    try:
        await (await session.connection()).exec_driver_sql(lock)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Stale from error
        raise


def _engine(url: str, settings: dict[str, str], **options: Any) -> AsyncEngine:
    arguments = {"server_settings": settings, "timeout": 5, "command_timeout": 30}
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True, pool_timeout=60, **options)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def refuse(connection: Any, _record: Any) -> None:
        require_plain_role(connection)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", _look_for_storable, retval=True)
    return engine


def _look_for_storable(
    _connection: Any, _cursor: Any, statement: str, values: Any, context: Any, many: bool
) -> tuple[str, Any]:
    """PostgreSQL keeps no NUL in text, and does not let one be asked for: what is looked for with it is nowhere."""
    writes = many or context.isinsert or context.isupdate
    if not writes and any(isinstance(value, str) and "\0" in value for value in values):
        values = tuple(NOWHERE if isinstance(value, str) and "\0" in value else value for value in values)
    return statement, values


@contextmanager
def _gone() -> Iterator[None]:
    """Whatever way the driver tells that there is no database just now, it is said in one."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or _state(error).startswith(GONE):
            raise DatabaseGone from error
        raise
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseGone from error


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
