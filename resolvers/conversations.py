"""Conversations: reading them, creating outbound ones, routing inbound ones, and what a transfer would show."""

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from calling import inbound
from calling.e164 import as_e164
from calling.outbound_conversation import OutboundCall, create
from calling.outbound_number import not_resolved
from calling.resolution import Resolution, from_json
from calling.transfers import TransferPlan, TransferRequest, plan
from models import AgentVersion, Conversation, DisplayedNumber, Refused, TransferKind
from models.along import Wanted
from models.conversation_metadata import ConversationMetadata
from models.statement import several
from models.streams import CheckedColumns
from resolvers.context import Info, Transaction
from resolvers.lists import Filtered, own_list
from resolvers.loaders import BATCHES
from resolvers.pages import newest_first
from resolvers.paging import Page, created_between
from resolvers.problem import bad_user_input

columns = Conversation.columns()


async def conversation(info: Info, id: str) -> Any:
    within = info.context.caller.reach.holds(Conversation, [id])
    async with info.context.database.read() as session:
        return (await session.execute(sa.select(Conversation.__table__).where(within))).first()


async def conversations(
    info: Info,
    wanted: Wanted,
    organization_id: str | None = None,
    filter: dict[str, Any] | None = None,
    **window: Any,
) -> Page:
    given = {name: value for name, value in (filter or {}).items() if value is not None}
    stretch = created_between(given.pop("created_after", None), given.pop("created_before", None))
    values = {name: VALUES[name](value) if name in VALUES else value for name, value in given.items()}
    members = _members(given.pop("metadata", {}))
    if members:
        given["metadata"] = values["metadata"] = json.dumps(members, sort_keys=True)
        values["member"] = _longest_member(members)

    def rows(asking: Any) -> sa.Select[Any]:
        own = Conversation.with_member(asking, MEMBER) if members else Conversation.of(asking)
        return own.where(*_conditions(columns, given))

    def first(asking: Any, bounds: list[Any], order: list[Any], most: Any) -> sa.Select[Any]:
        return _first(given, asking, bounds, order, most)

    order = newest_first(Conversation)
    filtered = Filtered(tuple(sorted(given)), values, stretch, newest_first(ConversationMetadata) if members else order)
    return await own_list(
        info, organization_id, rows, order, window, kept="conversations", first=first, filtered=filtered, wanted=wanted
    )


def _first(given: Iterable[str], asking: Any, bounds: list[Any], order: list[Any], most: Any) -> sa.Select[Any]:
    """What is likely to leave the fewest drives: the first of these that is given. The others are checked in each row.

    A key; metadata; a number; an agent, each version of which is a stream; direction and status.
    """
    conditions = [*_conditions(CheckedColumns(columns), given), *bounds]
    driving = next((name for name in DRIVING if name in given), None)
    if driving == "agent_id":
        return Conversation.first_of_agent(asking, AGENT, conditions, order, most)
    if driving in IN_PAIRS:
        chosen = [name for name in IN_PAIRS if name in given]
        return Conversation.first_of_statuses(asking, lambda its: _conditions(its, chosen), conditions, order, most)
    own = Conversation.with_member(asking, MEMBER) if driving == "metadata" else Conversation.of(asking)
    by = _conditions(columns, [driving] if driving else [])
    return own.where(*by, *conditions).order_by(*order).limit(most)


def _conditions(its: Any, given: Iterable[str]) -> list[Any]:
    return [FILTERS[name](its) for name in given]


def _members(wanted: Any) -> dict[str, Any]:
    if not isinstance(wanted, dict):
        raise bad_user_input('filter.metadata must be a JSON object of the keys that must be equal, such as {"a": 1}.')
    return wanted


def _longest_member(wanted: dict[str, Any]) -> str:
    """Which is likely to be had by the fewest."""
    key = max(wanted, key=lambda each: len(json.dumps(wanted[each])))
    return json.dumps({key: wanted[key]}, sort_keys=True)


# What is no number matches nothing; None would match withheld callers.
NO_NUMBER = ""
AGENT, MEMBER = sa.bindparam("agent_id", type_=sa.String), sa.bindparam("member", type_=sa.String)
DRIVING = ("idempotency_key", "metadata", "user_number", "agent_number", "agent_id", "direction", "status")
IN_PAIRS = ("direction", "status")

FILTERS: dict[str, Any] = {
    "direction": lambda its: its.direction == sa.bindparam("direction", type_=columns.direction.type),
    "status": lambda its: its.status.in_(several("status", columns.status.type)),
    "agent_number": lambda its: its.agent_number == sa.bindparam("agent_number", type_=sa.String),
    "user_number": lambda its: its.user_number == sa.bindparam("user_number", type_=sa.String),
    "agent_id": lambda its: its.agent_version_id.in_(AgentVersion.of_agent(AGENT)),
    "idempotency_key": lambda its: its.idempotency_key == sa.bindparam("idempotency_key", type_=sa.String),
    "metadata": lambda _its: Conversation.has_metadata(sa.bindparam("metadata", type_=sa.String)),
}


def _number(value: str) -> str:
    return as_e164(value) or NO_NUMBER


VALUES: dict[str, Any] = {"agent_number": _number, "user_number": _number}


def resolution(root: Any) -> Resolution | None:
    """The explanation as it was kept when the conversation was created."""
    return root.resolution and from_json(root.resolution, root)


async def transfer_caller_id(
    root: Any,
    info: Info,
    kind: TransferKind,
    displayed_number: DisplayedNumber,
    transfer_number: str | None = None,
) -> TransferPlan:
    trunk = None
    if root.phone_number_id is not None:
        trunk = await info.context.load(BATCHES["trunk_of_number"], root.phone_number_id)
    regions = info.context.deployment.allowed_regions
    return plan(root, trunk, TransferRequest(kind, displayed_number, transfer_number), regions)


async def create_outbound_conversation(
    transaction: Transaction, *, organization_id: str | None = None, **sent: Any
) -> dict[str, Any]:
    """R11: the same input under the same key again gives the first conversation, and dials nothing."""
    call = OutboundCall(**sent)
    try:
        owner = await transaction.acting(organization_id)
    except Refused as refused:
        return {"resolution": not_resolved(call.question(""), refused.refusal), "user_errors": [refused.refusal]}
    deployment = transaction.deployment
    outcome = await create(transaction.session, owner, call, deployment.allowed_regions, deployment.most_queued)
    return {
        "conversation": outcome.conversation,
        "resolution": outcome.resolution,
        "replayed": outcome.replayed,
        "user_errors": [outcome.refusal] if outcome.refusal else [],
    }


async def route_inbound_call(
    transaction: Transaction,
    *,
    called_number: str,
    caller_number: str | None = None,
    idempotency_key: str | None = None,
) -> dict[str, Any]:
    router = transaction.caller.organization_id
    routed = await inbound.route(transaction.session, router, called_number, caller_number, idempotency_key)
    await transaction.session.flush()
    speaking = AgentVersion.by_id([routed.agent_version_id])
    return {"conversation": routed, "agent_version": (await transaction.session.execute(speaking)).one()}
