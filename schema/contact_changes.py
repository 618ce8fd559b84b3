"""Declare the inputs and payloads of the mutations that add and remove contacts."""

from datetime import datetime

import strawberry

from models import DuplicateRule
from schema.contact import Contact
from schema.fields import column, optional
from schema.scalars import JSON
from schema.user_error import UserError, user_errors


@strawberry.input(description="Somebody to call.")
class ContactInput:
    e164: str = column("The number to call: in international format, or as in the defaultRegion.")
    external_id: str | None = optional("An id of yours: unique in the campaign.")
    time_zone: str | None = optional("The contact's IANA time zone; absent: by its number, or the campaign's default.")
    agent_number: str | None = optional("The number to call from.")
    variables: JSON | None = optional("A JSON object of at most 4 KB, handed to the agent.")
    not_before: datetime | None = optional("Do not call before.")


@strawberry.type(description="What became of a contact that was sent.")
class AddContactResult:
    index: int = column("Its place among those sent, from 0.")
    contact: Contact | None = column("The contact; null where it is not kept.")
    refusal: UserError | None = column("Why it is not called; null where it was not refused.")


@strawberry.input(description="Contacts to add to a campaign.")
class AddContactsInput:
    campaign_id: strawberry.ID = column("The campaign.")
    contacts: list[ContactInput] = column("1 to 500 contacts; each is accepted or refused by itself.")
    default_region: str | None = optional(
        "The region of numbers without a country code, such as US; absent: such a number is refused."
    )
    on_duplicate: DuplicateRule = column(
        "What becomes of a contact that the campaign has already, with other content.", default=DuplicateRule.UPDATE
    )


@strawberry.type(description="What addContacts answers.")
class AddContactsPayload:
    results: list[AddContactResult] = column("What became of each, in the order sent.", default_factory=list)
    accepted: int = column("How many were added or changed.", default=0)
    unchanged: int = column("How many were there already, with the same content.", default=0)
    refused: int = column("How many were refused.", default=0)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Contacts to remove from their campaigns.")
class RemoveContactsInput:
    contact_ids: list[strawberry.ID] = column("1 to 500 contacts.")


@strawberry.type(description="What removeContacts answers.")
class RemoveContactsPayload:
    removed_contact_ids: list[strawberry.ID] = column("Their ids; none where refused.", default_factory=list)
    user_errors: list[UserError] = user_errors()
