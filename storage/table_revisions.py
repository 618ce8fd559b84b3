"""Record which tables a task reads, and select the revision of every table.

Triggers of the migrations increment a table's revision in the transaction that changes it; `models/revision.py` defines
their table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa

from storage.statement import UNKNOWN_TABLES, Statement, tables_of

# The revision of a table that was never written to.
UNCHANGED = 0
# Not the model's: `storage/` does not import `models/`. A `sa.Table`, which `tables_of` finds.
_revision = sa.Table("revision", sa.MetaData(), sa.Column("name", sa.String), sa.Column("number", sa.BigInteger))
SELECT_REVISIONS = sa.select(_revision.c.name, sa.func.sum(_revision.c.number).label("number")).group_by(
    _revision.c.name
)

_tables_read: ContextVar[set[str] | None] = ContextVar("tables_read", default=None)


@contextmanager
def recording_tables() -> Iterator[set[str]]:
    """Yield a set that collects the tables read in the block, also by tasks started in it.

    It holds "?" for a statement whose tables are not known.
    """
    tables: set[str] = set()
    before = _tables_read.set(tables)
    try:
        yield tables
    finally:
        _tables_read.reset(before)


def record_tables(statement: sa.Executable | Statement[Any]) -> None:
    """Add the tables of a statement to the recording that is under way, if any. Every read calls it."""
    if (recorded := _tables_read.get()) is not None:
        recorded |= statement.tables if isinstance(statement, Statement) else tables_of(statement)


def record_time() -> None:
    """Have what is recorded, if anything, not be cached: it depends on the time, which changes without a write."""
    if (recorded := _tables_read.get()) is not None:
        recorded |= UNKNOWN_TABLES
