"""Define phone numbers and their two slots, and select those visible to an organization (R3, R5, R6)."""

from collections.abc import Callable
from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.agent_version import AgentVersion
from models.described_enum import DescribedEnum
from models.expressions import Condition, Limit, Order, TextExpression
from models.identifier import new_id
from models.index_merge import RowId, WithoutIndex
from models.number_rows import NumberRow, SharingRow, StoredNumber
from models.organization_tree import OrganizationIds, descendants, self_and_ancestors
from models.table import Table
from models.trunk import Trunk
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query, query

trunk = Trunk.__table__
version = AgentVersion.__table__
# Selects `row_id` and `distance` of the first numbers of all ranges. It takes the organization and its ancestors,
# whether only own or only borrowed numbers are wanted, the conditions, the order and the limit.
NumberRanges = Callable[[sa.CTE, bool | None, list[Condition], Order, Limit], sa.SelectBase]


@unique
class PhoneNumberAccess(DescribedEnum):
    OWNED = "The organization that asks owns the number."
    SHARED = "An ancestor's number that the organization may dial from."


@unique
class CallDirection(DescribedEnum):
    INBOUND = "Somebody calls the number."
    OUTBOUND = "The number calls somebody."


@unique
class SlotDirection(DescribedEnum):
    INBOUND = "The slot whose agent answers calls to the number."
    OUTBOUND = "The slot whose agent dials from the number."
    BOTH = "Both slots."


# Expressions of an index, which serves only statements with the same expressions.
SLOT_FILLED_EXPRESSIONS = [sa.text(f"({slot}_assigned_at IS NOT NULL)") for slot in ("inbound", "outbound")]


def _slot_index(slot: str, by: str) -> sa.Index:
    """Return an index of the numbers whose slot is filled: empty slots take no space in it."""
    holds = f"{slot}_agent_version_id"
    filled = sa.text(f"{holds} IS NOT NULL")
    return sa.Index(f"ix_phone_number_{slot}_{by}", holds, by, "id", sqlite_where=filled, postgresql_where=filled)


class PhoneNumber(Table, table=True):
    __tablename__ = "phone_number"
    __table_args__ = (
        sa.ForeignKeyConstraint(["organization_id", "trunk_id"], ["trunk.organization_id", "trunk.id"]),
        *(
            sa.ForeignKeyConstraint(
                ["organization_id", f"{slot}_agent_version_id"], ["agent_version.organization_id", "agent_version.id"]
            )
            for slot in ("inbound", "outbound")
        ),
        *(
            sa.CheckConstraint(f"({slot}_agent_version_id IS NULL) = ({slot}_assigned_at IS NULL)", name=f"{slot}_slot")
            for slot in ("inbound", "outbound")
        ),
        sa.CheckConstraint(
            "e164 = '+' || CAST(CAST(substr(e164, 2) AS BIGINT) AS VARCHAR) AND length(e164) BETWEEN 8 AND 16",
            name="e164",
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint(r"e164 ~ '^\+[1-9][0-9]{6,14}$'", name="e164").ddl_if(dialect="postgresql"),
        sa.Index("ix_phone_number_organization_id_e164", "organization_id", "e164", "id"),
        sa.Index("ix_phone_number_organization_id_created_at", "organization_id", "created_at", "id"),
        sa.Index("ix_phone_number_organization_id_updated_at", "organization_id", "updated_at", "id"),
        *(
            index
            for by in ("e164", "created_at", "updated_at")
            for index in (
                sa.Index(f"ix_phone_number_shareable_{by}", "organization_id", "shareable", by, "id"),
                sa.Index(f"ix_phone_number_trunk_{by}", "trunk_id", "shareable", by, "id"),
                sa.Index(f"ix_phone_number_slots_{by}", "organization_id", *SLOT_FILLED_EXPRESSIONS, by, "id"),
                _slot_index("inbound", by),
                _slot_index("outbound", by),
            )
        ),
        sa.Index("ix_phone_number_outbound_slot", "organization_id", "outbound_agent_version_id", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("num"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    trunk_id: str
    e164: str = Field(unique=True)
    shareable: bool = False
    inbound_agent_version_id: str | None = None
    inbound_assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outbound_agent_version_id: str | None = None
    outbound_assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @classmethod
    def visible_to(cls, organization_ids: OrganizationIds) -> Query[NumberRow]:
        """Select the numbers that each organization owns, or borrows from a proper ancestor that shares them (R6).

        A row is a number as one organization, `viewer_id`, sees it: what only the owner may know is NULL on a borrowed
        one.
        """
        number, ancestry = cls.__table__, self_and_ancestors(organization_ids)
        visible = sa.or_(ancestry.c.distance == 0, number.c.shareable)
        seen = ancestry.join(number, ancestry.c.ancestor_id == number.c.organization_id)
        return cls._columns_visible_to(ancestry.c.organization_id, ancestry.c.distance, seen).where(visible)

    @classmethod
    def first_visible_to(
        cls,
        organization_id: sa.ColumnElement[str],
        owned: bool | None,
        ranges: NumberRanges,
        conditions: list[Condition],
        *,
        order: Order,
        limit: Limit,
    ) -> Query[NumberRow]:
        """Select the first numbers that the organization sees and that meet the conditions.

        `owned`: its own alone (True), borrowed ones alone (False), or both. `ranges` is one of
        `models/number_ranges.py`: no more than the first numbers of each range are read, however many there are.
        """
        number = cls.__table__
        first = ranges(self_and_ancestors([organization_id]), owned, conditions, order, limit).subquery("first")
        # An outer join, so that the planner cannot begin with the numbers; none of the first ones is missing.
        found = first.outerjoin(number, RowId(number.c.id) == first.c.row_id)
        return cls._columns_visible_to(organization_id, first.c.distance, found).order_by(*order)

    @classmethod
    def ids_visible_to(cls, organization_id: TextExpression) -> sa.Select[Any]:
        """Select the ids of the numbers that `visible_to` shows to one organization, for counting."""
        number, ancestry = cls.__table__, self_and_ancestors([organization_id])
        rows = sa.select(number.c.id).join(ancestry, ancestry.c.ancestor_id == number.c.organization_id)
        return rows.where(sa.or_(ancestry.c.distance == 0, number.c.shareable))

    @classmethod
    def each_visible_to(cls, organization_ids: OrganizationIds, phone_number_ids: list[str]) -> sa.Select[Any]:
        """Select which of these numbers `visible_to` shows to each organization, `viewer_id`, by the numbers' ids."""
        number, ancestry = cls.__table__, self_and_ancestors(organization_ids)
        owner = WithoutIndex(number.c.organization_id, type_=sa.String)
        rows = sa.select(ancestry.c.organization_id.label("viewer_id"), number.c.id).select_from(number)
        seen = rows.join(ancestry, ancestry.c.ancestor_id == owner)
        return seen.where(number.c.id.in_(phone_number_ids), sa.or_(ancestry.c.distance == 0, number.c.shareable))

    @classmethod
    def _columns_visible_to(
        cls, viewer_id: sa.ColumnElement[str], distance: sa.ColumnElement[int], rows: sa.FromClause
    ) -> Query[NumberRow]:
        """Select the numbers in `rows` as `viewer_id` sees them; their owners are `distance` levels above it."""
        number, own = cls.__table__, distance == 0
        shown = ("id", "e164", "organization_id", "shareable", "created_at", "updated_at")
        return query(
            sa.select(
                *(number.c[name] for name in shown),
                viewer_id.label("viewer_id"),
                sa.cast(own, sa.Boolean).label("owned"),
                Trunk.can_dial(trunk.c).label("outbound_capable"),
                *(sa.case((own, number.c[name])).label(name) for name in OWNER_ONLY_COLUMNS),
                sa.case((own, number.c.id)).label("owned_id"),
            )
            .select_from(rows)
            .outerjoin(trunk, trunk.c.id == number.c.trunk_id)
        )

    @classmethod
    def visible_to_owner(cls) -> Query[NumberRow]:
        """Select numbers as their owners see them."""
        number = cls.__table__
        own = sa.select(
            *number.c,
            number.c.organization_id.label("viewer_id"),
            sa.true().label("owned"),
            number.c.id.label("owned_id"),
            Trunk.can_dial(trunk.c).label("outbound_capable"),
        ).join(trunk, trunk.c.id == number.c.trunk_id)
        return query(own)

    @classmethod
    def owned_by_e164(cls, organization_id: str, e164s: list[str]) -> sa.Select[Any]:
        """Select the organization's own numbers among these, the only ones it can write to, as objects."""
        number = cls.columns()
        return sa.select(cls).where(number.organization_id == organization_id, number.e164.in_(e164s))

    @classmethod
    def by_e164(cls, e164: str) -> Query[StoredNumber]:
        return query(sa.select(cls.__table__)).where(cls.columns().e164 == e164)

    @classmethod
    def owner_ids_by_e164(cls, e164s: list[str]) -> sa.Select[Any]:
        return sa.select(cls.columns().organization_id).where(cls.columns().e164.in_(e164s))

    @classmethod
    def count_sharing_impact(
        cls, identifiers: list[str], queued: sa.ScalarSelect[Any], campaigns: sa.ScalarSelect[Any]
    ) -> Query[SharingRow]:
        """Count for each number the organizations below its owner; others' calls and campaigns by the other counts."""
        number = cls.__table__
        tree = descendants(sa.select(number.c.organization_id).where(number.c.id.in_(identifiers)))
        count = sa.select(sa.func.count()).where(tree.c.organization_id == number.c.organization_id)
        impact = sa.select(
            number.c.id,
            count.scalar_subquery().label("organizations_below"),
            queued.label("queued_conversations"),
            campaigns.label("campaigns"),
        )
        return query(impact).where(number.c.id.in_(identifiers))


# NULL on a borrowed number; `owned_id` is the number's own id where it is owned.
OWNER_ONLY_COLUMNS = (
    "trunk_id",
    "inbound_agent_version_id",
    "inbound_assigned_at",
    "outbound_agent_version_id",
    "outbound_assigned_at",
)
