"""R24: what each contact waits for and until when, or how it stands, in a sentence; and what limits its campaign."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.campaigns.admitting import Admitting, admitting, clock
from tests.campaigns.test_campaign import ALL_DAY, ALWAYS, ANSWERS, MONDAY_NOON, Clock
from tests.campaigns.test_standing import standings, statistics
from tests.conftest import Install
from tests.installation import Json

__all__ = ["admitting", "clock"]

REASONS = ("CAMPAIGN", "START", "WINDOW", "RETRY", "ATTEMPT_LIMIT", "NUMBER", "TRUNK", "BUDGET", "PACE")
BUSY_AGAIN = {"maxAttempts": 3, "delays": [{"outcome": "BUSY", "minutes": 15}]}


def require_waiting(admitting: Admitting, campaign: str, reason: str, count: int = 1) -> list[Json]:
    """Check that all who are pending wait for this, by themselves, by the filter and by the statistics; return them."""
    every = standings(admitting.owner, campaign)
    pending = [each for each in every if each["status"] == "PENDING"]
    assert [each["waitsFor"] for each in pending] == [reason] * count
    found = {each: len(standings(admitting.owner, campaign, waitsFor=each)) for each in REASONS}
    assert found == dict.fromkeys(REASONS, 0) | {reason: count}
    assert statistics(admitting.owner, campaign)["limitedBy"] == reason
    return pending


def told(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


def require_until(contact: Json, at: datetime) -> None:
    """Check until when it waits, to the minute: the clock goes on."""
    assert told(at) <= contact["waitsUntil"][:16] <= told(at + timedelta(minutes=1))


# ----------------------------------------------------------------------------------------------- until some time


def test_r24_for_its_campaign(admitting: Admitting) -> None:
    campaign = admitting.started()
    admitting.owner.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
    (contact,) = require_waiting(admitting, campaign, "CAMPAIGN")
    assert contact["reason"] == "The campaign does not run."
    assert contact["waitsUntil"] is None


def test_r24_for_its_start(admitting: Admitting) -> None:
    campaign = admitting.started(startsAt=(MONDAY_NOON + timedelta(hours=3)).isoformat())
    admitting.admit()
    (contact,) = require_waiting(admitting, campaign, "START")
    assert contact["reason"] == "It is not called before then."
    assert contact["waitsUntil"] == "2026-11-30T20:00:00Z"


@pytest.mark.parametrize("windows", [ALWAYS, ALL_DAY])
def test_r24_for_a_window_or_the_operators_hours(admitting: Admitting, windows: list[dict[str, object]]) -> None:
    campaign = admitting.started(windows=windows)
    admitting.pass_time(timedelta(hours=10))
    assert admitting.admit() == 0
    (contact,) = require_waiting(admitting, campaign, "WINDOW")
    assert contact["reason"] == "No window is open where it may be."
    assert contact["waitsUntil"] == "2026-12-01T13:00:00Z"  # at eight in New York


def test_r24_for_its_retry(admitting: Admitting) -> None:
    campaign = admitting.started(retries=BUSY_AGAIN)
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    (contact,) = require_waiting(admitting, campaign, "RETRY")
    assert contact["reason"] == "It was not reached, and is called again after the delay that follows such an outcome."
    require_until(contact, MONDAY_NOON + timedelta(minutes=15))


def test_r24_a_retry_that_is_due_at_night_waits_until_the_morning(admitting: Admitting) -> None:
    campaign = admitting.started(retries={"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 600}]})
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    (contact,) = require_waiting(admitting, campaign, "RETRY")
    assert contact["waitsUntil"] == "2026-12-01T13:00:00Z"


def test_r24_for_the_end_of_a_day_with_three_attempts(admitting: Admitting) -> None:
    for _ in range(3):
        admitting.started()
    assert admitting.admit() == 3
    campaign = admitting.started()
    assert admitting.admit() == 0
    (contact,) = require_waiting(admitting, campaign, "ATTEMPT_LIMIT")
    assert contact["reason"] == "Its number was called three times within 24 hours, which is the most."
    require_until(contact, MONDAY_NOON + timedelta(days=1))


# ----------------------------------------------------------------------------------------------- for room in something


def test_r24_for_a_number_of_the_pool(admitting: Admitting) -> None:
    pool = [{"e164": admitting.number.e164, "callsPerDay": 1}]
    campaign = admitting.started(ANSWERS, ANSWERS, ANSWERS, agentNumber=None, pool=pool)
    assert admitting.admit() == 1
    for contact in require_waiting(admitting, campaign, "NUMBER", 2):
        assert contact["reason"] == "No number of the pool is below its caps."
        assert contact["waitsUntil"] is None


def test_r24_for_the_trunk(install: Install, clock: Clock) -> None:
    admitting = Admitting(install().root(), clock, maxConcurrentCalls=2)
    campaign = admitting.started(ANSWERS, ANSWERS, ANSWERS)
    assert admitting.admit() == 1
    for contact in require_waiting(admitting, campaign, "TRUNK", 2):
        assert contact["reason"] == "The trunk has no room for another call."


def test_r24_for_a_call_budget(install: Install, clock: Clock) -> None:
    above = install().root()
    admitting = Admitting(above.child(), clock)
    budget = {"organizationId": admitting.owner.organization_id, "maxConcurrentCalls": 1}
    above.mutate_successfully("setCallBudget", "__typename", **budget)
    campaign = admitting.started(ANSWERS, ANSWERS, ANSWERS)
    assert admitting.admit() == 1
    for contact in require_waiting(admitting, campaign, "BUDGET", 2):
        assert contact["reason"] == "The call budget has no room for another call."


def test_r24_who_has_not_been_asked_for_waits_for_what_the_next_one_lacks(install: Install, clock: Clock) -> None:
    """A pass looks at so many contacts only: 160 wait, and 150 were looked at."""
    admitting = Admitting(install().root(), clock, maxConcurrentCalls=1)
    single = {"agentNumber": admitting.number.e164, "agentVersionId": admitting.version}
    admitting.owner.create_queued(**single)
    admitting.claim()
    campaign = admitting.started(*[ANSWERS] * 160, maxConcurrentCalls=100)
    assert admitting.admit() == 0
    assert admitting.rows("SELECT COUNT(*) FROM contact WHERE wait_reason = 'TRUNK'") == [(150,)]
    query = "query($id: ID!) { campaign(id: $id) { contacts(filter: {waitsFor: TRUNK}) { totalCount } } }"
    assert admitting.owner(query, id=campaign)["campaign"]["contacts"]["totalCount"] == 160


def test_r24_for_the_calls_at_once(admitting: Admitting) -> None:
    campaign = admitting.started(ANSWERS, ANSWERS, maxConcurrentCalls=1)
    assert admitting.admit() == 1
    (contact,) = require_waiting(admitting, campaign, "PACE")
    assert contact["reason"] == "The campaign has as many calls as it may have at once, or in a minute."


def test_r24_for_the_calls_a_minute(admitting: Admitting) -> None:
    campaign = admitting.started(ANSWERS, ANSWERS, callsPerMinute=1)
    assert admitting.admit() == 1
    admitting.claim()
    admitting.end_calls("COMPLETED", "HANGUP")
    assert admitting.admit() == 0
    require_waiting(admitting, campaign, "PACE")
    admitting.pass_time(timedelta(minutes=1))
    assert admitting.admit() == 1


def test_r24_a_full_campaign_waits_for_its_pace_whatever_it_lacked_before(admitting: Admitting) -> None:
    campaign = admitting.started(ANSWERS, ANSWERS, maxConcurrentCalls=1)
    assert admitting.admit() == 1
    admitting.rows("UPDATE contact SET wait_reason = 'BUDGET' WHERE status = 'PENDING'")
    require_waiting(admitting, campaign, "PACE")


def test_r24_what_limits_a_campaign_is_what_its_first_contact_waits_for(admitting: Admitting) -> None:
    """A retry that is due comes before fresh contacts; what is due later limits nothing that is due now."""
    campaign = admitting.started(ANSWERS, retries=BUSY_AGAIN)
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    later = [{"e164": "+13035550100", "notBefore": (MONDAY_NOON + timedelta(minutes=5)).isoformat()}]
    admitting.owner.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=later)
    assert statistics(admitting.owner, campaign)["limitedBy"] == "START"
    admitting.pass_time(timedelta(minutes=16))
    admitting.rows("UPDATE contact SET wait_reason = CASE WHEN is_fresh THEN 'NUMBER' ELSE 'BUDGET' END")
    assert statistics(admitting.owner, campaign)["limitedBy"] == "BUDGET"


# ------------------------------------------------------------------------------------------------------- each status


def standing(admitting: Admitting, campaign: str) -> tuple[Any, ...]:
    (found,) = standings(admitting.owner, campaign)
    assert (found["waitsFor"], found["waitsUntil"]) == (None, None)
    return found["status"], found["reason"], found["refusal"]


def test_r24_who_is_called_and_who_was_reached(admitting: Admitting) -> None:
    campaign = admitting.started()
    admitting.admit()
    assert standing(admitting, campaign) == ("IN_CALL", "It is being called, or talks.", None)
    assert statistics(admitting.owner, campaign)["limitedBy"] is None
    admitting.claim()
    admitting.end_calls("COMPLETED", "HANGUP")
    assert standing(admitting, campaign) == ("REACHED", "It was reached.", None)


def test_r24_who_is_exhausted(admitting: Admitting) -> None:
    campaign = admitting.started(retries={"maxAttempts": 1})
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    reason = (
        "It was not reached, and is not called again: its attempts are used up, or its last outcome allows no other."
    )
    assert standing(admitting, campaign) == ("EXHAUSTED", reason, None)


def test_r24_who_is_refused_says_why(admitting: Admitting) -> None:
    campaign = admitting.started()
    (contact,) = standings(admitting.owner, campaign)
    admitting.owner.mutate_successfully("addSuppressions", "__typename", e164s=[contact["e164"]])
    status, reason, refusal = standing(admitting, campaign)
    assert (status, refusal) == ("REFUSED", {"code": "NUMBER_SUPPRESSED", "message": reason})


def test_r24_who_was_removed(admitting: Admitting) -> None:
    campaign = admitting.started()
    (contact,) = standings(admitting.owner, campaign, "id")
    admitting.owner.mutate_successfully("removeContacts", "__typename", contactIds=[contact["id"]])
    assert standing(admitting, campaign) == ("REMOVED", "It was removed from the campaign.", None)


def test_r24_who_expired(admitting: Admitting) -> None:
    campaign = admitting.started()
    admitting.owner.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    assert standing(admitting, campaign) == ("EXPIRED", "The campaign ended before it was reached.", None)
