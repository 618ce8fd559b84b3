"""Reading in the event loop: short statements at once; long ones by a thread, while others are answered."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from models import Database, Organization
from models.glance import SHORT
from models.session import WriteSession
from models.sqlite import READING_AT_ONCE
from models.statement import Statement
from tests.conftest import Install
from tests.installation import Client, Installation

COUNTING = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted {}) SELECT count(*) FROM counted"
LONG = sa.text(COUNTING.format("WHERE n < 3000000"))
ENDLESS = sa.text(COUNTING.format(""))
HOW_MANY = Statement(sa.select(sa.func.count().label("many")).select_from(Organization.__table__))


@pytest.fixture
async def database(installation: Installation) -> AsyncIterator[Database]:
    opened = Database(installation.settings.database_url)
    yield opened
    await opened.close()


async def count(database: Database) -> int:
    async with database.read() as session:
        (row,) = await session.rows(HOW_MANY)
        return int(row.many)


async def test_short_statements_are_answered_while_a_long_one_runs(database: Database) -> None:
    async with database.read() as session:
        long = asyncio.create_task(session.scalar(LONG))
        await asyncio.sleep(0)
        assert await count(database) == 0
        assert not long.done()
        assert await long == 3_000_000


async def test_a_long_statement_reads_the_snapshot_of_the_short_ones_before_it(database: Database) -> None:
    async def write(session: WriteSession) -> None:
        session.add(Organization(name="Late", slug="late"))

    names = "(SELECT count(*) FROM organization)"
    async with database.read() as session:
        assert [row.many for row in await session.rows(HOW_MANY)] == [0]
        await database.write(write)
        long = sa.text(f"{LONG.text.replace('count(*)', f'count(*) + 0 * {names}', 1)}")
        assert await session.scalar(long) == 3_000_000
        assert await session.scalar(sa.text(f"SELECT {names}")) == 0
    assert await count(database) == 1


async def stopped(database: Database) -> None:
    async with database.read() as session:
        endless = asyncio.create_task(session.execute(ENDLESS))
        await asyncio.sleep(0)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        assert [row.many for row in await session.rows(HOW_MANY)] == [0]


async def test_whoever_stops_waiting_stops_the_statement(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.create_task(stopped(database))
    assert await count(database) == 0
    gc.collect()
    assert caplog.text == "", "asyncio logs a failure that nobody looked at, and the statement with it"


def steps(statement: str) -> int:
    """SQLite's instructions."""
    taken = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.set_progress_handler(lambda: taken.append(1), 1)
        connection.execute(statement)
    return len(taken)


@pytest.mark.sqlite
async def test_beginning_to_read_is_never_taken_for_a_long_statement(database: Database) -> None:
    """SQLite counts on from one BEGIN to the next, and the statement before it was nearly long."""
    for _ in range(SHORT // steps("BEGIN") - 50):
        await count(database)
    for _ in range(100):
        async with database.read() as session:
            assert await session.scalar(sa.text(COUNTING.format("WHERE n < 5000"))) == 5_000


async def test_a_wrong_statement_fails_as_everywhere(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(sa.exc.DBAPIError, match="nowhere"):
            await session.rows(Statement(sa.select(sa.column("id")).select_from(sa.text("nowhere"))))


# ----------------------------------------------------------------------------------- through HTTP, while reading lasts

TRANSFERS = "{ conversations { nodes { transfers { id } } } }"
NONE_YET: Any = {"conversations": {"nodes": [{"transfers": []}]}}


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """Reading transfers lasts until it is set, or the statement is interrupted. In the loop it just takes too long."""
    event = threading.Event()

    def lasts() -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            event.wait(0.0001)
        return not event.is_set()

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.create_function("lasts", 0, lasts)

    sa.event.listen(sa.Engine, "connect", prepare)
    yield event
    event.set()
    sa.event.remove(sa.Engine, "connect", prepare)


def with_a_slow_table(northwind: Client) -> Client:
    """Once it has a conversation, what transfers there are is read from a view that takes its time."""
    northwind.queued(agentNumber=northwind.number().e164, agentConfig={})
    lasting = "WITH RECURSIVE waiting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM waiting WHERE lasts())"
    northwind.installation.rows("ALTER TABLE transfer RENAME TO kept")
    northwind.installation.rows(
        f"CREATE VIEW transfer AS SELECT kept.* FROM ({lasting} SELECT count(*) FROM waiting) CROSS JOIN kept"
    )
    return northwind


@pytest.mark.sqlite
def test_more_slow_readers_than_connections_wait_in_line_and_the_server_goes_on(
    install: Install, let_go: threading.Event, statements: list[str]
) -> None:
    northwind = with_a_slow_table(install(operation_seconds=100).root())
    elsewhere = f"{northwind.installation.url}/nothing"
    with ThreadPoolExecutor(READING_AT_ONCE + 8) as clients:
        asked = [clients.submit(northwind, TRANSFERS) for _ in range(READING_AT_ONCE + 8)]
        while sum("FROM transfer" in each for each in statements) < READING_AT_ONCE:
            assert httpx.get(elsewhere).status_code == 404
        assert httpx.get(elsewhere).status_code == 404
        let_go.set()
        assert [each.result() for each in asked] == [NONE_YET] * len(asked)


@pytest.mark.sqlite
def test_a_batch_ends_with_the_operation_that_asked_for_it(install: Install, let_go: threading.Event) -> None:
    """The log is emptied only when nobody reads an older state any more."""
    northwind = with_a_slow_table(install(operation_seconds=0.5).root())
    assert northwind.post(TRANSFERS).status_code == 503
    with closing(sqlite3.connect(northwind.installation.file, timeout=30)) as database:
        (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy
    let_go.set()
    assert northwind(TRANSFERS) == NONE_YET
