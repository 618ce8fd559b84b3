"""Create managed Twilio trunks with their numbers, for the operator; the API cannot change them (R4)."""

from calling import validation
from calling.carrier_address import check_carrier_address
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
)
from resolvers.phone_numbers import add_number
from storage import WriteSession


async def add_managed_trunk(
    session: WriteSession, organization_id: str, name: str, address: str, numbers: list[str]
) -> str:
    """Create a trunk with its numbers in one transaction, and return its id."""
    if (await session.execute(Organization.by_id([organization_id]))).first() is None:
        raise Refused(
            ErrorCode.ORGANIZATION_NOT_FOUND, f"There is no organization {organization_id}.", "organizationId"
        )
    trunk = Trunk(
        organization_id=organization_id,
        name=validation.check_name(name, "name"),
        kind=TrunkKind.MANAGED_TWILIO,
        transfer_mode=TransferMode.SIP_ONLY,
        transfer_caller_id=TransferCallerId.FROM_TRANSFEREE,
        outbound_address=check_carrier_address(address, "address"),
        outbound_transport=SipTransport.UDP,
        outbound_media_encryption=MediaEncryption.NONE,
    )
    session.add(trunk)
    await session.flush()
    for raw_number in numbers:
        await add_number(session, trunk, raw_number)
    return trunk.id
