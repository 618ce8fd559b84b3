"""Resolve agentVersionId, agentId or agentConfig to the agent version that speaks, or refuse (R7)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from calling.refusals import agent_not_found, agent_version_not_found
from models import ErrorCode, Refused, is_well_formed
from models.json_members import JsonObject
from models.number_candidates import find_newest_published, find_own_agent, find_own_version
from models.rows import AgentRow, AgentVersionRow
from storage import ReadSession

RowType = TypeVar("RowType")


@dataclass(frozen=True)
class AgentReference:
    """The agent that a request asks for: by its ids, or as an inline agent in `config`."""

    agent_version_id: str | None = None
    agent_id: str | None = None
    config: JsonObject | None = None


async def resolve_agent_version(
    session: ReadSession, organization_id: str, reference: AgentReference
) -> AgentVersionRow | None:
    """Return the version that speaks; None for an inline agent, or without a reference.

    `agentId` alone means the agent's newest published version. Raises Refused, by the first check of R7 that fails:
    AGENT_REFERENCE_CONFLICT, AGENT_VERSION_NOT_FOUND, AGENT_NOT_FOUND, AGENT_VERSION_NOT_PUBLISHED, AGENT_INACTIVE.
    """
    _require_one_reference(reference)
    version_id, not_found = reference.agent_version_id, agent_version_not_found("agentVersionId")
    version = await _find_own(session, find_own_version, organization_id, version_id, not_found)
    agent = await _find_own(session, find_own_agent, organization_id, reference.agent_id, agent_not_found("agentId"))
    if version and agent and version.agent_id != agent.id:
        raise Refused(
            ErrorCode.AGENT_REFERENCE_CONFLICT,
            f"agentVersionId names a version of {version.agent_name!r}, not of {agent.name!r}."
            " Send a version of the agent in agentId, or only one of the two.",
            "agentVersionId",
        )
    if agent and not version:
        version = await _newest_published_version(session, agent)
    if version:
        require_can_speak(version, "agentVersionId" if reference.agent_version_id is not None else "agentId")
    return version


def require_can_speak(version: AgentVersionRow, *field: str) -> None:
    """Raise Refused at `field` unless the version is published and its agent is active."""
    if not version.published:
        raise Refused(
            ErrorCode.AGENT_VERSION_NOT_PUBLISHED,
            f"Version {version.number} of {version.agent_name!r} is a draft."
            " Publish it with publishAgentVersion, or send a published version.",
            *field,
        )
    if not version.agent_active:
        raise Refused(
            ErrorCode.AGENT_INACTIVE,
            f"{version.agent_name!r} is switched off."
            " Switch it on with updateAgent(active: true), or send another agent.",
            *field,
        )


def _require_one_reference(reference: AgentReference) -> None:
    if reference.config is None or (reference.agent_version_id is None and reference.agent_id is None):
        return
    raise Refused(
        ErrorCode.AGENT_REFERENCE_CONFLICT,
        "agentConfig is an agent of its own: send it alone, or send agentVersionId or agentId without it.",
        "agentConfig",
    )


async def _find_own(
    session: ReadSession,
    find: Callable[[ReadSession, str, str], Awaitable[list[RowType]]],
    organization_id: str,
    row_id: str | None,
    not_found: Refused,
) -> RowType | None:
    """Return the organization's own row with this id; None without an id.

    Raises the same `not_found` for a malformed id, for an id that does not exist, and for another organization's.
    """
    if row_id is None:
        return None
    rows = await find(session, organization_id, row_id) if is_well_formed(row_id) else None
    if not rows:
        raise not_found
    return rows[0]


async def _newest_published_version(session: ReadSession, agent: AgentRow) -> AgentVersionRow:
    if versions := await find_newest_published(session, agent.id):
        return versions[0]
    raise Refused(
        ErrorCode.AGENT_VERSION_NOT_PUBLISHED,
        f"{agent.name!r} has no published version. Publish one with publishAgentVersion.",
        "agentId",
    )
