"""R18: how often a contact is called again, when, and from which number."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.campaigns.campaign_server import (
    Outbound,
    answering,
    calls,
    create_campaign,
    run_outbound,
    step_one,
    until_calls,
)
from tests.campaigns.test_campaign import BUSY, MONDAY_NOON
from tests.conftest import Install
from tests.installation import Client
from tests.retrying import attempts

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BUSY_CONTACT = {"e164": f"+1212200{BUSY}"}


def until_contact(outbound: Outbound, campaign: str, status: str, reason: str | None = None) -> None:
    """Wait until the only contact of a campaign has a status, and waits for this."""
    for _ in attempts():
        rows = outbound.server.rows("SELECT status, wait_reason FROM contact WHERE campaign_id = ?", campaign)
        if rows[0][0] == status and reason in (None, rows[0][1]):
            return
    raise AssertionError(rows)


def busy_again_after(minutes: int, most: int = 3) -> dict[str, object]:
    return {"maxAttempts": most, "delays": [{"outcome": "BUSY", "minutes": minutes}]}


def test_r18_a_retry_goes_out_from_the_number_before_while_that_may_be_dialed_from(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        trunk = outbound.trunk(owner)
        first, second = owner.number(trunk=trunk), owner.number(trunk=outbound.trunk(owner))
        agent = owner.agent()
        version = owner.version(agent, first)
        campaign = create_campaign(owner, [BUSY_CONTACT], agentVersionId=version, retries=busy_again_after(1))
        until_calls(owner, 1)
        until_contact(outbound, campaign, "PENDING", "RETRY")
        owner.publish(version, second)
        owner.version(owner.agent(), first)  # another agent's number now, and still one to dial from
        outbound.clock.set(MONDAY_NOON + 2 * MINUTE)
        _, again = until_calls(owner, 2)
        assert (again["agentNumber"], again["resolution"]["decidedBy"]) == (first.e164, "AGENT_NUMBER")
        assert step_one(again)["reason"] == f"{first.e164} made the last attempt to reach the contact."
        until_contact(outbound, campaign, "PENDING", "RETRY")
        owner.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=None)
        outbound.clock.set(MONDAY_NOON + 4 * MINUTE)
        *_, last = until_calls(owner, 3)
        assert (last["agentNumber"], last["resolution"]["decidedBy"]) == (second.e164, "AGENT_VERSION")
        until_contact(outbound, campaign, "EXHAUSTED")


def test_r18_three_attempts_to_a_number_in_24_hours_over_all_campaigns_of_an_organization(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        other = owner.child()
        number = owner.number(trunk=outbound.trunk(owner), shareable=True)
        fields = {"agentVersionId": owner.version(owner.agent()), "agentNumber": number.e164}
        once = {"retries": {"maxAttempts": 1}}
        for count in range(1, 4):
            create_campaign(owner, [BUSY_CONTACT], **fields, **once)
            until_calls(owner, count)
        waiting = create_campaign(owner, [BUSY_CONTACT, answering("212", 7)], **fields, **once)
        until_calls(owner, 4)
        create_campaign(other, [BUSY_CONTACT], **fields | {"agentVersionId": other.version(other.agent())}, **once)
        until_calls(other, 1)
        rows = "SELECT status, wait_reason FROM contact WHERE campaign_id = ? AND e164 = ?"
        assert outbound.server.rows(rows, waiting, BUSY_CONTACT["e164"]) == [("PENDING", "ATTEMPT_LIMIT")]
        outbound.clock.set(MONDAY_NOON + DAY + MINUTE)
        assert until_calls(owner, 5)[4]["userNumber"] == BUSY_CONTACT["e164"]


@pytest.mark.parametrize("minutes", [1, 30 * 24 * 60])
def test_r18_a_retry_is_due_after_its_delay_and_not_before(tmp_path: Path, minutes: int) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner))
        campaign = create_campaign(
            owner,
            [BUSY_CONTACT],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
            retries=busy_again_after(minutes, most=2),
        )
        until_calls(owner, 1)
        until_contact(outbound, campaign, "PENDING", "RETRY")
        ((ended_at, due_at),) = outbound.server.rows(
            "SELECT ended_at, due_at FROM conversation JOIN contact ON contact.id = contact_id"
        )
        assert delay(ended_at, due_at) == timedelta(minutes=minutes)
        outbound.clock.set(MONDAY_NOON + timedelta(minutes=minutes) + MINUTE)
        until_calls(owner, 2)
        until_contact(outbound, campaign, "EXHAUSTED")


def test_r18_the_delays_follow_the_outcomes(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner))
        suffixes = {"0101": 15, "0106": 4 * 60, "0105": 10, "0103": None, "0104": None, "0107": None}
        create_campaign(
            owner,
            [{"e164": f"+1212200{suffix}"} for suffix in suffixes],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
        )
        until_calls(owner, 6)
        query = """SELECT contact.status, user_number, conversation.ended_at, due_at
          FROM conversation JOIN contact ON contact.id = contact_id"""
        told: dict[str, int | None] = {}
        for _ in attempts():
            rows = outbound.server.rows(query)
            told = {
                to[-4:]: delay(ended, due) // MINUTE if status == "PENDING" else None for status, to, ended, due in rows
            }
            if not any(status == "IN_CALL" for status, *_ in rows):
                break
        assert told == suffixes


def delay(ended_at: object, due_at: object) -> timedelta:
    """Return the time between, to the second: SQLite's triggers keep milliseconds."""
    end, due = (datetime.fromisoformat(str(each)) for each in (ended_at, due_at))
    return timedelta(seconds=round((due - end).total_seconds()))


def test_r18_never_is_a_delay(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner))
        campaign = create_campaign(
            owner,
            [BUSY_CONTACT],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
            retries=busy_again_after(0),
        )
        until_contact(outbound, campaign, "EXHAUSTED")
        assert len(calls(owner)) == 1


def test_r18_a_lost_call_is_never_retried(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner))
        everything = [{"outcome": each, "minutes": 1} for each in ("BUSY", "NO_ANSWER", "VOICEMAIL", "CARRIER_ERROR")]
        campaign = create_campaign(
            owner,
            [answering("212", 1)],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
            retries={"maxAttempts": 10, "delays": everything},
        )
        until_calls(owner, 1)
        outbound.server.kill()
        outbound.server.launch()
        until_contact(outbound, campaign, "EXHAUSTED")
        outbound.clock.set(MONDAY_NOON + 5 * MINUTE)
        (lost,) = calls(owner)
        assert (lost["status"], lost["endReason"]) == ("FAILED", "ENGINE_LOST")


@pytest.fixture
def owner(install: Install) -> Client:
    return install().root()


@pytest.mark.parametrize(
    ("retries", "field"),
    [
        ({"maxAttempts": 0}, ["retries", "maxAttempts"]),
        ({"maxAttempts": 11}, ["retries", "maxAttempts"]),
        (busy_again_after(-1), ["retries", "delays", "0", "minutes"]),
        (busy_again_after(30 * 24 * 60 + 1), ["retries", "delays", "0", "minutes"]),
        ({"delays": [{"outcome": "REACHED", "minutes": 1}]}, ["retries", "delays", "0", "outcome"]),
        ({"delays": [{"outcome": "LOST", "minutes": 1}]}, ["retries", "delays", "0", "outcome"]),
    ],
)
def test_r18_delays_and_attempts_have_limits(owner: Client, retries: dict[str, object], field: list[str]) -> None:
    assert owner.refusals("createCampaign", name="C", retries=retries) == [("INVALID_INPUT", field)]
