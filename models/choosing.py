"""The statements behind the choice of an outbound number (R8), each built once: a create asks one or two of them."""

from typing import Any

import sqlalchemy as sa

from models.agent import Agent
from models.agent_version import AgentVersion
from models.phone_number import PhoneNumber
from models.prepared import prepared
from models.trunk import Trunk

number = PhoneNumber.columns()
version = AgentVersion.columns()
can_dial = Trunk.columns().outbound_address.is_not(None)
MOST_CANDIDATES = 20
MOST_NAMED = 100


@prepared
def visible_number(organization_id: Any, e164: Any) -> sa.Select[Any]:
    """Step 1: the number as the organization sees it, if it does."""
    return PhoneNumber.seen_by([organization_id]).where(number.e164 == e164)


@prepared
def own_version(organization_id: Any, version_id: Any) -> sa.Select[Any]:
    return AgentVersion.rows().where(version.id == version_id, version.organization_id == organization_id)


@prepared
def own_agent(organization_id: Any, agent_id: Any) -> sa.Select[Any]:
    agent = Agent.columns()
    return sa.select(Agent.__table__).where(agent.id == agent_id, agent.organization_id == organization_id)


@prepared
def newest_published(agent_id: Any) -> sa.Select[Any]:
    """What `agentId` alone resolves to (R7)."""
    return AgentVersion.newest_published([agent_id])


@prepared
def bound_to_agent(organization_id: Any, agent_id: Any, version_id: Any) -> sa.Select[Any]:
    """Steps 2 and 3: own numbers whose outbound slot holds a version of the agent, best first.

    Those that hold the version itself come before those that hold another, whose number is `held_version`.
    """
    holds = number.outbound_agent_version_id
    return (
        PhoneNumber.by_owner()
        .add_columns(version.number.label("held_version"))
        .join(AgentVersion.__table__, version.id == holds)
        .where(number.organization_id == organization_id, holds.in_(AgentVersion.of_agent(agent_id)))
        .order_by((holds == version_id).desc(), can_dial.desc(), number.outbound_assigned_at, number.id)
        .limit(MOST_NAMED)
    )


@prepared
def fallback_unassigned(organization_id: Any) -> sa.Select[Any]:
    """Step 4: own numbers that can dial out and have an empty outbound slot, the oldest first."""
    return _fallback(organization_id, number.outbound_agent_version_id.is_(None))


@prepared
def fallback_assigned(organization_id: Any) -> sa.Select[Any]:
    """Step 4, after those: numbers whose outbound slot is filled."""
    return _fallback(organization_id, number.outbound_agent_version_id.is_not(None))


def _fallback(organization_id: Any, slot: sa.ColumnElement[bool]) -> sa.Select[Any]:
    own = PhoneNumber.by_owner().where(number.organization_id == organization_id, can_dial, slot)
    return own.order_by(number.created_at, number.id).limit(MOST_CANDIDATES)
