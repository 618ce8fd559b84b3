"""Which agent the caller asks for, and whether it may speak (R7)."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models import ErrorCode, ReadSession, Refused, well_formed
from models.choosing import newest_published, own_agent, own_version


@dataclass(frozen=True)
class AgentReference:
    """What was sent to say who speaks: ids as sent, `config` where an inline agent was sent."""

    agent_version_id: str | None = None
    agent_id: str | None = None
    config: dict[str, Any] | None = None


async def referenced_version(session: ReadSession, organization_id: str, sent: AgentReference) -> Any:
    """The version that is to speak, None where an inline agent or none was sent. Refuses in the order of R7."""
    _one_reference(sent)
    asked, missing = sent.agent_version_id, version_not_found("agentVersionId")
    version = await _own(session, own_version, organization_id, asked, missing)
    agent = await _own(session, own_agent, organization_id, sent.agent_id, agent_not_found("agentId"))
    if version and agent and version.agent_id != agent.id:
        raise Refused(
            ErrorCode.AGENT_REFERENCE_CONFLICT,
            f"agentVersionId names a version of {version.agent_name!r}, not of {agent.name!r}."
            " Send a version of the agent in agentId, or only one of the two.",
            "agentVersionId",
        )
    if agent and not version:
        version = await _newest_published(session, agent)
    if version:
        may_speak(version, "agentVersionId" if sent.agent_version_id is not None else "agentId")
    return version


def may_speak(version: Any, *field: str) -> None:
    """A version speaks if it is published and its agent is active."""
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


def _one_reference(sent: AgentReference) -> None:
    if sent.config is None or (sent.agent_version_id is None and sent.agent_id is None):
        return
    raise Refused(
        ErrorCode.AGENT_REFERENCE_CONFLICT,
        "agentConfig is an agent of its own: send it alone, or send agentVersionId or agentId without it.",
        "agentConfig",
    )


async def _own(session: ReadSession, found: Any, organization_id: str, sent: str | None, missing: Any) -> Any:
    """The organization's own row of that id: missing, malformed and foreign are one and the same "not found"."""
    if sent is None:
        return None
    rows = await found(session, organization_id, sent) if well_formed(sent) else None
    if not rows:
        raise missing
    return rows[0]


def agent_not_found(*field: str) -> Refused:
    return Refused(ErrorCode.AGENT_NOT_FOUND, "No such agent in this organization. List them with agents.", *field)


def version_not_found(*field: str) -> Refused:
    return Refused(
        ErrorCode.AGENT_VERSION_NOT_FOUND,
        "No such agent version in this organization. List an agent's versions with agents { nodes { versions } }.",
        *field,
    )


async def _newest_published(session: ReadSession, agent: sa.Row[Any]) -> Any:
    if versions := await newest_published(session, agent.id):
        return versions[0]
    raise Refused(
        ErrorCode.AGENT_VERSION_NOT_PUBLISHED,
        f"{agent.name!r} has no published version. Publish one with publishAgentVersion.",
        "agentId",
    )
