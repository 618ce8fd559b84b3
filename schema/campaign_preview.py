"""Declare the dry run of a campaign, and what it assumes."""

from datetime import datetime

import strawberry

from calling.resolution_result import OutboundNumberRule
from models import ErrorCode, WaitReason
from schema.fields import column
from schema.scalars import E164
from schema.user_error import UserError


@strawberry.type(description="How many contacts are refused for one reason.")
class RefusalCount:
    code: ErrorCode = column("For programs.")
    message: str = column("For people; a contact's own number is left out.")
    contacts: int = column("How many.")


@strawberry.type(description="How many contacts a number calls.")
class NumberCount:
    e164: E164 = column("The number.")
    contacts: int = column("How many.")


@strawberry.type(description="For how many contacts a step chooses the number.")
class RuleCount:
    rule: OutboundNumberRule = column("The step.")
    contacts: int = column("How many.")


@strawberry.type(description="How many contacts are in a time zone.")
class ZoneCount:
    time_zone: str = column("Its IANA name; several, joined by commas, where a number may be in any of them.")
    contacts: int = column("How many.")
    opens_at: datetime | None = column(
        "When calls may start there next: now, where they may already; null: not before the campaign's end, or within"
        " a year."
    )


@strawberry.type(description="What the estimates of a dry run take for granted.")
class PreviewAssumptions:
    answer_rate: float = column("Which part of the calls is answered: 0 to 1.")
    seconds_of_a_call: int = column("How long an answered call takes.")
    seconds_of_ringing: int = column("How long it rings before.")


@strawberry.input(description="What the estimates of a dry run are to take for granted.")
class PreviewAssumptionsInput:
    answer_rate: float = column("Which part of the calls is answered: 0 to 1.", default=0.3)
    seconds_of_a_call: int = column("How long an answered call takes: 1 to 86400.", default=90)
    seconds_of_ringing: int = column("How long it rings before: 1 to 180.", default=25)


@strawberry.type(
    description="The dry run of a campaign: the functions that dial are asked, and nothing is written. Who is refused,"
    " why, and from which number the next call goes are exact for now; times are estimates."
)
class CampaignPreview:
    at: datetime = column("Now: what all of it holds for.")
    contacts: int = column("The contacts that wait to be called, or were refused.")
    dialable: int = column("Those of them that nothing of their own keeps from being called.")
    refused: list[RefusalCount] = column("The others by reason, the most frequent first; at most 50.")
    by_number: list[NumberCount] = column(
        "The dialable by the number of their next call, the most used first; whoever waits for a number of the pool is"
        " left out."
    )
    by_rule: list[RuleCount] = column("The dialable by the step that chooses that number.")
    by_zone: list[ZoneCount] = column("The dialable by their time zones, the most contacts first.")
    limited_by: WaitReason | None = column(
        "What takes the most time, or keeps everybody from being called; null where nothing is waited for."
    )
    estimated_end: datetime | None = column(
        "When everybody has been called, retries included; null where nobody is, or it takes more than a year."
    )
    assumptions: PreviewAssumptions = column("What the estimate takes for granted.")
    warnings: list[str] = column("What deserves attention before the campaign is started.")
    not_ready: list[UserError] = column("What is missing to start it; empty where it can be started.")
