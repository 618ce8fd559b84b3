"""Revisions: a number for each table that grows with every change of it, whoever makes it, in the same transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import sqlalchemy as sa
from sqlmodel import Field

from models.change import BIG
from models.statement import Statement, tables_of
from models.table import Table

# Of a table that nothing was ever written to.
UNCHANGED = 0


class Revision(Table, table=True):
    """A table's is the sum over its shards: on PostgreSQL each connection has one, so that writers need not wait."""

    __tablename__ = "revision"

    name: str = Field(primary_key=True)
    shard: int = Field(default=0, primary_key=True)
    number: int = Field(default=0, sa_type=BIG)


_revision = Revision.columns()
EVERY_TABLE = sa.select(_revision.name, sa.func.sum(_revision.number).label("number")).group_by(_revision.name)

_READ: ContextVar[set[str] | None] = ContextVar("tables_read", default=None)


@contextmanager
def noting_tables() -> Iterator[set[str]]:
    """The tables that are read inside of the block, also by tasks that are begun there; "?" where that is not known."""
    tables: set[str] = set()
    before = _READ.set(tables)
    try:
        yield tables
    finally:
        _READ.reset(before)


def note_tables(statement: sa.Executable | Statement) -> None:
    """Every read goes through here."""
    if (noted := _READ.get()) is not None:
        noted |= statement.tables if isinstance(statement, Statement) else tables_of(statement)
