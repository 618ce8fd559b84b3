"""Declare what a read session and a write session offer, the drivers' interface, and the errors all of them raise."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, overload

from sqlalchemy import Executable, text

from storage.read_usage import ReadUsage
from storage.statement import RowStatement, Statement

RowType = TypeVar("RowType")
RowType_co = TypeVar("RowType_co", covariant=True)


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or its file was replaced. A transaction in progress may be committed or not."""


class DiskFull(DatabaseUnavailable):
    """Nothing can be written: the database's disk is full, or its user's quota there is."""


class StatementTooLong(DatabaseUnavailable):
    """PostgreSQL cancelled a statement after statement_timeout; the transaction is rolled back."""


class WriteTimeout(Exception):
    """A write was not committed in time and has been rolled back."""


# Seconds that a write may take once it has begun: on SQLite all others wait for it.
MAX_WRITE_SECONDS = 5.0
# Seconds for reads that normally take milliseconds, such as looking up a key; a database that hangs counts as away.
LOOKUP_TIMEOUT_SECONDS = 5.0
PING = text("SELECT 1 FROM revision LIMIT 1")

# The values of a statement's bind parameters; several mappings execute it once with each.
Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Result(Protocol[RowType_co]):
    """The rows of an executed statement, as `sqlalchemy.Result` offers them."""

    def first(self) -> RowType_co | None: ...

    def one(self) -> RowType_co: ...

    def all(self) -> Sequence[RowType_co]: ...

    def __iter__(self) -> Iterator[RowType_co]: ...


class ReadSession(Protocol):
    """A snapshot of the database, which does not change while it is read.

    Every method raises `DatabaseUnavailable` where the database cannot be reached. `on_postgres`: whether this is
    PostgreSQL, for the SQL that differs.
    """

    on_postgres: bool

    @overload
    async def execute(self, statement: RowStatement[RowType], params: Parameters = None, /) -> Result[RowType]:
        """Execute a statement of SQLAlchemy. `params` are the values of its bind parameters; a list executes many."""

    @overload
    async def execute(self, statement: Executable, params: Parameters = None, /) -> Any: ...

    async def scalar(self, statement: Executable, params: Mapping[str, object] | None = None, /) -> Any:
        """Execute the statement and return the first column of its first row; None without a row."""
        ...

    async def rows(self, statement: Statement[RowType], **values: object) -> list[RowType]:
        """Execute a statement that is compiled once. `values`: a value for each bind parameter."""
        ...


class WriteSession(ReadSession, Protocol):
    """One transaction, which sees its own changes; others see them after the commit.

    `Database.write` commits it, not its user. `info` has the counts to add after the commit (`count_on_commit`).
    """

    @property
    def info(self) -> dict[Any, Any]: ...  # as SQLAlchemy's sessions declare it

    def add(self, instance: object, /) -> None:
        """Insert the object of a table's class at the next flush."""

    async def delete(self, instance: object, /) -> None:
        """Delete the object's row at the next flush."""

    async def flush(self) -> None:
        """Write what was added, changed and deleted; raises SQLAlchemy's IntegrityError where a constraint refuses."""


COUNTS, ROWS_WRITTEN = "counts", "rows_written"


def count_on_commit(session: WriteSession, name: str, label: str, number: int = 1) -> None:
    """Add `number` to the counter `(name, label)` of `Database.committed_counts` once the transaction is committed."""
    session.info.setdefault(COUNTS, Counter())[name, label] += number


def count_rows_written(session: WriteSession, rows: int) -> None:
    """Add to the transaction's rows written, which are part of the points that an operation costs."""
    session.info[ROWS_WRITTEN] = rows_written(session) + rows


def rows_written(session: WriteSession) -> int:
    """Return how many rows `count_rows_written` was called with in this transaction."""
    return int(session.info.get(ROWS_WRITTEN, 0))


# Called after a commit that changed something, with the one commit event that is not to be set, if any.
Committed = Callable[[asyncio.Event | None], None]
# Each table's revision by the table's name: `storage/table_revisions.py`.
TableRevisions = dict[str, int]
Returned = TypeVar("Returned")
Work = Callable[[WriteSession], Awaitable[Returned]]


class Driver(Protocol):
    """What a database engine implements; the methods of `Database` document what each guarantees."""

    def read(
        self, timeout_seconds: float | None = None, usage: ReadUsage | None = None
    ) -> AbstractAsyncContextManager[ReadSession]: ...

    async def ping(self) -> None: ...

    async def write(self, work: Work[Returned], timeout_seconds: float | None = None) -> Returned: ...

    def cached_revisions(self) -> TableRevisions | None: ...

    async def read_revisions(self) -> TableRevisions | None: ...

    async def listen(self) -> None: ...

    async def write_locking(
        self, work: Work[Returned], *, independent: bool, own_event: asyncio.Event | None
    ) -> Returned: ...

    async def close(self) -> None: ...
