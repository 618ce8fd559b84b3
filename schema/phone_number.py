"""Declare phone numbers, their two slots, filter and order, and the mutations."""

from datetime import datetime

import strawberry
from strawberry.types.field import StrawberryField

from models import CallDirection, PhoneNumberAccess
from resolvers.phone_numbers import access
from schema.edges import edge
from schema.enums import OrderDirection, PhoneNumberOrderField
from schema.fields import column, embedded, field, optional
from schema.node import Node
from schema.scalars import E164
from schema.user_error import UserError, user_errors


@strawberry.type(description="One of a number's two slots: empty, or holding a published agent version.")
class AgentSlot:
    direction: CallDirection = column("Which slot it is.")
    agent_version = edge(
        "agent_version",
        by="agent_version_id",
        to="AgentVersion",
        description="The version in it, pinned until another is published to it; null: empty.",
    )
    assigned_at: datetime | None = column("When the version was put there; null: empty.")


def slot(direction: CallDirection, description: str) -> StrawberryField:
    """Declare one of a number's two slots, which consists of columns that only the owner sees."""
    column_prefix = direction.name.lower()
    columns = {"agent_version_id": f"{column_prefix}_agent_version_id", "assigned_at": f"{column_prefix}_assigned_at"}
    return embedded(AgentSlot, description, present_when="owned", columns=columns, constants={"direction": direction})


@strawberry.type(description="What switching a number's sharing off would touch.")
class SharingImpact:
    organizations_below: int = column("How many organizations may dial from the number while it is shareable.")
    queued_conversations: int = column(
        "Conversations of theirs that wait to be dialed from it: they would end NUMBER_NO_LONGER_AVAILABLE."
    )
    campaigns: int = column("Running campaigns of theirs whose pool has it.")


@strawberry.type(description="A phone number, as the organization that asks sees it.")
class PhoneNumber(Node):
    e164: E164 = column("The number.")
    shareable: bool = column("Whether organizations below the owner may dial from it.")
    outbound_capable: bool = column("Whether its trunk has an outbound configuration, so that it can dial.")
    created_at: datetime = column("When it was registered.")
    updated_at: datetime = column("When its sharing was last changed.")
    access = field(
        access, PhoneNumberAccess, "Whether the organization that asks owns it or borrows it.", read_columns=("owned",)
    )
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="The owner."
    )
    trunk = edge(
        "trunk",
        by="trunk_id",
        to="Trunk",
        description="The trunk it sits on; null on a SHARED number, where it is the owner's business.",
    )
    inbound_slot = slot(CallDirection.INBOUND, "Who answers calls to it; null on a SHARED number.")
    outbound_slot = slot(CallDirection.OUTBOUND, "Who dials from it; null on a SHARED number.")
    sharing = edge(
        "sharing",
        by="owned_id",
        to=SharingImpact,
        description="What switching sharing off would touch below. Null on a SHARED number, and for a key that may not"
        " act for what lies below.",
    )


@strawberry.input(description="Which numbers to list; what is absent does not narrow the list.")
class PhoneNumberFilter:
    access: PhoneNumberAccess | None = optional("Owned ones only, or shared ones only.")
    e164_contains: str | None = optional(
        "Numbers that contain these digits; spaces, dots, dashes and brackets don't count. At most 64 characters."
    )
    shareable: bool | None = optional("Whether sharing is on.")
    outbound_capable: bool | None = optional("Whether they can dial out.")
    outbound_assigned: bool | None = optional("Whether the outbound slot is filled. Own numbers only.")
    inbound_assigned: bool | None = optional("Whether the inbound slot is filled. Own numbers only.")
    trunk_id: strawberry.ID | None = optional("On this trunk. Own numbers only.")
    agent_id: strawberry.ID | None = optional("With a version of this agent in either slot. Own numbers only.")


@strawberry.input(description="In which order to list numbers.")
class PhoneNumberOrder:
    field: PhoneNumberOrderField = column("What to order by.")
    direction: OrderDirection = column("Which end comes first.", default=OrderDirection.ASC)


@strawberry.input(description="A number to register.")
class CreatePhoneNumberInput:
    organization_id: strawberry.ID | None = optional("The owner; the key's own organization where absent.")
    e164: str = column("The number; spaces, dots, dashes and brackets may stand after the plus sign.")
    trunk_id: strawberry.ID = column("The owner's trunk that it sits on; not a managed one.")
    shareable: bool = column("Whether organizations below may dial from it.", default=False)


@strawberry.type(description="What createPhoneNumber answers.")
class CreatePhoneNumberPayload:
    phone_number: PhoneNumber | None = column("The new number; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="The Shareable switch of a number.")
class SetPhoneNumberShareableInput:
    phone_number_id: strawberry.ID = column("The number, which must be owned.")
    shareable: bool = column("On or off. Off takes effect at once.")


@strawberry.type(description="What setPhoneNumberShareable answers.")
class SetPhoneNumberShareablePayload:
    phone_number: PhoneNumber | None = column("The number; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A number to delete.")
class DeletePhoneNumberInput:
    phone_number_id: strawberry.ID = column("The number, which must be owned and have no live conversation.")


@strawberry.type(description="What deletePhoneNumber answers.")
class DeletePhoneNumberPayload:
    deleted_phone_number_id: strawberry.ID | None = column("The id that is gone; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
