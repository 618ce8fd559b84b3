"""Ask again, before a campaign's call is dialed, what was asked when it was queued (R23). Pure, as the rules are."""

from dataclasses import dataclass
from datetime import datetime

from calling.contact_admission import MAX_ATTEMPTS_A_DAY
from calling.destinations import require_allowed_number
from models import EndReason, Refused
from models.call_rows import ConversationRow
from models.campaign_rows import CampaignRow


@dataclass(frozen=True)
class AttemptCounts:
    """How many calls there are that limit an attempt, the attempt itself among them."""

    attempts_to_number: int
    live_calls: int
    calls_last_minute: int


@dataclass(frozen=True)
class Attempt:
    """A queued call of a campaign, its campaign as it is now, and the counts that limit it."""

    call: ConversationRow
    campaign: CampaignRow
    counts: AttemptCounts


def find_attempt_obstacle(attempt: Attempt, at: datetime, allowed_regions: frozenset[str]) -> EndReason | None:
    """Return why an attempt may not be dialed any more: by R17, R22, R10, R18 and R19; None if it may."""
    call, campaign = attempt.call, attempt.campaign
    if call.window_ends_at and call.window_ends_at <= at:
        return EndReason.WINDOW_CLOSED
    is_early = campaign.starts_at is not None and at < campaign.starts_at
    is_late = campaign.ends_at is not None and campaign.ends_at <= at
    if is_early or is_late or not _is_allowed(call, allowed_regions) or _exceeds_limits(attempt):
        return EndReason.CANCELLED
    return None


def _is_allowed(call: ConversationRow, allowed_regions: frozenset[str]) -> bool:
    assert call.user_number is not None, "a call that is dialed has a destination"
    try:
        require_allowed_number(call.user_number, allowed_regions)
    except Refused:
        return False
    return True


def _exceeds_limits(attempt: Attempt) -> bool:
    """Tell whether there are more calls than may be, the attempt itself among them."""
    campaign, counts = attempt.campaign, attempt.counts
    return (
        (attempt.call.attempt_number or 0) > campaign.max_attempts
        or counts.attempts_to_number > MAX_ATTEMPTS_A_DAY
        or counts.live_calls > campaign.max_concurrent_calls
        or (campaign.calls_per_minute is not None and counts.calls_last_minute > campaign.calls_per_minute)
    )
