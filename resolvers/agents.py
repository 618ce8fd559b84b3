"""Agents and their versions: listing, creating, changing, publishing (R5)."""

from typing import Any

import sqlalchemy as sa

from calling import form
from calling.agent_reference import agent_not_found, version_not_found
from calling.slots import publish
from models import Agent, AgentVersion, ErrorCode, Refused, SlotDirection
from models.along import Wanted
from resolvers.context import Info, Transaction
from resolvers.lists import own_list
from resolvers.pages import newest_first
from resolvers.paging import Page
from resolvers.phone_numbers import as_owner


async def agents(info: Info, wanted: Wanted, organization_id: str | None = None, **window: Any) -> Page:
    return await own_list(info, organization_id, Agent.of, newest_first(Agent), window, kept="agents", wanted=wanted)


async def create_agent(
    transaction: Transaction, *, name: str, active: bool, organization_id: str | None = None
) -> dict[str, Any]:
    owner = await transaction.acting(organization_id)
    agent = Agent(organization_id=owner, name=form.name(name, "name"), active=active)
    transaction.session.add(agent)
    await transaction.session.flush()
    return {"agent": agent}


async def update_agent(
    transaction: Transaction, *, agent_id: str, name: str | None = None, active: bool | None = None
) -> dict[str, Any]:
    agent = await _agent(transaction, agent_id)
    if name is not None:
        agent.name = form.name(name, "name")
    if active is not None:
        agent.active = active
    await transaction.session.flush()
    return {"agent": agent}


async def create_agent_version(
    transaction: Transaction, *, agent_id: str, config: Any = None, base_version_id: str | None = None
) -> dict[str, Any]:
    """A draft, numbered one higher than the agent's newest."""
    agent = await _agent(transaction, agent_id)
    if (config is None) == (base_version_id is None):
        raise form.invalid(
            "Send exactly one of config and baseVersionId: what the version says, or which to copy.", "config"
        )
    if base_version_id is not None:
        base = await _version(transaction, base_version_id, "baseVersionId")
        if base.agent_id != agent.id:
            raise version_not_found("baseVersionId")
        config = base.config
    number = await transaction.session.scalar(AgentVersion.next_number(agent.id))
    draft = AgentVersion(
        organization_id=agent.organization_id,
        agent_id=agent.id,
        number=number,
        config=form.json_object(config, "config"),
    )
    transaction.session.add(draft)
    return {"agent_version": await _as_row(transaction, draft.id)}


async def update_agent_version(transaction: Transaction, *, agent_version_id: str, config: Any) -> dict[str, Any]:
    version = await _version(transaction, agent_version_id, "agentVersionId")
    if version.published_at is not None:
        raise Refused(
            ErrorCode.AGENT_VERSION_PUBLISHED,
            f"Version {version.number} is published, and published versions never change."
            " Copy it into a draft with createAgentVersion(baseVersionId: …) and change that.",
            "agentVersionId",
        )
    version.config = form.json_object(config, "config")
    return {"agent_version": await _as_row(transaction, agent_version_id)}


async def publish_agent_version(
    transaction: Transaction,
    *,
    agent_version_id: str,
    phone_numbers: list[str],
    unassign_phone_numbers: list[str],
    direction: SlotDirection,
) -> dict[str, Any]:
    version = await _version(transaction, agent_version_id, "agentVersionId")
    named = await publish(transaction.session, version, phone_numbers, unassign_phone_numbers, direction)
    return {
        "phone_numbers": await as_owner(transaction, named),
        "agent_version": await _as_row(transaction, agent_version_id),
    }


async def _as_row(transaction: Transaction, version_id: str) -> Any:
    await transaction.session.flush()
    return (await transaction.session.execute(AgentVersion.by_id([version_id]))).one()


async def _agent(transaction: Transaction, agent_id: str) -> Agent:
    within = transaction.caller.reach.holds(Agent, [agent_id])
    agent: Agent | None = await transaction.session.scalar(sa.select(Agent).where(within))
    if agent is None:
        raise agent_not_found("agentId")
    return agent


async def _version(transaction: Transaction, version_id: str, field: str) -> AgentVersion:
    within = transaction.caller.reach.holds(AgentVersion, [version_id])
    version: AgentVersion | None = await transaction.session.scalar(sa.select(AgentVersion).where(within))
    if version is None:
        raise version_not_found(field)
    return version
