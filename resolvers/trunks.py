"""List, create, change and delete trunks, and encrypt their passwords (R4)."""

from typing import TypedDict, Unpack, cast

import sqlalchemy as sa

from calling import validation
from calling.carrier_address import check_carrier_address, check_carrier_username
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
from models.encryption import SecretBox
from models.projection import Projection
from models.trunk import password_binding
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Page, PageArguments, newest_first
from resolvers.root_connections import RootList, load_root_connection

MAX_CALLS = 10_000
PASSWORD_FIELD = ("outbound", "authPassword")


class TrunkChanges(TypedDict, total=False):
    """The fields to change of a trunk. None leaves a field unchanged, but removes `outbound`."""

    name: str | None
    transfer_mode: TransferMode | None
    transfer_caller_id: TransferCallerId | None
    calls_per_second: int | None
    max_concurrent_calls: int | None
    outbound: "OutboundInput | None"


class OutboundInput(TypedDict, total=False):
    """An unchecked outbound configuration. An absent `auth_password` keeps the stored one, None clears it."""

    address: str
    auth_username: str | None
    auth_password: str | None
    transport: SipTransport
    media_encryption: MediaEncryption


async def trunks(
    info: Info, projection: Projection, organization_id: str | None = None, **page_arguments: Unpack[PageArguments]
) -> Page:
    root_list = RootList("trunks", Trunk.owned_by, newest_first(Trunk))
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


async def create_trunk(
    transaction: Transaction,
    *,
    name: str,
    transfer_mode: TransferMode,
    transfer_caller_id: TransferCallerId,
    calls_per_second: int,
    max_concurrent_calls: int,
    organization_id: str | None = None,
    outbound: OutboundInput | None = None,
) -> Payload:
    trunk = Trunk(
        id=new_id("trk"),
        organization_id=await transaction.authorize_organization(organization_id),
        name=validation.check_name(name, "name"),
        transfer_mode=transfer_mode,
        transfer_caller_id=transfer_caller_id,
        calls_per_second=_validate_call_limit(calls_per_second, "callsPerSecond"),
        max_concurrent_calls=_validate_call_limit(max_concurrent_calls, "maxConcurrentCalls"),
    )
    configure_outbound(trunk, outbound, transaction.deployment.secret_box)
    transaction.session.add(trunk)
    await transaction.session.flush()
    return {"trunk": trunk}


async def update_trunk(transaction: Transaction, *, trunk_id: str, **changes: Unpack[TrunkChanges]) -> Payload:
    """Change a trunk. Absent and null fields are unchanged, but a null `outbound` removes the configuration."""
    trunk = await _require_changeable(transaction, trunk_id)
    if "outbound" in changes:
        configure_outbound(trunk, changes.pop("outbound"), transaction.deployment.secret_box)
    for name, value in changes.items():
        if value is not None:
            setattr(trunk, name, _validate_field(name, value))
    await transaction.session.flush()
    return {"trunk": trunk}


async def delete_trunk(transaction: Transaction, *, trunk_id: str) -> Payload:
    trunk = await _require_changeable(transaction, trunk_id)
    number = PhoneNumber.columns()
    on_trunk = sa.select(number.e164).where(number.trunk_id == trunk_id).order_by(number.e164).limit(1)
    if e164 := await transaction.session.scalar(on_trunk):
        raise Refused(
            ErrorCode.TRUNK_IN_USE, f"{e164} still sits on this trunk. Delete the numbers on it first.", "trunkId"
        )
    await transaction.session.delete(trunk)
    return {"deleted_trunk_id": trunk_id}


async def require_own_byoc_trunk(transaction: Transaction, organization_id: str, trunk_id: str) -> Trunk:
    """Return a trunk of the organization on which numbers can be registered. Raises Refused."""
    own = Reach(organization_id, includes_descendants=False).contains_rows(Trunk, [trunk_id])
    return _require_byoc((await transaction.session.execute(sa.select(Trunk).where(own))).scalar_one_or_none())


def configure_outbound(trunk: Trunk, outbound: OutboundInput | None, secret_box: SecretBox) -> None:
    """Replace a trunk's outbound configuration.

    An absent password keeps the stored one, but only for the same address, transport and user name (R4): a new carrier
    could belong to another party, which would receive the password. Null clears it.
    """
    previous_destination = _password_destination(trunk)
    fields: OutboundInput = outbound or {}
    trunk.outbound_address = check_carrier_address(fields["address"], "outbound", "address") if outbound else None
    trunk.outbound_auth_username = check_carrier_username(fields.get("auth_username"), "outbound", "authUsername")
    trunk.outbound_transport = fields.get("transport")
    trunk.outbound_media_encryption = fields.get("media_encryption")
    if outbound is None:
        trunk.outbound_auth_password = None
    elif "auth_password" in fields:
        trunk.outbound_auth_password = _encrypt_password(trunk, fields["auth_password"], secret_box)
    elif trunk.outbound_auth_password is not None and _password_destination(trunk) != previous_destination:
        raise validation.invalid_input(
            "The stored authPassword is kept only while address, transport and authUsername stay as they are."
            " Send authPassword again; null clears it.",
            *PASSWORD_FIELD,
        )


def _password_destination(trunk: Trunk) -> tuple[str | None, SipTransport | None, str | None]:
    return trunk.outbound_address, trunk.outbound_transport, trunk.outbound_auth_username


def _encrypt_password(trunk: Trunk, password: str | None, secret_box: SecretBox) -> bytes | None:
    if password is None:
        return None
    if not password:
        raise validation.invalid_input(
            "authPassword is empty. Leave it out to keep the stored one; null clears it.", *PASSWORD_FIELD
        )
    validation.check_line(password, *PASSWORD_FIELD)
    return secret_box.encrypt(password, row=password_binding(trunk))


async def _require_changeable(transaction: Transaction, trunk_id: str) -> Trunk:
    in_reach = transaction.principal.reach.contains_rows(Trunk, [trunk_id])
    return _require_byoc((await transaction.session.execute(sa.select(Trunk).where(in_reach))).scalar_one_or_none())


def _require_byoc(trunk: Trunk | None) -> Trunk:
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


def _validate_field(name: str, value: object) -> object:
    if name == "name":
        return validation.check_name(cast("str", value), "name")
    limits = {"calls_per_second": "callsPerSecond", "max_concurrent_calls": "maxConcurrentCalls"}
    return _validate_call_limit(cast("int", value), limits[name]) if name in limits else value


def _validate_call_limit(value: int, field: str) -> int:
    return validation.check_whole_number(value, 1, MAX_CALLS, field)
