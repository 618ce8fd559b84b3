"""Say what becomes of contacts and calls by what is asked for and by how calls end: the transitions of the model."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.campaigns.campaign_model import REACHED, Call, Campaign, Contact, World

# The status, the end reason and whether it was answered, of calls that end with each outcome.
ENDS = {
    "BUSY": ("UNANSWERED", "BUSY", False),
    "NO_ANSWER": ("UNANSWERED", "NO_ANSWER", False),
    "REJECTED": ("UNANSWERED", "REJECTED", False),
    "CARRIER_ERROR": ("FAILED", "CARRIER_ERROR", False),
    "LOST": ("FAILED", "ENGINE_LOST", False),
    "REACHED": ("COMPLETED", "HANGUP", True),
    "VOICEMAIL": ("COMPLETED", "HANGUP", True),
    "CALL_BACK": ("COMPLETED", "HANGUP", True),
    "DO_NOT_CALL": ("COMPLETED", "HANGUP", True),
}
REPORTED = ("VOICEMAIL", "CALL_BACK", "DO_NOT_CALL")
DEFAULT_DELAYS = {"BUSY": 15, "NO_ANSWER": 240, "VOICEMAIL": 1440, "CARRIER_ERROR": 10}


def count_attempt(world: World, call: Call) -> None:
    """Count a contact's call that was queued."""
    world.calls[call.id] = call
    if call.contact:
        call.contact.status = "IN_CALL"
        call.contact.attempts += 1


def withdraw(call: Call, at: datetime, *, is_suppressed: bool = False) -> None:
    """End a call that was not dialed: it is no attempt, and its contact waits, unless it may not be called (R23)."""
    call.ended_at = at
    if contact := call.contact:
        contact.attempts -= 1
        contact.status = "EXPIRED" if contact.campaign.is_over else "PENDING"
        if is_suppressed:
            refuse(contact, "NUMBER_SUPPRESSED")


def refuse(contact: Contact, code: str) -> None:
    contact.status, contact.refusal = "REFUSED", code


def withdraw_queued(world: World, at: datetime, which: Callable[[Call], bool], *, is_suppressed: bool = False) -> None:
    """End the calls of these that wait to be dialed."""
    for call in world.calls.values():
        if call.is_queued and which(call):
            withdraw(call, at, is_suppressed=is_suppressed)


def withdraw_campaign(world: World, campaign: Campaign, at: datetime) -> None:
    """End what waits to be dialed for a campaign."""
    withdraw_queued(world, at, lambda call: call.contact is not None and call.contact.campaign is campaign)


def end(call: Call, outcome: str, at: datetime) -> None:
    """End a live call with an outcome: its contact was reached, is called again after a delay, or is not (R18)."""
    call.ended_at, call.outcome, call.has_failed = at, outcome, ENDS[outcome][0] == "FAILED"
    if contact := call.contact:
        minutes = contact.campaign.delays.get(outcome, 0)
        contact.status = _status_after(contact, outcome, minutes)
        if outcome == "CALL_BACK":
            contact.due_at = contact.not_before or at
        elif minutes:
            contact.due_at = max(at + timedelta(minutes=minutes), contact.not_before or at)


def _status_after(contact: Contact, outcome: str, minutes: int) -> str:
    if outcome in REACHED:
        return "REACHED"
    if contact.campaign.is_over:
        return "EXPIRED"
    is_called_again = minutes > 0 or outcome == "CALL_BACK"
    return "PENDING" if is_called_again and contact.attempts < contact.campaign.max_attempts else "EXHAUSTED"


def suppress(world: World, owner: str, e164: str, until: datetime | None, at: datetime) -> None:
    """Suppress a number, and end and refuse what waits to call it; of two entries the later end holds (R21)."""
    known = world.suppressions.get((owner, e164), at)
    world.suppressions[owner, e164] = None if known is None or until is None else max(known, until)
    withdraw_queued(world, at, lambda call: call.to == e164, is_suppressed=True)
    for contact in world.contacts:
        if contact.e164 == e164 and contact.status == "PENDING":
            refuse(contact, "NUMBER_SUPPRESSED")


def change_default_zone(campaign: Campaign, zone: str | None) -> None:
    """Have contacts wait of whom it was unknown where they are; without a default they are refused again (R17)."""
    campaign.default_zone = zone
    for contact in campaign.contacts.values():
        if contact.status == "REFUSED" and contact.refusal == "TIME_ZONE_UNKNOWN" and contact.zones:
            contact.status, contact.refusal = "PENDING", None
        if contact.status == "PENDING" and not contact.zones:
            refuse(contact, "TIME_ZONE_UNKNOWN")


def stop(world: World, campaign: Campaign, status: str, at: datetime) -> None:
    """Pause, cancel or complete a campaign: what waits to be dialed is withdrawn; once it is over, who waits expires."""
    campaign.status = status
    withdraw_campaign(world, campaign, at)
    for contact in campaign.contacts.values():
        if campaign.is_over and contact.status == "PENDING":
            contact.status = "EXPIRED"


def hold(world: World, at: datetime) -> None:
    """Note who may have been found at the limit of attempts: it waits until the third last is a day old."""
    for contact in world.contacts:
        recent = [each.created_at for each in world.attempts_to(contact.e164)]
        recent = sorted(each for each in recent if each > at - timedelta(hours=24, seconds=1))
        if contact.status == "PENDING" and len(recent) >= 3:
            contact.held_until = recent[-3] + timedelta(hours=24)


def lacks(world: World, campaign: Campaign, at: datetime) -> bool:
    """Tell whether a campaign lacks what it needs to start, but for an opening before its end (R22)."""
    pending = [each for each in campaign.contacts.values() if each.status == "PENDING"]
    numbers = [world.numbers[each] for each in campaign.pool] or [campaign.number or campaign.bound]
    return (
        (not pending and campaign.running_since is None)
        or not any(each.is_usable for each in numbers)
        or any(not each.zones for each in pending)
        or (campaign.ends_at is not None and campaign.ends_at <= at)
    )


def fails_too_often(world: World, campaign: Campaign, at: datetime) -> bool:
    """Tell whether half of a campaign's last calls failed: of 20 or more within five minutes (R19)."""
    since = max(at - timedelta(minutes=5, seconds=1), campaign.running_since or at)
    ended = [each for each in world.attempts_of(campaign) if each.ended_at and each.ended_at > since]
    return len(ended) >= 20 and 2 * sum(each.has_failed for each in ended) >= len(ended)
