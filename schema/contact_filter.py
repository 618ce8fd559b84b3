"""Declare the filters of campaigns and of their contacts."""

import strawberry

from models import AttemptOutcome, CampaignStatus, ContactStatus, WaitReason
from schema.fields import optional


@strawberry.input(description="Which contacts to list; what is absent does not narrow the list.")
class ContactFilter:
    status: list[ContactStatus] | None = optional("In one of these statuses.")
    waits_for: WaitReason | None = optional("Waiting for this, now.")
    outcome: AttemptOutcome | None = optional("Whose last attempt came to this.")
    e164_contains: str | None = optional("With these digits in their number; separators are ignored.")
    external_id: str | None = optional("With this id of yours.")


@strawberry.input(description="Which campaigns to list; what is absent does not narrow the list.")
class CampaignFilter:
    status: list[CampaignStatus] | None = optional("In one of these statuses.")
    name_contains: str | None = optional("With this in their name, in capitals or not.")
