"""What is wanted of a list's rows: some of their columns and, joined instead of asked for, what a column leads to."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.sql import operators

from models.agent import Agent
from models.agent_version import AgentVersion
from models.organization import Organization
from models.table import Table
from models.trunk import Trunk

Found = Callable[[Any, Any], sa.ColumnElement[bool]]


class Along(Protocol):
    """What is wanted: `columns` of the row that `one` finds by the column `by`, each as `name__column`.

    `beside`: the name of another one, which has that column; empty: the list's own row has it.
    """

    @property
    def name(self) -> str: ...

    @property
    def one(self) -> "One": ...

    @property
    def beside(self) -> str: ...

    @property
    def by(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...


class Wanted(Protocol):
    """`columns` of the rows themselves, all where None, and what they bring `along`."""

    @property
    def columns(self) -> tuple[str, ...] | None: ...

    @property
    def along(self) -> Sequence[Along]: ...


def _by_id(row: Any, key: Any) -> sa.ColumnElement[bool]:
    return sa.and_(row.id == key)


class One:
    """The row of a table that a key leads to: the one with that id, unless `found` says otherwise."""

    key = "id"

    def __init__(self, table: type[Table], found: Found = _by_id, **computed: Callable[[Any], Any]) -> None:
        self.table = table.__table__
        self.found = found
        self.columns = frozenset((*self.table.c.keys(), *computed))
        self._computed = computed

    def column(self, row: Any, name: str) -> Any:
        return self._computed[name](row) if name in self._computed else row[name]


def _published(version: Any) -> Any:
    return version.published_at.is_not(None)


def _newest(version: Any, agent_id: Any) -> sa.ColumnElement[bool]:
    """R7: of the agent's published versions the one with the highest number."""
    other = sa.alias(AgentVersion.__table__).c
    newest = (
        sa.select(other.id)
        .where(other.agent_id == agent_id, other.published_at.is_not(None))
        .order_by(other.number.desc())
        .limit(1)
    )
    return sa.and_(version.id == newest.scalar_subquery())


# By the name of the batch that loads the same.
ONES = {
    "organization": One(Organization),
    "trunk": One(Trunk),
    "agent": One(Agent),
    "agent_version": One(AgentVersion, published=_published),
    "newest_published_version": One(AgentVersion, _newest, published=_published),
}


def as_wanted(rows: sa.Select[Any], wanted: Wanted, order: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    """The same rows in this order of columns of theirs, which each has besides what is wanted of it.

    What it brings along is NULL where there is none.
    """
    if not wanted.along:
        return rows.with_only_columns(*_shown(rows.selected_columns, wanted, order))
    page = rows.subquery("page")
    seen: dict[str, Any] = {"": page.c}
    joined: sa.FromClause = page
    brought: list[Any] = []
    for each in wanted.along:
        row = each.one.table.alias(each.name)
        seen[each.name] = row.c
        joined = joined.outerjoin(row, each.one.found(row.c, seen[each.beside][each.by]))
        brought += [each.one.column(row.c, name).label(f"{each.name}__{name}") for name in each.columns]
    shown = sa.select(*_shown(page.c, wanted, order), *brought).select_from(joined)
    return shown.order_by(*(_of_page(page, each) for each in order))


def _shown(columns: Any, wanted: Wanted, order: Sequence[Any]) -> list[Any]:
    if wanted.columns is None:
        return list(columns)
    names = dict.fromkeys((*(each.element.name for each in order), *wanted.columns)) or ("id",)
    return [columns[name] for name in names]


def _of_page(page: sa.Subquery, order: Any) -> Any:
    column = page.c[order.element.name]
    return column.desc() if order.modifier is operators.desc_op else column
