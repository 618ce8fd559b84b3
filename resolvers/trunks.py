"""Trunks: listing, creating, changing and deleting them (R4)."""

from typing import Any, TypedDict

import sqlalchemy as sa

from calling import form
from calling.carrier_address import carrier_address
from models import (
    ErrorCode,
    MediaEncryption,
    PhoneNumber,
    Reach,
    Refused,
    SipTransport,
    TransferCallerId,
    TransferMode,
    Trunk,
    TrunkKind,
    new_id,
)
from models.along import Wanted
from models.sealed import Seal
from models.trunk import password_row
from resolvers.context import Info, Transaction
from resolvers.lists import own_list
from resolvers.pages import newest_first
from resolvers.paging import Page

MOST_CALLS = 10_000
PASSWORD = ("outbound", "authPassword")


class Outbound(TypedDict, total=False):
    """An outbound configuration as it was sent; `auth_password` absent is another thing than None."""

    address: str
    auth_username: str | None
    auth_password: str | None
    transport: SipTransport
    media_encryption: MediaEncryption


async def trunks(info: Info, wanted: Wanted, organization_id: str | None = None, **window: Any) -> Page:
    return await own_list(info, organization_id, Trunk.of, newest_first(Trunk), window, kept="trunks", wanted=wanted)


async def create_trunk(
    transaction: Transaction,
    *,
    name: str,
    transfer_mode: TransferMode,
    transfer_caller_id: TransferCallerId,
    calls_per_second: int,
    max_concurrent_calls: int,
    organization_id: str | None = None,
    outbound: Outbound | None = None,
) -> dict[str, Any]:
    trunk = Trunk(
        id=new_id("trk"),
        organization_id=await transaction.acting(organization_id),
        name=form.name(name, "name"),
        transfer_mode=transfer_mode,
        transfer_caller_id=transfer_caller_id,
        calls_per_second=_calls(calls_per_second, "callsPerSecond"),
        max_concurrent_calls=_calls(max_concurrent_calls, "maxConcurrentCalls"),
    )
    configure_outbound(trunk, outbound, transaction.deployment.seal)
    transaction.session.add(trunk)
    await transaction.session.flush()
    return {"trunk": trunk}


async def update_trunk(transaction: Transaction, *, trunk_id: str, **changes: Any) -> dict[str, Any]:
    """Absent is unchanged, and so is null, but for `outbound`: null removes it, anything else replaces it."""
    trunk = await _changeable(transaction, trunk_id)
    if "outbound" in changes:
        configure_outbound(trunk, changes.pop("outbound"), transaction.deployment.seal)
    for name, value in changes.items():
        if value is not None:
            setattr(trunk, name, _checked(name, value))
    await transaction.session.flush()
    return {"trunk": trunk}


async def delete_trunk(transaction: Transaction, *, trunk_id: str) -> dict[str, Any]:
    trunk = await _changeable(transaction, trunk_id)
    number = PhoneNumber.columns()
    on_it = sa.select(number.e164).where(number.trunk_id == trunk_id).order_by(number.e164).limit(1)
    if e164 := await transaction.session.scalar(on_it):
        raise Refused(
            ErrorCode.TRUNK_IN_USE, f"{e164} still sits on this trunk. Delete the numbers on it first.", "trunkId"
        )
    await transaction.session.delete(trunk)
    return {"deleted_trunk_id": trunk_id}


async def own_trunk(transaction: Transaction, organization_id: str, trunk_id: str) -> Any:
    """The organization's trunk that numbers can be registered on."""
    mine = Reach(organization_id, below=False).holds(Trunk, [trunk_id])
    return _byoc((await transaction.session.execute(sa.select(Trunk).where(mine))).scalar_one_or_none())


def configure_outbound(trunk: Trunk, outbound: Outbound | None, seal: Seal) -> None:
    """Replace the configuration; an absent password stays as it is stored, null clears it."""
    sent: Outbound = outbound or {}
    trunk.outbound_address = carrier_address(sent["address"], "outbound", "address") if outbound else None
    username = sent.get("auth_username") or None
    trunk.outbound_auth_username = username and form.line(username, "outbound", "authUsername")
    trunk.outbound_transport = sent.get("transport")
    trunk.outbound_media_encryption = sent.get("media_encryption")
    if outbound is None:
        trunk.outbound_auth_password = None
    elif "auth_password" in sent:
        trunk.outbound_auth_password = _sealed(trunk, sent["auth_password"], seal)


def _sealed(trunk: Trunk, password: str | None, seal: Seal) -> bytes | None:
    if password is None:
        return None
    if not password:
        raise form.invalid("authPassword is empty. Leave it out to keep the stored one; null clears it.", *PASSWORD)
    form.line(password, *PASSWORD)
    return seal.close(password, row=password_row(trunk))


async def _changeable(transaction: Transaction, trunk_id: str) -> Any:
    within = transaction.caller.reach.holds(Trunk, [trunk_id])
    return _byoc((await transaction.session.execute(sa.select(Trunk).where(within))).scalar_one_or_none())


def _byoc(trunk: Any) -> Any:
    if trunk is None:
        raise Refused(
            ErrorCode.TRUNK_NOT_FOUND, "No such trunk in this organization. List them with trunks.", "trunkId"
        )
    if trunk.kind is TrunkKind.MANAGED_TWILIO:
        raise Refused(
            ErrorCode.TRUNK_MANAGED,
            f"{trunk.name!r} is a managed trunk: its operator changes it and puts numbers on it."
            " Ask the operator, or use a trunk of your own.",
            "trunkId",
        )
    return trunk


def _checked(name: str, value: Any) -> Any:
    if name == "name":
        return form.name(value, "name")
    limits = {"calls_per_second": "callsPerSecond", "max_concurrent_calls": "maxConcurrentCalls"}
    return _calls(value, limits[name]) if name in limits else value


def _calls(value: int, field: str) -> int:
    return form.whole_number(value, 1, MOST_CALLS, field)
