"""Lists that are merged from streams: ranges of an index, each in the list's order, of which the first rows are enough.

However many rows a stream holds, no more of them are looked at than the page can show.
"""

from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import GenericFunction

from models.word import Word, stored_as_text


class Spot(GenericFunction[Any]):
    """Spot(id): what leads to a row at once; SQLite looks for an id in an index first. Never stored, nor shown.

    Of a table that has rowids.
    """

    inherit_cache = True


@compiles(Spot, "sqlite")
def _row(element: Spot, compiler: Any, **how: Any) -> str:
    return f"{compiler.process(element.clauses, **how).removesuffix('.id')}.rowid"


class Among(GenericFunction[bool]):
    """Among(spot, first): the row is one of those that a statement yields, which is asked once for each stream."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002 - SQLAlchemy's
        """As it stands: compared to 1, as SQLite's booleans are, no index would serve it."""
        return self


@compiles(Among, "sqlite")
def _one_by_one(element: Among, compiler: Any, **how: Any) -> str:
    spot, first = (compiler.process(each, **how) for each in element.clauses)
    return f"{spot} IN {first}"


@compiles(Among, "postgresql")
def _all_at_once(element: Among, compiler: Any, **how: Any) -> str:
    """An IN of a correlated statement would be tried on every row of the table."""
    spot, first = (compiler.process(each, **how) for each in element.clauses)
    return f"{spot} = ANY(ARRAY{first})"


class ByEngine(GenericFunction[Any]):
    """ByEngine(sqlite, postgresql): the one expression or the other."""

    type: Any = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002 - SQLAlchemy's
        return self


@compiles(ByEngine, "sqlite")
def _first(element: ByEngine, compiler: Any, **how: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **how))


@compiles(ByEngine, "postgresql")
def _second(element: ByEngine, compiler: Any, **how: Any) -> str:
    return str(compiler.process(list(element.clauses)[1], **how))


class Checked(GenericFunction[Any]):
    """A column that is looked at in each row, and no way to find rows by."""

    inherit_cache = True


@compiles(Checked, "sqlite")
def _without_its_index(element: Checked, compiler: Any, **how: Any) -> str:
    """SQLite keeps no statistics here, so it is told which of several indexes leads to the fewest rows."""
    return f"+{compiler.process(element.clauses, **how)}"


@compiles(Spot, "postgresql")
@compiles(Checked, "postgresql")
def _as_it_stands(element: Spot | Checked, compiler: Any, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


class CheckedColumns:
    """The columns of a table, each to be checked."""

    def __init__(self, columns: Any) -> None:
        self._columns = columns

    def __getattr__(self, name: str) -> Any:
        column = self._columns[name]
        return Checked(column, type_=column.type)


def checked(conditions: list[Any], table: sa.Table) -> list[Any]:
    """The conditions, all of whose columns of the table are to be checked."""

    def instead(element: Any, **_: Any) -> Any:
        of_table = isinstance(element, sa.Column) and element.table is table
        return Checked(element, type_=element.type) if of_table else None

    return [visitors.replacement_traverse(each, {}, instead) for each in conditions]


def words(name: str, **kinds: type[Word]) -> sa.CTE:
    """Every word of a kind, or every pair of two: a column each."""
    tables = [_column(column, kind).subquery(column) for column, kind in kinds.items()]
    return sa.select(*tables).select_from(reduce(lambda one, other: one.join(other, sa.true()), tables)).cte(name)


def _column(name: str, kind: type[Word]) -> Any:
    return sa.union_all(*(sa.select(sa.literal(each, stored_as_text(kind)).label(name)) for each in kind))


def first_of(table: sa.Table, within: list[Any], order: list[Any], most: Any) -> sa.ScalarSelect[Any]:
    """The spots of the first rows of one stream; what it refers to beside the table says which stream."""
    spots = sa.select(Spot(table.c.id)).where(*within).order_by(*order).limit(most)
    return spots.correlate_except(table).scalar_subquery()


def merged(table: sa.Table, streams: Any, within: list[Any], order: list[Any], most: Any) -> sa.Select[Any]:
    """The first rows of all streams together."""
    rows = streams.join(table, Among(Spot(table.c.id), first_of(table, within, order, most)))
    return sa.select(table).select_from(rows).order_by(*order).limit(most)
