"""Select ancestors and descendants of organizations recursively, and what a key may act for (R2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.expressions import TextExpression
from models.identifier import is_well_formed
from models.organization import Organization
from models.rows import AncestorRow
from models.table import Table
from storage.statement import Query, query

organization = Organization.__table__
# Ids, a parameter that holds ids, or a statement that selects them.
OrganizationIds = Sequence[TextExpression] | sa.BindParameter[Any] | sa.Select[Any] | sa.CompoundSelect[Any]
_REACH = sa.bindparam("reach", type_=sa.String)


def self_and_ancestors(seeds: OrganizationIds) -> sa.CTE:
    """Select each organization of `seeds` with itself at distance 0, and with all its ancestors.

    Columns: organization_id, ancestor_id, distance.
    """
    seed = organization.alias("seed")
    ancestry = (
        sa.select(seed.c.id.label("organization_id"), seed.c.id.label("ancestor_id"), sa.literal(0).label("distance"))
        .where(seed.c.id.in_(seeds))
        .cte(recursive=True)
    )
    child = organization.alias("child")
    step = sa.select(ancestry.c.organization_id, child.c.parent_id, ancestry.c.distance + 1).join(
        child, child.c.id == ancestry.c.ancestor_id
    )
    return ancestry.union_all(step.where(child.c.parent_id.is_not(None)))


def select_ancestors(organization_ids: list[str]) -> Query[AncestorRow]:
    """Select the proper ancestors of each organization, nearest first."""
    ancestry = self_and_ancestors(organization_ids)
    return (
        query(sa.select(*organization.c, ancestry.c.organization_id.label("descendant_id")))
        .join(ancestry, ancestry.c.ancestor_id == organization.c.id)
        .where(ancestry.c.distance > 0)
        .order_by(ancestry.c.organization_id, ancestry.c.distance)
    )


def descendants(organization_ids: OrganizationIds) -> sa.CTE:
    """Select every organization below each of these. Columns: organization_id, descendant_id."""
    tree = (
        sa.select(organization.c.parent_id.label("organization_id"), organization.c.id.label("descendant_id"))
        .where(organization.c.parent_id.in_(organization_ids))
        .cte(recursive=True)
    )
    child = organization.alias("child")
    return tree.union_all(
        sa.select(tree.c.organization_id, child.c.id).join(child, child.c.parent_id == tree.c.descendant_id)
    )


@dataclass(frozen=True)
class Reach:
    """The organizations that a key may act for: its own and, with `includes_descendants`, all below it (R2)."""

    organization_id: str
    includes_descendants: bool

    @property
    def with_parameter(self) -> "Reach":
        """Return the same with the bind parameter `reach` for the organization, for statements that are built once."""
        return Reach(_REACH, self.includes_descendants)  # type: ignore[arg-type]

    def covers(self, owner: sa.ColumnElement[str], possible_owners: OrganizationIds) -> sa.ColumnElement[bool]:
        """Return the condition that `owner`, a column, is an organization in reach.

        `possible_owners`: the ids that `owner` can have; they only narrow where the recursion begins.
        """
        if not self.includes_descendants:
            return sa.and_(owner == self.organization_id)
        ancestry = self_and_ancestors(possible_owners)
        in_reach: sa.ColumnElement[bool] = owner.in_(
            sa.select(ancestry.c.organization_id).where(ancestry.c.ancestor_id == self.organization_id)
        )
        return in_reach

    def contains_rows(self, table: type[Table], identifiers: list[str]) -> sa.ColumnElement[bool]:
        """Return the condition of the rows that have these ids and an owner within reach; a malformed id has no row."""
        columns = table.columns()
        owner = columns.id if table is Organization else columns.organization_id
        chosen = columns.id.in_([each for each in identifiers if is_well_formed(each)])
        return sa.and_(chosen, self.covers(owner, sa.select(owner).where(chosen).distinct()))
