"""Check the settings of a campaign, and read the stored ones: windows, retries, pace (R17 to R19, R22)."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from calling import validation
from calling.calling_hours import CallingHours
from calling.local_hours import WEEKDAYS, Hours, LocalHours, Weekday, Window, default_windows, overlaps
from calling.time_zones import is_time_zone
from models import AttemptOutcome
from models.campaign_rows import CampaignRow

MAX_WINDOWS, MAX_CLOSED_DATES = 50, 366
MAX_RETRY_MINUTES = 30 * 24 * 60
DEFAULT_MAX_ATTEMPTS = 3
MAX_ATTEMPTS, MAX_WEIGHT, MAX_CALLS = 10, 100, 10_000
# The outcomes after which a contact may be called again, with the minutes until then.
DEFAULT_RETRY_DELAYS = {
    AttemptOutcome.BUSY: 15,
    AttemptOutcome.NO_ANSWER: 4 * 60,
    AttemptOutcome.VOICEMAIL: 24 * 60,
    AttemptOutcome.CARRIER_ERROR: 10,
}


def check_windows(windows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return windows as they are stored. Raises Refused (INVALID_INPUT)."""
    if not 1 <= len(windows) <= MAX_WINDOWS:
        raise validation.invalid_input(
            f"windows has {len(windows)} entries; it can have 1 to {MAX_WINDOWS}.", "windows"
        )
    checked = [Window(frozenset(each["days"]), each["opens"], each["closes"]) for each in windows]
    for place, window in enumerate(checked):
        field = ("windows", str(place))
        if not window.days:
            raise validation.invalid_input("A window needs at least one day.", *field, "days")
        if window.opens >= window.closes != time(0):
            raise validation.invalid_input(
                "A window closes later than it opens, on the same day; 00:00 closes it at the day's end."
                " For one across midnight, send two.",
                *field,
                "closes",
            )
    if day := next(iter(overlaps(checked)), None):
        raise validation.invalid_input(f"Two windows overlap on {day.name}. Send one for both.", "windows")
    return [_stored(each) for each in checked]


def stored_default_windows() -> list[dict[str, Any]]:
    """Return the windows of a campaign that names none, as they are stored."""
    return [_stored(each) for each in default_windows()]


def _stored(window: Window) -> dict[str, Any]:
    days = [each.name for each in WEEKDAYS if each in window.days]
    return {"days": days, "opens": f"{window.opens:%H:%M}", "closes": f"{window.closes:%H:%M}"}


def check_closed_dates(dates: Sequence[date]) -> list[str]:
    """Return dates as they are stored: sorted, each once. Raises Refused (INVALID_INPUT)."""
    if len(dates) > MAX_CLOSED_DATES:
        raise validation.invalid_input(
            f"closedDates has {len(dates)} entries; at most {MAX_CLOSED_DATES} are kept.", "closedDates"
        )
    return sorted({each.isoformat() for each in dates})


def check_time_zone(name: str | None, *field: str) -> str | None:
    """Return the IANA name of a time zone. Raises Refused (INVALID_INPUT)."""
    if name is not None and not is_time_zone(name):
        raise validation.invalid_input(
            f"{name[:50]!r} is no time zone. Send an IANA name, such as America/New_York.", *field
        )
    return name


def check_retry_delays(delays: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the minutes by outcome: those sent, and the defaults of others; 0 is never. Raises Refused."""
    minutes = dict(DEFAULT_RETRY_DELAYS)
    for place, delay in enumerate(delays):
        outcome, field = delay["outcome"], ("retries", "delays", str(place))
        if outcome not in DEFAULT_RETRY_DELAYS:
            raise validation.invalid_input(
                f"Nobody is called again after {outcome.name}. Retries can follow"
                f" {', '.join(each.name for each in DEFAULT_RETRY_DELAYS)}.",
                *field,
                "outcome",
            )
        minutes[outcome] = validation.check_whole_number(delay["minutes"], 0, MAX_RETRY_MINUTES, *field, "minutes")
    return {outcome.name: each for outcome, each in minutes.items()}


def local_hours(
    campaign: CampaignRow, calling_hours: CallingHours, e164: str, time_zones: tuple[str, ...]
) -> LocalHours:
    """Return when a number in these time zones may be called: in the campaign's windows and the operator's hours."""
    return LocalHours((own_hours(campaign), calling_hours.hours_of(e164)), time_zones)


def own_hours(campaign: CampaignRow) -> Hours:
    """Return the campaign's windows, without the dates on which it is closed."""
    windows = tuple(
        Window(frozenset(Weekday[day] for day in each["days"]), _time(each["opens"]), _time(each["closes"]))
        for each in campaign.windows
    )
    return Hours(windows, frozenset(date.fromisoformat(each) for each in campaign.closed_dates))


def _time(text: str) -> time:
    return time.fromisoformat(text)
