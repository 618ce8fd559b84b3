"""When contacts are called: in the campaign's windows and the operator's hours, in the contact's time zones (R17)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from calling.calling_hours import InvalidCallingHours, read_calling_hours
from tests.campaigns.calling_campaign import ALWAYS, Calling, serving
from tests.campaigns.test_contacts import add, campaign_of, counts, refusals, stored
from tests.installation import Client, Json
from tests.retrying import attempts
from tests.server_process import run_command

HEADER = "prefix,days,opens,closes,source,as_of"
EVERYWHERE = "+,all,08:00,21:00,house rule,2026-11-30"


# ---------------------------------------------------------------------------------- the operator's calling hours


def test_r17_the_longest_prefix_counts_alone(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    rows = (
        "+1,MONDAY TUESDAY,09:00,12:00,us,2026-01-31",
        "+1,all,13:00,00:00,us,2026-01-31",
        "+1212,all,22:00,23:00,ny,2026-01-31",
    )
    file.write_text("\n".join((HEADER, EVERYWHERE, *rows)), encoding="utf-8-sig")
    hours = read_calling_hours(file)
    found = {number: hours.hours_of(number).windows for number in ("+442079460123", "+13125550100", "+12125550100")}
    times = {
        number: [f"{each.opens:%H:%M}-{each.closes:%H:%M}" for each in windows] for number, windows in found.items()
    }
    assert times == {
        "+442079460123": ["08:00-21:00"],
        "+13125550100": ["09:00-12:00", "13:00-00:00"],
        "+12125550100": ["22:00-23:00"],
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ": the first line must be prefix,days,opens,closes,source,as_of"),
        (f"prefix,days\n{EVERYWHERE}", ": the first line must be prefix,days,opens,closes,source,as_of"),
        (HEADER, ": a row with the prefix + must say when all other numbers may be called"),
        ("1,all,08:00,21:00,s,2026-11-30", ", line 3: '1' is no prefix of an E.164 number, such as +1 or +"),
        (
            "+1,MON,08:00,21:00,s,2026-11-30",
            ", line 3: 'MON' is no weekday: write all, or names such as MONDAY TUESDAY",
        ),
        (
            "+1,,08:00,21:00,s,2026-11-30",
            ", line 3: a window needs days, and must close after it opens, on the same day",
        ),
        (
            "+1,all,21:00,08:00,s,2026-11-30",
            ", line 3: a window needs days, and must close after it opens, on the same day",
        ),
        (
            "+1,all,8:00,21:00,s,2026-11-30",
            ", line 3: '8:00' is no time such as 09:00; 00:00 closes at the end of the day",
        ),
        (
            "+1,all,08:00,24:00,s,2026-11-30",
            ", line 3: '24:00' is no time such as 09:00; 00:00 closes at the end of the day",
        ),
        ("+1,all,08:00,21:00, ,2026-11-30", ", line 3: a source is missing: who says so?"),
        ("+1,all,08:00,21:00,s,30.11.2026", ", line 3: as_of is '30.11.2026', which is no date such as 2026-01-31"),
        ("+1,all,08:00,21:00", ", line 3: a row has 6 fields: prefix, days, opens, closes, source, as_of"),
        (
            "+1,all,08:00,21:00,s,2026-11-30,x",
            ", line 3: a row has 6 fields: prefix, days, opens, closes, source, as_of",
        ),
        ("+,MONDAY,20:00,22:00,s,2026-11-30", ", line 3: two windows of + overlap on MONDAY"),
        ('+1,"all', ", line 3: unexpected end of data"),
    ],
)
def test_r17_a_file_that_cannot_be_used_is_explained_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "hours.csv"
    is_row = text.startswith(("+", "1"))
    file.write_text(f"{HEADER}\n{EVERYWHERE}\n{text}\n" if is_row else text)
    with pytest.raises(InvalidCallingHours) as raised:
        read_calling_hours(file)
    assert str(raised.value) == f"{file}{complaint}"


def test_r17_a_file_that_is_no_text_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_bytes(HEADER.encode() + b"\xff")
    with pytest.raises(InvalidCallingHours, match="it is not UTF-8, at byte 37"):
        read_calling_hours(file)


def test_r17_a_wrong_file_stops_the_start_with_a_line_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text(f"{HEADER}\n+1,all,08:00,21:00,house rule,2026-11-30\n")
    status, said, complaints = run_command(tmp_path, "serve", DIALTREE_CALLING_HOURS=str(file))
    assert (status, said) == (2, [])
    (complaint,) = complaints
    assert complaint.startswith(f"server.py: DIALTREE_CALLING_HOURS names {file}: a row with the prefix + must say ")
    assert list(tmp_path.iterdir()) == [file]


# ------------------------------------------------------------------------------------- the contact's time zones


def zones(client: Client, campaign: str) -> dict[str, tuple[list[str], str | None, str]]:
    return {
        each["e164"]: (each["timeZones"], each["timeZoneOrigin"], each["status"]) for each in stored(client, campaign)
    }


def test_r17_a_contact_shows_its_time_zones_and_where_they_come_from(northwind: Client) -> None:
    campaign = campaign_of(northwind, defaultTimeZone="America/Denver")
    own = {"e164": "+12125550101", "timeZone": "Asia/Tokyo"}
    add(northwind, campaign, {"e164": "+12125550100"}, own, {"e164": "+15552000100"}, {"e164": "+79161234567"})
    found = zones(northwind, campaign)
    assert found["+12125550100"] == (["America/New_York"], "NUMBER", "PENDING")
    assert found["+12125550101"] == (["Asia/Tokyo"], "CONTACT", "PENDING")
    assert found["+15552000100"] == (["America/Denver"], "CAMPAIGN", "PENDING")
    assert found["+79161234567"][1:] == ("NUMBER", "PENDING")
    assert {"Europe/Moscow", "Asia/Vladivostok"} <= set(found["+79161234567"][0])


def test_r17_a_contact_of_no_known_zone_waits_for_the_campaigns_default(northwind: Client) -> None:
    campaign = campaign_of(northwind, defaultTimeZone=None)
    unknown = {"e164": "+15552000100"}
    added = add(northwind, campaign, unknown, {"e164": "+12125550100"}, unknown)
    told = ("TIME_ZONE_UNKNOWN", ["contacts", "0"]), None, ("TIME_ZONE_UNKNOWN", ["contacts", "2"])
    assert (counts(added), refusals(added)) == ((1, 0, 2), list(told))
    assert added["results"][0]["contact"]["status"] == "REFUSED"
    assert zones(northwind, campaign) == {
        "+15552000100": ([], None, "REFUSED"),
        "+12125550100": (["America/New_York"], "NUMBER", "PENDING"),
    }
    for default, of_unknown in (
        ("America/Denver", (["America/Denver"], "CAMPAIGN", "PENDING")),
        ("America/Chicago", (["America/Chicago"], "CAMPAIGN", "PENDING")),
        (None, ([], None, "REFUSED")),
    ):
        northwind.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, defaultTimeZone=default)
        assert zones(northwind, campaign)["+15552000100"] == of_unknown
        assert zones(northwind, campaign)["+12125550100"][2] == "PENDING"
    assert counts(add(northwind, campaign, unknown | {"timeZone": "Europe/Paris"})) == (1, 0, 0)
    assert zones(northwind, campaign)["+15552000100"] == (["Europe/Paris"], "CONTACT", "PENDING")
    taken_back = add(northwind, campaign, unknown)
    assert refusals(taken_back) == [("TIME_ZONE_UNKNOWN", ["contacts", "0"])]
    assert zones(northwind, campaign)["+15552000100"] == ([], None, "REFUSED")


# ------------------------------------------------------------------------------------------------ who is called


@pytest.fixture(scope="module")
def calling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calling]:
    """A server for all tests, each of which sets a later time."""
    with serving(tmp_path_factory.mktemp("hours")) as shared:
        yield shared


LAST = count(200)


def called_at(calling: Calling, at: str, *contacts: Json, open_zone: str | None = None, **fields: Any) -> set[str]:
    """Run a campaign at an instant, and return who of the contacts is called; the others wait.

    A last contact, in a zone in which it is noon or in `open_zone`, shows that everybody has been considered.
    """
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    calling.clock.set(instant)
    campaign = calling.campaign(**fields)
    last = {"e164": f"+1646{next(LAST)}0100", "timeZone": open_zone or f"Etc/GMT{instant.hour - 12:+d}"}
    added = add(calling.owner, campaign, *contacts, last)
    assert added["refused"] == 0
    calling.start(campaign)
    for _ in attempts():
        for call in calling.calls():
            calling.owner.mutate("hangUpConversation", "__typename", conversationId=call["id"])
        statuses = {each["e164"]: each["status"] for each in calling.read(campaign)["contacts"]["nodes"]}
        if statuses[last["e164"]] == "REACHED" and set(statuses.values()) <= {"REACHED", "PENDING"}:
            break
    del statuses[last["e164"]]
    assert set(statuses.values()) <= {"REACHED", "PENDING"}, statuses
    if calling.read(campaign)["status"] == "RUNNING":
        calling.owner.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    return {e164 for e164, status in statuses.items() if status == "REACHED"}


NEW_YORK, LOS_ANGELES, HONOLULU, NOWHERE = "+12122010100", "+12062010100", "+18082010100", "+15552010100"
LONDON, PARIS, TOKYO, MOSCOW = "+442079460100", "+33142010100", "+81312340100", "+79161230100"


def numbers(*e164s: str) -> list[Json]:
    return [{"e164": each} for each in e164s]


def test_r17_calls_start_in_the_default_windows_of_the_contacts_zone(calling: Calling) -> None:
    elsewhere = [
        {"e164": "+12122020100", "timeZone": "Asia/Tokyo"},
        {"e164": "+81312350100", "timeZone": "Europe/London"},
    ]
    everybody = numbers(NEW_YORK, LOS_ANGELES, HONOLULU, NOWHERE, LONDON, PARIS, TOKYO)
    called = called_at(
        calling, "2026-11-30T17:00", *everybody, *elsewhere, windows=None, defaultTimeZone="Pacific/Honolulu"
    )
    assert called == {NEW_YORK, LOS_ANGELES, LONDON, PARIS, "+81312350100"}


def test_r17_a_campaign_only_narrows_the_operators_hours(calling: Calling) -> None:
    # In Paris it is half past one, a break by the shipped hours; in Los Angeles half past four in the morning.
    wide = [{"days": ALWAYS[0]["days"], "opens": "00:00", "closes": "00:00"}]
    called = called_at(calling, "2026-12-01T12:30", *numbers(PARIS, LONDON, LOS_ANGELES), windows=wide)
    assert called == {LONDON}
    narrow = [
        {"days": ["TUESDAY"], "opens": "13:00", "closes": "13:30"},
        {"days": ["TUESDAY"], "opens": "09:00", "closes": "10:00"},
    ]
    # One in the afternoon in London, two in Paris, eight in New York, and ten in the evening in Tokyo.
    called = called_at(
        calling,
        "2026-12-01T13:00",
        *numbers(LONDON, PARIS, NEW_YORK, TOKYO),
        windows=narrow,
        open_zone="Europe/London",
    )
    assert called == {LONDON}


def test_r17_where_a_number_may_be_in_several_zones_all_must_be_open(calling: Calling) -> None:
    assert called_at(calling, "2026-12-02T05:30", *numbers(MOSCOW)) == set()
    assert called_at(calling, "2026-12-02T07:00", *numbers(MOSCOW)) == {MOSCOW}
    assert called_at(calling, "2026-12-02T10:00", *numbers("+79161240100")) == set()


def test_r17_closed_dates_are_those_of_the_contacts_zone(calling: Calling) -> None:
    called = called_at(
        calling, "2026-12-25T23:30", *numbers(NEW_YORK, TOKYO), closedDates=["2026-12-25"], open_zone="Asia/Tokyo"
    )
    assert called == {TOKYO}


def test_r17_hours_follow_the_clock_changes(calling: Calling) -> None:
    phoenix = "+14802010100"
    # On the day on which New York's clocks go forward, half past eight there; the evening before it was half past seven.
    assert called_at(calling, "2027-03-13T12:30", *numbers(NEW_YORK, phoenix)) == set()
    assert called_at(calling, "2027-03-14T12:30", *numbers(NEW_YORK, phoenix)) == {NEW_YORK}


def test_r17_who_is_closed_now_is_called_when_a_window_opens(calling: Calling) -> None:
    calling.clock.set(datetime(2027, 4, 5, 12, 59, tzinfo=UTC))
    nine_to_ten = [{"days": ["MONDAY"], "opens": "09:00", "closes": "10:00"}]
    campaign = calling.campaign(windows=nine_to_ten)
    add(calling.owner, campaign, *numbers(NEW_YORK))
    calling.start(campaign)
    calling.clock.set(datetime(2027, 4, 5, 13, tzinfo=UTC))
    calling.until_counts(campaign, hang_up=True, REACHED=1)


def test_r17_a_zone_that_is_lost_during_a_call_refuses_the_contact(calling: Calling) -> None:
    calling.clock.set(datetime(2027, 4, 6, 16, tzinfo=UTC))
    campaign = calling.campaign(defaultTimeZone=None)
    add(calling.owner, campaign, *numbers(NOWHERE), {"e164": NEW_YORK, "notBefore": "2027-04-07T16:00:00Z"})
    calling.start(campaign)
    # As after a call that ended when the campaign had no default any more.
    calling.server.rows(
        "UPDATE contact SET status = 'PENDING', refusal_code = NULL, refusal_message = NULL"
        " WHERE e164 = ? AND campaign_id = ?",
        *(NOWHERE, campaign),
    )
    calling.until_counts(campaign, PENDING=1, REFUSED=1)
    calling.owner.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)


def test_r17_the_operators_file_decides(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text(f"{HEADER}\n{EVERYWHERE}\n+1212,all,08:00,09:00,house rule,2026-11-30\n")
    with serving(tmp_path, DIALTREE_CALLING_HOURS=str(file)) as calling:
        assert called_at(calling, "2026-11-30T17:00", *numbers(NEW_YORK, LOS_ANGELES, "+16462010100")) == {
            LOS_ANGELES,
            "+16462010100",
        }


def test_r17_contacts_of_a_closed_prefix_hide_none_behind_them(tmp_path: Path) -> None:
    """The first in a zone are closed by the operator's hours of their prefix, and more than there is room for."""
    file = tmp_path / "hours.csv"
    rows = (
        "+1212,all,08:00,09:00,house rule,2026-11-30",
        "+1212209,all,08:00,21:00,house rule,2026-11-30",
    )
    file.write_text("\n".join((HEADER, EVERYWHERE, *rows)))
    with serving(tmp_path, DIALTREE_CALLING_HOURS=str(file)) as calling:
        campaign = calling.campaign(maxConcurrentCalls=2)
        closed = [f"+1212{201 + line}0100" for line in range(3)]
        add(calling.owner, campaign, *numbers(*closed))
        add(calling.owner, campaign, *numbers("+16462010100", "+12122090100"))
        calling.start(campaign)
        calling.until_counts(campaign, hang_up=True, PENDING=3, REACHED=2)
        assert {each["userNumber"] for each in calling.calls("COMPLETED")} == {"+16462010100", "+12122090100"}
