"""Select the numbers that steps 1 to 4 consider, and the agents and versions that they refer to (R7, R8)."""

import sqlalchemy as sa

from models.agent import Agent
from models.agent_version import AgentVersion
from models.number_rows import CandidateRow, NumberRow
from models.phone_number import PhoneNumber
from models.rows import AgentRow, AgentVersionRow
from models.trunk import Trunk
from storage.prepared import prepared
from storage.statement import Query, query

number = PhoneNumber.columns()
version = AgentVersion.columns()
CAN_DIAL = Trunk.can_dial(Trunk.columns())
MAX_CANDIDATES = 20
MAX_BOUND_NUMBERS = 100


@prepared
def find_visible_number(organization_id: str, e164: str) -> Query[NumberRow]:
    """Step 1: find the number, if the organization sees it."""
    return PhoneNumber.visible_to([organization_id]).where(number.e164 == e164)


@prepared
def find_own_version(organization_id: str, version_id: str) -> Query[AgentVersionRow]:
    return AgentVersion.select_with_agent().where(version.id == version_id, version.organization_id == organization_id)


@prepared
def find_own_agent(organization_id: str, agent_id: str) -> Query[AgentRow]:
    agent = Agent.columns()
    return query(sa.select(Agent.__table__)).where(agent.id == agent_id, agent.organization_id == organization_id)


@prepared
def find_newest_published(agent_id: str) -> Query[AgentVersionRow]:
    """Find the agent's newest published version, which `agentId` alone resolves to (R7)."""
    return AgentVersion.newest_published([agent_id])


@prepared
def find_bound_to_agent(organization_id: str, agent_id: str, version_id: str) -> Query[CandidateRow]:
    """Find own numbers whose outbound slot holds a version of the agent, best first (steps 2 and 3).

    Those that hold the version itself come before those that hold another, whose number is `held_version`.
    """
    held_id = number.outbound_agent_version_id
    return (
        query(PhoneNumber.visible_to_owner().add_columns(version.number.label("held_version")))
        .join(AgentVersion.__table__, version.id == held_id)
        .where(number.organization_id == organization_id, held_id.in_(AgentVersion.ids_of_agent(agent_id)))
        .order_by((held_id == version_id).desc(), CAN_DIAL.desc(), number.outbound_assigned_at, number.id)
        .limit(MAX_BOUND_NUMBERS)
    )


@prepared
def find_fallback_unassigned(organization_id: str) -> Query[NumberRow]:
    """Step 4: find own numbers that can dial and have an empty outbound slot, the oldest first."""
    return _select_fallback(organization_id, number.outbound_agent_version_id.is_(None))


@prepared
def find_fallback_assigned(organization_id: str) -> Query[NumberRow]:
    """Step 4, second choice: find own numbers that can dial and have a filled outbound slot, the oldest first."""
    return _select_fallback(organization_id, number.outbound_agent_version_id.is_not(None))


def _select_fallback(organization_id: str, slot: sa.ColumnElement[bool]) -> Query[NumberRow]:
    own = PhoneNumber.visible_to_owner().where(number.organization_id == organization_id, CAN_DIAL, slot)
    return own.order_by(number.created_at, number.id).limit(MAX_CANDIDATES)
