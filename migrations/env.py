"""Connect Alembic to SQLite or PostgreSQL and run migrations in one transaction, under a lock."""

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
from migrations.grants import grant_serving_rights
from migrations.schema_version import require_current, require_known
from storage import DatabaseUnavailable
from storage.role_check import require_serving_role, require_unprivileged

url = make_url(context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True)["url"])
# Any number, but the same in all versions of Dialtree.
MIGRATION_LOCK_KEY = 4_158_170_923


def run_migrations(connection: sa.Connection) -> None:
    """Run all migrations in one transaction: an interrupted run is rolled back, and starts again from the first."""
    # Alembic does not expect SQLite to roll back DDL; after an explicit BEGIN it does.
    metadata = models.Organization.metadata
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        require_known(connection, context.script)
        context.run_migrations()
    if role := context.config.attributes.get("serving_role"):
        grant_serving_rights(connection, role)


def check_served_database(connection: sa.Connection) -> None:
    """Raise unless the database is migrated and the serving role has no more rights than it needs."""
    require_serving_role(connection)
    require_known(connection, context.script)
    require_current(connection, context.script)


async def migrate_sqlite() -> None:
    # Open the file once without aiosqlite: the thread of an aiosqlite connection that fails to open outlives the event
    # loop and prints a traceback.
    sa.create_engine(url.set(drivername="sqlite"), poolclass=sa.NullPool).connect().close()
    engine = create_async_engine(url, poolclass=sa.NullPool, connect_args={"isolation_level": None})

    @sa.event.listens_for(engine.sync_engine, "begin")
    def start(connection: sa.Connection) -> None:
        # Before the first write: changing the journal mode of a file later would not wait for other writers.
        connection.exec_driver_sql("PRAGMA busy_timeout=30000")
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        # So that two processes that start at once migrate one after the other.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    async with engine.connect() as connection:
        await connection.run_sync(run_migrations)


async def migrate_postgres() -> None:
    engine = create_async_engine(url, poolclass=sa.NullPool, connect_args={"timeout": 5})
    async with _connect(engine) as connection:
        if context.config.attributes.get("serving"):
            await connection.run_sync(check_served_database)
            return
        await connection.run_sync(require_unprivileged)
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK_KEY})")
        sa.event.listen(sa.Column, "after_parent_attach", collate_by_bytes)
        try:
            await connection.run_sync(run_migrations)
        finally:
            sa.event.remove(sa.Column, "after_parent_attach", collate_by_bytes)
        await connection.commit()


@asynccontextmanager
async def _connect(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    try:
        await connection.start()
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"it does not let us in: {error}") from None
    try:
        yield connection
    finally:
        await connection.close()


def collate_by_bytes(column: sa.Column[Any], _table: sa.Table) -> None:
    """Sort text by bytes, as SQLite does, whatever the database's locale."""
    if type(column.type) is sa.String:
        column.type = sa.String(column.type.length, collation="C")


asyncio.run(migrate_postgres() if url.get_backend_name() == "postgresql" else migrate_sqlite())
