"""R20: a contact says from which number it would be called now, and why: the number that it is called from then."""

from tests.campaigns.admitting import Admitting, admitting, clock
from tests.campaigns.campaign_server import pool
from tests.campaigns.test_campaign import ANSWERS, Clock
from tests.campaigns.test_standing import standings
from tests.conftest import Install
from tests.installation import Json
from tests.test_statements import run_counted

__all__ = ["admitting", "clock"]

CHOICE = "agentNumber reason candidates { e164 verdict reason }"
BUSY_AGAIN = {"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 15}]}


def next_numbers(admitting: Admitting, campaign: str) -> list[Json]:
    return [each["nextNumber"] for each in standings(admitting.owner, campaign, f"nextNumber {{ {CHOICE} }}")]


def require_kept(admitting: Admitting, campaign: str) -> Json:
    """Check that the one contact is called from the number that it says; return the choice."""
    (before,) = next_numbers(admitting, campaign)
    assert admitting.admit() == 1
    selection = f"nextNumber {{ {CHOICE} }} attempts {{ choice {{ {CHOICE} }} }}"
    (found,) = standings(admitting.owner, campaign, selection)
    assert found["attempts"][-1]["choice"] == before
    assert found["nextNumber"] is None
    return before


def test_r20_of_the_pool(admitting: Admitting) -> None:
    near, far = (admitting.owner.number(each, trunk=admitting.trunk) for each in ("+12125550111", "+13035550111"))
    campaign = admitting.started(agentNumber=None, pool=pool(far, near))
    choice = require_kept(admitting, campaign)
    assert choice["agentNumber"] == near.e164
    assert choice["reason"] == f"Of the pool, {near.e164} has the contact's area code."
    assert [each["verdict"] for each in choice["candidates"]] == ["CHOSEN", "PASSED_OVER"]


def test_r20_of_the_campaign_or_the_contact_itself(admitting: Admitting) -> None:
    campaign = admitting.started()
    own = admitting.owner.number(trunk=admitting.trunk)
    sent = [{"e164": "+13035550100", "agentNumber": own.e164}]
    admitting.owner.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=sent)
    assert [each["agentNumber"] for each in next_numbers(admitting, campaign)] == [own.e164, admitting.number.e164]
    assert admitting.admit() == 2
    assert sorted(admitting.rows("SELECT agent_number FROM conversation")) == sorted(
        [(own.e164,), (admitting.number.e164,)]
    )


def test_r20_of_the_agent(admitting: Admitting) -> None:
    bound = admitting.owner.number(trunk=admitting.trunk)
    version = admitting.owner.version(admitting.agent, bound)
    choice = require_kept(admitting, admitting.started(agentNumber=None, agentVersionId=version))
    assert choice["agentNumber"] == bound.e164


def test_r18_a_retry_goes_out_from_the_number_of_the_attempt_before(admitting: Admitting) -> None:
    first = admitting.owner.number(trunk=admitting.trunk)
    version = admitting.owner.version(admitting.agent, first)
    campaign = admitting.started(agentNumber=None, agentVersionId=version, retries=BUSY_AGAIN)
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    (choice,) = next_numbers(admitting, campaign)
    assert choice["agentNumber"] == first.e164
    assert choice["reason"] == f"{first.e164} made the last attempt to reach the contact."


def test_r20_none_is_free(admitting: Admitting) -> None:
    campaign = admitting.started(ANSWERS, ANSWERS, agentNumber=None, pool=pool(admitting.number, callsPerDay=1))
    assert admitting.admit() == 1
    (choice,) = filter(None, next_numbers(admitting, campaign))
    assert choice["agentNumber"] is None
    assert choice["reason"] == "Every number of the pool is at a cap, or cannot dial out: the contact waits for one."
    assert choice["candidates"][0]["reason"] == "It is at its cap of the day: 1 calls in 24 hours, of 1."


def test_r6_a_number_that_is_not_shared_any_more_is_not_told(install: Install, clock: Clock) -> None:
    lender = install().root()
    borrowing = Admitting(lender.child(), clock, lender)
    campaign = borrowing.started(agentNumber=None, pool=pool(borrowing.number))
    (before,) = next_numbers(borrowing, campaign)
    assert before["agentNumber"] == borrowing.number.e164
    lender.share(borrowing.number, False)
    (after,) = next_numbers(borrowing, campaign)
    assert after == {
        "agentNumber": None,
        "reason": "Every number of the pool is at a cap, or cannot dial out: the contact waits for one.",
        "candidates": [],
    }


def test_r20_a_refusal_is_the_reason(admitting: Admitting) -> None:
    campaign = admitting.started()
    admitting.owner.mutate_successfully("updateTrunk", "__typename", trunkId=admitting.trunk, outbound=None)
    (choice,) = next_numbers(admitting, campaign)
    assert choice["agentNumber"] is None
    assert "outbound configuration" in choice["reason"]


def test_r20_many_contacts_take_as_many_statements_as_few(admitting: Admitting, statements: list[str]) -> None:
    other = admitting.owner.number(trunk=admitting.trunk)
    campaign = admitting.started(ANSWERS, ANSWERS, agentNumber=None, pool=pool(admitting.number, other))
    query = """query($id: ID!) { campaign(id: $id) { contacts(first: 100) { nodes {
      waitsFor reason nextNumber { agentNumber } } } } }"""
    _, few = run_counted(admitting.owner, statements, query, id=campaign)
    contacts = [{"e164": f"+1303555{line:04}"} for line in range(60)]
    admitting.owner.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    answer, many = run_counted(admitting.owner, statements, query, id=campaign)
    assert len(answer["campaign"]["contacts"]["nodes"]) == 62
    assert many == few
