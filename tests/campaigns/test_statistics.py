"""R24: statistics equal the rows, tell when a campaign is likely to end, and are followed, at most once a second."""

import asyncio
from datetime import datetime, timedelta

import pytest

from models import Scope
from tests.campaigns.admitting import Admitting, admitting, clock
from tests.campaigns.test_campaign import ANSWERS, MONDAY_NOON, Clock
from tests.campaigns.test_life import ready, with_contacts
from tests.campaigns.test_standing import STATISTICS, counted, statistics
from tests.conftest import Install
from tests.installation import Client, Json
from tests.retrying import attempts
from tests.serving.subscribers import open_websocket

__all__ = ["admitting", "clock"]

FOLLOW = f"subscription($id: ID!) {{ campaignUpdated(id: $id) {{ status statistics {{ {STATISTICS} }} }} }}"
KINDS = ("status", "number", "attempts", "outcome")


def begun(admitting: Admitting) -> str:
    """Return a campaign that has kept counts of every kind: one contact was reached, and one waits for its pace."""
    campaign = admitting.started(ANSWERS, ANSWERS, maxConcurrentCalls=1)
    assert admitting.admit() == 1
    admitting.claim()
    admitting.end_calls("COMPLETED", "HANGUP")
    return campaign


# ----------------------------------------------------------------------------------------------------------- counts


def test_r24_statistics_are_of_the_calls(admitting: Admitting) -> None:
    campaign = begun(admitting)
    figures = statistics(admitting.owner, campaign)
    assert (figures["contacts"], figures["attempts"], figures["liveCalls"], figures["callsLastMinute"]) == (2, 1, 0, 1)
    assert counted(figures, "byStatus", "status") == {"REACHED": 1, "PENDING": 1}
    assert counted(figures, "byOutcome", "outcome") == {"REACHED": 1}
    assert counted(figures, "byNumber", "e164") == {admitting.number.e164: 1}
    assert admitting.admit() == 1
    assert statistics(admitting.owner, campaign)["liveCalls"] == 1
    admitting.pass_time(timedelta(minutes=2))
    assert statistics(admitting.owner, campaign)["callsLastMinute"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_r24_the_check_finds_a_wrong_count_of_each_kind(admitting: Admitting, kind: str) -> None:
    campaign = begun(admitting)
    assert {each for (each,) in admitting.rows("SELECT kind FROM contact_count")} == set(KINDS)
    assert admitting.wrong_counts() == []
    admitting.rows("UPDATE contact_count SET count = count + 1 WHERE kind = ?", kind)
    assert admitting.wrong_counts() == [campaign]
    admitting.rows("DELETE FROM contact_count WHERE kind = ?", kind)
    assert admitting.wrong_counts() == [campaign]


def test_r24_the_check_finds_a_count_of_no_row(admitting: Admitting) -> None:
    campaign = begun(admitting)
    columns = "(campaign_id, kind, key, shard, count)"
    admitting.rows(f"INSERT INTO contact_count {columns} VALUES (?, 'status', 'EXPIRED', 3, 1)", campaign)
    assert admitting.wrong_counts() == [campaign]


def test_r24_an_attempt_that_is_pruned_is_not_counted_any_more(admitting: Admitting) -> None:
    campaign = begun(admitting)
    admitting.rows("DELETE FROM conversation")
    figures = statistics(admitting.owner, campaign)
    assert (figures["attempts"], figures["byOutcome"]) == (0, [])
    assert counted(figures, "byStatus", "status") == {"REACHED": 1, "PENDING": 1}
    assert admitting.wrong_counts() == []


# --------------------------------------------------------------------------------------------------------- estimates


def ends(admitting: Admitting, campaign: str) -> tuple[datetime | None, datetime | None]:
    """Return when the campaign ends by its statistics, and by its dry run."""
    query = "query($id: ID!) { campaign(id: $id) { statistics { estimatedEnd } preview { estimatedEnd } } }"
    found = admitting.owner(query, id=campaign)["campaign"]
    first, second = (found[each]["estimatedEnd"] for each in ("statistics", "preview"))
    return first and datetime.fromisoformat(first), second and datetime.fromisoformat(second)


def test_r24_a_campaign_that_runs_ends_when_its_dry_run_says(admitting: Admitting) -> None:
    campaign = admitting.started(*[ANSWERS] * 60, maxConcurrentCalls=2)
    contacts = [{"e164": f"+1303555{line:04}"} for line in range(100)]
    admitting.owner.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    told, previewed = ends(admitting, campaign)
    assert told
    assert previewed
    assert told > MONDAY_NOON
    assert abs(told - previewed) < timedelta(minutes=5)


def test_r24_retries_and_the_hours_are_in_the_estimate(admitting: Admitting) -> None:
    campaign = admitting.started(retries={"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 600}]})
    admitting.admit()
    admitting.claim()
    admitting.end_calls("UNANSWERED", "BUSY")
    told, previewed = ends(admitting, campaign)
    assert told
    assert previewed
    assert told > MONDAY_NOON + timedelta(hours=20)  # at eight in New York, when it may be called again
    assert abs(told - previewed) < timedelta(minutes=5)


def test_r24_a_slow_trunk_is_in_the_estimate(admitting: Admitting) -> None:
    campaign = admitting.started(*[ANSWERS] * 60, maxConcurrentCalls=1000)
    fast, _ = ends(admitting, campaign)
    admitting.owner.mutate_successfully("updateTrunk", "__typename", trunkId=admitting.trunk, maxConcurrentCalls=1)
    slow, previewed = ends(admitting, campaign)
    assert fast
    assert slow
    assert previewed
    assert slow > fast + timedelta(minutes=30)
    assert abs(slow - previewed) < timedelta(minutes=5)


def test_r24_the_estimate_takes_the_share_of_a_trunk_that_the_operator_gives_campaigns(
    install: Install, clock: Clock
) -> None:
    admitting = Admitting(install(campaign_share=0.2).root(), clock, maxConcurrentCalls=10)
    campaign = admitting.started(*[ANSWERS] * 60, maxConcurrentCalls=100)
    told, previewed = ends(admitting, campaign)
    assert told
    assert previewed
    assert abs(told - previewed) < timedelta(minutes=5)


def test_r24_nobody_can_tell_when_a_campaign_ends_that_does_not_run(admitting: Admitting) -> None:
    campaign = admitting.started()
    admitting.owner.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
    assert statistics(admitting.owner, campaign)["estimatedEnd"] is None
    admitting.owner.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    assert statistics(admitting.owner, campaign)["estimatedEnd"] is None


# -------------------------------------------------------------------------------------------------------------- live


def test_r24_several_follow_a_campaign_and_each_sees_its_end(northwind: Client) -> None:
    campaign = ready(northwind)

    async def follow(followed: asyncio.Event) -> list[str]:
        seen = []
        async with open_websocket(northwind) as connection:
            updates = await connection.subscribe(FOLLOW, id=campaign)
            while "CANCELLED" not in seen:
                seen.append((await updates.next())["data"]["campaignUpdated"]["status"])
                followed.set()
        return seen

    async def run() -> list[list[str]]:
        begun = [asyncio.Event() for _ in range(3)]
        followers = [asyncio.create_task(follow(each)) for each in begun]
        await asyncio.gather(*(each.wait() for each in begun))
        await asyncio.to_thread(northwind.mutate, "cancelCampaign", "__typename", campaignId=campaign)
        return await asyncio.gather(*followers)

    for seen in asyncio.run(run()):
        assert (seen[0], seen[-1]) == ("DRAFT", "CANCELLED")


def test_r24_a_campaign_with_many_changes_is_told_seldom(northwind: Client) -> None:
    """An update tells all changes of a second at once: there are far fewer than changes, and the last tells the end."""
    campaign, changes = ready(northwind), 100

    def change() -> None:
        for line in range(changes):
            with_contacts(northwind, campaign, f"+1303555{line:04}")

    async def follow() -> int:
        async with open_websocket(northwind) as connection:
            updates = await connection.subscribe(FOLLOW, id=campaign)
            await updates.next()
            changing, told = asyncio.create_task(asyncio.to_thread(change)), 0
            for _ in attempts(pause=0):
                update = (await updates.next())["data"]["campaignUpdated"]
                told += 1
                if update["statistics"]["contacts"] == changes + 1:
                    break
            await changing
            return told

    assert 1 <= asyncio.run(follow()) <= changes // 2


def answer(client: Client, campaign: str) -> Json:
    async def follow() -> Json:
        async with open_websocket(client) as connection:
            return await (await connection.subscribe(FOLLOW, id=campaign)).next()

    return asyncio.run(follow())


def test_r24_who_may_read_campaigns_may_follow_them(northwind: Client) -> None:
    campaign = ready(northwind)
    for scope in (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_MANAGE):
        told = answer(northwind.with_scopes(scope), campaign)
        assert told["data"]["campaignUpdated"]["status"] == "DRAFT"
    refused = answer(northwind.with_scopes(Scope.CONVERSATIONS_MANAGE), campaign)
    assert "FORBIDDEN" in str(refused)


# -------------------------------------------------------------------------------------------- what leads to a contact


def test_r15_the_contact_of_a_call_is_read_by_who_may_read_campaigns(admitting: Admitting) -> None:
    begun(admitting)
    query = "{ conversations { nodes { id contact { e164 campaign { id } } } } }"
    (call,) = admitting.owner(query)["conversations"]["nodes"]
    assert call["contact"]["e164"] == admitting.rows("SELECT user_number FROM conversation")[0][0]
    body = admitting.owner.with_scopes(Scope.CONVERSATIONS_READ).body(query)
    assert body["data"]["conversations"]["nodes"][0]["contact"] is None
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_r24_calls_are_found_by_their_campaign_and_their_contact(admitting: Admitting) -> None:
    campaign = begun(admitting)
    admitting.owner.create_queued(agentNumber=admitting.number.e164, agentVersionId=admitting.version)
    (contact,) = (each["contact"]["id"] for each in admitting.calls() if each["contact"])
    stranger = admitting.owner.child()
    query = "query($filter: ConversationFilter) { conversations(filter: $filter) { totalCount nodes { id } } }"
    for filter in ({"campaignId": campaign}, {"contactId": contact}, {"campaignId": campaign, "contactId": contact}):
        page = admitting.owner(query, filter=filter)["conversations"]
        assert (page["totalCount"], len(page["nodes"])) == (1, 1)
        nothing = {"totalCount": 0, "nodes": []}
        assert stranger(query, filter=filter)["conversations"] == nothing
        assert admitting.owner(query, filter={**filter, "status": ["FAILED"]})["conversations"] == nothing


def test_r6_sharing_says_how_many_campaigns_below_call_from_a_number(northwind: Client) -> None:
    trunk = northwind.trunk()
    shared, other = (northwind.number(trunk=trunk, shareable=True) for _ in range(2))
    query = "query($e164: String!) { phoneNumber(e164: $e164) { sharing { campaigns } } }"

    def using() -> int:
        found: int = northwind(query, e164=shared.e164)["phoneNumber"]["sharing"]["campaigns"]
        return found

    started = {}
    for client in (northwind, northwind.child(), northwind.child().child()):
        version = client.version(client.agent())
        for number in (shared, other):
            campaign = ready(client, agentVersionId=version, agentNumber=None, pool=[{"e164": number.e164}])
            before = using()
            client.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
            assert using() == before + (number is shared and client is not northwind)
            started[number.e164] = client, campaign
    assert using() == 2
    for number, left in ((other, 2), (shared, 1)):
        borrower, campaign = started[number.e164]
        borrower.mutate_successfully("pauseCampaign", "__typename", campaignId=campaign)
        assert using() == left
