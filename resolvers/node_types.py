"""The types of objects that have an id: their id prefix, name in the schema, scopes, and SELECT statement."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from models import (
    Agent,
    AgentVersion,
    ApiKey,
    AuditEvent,
    Campaign,
    Contact,
    ContactImport,
    Conversation,
    Organization,
    PhoneNumber,
    Reach,
    Scope,
    Suppression,
    Transfer,
    Trunk,
    self_and_ancestors,
)
from models.rows import IdRow
from models.table import Table
from storage.statement import Query, query

# Selects the objects with these ids that a key may see.
SelectNodes = Callable[[Reach, list[str]], Query[IdRow]]


def _select_in_reach(table: type[Table], select_rows: Query[IdRow] | None = None) -> SelectNodes:
    def statement(reach: Reach, identifiers: list[str]) -> Query[IdRow]:
        rows: Query[IdRow] = query(sa.select(table.__table__)) if select_rows is None else select_rows
        return rows.where(reach.contains_rows(table, identifiers))

    return statement


def _select_organizations(reach: Reach, identifiers: list[str]) -> Query[IdRow]:
    """Select organizations within reach, and the ancestors of the key's own."""
    above = sa.select(self_and_ancestors([reach.organization_id]).c.ancestor_id)
    visible = sa.or_(Organization.columns().id.in_(above), reach.contains_rows(Organization, identifiers))
    return Organization.by_id(identifiers).where(visible)


def _select_phone_numbers(reach: Reach, identifiers: list[str]) -> Query[IdRow]:
    """Select numbers as seen by their owner if it is within reach, else as seen by the key's own organization."""
    number = PhoneNumber.columns()
    owners = sa.select(number.organization_id).where(number.id.in_(identifiers))
    seen = PhoneNumber.visible_to(sa.union(owners, sa.select(sa.literal(reach.organization_id)))).subquery()
    as_owner = sa.and_(seen.c.owned, reach.covers(seen.c.organization_id, owners))
    as_viewer = seen.c.viewer_id == reach.organization_id
    return query(sa.select(seen)).where(seen.c.id.in_(identifiers), sa.or_(as_owner, as_viewer))


@dataclass(frozen=True)
class NodeType:
    """A type of objects. Each of its `scopes` allows reading them; without any, all keys may."""

    prefix: str
    name: str
    scopes: tuple[Scope, ...]
    select: SelectNodes


PHONE_NUMBER_SCOPES = (Scope.PHONE_NUMBERS_READ, Scope.PHONE_NUMBERS_MANAGE)
TRUNK_SCOPES = (Scope.TRUNKS_READ, Scope.TRUNKS_MANAGE)
AGENT_SCOPES = (Scope.AGENTS_READ, Scope.AGENTS_MANAGE)
CONVERSATION_SCOPES = (Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE)
CAMPAIGN_SCOPES = (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_MANAGE)

NODE_TYPES = (
    NodeType("org", "Organization", (), _select_organizations),
    NodeType("num", "PhoneNumber", PHONE_NUMBER_SCOPES, _select_phone_numbers),
    NodeType("trk", "Trunk", TRUNK_SCOPES, _select_in_reach(Trunk)),
    NodeType("agt", "Agent", AGENT_SCOPES, _select_in_reach(Agent)),
    NodeType("ver", "AgentVersion", AGENT_SCOPES, _select_in_reach(AgentVersion, AgentVersion.select_with_agent())),
    NodeType("cnv", "Conversation", CONVERSATION_SCOPES, _select_in_reach(Conversation)),
    NodeType("trf", "Transfer", CONVERSATION_SCOPES, _select_in_reach(Transfer)),
    NodeType("key", "ApiKey", (Scope.API_KEYS_MANAGE,), _select_in_reach(ApiKey)),
    NodeType("cmp", "Campaign", CAMPAIGN_SCOPES, _select_in_reach(Campaign)),
    NodeType("cnt", "Contact", CAMPAIGN_SCOPES, _select_in_reach(Contact)),
    NodeType("sup", "Suppression", (Scope.SUPPRESSIONS_MANAGE,), _select_in_reach(Suppression)),
    NodeType("imp", "ContactImport", CAMPAIGN_SCOPES, _select_in_reach(ContactImport)),
    NodeType("aud", "AuditEvent", (Scope.AUDIT_READ,), _select_in_reach(AuditEvent)),
)
NODE_TYPE_BY_PREFIX = {each.prefix: each for each in NODE_TYPES}
NODE_TYPE_BY_NAME = {each.name: each for each in NODE_TYPES}
