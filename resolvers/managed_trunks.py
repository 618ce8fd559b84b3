"""Managed Twilio trunks: the operator creates them, with their numbers; the API changes nothing of them (R4)."""

from calling import form
from calling.carrier_address import carrier_address
from models import (
    ErrorCode,
    MediaEncryption,
    Organization,
    Refused,
    SipTransport,
    TransferCallerId,
    TransferMode,
    Trunk,
    TrunkKind,
    WriteSession,
)
from resolvers.phone_numbers import add_number


async def add_managed_trunk(
    session: WriteSession, organization_id: str, name: str, address: str, numbers: list[str]
) -> str:
    """The new trunk's id. All or nothing, its numbers included."""
    if (await session.execute(Organization.by_id([organization_id]))).first() is None:
        raise Refused(
            ErrorCode.ORGANIZATION_NOT_FOUND, f"There is no organization {organization_id}.", "organizationId"
        )
    trunk = Trunk(
        organization_id=organization_id,
        name=form.name(name, "name"),
        kind=TrunkKind.MANAGED_TWILIO,
        transfer_mode=TransferMode.SIP_ONLY,
        transfer_caller_id=TransferCallerId.FROM_TRANSFEREE,
        outbound_address=carrier_address(address, "address"),
        outbound_transport=SipTransport.UDP,
        outbound_media_encryption=MediaEncryption.NONE,
    )
    session.add(trunk)
    await session.flush()
    for typed in numbers:
        await add_number(session, trunk, typed)
    return trunk.id
