"""Declare the statistics of campaigns."""

from datetime import datetime

import strawberry

from models import AttemptOutcome, ContactStatus, WaitReason
from schema.campaign_preview import NumberCount
from schema.fields import column


@strawberry.type(description="How many contacts have a status.")
class ContactStatusCount:
    status: ContactStatus = column("The status.")
    contacts: int = column("How many have it.")


@strawberry.type(description="How many attempts came to an outcome.")
class OutcomeCount:
    outcome: AttemptOutcome = column("The outcome.")
    attempts: int = column("How many came to it.")


@strawberry.type(
    description="How a campaign goes, from counts that are kept with each change. Counts of none are left out."
)
class CampaignStatistics:
    contacts: int = column("How many contacts it has, whatever became of them.")
    attempts: int = column("How many calls it has made, or queued.")
    live_calls: int = column("How many of its calls have not ended.")
    calls_last_minute: int = column("How many attempts began within the last minute.")
    estimated_end: datetime | None = column("When nobody will be left to call, at today's pace; null: nobody can tell.")
    limited_by: WaitReason | None = column("What keeps it from the next call; null: nobody waits.")
    by_status: list[ContactStatusCount] = column("Its contacts by their status.")
    by_outcome: list[OutcomeCount] = column("Its attempts by what they came to.")
    by_number: list[NumberCount] = column("Its contacts by the number that they were called from last.")
