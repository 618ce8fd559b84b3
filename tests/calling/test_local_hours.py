"""The local hours in which a call may start, also where a clock changes, against a count of minutes (R17)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calling.local_hours import WEEKDAYS, Hours, LocalHours, Weekday, Window

EVERY_DAY = frozenset(WEEKDAYS)
NEW_YORK = "America/New_York"
MINUTE = timedelta(minutes=1)


def hours(
    opens: str, closes: str, *zones: str, days: frozenset[Weekday] = EVERY_DAY, closed: tuple[str, ...] = ()
) -> LocalHours:
    window = Window(days, time.fromisoformat(opens), time.fromisoformat(closes))
    return LocalHours((Hours((window,), frozenset(map(date.fromisoformat, closed))),), zones or (NEW_YORK,))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def open_minutes(of: LocalHours, since: str, until: str) -> int:
    start, end = utc(since), utc(until)
    return sum(of.is_open(start + each * MINUTE) for each in range((end - start) // MINUTE))


def test_r17_a_window_opens_with_its_first_minute_and_closes_with_its_last() -> None:
    nine_to_five = hours("09:00", "17:00")
    for at, is_open in (
        ("2026-11-30T13:59:59", False),
        ("2026-11-30T14:00", True),
        ("2026-11-30T21:59:59", True),
        ("2026-11-30T22:00", False),
    ):
        assert nine_to_five.is_open(utc(at)) is is_open
    assert nine_to_five.next_opening(utc("2026-11-30T13:00")) == utc("2026-11-30T14:00")
    assert nine_to_five.next_opening(utc("2026-11-30T15:00")) == utc("2026-11-30T15:00")
    assert nine_to_five.next_closing(utc("2026-11-30T15:00")) == utc("2026-11-30T22:00")
    assert nine_to_five.next_closing(utc("2026-11-30T13:00")) == utc("2026-11-30T13:00")


def test_r17_a_window_that_closes_at_midnight_lasts_until_the_end_of_its_day() -> None:
    monday = hours("22:00", "00:00", days=frozenset({Weekday.MONDAY}))
    assert monday.next_closing(utc("2026-12-01T03:30")) == utc("2026-12-01T05:00")
    assert monday.next_opening(utc("2026-12-01T05:00")) == utc("2026-12-08T03:00")
    always = hours("00:00", "00:00")
    assert always.is_open(utc("2026-12-01T05:00"))
    assert always.next_closing(utc("2026-12-01T05:00")) is None


def test_r17_a_local_time_that_a_clock_change_skips_is_not_open() -> None:
    skipped = hours("02:00", "03:00")
    assert open_minutes(skipped, "2027-03-14T05:00", "2027-03-15T04:00") == 0
    assert skipped.next_opening(utc("2027-03-14T05:00")) == utc("2027-03-15T06:00")
    partly = hours("02:30", "04:00")
    assert partly.next_opening(utc("2027-03-14T05:00")) == utc("2027-03-14T07:00")
    assert open_minutes(partly, "2027-03-14T05:00", "2027-03-15T04:00") == 60


def test_r17_a_local_time_that_comes_twice_is_open_twice() -> None:
    twice = hours("01:00", "02:00")
    assert open_minutes(twice, "2026-11-01T04:00", "2026-11-02T05:00") == 120
    short = hours("01:15", "01:30")
    assert open_minutes(short, "2026-11-01T04:00", "2026-11-02T05:00") == 30
    assert short.next_closing(utc("2026-11-01T05:20")) == utc("2026-11-01T05:30")
    assert short.next_opening(utc("2026-11-01T05:30")) == utc("2026-11-01T06:15")


def test_r17_closed_dates_are_closed_all_day_in_the_contacts_zone() -> None:
    christmas = hours("00:00", "00:00", closed=("2026-12-25",))
    assert christmas.next_closing(utc("2026-12-24T12:00")) == utc("2026-12-25T05:00")
    assert christmas.next_opening(utc("2026-12-25T05:00")) == utc("2026-12-26T05:00")


def test_r17_of_several_zones_all_must_be_open() -> None:
    both = hours("08:00", "21:00", NEW_YORK, "America/Los_Angeles")
    assert both.next_opening(utc("2026-11-30T14:00")) == utc("2026-11-30T16:00")
    assert both.next_closing(utc("2026-11-30T16:00")) == utc("2026-12-01T02:00")
    apart = hours("09:00", "12:00", NEW_YORK, "Asia/Tokyo")
    assert apart.next_opening(utc("2026-11-30T14:00")) is None


def test_r17_all_hours_must_be_open_at_once() -> None:
    campaign, operator = hours("09:00", "20:00").hours, hours("18:00", "21:00").hours
    both = LocalHours(campaign + operator, (NEW_YORK,))
    assert both.next_opening(utc("2026-11-30T15:00")) == utc("2026-11-30T23:00")
    assert both.next_closing(utc("2026-11-30T23:00")) == utc("2026-12-01T01:00")


@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes"),
    [
        ("Pacific/Apia", Weekday.THURSDAY, "2011-12-29T10:00", "2011-12-30T10:00"),  # the Friday was skipped
        ("Pacific/Apia", Weekday.FRIDAY, "2012-01-05T10:00", "2012-01-06T10:00"),
        ("Australia/Lord_Howe", Weekday.SUNDAY, "2027-04-03T13:00", "2027-04-04T13:30"),  # back by half an hour
        ("Africa/Cairo", Weekday.FRIDAY, "2027-04-29T22:00", "2027-04-30T21:00"),  # from midnight to one
        ("Asia/Kathmandu", Weekday.MONDAY, "2026-11-29T18:15", "2026-11-30T18:15"),
    ],
)
def test_r17_odd_clocks(zone: str, day: Weekday, opens: str, closes: str) -> None:
    of_day = hours("00:00", "00:00", zone, days=frozenset({day}))
    assert of_day.next_opening(utc(opens) - 25 * 60 * MINUTE) == utc(opens)
    assert of_day.next_closing(utc(opens)) == utc(closes)


# --------------------------------------------------------------------------------- against a count of minutes

ZONES = (
    *(NEW_YORK, "America/Los_Angeles", "Europe/London", "Europe/Paris", "Asia/Tokyo", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "Africa/Cairo", "Pacific/Auckland", "America/St_Johns", "Pacific/Apia", "Asia/Tehran"),
)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
WINDOWS = st.builds(
    Window, st.frozensets(st.sampled_from(WEEKDAYS), min_size=1), TIMES, TIMES | st.just(time(0))
).filter(lambda each: each.opens < each.closes or each.closes == time(0))
# Around the days on which clocks change, and others.
INSTANTS = st.sampled_from(
    ["2026-10-25", "2026-11-01", "2027-03-14", "2027-03-28", "2027-04-04", "2027-04-30", "2026-12-31", "2027-10-28"]
).flatmap(lambda day: st.integers(-36 * 60, 36 * 60).map(lambda minutes: utc(day) + minutes * MINUTE))
CLOSED = st.frozensets(st.dates(date(2026, 10, 24), date(2026, 11, 3)), max_size=3)
HOURS = st.builds(Hours, st.lists(WINDOWS, min_size=1, max_size=3).map(tuple), CLOSED)
SCANNED_MINUTES = 2 * 24 * 60


def shows_open(hours: tuple[Hours, ...], zones: tuple[str, ...], at: datetime) -> bool:
    """Tell, by what the clocks on the walls show, whether all are open."""
    for local in (at.astimezone(ZoneInfo(zone)) for zone in zones):
        shown, day = f"{local:%H:%M}", WEEKDAYS[local.weekday()]
        for each in hours:
            inside = [
                f"{window.opens:%H:%M}" <= shown < (f"{window.closes:%H:%M}" if window.closes > time(0) else "24:00")
                for window in each.windows
                if day in window.days
            ]
            if local.date() in each.closed_dates or not any(inside):
                return False
    return True


@settings(max_examples=150, deadline=None)
@given(
    hours=st.lists(HOURS, min_size=1, max_size=2).map(tuple),
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple),
    at=INSTANTS,
)
@example((Hours((Window(EVERY_DAY, time(2), time(3)),)),), (NEW_YORK,), utc("2027-03-14T06:00"))
@example((Hours((Window(EVERY_DAY, time(1), time(2)),)),), (NEW_YORK,), utc("2026-11-01T05:30"))
def test_r17_openings_and_closings_are_those_of_a_count_of_minutes(
    hours: tuple[Hours, ...], zones: tuple[str, ...], at: datetime
) -> None:
    local = LocalHours(hours, zones)
    minutes = [at + each * MINUTE for each in range(SCANNED_MINUTES)]
    shown = [shows_open(hours, zones, each) for each in minutes]
    assert local.is_open(at) is shown[0]
    opening = next((each for each, is_open in zip(minutes, shown, strict=True) if is_open), None)
    closing = next((each for each, is_open in zip(minutes, shown, strict=True) if not is_open), None)
    for found, counted in ((local.next_opening(at), opening), (local.next_closing(at), closing)):
        if counted is not None:
            assert found == counted
        else:
            assert found is None or found > minutes[-1]
