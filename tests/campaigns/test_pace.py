"""R19: calls start only where there is room: in the campaign, in the trunk, in the call budgets above."""

from collections import Counter
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
    until_calls,
)
from tests.campaigns.test_campaign import BUSY, MONDAY_NOON
from tests.conftest import Install
from tests.installation import Client, Json
from tests.retrying import attempts

BUDGET = "query($id: ID!) { organization(id: $id) { callBudget callBudgetUsed } }"


def until_waiting(outbound: Outbound, reason: str, count: int) -> None:
    """Wait until so many contacts wait for this, and no other contact waits."""
    for _ in attempts():
        rows = outbound.server.rows("SELECT wait_reason FROM contact WHERE status = 'PENDING'")
        if rows == [(reason,)] * count:
            return
    raise AssertionError(rows)


def told(client: Client, campaign: str, reason: str) -> list[str]:
    """Return what those contacts say that they wait for whom the filter by this reason finds."""
    query = """query($id: ID!, $filter: ContactFilter) {
      campaign(id: $id) { contacts(first: 100, filter: $filter) { nodes { waitsFor } } } }"""
    found = client(query, id=campaign, filter={"waitsFor": reason})["campaign"]["contacts"]["nodes"]
    return [each["waitsFor"] for each in found]


def settled(client: Client, count: int) -> list[Json]:
    """Wait until so many calls go on; return them."""
    return until_calls(client, count)


def set_budget(client: Client, organization: Client, most: int | None) -> None:
    client.mutate_successfully(
        "setCallBudget",
        "organization { id }",
        organizationId=organization.organization_id,
        maxConcurrentCalls=most,
    )


def test_r19_campaigns_use_four_fifths_of_a_trunk_and_single_calls_the_rest(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner, maxConcurrentCalls=5))
        version = owner.version(owner.agent())
        create_campaign(
            owner,
            [answering("212", line) for line in range(6)],
            agentVersionId=version,
            agentNumber=number.e164,
        )
        until_waiting(outbound, "TRUNK", 2)
        settled(owner, 4)
        owner.create_queued(agentNumber=number.e164, agentVersionId=version, to="+12122990100")
        made = settled(owner, 5)
        hang_up(owner, made[:1])
        settled(owner, 6)
        until_waiting(outbound, "TRUNK", 1)


def test_r19_r23_a_slow_trunk_has_no_queue_longer_than_two_seconds(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner, callsPerSecond=2))
        create_campaign(
            owner,
            [answering("212", line) for line in range(8)],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
        )
        longest = 0
        for _ in attempts():
            made = calls(owner)
            longest = max(longest, sum(each["status"] == "QUEUED" for each in made))
            if len(made) == 8 and {each["status"] for each in made} == {"IN_PROGRESS"}:
                break
        assert len(made) == 8
        assert 1 <= longest <= 3


def test_r19_single_calls_come_before_those_of_campaigns_whosever_trunk_it_is(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        borrower = owner.child()
        number = owner.number(trunk=outbound.trunk(owner, callsPerSecond=1), shareable=True)
        campaign = create_campaign(
            owner,
            [answering("212", line) for line in range(60)],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
            maxConcurrentCalls=100,
        )
        for _ in attempts():
            if len(calls(owner)) > 1:
                break
        single = borrower.create_queued(
            agentNumber=number.e164, agentVersionId=borrower.version(borrower.agent()), to="+12122990100"
        )
        for _ in attempts():
            if borrower.conversation(single["id"])["status"] != "QUEUED":
                break
        assert borrower.conversation(single["id"])["status"] != "QUEUED"
        assert len(calls(owner)) < 60
        owner.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)


def test_r19_a_campaign_starts_no_more_calls_a_minute_than_it_may(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner))
        create_campaign(
            owner,
            [answering("212", line) for line in range(5)],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
            callsPerMinute=2,
        )
        until_calls(owner, 2)
        outbound.clock.set(MONDAY_NOON.replace(minute=2))
        until_calls(owner, 4)
        outbound.clock.set(MONDAY_NOON.replace(minute=4))
        until_calls(owner, 5)


def test_r19_campaigns_share_a_trunk_by_weight(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner, maxConcurrentCalls=1))
        version = owner.version(owner.agent())
        # Both wait for the same room: the trunk has one call, which is not theirs.
        owner.create_queued(agentNumber=number.e164, agentVersionId=version, to="+12122990100")
        (first,) = until_calls(owner, 1)
        fields = {"agentVersionId": version, "agentNumber": number.e164}
        light, heavy = (
            create_campaign(
                owner, [{"e164": f"+1212{first + each}{BUSY}"} for each in range(16)], weight=weight, **fields
            )
            for first, weight in ((200, 10), (300, 30))
        )
        until_waiting(outbound, "TRUNK", 32)
        hang_up(owner, [first])
        for _ in attempts():
            order = outbound.server.rows(
                "SELECT campaign_id FROM conversation WHERE campaign_id IS NOT NULL ORDER BY created_at, id LIMIT 12"
            )
            if len(order) == 12:
                break
        assert Counter(campaign for (campaign,) in order) == {heavy: 9, light: 3}


def test_r19_due_retries_come_before_fresh_contacts_and_then_the_oldest(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        number = owner.number(trunk=outbound.trunk(owner))
        busy, late = {"e164": f"+1212200{BUSY}"}, {"e164": f"+1212201{BUSY}"}
        campaign = create_campaign(
            owner,
            [busy],
            agentVersionId=owner.version(owner.agent()),
            agentNumber=number.e164,
            retries={"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 15}]},
            maxConcurrentCalls=1,
        )
        until_calls(owner, 1)
        owner.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
        add(owner, campaign, [late])
        add(owner, campaign, [answering("212", 9)])
        outbound.clock.set(MONDAY_NOON.replace(minute=30))
        owner.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
        made = until_calls(owner, 4)
    assert [each["userNumber"] for each in made] == [
        *(busy["e164"], busy["e164"]),
        *(late["e164"], answering("212", 9)["e164"]),
    ]


def test_r19_r20_who_waits_for_a_full_trunk_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """Of more than are looked at in one pass, those with a number of their own wait; whoever comes after is called."""
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        small, roomy = (owner.number(trunk=outbound.trunk(owner, maxConcurrentCalls=most)) for most in (1, 1000))
        version = owner.version(owner.agent())
        owner.create_queued(agentNumber=small.e164, agentVersionId=version, to="+12122990100")
        until_calls(owner, 1)
        first = [answering("212", line) | {"agentNumber": small.e164} for line in range(130)]
        campaign = create_campaign(owner, first, agentVersionId=version, agentNumber=roomy.e164)
        until_waiting(outbound, "TRUNK", 130)
        assert told(owner, campaign, "TRUNK") == ["TRUNK"] * 100  # a page
        add(owner, campaign, [answering("212", 500)])
        assert until_calls(owner, 2)[1]["userNumber"] == answering("212", 500)["e164"]
        until_waiting(outbound, "TRUNK", 130)


def test_r19_r20_who_waits_for_a_number_of_the_pool_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        owner = outbound.server.root()
        capped, other = (owner.number(trunk=outbound.trunk(owner)) for _ in range(2))
        campaign = create_campaign(
            owner,
            [answering("212", line) for line in range(31)],
            agentVersionId=owner.version(owner.agent()),
            pool=pool(capped, callsPerDay=1),
        )
        until_waiting(outbound, "NUMBER", 30)
        assert told(owner, campaign, "NUMBER") == ["NUMBER"] * 30
        assert told(owner, campaign, "TRUNK") == told(owner, campaign, "PACE") == []
        add(owner, campaign, [answering("212", 500) | {"agentNumber": other.e164}])
        assert until_calls(owner, 2)[1]["agentNumber"] == other.e164
        until_waiting(outbound, "NUMBER", 30)


def test_r19_a_budget_holds_for_all_below_and_for_single_calls(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        top = outbound.server.root()
        middle = top.child()
        below = middle.child()
        set_budget(top, middle, 2)
        number = below.number(trunk=outbound.trunk(below))
        version = below.version(below.agent())
        create_campaign(
            below, [answering("212", line) for line in range(2)], agentVersionId=version, agentNumber=number.e164
        )
        made = until_calls(below, 2)
        assert top(BUDGET, id=middle.organization_id)["organization"] == {"callBudget": 2, "callBudgetUsed": 2}
        assert top(BUDGET, id=below.organization_id)["organization"] == {"callBudget": None, "callBudgetUsed": 2}
        single = below.create_queued(agentNumber=number.e164, agentVersionId=version, to="+12122990100")
        mine = middle.number(trunk=outbound.trunk(middle))
        other = middle.create_queued(agentNumber=mine.e164, agentVersionId=middle.version(middle.agent()))
        # The other single calls of the tree are not in it.
        above = top.number(trunk=outbound.trunk(top))
        top.create_queued(agentNumber=above.e164, agentVersionId=top.version(top.agent()), to="+12122980100")
        until_calls(top, 1)
        assert below.conversation(single["id"])["status"] == "QUEUED"
        assert middle.conversation(other["id"])["status"] == "QUEUED"
        hang_up(below, made)
        for _ in attempts():
            waiting = [below.conversation(single["id"]), middle.conversation(other["id"])]
            if not any(each["status"] == "QUEUED" for each in waiting):
                break
        assert all(each["status"] != "QUEUED" for each in waiting)


def test_r19_a_campaign_waits_for_its_budget(tmp_path: Path) -> None:
    with run_outbound(tmp_path) as outbound:
        top = outbound.server.root()
        below = top.child()
        set_budget(top, below, 1)
        number = below.number(trunk=outbound.trunk(below))
        campaign = create_campaign(
            below,
            [answering("212", line) for line in range(3)],
            agentVersionId=below.version(below.agent()),
            agentNumber=number.e164,
        )
        until_waiting(outbound, "BUDGET", 2)
        assert told(below, campaign, "BUDGET") == ["BUDGET"] * 2
        hang_up(below, until_calls(below, 1))
        until_calls(below, 2)
        until_waiting(outbound, "BUDGET", 1)
        set_budget(top, below, None)
        until_calls(below, 3)


@pytest.fixture
def top(install: Install) -> Client:
    return install().root()


def test_r19_a_budget_is_set_from_above_and_audited(top: Client) -> None:
    below, stranger = top.child(), top.installation.root("Contoso")
    fields = {"organizationId": below.organization_id, "maxConcurrentCalls": 5}
    assert below.refusals("setCallBudget", **fields) == [("ORGANIZATION_NOT_FOUND", ["organizationId"])]
    assert stranger.refusals("setCallBudget", **fields) == [("ORGANIZATION_NOT_FOUND", ["organizationId"])]
    assert top.refusals("setCallBudget", **fields | {"organizationId": top.organization_id}) == [
        ("ORGANIZATION_NOT_FOUND", ["organizationId"])
    ]
    for wrong in (0, 10_001):
        assert top.refusals("setCallBudget", **fields | {"maxConcurrentCalls": wrong}) == [
            ("INVALID_INPUT", ["maxConcurrentCalls"])
        ]
    set_budget(top, below, 5)
    set_budget(top, below, 5)
    set_budget(top, below, None)
    query = "{ auditEvents(filter: { action: [CALL_BUDGET_SET] }) { nodes { subjectId before after apiKey { id } } } }"
    key = top("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    events = top.installation.rows(
        "SELECT organization_id, subject_id, api_key_id FROM audit_event WHERE action = 'CALL_BUDGET_SET'"
    )
    assert events == [(below.organization_id, below.organization_id, key)] * 2
    seen = [
        (each["before"], each["after"]) for each in below(query.replace("apiKey { id }", ""))["auditEvents"]["nodes"]
    ]
    assert seen == [
        ({"maxConcurrentCalls": 5}, {"maxConcurrentCalls": None}),
        ({"maxConcurrentCalls": None}, {"maxConcurrentCalls": 5}),
    ]


def test_r19_r2_the_budget_of_an_organization_above_is_not_told(top: Client) -> None:
    middle = top.child()
    below = middle.child()
    set_budget(top, middle, 3)
    assert below(BUDGET, id=middle.organization_id)["organization"] == {"callBudget": None, "callBudgetUsed": 0}
    assert middle(BUDGET, id=middle.organization_id)["organization"] == {"callBudget": 3, "callBudgetUsed": 0}
