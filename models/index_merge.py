"""Merge the first rows of several index ranges (`ORDER BY … LIMIT` of each), instead of sorting all that match.

A page costs O(ranges * limit) index entries, however many rows match. An example on SQLite,
`conversations(filter: {status: [QUEUED, COMPLETED]})`:

    WITH all_pairs AS (… every direction with every status …),
      ranges AS (SELECT direction, status FROM all_pairs WHERE status IN (…))
    SELECT conversation.* FROM ranges JOIN conversation ON conversation.rowid IN (
        SELECT conversation.rowid FROM conversation
        WHERE organization_id = :acting_id AND direction = ranges.direction AND status = ranges.status
          AND +conversation.status IN (…)
        ORDER BY created_at DESC, id DESC LIMIT :limit)
    ORDER BY created_at DESC, id DESC LIMIT :limit

The inner SELECT reads one range of an index in the order of the page. `+` keeps SQLite from choosing another index for
a condition (`WithoutIndex`). PostgreSQL has `conversation.id = ANY(ARRAY(SELECT …))` instead, and no `+`.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.sql.operators import OperatorType

from models.described_enum import DescribedEnum, text_enum_type
from models.expressions import Columns, Condition, Limit


class RowId(GenericFunction[Any]):
    """RowId(id): SQLite's rowid, which finds a row without the index of its id; on PostgreSQL the id itself.

    For tables that have rowids. Never stored, nor sent to a client.
    """

    inherit_cache = True


@compiles(RowId, "sqlite")
def _compile_rowid(element: RowId, compiler: SQLCompiler, **kw: object) -> str:
    return f"{compiler.process(element.clauses, **kw).removesuffix('.id')}.rowid"


class InLimitedSubquery(GenericFunction[bool]):
    """InLimitedSubquery(row_id, first): the row is among those that `first` selects, which runs once a range."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 - SQLAlchemy's
        """Add no parentheses or comparison: `… = 1`, as for SQLite's booleans, could use no index."""
        return self


@compiles(InLimitedSubquery, "sqlite")
def _compile_in_limited_sqlite(element: InLimitedSubquery, compiler: SQLCompiler, **kw: object) -> str:
    row_id, first = (compiler.process(each, **kw) for each in element.clauses)
    return f"{row_id} IN {first}"


@compiles(InLimitedSubquery, "postgresql")
def _compile_in_limited_postgres(element: InLimitedSubquery, compiler: SQLCompiler, **kw: object) -> str:
    """Use an array: PostgreSQL would evaluate IN with a correlated subquery for every row of the table."""
    row_id, first = (compiler.process(each, **kw) for each in element.clauses)
    return f"{row_id} = ANY(ARRAY{first})"


class PerDialect(GenericFunction[Any]):
    """PerDialect(sqlite, postgresql): one expression or the other."""

    type: Any = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002 - SQLAlchemy's
        return self


@compiles(PerDialect, "sqlite")
def _compile_for_sqlite(element: PerDialect, compiler: SQLCompiler, **kw: object) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))


@compiles(PerDialect, "postgresql")
def _compile_for_postgres(element: PerDialect, compiler: SQLCompiler, **kw: object) -> str:
    return str(compiler.process(list(element.clauses)[1], **kw))


class WithoutIndex(GenericFunction[Any]):
    """WithoutIndex(column): the column's value, which no index is chosen for."""

    inherit_cache = True


@compiles(WithoutIndex, "sqlite")
def _compile_without_index(element: WithoutIndex, compiler: SQLCompiler, **kw: object) -> str:
    """Add `+`. There are no statistics (ANALYZE) by which SQLite could find the most selective index."""
    return f"+{compiler.process(element.clauses, **kw)}"


@compiles(RowId, "postgresql")
@compiles(WithoutIndex, "postgresql")
def _compile_plainly(element: RowId | WithoutIndex, compiler: SQLCompiler, **kw: object) -> str:
    return str(compiler.process(element.clauses, **kw))


class ColumnsWithoutIndex:
    """The columns of a table, each as `WithoutIndex`."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def __getattr__(self, name: str) -> WithoutIndex:
        column = self._columns[name]
        return WithoutIndex(column, type_=column.type)


def without_index(conditions: list[Condition], table: sa.Table) -> list[Condition]:
    """Return the conditions with all columns of the table as `WithoutIndex`."""

    def instead(element: object, **_: object) -> WithoutIndex | None:
        if isinstance(element, sa.Column) and element.table is table:
            return WithoutIndex(element, type_=element.type)
        return None

    return [visitors.replacement_traverse(each, {}, instead) for each in conditions]


def enum_values(name: str, **kinds: type[DescribedEnum]) -> sa.CTE:
    """Select every member of an enum, or every combination of the members of several, in a column each."""
    tables = [_values_of(column, kind).subquery(column) for column, kind in kinds.items()]
    product = reduce(lambda one, other: one.join(other, sa.true()), tables[1:], cast("sa.FromClause", tables[0]))
    return sa.select(*tables).select_from(product).cte(name)


def _values_of(name: str, kind: type[DescribedEnum]) -> sa.CompoundSelect[Any]:
    return sa.union_all(*(sa.select(sa.literal(each, text_enum_type(kind)).label(name)) for each in kind))


def first_row_ids(
    table: sa.Table,
    conditions: Sequence[Condition | sa.TextClause],
    order: Sequence[sa.ColumnElement[Any]],
    limit: Limit,
) -> sa.ScalarSelect[Any]:
    """Select the row ids of the first rows of one range; the conditions refer to the range by correlation."""
    row_ids = sa.select(RowId(table.c.id)).where(*conditions).order_by(*order).limit(limit)
    return row_ids.correlate_except(table).scalar_subquery()


def merge_first(
    table: sa.Table,
    ranges: sa.CTE,
    conditions: Sequence[Condition],
    order: Sequence[sa.ColumnElement[Any]],
    limit: Limit,
) -> sa.Select[Any]:
    """Select the first rows of all ranges together. `ranges` has a row for each, which `conditions` refer to."""
    rows = ranges.join(table, InLimitedSubquery(RowId(table.c.id), first_row_ids(table, conditions, order, limit)))
    return sa.select(table).select_from(rows).order_by(*order).limit(limit)
