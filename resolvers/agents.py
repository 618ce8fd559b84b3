"""List, create and change agents, create drafts of their versions, and publish versions to phone numbers (R5)."""

from typing import Unpack

import sqlalchemy as sa

from calling import validation
from calling.refusals import agent_not_found, agent_version_not_found
from calling.slots import publish_version
from models import Agent, AgentVersion, ErrorCode, Refused, SlotDirection
from models.projection import Projection
from models.rows import AgentVersionRow
from models.stored_bytes import bytes_of_version
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Page, PageArguments, newest_first
from resolvers.phone_numbers import reload_as_owner
from resolvers.root_connections import RootList, load_root_connection


async def agents(
    info: Info, projection: Projection, organization_id: str | None = None, **page_arguments: Unpack[PageArguments]
) -> Page:
    root_list = RootList("agents", Agent.owned_by, newest_first(Agent))
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


async def create_agent(
    transaction: Transaction, *, name: str, active: bool, organization_id: str | None = None
) -> Payload:
    owner = await transaction.authorize_organization(organization_id)
    await transaction.require_quota(Agent, owner)
    agent = Agent(organization_id=owner, name=validation.check_name(name, "name"), active=active)
    transaction.session.add(agent)
    await transaction.session.flush()
    return {"agent": agent}


async def update_agent(
    transaction: Transaction, *, agent_id: str, name: str | None = None, active: bool | None = None
) -> Payload:
    agent = await _require_agent(transaction, agent_id)
    if name is not None:
        agent.name = validation.check_name(name, "name")
    if active is not None:
        agent.active = active
    await transaction.session.flush()
    return {"agent": agent}


async def create_agent_version(
    transaction: Transaction, *, agent_id: str, config: object = None, base_version_id: str | None = None
) -> Payload:
    """Create a draft, numbered one higher than the agent's newest version."""
    agent = await _require_agent(transaction, agent_id)
    if (config is None) == (base_version_id is None):
        raise validation.invalid_input(
            "Send exactly one of config and baseVersionId: what the version says, or which to copy.", "config"
        )
    if base_version_id is not None:
        of_agent = AgentVersion.columns().agent_id == agent.id
        config = (await _require_version(transaction, base_version_id, "baseVersionId", of_agent)).config
    await transaction.require_quota(AgentVersion, agent.organization_id)
    number = await transaction.session.scalar(AgentVersion.next_number(agent.id))
    draft = AgentVersion(
        organization_id=agent.organization_id,
        agent_id=agent.id,
        number=number,
        config=validation.check_json_object(config, "config"),
    )
    transaction.session.add(draft)
    row = await _reload_version(transaction, draft.id)
    transaction.byte_reservation.set_bytes(agent.organization_id, await bytes_of_version(transaction.session, draft.id))
    return {"agent_version": row}


async def update_agent_version(transaction: Transaction, *, agent_version_id: str, config: object) -> Payload:
    version = await _require_version(transaction, agent_version_id, "agentVersionId")
    if version.published_at is not None:
        raise Refused(
            ErrorCode.AGENT_VERSION_PUBLISHED,
            f"Version {version.number} is published, and published versions never change."
            " Copy it into a draft with createAgentVersion(baseVersionId: …) and change that.",
            "agentVersionId",
        )
    before = await bytes_of_version(transaction.session, agent_version_id)
    version.config = validation.check_json_object(config, "config")
    row = await _reload_version(transaction, agent_version_id)
    after = await bytes_of_version(transaction.session, agent_version_id)
    transaction.byte_reservation.set_bytes(version.organization_id, after - before)
    return {"agent_version": row}


async def publish_agent_version(
    transaction: Transaction,
    *,
    agent_version_id: str,
    phone_numbers: list[str],
    unassign_phone_numbers: list[str],
    direction: SlotDirection,
) -> Payload:
    version = await _require_version(transaction, agent_version_id, "agentVersionId")
    numbers = await publish_version(transaction.session, version, phone_numbers, unassign_phone_numbers, direction)
    return {
        "phone_numbers": await reload_as_owner(transaction, numbers),
        "agent_version": await _reload_version(transaction, agent_version_id),
    }


async def _reload_version(transaction: Transaction, version_id: str) -> AgentVersionRow:
    await transaction.session.flush()
    return (await transaction.session.execute(AgentVersion.by_id([version_id]))).one()


async def _require_agent(transaction: Transaction, agent_id: str) -> Agent:
    in_reach = transaction.principal.reach.contains_rows(Agent, [agent_id])
    agent: Agent | None = await transaction.session.scalar(sa.select(Agent).where(in_reach))
    if agent is None:
        raise agent_not_found("agentId")
    return agent


async def _require_version(
    transaction: Transaction, version_id: str, field: str, *conditions: sa.ColumnElement[bool]
) -> AgentVersion:
    in_reach = transaction.principal.reach.contains_rows(AgentVersion, [version_id])
    version: AgentVersion | None = await transaction.session.scalar(
        sa.select(AgentVersion).where(in_reach, *conditions)
    )
    if version is None:
        raise agent_version_not_found(field)
    return version
