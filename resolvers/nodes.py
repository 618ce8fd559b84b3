"""Any object by its id: malformed, foreign and missing are one and the same null (R2)."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from models import (
    Agent,
    AgentVersion,
    ApiKey,
    AuditEvent,
    Conversation,
    Organization,
    PhoneNumber,
    Reach,
    ReadSession,
    Scope,
    Transfer,
    Trunk,
    lineage,
    prefix_of,
    well_formed,
)
from resolvers.context import Info
from resolvers.problem import Problem, bad_user_input

MOST_NODES = 100


def _within(table: Any, rows: sa.Select[Any] | None = None) -> Any:
    def statement(reach: Reach, identifiers: list[str]) -> sa.Select[Any]:
        return (sa.select(table.__table__) if rows is None else rows).where(reach.holds(table, identifiers))

    return statement


def _organizations(reach: Reach, identifiers: list[str]) -> sa.Select[Any]:
    above = sa.select(lineage([reach.organization_id]).c.ancestor_id)
    seen = sa.or_(Organization.columns().id.in_(above), reach.holds(Organization, identifiers))
    return Organization.by_id(identifiers).where(seen)


def _phone_numbers(reach: Reach, identifiers: list[str]) -> sa.Select[Any]:
    """As the owner sees them where the key may act for the owner, else as the key's own organization does."""
    number = PhoneNumber.columns()
    owners = sa.select(number.organization_id).where(number.id.in_(identifiers))
    seen = PhoneNumber.seen_by(sa.union(owners, sa.select(sa.literal(reach.organization_id)))).subquery()
    as_owner = sa.and_(seen.c.owned, reach.covers(seen.c.organization_id, owners))
    as_oneself = seen.c.asking_id == reach.organization_id
    return sa.select(seen).where(seen.c.id.in_(identifiers), sa.or_(as_owner, as_oneself))


KINDS: dict[str, tuple[tuple[Scope, ...], Any]] = {
    "org": ((), _organizations),
    "num": ((Scope.PHONE_NUMBERS_READ, Scope.PHONE_NUMBERS_MANAGE), _phone_numbers),
    "trk": ((Scope.TRUNKS_READ, Scope.TRUNKS_MANAGE), _within(Trunk)),
    "agt": ((Scope.AGENTS_READ, Scope.AGENTS_MANAGE), _within(Agent)),
    "ver": ((Scope.AGENTS_READ, Scope.AGENTS_MANAGE), _within(AgentVersion, AgentVersion.rows())),
    "cnv": ((Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE), _within(Conversation)),
    "trf": ((Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE), _within(Transfer)),
    "key": ((Scope.API_KEYS_MANAGE,), _within(ApiKey)),
    "aud": ((Scope.AUDIT_READ,), _within(AuditEvent)),
}


async def node(info: Info, id: str) -> Any:
    found = (await nodes(info, [id]))[0]
    if isinstance(found, Exception):
        raise found
    return found


async def nodes(info: Info, ids: list[str]) -> list[Any]:
    """In the order of the ids; one statement a kind. A kind that the key may not read is FORBIDDEN at its place."""
    if len(ids) > MOST_NODES:
        raise bad_user_input(f"{len(ids)} ids were sent; at most {MOST_NODES} are answered at once.")
    found: dict[str, Any] = {}
    by_kind: dict[str, list[str]] = defaultdict(list)
    for identifier in ids:
        by_kind[prefix_of(identifier) or ""].append(identifier)
    async with info.context.database.read() as session:
        for kind, identifiers in by_kind.items():
            found.update(await _of_kind(info, session, kind, identifiers))
    return [found.get(identifier) for identifier in ids]


async def _of_kind(info: Info, session: ReadSession, kind: str, identifiers: list[str]) -> dict[str, Any]:
    sufficient, statement = KINDS.get(kind, ((), None))
    try:
        info.context.caller.require(sufficient)
    except Problem as problem:
        return dict.fromkeys(identifiers, problem)
    wanted = [each for each in identifiers if well_formed(each)]
    if statement is None or not wanted:
        return {}
    return {row.id: row for row in await session.execute(statement(info.context.caller.reach, wanted))}
