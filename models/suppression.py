"""Define suppressions: numbers that an organization, and all below it, never calls, or not until a date (R21)."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.campaign_rows import SuppressedCallRow, SuppressionRow
from models.expressions import TextExpression
from models.identifier import new_id
from models.organization_tree import self_and_ancestors
from models.rows import IdRow
from models.table import Table, select_by_id, select_owned_by
from models.utc_datetime import UtcDateTime, now
from storage.prepared import prepared
from storage.session import ReadSession
from storage.statement import Query, query
from storage.table_revisions import record_time


class Suppression(Table, table=True):
    """An entry. `until`: when it ends; None: never."""

    __tablename__ = "suppression"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "e164"),
        sa.Index("ix_suppression_organization_id_created_at", "organization_id", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("sup"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    e164: str
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    source: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[SuppressionRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[SuppressionRow]:
        return select_owned_by(cls, organization_id)

    @classmethod
    def of_number(cls, organization_id: str | sa.BindParameter[str]) -> Query[SuppressionRow]:
        """Select the organization's entry of the number that is the parameter `e164`."""
        return cls.owned_by(organization_id).where(cls.columns().e164 == sa.bindparam("e164", type_=sa.String))


@prepared
def find_suppression(organization_id: str, e164: str, at: datetime) -> Query[IdRow]:
    """Find an entry that forbids an organization to call a number: its own, or of an organization above it."""
    suppression = Suppression.columns()
    holds = sa.or_(suppression.until.is_(None), suppression.until > at)
    found = query(sa.select(suppression.id)).where(suppression.e164 == e164, _is_own_or_above(organization_id))
    return found.where(holds).limit(1)


@prepared
def find_suppressed_calls(organization_ids: list[str], e164s: list[str], at: datetime) -> Query[SuppressedCallRow]:
    """Select which of these numbers each of these organizations must not call, as `find_suppression` finds it."""
    suppression, ancestry = Suppression.columns(), self_and_ancestors(organization_ids)
    holds = sa.or_(suppression.until.is_(None), suppression.until > at)
    entries = query(sa.select(ancestry.c.organization_id, suppression.e164).select_from(ancestry)).join(
        Suppression.__table__, suppression.organization_id == ancestry.c.ancestor_id
    )
    return entries.where(suppression.e164.in_(e164s), holds)


@prepared
def find_entries(organization_id: str, e164s: list[str]) -> Query[SuppressionRow]:
    """Select an organization's own entries of these numbers, also those that have ended."""
    return Suppression.owned_by(organization_id).where(Suppression.columns().e164.in_(e164s))


@prepared
def find_entries_that_hold_for(organization_id: str, e164s: list[str]) -> Query[SuppressionRow]:
    """Select the entries of these numbers of an organization and those above it, also those that have ended."""
    named = Suppression.columns().e164.in_(e164s)
    return query(sa.select(Suppression.__table__)).where(named, _is_own_or_above(organization_id))


def _is_own_or_above(organization_id: str) -> sa.ColumnElement[bool]:
    organization: TextExpression = sa.cast(organization_id, sa.String)
    return Suppression.columns().organization_id.in_(sa.select(self_and_ancestors([organization]).c.ancestor_id))


async def find_suppressed_numbers(
    session: ReadSession, organization_id: str, e164s: list[str], at: datetime
) -> set[str]:
    """Return which of these numbers an organization must not call, by its own entries or those of one above it.

    An answer that depends on an entry with an end is not cached: nothing is written when the entry ends.
    """
    entries = [
        each
        for each in (await find_entries_that_hold_for(session, organization_id, e164s) if e164s else ())
        if each.until is None or each.until > at
    ]
    if any(each.until for each in entries):
        record_time()
    return {each.e164 for each in entries}
