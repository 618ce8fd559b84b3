"""R18, R19: whom a pass of the admission calls first, what it costs a campaign that waits, and which failures pause one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from models.utc_datetime import now
from tests.campaigns.admitting import Admitting, admitting, clock
from tests.campaigns.campaign_server import create_campaign
from tests.campaigns.test_campaign import ANSWERS, BUSY, contact
from tests.conftest import Install
from tests.retrying import attempts

__all__ = ["admitting", "clock"]
ROUNDS = 3


def count(statements: Sequence[str], *parts: str) -> int:
    """Count the statements that contain all the parts."""
    return sum(all(part in each for part in parts) for each in statements)


@pytest.mark.usefixtures("clock")
def test_r19_a_campaign_that_waits_is_looked_at_as_seldom_as_those_that_are_over(
    install: Install, statements: list[Any]
) -> None:
    """Both are looked for once a second; the heartbeat may wake the admission as often again."""
    owner = install(dialing="on").root()
    later = (now() + timedelta(hours=1)).isoformat()
    create_campaign(
        owner,
        [contact(0, ANSWERS) | {"notBefore": later}],
        agentNumber=owner.number().e164,
        agentVersionId=owner.version(owner.agent()),
    )
    start = len(statements)
    for _ in attempts():
        rounds = count(statements[start:], "campaign.ended_at IS NULL", "campaign.ends_at <=")
        if rounds > ROUNDS:
            break
    passes = count(statements[start:], "count(*)", "campaign.calls_per_minute IS NOT NULL")
    assert rounds > ROUNDS
    assert 0 < passes <= 2 * rounds + 2


def test_r19_calls_of_one_pass_are_claimed_in_its_order(admitting: Admitting) -> None:
    """Retries come before fresh contacts, and these as long as they have been due."""
    campaign = admitting.started(BUSY)
    assert admitting.admit() == 1
    assert len(admitting.claim()) == 1
    admitting.end_calls("UNANSWERED", "BUSY")
    admitting.pass_time(timedelta(hours=2))
    fresh = [contact(line, ANSWERS) for line in range(1, 9)]
    admitting.owner.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=fresh)
    wanted = admitting.rows("SELECT id FROM contact ORDER BY is_fresh, due_at, id")
    assert admitting.admit() == len(wanted) == 9
    queued = "SELECT contact_id FROM conversation WHERE status = 'QUEUED' ORDER BY created_at, id"
    assert admitting.rows(queued) == wanted
    assert len(admitting.claim()) == 9


def test_r19_calls_that_were_lost_are_failures(admitting: Admitting) -> None:
    """Whom they were for is not called again: a campaign that went on losing calls would use up its contacts."""
    campaign = admitting.started(*[ANSWERS] * 25, maxConcurrentCalls=20)
    assert admitting.admit() == 20
    assert len(admitting.claim()) == 20
    admitting.end_calls("FAILED", "ENGINE_LOST")
    assert admitting.admit() == 0
    found = admitting.owner("query($id: ID!) { campaign(id: $id) { status pauseReason } }", id=campaign)
    assert found["campaign"] == {"status": "PAUSED", "pauseReason": "FAILURE_RATE"}
