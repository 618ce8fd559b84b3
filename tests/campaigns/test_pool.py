"""R20: which number of a campaign's pool a contact is called from, and why."""

from pathlib import Path

import pytest

from tests.campaigns.campaign_server import (
    Outbound,
    add,
    answering,
    calls,
    create_campaign,
    hang_up,
    pool,
    run_outbound,
    step_one,
    until_calls,
    until_pause,
)
from tests.campaigns.test_campaign import BUSY, MONDAY_NOON
from tests.conftest import Install
from tests.installation import Client
from tests.retrying import attempts

NEW_YORK, BROOKLYN, MIAMI, DENVER, SEATTLE = "212", "718", "305", "303", "206"


def number_at(area: str) -> str:
    return f"+1{area}5550100"


def waiting(outbound: Outbound, campaign: str) -> list[tuple[str, str | None]]:
    """Return the pending contacts and what they wait for."""
    rows = outbound.server.rows(
        "SELECT e164, wait_reason FROM contact WHERE campaign_id = ? AND status = 'PENDING' ORDER BY id", campaign
    )
    return [(e164, reason) for e164, reason in rows]


def until_waiting(outbound: Outbound, campaign: str, reason: str, count: int) -> None:
    for _ in attempts():
        found = waiting(outbound, campaign)
        if [each for _, each in found] == [reason] * count:
            return
    raise AssertionError(found)


def test_r20_the_order_of_a_pool(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        trunk = outbound.trunk(owner)
        seattle = owner.number(number_at(SEATTLE), trunk=trunk)
        new_york = owner.number(number_at(NEW_YORK), trunk=trunk)
        london = owner.number("+442071838750", trunk=trunk)
        version = owner.version(owner.agent())
        create_campaign(
            owner,
            [answering(area, 1) for area in (NEW_YORK, BROOKLYN, DENVER)]
            + [answering(DENVER, 2), {"e164": "+493000100"}],
            agentVersionId=version,
            pool=pool(london, new_york, seattle),
            maxConcurrentCalls=1,
        )
        made = []
        for count in range(1, 6):
            made = until_calls(owner, count)
            hang_up(owner, made)
    by_contact = {each["userNumber"]: each for each in made}
    expected = {
        answering(NEW_YORK, 1)["e164"]: (new_york, "has the contact's area code"),
        answering(BROOKLYN, 1)["e164"]: (new_york, "is in the contact's time zones"),
        # Seattle's is older, and has made no call yet.
        answering(DENVER, 1)["e164"]: (seattle, "was used least in 24 hours against its cap"),
        answering(DENVER, 2)["e164"]: (seattle, "was used least in 24 hours against its cap"),
        "+493000100": (london, "was used least in 24 hours against its cap"),
    }
    for contact, (number, words) in expected.items():
        step = step_one(by_contact[contact])
        assert by_contact[contact]["agentNumber"] == number.e164
        assert step["reason"] == f"Of the pool, {number.e164} {words}."
        assert (step["rule"], step["verdict"]) == ("AGENT_NUMBER", "CHOSEN")
        assert [each["verdict"] for each in step["candidates"]] == ["CHOSEN", "PASSED_OVER", "PASSED_OVER"]
    reasons = {
        each["e164"]: each["reason"] for each in step_one(by_contact[answering(DENVER, 1)["e164"]])["candidates"]
    }
    assert reasons[london.e164] == f"{seattle.e164} is in the contact's country."
    assert {each["resolution"]["decidedBy"] for each in made} == {"AGENT_NUMBER"}


def test_r20_a_retry_prefers_the_number_of_the_last_attempt(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        trunk = outbound.trunk(owner)
        numbers = [owner.number(number_at(area), trunk=trunk) for area in (MIAMI, SEATTLE)]
        campaign = create_campaign(
            owner,
            [{"e164": f"+1{DENVER}200{BUSY}"}],
            agentVersionId=owner.version(owner.agent()),
            pool=pool(*numbers),
        )
        (first,) = until_calls(owner, 1)
        assert first["agentNumber"] == numbers[0].e164
        outbound.clock.set(MONDAY_NOON.replace(minute=16))
        _, second = until_calls(owner, 2)
        assert second["agentNumber"] == numbers[0].e164
        assert "made the last attempt to reach the contact" in step_one(second)["reason"]
        assert "is in the contact" not in step_one(second)["reason"]
        assert waiting(outbound, campaign) == [(f"+1{DENVER}200{BUSY}", "RETRY")]


def test_r20_a_contact_waits_for_a_number_below_its_caps(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        trunk = outbound.trunk(owner)
        of_the_day, at_once = (owner.number(number_at(area), trunk=trunk) for area in (NEW_YORK, SEATTLE))
        spare = owner.number(number_at(MIAMI), trunk=trunk)
        version = owner.version(owner.agent(), spare)
        campaign = create_campaign(
            owner,
            [answering(NEW_YORK, line) for line in range(4)],
            agentVersionId=version,
            pool=[*pool(of_the_day, callsPerDay=2), *pool(at_once, maxConcurrentCalls=1)],
        )
        until_waiting(outbound, campaign, "NUMBER", 1)
        # Calls of one pass are made at the same time, so that their order says nothing.
        made = sorted(
            until_calls(owner, 3), key=lambda each: [of_the_day.e164, at_once.e164].index(each["agentNumber"])
        )
        assert [each["agentNumber"] for each in made] == [of_the_day.e164, of_the_day.e164, at_once.e164]
        told = {each["e164"]: each["reason"] for each in step_one(made[2])["candidates"]}
        assert told[of_the_day.e164] == "It is at its cap of the day: 2 calls in 24 hours, of 2."
        hang_up(owner, made)
        made = until_calls(owner, 4)
        assert made[3]["agentNumber"] == at_once.e164
        add(owner, campaign, [answering(NEW_YORK, 9)])
        until_waiting(outbound, campaign, "NUMBER", 1)
        outbound.clock.set(MONDAY_NOON.replace(month=12, day=1, minute=1))
        assert until_calls(owner, 5)[4]["agentNumber"] == of_the_day.e164


def test_r20_a_borrowed_number_counts_everybodys_calls_and_tells_none(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        lender = outbound.server.root()
        number = lender.number(number_at(NEW_YORK), trunk=outbound.trunk(lender), shareable=True)
        own_trunk = None
        borrower = lender.child()
        own_trunk = outbound.trunk(borrower)
        own = borrower.number(number_at(SEATTLE), trunk=own_trunk)
        lender.create_queued(agentNumber=number.e164, agentVersionId=lender.version(lender.agent()), to="+12122010100")
        until_calls(lender, 1)
        create_campaign(
            borrower,
            [answering(NEW_YORK, 5)],
            agentVersionId=borrower.version(borrower.agent()),
            pool=[*pool(number, callsPerDay=1), *pool(own)],
        )
        (made,) = until_calls(borrower, 1)
        assert made["agentNumber"] == own.e164
        told = {each["e164"]: each["reason"] for each in step_one(made)["candidates"]}
        assert told[number.e164] == "It is at its cap of the day."


def test_r20_r6_a_number_that_is_not_shared_any_more_vanishes_and_an_empty_pool_pauses(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        lender = outbound.server.root()
        number = lender.number(number_at(NEW_YORK), trunk=outbound.trunk(lender), shareable=True)
        borrower = lender.child()
        campaign = create_campaign(
            borrower,
            [answering(NEW_YORK, 5), answering(NEW_YORK, 6)],
            agentVersionId=borrower.version(borrower.agent()),
            pool=pool(number, callsPerDay=7, maxConcurrentCalls=1),
        )
        shown = "query($id: ID!) { campaign(id: $id) { pool { e164 callsPerDay maxConcurrentCalls phoneNumber { access } } } }"
        assert borrower(shown, id=campaign)["campaign"]["pool"] == [
            {"e164": number.e164, "callsPerDay": 7, "maxConcurrentCalls": 1, "phoneNumber": {"access": "SHARED"}}
        ]
        until_calls(borrower, 1)  # the other contact waits for the number
        lender.share(number, shareable=False)
        assert borrower(shown, id=campaign)["campaign"]["pool"] == []
        assert lender(shown, id=campaign)["campaign"]["pool"] == []
        until_pause(borrower, campaign, "NO_POOL_NUMBER")
        assert len(calls(borrower)) == 1


def test_r20_a_number_that_cannot_dial_out_is_passed_over(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        silent = owner.number(number_at(NEW_YORK), trunk=owner.trunk(outbound=False))
        able = owner.number(number_at(SEATTLE), trunk=outbound.trunk(owner))
        create_campaign(
            owner, [answering(NEW_YORK, 1)], agentVersionId=owner.version(owner.agent()), pool=pool(silent, able)
        )
        (made,) = until_calls(owner, 1)
        step = step_one(made)
        assert step["reason"] == f"Of the pool, {able.e164} is the only number of the pool that is free."
        assert step["candidates"][1] == {
            "e164": silent.e164,
            "verdict": "PASSED_OVER",
            "reason": "Its trunk has no outbound configuration.",
        }


@pytest.fixture
def owner(install: Install) -> Client:
    return install().root()


def test_r20_a_pool_names_numbers_that_may_be_dialed_from_each_once(owner: Client) -> None:
    number, stranger = owner.number(), owner.child()
    foreign = stranger.number()
    create = {"name": "C", "agentVersionId": owner.version(owner.agent())}

    def refused(*entries: object, **more: object) -> list[tuple[str, list[str] | None]]:
        return owner.refusals("createCampaign", **create | {"pool": list(entries)} | more)

    mine = {"e164": number.e164}
    assert refused(mine, {"e164": foreign.e164}) == [("PHONE_NUMBER_NOT_FOUND", ["pool", "1", "e164"])]
    assert refused({"e164": "+12065559999"}) == [("PHONE_NUMBER_NOT_FOUND", ["pool", "0", "e164"])]
    assert refused({"e164": "212"}) == [("INVALID_PHONE_NUMBER", ["pool", "0", "e164"])]
    assert refused(mine, mine) == [("INVALID_INPUT", ["pool", "1", "e164"])]
    assert refused(mine | {"callsPerDay": 0}) == [("INVALID_INPUT", ["pool", "0", "callsPerDay"])]
    assert refused(mine | {"maxConcurrentCalls": 0}) == [("INVALID_INPUT", ["pool", "0", "maxConcurrentCalls"])]
    assert refused(mine, agentNumber=number.e164) == [("INVALID_INPUT", ["pool"])]
    assert refused(*[mine] * 101) == [("INVALID_INPUT", ["pool"])]
    assert owner.installation.rows("SELECT count(*) FROM campaign") == [(0,)]


POOL_OF = "query($id: ID!) { campaign(id: $id) { revision agentNumber pool { e164 callsPerDay } } }"


def test_r20_r22_a_pool_is_replaced_as_a_whole(owner: Client) -> None:
    trunk = owner.trunk()
    first, second = owner.number(trunk=trunk), owner.number(trunk=trunk)
    made = owner.mutate_successfully(
        "createCampaign",
        "campaign { id }",
        name="C",
        agentVersionId=owner.version(owner.agent()),
        pool=pool(first, callsPerDay=5),
        idempotencyKey="once",
    )
    campaign = made["campaign"]["id"]

    def update(**fields: object) -> list[tuple[str, list[str] | None]]:
        return owner.refusals("updateCampaign", campaignId=campaign, **fields)

    def read() -> tuple[int, str | None, list[tuple[str, int]]]:
        found = owner(POOL_OF, id=campaign)["campaign"]
        return found["revision"], found["agentNumber"], [(e["e164"], e["callsPerDay"]) for e in found["pool"]]

    assert read() == (1, None, [(first.e164, 5)])
    assert update(name="Other") == []
    assert read() == (2, None, [(first.e164, 5)])
    assert update(agentNumber=first.e164) == [("INVALID_INPUT", ["agentNumber"])]
    assert update(pool=pool(first, second)) == []
    assert read() == (3, None, sorted([(first.e164, 100), (second.e164, 100)]))
    assert update(pool=[], agentNumber=second.e164) == []
    assert read() == (4, second.e164, [])
    assert update(pool=pool(first)) == [("INVALID_INPUT", ["pool"])]
    assert read() == (4, second.e164, [])
