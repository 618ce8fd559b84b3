"""Phone numbers, their two slots, and the statements that say which of them an organization can see."""

from collections.abc import Callable
from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.agent_version import AgentVersion
from models.identifier import new_id
from models.instant import Instant, now
from models.lineage import below, lineage
from models.streams import Spot
from models.table import Table
from models.trunk import Trunk
from models.word import Word

trunk = Trunk.__table__
version = AgentVersion.__table__
# The first of a lineage: whose numbers, which, in what order, how many. Answers each one's `spot` and `distance`.
Streams = Callable[[sa.CTE, bool | None, list[Any], list[Any], Any], sa.SelectBase]


@unique
class PhoneNumberAccess(Word):
    OWNED = "The organization that asks owns the number."
    SHARED = "An ancestor's number that the organization may dial from."


@unique
class CallDirection(Word):
    INBOUND = "Somebody calls the number."
    OUTBOUND = "The number calls somebody."


@unique
class SlotDirection(Word):
    INBOUND = "The slot whose agent answers calls to the number."
    OUTBOUND = "The slot whose agent dials from the number."
    BOTH = "Both slots."


# As expressions: an index over them serves a statement that says the same.
FILLED = [sa.text(f"({slot}_assigned_at IS NOT NULL)") for slot in ("inbound", "outbound")]


def _held(slot: str, by: str) -> sa.Index:
    """Numbers whose slot is empty cost it nothing."""
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
                sa.Index(f"ix_phone_number_slots_{by}", "organization_id", *FILLED, by, "id"),
                _held("inbound", by),
                _held("outbound", by),
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
    inbound_assigned_at: datetime | None = Field(default=None, sa_type=Instant)
    outbound_agent_version_id: str | None = None
    outbound_assigned_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(default_factory=now, sa_type=Instant)
    updated_at: datetime = Field(default_factory=now, sa_type=Instant)

    @classmethod
    def seen_by(cls, organization_ids: Any) -> sa.Select[Any]:
        """R6: the numbers that each organization owns, or borrows from a proper ancestor that shares them.

        A row is a number as one organization, `asking_id`, sees it: the owner's business is NULL on a borrowed one.
        """
        number, line = cls.__table__, lineage(organization_ids)
        visible = sa.or_(line.c.distance == 0, number.c.shareable)
        seen = line.join(number, line.c.ancestor_id == number.c.organization_id)
        return cls._as_seen(line.c.organization_id, line.c.distance, seen).where(visible)

    @classmethod
    def first_seen_by(
        cls, organization_id: Any, owned: bool | None, streams: Streams, conditions: list[Any], *page: Any
    ) -> sa.Select[Any]:
        """The first of those that the organization sees and that meet the conditions. `page`: the order, how many.

        `owned`: its own alone, or borrowed ones alone. `streams` are those of `models/number_streams.py`: no more than
        the first numbers of each are looked at, however many there are.
        """
        number, (order, most) = cls.__table__, page
        first = streams(lineage([organization_id]), owned, conditions, order, most).subquery("first")
        # Outer joins, as nobody may begin with the numbers: each of the first ones is there.
        found = first.outerjoin(number, Spot(number.c.id) == first.c.spot)
        return cls._as_seen(organization_id, first.c.distance, found).order_by(*order)

    @classmethod
    def ids_seen_by(cls, organization_id: Any) -> sa.Select[Any]:
        """The same numbers as `seen_by` shows to one organization, for counting."""
        number, line = cls.__table__, lineage([organization_id])
        rows = sa.select(number.c.id).join(line, line.c.ancestor_id == number.c.organization_id)
        return rows.where(sa.or_(line.c.distance == 0, number.c.shareable))

    @classmethod
    def _as_seen(cls, asking: Any, distance: Any, origin: sa.FromClause) -> sa.Select[Any]:
        """`origin` has the numbers, and how far above who asks each one's owner is."""
        number, own = cls.__table__, distance == 0
        shown = ("id", "e164", "organization_id", "shareable", "created_at", "updated_at")
        return (
            sa.select(
                *(number.c[name] for name in shown),
                asking.label("asking_id"),
                sa.cast(own, sa.Boolean).label("owned"),
                trunk.c.outbound_address.is_not(None).label("outbound_capable"),
                *(sa.case((own, number.c[name])).label(name) for name in OWNERS_BUSINESS),
                sa.case((own, number.c.id)).label("owned_id"),
            )
            .select_from(origin)
            .outerjoin(trunk, trunk.c.id == number.c.trunk_id)
        )

    @classmethod
    def by_owner(cls) -> sa.Select[Any]:
        """Numbers as their owners see them."""
        number = cls.__table__
        return sa.select(
            *number.c,
            number.c.organization_id.label("asking_id"),
            sa.true().label("owned"),
            number.c.id.label("owned_id"),
            trunk.c.outbound_address.is_not(None).label("outbound_capable"),
        ).join(trunk, trunk.c.id == number.c.trunk_id)

    @classmethod
    def own(cls, organization_id: str, e164s: list[str]) -> sa.Select[Any]:
        """The organization's own numbers among those named: the only ones that it can write to."""
        number = cls.columns()
        return sa.select(cls).where(number.organization_id == organization_id, number.e164.in_(e164s))

    @classmethod
    def called(cls, e164: str) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().e164 == e164)

    @classmethod
    def organizations_of(cls, e164s: list[str]) -> sa.Select[Any]:
        return sa.select(cls.columns().organization_id).where(cls.columns().e164.in_(e164s))

    @classmethod
    def sharing_impact(cls, identifiers: list[str], queued: sa.ScalarSelect[Any]) -> sa.Select[Any]:
        """For each number: the organizations below its owner, and the borrowed conversations that `queued` counts."""
        number = cls.__table__
        tree = below(sa.select(number.c.organization_id).where(number.c.id.in_(identifiers)))
        count = sa.select(sa.func.count()).where(tree.c.organization_id == number.c.organization_id)
        return sa.select(
            number.c.id, count.scalar_subquery().label("organizations_below"), queued.label("queued_conversations")
        ).where(number.c.id.in_(identifiers))


# NULL on a borrowed number; `owned_id` is the number's own id where it is owned.
OWNERS_BUSINESS = (
    "trunk_id",
    "inbound_agent_version_id",
    "inbound_assigned_at",
    "outbound_agent_version_id",
    "outbound_assigned_at",
)
