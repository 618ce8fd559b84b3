"""Copy an installation to PostgreSQL in one transaction, and compare it row by row."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models import Organization
from models.encryption import SecretBox
from operating.backup import CopyFailed
from operating.invariants import require_invariants
from serving.database_urls import EXAMPLE_POSTGRES_URL
from serving.settings import Settings
from storage import Database, ReadSession, WriteSession

BATCH_SIZE = 1000
# Not copied: the acting key, servers and their notices, recent changes and points are valid only for the moment, and a
# trigger fills the search table of metadata again.
TRANSIENT_TABLES = ("acting", "budget", "change", "conversation_metadata", "notice", "revision", "server")
SEARCH_TRIGGERS = {"conversation": "search_conversation_metadata_insert"}
TABLES = [table for table in Organization.metadata.sorted_tables if table.name not in TRANSIENT_TABLES]

COUNT_SERVERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'dialtree' AND pid <> pg_backend_pid()"
)

Progress = Callable[[int], None]


def target_settings(settings: Settings) -> Settings:
    """Return the settings of the same installation at DIALTREE_COPY_TO, with its secret keys. Raises `CopyFailed`."""
    if not settings.copy_to:
        raise CopyFailed(
            f"DIALTREE_COPY_TO is not set: the empty PostgreSQL database to copy to, such as {EXAMPLE_POSTGRES_URL}."
            " On the command line its password could be read by everybody on this machine."
        )
    keys = settings.secret_keys
    if not keys and settings.key_file.exists():
        keys = settings.key_file.read_text().strip()
    return Settings(
        **(settings.model_dump() | {"database_url": settings.copy_to, "secret_keys": keys or SecretBox.generate_key()})
    )


async def count_rows(database: Database) -> int:
    async with database.read() as session:
        return sum([await _count(session, table) for table in TABLES])


async def copy_installation(source: Database, target: Database, progress: Progress) -> dict[str, int]:
    """Copy all rows to `target`, a migrated PostgreSQL database; return how many of each table. Raises `CopyFailed`.

    `progress` is called with the rows so far; the number falls if the transaction is retried.
    """
    async with source.read() as snapshot:
        await _require_no_server(snapshot)

        async def work(session: WriteSession) -> dict[str, int]:
            for table in TABLES:
                await _require_empty(session, table)
            copied = 0
            for table in TABLES:
                copied = await _copy_table(snapshot, session, table, copied, progress)
            await require_invariants(session)
            return {table.name: await _compare_table(snapshot, session, table) for table in TABLES}

        return await target.write(work)


async def _require_empty(session: ReadSession, table: sa.Table) -> None:
    if (await session.execute(sa.select(sa.literal(1)).select_from(table).limit(1))).first():
        raise CopyFailed("the database to copy to holds data already: name an empty one. Nothing was written.")


async def _require_no_server(snapshot: ReadSession) -> None:
    """Raise unless nothing is served: a server on SQLite locks its file, one on PostgreSQL is connected."""
    if snapshot.on_postgres and await snapshot.scalar(COUNT_SERVERS):
        raise CopyFailed("the database is being served: stop its servers first. Nothing was written.")


async def _copy_table(
    snapshot: ReadSession, session: WriteSession, table: sa.Table, copied: int, progress: Progress
) -> int:
    """Copy a table's rows and return their number so far.

    Constraints are checked for each row. Triggers are off: what they write is copied, what they refuse is checked at
    the end.
    """
    await session.execute(sa.text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
    if table.name in SEARCH_TRIGGERS:
        await session.execute(sa.text(f"ALTER TABLE {table.name} ENABLE TRIGGER {SEARCH_TRIGGERS[table.name]}"))
    insert = sa.insert(table).values({column.name: _bind_column(column) for column in table.c})
    async for rows in _batches(snapshot, table):
        await _insert(session, insert, [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name
        copied += len(rows)
        progress(copied)
    await session.execute(sa.text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
    return copied


async def _insert(session: WriteSession, insert: sa.Insert, rows: list[dict[str, Any]]) -> None:
    """Insert rows. Raises `CopyFailed`, which is not retried, if the database refuses one."""
    try:
        await session.execute(insert, rows)
    except IntegrityError as error:
        reason = str(error.orig).partition("\n")[0]
        raise CopyFailed(f"the database to copy to refuses a row: {reason}. Nothing was written.") from None


def _bind_column(column: sa.Column[Any]) -> sa.BindParameter[Any]:
    """Return a parameter for a column; None is NULL for JSON, too, not JSON's null."""
    kind = sa.JSON(none_as_null=True) if isinstance(column.type, sa.JSON) else column.type
    return sa.bindparam(column.name, type_=kind)


async def _compare_table(snapshot: ReadSession, session: ReadSession, table: sa.Table) -> int:
    copied = 0
    async for rows in _batches(snapshot, table):
        copies = (await session.execute(_select_batch(table, rows[0], inclusive=True))).all()
        if [tuple(row) for row in rows] != [tuple(row) for row in copies]:
            raise CopyFailed(f"rows of {table.name} are not the same in the copy. Nothing was written.")
        copied += len(rows)
    if copied != await _count(session, table):
        raise CopyFailed(f"{table.name} has more rows in the copy than here. Nothing was written.")
    return copied


async def _batches(session: ReadSession, table: sa.Table) -> AsyncIterator[list[Any]]:
    last = None
    while rows := (await session.execute(_select_batch(table, last))).all():
        yield rows
        last = rows[-1]


def _select_batch(table: sa.Table, row: Any, *, inclusive: bool = False) -> sa.Select[Any]:
    """Select the rows after this one, or from it on (`inclusive`). A parent comes before its children."""
    order = [table.c[name] for name in ("depth", "id") if name in table.c] or list(table.primary_key)
    page = sa.select(table).order_by(*order).limit(BATCH_SIZE)
    if row is None:
        return page
    start = sa.tuple_(*(sa.literal(getattr(row, column.name), column.type) for column in order))
    position = sa.tuple_(*order)
    return page.where(position >= start if inclusive else position > start)


async def _count(session: ReadSession, table: sa.Table) -> int:
    return int(await session.scalar(sa.select(sa.func.count()).select_from(table)))
