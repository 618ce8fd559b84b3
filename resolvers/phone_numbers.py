"""Look up, list, register, share and delete phone numbers (R3, R6)."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Unpack

import sqlalchemy as sa

from calling.e164 import check_e164, normalize_e164
from calling.sharing import set_shareable
from models import Conversation, ErrorCode, PhoneNumber, PhoneNumberAccess, Refused, now
from models.number_rows import NumberRow, TrunkRow
from models.projection import Projection, project
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Order, Page, PageArguments
from resolvers.phone_number_filter import NumberFilter
from resolvers.root_connections import LIST_STATEMENTS, RootList, load_root_connection
from resolvers.trunks import require_own_byoc_trunk
from storage import WriteSession

number = PhoneNumber.columns()


async def phone_number(
    info: Info, e164: str, projection: Projection, organization_id: str | None = None
) -> NumberRow | None:
    """Look up a number as seen by the acting organization; None if it may not see it, or `e164` is not a number."""
    async with info.context.read() as session:
        try:
            acting_id = await info.context.principal.authorize_organization(session, organization_id)
        except Refused:
            return None
        statement = LIST_STATEMENTS.get(
            ("phone_number", projection),
            lambda: project(_select_as_seen_by_e164(), projection, []),
            on_postgres=session.on_postgres,
        )
        return next(iter(await session.rows(statement, acting_id=acting_id, e164=normalize_e164(e164))), None)


def _select_as_seen_by_e164() -> sa.Select[Any]:
    return PhoneNumber.visible_to([sa.bindparam("acting_id")]).where(number.e164 == sa.bindparam("e164"))


OWNED, SHARED = PhoneNumberAccess.OWNED, PhoneNumberAccess.SHARED


def access(root: NumberRow) -> PhoneNumberAccess:
    return OWNED if root.owned else SHARED


async def phone_numbers(
    info: Info,
    projection: Projection,
    organization_id: str | None = None,
    filter: Mapping[str, Any] | None = None,
    order_by: Mapping[str, Enum] | None = None,
    **page_arguments: Unpack[PageArguments],
) -> Page:
    """List own and borrowed numbers; filters on slots, trunk or agent match only own numbers."""
    order = _parse_order(**order_by) if order_by else BY_E164
    number_filter = NumberFilter.parse(filter or {}, order.sort_column.name)
    root_list = RootList(
        "phone_numbers",
        number_filter.select_rows,
        order,
        number_filter.select_first_rows,
        number_filter.applied,
    )
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


BY_E164 = Order(number.e164, number.id)


def _parse_order(field: Enum, direction: Enum) -> Order:
    return Order(number[field.name.lower()], number.id, descending=direction.name == "DESC")


async def create_phone_number(
    transaction: Transaction, *, e164: str, trunk_id: str, shareable: bool, organization_id: str | None = None
) -> Payload:
    owner = await transaction.authorize_organization(organization_id)
    trunk = await require_own_byoc_trunk(transaction, owner, trunk_id)
    await transaction.require_quota(PhoneNumber, owner)
    created = await add_number(transaction.session, trunk, e164, shareable)
    return {"phone_number": (await reload_as_owner(transaction, [created.id]))[0]}


async def add_number(session: WriteSession, trunk: TrunkRow, raw_number: str, shareable: bool = False) -> PhoneNumber:
    """Register a number on a trunk, for the trunk's owner. Raises Refused if it is registered by anyone (R3)."""
    normalized = check_e164(raw_number, "e164")
    if await session.scalar(sa.select(number.id).where(number.e164 == normalized)):
        raise Refused(
            ErrorCode.PHONE_NUMBER_TAKEN,
            f"{normalized} is registered already, and a number is registered once in the whole installation."
            " Look for it with phoneNumbers, or ask your operator who holds it.",
            "e164",
        )
    created_at = now()
    created = PhoneNumber(
        organization_id=trunk.organization_id,
        trunk_id=trunk.id,
        e164=normalized,
        shareable=shareable,
        created_at=created_at,
        updated_at=created_at,
    )
    session.add(created)
    await session.flush()
    return created


async def set_phone_number_shareable(transaction: Transaction, *, phone_number_id: str, shareable: bool) -> Payload:
    await set_shareable(transaction.session, await _require_own_number(transaction, phone_number_id), shareable)
    return {"phone_number": (await reload_as_owner(transaction, [phone_number_id]))[0]}


async def delete_phone_number(transaction: Transaction, *, phone_number_id: str) -> Payload:
    """Delete a number without a live conversation. Conversations keep a copy of it. Its slots need not be empty."""
    found = await _require_own_number(transaction, phone_number_id)
    if await transaction.session.scalar(Conversation.id_of_live_call_on(phone_number_id)):
        raise Refused(
            ErrorCode.PHONE_NUMBER_IN_USE,
            f"{found.e164} has a live conversation. Wait until it has ended, then delete the number.",
            "phoneNumberId",
        )
    await transaction.session.delete(found)
    return {"deleted_phone_number_id": phone_number_id}


async def reload_as_owner(transaction: Transaction, number_ids: list[str]) -> list[NumberRow]:
    """Flush, and read numbers as seen by their owner, in the order of the ids."""
    await transaction.session.flush()
    statement = PhoneNumber.visible_to_owner().where(number.id.in_(number_ids))
    rows = {row.id: row for row in await transaction.session.execute(statement)}
    return [rows[each] for each in number_ids]


async def _require_own_number(transaction: Transaction, phone_number_id: str) -> PhoneNumber:
    in_reach = transaction.principal.reach.contains_rows(PhoneNumber, [phone_number_id])
    found: PhoneNumber | None = await transaction.session.scalar(sa.select(PhoneNumber).where(in_reach))
    if found is None:
        raise Refused(
            ErrorCode.PHONE_NUMBER_NOT_FOUND,
            "No such number among those that this API key may change. List an organization's own with"
            " phoneNumbers(filter: {access: OWNED}); a borrowed one is changed by its owner.",
            "phoneNumberId",
        )
    return found
