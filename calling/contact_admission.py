"""Decide whether a contact may be called now, and by which call: one law for dry run and dialing (R18, R21, R25).

Pure functions of what their callers have read: the dialer for one contact, the dry run for all that are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from calling.checked_call import OutboundCallInput
from calling.refusals import number_suppressed
from models import ErrorCode, Refusal, WaitReason
from models.campaign_rows import CampaignRow

MAX_ATTEMPTS_A_DAY = 3
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Postponement:
    """Until when a contact waits, and for what."""

    until: datetime
    reason: WaitReason


def refuse_suppressed(is_suppressed: bool) -> Refusal | None:
    """Return the refusal of a number that an entry forbids to call (R21); it says neither whose entry nor why."""
    return number_suppressed().refusal if is_suppressed else None


def refuse_unknown_zone(zone_key: str, default_time_zone: str | None) -> Refusal | None:
    """Return the refusal of a contact of which nothing says in which time zone it is (R17)."""
    if zone_key or default_time_zone:
        return None
    return Refusal(
        ErrorCode.TIME_ZONE_UNKNOWN,
        "The number says nothing of its time zone. Send the contact's timeZone, or give the campaign a"
        " defaultTimeZone.",
    )


def postpone_by_attempts(recent: Sequence[datetime]) -> Postponement | None:
    """Postpone a contact whose number had three attempts in 24 hours (R18). `recent`: when they were, oldest first."""
    if len(recent) < MAX_ATTEMPTS_A_DAY:
        return None
    return Postponement(recent[-MAX_ATTEMPTS_A_DAY] + A_DAY, WaitReason.ATTEMPT_LIMIT)


def call_of_contact(campaign: CampaignRow, to: str | None, agent_number: str | None) -> OutboundCallInput:
    """Return the call of a contact. `agent_number`: the contact's own; None: the campaign's."""
    return OutboundCallInput(
        to=to,
        agent_number=agent_number or campaign.agent_number,
        agent_version_id=campaign.agent_version_id,
        initial_context=campaign.initial_context,
        metadata=campaign.custom_metadata,
    )
