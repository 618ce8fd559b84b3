"""Select the wanted columns of a page, and left-join the rows that its foreign keys lead to.

An example, `trunks { nodes { id name organization { id name } } }`:

    SELECT page.created_at, page.id, page.name, join0.id AS join0__id, join0.name AS join0__name
    FROM (SELECT trunk.* FROM trunk WHERE organization_id = :acting_id
      ORDER BY created_at DESC, id DESC LIMIT :limit) AS page
    LEFT JOIN organization AS join0 ON join0.id = page.organization_id
    ORDER BY page.created_at DESC, page.id DESC

A version's `publishedVersion` is joined by a subquery:

    LEFT JOIN agent_version AS join2 ON join2.id = (SELECT id FROM agent_version
      WHERE agent_id = join1.agent_id AND published_at IS NOT NULL ORDER BY number DESC LIMIT 1)
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.sql import operators

from models.agent import Agent
from models.agent_version import AgentVersion, is_newest_published
from models.expressions import Columns
from models.organization import Organization
from models.table import Table
from models.trunk import Trunk

JoinCondition = Callable[[Any, Any], sa.ColumnElement[bool]]


class Join(Protocol):
    """A row to join: `columns` of the row that `to_one` finds by `key_column`, each with a `label`.

    `parent_alias`: the join that has `key_column`; empty: the list's own row has it. execution.strategies.Join is one.
    """

    @property
    def alias(self) -> str: ...

    @property
    def to_one(self) -> "ToOne": ...

    @property
    def parent_alias(self) -> str: ...

    @property
    def key_column(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def label(self, column: str, /) -> str: ...


class Projection(Protocol):
    """`columns` of the rows themselves (None: all) and `joins`; execution.strategies.Projection is one."""

    @property
    def columns(self) -> tuple[str, ...] | None: ...

    @property
    def joins(self) -> Sequence[Join]: ...


def _has_id(row: Columns, key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.and_(row.id == key)


class ToOne:
    """A table whose row a key refers to: the row with that id, unless another `join_condition` is given.

    `computed`: expressions that can be selected like columns.
    """

    key = "id"

    def __init__(
        self, table: type[Table], join_condition: JoinCondition = _has_id, **computed: Callable[[Any], Any]
    ) -> None:
        self.table = table.__table__
        self.join_condition = join_condition
        self.columns = frozenset((*self.table.c.keys(), *computed))
        self._computed = computed

    def select_column(self, row: Columns, name: str) -> sa.ColumnElement[Any]:
        return self._computed[name](row) if name in self._computed else row[name]


def _is_published(version: Columns) -> sa.ColumnElement[bool]:
    return version.published_at.is_not(None)


# By the name of the loader (`resolvers/loaders.py`) that loads the same rows.
TO_ONE = {
    "organization": ToOne(Organization),
    "trunk": ToOne(Trunk),
    "agent": ToOne(Agent),
    "agent_version": ToOne(AgentVersion, published=_is_published),
    "newest_published_version": ToOne(AgentVersion, is_newest_published, published=_is_published),
}


def project(rows: sa.Select[Any], projection: Projection, order: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
    """Select the wanted columns, left-join the to-one rows, order by `order`.

    The columns of `order` are selected, too. A joined row that does not exist has NULL in all columns.
    """
    if not projection.joins:
        return rows.with_only_columns(*_select_columns(rows.selected_columns, projection, order))
    page = rows.subquery("page")
    sources: dict[str, Any] = {"": page.c}
    joined: sa.FromClause = page
    joined_columns: list[Any] = []
    for each in projection.joins:
        row = each.to_one.table.alias(each.alias)
        sources[each.alias] = row.c
        joined = joined.outerjoin(row, each.to_one.join_condition(row.c, sources[each.parent_alias][each.key_column]))
        joined_columns += [each.to_one.select_column(row.c, name).label(each.label(name)) for name in each.columns]
    selected = sa.select(*_select_columns(page.c, projection, order), *joined_columns).select_from(joined)
    return selected.order_by(*(_order_of_page(page, each) for each in order))


def _select_columns(columns: Any, projection: Projection, order: Sequence[Any]) -> list[Any]:
    if projection.columns is None:
        return list(columns)
    names = dict.fromkeys((*(each.element.name for each in order), *projection.columns)) or ("id",)
    return [columns[name] for name in names]


def _order_of_page(page: sa.Subquery, order: Any) -> sa.ColumnElement[object]:
    column: sa.ColumnElement[object] = page.c[order.element.name]
    return column.desc() if order.modifier is operators.desc_op else column
