"""Choose the index ranges that a page of phone numbers is merged from: by sharing, trunk, slots or agent.

The ranges only say where to look; the conditions of the page decide. For each kind of range there is an index in each
order. An example on SQLite, `phoneNumbers(filter: {trunkId: T})`, ordered by E.164 (`ancestry`: the organization and
its ancestors, recursively):

    SELECT … FROM ancestry JOIN sharing ON ancestry.distance = 0
      JOIN trunk AS range_trunk ON range_trunk.organization_id = ancestry.ancestor_id AND range_trunk.id = :trunk_id
      JOIN phone_number ON phone_number.rowid IN (
        SELECT rowid FROM phone_number WHERE trunk_id = range_trunk.id AND shareable = sharing.shared
          AND +organization_id = :acting_id AND +trunk_id = :trunk_id ORDER BY e164, id LIMIT :limit)
    ORDER BY e164, id LIMIT :limit

Without a filter (`ranges_by_sharing`) each of the nearest ancestors is a branch of a UNION ALL that SQLite merges:

    SELECT rowid, 0 AS distance, e164, id FROM phone_number WHERE organization_id = … AND shareable = 0
    UNION ALL … distance 0 AND shareable = 1 UNION ALL … distance 1, 2, 3 AND shareable = 1
    UNION ALL … ancestry.distance >= 4
    ORDER BY e164, id LIMIT :limit
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators

from models.agent_version import AgentVersion
from models.expressions import BoolExpression, ColumnFilter, Condition, Limit, Order, TextExpression
from models.index_merge import InLimitedSubquery, PerDialect, RowId, WithoutIndex, first_row_ids
from models.phone_number import NumberRanges, PhoneNumber
from models.trunk import Trunk

number = PhoneNumber.__table__
ROW_ID = RowId(number.c.id)
# Most organizations have fewer ancestors.
MAX_UNROLLED_ANCESTORS = 4


def ranges_by_sharing(shareable: BoolExpression | None = None) -> NumberRanges:
    """Merge the organization's own numbers, shared and not, with those that each ancestor shares.

    The branches of the nearest ancestors are merged lazily on SQLite, which stops at the limit; PostgreSQL would read
    all of their rows, so it reads the first of each. Ancestors further up share one branch.
    """

    def select_first(
        ancestry: sa.CTE, owned: bool | None, conditions: list[Condition], order: Order, limit: Limit
    ) -> sa.SelectBase:
        shared = number.c.shareable

        def select_branch(distance: int, *sharing: Condition) -> sa.Select[Any]:
            at_distance = WithoutIndex(ancestry.c.distance, type_=sa.Integer) == distance
            owner = sa.select(ancestry.c.ancestor_id).where(at_distance).scalar_subquery()
            in_branch = [number.c.organization_id == owner, *sharing, *conditions]
            first = InLimitedSubquery(ROW_ID, first_row_ids(number, in_branch, order, limit))
            return select_sort_key(sa.literal(distance), order).where(PerDialect(sa.and_(*in_branch), first))

        values = (sa.false(), sa.true()) if shareable is None else (shareable,)
        own_branches = [select_branch(0, shared == value) for value in values]
        borrowed = [shared == sa.true(), *(() if shareable is None else (shareable,))]
        borrowed_branches = [select_branch(distance, *borrowed) for distance in range(1, MAX_UNROLLED_ANCESTORS)]
        far = [number.c.organization_id == ancestry.c.ancestor_id, *borrowed, *conditions]
        distant = _first_of_each(ancestry, ancestry, far, order, limit)
        borrowed_branches.append(distant.where(ancestry.c.distance >= MAX_UNROLLED_ANCESTORS))
        branches = [*own_branches, *borrowed_branches]
        if owned is not None:
            branches = own_branches if owned else borrowed_branches
        return sa.union_all(*branches).order_by(*map(order_by_label, order)).limit(limit)

    return select_first


def select_sort_key(distance: sa.ColumnElement[int], order: Order) -> sa.Select[Any]:
    return sa.select(ROW_ID.label("row_id"), distance.label("distance"), *(each.element for each in order))


def order_by_label(column: sa.UnaryExpression[Any]) -> sa.ColumnElement[Any]:
    name: sa.ColumnElement[Any] = sa.column(column.element.name)
    return name.desc() if column.modifier is operators.desc_op else name


def _first_of_each(
    ancestry: sa.CTE, ranges: sa.FromClause, range_conditions: list[Condition], order: Order, limit: Limit
) -> sa.Select[Any]:
    """Select the first numbers of each range: `ranges` has a row for each, which `range_conditions` refer to."""
    first = InLimitedSubquery(ROW_ID, first_row_ids(number, range_conditions, order, limit))
    return select_sort_key(ancestry.c.distance, order).select_from(ranges.join(number, first))


def merge_ranges(
    ancestry: sa.CTE, ranges: sa.FromClause, range_conditions: list[Condition], order: Order, limit: Limit
) -> sa.Select[Any]:
    """Select the first numbers of all ranges together. The parameters are those of `_first_of_each`."""
    return _first_of_each(ancestry, ranges, range_conditions, order, limit).order_by(*order).limit(limit)


def ranges_by_trunk(filters: ColumnFilter, shareable: BoolExpression | None = None) -> NumberRanges:
    """Merge the numbers of each trunk that `filters` choose, shared and not."""

    def select_first(
        ancestry: sa.CTE, owned: bool | None, conditions: list[Condition], order: Order, limit: Limit
    ) -> sa.SelectBase:
        owners, shared = join_owners(ancestry, owned, shareable)
        trunk = Trunk.__table__.alias("range_trunk")
        ranges = owners.join(trunk, sa.and_(trunk.c.organization_id == ancestry.c.ancestor_id, *filters(trunk.c)))
        range_conditions = [number.c.trunk_id == trunk.c.id, number.c.shareable == shared, *conditions]
        return merge_ranges(ancestry, ranges, range_conditions, order, limit)

    return select_first


def ranges_by_slots(filters: ColumnFilter) -> NumberRanges:
    """Merge own numbers by which of their slots are filled: both, either or none, as `filters` choose."""

    def select_first(
        ancestry: sa.CTE, _owned: bool | None, conditions: list[Condition], order: Order, limit: Limit
    ) -> sa.SelectBase:
        inbound, outbound = (_both_values(slot).subquery(slot) for slot in ("inbound", "outbound"))
        filled = sa.select(inbound, outbound).select_from(inbound.join(outbound, sa.true())).cte("filled")
        in_slots = [number.c[f"{slot}_assigned_at"].is_not(None) == filled.c[slot] for slot in ("inbound", "outbound")]
        ranges = ancestry.join(filled, sa.and_(ancestry.c.distance == 0, *filters(filled.c)))
        range_conditions = [number.c.organization_id == ancestry.c.ancestor_id, *in_slots, *conditions]
        return merge_ranges(ancestry, ranges, range_conditions, order, limit)

    return select_first


def ranges_by_agent(organization_id: TextExpression, agent_id: TextExpression) -> NumberRanges:
    """Merge own numbers that hold a version of an own agent, in a range for each version and slot."""

    def select_first(
        ancestry: sa.CTE, _owned: bool | None, conditions: list[Condition], order: Order, limit: Limit
    ) -> sa.SelectBase:
        versions = AgentVersion.of_own_agent(organization_id, agent_id).cte("held")

        def select_holding(slot: str) -> sa.Select[Any]:
            held = number.alias(f"{slot}_held")
            holds_version = number.c[f"{slot}_agent_version_id"] == versions.c.id
            first = first_row_ids(number, [holds_version, *conditions], order, limit)
            row_id = RowId(held.c.id)
            return sa.select(row_id.label("row_id")).select_from(versions.join(held, InLimitedSubquery(row_id, first)))

        hit = sa.union(select_holding("inbound"), select_holding("outbound")).subquery("hit")
        own = WithoutIndex(number.c.organization_id, type_=sa.String) == ancestry.c.ancestor_id
        range_conditions = [hit.c.row_id == ROW_ID, own, *conditions]
        return merge_ranges(ancestry, ancestry.join(hit, ancestry.c.distance == 0), range_conditions, order, limit)

    return select_first


def join_owners(ancestry: sa.CTE, owned: bool | None, shareable: BoolExpression | None) -> tuple[sa.Join, Condition]:
    """Join each owner with a row for its shared and one for its unshared numbers; ancestors with the former alone.

    Returns the join, and the column that says which of the two a row is for. `owned`: the organization alone (True),
    its ancestors alone (False), or both.
    """
    own, borrowed = ancestry.c.distance == 0, sa.and_(ancestry.c.distance > 0, SHARING.c.shared)
    owner_conditions = [sa.or_(own, borrowed) if owned is None else own if owned else borrowed]
    if shareable is not None:
        owner_conditions.append(SHARING.c.shared == shareable)
    return ancestry.join(SHARING, sa.and_(*owner_conditions)), SHARING.c.shared


def _both_values(name: str) -> sa.CompoundSelect[Any]:
    return sa.union_all(sa.select(sa.false().label(name)), sa.select(sa.true()))


SHARING = _both_values("shared").cte("sharing")
