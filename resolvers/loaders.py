"""The batches behind edges: keys in, answers in the order of the keys out, one statement for any number of them.

Each is named by what it loads; `schema/` declares which edge takes which, by which column. A row that is not there,
or not visible, is None.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from models import (
    Agent,
    AgentVersion,
    ApiKey,
    Conversation,
    Organization,
    PhoneNumber,
    Reach,
    ReadSession,
    Transfer,
    Trunk,
    ancestors,
)
from models.statement import once
from resolvers.loading import Batch

Select = Callable[[Any], sa.Select[Any]]


def one(statement: Select, key: str = "id") -> Batch:
    """The row of each key."""

    made, key_of = once(statement, "keys"), attrgetter(key)

    async def load(session: ReadSession, _reach: Reach, keys: list[Any]) -> list[Any]:
        rows = {key_of(row): row for row in await session.rows(made(), keys=keys)}
        return [rows.get(each) for each in keys]

    return load


def many(statement: Select, key: str) -> Batch:
    """All rows of each key, in the statement's order."""

    made, key_of = once(statement, "keys"), attrgetter(key)

    async def load(session: ReadSession, _reach: Reach, keys: list[Any]) -> list[Any]:
        rows: dict[Any, list[Any]] = defaultdict(list)
        for row in await session.rows(made(), keys=keys):
            rows[key_of(row)].append(row)
        return [rows[each] for each in keys]

    return load


async def phone_numbers_as_seen(session: ReadSession, _reach: Reach, keys: Sequence[tuple[str, str]]) -> list[Any]:
    """Numbers by (id, the organization that asks): None where that organization may not see the number (R6)."""
    identifiers, asking = {identifier for identifier, _ in keys}, {organization for _, organization in keys}
    found = await session.rows(SEEN_BY_ID(), asking=list(asking), identifiers=list(identifiers))
    rows = {(row.id, row.asking_id): row for row in found}
    return [rows.get(key) for key in keys]


def _seen_by_id(asking: Any, identifiers: Any) -> sa.Select[Any]:
    return PhoneNumber.seen_by(asking).where(PhoneNumber.columns().id.in_(identifiers))


SEEN_BY_ID = once(_seen_by_id, "asking", "identifiers")


async def api_keys_within(session: ReadSession, reach: Reach, keys: Sequence[str]) -> list[Any]:
    """None for the key of an organization that the caller may not act for."""
    statement = sa.select(ApiKey.__table__).where(reach.holds(ApiKey, list(keys)))
    rows = {row.id: row for row in await session.execute(statement)}
    return [rows.get(key) for key in keys]


def trunks_of_numbers(identifiers: list[str]) -> sa.Select[Any]:
    """The trunks that these numbers sit on, whoever asks: a transfer goes over the owner's trunk (R13)."""
    number, trunk = PhoneNumber.columns(), Trunk.__table__
    joined = sa.select(*trunk.c, number.id.label("phone_number_id")).join(trunk, trunk.c.id == number.trunk_id)
    return joined.where(number.id.in_(identifiers))


def sharing(identifiers: list[str]) -> sa.Select[Any]:
    borrowed = Conversation.borrowed_and_queued(PhoneNumber.columns().id)
    queued = sa.select(sa.func.count(Conversation.columns().id)).where(borrowed)
    return PhoneNumber.sharing_impact(identifiers, queued.scalar_subquery())


BATCHES: dict[str, Batch] = {
    "organization": one(Organization.by_id),
    "ancestors": many(ancestors, key="descendant_id"),
    "api_key": api_keys_within,
    "trunk": one(Trunk.by_id),
    "trunk_of_number": one(trunks_of_numbers, key="phone_number_id"),
    "agent": one(Agent.by_id),
    "agent_version": one(AgentVersion.by_id),
    "newest_published_version": one(AgentVersion.newest_published, key="agent_id"),
    "phone_number": phone_numbers_as_seen,
    "sharing": one(sharing),
    "transfers": many(Transfer.of_conversations, key="conversation_id"),
}
