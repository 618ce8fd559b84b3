"""R25: what the dry run of a campaign with a pool says is what then happens, contact by contact."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.campaigns.campaign_server import Outbound, pool, run_outbound
from tests.campaigns.test_campaign import ALWAYS, BUSY
from tests.campaigns.test_preview import counts, create, preview, preview_new, suppress
from tests.installation import Client, Json, Number
from tests.retrying import attempts

NEW_YORK, MIAMI, DENVER, SEATTLE = "212", "305", "303", "206"
ATTEMPTS = """query($id: ID!) { campaign(id: $id) { status contacts(first: 100) { nodes { e164 status waitsFor
  refusal { code message } attempts { number choice { agentNumber }
    conversation { agentNumber userNumber resolution { decidedBy } } } } } } }"""


class Fate(NamedTuple):
    """What becomes of a contact: the number and the step of its call, a refusal, or neither while it waits."""

    number: str | None = None
    rule: str | None = None
    code: str | None = None
    message: str | None = None


def busy(area: str, line: int) -> Json:
    """Return a contact that is busy, so that its call ends at once."""
    return {"e164": f"+1{area}{200 + line}{BUSY}"}


def fates_foretold(client: Client, contacts: list[Json], **fields: Any) -> dict[str, Fate]:
    """Preview the first contact, the first two, and so on: what each adds is what becomes of it."""
    seen: Counter[Fate] = Counter()
    found = {}
    for length, contact in enumerate(contacts, 1):
        now = _fates(preview_new(client, contacts[:length], **fields), length)
        ((found[contact["e164"]], _),) = (now - seen).items()
        seen = now
    return found


def _fates(answer: Json, contacts: int) -> Counter[Fate]:
    assert answer["contacts"] == contacts
    fates = Counter[Fate]()
    for each in answer["refused"]:
        fates[Fate(code=each["code"], message=each["message"])] += each["contacts"]
    rules = {each["rule"] for each in answer["byRule"]}
    assert rules <= {"AGENT_NUMBER"}, "own numbers and a pool's enter step 1"
    for each in answer["byNumber"]:
        fates[Fate(each["e164"], "AGENT_NUMBER")] += each["contacts"]
    fates[Fate()] += contacts - fates.total()
    return +fates


def fates(client: Client, campaign: str) -> dict[str, Fate]:
    """Return what became of each contact."""
    found = {}
    for contact in client(ATTEMPTS, id=campaign)["campaign"]["contacts"]["nodes"]:
        fate = Fate()
        if refusal := contact["refusal"]:
            fate = Fate(code=refusal["code"], message=refusal["message"].replace(contact["e164"], "The number"))
        for attempt in contact["attempts"]:
            call = attempt["conversation"]
            assert call["agentNumber"] == attempt["choice"]["agentNumber"]
            fate = Fate(call["agentNumber"], call["resolution"]["decidedBy"])
        found[contact["e164"]] = fate
    return found


def until_settled(client: Client, campaign: str, waiting: int) -> dict[str, Fate]:
    """Wait until everybody has been called or refused, but for so many who wait for a number."""
    for _ in attempts():
        contacts = client(ATTEMPTS, id=campaign)["campaign"]["contacts"]["nodes"]
        left = [each for each in contacts if each["status"] in ("PENDING", "IN_CALL")]
        if [each["status"] for each in left] == ["PENDING"] * waiting and waits_for_numbers(client, campaign, waiting):
            return fates(client, campaign)
    raise AssertionError(left)


def waits_for_numbers(client: Client, campaign: str, waiting: int) -> bool:
    rows = client.installation.rows(
        "SELECT wait_reason FROM contact WHERE campaign_id = ? AND status = 'PENDING'", campaign
    )
    return [reason for (reason,) in rows] == ["NUMBER"] * waiting


def assert_comes_true(client: Client, campaign: str, foretold: dict[str, Fate]) -> None:
    """Start a campaign; check contact by contact, and the figures of its dry run, against what happens."""
    together = preview(client, campaign)
    assert together["notReady"] == []
    client.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
    happened = until_settled(client, campaign, list(foretold.values()).count(Fate()))
    assert happened == foretold
    calls = Counter(each.number for each in happened.values() if each.number)
    assert counts(together["byNumber"], "e164") == calls
    assert counts(together["byRule"], "rule") == ({"AGENT_NUMBER": calls.total()} if calls else {})
    refused = Counter((each.code, each.message) for each in happened.values() if each.code)
    assert {(each["code"], each["message"]): each["contacts"] for each in together["refused"]} == refused
    assert (together["contacts"], together["dialable"]) == (len(foretold), len(foretold) - refused.total())


@pytest.fixture(scope="module")
def outbound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outbound]:
    with run_outbound(tmp_path_factory.mktemp("served")) as running:
        yield running


def test_r25_the_dry_run_of_a_pool_comes_true(outbound: Outbound) -> None:
    lender = outbound.server.root("Lender")
    shared = lender.number(f"+1{MIAMI}5550100", trunk=outbound.trunk(lender), shareable=True)
    unseen = lender.number(f"+1{MIAMI}5550101", trunk=outbound.trunk(lender))
    owner = lender.child()
    trunk = outbound.trunk(owner)
    new_york, seattle, own = (owner.number(f"+1{area}5550102", trunk=trunk) for area in (NEW_YORK, SEATTLE, DENVER))
    mute = owner.number("+442071838750", trunk=owner.trunk(outbound=False))
    contacts = [
        *(busy(NEW_YORK, line) for line in range(4)),  # the cap of the number of New York is 3
        *(busy(MIAMI, line) for line in range(2)),
        busy(DENVER, 0) | {"agentNumber": own.e164},
        busy(DENVER, 1) | {"agentNumber": unseen.e164},
        busy(DENVER, 2) | {"agentNumber": mute.e164},
        busy(DENVER, 3) | {"agentNumber": seattle.e164},  # counts against the pool's number
        *(busy(DENVER, line) for line in range(4, 8)),
        {"e164": f"+1555200{BUSY}", "timeZone": "America/Chicago"},
        {"e164": f"+44207946{BUSY}"},
        busy(SEATTLE, 1),
    ]
    fields = {
        "agentVersionId": owner.version(owner.agent()),
        "pool": [*pool(new_york, shared, callsPerDay=3), *pool(seattle, mute, callsPerDay=9)],
        "windows": ALWAYS,
        "retries": {"maxAttempts": 1},
    }
    campaign = create(owner, contacts, **fields)
    suppress(owner, contacts[1]["e164"])
    suppress(lender, contacts[12]["e164"])
    unlisted = [{"e164": "+15552010101"}, {"e164": f"+1900200{BUSY}"}]

    foretold = fates_foretold(owner, contacts, **fields)
    refused_at_import = fates_foretold(owner, unlisted, **fields)

    added = owner.mutate_successfully(
        "addContacts", "results { refusal { code message } }", campaignId=campaign, contacts=unlisted
    )
    told = [each["refusal"] for each in added["results"]]
    assert [each["code"] for each in told] == ["TIME_ZONE_UNKNOWN", "DESTINATION_NOT_ALLOWED"]
    assert [each.code for each in refused_at_import.values()] == [each["code"] for each in told]
    # One without a time zone is kept, as a default may come.
    foretold |= {unlisted[0]["e164"]: refused_at_import[unlisted[0]["e164"]]}
    assert_comes_true(owner, campaign, foretold)
    assert Counter(each.number for each in foretold.values())[new_york.e164] == 3
    codes = Counter(each.code for each in foretold.values())
    assert codes["NUMBER_SUPPRESSED"] == 2
    assert (codes["PHONE_NUMBER_NOT_FOUND"], codes["NO_OUTBOUND_CONFIGURATION"]) == (1, 1)


LINES = count()
AREAS = (NEW_YORK, "718", DENVER, SEATTLE)


class Plan(NamedTuple):
    """A small campaign: the area and the cap of each number, the area of each contact and which own number it has."""

    numbers: list[tuple[str, int]]
    contacts: list[tuple[str, int | None]]
    suppressed: set[int]


PLANS = st.builds(
    Plan,
    st.lists(st.tuples(st.sampled_from(AREAS), st.integers(1, 3)), min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from(AREAS), st.sampled_from([None, None, None, 0])), min_size=1, max_size=7),
    st.sets(st.integers(0, 6), max_size=2),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLANS)
def test_r25_dry_runs_of_small_campaigns_come_true(outbound: Outbound, plan: Plan) -> None:
    owner = outbound.server.root()
    trunk = outbound.trunk(owner)
    numbers = [_number(owner, area, trunk) for area, _ in plan.numbers]
    contacts = [
        busy(area, line) | ({} if own is None else {"agentNumber": numbers[own].e164})
        for line, (area, own) in enumerate(plan.contacts)
    ]
    fields = {
        "agentVersionId": owner.version(owner.agent()),
        "pool": [
            each
            for number, (_, cap) in zip(numbers, plan.numbers, strict=True)
            for each in pool(number, callsPerDay=cap)
        ],
        "windows": ALWAYS,
        "retries": {"maxAttempts": 1},
    }
    if listed := [each["e164"] for place, each in enumerate(contacts) if place in plan.suppressed]:
        suppress(owner, *listed)
    campaign = create(owner, [], **fields)
    owner.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=contacts)
    foretold = fates_foretold(owner, contacts, **fields)
    kept = {e164: fate for e164, fate in foretold.items() if fate.code is None}
    if kept:
        assert_comes_true(owner, campaign, kept)


def _number(owner: Client, area: str, trunk: str) -> Number:
    return owner.number(f"+1{area}{5551000 + next(LINES)}", trunk=trunk)
