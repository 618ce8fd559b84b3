"""Reading in the event loop: short statements at once; long ones by a thread, while others are answered."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from models import Database, Organization
from models.session import WriteSession
from models.statement import Statement
from tests.installation import Installation

COUNTING = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted {}) SELECT count(*) FROM counted"
LONG = sa.text(COUNTING.format("LIMIT 3000000"))
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


async def test_whoever_stops_waiting_stops_the_statement(database: Database) -> None:
    async with database.read() as session:
        endless = asyncio.create_task(session.execute(ENDLESS))
        await asyncio.sleep(0)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        assert [row.many for row in await session.rows(HOW_MANY)] == [0]
    assert await count(database) == 0


async def test_a_wrong_statement_fails_as_everywhere(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(sa.exc.OperationalError, match="no such table"):
            await session.rows(Statement(sa.select(sa.text("*")).select_from(sa.text("nowhere"))))
