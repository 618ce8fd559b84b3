"""Declare trunks with their outbound configuration, and the mutations."""

from datetime import datetime

import strawberry

from models import MediaEncryption, SipTransport, TransferCallerId, TransferMode, TrunkKind
from schema.edges import edge
from schema.fields import column, embedded, optional
from schema.node import Node
from schema.user_error import UserError, user_errors


@strawberry.type(description="How calls leave over a trunk. The password is never readable.")
class TrunkOutboundConfiguration:
    address: str = column("The carrier's host name or IP address, with a port where it is not the usual one.")
    auth_username: str | None = column("The user name for the carrier; null: none.")
    transport: SipTransport = column("What SIP travels over.")
    media_encryption: MediaEncryption = column("Whether the voice is encrypted.")


@strawberry.type(description="A trunk: the way to a carrier. Every number sits on one of its owner's.")
class Trunk(Node):
    name: str = column("Its name.")
    kind: TrunkKind = column("Whose it is to change.")
    transfer_mode: TransferMode = column("Which transfers by REFER it lets through.")
    transfer_caller_id: TransferCallerId = column("Whose number its carrier presents on a REFER.")
    calls_per_second: int = column("How many calls may start over it in a second.")
    max_concurrent_calls: int = column("How many calls may be live over it at once.")
    created_at: datetime = column("When it was created.")
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="The owner."
    )
    outbound = embedded(
        TrunkOutboundConfiguration,
        "How calls leave; null: numbers on it cannot dial out.",
        present_when="outbound_address",
        columns={name: f"outbound_{name}" for name in ("address", "auth_username", "transport", "media_encryption")},
    )


@strawberry.input(description="How calls are to leave over a trunk.")
class TrunkOutboundConfigurationInput:
    address: str = column("Host name or IP address, optionally with :port; no sip: before it.")
    auth_username: str | None = optional("The user name for the carrier.")
    auth_password: str | None = optional("Kept encrypted, never readable. On update: absent keeps it, null clears it.")
    transport: SipTransport = column("What SIP travels over.", default=SipTransport.UDP)
    media_encryption: MediaEncryption = column("Whether the voice is encrypted.", default=MediaEncryption.NONE)


@strawberry.input(description="A trunk of the customer's own (BYOC) to create.")
class CreateTrunkInput:
    organization_id: strawberry.ID | None = optional("The owner; the key's own organization where absent.")
    name: str = column("1 to 200 characters; need not be unique.")
    outbound: TrunkOutboundConfigurationInput | None = optional("How calls leave; without it numbers cannot dial out.")
    transfer_mode: TransferMode = column("Which transfers by REFER to let through.", default=TransferMode.ENABLE_ALL)
    transfer_caller_id: TransferCallerId = column(
        "Whose number the carrier presents on a REFER.", default=TransferCallerId.FROM_TRANSFEREE
    )
    calls_per_second: int = column("How many calls may start in a second: 1 to 10000.", default=1)
    max_concurrent_calls: int = column("How many calls may be live at once: 1 to 10000.", default=10)


@strawberry.type(description="What createTrunk answers.")
class CreateTrunkPayload:
    trunk: Trunk | None = column("The new trunk; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="What to change of a trunk; what is absent stays as it is.")
class UpdateTrunkInput:
    trunk_id: strawberry.ID = column("The trunk; not a managed one.")
    name: str | None = optional("Another name.")
    outbound: TrunkOutboundConfigurationInput | None = optional("Replaces all but an absent password; null removes it.")
    transfer_mode: TransferMode | None = optional("Which transfers by REFER to let through.")
    transfer_caller_id: TransferCallerId | None = optional("Whose number the carrier presents on a REFER.")
    calls_per_second: int | None = optional("How many calls may start in a second: 1 to 10000.")
    max_concurrent_calls: int | None = optional("How many calls may be live at once: 1 to 10000.")


@strawberry.type(description="What updateTrunk answers.")
class UpdateTrunkPayload:
    trunk: Trunk | None = column("The trunk; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A trunk to delete.")
class DeleteTrunkInput:
    trunk_id: strawberry.ID = column("The trunk, which must carry no numbers and not be a managed one.")


@strawberry.type(description="What deleteTrunk answers.")
class DeleteTrunkPayload:
    deleted_trunk_id: strawberry.ID | None = column("The id that is gone; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
