"""Reading in the event loop: short statements at once; long ones by a thread, while others are answered."""

import asyncio
import gc
import sqlite3
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from models import Organization
from storage import Database
from storage.read_usage import ReadUsage
from storage.session import WriteSession
from storage.sqlite import MAX_READERS, MAX_READS_PER_ORGANIZATION
from storage.sqlite_reader import MAX_INLINE_INSTRUCTIONS
from storage.statement import Statement, StatementCache
from tests.conftest import Install
from tests.installation import Client, Installation

COUNTING = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted {}) SELECT count(*) FROM counted"
LONG = sa.text(COUNTING.format("WHERE n < 3000000"))
ENDLESS = sa.text(COUNTING.format(""))
HOW_MANY: Statement[Any] = Statement(sa.select(sa.func.count().label("many")).select_from(Organization.__table__))


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


async def cancel_endless_read(database: Database) -> None:
    async with database.read() as session:
        endless = asyncio.create_task(session.execute(ENDLESS))
        await asyncio.sleep(0)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        assert [row.many for row in await session.rows(HOW_MANY)] == [0]


async def test_whoever_stops_waiting_stops_the_statement(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    await asyncio.create_task(cancel_endless_read(database))
    assert await count(database) == 0
    gc.collect()
    assert caplog.text == "", "asyncio logs a failure that nobody looked at, and the statement with it"


@pytest.mark.sqlite
async def test_long_reads_of_one_organization_leave_room_for_others(database: Database) -> None:
    """Its next read waits for one of its own; everybody else's, and who asks for the server's health, does not."""

    async def read(reader: ReadUsage | None, statement: sa.Executable) -> Any:
        async with database.read(usage=reader) as session:
            return await session.scalar(statement)

    greedy, other = ReadUsage("org_greedy"), ReadUsage("org_other")
    endless = [asyncio.create_task(read(greedy, ENDLESS)) for _ in range(MAX_READS_PER_ORGANIZATION)]
    waiting = [asyncio.create_task(read(greedy, HOW_MANY.sql)) for _ in range(MAX_READERS)]
    await database.ping()
    assert [await read(each, HOW_MANY.sql) for each in (other, None)] == [0, 0]
    assert await read(other, LONG) == 3_000_000
    assert not any(each.done() for each in (*endless, *waiting))
    endless[0].cancel()
    assert await asyncio.gather(*waiting) == [0] * MAX_READERS
    endless[1].cancel()
    await asyncio.gather(*endless, return_exceptions=True)
    assert greedy.seconds > 0


@pytest.mark.sqlite
async def test_of_many_statements_the_text_is_kept_and_not_the_tree(database: Database) -> None:
    """A tree takes a hundred times as much, and lists can be asked for in thousands of ways."""
    trees: list[weakref.ref[Any]] = []

    def make() -> sa.Select[Any]:
        tree = sa.select(sa.func.count().label("many")).select_from(Organization.__table__)
        trees.append(weakref.ref(tree))
        return tree

    kept = StatementCache(1)
    for _ in range(2):
        async with database.read() as session:
            statement = kept.get("organizations", make, on_postgres=session.on_postgres)
            assert [row.many for row in await session.rows(statement)] == [0]
    gc.collect()
    assert [tree() for tree in trees] == [None]


@pytest.mark.sqlite
async def test_health_has_a_reader_of_its_own(database: Database) -> None:
    async with AsyncExitStack() as taken:
        for _ in range(MAX_READERS):
            await taken.enter_async_context(database.read())
        await database.ping()


def count_instructions(statement: str) -> int:
    """SQLite's instructions."""
    taken = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.set_progress_handler(lambda: taken.append(1), 1)
        connection.execute(statement)
    return len(taken)


@pytest.mark.sqlite
async def test_beginning_to_read_is_never_taken_for_a_long_statement(database: Database) -> None:
    """SQLite counts on from one BEGIN to the next, and the statement before it was nearly long."""
    for _ in range(MAX_INLINE_INSTRUCTIONS // count_instructions("BEGIN") - 50):
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
def release_slow_reads() -> Iterator[threading.Event]:
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
    northwind.create_queued(agentNumber=northwind.number().e164, agentConfig={})
    lasting = "WITH RECURSIVE waiting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM waiting WHERE lasts())"
    northwind.installation.rows("ALTER TABLE transfer RENAME TO kept")
    northwind.installation.rows(
        f"CREATE VIEW transfer AS SELECT kept.* FROM ({lasting} SELECT count(*) FROM waiting) CROSS JOIN kept"
    )
    return northwind


@pytest.mark.sqlite
def test_more_slow_readers_than_may_read_wait_in_line_and_the_server_goes_on(
    install: Install, release_slow_reads: threading.Event, statements: list[str]
) -> None:
    northwind = with_a_slow_table(install(operation_timeout_seconds=100).root())
    contoso = northwind.installation.root("Contoso")
    healthz = f"{northwind.installation.url}/healthz"
    with ThreadPoolExecutor(20) as clients:
        asked = [clients.submit(northwind, TRANSFERS) for _ in range(20)]
        while sum("FROM transfer" in each for each in statements) < MAX_READS_PER_ORGANIZATION:
            assert httpx.get(healthz).status_code == 200
        assert httpx.get(healthz).status_code == 200
        assert contoso("{ conversations { nodes { id } } }") == {"conversations": {"nodes": []}}
        release_slow_reads.set()
        assert [each.result() for each in asked] == [NONE_YET] * len(asked)


@pytest.mark.sqlite
def test_a_batch_ends_with_the_operation_that_asked_for_it(
    install: Install, release_slow_reads: threading.Event
) -> None:
    """The log is emptied only when nobody reads an older state any more."""
    northwind = with_a_slow_table(install(operation_timeout_seconds=0.5).root())
    assert northwind.post(TRANSFERS).status_code == 503
    with closing(sqlite3.connect(northwind.installation.file, timeout=30)) as database:
        (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy
    release_slow_reads.set()
    assert northwind(TRANSFERS) == NONE_YET
