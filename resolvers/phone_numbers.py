"""Phone numbers: looking one up, the table of them, registering, sharing and deleting (R3, R6)."""

from typing import Any

import sqlalchemy as sa

from calling.e164 import as_e164, e164, without_punctuation
from calling.sharing import set_shareable
from models import Conversation, ErrorCode, PhoneNumber, PhoneNumberAccess, Refused, Trunk, WriteSession, now
from models.agent_version import AgentVersion
from models.along import Along, with_along
from resolvers.context import Info, Transaction
from resolvers.lists import KEPT, own_list
from resolvers.paging import Order, Page
from resolvers.trunks import own_trunk

number = PhoneNumber.columns()
LONGEST_E164 = 16


async def phone_number(info: Info, e164: str, along: tuple[Along, ...] = (), organization_id: str | None = None) -> Any:
    """The number as the acting organization sees it; None for what it may not see, and for what is no number."""
    async with info.context.database.read() as session:
        try:
            asking = await info.context.caller.acting(session, organization_id)
        except Refused:
            return None
        statement = KEPT.of(("phone_number", along), lambda: with_along(_seen_by_e164(), along, []))
        return next(iter(await session.rows(statement, asking=asking, e164=as_e164(e164))), None)


def _seen_by_e164() -> sa.Select[Any]:
    return PhoneNumber.seen_by([sa.bindparam("asking")]).where(number.e164 == sa.bindparam("e164"))


OWNED, SHARED = PhoneNumberAccess.OWNED, PhoneNumberAccess.SHARED


def access(root: Any) -> PhoneNumberAccess:
    return OWNED if root.owned else SHARED


async def phone_numbers(
    info: Info,
    along: tuple[Along, ...] = (),
    organization_id: str | None = None,
    filter: dict[str, Any] | None = None,
    order_by: dict[str, Any] | None = None,
    **window: Any,
) -> Page:
    """Own and borrowed numbers; a filter on slots, trunk or agent matches own ones only, as the others show none."""

    def statement(asking: str) -> sa.Select[Any]:
        return PhoneNumber.seen_by([asking]).where(*_conditions(asking, filter or {}))

    def first(asking: str, bounds: list[Any], columns: list[Any], most: int) -> sa.Select[Any]:
        conditions = _conditions(asking, filter or {})
        return PhoneNumber.first_seen_by(asking, _owned(filter or {}), [*conditions, *bounds], columns, most)

    chosen = order_by or {}
    by = chosen["field"].name.lower() if chosen else "e164"
    order = Order(number[by], number.id, descending=bool(chosen) and chosen["direction"].name == "DESC")
    kept = None if filter else "phone_numbers"
    return await own_list(info, organization_id, statement, order, window, first=first, kept=kept, along=along)


def _conditions(asking: str, filter: dict[str, Any]) -> list[sa.ColumnElement[bool]]:
    given = {name: value for name, value in filter.items() if value is not None}
    return [condition for name, value in given.items() for condition in FILTERS[name](asking, value)]


def _owned(filter: dict[str, Any]) -> bool | None:
    """Whether the filter leaves own numbers alone, or borrowed ones alone."""
    if any(filter.get(name) is not None for name in OF_OWN_NUMBERS):
        return True
    access = filter.get("access")
    return None if access is None else access is PhoneNumberAccess.OWNED


def _mine(asking: str) -> sa.ColumnElement[bool]:
    return sa.and_(number.organization_id == asking)


def _contains(_asking: str, text: str) -> list[sa.ColumnElement[bool]]:
    digits = without_punctuation(text)
    found = [number.e164.contains(digits, autoescape=True)]
    # Every number begins with its only plus: what has one is where it stands in the order, and need not be looked for.
    begins = digits.startswith("+") and digits[1:].isdecimal()
    return [*found, number.e164 >= digits, number.e164 <= digits + "9" * LONGEST_E164] if begins else found


def _holds_agent(asking: str, agent_id: str) -> list[sa.ColumnElement[bool]]:
    versions = AgentVersion.of_agent(agent_id)
    either = sa.or_(number.inbound_agent_version_id.in_(versions), number.outbound_agent_version_id.in_(versions))
    return [_mine(asking), either]


OF_OWN_NUMBERS = ("outbound_assigned", "inbound_assigned", "trunk_id", "agent_id")
FILTERS: dict[str, Any] = {
    "access": lambda asking, value: [_mine(asking) == (value is PhoneNumberAccess.OWNED)],
    "e164_contains": _contains,
    "shareable": lambda _asking, value: [number.shareable == value],
    "outbound_capable": lambda _asking, value: [Trunk.columns().outbound_address.is_not(None) == value],
    "outbound_assigned": lambda asking, value: [_mine(asking), number.outbound_assigned_at.is_not(None) == value],
    "inbound_assigned": lambda asking, value: [_mine(asking), number.inbound_assigned_at.is_not(None) == value],
    "trunk_id": lambda asking, value: [_mine(asking), number.trunk_id == value],
    "agent_id": _holds_agent,
}


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
