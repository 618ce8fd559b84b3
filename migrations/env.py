"""How Alembic reaches the database: handed a URL by `migrate`, or told `-x url=…` by a developer."""

from typing import Any

import sqlalchemy as sa
from alembic import context

import models

url = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True)["url"]
engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"isolation_level": None})


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
    context.configure(connection=connection, target_metadata=models.Organization.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
