"""R23: what was asked when a call was queued is asked again when it is claimed: what fails then is not dialed.

Each test changes something between the two as nobody does who ends queued calls: another server in the same moment, the
clock, or the operator.
"""

import re
from datetime import timedelta

import pytest

from models import new_id
from tests.campaigns.admitting import Admitting, admitting, clock
from tests.campaigns.test_campaign import ALL_DAY, ALWAYS, ANSWERS, Clock
from tests.conftest import Install

__all__ = ["admitting", "clock"]


def require_withdrawn(admitting: Admitting, campaign: str, reason: str, status: str = "PENDING") -> None:
    """Check that the only call ended for this reason, that nobody was called, and that it does not count."""
    (call,) = admitting.calls()
    assert (call["status"], call["endReason"]) == ("CANCELLED", reason)
    assert (call["contact"]["status"], call["contact"]["attempts"]) == (status, [])
    assert admitting.rows("SELECT dialed_at, attempt_number FROM conversation") == [(None, None)]
    assert admitting.rows("SELECT attempt_count FROM contact") == [(0,)]
    query = "query($id: ID!) { campaign(id: $id) { statistics { attempts liveCalls byOutcome { attempts } } } }"
    counted = admitting.owner(query, id=campaign)["campaign"]["statistics"]
    assert counted == {"attempts": 0, "liveCalls": 0, "byOutcome": []}
    assert admitting.wrong_counts() == []


# ----------------------------------------------------------------------------------------------- R6, R10, R17, R21


def test_r23_r6_from_a_number_that_is_not_shared_any_more(install: Install, clock: Clock) -> None:
    lender = install().root()
    borrowing = Admitting(lender.child(), clock, lender)
    campaign = borrowing.started()
    assert borrowing.admit() == 1
    borrowing.rows("UPDATE phone_number SET shareable = FALSE")
    assert borrowing.claim() == []
    require_withdrawn(borrowing, campaign, "NUMBER_NO_LONGER_AVAILABLE")


def test_r23_over_a_trunk_that_cannot_dial_any_more(admitting: Admitting) -> None:
    campaign = admitting.started()
    assert admitting.admit() == 1
    admitting.owner.mutate_successfully("updateTrunk", "__typename", trunkId=admitting.trunk, outbound=None)
    assert admitting.claim() == []
    require_withdrawn(admitting, campaign, "NUMBER_NO_LONGER_AVAILABLE")


def test_r23_r10_to_a_region_that_is_not_allowed_any_more(admitting: Admitting) -> None:
    campaign = admitting.started()
    assert admitting.admit() == 1
    assert admitting.claim("GB", "DE") == []
    require_withdrawn(admitting, campaign, "CANCELLED")


@pytest.mark.parametrize("windows", [ALWAYS, ALL_DAY])
def test_r23_r17_after_the_window_or_the_operators_hours_have_closed(
    admitting: Admitting, windows: list[dict[str, object]]
) -> None:
    campaign = admitting.started(windows=windows)
    assert admitting.admit() == 1
    admitting.pass_time(timedelta(hours=9))
    assert admitting.claim() == []
    require_withdrawn(admitting, campaign, "WINDOW_CLOSED")


def test_r23_r17_until_the_window_closes_it_is_dialed(admitting: Admitting) -> None:
    admitting.started()
    assert admitting.admit() == 1
    admitting.pass_time(timedelta(hours=8, minutes=59))
    assert len(admitting.claim()) == 1


@pytest.mark.parametrize("whose", ["owner", "above"])
def test_r23_r21_to_a_number_that_is_suppressed_meanwhile(install: Install, clock: Clock, whose: str) -> None:
    above = install().root()
    admitting = Admitting(above.child(), clock)
    campaign = admitting.started()
    assert admitting.admit() == 1
    owner = (admitting.owner if whose == "owner" else above).organization_id
    columns = "INSERT INTO suppression (id, organization_id, e164, created_at)"
    admitting.rows(f"{columns} SELECT ?, ?, e164, created_at FROM contact", new_id("sup"), owner)
    assert admitting.claim() == []
    require_withdrawn(admitting, campaign, "NUMBER_SUPPRESSED", "REFUSED")
    assert admitting.calls()[0]["contact"]["refusal"] == {"code": "NUMBER_SUPPRESSED"}


# ------------------------------------------------------------------------------------------------ R18, R19, R22


@pytest.mark.parametrize(
    "change",
    [
        "status = 'PAUSED', pause_reason = 'ASKED'",
        "starts_at = '2027-01-01 00:00:00.000000'",
        "ends_at = '2026-01-01 00:00:00.000000'",
    ],
)
def test_r23_r22_of_a_campaign_that_does_not_run_any_more(admitting: Admitting, change: str) -> None:
    campaign = admitting.started()
    assert admitting.admit() == 1
    admitting.rows(f"UPDATE campaign SET {change}")
    assert admitting.claim() == []
    require_withdrawn(admitting, campaign, "CANCELLED")


def test_r23_r18_of_a_contact_whose_attempts_are_used_up(admitting: Admitting) -> None:
    """A second attempt, when one is all that is left."""
    admitting.started()
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    admitting.pass_time(timedelta(minutes=16))
    assert admitting.admit() == 1
    admitting.rows("UPDATE campaign SET max_attempts = 1")
    assert admitting.claim() == []
    assert [each["endReason"] for each in admitting.calls()] == ["BUSY", "CANCELLED"]
    assert admitting.rows("SELECT status, attempt_count, is_fresh FROM contact") == [("PENDING", 1, False)]
    assert admitting.wrong_counts() == []


def test_r23_r18_to_a_number_that_three_others_called_within_a_day(admitting: Admitting) -> None:
    for _ in range(3):
        admitting.started()
    assert admitting.admit() == 3
    assert len(admitting.claim()) == 3
    admitting.started()
    assert admitting.admit() == 0
    admitting.pass_time(timedelta(hours=25))
    assert admitting.admit() == 1
    admitting.pass_time(timedelta(hours=-2))
    assert admitting.claim() == []
    last = admitting.calls()[-1]
    assert (last["endReason"], last["contact"]["status"], last["contact"]["attempts"]) == ("CANCELLED", "PENDING", [])


@pytest.mark.parametrize("change", ["max_concurrent_calls = 1", "calls_per_minute = 1"])
def test_r23_r19_of_a_campaign_that_has_as_many_calls_as_it_may(admitting: Admitting, change: str) -> None:
    admitting.started(ANSWERS, ANSWERS)
    assert admitting.admit() == 2
    admitting.rows(f"UPDATE campaign SET {change}")
    (dialed,) = admitting.claim()
    assert {each["endReason"] for each in admitting.calls() if each["id"] != dialed} == {"CANCELLED"}
    assert admitting.rows("SELECT status, COUNT(*) FROM contact GROUP BY status ORDER BY status") == [
        ("IN_CALL", 1),
        ("PENDING", 1),
    ]
    assert admitting.wrong_counts() == []


def test_r23_r19_beyond_a_budget_that_is_set_meanwhile(install: Install, clock: Clock) -> None:
    above = install().root()
    admitting = Admitting(above.child(), clock)
    admitting.started(ANSWERS, ANSWERS)
    assert admitting.admit() == 2
    budget = {"organizationId": admitting.owner.organization_id, "maxConcurrentCalls": 1}
    above.mutate_successfully("setCallBudget", "__typename", **budget)
    (dialed,) = admitting.claim()
    assert {each["endReason"] for each in admitting.calls() if each["id"] != dialed} == {"CANCELLED"}
    assert admitting.admit() == 0
    assert admitting.rows("SELECT wait_reason FROM contact WHERE status = 'PENDING'") == [("BUDGET",)]
    assert admitting.wrong_counts() == []


# ------------------------------------------------------------------------------------------------------------ once


def test_r23_an_attempt_that_was_withdrawn_is_made_later_under_its_number(admitting: Admitting) -> None:
    admitting.started()
    admitting.admit()
    admitting.pass_time(timedelta(hours=9))
    admitting.claim()
    assert admitting.admit() == 0
    admitting.pass_time(timedelta(hours=12))
    assert admitting.admit() == 1
    assert len(admitting.claim()) == 1
    assert [each["endReason"] for each in admitting.calls()] == ["WINDOW_CLOSED", None]
    assert admitting.rows("SELECT attempt_number FROM conversation ORDER BY id") == [(None,), (1,)]
    assert admitting.claim() == []


def test_r23_the_database_refuses_a_second_first_attempt(admitting: Admitting) -> None:
    admitting.started()
    admitting.admit()
    columns = ", ".join(admitting.owner.installation.store.columns_by_table()["conversation"])
    again = re.sub(r"\bid\b", "'cnv_00000000000000000000000000'", columns, count=1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        admitting.rows(f"INSERT INTO conversation ({columns}) SELECT {again} FROM conversation")
