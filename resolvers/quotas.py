"""Limit how many keys, numbers, agents and versions an organization has; counting stops at the quota."""

from dataclasses import dataclass, fields
from typing import NamedTuple

import sqlalchemy as sa

from models import Agent, AgentVersion, ApiKey, ErrorCode, PhoneNumber, Refused
from storage import WriteSession


@dataclass(frozen=True)
class Quotas:
    """The most rows of each kind that an organization may have, or of contacts a campaign; 0 means no limit."""

    api_keys: int = 0
    phone_numbers: int = 0
    agents: int = 0
    agent_versions: int = 0
    contacts: int = 0
    suppressions: int = 0

    @classmethod
    def from_settings(cls, settings: object) -> "Quotas":
        """Read each quota from the setting `max_<quota>`."""
        return cls(**{each.name: getattr(settings, f"max_{each.name}") for each in fields(cls)})


CountedTable = type[ApiKey] | type[PhoneNumber] | type[Agent] | type[AgentVersion]


class CountedRows(NamedTuple):
    """The name of a quota, what it counts, and the advice for clients that reach it."""

    quota_name: str
    what: str
    remedy: str


QUOTA_BY_TABLE: dict[CountedTable, CountedRows] = {
    ApiKey: CountedRows(
        "api_keys", "API keys that are not revoked", "Revoke one that is not used any more with revokeApiKey."
    ),
    PhoneNumber: CountedRows(
        "phone_numbers", "phone numbers", "Delete one that is not used any more with deletePhoneNumber."
    ),
    Agent: CountedRows("agents", "agents", "Change one that is there with updateAgent."),
    AgentVersion: CountedRows(
        "agent_versions", "agent versions", "Change a draft that is there with updateAgentVersion."
    ),
}


async def require_quota(session: WriteSession, quotas: Quotas, table: CountedTable, organization_id: str) -> None:
    """Raise Refused (LIMIT_EXCEEDED) if the organization may not have one more row of the table."""
    name, what, remedy = QUOTA_BY_TABLE[table]
    limit: int = getattr(quotas, name)
    if not limit:
        return
    own = table.columns().organization_id == organization_id
    in_use = sa.and_(own, ApiKey.columns().revoked_at.is_(None)) if table is ApiKey else own
    rows = sa.select(sa.literal(1)).select_from(table.__table__).where(in_use).limit(limit).subquery("rows")
    if await session.scalar(sa.select(sa.func.count()).select_from(rows)) == limit:
        raise Refused(
            ErrorCode.LIMIT_EXCEEDED,
            f"The organization has {limit:,} {what}, and may have no more. {remedy} Or ask your operator for more.",
        )
