"""Who is above whom: the one recursive statement behind ancestors, sharing and the organizations a key may act for."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.identifier import well_formed
from models.organization import Organization
from models.table import Table

organization = Organization.__table__


def lineage(seeds: Any) -> sa.CTE:
    """Each organization of `seeds` (ids, or a statement that yields them) with itself at distance 0 and all above.

    Columns: organization_id, ancestor_id, distance.
    """
    own = organization.alias("seed")
    line = (
        sa.select(own.c.id.label("organization_id"), own.c.id.label("ancestor_id"), sa.literal(0).label("distance"))
        .where(own.c.id.in_(seeds))
        .cte(recursive=True)
    )
    child = organization.alias("child")
    step = sa.select(line.c.organization_id, child.c.parent_id, line.c.distance + 1).join(
        child, child.c.id == line.c.ancestor_id
    )
    return line.union_all(step.where(child.c.parent_id.is_not(None)))


def ancestors(organization_ids: list[str]) -> sa.Select[Any]:
    """The proper ancestors of each organization, nearest first, each with the organization it was asked for."""
    line = lineage(organization_ids)
    return (
        sa.select(*organization.c, line.c.organization_id.label("descendant_id"))
        .join(line, line.c.ancestor_id == organization.c.id)
        .where(line.c.distance > 0)
        .order_by(line.c.organization_id, line.c.distance)
    )


def below(organization_ids: Any) -> sa.CTE:
    """Every organization under each of those given. Columns: organization_id, descendant_id."""
    line = (
        sa.select(organization.c.parent_id.label("organization_id"), organization.c.id.label("descendant_id"))
        .where(organization.c.parent_id.in_(organization_ids))
        .cte(recursive=True)
    )
    child = organization.alias("child")
    return line.union_all(
        sa.select(line.c.organization_id, child.c.id).join(child, child.c.parent_id == line.c.descendant_id)
    )


@dataclass(frozen=True)
class Reach:
    """The organizations that a key may act for: its own and, where `below` is set, all under it (R2)."""

    organization_id: str
    below: bool

    def covers(self, owner: Any, owners: Any) -> sa.ColumnElement[bool]:
        """True where `owner`, a column, is within reach; `owners`: the ids, or the statement, that it can come from."""
        if not self.below:
            return sa.and_(owner == self.organization_id)
        line = lineage(owners)
        within: sa.ColumnElement[bool] = owner.in_(
            sa.select(line.c.organization_id).where(line.c.ancestor_id == self.organization_id)
        )
        return within

    def holds(self, table: type[Table], identifiers: list[str]) -> sa.ColumnElement[bool]:
        """True for the rows of a table that have these ids and an owner within reach; a malformed id has no row."""
        columns = table.columns()
        owner = columns.id if table is Organization else columns.organization_id
        chosen = columns.id.in_([each for each in identifiers if well_formed(each)])
        return sa.and_(chosen, self.covers(owner, sa.select(owner).where(chosen).distinct()))
