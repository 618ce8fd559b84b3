"""Hold a statement that is built once and run with other values, and name the tables that it reads."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa

Compiled = TypeVar("Compiled")
RowType = TypeVar("RowType")
RowType_co = TypeVar("RowType_co", covariant=True)

if TYPE_CHECKING:

    class RowStatement(sa.Executable, Generic[RowType_co]):
        """A statement that yields rows of this type (a Protocol of `models/rows.py`), such as an UPDATE … RETURNING."""

    class Query(sa.Select[Any], RowStatement[RowType_co]):
        """A SELECT that yields rows of this type, as do the SELECTs that its `where`, `order_by` and `limit` return."""

else:

    class RowStatement(Generic[RowType_co]):
        """The same name at run time, for annotations alone: statements are SQLAlchemy's own classes."""

    class Query(RowStatement[RowType_co]):
        """The same name at run time, for annotations alone."""


def query(select: sa.Select[*tuple[Any, ...]]) -> Query[Any]:
    """Type the rows of a SELECT: the caller's return annotation says which row it is."""
    return select  # type: ignore[return-value]  # the type exists only for mypy


def returning(statement: sa.Executable) -> RowStatement[Any]:
    """Type the rows of an INSERT, UPDATE or DELETE with RETURNING."""
    return statement  # type: ignore[return-value]  # the type exists only for mypy


class Statement(Generic[RowType]):
    """A statement with a bind parameter for each value: `sa.bindparam(name)`, or `list_parameter(name)` for a list.

    `ReadSession.rows` runs it. `of_one_dialect`: only one engine uses it, so SQLite can drop the expression tree, which
    takes a hundred times the memory of the text, once it is compiled. `build_started_at`: when building it began, in
    processor seconds of this thread, which the first caller is charged for.
    """

    def __init__(
        self,
        sql: RowStatement[RowType] | sa.Executable,
        *,
        of_one_dialect: bool = False,
        build_started_at: float | None = None,
    ) -> None:
        self._sql: sa.Executable | None = sql
        self._is_of_one_dialect = of_one_dialect
        self.tables = tables_of(sql)
        self._compiled: Any = None
        self._uncharged_seconds = 0.0 if build_started_at is None else time.thread_time() - build_started_at

    @property
    def sql(self) -> sa.Executable:
        assert self._sql is not None, "SQLite has compiled it"
        return self._sql

    def compile_with(self, compile: Callable[[sa.Executable], Compiled]) -> Compiled:
        """Return the compiled form, compiled at the first call."""
        if self._compiled is None:
            started_at = time.thread_time()
            self._compiled = compile(self.sql)
            self._uncharged_seconds += time.thread_time() - started_at
            if self._is_of_one_dialect:
                self._sql = None
        compiled: Compiled = self._compiled
        return compiled

    def take_uncharged_seconds(self) -> float:
        """Return the processor seconds of building and compiling that have not been charged to anybody yet."""
        seconds, self._uncharged_seconds = self._uncharged_seconds, 0.0
        return seconds


# The tables of a statement that does not name them.
UNKNOWN_TABLES = frozenset({"?"})


def tables_of(statement: sa.Executable) -> frozenset[str]:
    """Return the tables that a statement reads; each part is visited once, as every column leads to its subquery."""
    seen: dict[int, Any] = {}
    left: list[Any] = [statement]
    while left:
        part = left.pop()
        if id(part) not in seen:
            seen[id(part)] = part
            left += part.get_children()
    return frozenset(each.name for each in seen.values() if isinstance(each, sa.Table)) or UNKNOWN_TABLES


class StatementCache:
    """Statements by kind, each built when it is first used; the least recently used are dropped."""

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._statements: OrderedDict[Hashable, Statement[Any]] = OrderedDict()

    def get(
        self, kind: Hashable, make: Callable[[], sa.Select[Any]], *, on_postgres: bool | None = None
    ) -> Statement[Any]:
        """Return the statement of this kind, built by `make` at first use. `on_postgres`: keep one for each engine."""
        key = (kind, on_postgres)
        statement = self._statements.get(key)
        if statement is None:
            started_at = time.thread_time()
            statement = self._statements[key] = Statement(
                make(), of_one_dialect=on_postgres is not None, build_started_at=started_at
            )
            if len(self._statements) > self._max_size:
                self._statements.popitem(last=False)
        self._statements.move_to_end(key)
        return statement


def list_parameter(
    name: str, kind: sa.types.TypeEngine[Any] | type[sa.types.TypeEngine[Any]] | None = None
) -> sa.BindParameter[Any]:
    """Return a bind parameter for a list, for `in_`."""
    return sa.bindparam(name, type_=kind, expanding=True)
