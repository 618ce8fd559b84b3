"""How Alembic reaches the database: handed a URL by `migrate`, or told `-x url=…` by a developer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

import models
from migrations.revisions import require_known
from models.plain_role import require_plain_role

url = make_url(context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True)["url"])
# Any number will do, as long as all versions of Dialtree ask for the same.
MIGRATING = 4_158_170_923


def migrate(connection: sa.Connection) -> None:
    """One transaction: a migration that is interrupted has not happened, and is run again from its start."""
    # Alembic does not count on SQLite to undo DDL; with a BEGIN of our own it does.
    metadata = models.Organization.metadata
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        require_known(connection, context.script)
        context.run_migrations()


def on_sqlite() -> None:
    engine = sa.create_engine(
        url.set(drivername="sqlite"), poolclass=sa.NullPool, connect_args={"isolation_level": None}
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # From the first on: turning a file into WAL later would not wait for whoever is writing.
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA journal_mode=WAL")

    @sa.event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        # Two processes that start at once migrate one after the other.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        migrate(connection)


async def on_postgres() -> None:
    engine = create_async_engine(url, poolclass=sa.NullPool, connect_args={"timeout": 5})
    async with _connected(engine) as connection:
        require_plain_role(await connection.get_raw_connection())
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
        sa.event.listen(sa.Column, "after_parent_attach", sorts_by_bytes)
        try:
            await connection.run_sync(migrate)
        finally:
            sa.event.remove(sa.Column, "after_parent_attach", sorts_by_bytes)
        await connection.commit()


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    try:
        await connection.start()
    except (OSError, asyncpg.PostgresError) as wrong:
        raise models.DatabaseGone(f"it does not let us in: {wrong}") from None
    try:
        yield connection
    finally:
        await connection.close()


def sorts_by_bytes(column: sa.Column[Any], _table: Any) -> None:
    """Text sorts as on SQLite, in whichever language the database was created."""
    if type(column.type) is sa.String:
        column.type = sa.String(column.type.length, collation="C")


if url.get_backend_name() == "postgresql":
    asyncio.run(on_postgres())
else:
    on_sqlite()
