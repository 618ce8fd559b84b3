"""Count the calls of organizations and of all below them against their call budgets, and lock the budgets (R19)."""

from typing import Any, Protocol

import sqlalchemy as sa

from models.conversation import Conversation
from models.conversation_status import IS_ACTIVE_SQL, IS_QUEUED_SQL
from models.organization import Organization
from models.organization_tree import OrganizationIds, self_and_ancestors
from models.phone_number import CallDirection
from models.rows import IdRow
from storage.prepared import prepared
from storage.statement import Query, query

conversation, organization = Conversation.__table__, Organization.__table__
# Each by its partial index.
IS_ACTIVE, IS_QUEUED = (sa.text(f"conversation.{each}") for each in (IS_ACTIVE_SQL, IS_QUEUED_SQL))


class CallBudgetRow(Protocol):
    """The budget of an organization, or of one above it, which `id` is; and the calls at once that are within it."""

    @property
    def organization_id(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def call_budget(self) -> int: ...
    @property
    def active(self) -> int: ...
    @property
    def queued(self) -> int: ...


def lock_budgets_above(organization_ids: list[str]) -> Query[IdRow]:
    """Lock the budgets of these organizations and of those above, in one order: one server at a time counts them."""
    above = sa.select(self_and_ancestors(organization_ids).c.ancestor_id)
    budgets = query(sa.select(organization.c.id)).where(
        organization.c.call_budget.is_not(None), organization.c.id.in_(above)
    )
    return budgets.order_by(organization.c.id).with_for_update(key_share=True)


@prepared
def find_budgets_above(organization_ids: list[str]) -> Query[CallBudgetRow]:
    """Select the budgets that hold for each organization: its own, and those of the organizations above it."""
    ancestry = self_and_ancestors(organization_ids)
    active, queued = _count_by_ancestor(IS_ACTIVE, "active"), _count_by_ancestor(IS_QUEUED, "queued")
    budgets = sa.select(
        ancestry.c.organization_id,
        organization.c.id,
        organization.c.call_budget,
        sa.func.coalesce(active.c.calls, 0).label("active"),
        sa.func.coalesce(queued.c.calls, 0).label("queued"),
    ).join(organization, organization.c.id == ancestry.c.ancestor_id)
    counted = budgets.outerjoin(active, active.c.ancestor_id == organization.c.id).outerjoin(
        queued, queued.c.ancestor_id == organization.c.id
    )
    return query(counted.where(organization.c.call_budget.is_not(None)))


@prepared
def find_any_budget() -> Query[IdRow]:
    """Find whether any organization has a budget."""
    return query(sa.select(organization.c.id)).where(organization.c.call_budget.is_not(None)).limit(1)


def select_call_budgets(organization_ids: OrganizationIds) -> sa.Select[Any]:
    """Select the budget of each organization, and `used`: the calls at once of it and of all below."""
    active = _count_by_ancestor(IS_ACTIVE, "active")
    used = sa.func.coalesce(active.c.calls, 0).label("used")
    budgets = sa.select(organization.c.id, organization.c.call_budget, used)
    counted = budgets.outerjoin(active, active.c.ancestor_id == organization.c.id)
    return counted.where(organization.c.id.in_(organization_ids))


def _count_by_ancestor(condition: sa.TextClause, name: str) -> sa.Subquery:
    """Count outbound calls for each organization that makes them, and for each above it: from the calls upwards."""
    counted = sa.and_(condition, conversation.c.direction == CallDirection.OUTBOUND)
    by_caller = (
        sa.select(conversation.c.organization_id, sa.func.count().label("calls"))
        .where(counted)
        .group_by(conversation.c.organization_id)
        .subquery(f"{name}_by_caller")
    )
    ancestry = self_and_ancestors(sa.select(conversation.c.organization_id).where(counted).distinct())
    return (
        sa.select(ancestry.c.ancestor_id, sa.func.sum(by_caller.c.calls).label("calls"))
        .join(by_caller, by_caller.c.organization_id == ancestry.c.organization_id)
        .group_by(ancestry.c.ancestor_id)
        .subquery(name)
    )
