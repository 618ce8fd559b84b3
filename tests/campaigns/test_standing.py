"""R24: what contacts wait for and until when, the statistics of campaigns, their filters, and that counts equal rows."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.campaigns.calling_campaign import ALWAYS, ANSWERS, MONDAY_NOON, Calling, serving
from tests.campaigns.test_life import created, ready, with_contacts
from tests.installation import Client, Json
from tests.retrying import attempts
from tests.serving.subscribers import open_websocket

BUSY, REJECTS = "0101", "0104"
STANDING = "e164 status waitsFor waitsUntil reason refusal { code message }"
STATISTICS = """contacts attempts liveCalls callsLastMinute estimatedEnd limitedBy byStatus { status contacts }
  byOutcome { outcome attempts } byNumber { e164 contacts }"""


def standings(client: Client, campaign: str, selection: str = STANDING, **filter: Any) -> list[Json]:
    query = f"""query($id: ID!, $filter: ContactFilter) {{
      campaign(id: $id) {{ contacts(first: 100, filter: $filter) {{ totalCount nodes {{ {selection} }} }} }} }}"""
    page = client(query, id=campaign, filter=filter)["campaign"]["contacts"]
    assert page["totalCount"] == len(page["nodes"])
    found: list[Json] = page["nodes"]
    return found


def waits(client: Client, campaign: str) -> list[tuple[str | None, str | None]]:
    return [(each["waitsFor"], each["waitsUntil"]) for each in standings(client, campaign)]


def statistics(client: Client, campaign: str) -> Json:
    query = f"query($id: ID!) {{ campaign(id: $id) {{ statistics {{ {STATISTICS} }} }} }}"
    return client(query, id=campaign)["campaign"]["statistics"]


def counted(figures: Json, what: str, key: str) -> dict[str, int]:
    return {each[key]: each["contacts" if what != "byOutcome" else "attempts"] for each in figures[what]}


# --------------------------------------------------------------------------------------------- without a call


def test_r24_a_contact_says_that_it_waits_for_its_campaign(northwind: Client) -> None:
    campaign = ready(northwind)
    (found,) = standings(northwind, campaign)
    assert (found["status"], found["waitsFor"], found["waitsUntil"]) == ("PENDING", "CAMPAIGN", None)
    assert found["reason"] == "The campaign does not run."
    assert found["refusal"] is None


def test_r24_a_contact_says_what_it_waits_for_and_until_when(northwind: Client) -> None:
    start = "2099-11-30T17:00:00Z"  # at noon on a Monday in New York
    campaign = ready(northwind, startsAt=start)
    northwind.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
    assert waits(northwind, campaign) == [("START", "2099-11-30T17:00:00Z")]
    northwind.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, startsAt="2099-11-28T17:00:00Z")
    assert waits(northwind, campaign) == [("START", "2099-11-30T14:00:00Z")]  # it opens at nine on Monday


def test_r24_what_contacts_wait_for_is_a_filter(northwind: Client) -> None:
    campaign = with_contacts(northwind, ready(northwind), "+12125550101")
    later = [{"e164": "+12125550102", "externalId": "later", "notBefore": "2099-11-30T17:00:00Z"}]
    northwind.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=later)
    assert len(standings(northwind, campaign, waitsFor="CAMPAIGN")) == 3
    assert standings(northwind, campaign, waitsFor="START") == []
    northwind.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, windows=always_open())
    northwind.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
    (waiting,) = standings(northwind, campaign, waitsFor="START")
    assert (waiting["e164"], waiting["waitsFor"]) == ("+12125550102", "START")
    by_reason = {
        reason: {each["e164"] for each in standings(northwind, campaign, waitsFor=reason)}
        for reason in ("CAMPAIGN", "START", "WINDOW", "RETRY", "ATTEMPT_LIMIT", "NUMBER", "TRUNK", "BUDGET", "PACE")
    }
    told = {each["e164"]: each["waitsFor"] for each in standings(northwind, campaign)}
    assert {number: reason for reason, numbers in by_reason.items() for number in numbers} == told
    assert sum(map(len, by_reason.values())) == 3


def always_open() -> list[Json]:
    days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
    return [{"days": days, "opens": "00:00", "closes": "00:00"}]


def test_r24_contacts_are_found_by_number_id_and_status(northwind: Client) -> None:
    campaign = created(northwind)
    sent = [{"e164": f"+1212555010{each}", "externalId": f"id-{each}"} for each in range(3)]
    northwind.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)

    def found(**filter: Any) -> list[str]:
        return [each["e164"] for each in standings(northwind, campaign, **filter)]

    assert found(e164Contains="+1 (212) 555-0101") == ["+12125550101"]
    assert found(e164Contains="50102") == ["+12125550102"]
    assert found(e164Contains="%") == []
    assert found(externalId="id-0") == ["+12125550100"]
    assert found(status=["PENDING", "REACHED"]) == ["+12125550102", "+12125550101", "+12125550100"]
    assert found(status=["REACHED"]) == found(status=[]) == found(outcome="BUSY") == []
    assert found(status=["REACHED"], waitsFor="CAMPAIGN") == []


def test_r24_pages_of_filtered_contacts_follow_their_cursors(northwind: Client) -> None:
    campaign = created(northwind)
    sent = [{"e164": f"+1212555{each:04}"} for each in range(100, 107)]
    northwind.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)
    query = """query($id: ID!, $after: String) { campaign(id: $id) {
      contacts(first: 3, after: $after, filter: { status: [PENDING, EXPIRED] }) {
        nodes { e164 } pageInfo { hasNextPage endCursor } } } }"""
    seen, after = [], None
    for _ in range(3):
        page = northwind(query, id=campaign, after=after)["campaign"]["contacts"]
        seen += [each["e164"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert seen == [each["e164"] for each in reversed(sent)]


def test_r24_campaigns_are_found_by_status_and_name(northwind: Client) -> None:
    spring, autumn = created(northwind, name="Spring 100%"), ready(northwind, name="AUTUMN")
    northwind.mutate_successfully("cancelCampaign", "__typename", campaignId=autumn)

    def found(**filter: Any) -> list[str]:
        query = "query($filter: CampaignFilter) { campaigns(filter: $filter) { totalCount nodes { id } } }"
        page = northwind(query, filter=filter)["campaigns"]
        assert page["totalCount"] == len(page["nodes"])
        return [each["id"] for each in page["nodes"]]

    assert found() == found(status=["DRAFT", "CANCELLED"]) == [autumn, spring]
    assert found(status=["CANCELLED"]) == found(nameContains="aut") == [autumn]
    assert found(nameContains="%") == [spring]
    assert found(nameContains="autumn", status=["DRAFT"]) == []


def test_r24_statistics_are_of_the_rows(northwind: Client) -> None:
    figures = statistics(northwind, with_contacts(northwind, ready(northwind), "+12125550101"))
    assert (figures["contacts"], figures["attempts"], figures["liveCalls"]) == (2, 0, 0)
    assert counted(figures, "byStatus", "status") == {"PENDING": 2}
    assert (figures["limitedBy"], figures["byOutcome"], figures["byNumber"]) == ("CAMPAIGN", [], [])
    assert statistics(northwind, created(northwind))["limitedBy"] is None


# ------------------------------------------------------------------------------------------ while it calls


def test_r24_a_campaign_is_told_as_it_goes(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        suffixes = [ANSWERS] * 2 + [BUSY] * 2 + [REJECTS]
        campaign = calling.started(
            *suffixes, retries={"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 15}]}
        )
        calling.until_counts(campaign, hang_up=True, REACHED=2, PENDING=2, EXHAUSTED=1)
        figures = statistics(calling.owner, campaign)
        assert (figures["contacts"], figures["attempts"], figures["liveCalls"], figures["limitedBy"]) == (
            5,
            5,
            0,
            "RETRY",
        )
        assert counted(figures, "byOutcome", "outcome") == {"REACHED": 2, "BUSY": 2, "REJECTED": 1}
        assert counted(figures, "byNumber", "e164") == {calling.number.e164: 5}
        for each in standings(calling.owner, campaign, waitsFor="RETRY"):
            assert each["waitsFor"] == "RETRY"
            assert each["waitsUntil"] > (MONDAY_NOON + timedelta(minutes=14)).isoformat()
        assert len(standings(calling.owner, campaign, outcome="BUSY")) == 2
        told = each_attempt(calling, campaign)
        assert told[0]["number"] == 1
        assert counts_are_right(calling)
        calling.clock.set(MONDAY_NOON + timedelta(minutes=16))
        calling.until_counts(campaign, REACHED=2, EXHAUSTED=3)
        assert max(each["number"] for each in each_attempt(calling, campaign)) == 2
        assert counts_are_right(calling)


def each_attempt(calling: Calling, campaign: str) -> list[Json]:
    """Return the attempts of all contacts, and check what each says of itself."""
    selection = """id attempts { number startedAt outcome choice { agentNumber reason candidates { e164 } }
      conversation { id contact { id } } }"""
    found = standings(calling.owner, campaign, selection)
    for contact in found:
        for attempt in contact["attempts"]:
            assert attempt["choice"]["agentNumber"] == calling.number.e164
            assert attempt["conversation"]["contact"]["id"] == contact["id"]
    query = "query($filter: ConversationFilter) { conversations(filter: $filter) { totalCount } }"
    of_campaign = calling.owner(query, filter={"campaignId": campaign})["conversations"]["totalCount"]
    of_first = calling.owner(query, filter={"contactId": found[0]["id"]})["conversations"]["totalCount"]
    every = [attempt for contact in found for attempt in contact["attempts"]]
    assert (of_campaign, of_first) == (len(every), len(found[0]["attempts"]))
    return every


def counts_are_right(calling: Calling) -> bool:
    status, _, _ = calling.server.command("check")
    return status == 0


def test_r24_the_check_finds_a_wrong_count(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.campaign(ANSWERS)
        assert counts_are_right(calling)
        calling.server.rows("UPDATE contact_count SET count = count + 1")
        status, lines, _ = calling.server.command("check")
        assert status == 1
        assert campaign in lines[-1]


def test_r24_who_waits_for_room_says_so(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        campaign = calling.started(*[ANSWERS] * 3, maxConcurrentCalls=1, windows=ALWAYS)
        calling.until_live(1)
        waiting = [each for each in standings(calling.owner, campaign) if each["status"] == "PENDING"]
        assert [each["waitsFor"] for each in waiting] == ["PACE", "PACE"]
        assert statistics(calling.owner, campaign)["limitedBy"] == "PACE"
        calling.clock.set(MONDAY_NOON + timedelta(hours=10))
        assert statistics(calling.owner, campaign)["limitedBy"] == "WINDOW"
        opens = (MONDAY_NOON + timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert set(waits(calling.owner, campaign)) == {(None, None), ("WINDOW", opens)}
        assert len(standings(calling.owner, campaign, waitsFor="WINDOW")) == 2


# ------------------------------------------------------------------------------------------------- live


def test_r24_a_campaign_is_followed(northwind: Client) -> None:
    campaign = ready(northwind)
    query = "subscription($id: ID!) { campaignUpdated(id: $id) { status statistics { contacts } } }"

    async def follow() -> None:
        async with open_websocket(northwind) as connection:
            updates = await connection.subscribe(query, id=campaign)
            first = (await updates.next())["data"]["campaignUpdated"]
            assert first == {"status": "DRAFT", "statistics": {"contacts": 1}}
            await asyncio.to_thread(with_contacts, northwind, campaign, "+12125550109")
            assert (await updates.next())["data"]["campaignUpdated"]["statistics"] == {"contacts": 2}
            await asyncio.to_thread(northwind.mutate, "cancelCampaign", "__typename", campaignId=campaign)
            for _ in attempts(pause=0):
                if (await updates.next())["data"]["campaignUpdated"]["status"] == "CANCELLED":
                    return

    asyncio.run(follow())


def test_r24_a_strangers_campaign_is_not_followed(northwind: Client) -> None:
    campaign, stranger = ready(northwind), northwind.child()
    query = "subscription($id: ID!) { campaignUpdated(id: $id) { status } }"

    async def follow(identifier: str) -> Json:
        async with open_websocket(stranger) as connection:
            return await (await connection.subscribe(query, id=identifier)).next()

    answers = [asyncio.run(follow(each)) for each in (campaign, "cmp_" + "0" * 26)]
    assert answers[0] == answers[1]
    assert "NOT_FOUND" in str(answers[0])
