"""Moving a whole installation into another database: all or nothing, compared row by row before it is committed."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from models import Database, Organization, ReadSession, WriteSession
from models.sealed import Seal
from operating.backup import NotCopied
from operating.invariants import require_kept
from serving.settings import Settings

BATCH = 1000
# Who is acting or serving, what changed lately, what a server is told and what a key may still spend are of the moment;
# what conversations are found by, a trigger makes anew.
PASSING = ("acting", "budget", "change", "conversation_metadata", "notice", "revision", "server")
FINDING = {"conversation": "search_conversation_metadata_insert"}
TABLES = [table for table in Organization.metadata.sorted_tables if table.name not in PASSING]

SERVERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'dialtree' AND pid <> pg_backend_pid()"
)

Progress = Callable[[int], None]


def target(settings: Settings, url: str) -> Settings:
    """The same installation at another URL, with the keys that its passwords are sealed with. Raises NotCopied."""
    keys = settings.secret_keys
    if not keys and settings.key_file.exists():
        keys = settings.key_file.read_text().strip()
    try:
        moved = Settings(**(settings.model_dump() | {"database_url": url, "secret_keys": keys or Seal.new_key()}))
    except ValidationError as wrong:
        raise NotCopied(f"--to {wrong.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    if moved.database_file:
        raise NotCopied("--to must name a PostgreSQL database. A SQLite file is copied with backup.")
    return moved


async def rows_of(database: Database) -> int:
    async with database.read() as session:
        return sum([await _count(session, table) for table in TABLES])


async def move(source: Database, target: Database, progress: Progress) -> dict[str, int]:
    """The rows of each table, once they are committed. `target` is a migrated PostgreSQL database. Raises NotCopied.

    `progress` is told how many rows there are so far: fewer than before, where all begins again.
    """
    async with source.read() as snapshot:
        await _require_unserved(snapshot)

        async def work(session: WriteSession) -> dict[str, int]:
            for table in TABLES:
                await _require_empty(session, table)
            copied = 0
            for table in TABLES:
                copied = await _copy(snapshot, session, table, copied, progress)
            await require_kept(session)
            return {table.name: await _compared(snapshot, session, table) for table in TABLES}

        return await target.write(work)


async def _require_empty(session: ReadSession, table: sa.Table) -> None:
    if (await session.execute(sa.select(sa.literal(1)).select_from(table).limit(1))).first():
        raise NotCopied("the database to copy to holds data already: name an empty one. Nothing was written.")


async def _require_unserved(snapshot: ReadSession) -> None:
    """A server on SQLite holds its file; one on PostgreSQL is always connected. Its next writes would stay behind."""
    if snapshot.on_postgres and await snapshot.scalar(SERVERS):
        raise NotCopied("the database is being served: stop its servers first. Nothing was written.")


async def _copy(snapshot: ReadSession, session: WriteSession, table: sa.Table, copied: int, progress: Progress) -> int:
    """Keys and checks hold for each row. Triggers rest: what they note is copied, what they refuse is asked at the end.

    How many rows there are now.
    """
    await session.execute(sa.text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
    if table.name in FINDING:
        await session.execute(sa.text(f"ALTER TABLE {table.name} ENABLE TRIGGER {FINDING[table.name]}"))
    insert = sa.insert(table).values({column.name: _value(column) for column in table.c})
    async for rows in _batches(snapshot, table):
        await _insert(session, insert, [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name
        copied += len(rows)
        progress(copied)
    await session.execute(sa.text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
    return copied


async def _insert(session: WriteSession, insert: sa.Insert, rows: list[dict[str, Any]]) -> None:
    """A row that is refused would be refused again, so that nobody is to try it once more."""
    try:
        await session.execute(insert, rows)
    except IntegrityError as wrong:
        why = str(wrong.orig).partition("\n")[0]
        raise NotCopied(f"the database to copy to refuses a row: {why}. Nothing was written.") from None


def _value(column: sa.Column[Any]) -> sa.BindParameter[Any]:
    """Where nothing is kept, nothing is kept: not JSON's null."""
    kind = sa.JSON(none_as_null=True) if isinstance(column.type, sa.JSON) else column.type
    return sa.bindparam(column.name, type_=kind)


async def _compared(snapshot: ReadSession, session: ReadSession, table: sa.Table) -> int:
    copied = 0
    async for rows in _batches(snapshot, table):
        there = (await session.execute(_page(table, rows[0], inclusive=True))).all()
        if [tuple(row) for row in rows] != [tuple(row) for row in there]:
            raise NotCopied(f"rows of {table.name} are not the same in the copy. Nothing was written.")
        copied += len(rows)
    if copied != await _count(session, table):
        raise NotCopied(f"{table.name} has more rows in the copy than here. Nothing was written.")
    return copied


async def _batches(session: ReadSession, table: sa.Table) -> AsyncIterator[list[Any]]:
    last = None
    while rows := (await session.execute(_page(table, last))).all():
        yield rows
        last = rows[-1]


def _page(table: sa.Table, row: Any, *, inclusive: bool = False) -> sa.Select[Any]:
    """The rows that follow this one, or begin with it; those that others of the table refer to come first."""
    order = [table.c[name] for name in ("depth", "id") if name in table.c]
    page = sa.select(table).order_by(*order).limit(BATCH)
    if row is None:
        return page
    place = sa.tuple_(*(sa.literal(getattr(row, column.name), column.type) for column in order))
    here = sa.tuple_(*order)
    return page.where(here >= place if inclusive else here > place)


async def _count(session: ReadSession, table: sa.Table) -> int:
    return int(await session.scalar(sa.select(sa.func.count()).select_from(table)))
