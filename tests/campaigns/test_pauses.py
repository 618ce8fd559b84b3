"""R19: a campaign pauses itself where half of its last twenty calls or more have failed, and not where fewer have."""

import pytest

from tests.campaigns.admitting import Admitting, admitting, clock
from tests.campaigns.test_campaign import ANSWERS

__all__ = ["admitting", "clock"]

CALLS = 20
FAIL_SOME = """UPDATE conversation SET status = 'FAILED', end_reason = 'CARRIER_ERROR', ended_at = dialed_at
  WHERE id IN (SELECT id FROM conversation ORDER BY id LIMIT ?)"""


@pytest.mark.parametrize(("failed", "status"), [(CALLS // 2, "PAUSED"), (CALLS // 2 - 1, "RUNNING")])
def test_r19_half_of_twenty_calls_that_fail_pause_their_campaign(
    admitting: Admitting, failed: int, status: str
) -> None:
    campaign = admitting.started(*[ANSWERS] * (CALLS + 1), maxConcurrentCalls=CALLS)
    assert admitting.admit() == CALLS
    assert len(admitting.claim()) == CALLS
    admitting.rows(FAIL_SOME, failed)
    admitting.end_calls("COMPLETED", "HANGUP")
    assert admitting.admit() == (status == "RUNNING")
    query = "query($id: ID!) { campaign(id: $id) { status pauseReason } }"
    reason = "FAILURE_RATE" if status == "PAUSED" else None
    assert admitting.owner(query, id=campaign)["campaign"] == {"status": status, "pauseReason": reason}
