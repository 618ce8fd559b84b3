"""Conversations: reading them, creating outbound ones, routing inbound ones, and what a transfer would show."""

import json
from typing import Any

import sqlalchemy as sa

from calling import inbound
from calling.e164 import as_e164
from calling.outbound_conversation import OutboundCall, create
from calling.outbound_number import not_resolved
from calling.resolution import Resolution, from_json
from calling.transfers import TransferPlan, TransferRequest, plan
from models import AgentVersion, Conversation, DisplayedNumber, Refused, TransferKind
from models.along import Along
from resolvers.context import Info, Transaction
from resolvers.lists import own_list
from resolvers.loaders import BATCHES
from resolvers.pages import newest_first
from resolvers.paging import Page
from resolvers.problem import bad_user_input

columns = Conversation.columns()


async def conversation(info: Info, id: str) -> Any:
    within = info.context.caller.reach.holds(Conversation, [id])
    async with info.context.database.read() as session:
        return (await session.execute(sa.select(Conversation.__table__).where(within))).first()


async def conversations(
    info: Info,
    along: tuple[Along, ...] = (),
    organization_id: str | None = None,
    filter: dict[str, Any] | None = None,
    **window: Any,
) -> Page:
    given = {name: value for name, value in (filter or {}).items() if value is not None}
    conditions = [FILTERS[name](value) for name, value in given.items()]

    def statement(asking: str) -> sa.Select[Any]:
        return Conversation.of(asking).where(*conditions)

    kept = None if given else "conversations"
    return await own_list(info, organization_id, statement, newest_first(Conversation), window, kept=kept, along=along)


def _has_metadata(wanted: Any) -> sa.ColumnElement[bool]:
    if not isinstance(wanted, dict):
        raise bad_user_input('filter.metadata must be a JSON object of the keys that must be equal, such as {"a": 1}.')
    return Conversation.has_metadata(json.dumps(wanted, sort_keys=True))


# What is no number matches nothing; None would match withheld callers.
NO_NUMBER = ""

FILTERS: dict[str, Any] = {
    "direction": lambda value: columns.direction == value,
    "status": columns.status.in_,
    "agent_number": lambda value: columns.agent_number == (as_e164(value) or NO_NUMBER),
    "user_number": lambda value: columns.user_number == (as_e164(value) or NO_NUMBER),
    "agent_id": lambda value: columns.agent_version_id.in_(AgentVersion.of_agent(value)),
    "idempotency_key": lambda value: columns.idempotency_key == value,
    "metadata": _has_metadata,
    "created_after": lambda value: columns.created_at > value,
    "created_before": lambda value: columns.created_at < value,
}


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
