"""The dry run of a campaign (R25), against what then really happens, and against what it may not tell."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import Scope, new_id
from tests.campaigns.admitting import clock
from tests.campaigns.test_campaign import ALL_DAY, ALWAYS, ANSWERS, BUSY, MONDAY_NOON, Clock, contact
from tests.conftest import Install
from tests.installation import Client, Installation, Json
from tests.retrying import attempts
from tests.server_process import run_server_in
from tests.telephony.sipp import free_port

__all__ = ["clock"]

# By the time of day estimates are limited by the operator's hours.
pytestmark = pytest.mark.usefixtures("clock")

PREVIEW = """
  at contacts dialable refused { code message contacts } byNumber { e164 contacts } byRule { rule contacts }
  byZone { timeZone contacts opensAt } limitedBy estimatedEnd
  assumptions { answerRate secondsOfACall secondsOfRinging } warnings notReady { code message field }
"""
CONTACTS = """
  query($id: ID!) { campaign(id: $id) { contacts(first: 100) { nodes { e164 status } } } }
"""
CALLS = "{ conversations(first: 100) { nodes { userNumber agentNumber resolution { decidedBy } } } }"


def preview(client: Client, campaign: str, assume: dict[str, Any] | None = None) -> Json:
    query = f"query($id: ID!, $assume: PreviewAssumptionsInput) {{ campaign(id: $id) {{ preview(assume: $assume) {{ {PREVIEW} }} }} }}"
    return client(query, id=campaign, assume=assume)["campaign"]["preview"]


def preview_new(client: Client, contacts: list[dict[str, Any]] | None = None, **fields: Any) -> Json:
    query = f"query($input: CreateCampaignInput!, $contacts: [ContactInput!]) {{ previewCampaign(input: $input, contacts: $contacts) {{ {PREVIEW} }} }}"
    return client(query, input={"name": "Check-ups"} | fields, contacts=contacts)["previewCampaign"]


def counts(rows: list[Json], key: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row[key]] += row["contacts"]
    return dict(found)


def create(client: Client, contacts: list[dict[str, Any]], **fields: Any) -> str:
    campaign: str = client.mutate_successfully(
        "createCampaign", "campaign { id }", **({"name": "Check-ups", "windows": ALWAYS} | fields)
    )["campaign"]["id"]
    if contacts:
        client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=contacts)
    return campaign


def suppress(client: Client, *e164s: str, until: str | None = None) -> None:
    client.mutate_successfully("addSuppressions", "__typename", e164s=list(e164s), until=until)


def until_completed(client: Client, campaign: str) -> None:
    """Hang up whoever answers, until the campaign has called everybody."""
    for _ in attempts():
        live = client("{ conversations(filter: { status: [IN_PROGRESS] }) { nodes { id } } }")["conversations"]["nodes"]
        for call in live:
            client.mutate("hangUpConversation", "__typename", conversationId=call["id"])
        if client("query($id: ID!) { campaign(id: $id) { status } }", id=campaign)["campaign"]["status"] == "COMPLETED":
            return
    raise AssertionError("the campaign does not end")


def foretold(answer: Json) -> tuple[str, ...]:
    """What the dry run of one contact says: its number and step, or its refusal."""
    assert answer["contacts"] == 1
    if answer["refused"]:
        return answer["refused"][0]["code"], answer["refused"][0]["message"]
    return answer["byNumber"][0]["e164"], answer["byRule"][0]["rule"]


def happened(client: Client, campaign: str) -> dict[str, tuple[str, ...]]:
    """What became of each contact: the number and step of its call, or its refusal, without its number."""
    refused = client.installation.rows(
        "SELECT e164, refusal_code, refusal_message FROM contact WHERE campaign_id = ? AND status = 'REFUSED'", campaign
    )
    calls = client(CALLS)["conversations"]["nodes"]
    return {each["userNumber"]: (each["agentNumber"], each["resolution"]["decidedBy"]) for each in calls} | {
        e164: (code, message.replace(e164, "The number")) for e164, code, message in refused
    }


def test_r25_the_dry_run_says_what_then_happens_contact_by_contact(tmp_path: Path) -> None:
    clock, port = Clock(tmp_path / "clock"), free_port()
    settings = {"DIALING": "on", "PRIVATE_CARRIERS": "allow", "SANDBOX_CARRIER": f"127.0.0.1:{port}"}
    environment = {f"DIALTREE_{name}": value for name, value in settings.items()} | clock.variables
    with run_server_in(tmp_path, "dialtree.db", (), None, **environment) as server:
        owner = server.root()
        trunk = owner.trunk(outbound=False)
        limits = {"callsPerSecond": 1000, "maxConcurrentCalls": 1000}
        address = {"address": f"127.0.0.1:{port}"}
        owner.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=address, **limits)
        bound, other, mute = (
            owner.number(trunk=trunk),
            owner.number(trunk=trunk),
            owner.number(trunk=owner.trunk(outbound=False)),
        )
        version = owner.version(owner.agent(), bound)
        unknown = server.new_number()
        suffixes = [ANSWERS] * 8 + [BUSY] * 4
        contacts = [contact(line, suffix) for line, suffix in enumerate(suffixes)]
        for line, number in ((0, other.e164), (1, other.e164), (2, unknown), (3, mute.e164)):
            contacts[line]["agentNumber"] = number
        fields = {"agentVersionId": version, "windows": ALWAYS, "retries": {"maxAttempts": 1}}
        campaign = create(owner, contacts, **fields)
        suppress(owner, contacts[4]["e164"], contacts[9]["e164"])

        alone = {each["e164"]: foretold(preview_new(owner, [each], **fields)) for each in contacts}
        together = preview(owner, campaign)
        owner.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
        until_completed(owner, campaign)

        assert happened(owner, campaign) == alone
        reality = Counter(alone.values())
        refused = {(each["code"], each["message"]): each["contacts"] for each in together["refused"]}
        assert refused == {verdict: number for verdict, number in reality.items() if not verdict[0].startswith("+")}
        calls = [verdict for verdict in alone.values() if verdict[0].startswith("+")]
        assert counts(together["byNumber"], "e164") == Counter(number for number, _ in calls)
        assert counts(together["byRule"], "rule") == Counter(rule for _, rule in calls)
        assert (together["contacts"], together["dialable"]) == (12, 8)
        assert together["contacts"] == preview(owner, campaign)["contacts"] + 8, "whoever was called waits no more"
        assert counts(preview(owner, campaign)["refused"], "code") == counts(together["refused"], "code")


def line(number: int) -> dict[str, Any]:
    """A contact in New York."""
    return {"e164": f"+1212555{number:04}"}


@pytest.fixture
def speaking(northwind: Client) -> dict[str, Any]:
    """Who speaks in a campaign of Northwind's, and from which number."""
    return {"agentVersionId": northwind.version(northwind.agent()), "agentNumber": northwind.number().e164}


def test_r25_a_dry_run_writes_nothing(northwind: Client, speaking: dict[str, Any]) -> None:
    campaign = create(northwind, [line(1), line(2)], **speaking)
    before = northwind.installation.contents()
    preview(northwind, campaign)
    preview_new(northwind, [line(1), {"e164": "12"}], **speaking)
    assert northwind.installation.contents() == before


def test_r25_a_campaign_and_the_input_that_creates_it_are_foretold_alike(
    northwind: Client, speaking: dict[str, Any]
) -> None:
    elsewhere = northwind.number()
    contacts = [line(1), line(2) | {"agentNumber": elsewhere.e164}, {"e164": "+13125550100"}]
    stored = preview(northwind, create(northwind, contacts, windows=ALWAYS, **speaking))
    sent = preview_new(northwind, contacts, windows=ALWAYS, **speaking)
    assert counts(stored["byNumber"], "e164") == {speaking["agentNumber"]: 2, elsewhere.e164: 1}
    assert counts(stored["byZone"], "timeZone") == {"America/New_York": 2, "America/Chicago": 1}
    for each in (stored, sent):
        each.pop("at")
    estimates = [datetime.fromisoformat(each.pop("estimatedEnd")) for each in (stored, sent)]
    assert abs(estimates[0] - estimates[1]) < timedelta(hours=1)
    assert without_open_zones(stored) == without_open_zones(sent)


def without_open_zones(answer: Json) -> Json:
    """Leave out the openings, which are now where a zone is open, and no two answers have the same now."""
    return answer | {"byZone": [each | {"opensAt": None} for each in answer["byZone"]]}


def test_r25_contacts_are_refused_as_an_import_refuses_them(northwind: Client, speaking: dict[str, Any]) -> None:
    suppress(northwind, line(1)["e164"])
    contacts = [line(1), line(2), line(2), {"e164": "12"}, {"e164": "+19005550100"}, {"e164": "+15555550100"}]
    answer = preview_new(northwind, contacts, **speaking)
    campaign = create(northwind, [], **speaking)
    added = northwind.mutate_successfully(
        "addContacts", "results { refusal { code message } }", campaignId=campaign, contacts=contacts
    )
    refusals = [each["refusal"]["code"] for each in added["results"] if each["refusal"]]
    assert counts(answer["refused"], "code") == Counter(refusals)
    assert set(refusals) == {
        "NUMBER_SUPPRESSED",
        "INVALID_PHONE_NUMBER",
        "DESTINATION_NOT_ALLOWED",
        "TIME_ZONE_UNKNOWN",
    }
    assert (answer["contacts"], answer["dialable"]) == (5, 1), "the same contact twice is one"
    assert not any("+1900" in each["message"] for each in answer["refused"])


def test_r25_r21_who_waits_although_an_entry_forbids_it_is_refused(northwind: Client, speaking: dict[str, Any]) -> None:
    campaign = create(northwind, [line(1), line(2)], **speaking)
    # As if it were added in the same moment: an entry refuses who waits.
    columns = "INSERT INTO suppression (id, organization_id, e164, created_at)"
    northwind.installation.rows(
        f"{columns} SELECT ?, organization_id, e164, created_at FROM contact WHERE e164 = ?",
        new_id("sup"),
        line(1)["e164"],
    )
    answer = preview(northwind, campaign)
    assert counts(answer["refused"], "code") == {"NUMBER_SUPPRESSED": 1}
    assert (answer["contacts"], answer["dialable"]) == (2, 1)


def test_r25_what_refuses_now_is_asked_now(northwind: Client) -> None:
    harbor = northwind.child()
    number = northwind.number(shareable=True)
    version = harbor.version(harbor.agent())
    campaign = create(harbor, [line(each) for each in range(3)], agentVersionId=version, agentNumber=number.e164)
    assert counts(preview(harbor, campaign)["byNumber"], "e164") == {number.e164: 3}
    suppress(northwind, line(0)["e164"])
    assert counts(preview(harbor, campaign)["refused"], "code") == {"NUMBER_SUPPRESSED": 1}
    northwind.share(number, shareable=False)
    answer = preview(harbor, campaign)
    assert counts(answer["refused"], "code") == {"NUMBER_SUPPRESSED": 1}
    assert_nobody_is_called(answer, 2)
    assert f"{number.e164} is not a number" in answer["notReady"][0]["message"]
    assert answer["notReady"] == harbor.mutate("startCampaign", "__typename", campaignId=campaign)["userErrors"]


def assert_nobody_is_called(answer: Json, dialable: int) -> None:
    """Check the figures of a campaign that would pause itself: nobody is refused for its fault."""
    assert (answer["byNumber"], answer["byRule"], answer["dialable"]) == ([], [], dialable)
    assert (answer["estimatedEnd"], answer["limitedBy"]) == (None, "CAMPAIGN")
    assert any("would pause itself" in each for each in answer["warnings"])


def test_r25_a_fault_of_the_campaign_refuses_nobody(northwind: Client) -> None:
    agent, number = northwind.agent(), northwind.number()
    version = northwind.version(agent)
    numbers = {"pool": [{"e164": number.e164}]}, {"agentNumber": number.e164}
    campaigns = [create(northwind, [line(1), line(2)], agentVersionId=version, **fields) for fields in numbers]
    northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
    for campaign in campaigns:
        answer = preview(northwind, campaign)
        assert answer["refused"] == []
        assert_nobody_is_called(answer, 2)
        assert answer["notReady"] == northwind.mutate("startCampaign", "__typename", campaignId=campaign)["userErrors"]
        assert "switched off" in answer["notReady"][0]["message"] or "not active" in answer["notReady"][0]["message"]


def test_r25_regions_that_are_not_allowed_any_more_refuse(install: Install) -> None:
    installation = install()
    owner = installation.root()
    speaking = {"agentVersionId": owner.version(owner.agent()), "agentNumber": owner.number().e164}
    campaign = create(owner, [line(1), line(2), {"e164": "+442079460100"}, {"e164": "+14165550100"}], **speaking)
    restricted = Installation(installation.store, allowed_regions=("US",))
    try:
        client = restricted.client(owner.secret)
        answer = preview(client, campaign)
        assert counts(answer["refused"], "code") == {"DESTINATION_NOT_ALLOWED": 2}
        assert [
            each["message"] for each in answer["refused"] if "+4" in each["message"] or "+1" in each["message"]
        ] == []
        assert answer["dialable"] == 2
    finally:
        restricted.stop()
        restricted.join()


@pytest.mark.parametrize(
    ("settings", "trunk", "limit"),
    [
        ({"maxConcurrentCalls": 1}, {}, "PACE"),
        ({"maxConcurrentCalls": 100, "callsPerMinute": 1}, {}, "PACE"),
        ({"maxConcurrentCalls": 1000}, {"callsPerSecond": 100, "maxConcurrentCalls": 1}, "TRUNK"),
    ],
)
def test_r25_the_estimate_names_the_limit_that_decides(
    northwind: Client, settings: dict[str, int], trunk: dict[str, Any], limit: str
) -> None:
    carrier = northwind.trunk(**trunk)
    version = northwind.version(northwind.agent())
    fields = {
        "agentVersionId": version,
        "agentNumber": northwind.number(trunk=carrier).e164,
        "retries": {"maxAttempts": 1},
    }
    campaign = create(northwind, [line(each) for each in range(500)], windows=ALL_DAY, **(fields | settings))
    slow, fast = (
        preview(northwind, campaign),
        preview(northwind, campaign, {"secondsOfACall": 1, "secondsOfRinging": 1}),
    )
    assert slow["limitedBy"] == limit
    assert slow["assumptions"] == {"answerRate": 0.3, "secondsOfACall": 90, "secondsOfRinging": 25}
    assert fast["assumptions"] == {"answerRate": 0.3, "secondsOfACall": 1, "secondsOfRinging": 1}
    if "callsPerMinute" not in settings:
        assert fast["estimatedEnd"] < slow["estimatedEnd"]
    assert slow["warnings"] == []


def test_r25_a_call_budget_above_limits_the_estimate(northwind: Client) -> None:
    harbor = northwind.child()
    fields = {
        "agentVersionId": harbor.version(harbor.agent()),
        "agentNumber": harbor.number(trunk=harbor.trunk(callsPerSecond=100, maxConcurrentCalls=1000)).e164,
        "retries": {"maxAttempts": 1},  # or they would last into the night
    }
    campaign = create(harbor, [line(each) for each in range(300)], maxConcurrentCalls=500, windows=ALL_DAY, **fields)
    before = preview(harbor, campaign)
    assert before["limitedBy"] != "BUDGET"
    budget = {"organizationId": harbor.organization_id, "maxConcurrentCalls": 1}
    northwind.mutate_successfully("setCallBudget", "__typename", **budget)
    after = preview(harbor, campaign)
    assert after["limitedBy"] == "BUDGET"
    assert after["estimatedEnd"] > before["estimatedEnd"]


def test_r25_contacts_beyond_the_caps_of_a_pool_wait_for_a_number(northwind: Client) -> None:
    numbers = [northwind.number(f"+1{area}5550199") for area in ("212", "206")]
    caps = [{"e164": each.e164, "callsPerDay": cap} for each, cap in zip(numbers, (3, 4), strict=True)]
    campaign = create(
        northwind,
        [line(each) for each in range(300)],
        agentVersionId=northwind.version(northwind.agent()),
        pool=caps,
        windows=ALL_DAY,
    )
    answer = preview(northwind, campaign)
    assert counts(answer["byNumber"], "e164") == {numbers[0].e164: 3, numbers[1].e164: 4}
    assert (answer["dialable"], answer["limitedBy"], answer["notReady"]) == (300, "NUMBER", [])
    assert any(each.startswith("293 contacts wait for a number") for each in answer["warnings"])


def test_r25_a_pool_that_nobody_may_dial_from_is_said_as_start_says_it(northwind: Client) -> None:
    harbor = northwind.child()
    number = northwind.number(shareable=True)
    fields = {"agentVersionId": harbor.version(harbor.agent()), "pool": [{"e164": number.e164}]}
    campaign = create(harbor, [line(1)], **fields)
    northwind.share(number, shareable=False)
    answer = preview(harbor, campaign)
    assert (answer["refused"], answer["byNumber"], answer["limitedBy"]) == ([], [], "NUMBER")
    assert number.e164 not in str(answer)
    assert answer["notReady"] == harbor.mutate("startCampaign", "__typename", campaignId=campaign)["userErrors"]
    unseen = preview_new(harbor, [line(1)], **fields)
    assert [each["code"] for each in unseen["notReady"]] == ["PHONE_NUMBER_NOT_FOUND"]
    both = preview_new(northwind, [line(1)], pool=[{"e164": number.e164}], agentNumber=number.e164)
    assert [each["field"] for each in both["notReady"]] == [["pool"]]


def test_r25_the_limits_of_a_borrowed_numbers_trunk_are_not_told(northwind: Client) -> None:
    trunk = northwind.trunk(callsPerSecond=100, maxConcurrentCalls=1)
    number = northwind.number(trunk=trunk, shareable=True)
    harbor = northwind.child()
    fields = {"agentVersionId": harbor.version(harbor.agent()), "agentNumber": number.e164, "windows": ALL_DAY}
    answer = preview(harbor, create(harbor, [line(each) for each in range(300)], maxConcurrentCalls=1000, **fields))
    assert answer["limitedBy"] != "TRUNK"


def test_r25_numbers_that_may_not_be_dialed_from_answer_alike(northwind: Client) -> None:
    harbor = northwind.child()
    unshared, unrelated = northwind.number(), northwind.installation.root("Contoso").number()
    version = harbor.version(harbor.agent())
    answers = []
    for e164 in (unshared.e164, unrelated.e164, "+12065559999"):
        campaign = create(harbor, [line(1) | {"agentNumber": e164}], agentVersionId=version)
        answer = preview(harbor, campaign)
        answer.pop("at")
        answers.append(str(answer).replace(e164, "it"))
    assert len(set(answers)) == 1
    assert "PHONE_NUMBER_NOT_FOUND" in answers[0]


def test_r25_previews_take_the_scope_of_campaigns_and_reach_no_others(
    northwind: Client, speaking: dict[str, Any]
) -> None:
    harbor = northwind.child()
    new = "query($input: CreateCampaignInput!) { previewCampaign(input: $input) { contacts notReady { code } } }"
    fields = {"name": "Check-ups", "organizationId": northwind.organization_id}
    others = harbor.with_scopes(*(set(Scope) - {Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_MANAGE}))
    assert others.errors(new, input={"name": "Check-ups"}) == ["FORBIDDEN"]
    assert harbor.with_scopes(Scope.CAMPAIGNS_READ)(new, input={"name": "Check-ups"})
    assert harbor(new, input=fields)["previewCampaign"]["notReady"] == [{"code": "ORGANIZATION_NOT_FOUND"}]
    stolen = harbor(new, input={"name": "x", "agentVersionId": speaking["agentVersionId"]})["previewCampaign"]
    assert stolen == {"contacts": 0, "notReady": [{"code": "AGENT_VERSION_NOT_FOUND"}]}


def test_r25_assumptions_that_cannot_be_are_refused(northwind: Client, speaking: dict[str, Any]) -> None:
    campaign = create(northwind, [line(1)], **speaking)
    query = (
        "query($id: ID!, $assume: PreviewAssumptionsInput) { campaign(id: $id) { preview(assume: $assume) { at } } }"
    )
    for assume in ({"answerRate": 1.1}, {"answerRate": -0.1}, {"secondsOfACall": 0}, {"secondsOfRinging": 0}):
        assert northwind.errors(query, id=campaign, assume=assume) == ["BAD_USER_INPUT"], assume
    too_many = "query($input: CreateCampaignInput!, $c: [ContactInput!]) { previewCampaign(input: $input, contacts: $c) { at } }"
    sent = {"input": {"name": "x"}, "c": [line(each) for each in range(501)]}
    assert northwind.errors(too_many, **sent) == ["BAD_USER_INPUT"]


def test_r25_a_preview_is_never_an_old_one(northwind: Client, speaking: dict[str, Any]) -> None:
    campaign = create(northwind, [line(1)], **speaking)
    assert preview(northwind, campaign)["at"] < preview(northwind, campaign)["at"]


def test_r25_zones_tell_when_they_open_and_an_end_that_comes_too_early(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(MONDAY_NOON.replace(hour=12))  # 07:00 in New York
    with run_server_in(tmp_path, "dialtree.db", (), None, **clock.variables) as server:
        owner = server.root()
        speaking = {"agentVersionId": owner.version(owner.agent()), "agentNumber": owner.number().e164}
        contacts = [line(1), {"e164": "+13125550100"}, {"e164": "+442079460100"}, {"e164": "+33142680100"}]
        campaign = create(owner, contacts, windows=ALWAYS, **speaking)
        opens = {each["timeZone"]: each["opensAt"] for each in preview(owner, campaign)["byZone"]}
        is_open = opens.pop("Europe/London")  # already, at noon: now is the answer
        assert is_open.startswith("2026-11-30T12:00:")
        assert opens == {
            "America/New_York": "2026-11-30T13:00:00Z",
            "America/Chicago": "2026-11-30T14:00:00Z",
            "Europe/Paris": "2026-11-30T13:00:00Z",
        }
        early = create(owner, contacts[:2], windows=ALWAYS, endsAt="2026-11-30T13:30:00Z", **speaking)
        answer = preview(owner, early)
        assert {each["timeZone"]: each["opensAt"] for each in answer["byZone"]} == {
            "America/New_York": "2026-11-30T13:00:00Z",
            "America/Chicago": None,
        }
        assert len(answer["warnings"]) == 2
        late = create(owner, contacts[:1], windows=ALWAYS, startsAt="2026-12-01T20:00:00Z", **speaking)
        assert preview(owner, late)["byZone"][0]["opensAt"] == "2026-12-01T20:00:00Z"
