"""List and look up conversations, create outbound ones, route inbound calls, and plan a transfer's caller ID."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from calling import inbound_conversation
from calling.checked_call import OutboundCallInput
from calling.e164 import normalize_e164
from calling.outbound_conversation import create_conversation
from calling.outbound_number import not_resolved
from calling.resolution_result import Resolution, from_json
from calling.transfer_plan import TransferPlan, TransferRequest, is_target_suppressed, plan_transfer
from models import AgentVersion, Campaign, Contact, Conversation, DisplayedNumber, Refused, TransferKind
from models.call_rows import ConversationRow
from models.conversation_metadata import ConversationMetadata
from models.index_merge import ColumnsWithoutIndex
from models.json_members import JsonObject, dump_canonical
from models.projection import Projection
from models.stored_bytes import ROW_BYTES
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Condition, Page, PageArguments, SortColumn, created_range, newest_first
from resolvers.loaders import LOADERS
from resolvers.root_connections import ACTING_ID, AppliedFilter, FilterColumns, RootList, load_root_connection
from resolvers.top_level_error import bad_user_input
from storage.statement import Query, list_parameter, query

columns = Conversation.columns()


class OutboundCallFields(TypedDict, total=False):
    """The fields of GraphQL's OutboundCallInput. One that the client left out is absent."""

    to: str
    agent_number: str | None
    agent_version_id: str | None
    agent_id: str | None
    agent_config: JsonObject | None
    allow_fallback: bool
    initial_context: str | None
    metadata: JsonObject | None
    idempotency_key: str | None


async def conversation(info: Info, id: str) -> ConversationRow | None:
    """Look up a conversation within the key's reach; None if there is none."""
    in_reach = info.context.principal.reach.contains_rows(Conversation, [id])
    async with info.context.read() as session:
        statement: Query[ConversationRow] = query(sa.select(Conversation.__table__)).where(in_reach)
        return (await session.execute(statement)).first()


async def conversations(
    info: Info,
    projection: Projection,
    organization_id: str | None = None,
    filter: Mapping[str, Any] | None = None,
    **page_arguments: Unpack[PageArguments],
) -> Page:
    filters = {name: value for name, value in (filter or {}).items() if value is not None}
    key_range = created_range(filters.pop("created_after", None), filters.pop("created_before", None))
    values = {name: NORMALIZERS[name](value) if name in NORMALIZERS else value for name, value in filters.items()}
    members = _metadata_members(filters.pop("metadata", {}))
    if members:
        filters["metadata"] = values["metadata"] = dump_canonical(members)
        values["member"] = _most_selective_member(members)

    def select_rows(acting_id: sa.BindParameter[str]) -> sa.Select[Any]:
        own = (
            Conversation.with_metadata_member(acting_id, METADATA_MEMBER)
            if members
            else Conversation.owned_by(acting_id)
        )
        return own.where(*_conditions(columns, filters))

    def select_first_rows(
        acting_id: sa.BindParameter[str],
        conditions: list[Condition],
        order_by: list[SortColumn],
        limit: sa.BindParameter[int],
    ) -> sa.Select[Any]:
        return _select_first_rows(filters, acting_id, conditions, order_by, limit)

    order = newest_first(Conversation)
    scan_order = newest_first(ConversationMetadata) if _driving_filter(filters) == "metadata" else order
    applied = AppliedFilter(tuple(sorted(filters)), values, key_range, scan_order)
    root_list = RootList("conversations", select_rows, order, select_first_rows, applied)
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


def _select_first_rows(
    filters: Collection[str],
    acting_id: sa.BindParameter[str],
    range_conditions: list[Condition],
    order_by: list[SortColumn],
    limit: sa.BindParameter[int],
) -> sa.Select[Any]:
    """Select the first rows by the index of the filter that likely matches the fewest; check the others row by row.

    In this order: key, contact, metadata, number called, campaign, number, agent (each version is an index range to
    merge), direction and status.
    """
    conditions = [*_conditions(ColumnsWithoutIndex(columns), filters), *range_conditions]
    driving = _driving_filter(filters)
    if driving == "agent_id":
        return Conversation.first_of_agent(acting_id, AGENT_ID, conditions, order_by, limit)
    if driving in STATUS_INDEX_FILTERS:
        chosen = [name for name in STATUS_INDEX_FILTERS if name in filters]
        return Conversation.first_of_statuses(acting_id, lambda c: _conditions(c, chosen), conditions, order_by, limit)
    own = _select_own(driving, acting_id)
    index_conditions = _conditions(columns, [driving] if driving and driving not in CAMPAIGN_FILTERS else [])
    return own.where(*index_conditions, *conditions).order_by(*order_by).limit(limit)


def _select_own(driving: str | None, acting_id: sa.BindParameter[str]) -> sa.Select[Any]:
    """Select the organization's rows. Those of a campaign or a contact are none if that is not its own."""
    if driving == "metadata":
        return Conversation.with_metadata_member(acting_id, METADATA_MEMBER)
    if driving in CAMPAIGN_FILTERS:
        subject = CAMPAIGN_FILTERS[driving].columns()
        is_own = sa.and_(subject.id == sa.bindparam(driving, type_=sa.String), subject.organization_id == acting_id)
        own_id = sa.select(subject.id).where(is_own).scalar_subquery()
        return query(sa.select(Conversation.__table__)).where(columns[driving] == own_id)
    return Conversation.owned_by(acting_id)


def _driving_filter(filters: Iterable[str]) -> str | None:
    return next((name for name in DRIVING_FILTERS if name in filters), None)


def _conditions(table_columns: FilterColumns, filters: Iterable[str]) -> list[Condition]:
    return [CONDITIONS[name](table_columns) for name in filters]


def _metadata_members(metadata: object) -> JsonObject:
    if not isinstance(metadata, dict):
        raise bad_user_input('filter.metadata must be a JSON object of the keys that must be equal, such as {"a": 1}.')
    if len(metadata) > MAX_FILTER_MEMBERS:
        raise bad_user_input(
            f"filter.metadata has {len(metadata)} members; at most {MAX_FILTER_MEMBERS} are looked for. Send those that"
            " few conversations have."
        )
    return metadata


def _most_selective_member(metadata: JsonObject) -> str:
    """Return the member with the longest value, as JSON: few conversations are likely to have it."""
    key = max(metadata, key=lambda each: len(json.dumps(metadata[each])))
    return dump_canonical({key: metadata[key]})


# The most members of metadata in one filter.
MAX_FILTER_MEMBERS = 50
# Replaces a text that is not a phone number. It matches nothing, whereas None would match withheld callers.
MATCHES_NO_NUMBER = ""
AGENT_ID, METADATA_MEMBER = sa.bindparam("agent_id", type_=sa.String), sa.bindparam("member", type_=sa.String)
DRIVING_FILTERS = (
    *("idempotency_key", "contact_id", "metadata", "user_number", "campaign_id", "agent_number"),
    *("agent_id", "direction", "status"),
)
STATUS_INDEX_FILTERS = ("direction", "status")
# What these filters name; their indexes have no organization.
CAMPAIGN_FILTERS: dict[str, type[Campaign | Contact]] = {"campaign_id": Campaign, "contact_id": Contact}

CONDITIONS: dict[str, Callable[[FilterColumns], Condition]] = {
    "direction": lambda c: c.direction == sa.bindparam("direction", type_=columns.direction.type),
    "status": lambda c: c.status.in_(list_parameter("status", columns.status.type)),
    "agent_number": lambda c: c.agent_number == sa.bindparam("agent_number", type_=sa.String),
    "user_number": lambda c: c.user_number == sa.bindparam("user_number", type_=sa.String),
    "campaign_id": lambda c: c.campaign_id == sa.bindparam("campaign_id", type_=sa.String),
    "contact_id": lambda c: c.contact_id == sa.bindparam("contact_id", type_=sa.String),
    "agent_id": lambda c: c.agent_version_id.in_(AgentVersion.of_own_agent(ACTING_ID, AGENT_ID)),
    "idempotency_key": lambda c: c.idempotency_key == sa.bindparam("idempotency_key", type_=sa.String),
    "metadata": lambda _columns: Conversation.has_metadata(sa.bindparam("metadata", type_=sa.String)),
}


def _normalize_number(value: str) -> str:
    return normalize_e164(value) or MATCHES_NO_NUMBER


NORMALIZERS: dict[str, Callable[[str], str]] = {"agent_number": _normalize_number, "user_number": _normalize_number}


def resolution(root: ConversationRow) -> Resolution | None:
    """Return the explanation that was stored when the conversation was created."""
    return from_json(root.resolution, root) if root.resolution is not None else None


async def transfer_caller_id(
    root: ConversationRow,
    info: Info,
    kind: TransferKind,
    displayed_number: DisplayedNumber,
    transfer_number: str | None = None,
) -> TransferPlan:
    trunk = None
    if root.phone_number_id is not None:
        trunk = await info.context.load(LOADERS["trunk_of_number"], root.phone_number_id)
    capabilities = info.context.deployment.transfer_capabilities
    async with info.context.read() as session:
        suppressed = await is_target_suppressed(session, root, transfer_number, capabilities)
    request = TransferRequest(kind, displayed_number, transfer_number)
    return plan_transfer(root, trunk, request, capabilities, is_suppressed=suppressed)


async def create_outbound_conversation(
    transaction: Transaction, *, organization_id: str | None = None, **fields: Unpack[OutboundCallFields]
) -> Payload:
    """Create an outbound conversation.

    Repeating an input with the same idempotency key returns the first conversation, and dials nothing (R11).
    """
    call = OutboundCallInput(**fields)
    try:
        acting_id = await transaction.authorize_organization(organization_id)
    except Refused as error:
        return {"resolution": not_resolved("", call, error.refusal), "user_errors": [error.refusal]}
    deployment = transaction.deployment
    outcome = await create_conversation(
        transaction.session, acting_id, call, deployment.allowed_regions, deployment.max_queued
    )
    transaction.byte_reservation.set_bytes(acting_id, outcome.stored_bytes, {"resolution": outcome.resolution})
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
) -> Payload:
    router = transaction.principal.organization_id
    routed, is_new = await inbound_conversation.route_inbound_call(
        transaction.session, router, called_number, caller_number, idempotency_key
    )
    await transaction.session.flush()
    transaction.byte_reservation.set_bytes(routed.organization_id, ROW_BYTES if is_new else 0)
    assert routed.agent_version_id is not None, "an inbound conversation has an agent version"
    version = AgentVersion.by_id([routed.agent_version_id])
    return {"conversation": routed, "agent_version": (await transaction.session.execute(version)).one()}
