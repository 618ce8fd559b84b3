"""Phone numbers: looking one up, the table of them, registering, sharing and deleting (R3, R6)."""

from typing import Any

import sqlalchemy as sa

from calling.e164 import as_e164, e164
from calling.sharing import set_shareable
from models import Conversation, ErrorCode, PhoneNumber, PhoneNumberAccess, Refused, WriteSession, now
from models.along import Wanted, as_wanted
from resolvers.context import Info, Transaction
from resolvers.lists import KEPT, own_list
from resolvers.number_filter import NumberFilter
from resolvers.paging import Order, Page
from resolvers.trunks import own_trunk

number = PhoneNumber.columns()


async def phone_number(info: Info, e164: str, wanted: Wanted, organization_id: str | None = None) -> Any:
    """The number as the acting organization sees it; None for what it may not see, and for what is no number."""
    async with info.context.database.read() as session:
        try:
            asking = await info.context.caller.acting(session, organization_id)
        except Refused:
            return None
        statement = KEPT.of(("phone_number", wanted), lambda: as_wanted(_seen_by_e164(), wanted, []))
        return next(iter(await session.rows(statement, asking=asking, e164=as_e164(e164))), None)


def _seen_by_e164() -> sa.Select[Any]:
    return PhoneNumber.seen_by([sa.bindparam("asking")]).where(number.e164 == sa.bindparam("e164"))


OWNED, SHARED = PhoneNumberAccess.OWNED, PhoneNumberAccess.SHARED


def access(root: Any) -> PhoneNumberAccess:
    return OWNED if root.owned else SHARED


async def phone_numbers(
    info: Info,
    wanted: Wanted,
    organization_id: str | None = None,
    filter: dict[str, Any] | None = None,
    order_by: dict[str, Any] | None = None,
    **window: Any,
) -> Page:
    """Own and borrowed numbers; a filter on slots, trunk or agent matches own ones only, as the others show none."""
    order = _order(**order_by) if order_by else BY_E164
    asked = NumberFilter.read(filter or {}, order.by.name)
    return await own_list(
        info,
        organization_id,
        asked.rows,
        order,
        window,
        kept="phone_numbers",
        first=asked.first,
        filtered=asked.filtered,
        wanted=wanted,
    )


BY_E164 = Order(number.e164, number.id)


def _order(field: Any, direction: Any) -> Order:
    return Order(number[field.name.lower()], number.id, descending=direction.name == "DESC")


async def create_phone_number(
    transaction: Transaction, *, e164: str, trunk_id: str, shareable: bool, organization_id: str | None = None
) -> dict[str, Any]:
    owner = await transaction.acting(organization_id)
    trunk = await own_trunk(transaction, owner, trunk_id)
    created = await add_number(transaction.session, trunk, e164, shareable)
    return {"phone_number": (await as_owner(transaction, [created.id]))[0]}


async def add_number(session: WriteSession, trunk: Any, typed: str, shareable: bool = False) -> PhoneNumber:
    """Register a number on a trunk, for the trunk's owner; it is unique in the whole installation (R3)."""
    written = e164(typed, "e164")
    if await session.scalar(sa.select(number.id).where(number.e164 == written)):
        raise Refused(
            ErrorCode.PHONE_NUMBER_TAKEN,
            f"{written} is registered already, and a number is registered once in the whole installation."
            " Look for it with phoneNumbers, or ask your operator who holds it.",
            "e164",
        )
    moment = now()
    created = PhoneNumber(
        organization_id=trunk.organization_id,
        trunk_id=trunk.id,
        e164=written,
        shareable=shareable,
        created_at=moment,
        updated_at=moment,
    )
    session.add(created)
    await session.flush()
    return created


async def set_phone_number_shareable(
    transaction: Transaction, *, phone_number_id: str, shareable: bool
) -> dict[str, Any]:
    await set_shareable(transaction.session, await _own(transaction, phone_number_id), shareable)
    return {"phone_number": (await as_owner(transaction, [phone_number_id]))[0]}


async def delete_phone_number(transaction: Transaction, *, phone_number_id: str) -> dict[str, Any]:
    """Conversations keep their snapshot of it; filled slots don't hinder."""
    found = await _own(transaction, phone_number_id)
    if await transaction.session.scalar(Conversation.live_on(phone_number_id)):
        raise Refused(
            ErrorCode.PHONE_NUMBER_IN_USE,
            f"{found.e164} has a live conversation. Wait until it has ended, then delete the number.",
            "phoneNumberId",
        )
    await transaction.session.delete(found)
    return {"deleted_phone_number_id": phone_number_id}


async def as_owner(transaction: Transaction, identifiers: list[str]) -> list[Any]:
    """The numbers in this order, as their owner sees them."""
    await transaction.session.flush()
    statement = PhoneNumber.by_owner().where(number.id.in_(identifiers))
    rows = {row.id: row for row in await transaction.session.execute(statement)}
    return [rows[each] for each in identifiers]


async def _own(transaction: Transaction, phone_number_id: str) -> PhoneNumber:
    within = transaction.caller.reach.holds(PhoneNumber, [phone_number_id])
    found: PhoneNumber | None = await transaction.session.scalar(sa.select(PhoneNumber).where(within))
    if found is None:
        raise Refused(
            ErrorCode.PHONE_NUMBER_NOT_FOUND,
            "No such number among those that this API key may change. List an organization's own with"
            " phoneNumbers(filter: {access: OWNED}); a borrowed one is changed by its owner.",
            "phoneNumberId",
        )
    return found
