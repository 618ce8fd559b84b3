"""Test isolation and durability of reads and writes."""

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

import models
from models import Organization
from storage import Database, ReadSession, WriteSession
from tests.databases import Template
from tests.installation import Installation


@pytest.mark.sqlite
async def test_both_doors_lead_to_a_durable_database_that_checks_foreign_keys(installation: Installation) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    database = Database(installation.settings.database_url)

    async def pragmas(session: ReadSession) -> dict[str, int]:
        return {pragma: (await session.execute(sa.text(f"PRAGMA {pragma}"))).scalar_one() for pragma in wanted}

    async with database.read() as session:
        assert await pragmas(session) == wanted | {"busy_timeout": 0}  # in the event loop; a thread is patient
    assert await database.write(pragmas) == wanted
    await database.close()


async def test_a_write_that_fails_leaves_nothing(installation: Installation) -> None:
    database = Database(installation.settings.database_url)
    before = installation.contents()

    async def half(session: WriteSession) -> None:
        session.add(Organization(name="Half", slug="half"))
        await session.flush()
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(half)
    await database.close()
    assert installation.contents() == before


async def test_a_commit_event_is_set_by_what_changes_a_row_and_not_by_its_own_commit(
    installation: Installation,
) -> None:
    database = Database(installation.settings.database_url)
    mine, others = database.commit_event(), database.commit_event()

    async def change(session: WriteSession) -> None:
        session.add(Organization(name="New", slug="new"))

    async def look(session: WriteSession) -> None:
        await session.scalar(sa.select(Organization.columns().name).with_for_update())
        await session.execute(sa.update(models.Organization).where(sa.false()).values(name="None"))

    await database.write(look)
    await database.write_locking(look)
    assert not mine.is_set()
    await database.write_locking(change, own_event=mine)
    assert not mine.is_set()
    assert others.is_set()
    others.clear()
    await database.write(lambda session: session.execute(sa.update(models.Organization).values(name="Renamed")))
    assert mine.is_set()
    assert others.is_set()
    await database.close()


async def test_increments_of_two_writers_are_not_lost(installation: Installation) -> None:
    """Each reads, then writes what it read plus one; a writer that had not begun IMMEDIATE would lose some."""
    installation.root()
    one, other = (Database(installation.settings.database_url) for _ in range(2))
    columns = Organization.columns()

    async def increment(session: WriteSession) -> None:
        name = await session.scalar(sa.select(columns.name))
        count = int(name) + 1 if name and name.isdigit() else 1
        await session.execute(sa.update(models.Organization).values(name=str(count)))

    await asyncio.gather(*(database.write(increment) for database in (one, other) for _ in range(10)))
    await one.close()
    await other.close()
    assert installation.rows("SELECT name FROM organization") == [("20",)]


@pytest.mark.sqlite
async def test_a_database_that_was_just_migrated_is_read_beside_a_writer(template: Template, tmp_path: Path) -> None:
    """Another process may be at its own migrations: nobody who starts meanwhile is turned away."""
    migrated = tmp_path / "migrated.db"
    shutil.copyfile(template.file, migrated)
    database = Database(f"sqlite+aiosqlite:///{migrated}")
    with closing(sqlite3.connect(migrated, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with database.read() as session:
            assert (await session.scalar(sa.select(sa.func.count()).select_from(Organization))) == 0
        other.execute("COMMIT")
    await database.close()


def test_reads_do_not_wait_for_a_writer(installation: Installation) -> None:
    """While somebody holds the write lock, queries are answered as of before, and a mutation waits for its turn."""
    northwind = installation.root("Northwind")
    own = "query($id: ID!) { organization(id: $id) { name } }"
    finished: list[object] = []
    mutation = threading.Thread(target=lambda: finished.append(northwind.agent()))
    with installation.store.transaction() as execute:
        execute("UPDATE organization SET name = 'Renamed'")
        mutation.start()
        for _ in range(10):
            answer = northwind(own, id=northwind.organization_id)
            assert answer == {"organization": {"name": "Northwind"}}
        assert finished == []
    mutation.join(timeout=30)
    assert len(finished) == 1
    assert northwind(own, id=northwind.organization_id) == {"organization": {"name": "Renamed"}}
