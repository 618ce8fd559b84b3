"""Say what a contact waits for, and what limits a campaign (R24). Pure: of what their readers have read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calling.calling_hours import CallingHours
from calling.campaign_settings import local_hours
from calling.local_hours import LocalHours
from models import CampaignStatus, ContactStatus, WaitReason
from models.campaign_rows import CampaignRow, ContactRow
from models.contact_conditions import DATED_REASONS, ROOM_REASONS

SENTENCES = {
    WaitReason.CAMPAIGN: "The campaign does not run.",
    WaitReason.START: "It is not called before then.",
    WaitReason.WINDOW: "No window is open where it may be.",
    WaitReason.RETRY: "It was not reached, and is called again after the delay that follows such an outcome.",
    WaitReason.ATTEMPT_LIMIT: "Its number was called three times within 24 hours, which is the most.",
    WaitReason.NUMBER: "No number of the pool is below its caps.",
    WaitReason.TRUNK: "The trunk has no room for another call.",
    WaitReason.BUDGET: "The call budget has no room for another call.",
    WaitReason.PACE: "The campaign has as many calls as it may have at once, or in a minute.",
}
FINAL_SENTENCES = {
    ContactStatus.IN_CALL: "It is being called, or talks.",
    ContactStatus.REACHED: "It was reached.",
    ContactStatus.EXHAUSTED: "It was not reached, and is not called again: its attempts are used up, or its last"
    " outcome allows no other.",
    ContactStatus.REMOVED: "It was removed from the campaign.",
    ContactStatus.EXPIRED: "The campaign ended before it was reached.",
}


@dataclass(frozen=True)
class Standing:
    """What a contact waits for and until when, if that is known, and a sentence that says so; or how it ended."""

    reason: str
    waits_for: WaitReason | None = None
    waits_until: datetime | None = None


@dataclass(frozen=True)
class Room:
    """What a campaign has of calls: how many now, and in the last minute.

    `scarce`: what it lacks for the next: what admission stored with the contact whose turn it is.
    """

    live_calls: int
    calls_last_minute: int
    scarce: WaitReason = WaitReason.PACE


def standing_of(
    contact: ContactRow, campaign: CampaignRow, room: Room, calling_hours: CallingHours, at: datetime
) -> Standing:
    """Return how a contact stands."""
    if contact.status is ContactStatus.REFUSED:
        return Standing(contact.refusal_message or "It may not be called.")
    if contact.status is not ContactStatus.PENDING:
        return Standing(FINAL_SENTENCES[contact.status])
    waits_for, until = waiting(campaign, Due.of(contact), room, calling_hours, at)
    return Standing(SENTENCES[waits_for], waits_for, until)


@dataclass(frozen=True)
class Due:
    """A contact as far as it decides when it may be called: where it may be, its number, and since or from when.

    `reason`: what admission, or its last attempt, stored that it waits for.
    """

    zone_key: str
    e164: str
    due_at: datetime
    reason: WaitReason | None
    is_fresh: bool

    @classmethod
    def of(cls, contact: ContactRow) -> "Due":
        return cls(contact.zone_key, contact.e164, contact.due_at, contact.wait_reason, contact.is_fresh)


def waiting(
    campaign: CampaignRow, due: Due, room: Room, calling_hours: CallingHours, at: datetime
) -> tuple[WaitReason, datetime | None]:
    """Return what somebody who is pending waits for, and until when; None: nobody can tell."""
    if campaign.status is not CampaignStatus.RUNNING:
        return WaitReason.CAMPAIGN, None
    earliest = max(at, campaign.starts_at or at, due.due_at)
    hours = _hours_of(campaign, due, calling_hours)
    opens = hours.next_opening(earliest) if hours else None
    if campaign.starts_at and campaign.starts_at > at:
        return WaitReason.START, opens or earliest
    if due.due_at > at:
        return (due.reason if due.reason in DATED_REASONS else WaitReason.START), opens or earliest
    if opens is None or opens > at:
        return WaitReason.WINDOW, opens
    return _scarce(campaign, due, room), None


def _scarce(campaign: CampaignRow, due: Due, room: Room) -> WaitReason:
    """Return what somebody who may be called now lacks room in; who was not asked for yet lacks what the first does."""
    if is_full(campaign, room):
        return WaitReason.PACE
    return due.reason if due.reason in ROOM_REASONS else room.scarce


def is_full(campaign: CampaignRow, room: Room) -> bool:
    """Tell whether the campaign has as many calls as it may have (R19)."""
    per_minute = campaign.calls_per_minute
    return room.live_calls >= campaign.max_concurrent_calls or (
        per_minute is not None and room.calls_last_minute >= per_minute
    )


def scarce_of(campaign: CampaignRow, dues: Sequence[Due], calling_hours: CallingHours, at: datetime) -> WaitReason:
    """Return what a campaign that is not full lacks for its next call. `dues`: those whose turns come first."""
    asked = [
        each
        for each in dues
        if each.due_at <= at
        and each.reason in ROOM_REASONS
        and (hours := _hours_of(campaign, each, calling_hours))
        and hours.is_open(at)
    ]
    first = min(asked, key=_turn, default=None)
    return (first and first.reason) or WaitReason.PACE


def _hours_of(campaign: CampaignRow, due: Due, calling_hours: CallingHours) -> LocalHours | None:
    """Return when somebody may be called; None: nothing says in which time zone it is."""
    zones = due.zone_key or campaign.default_time_zone
    return local_hours(campaign, calling_hours, due.e164, tuple(zones.split(","))) if zones else None


def _turn(due: Due) -> tuple[bool, datetime]:
    """Return what contacts are called in the order of: due retries before fresh contacts, then the longest due."""
    return due.is_fresh, due.due_at


def limited_by(
    campaign: CampaignRow, dues: Sequence[Due], room: Room, calling_hours: CallingHours, at: datetime
) -> WaitReason | None:
    """Return what keeps a campaign from the next call: by who is called first. None: nobody waits."""
    if not dues:
        return None
    waits = [(*waiting(campaign, due, room, calling_hours, at), due) for due in dues]
    return min(waits, key=lambda each: (each[1] is not None, each[1] or at, _turn(each[2])))[0]
