"""R19: a campaign that waits costs next to nothing: what an admission commits wakes others, and not itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from models.utc_datetime import now
from tests.campaigns.admitting import clock
from tests.campaigns.campaign_server import create_campaign
from tests.campaigns.test_campaign import ANSWERS, Clock, contact
from tests.conftest import Install
from tests.retrying import attempts

__all__ = ["clock"]
ROUNDS = 3


def count(statements: Sequence[str], *parts: str) -> int:
    """Count the statements that contain all the parts."""
    return sum(all(part in each for part in parts) for each in statements)


def test_r19_a_campaign_that_waits_is_looked_at_as_seldom_as_those_that_are_over(
    install: Install, clock: Clock, statements: list[Any]
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
