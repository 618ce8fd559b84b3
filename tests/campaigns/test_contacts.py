"""Contacts as they are added, sent again, changed and removed: each row by itself, and many with a few statements (R16)."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import Scope
from tests.campaigns.calling_campaign import ANSWERS, MONDAY_NOON, contact, serving
from tests.conftest import Install
from tests.dialing.test_over_livekit import account, livekit_in_thread
from tests.installation import Client, Json
from tests.retrying import attempts

CONTACT = "id e164 externalId variables agentNumber notBefore status timeZones timeZoneOrigin"
ADDED = f"accepted unchanged refused results {{ index contact {{ {CONTACT} }} refusal {{ code message field }} }}"


def campaign_of(client: Client, **settings: Any) -> str:
    fields = {"name": "Check-ups", "defaultTimeZone": "America/New_York"} | settings
    made = client.mutate_successfully("createCampaign", "campaign { id }", **fields)
    identifier: str = made["campaign"]["id"]
    return identifier


def add(client: Client, campaign: str, *contacts: Json, **fields: Any) -> Json:
    return client.mutate_successfully("addContacts", ADDED, campaignId=campaign, contacts=list(contacts), **fields)


def counts(payload: Json) -> tuple[int, int, int]:
    return payload["accepted"], payload["unchanged"], payload["refused"]


def refusals(payload: Json) -> list[tuple[str, list[str]] | None]:
    found = [each["refusal"] for each in payload["results"]]
    assert all(each["message"].endswith(".") for each in found if each)
    return [each and (each["code"], each["field"]) for each in found]


def stored(client: Client, campaign: str) -> list[Json]:
    """Return the contacts of a campaign, the oldest first."""
    query = f"query($id: ID!) {{ campaign(id: $id) {{ contacts(first: 100) {{ totalCount nodes {{ {CONTACT} }} }} }} }}"
    nodes: list[Json] = client(query, id=campaign)["campaign"]["contacts"]["nodes"]
    return nodes[::-1]


FULL = {
    "e164": "+12125550100",
    "externalId": "patient-1",
    "timeZone": "America/Chicago",
    "agentNumber": "+12125550199",
    "variables": {"name": "Ada", "visits": [1, 2]},
    "notBefore": "2027-01-04T15:00:00Z",
}


def test_r16_the_same_again_changes_nothing(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    assert counts(add(northwind, campaign, FULL, {"e164": "+12125550101"})) == (2, 0, 0)
    before = northwind.installation.contents()["contact"]
    again = add(northwind, campaign, FULL, {"e164": "+1 (212) 555-0101", "variables": {}})
    assert counts(again) == (0, 2, 0)
    assert [each["contact"]["e164"] for each in again["results"]] == ["+12125550100", "+12125550101"]
    assert northwind.installation.contents()["contact"] == before
    refusing = add(northwind, campaign, FULL, onDuplicate="REFUSE")
    assert (counts(refusing), refusals(refusing)) == ((0, 1, 0), [None])


@pytest.mark.parametrize(
    "change",
    [
        {"externalId": "patient-2"},
        {"externalId": None},
        {"timeZone": "America/Denver"},
        {"agentNumber": None},
        {"variables": {"name": "Ada", "visits": [2, 1]}},
        {"notBefore": "2027-01-04T16:00:00Z"},
    ],
)
def test_r16_other_content_updates_the_contact_or_is_refused(northwind: Client, change: Json) -> None:
    campaign = campaign_of(northwind)
    add(northwind, campaign, FULL)
    before = stored(northwind, campaign)
    refused = add(northwind, campaign, FULL | change, onDuplicate="REFUSE")
    assert (counts(refused), refusals(refused)) == ((0, 0, 1), [("DUPLICATE_CONTACT", ["contacts", "0", "e164"])])
    assert stored(northwind, campaign) == before
    assert counts(add(northwind, campaign, FULL | change)) == (1, 0, 0)
    (after,) = stored(northwind, campaign)
    (field,) = change
    shown = {"timeZone": "timeZones"}.get(field, field)
    assert {name for name in after if after[name] != before[0][name]} == {shown}


def test_r16_a_number_and_an_external_id_are_one_contact_each(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    one, two = {"e164": "+12125550100", "externalId": "a"}, {"e164": "+12125550101", "externalId": "b"}
    add(northwind, campaign, one, two)
    taken = add(northwind, campaign, {"e164": "+12125550102", "externalId": "a"}, one | {"externalId": "b"})
    assert refusals(taken) == [("DUPLICATE_CONTACT", ["contacts", str(place), "externalId"]) for place in (0, 1)]
    assert "+12125550100" in taken["results"][0]["refusal"]["message"]
    other = campaign_of(northwind)
    assert counts(add(northwind, other, one, two)) == (2, 0, 0)


def test_r16_external_ids_are_handed_on_within_one_mutation(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    one, two, three = ({"e164": f"+1212555010{place}"} for place in range(3))
    add(northwind, campaign, one | {"externalId": "a"}, two | {"externalId": "b"})
    handed = [
        two | {"externalId": "b", "variables": {"first": True}},
        one | {"externalId": "c"},
        two | {"externalId": "a"},
        three | {"externalId": "b"},
        one | {"externalId": "c", "variables": {"last": True}},
    ]
    assert counts(add(northwind, campaign, *handed)) == (5, 0, 0)
    assert {each["e164"]: each["externalId"] for each in stored(northwind, campaign)} == {
        "+12125550100": "c",
        "+12125550101": "a",
        "+12125550102": "b",
    }


def test_r16_duplicates_within_one_mutation_are_found(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    one = {"e164": "+12125550100", "externalId": "a"}
    added = add(
        northwind, campaign, one, one, one | {"variables": {"x": 1}}, {"e164": "+12125550101", "externalId": "a"}
    )
    assert counts(added) == (2, 1, 1)
    assert len({each["contact"]["id"] for each in added["results"][:3]}) == 1
    (only,) = stored(northwind, campaign)
    assert only["variables"] == {"x": 1}


def test_r16_a_number_without_a_country_code_needs_a_region(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    national = {"e164": "(212) 555-0100"}
    assert refusals(add(northwind, campaign, national)) == [("INVALID_PHONE_NUMBER", ["contacts", "0", "e164"])]
    added = add(northwind, campaign, national, {"e164": "+442079460123"}, {"e164": "12"}, defaultRegion="US")
    assert [each["contact"] and each["contact"]["e164"] for each in added["results"]] == [
        "+12125550100",
        "+442079460123",
        None,
    ]
    in_britain = add(northwind, campaign, {"e164": "020 7946 0123"}, defaultRegion="GB")
    assert counts(in_britain) == (0, 1, 0)
    unknown = {"campaignId": campaign, "contacts": [national], "defaultRegion": "us"}
    assert northwind.refusals("addContacts", **unknown) == [("INVALID_INPUT", ["defaultRegion"])]


def test_r16_each_row_is_accepted_or_refused_by_itself(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    northwind.mutate_successfully("addSuppressions", "__typename", e164s=["+12125550107"])
    added = add(
        northwind,
        campaign,
        {"e164": "+12125550100"},
        {"e164": "nobody"},
        {"e164": "+19005550100"},
        {"e164": "+12125550107"},
        {"e164": "+12125550101", "timeZone": "Mars/Olympus"},
        {"e164": "+12125550102", "variables": {"long": "x" * 4096}},
        {"e164": "+12125550103", "variables": [1]},
        {"e164": "+12125550104", "externalId": " "},
        {"e164": "+12125550105", "agentNumber": "12"},
        {"e164": "+12125550106"},
    )
    assert refusals(added) == [
        None,
        ("INVALID_PHONE_NUMBER", ["contacts", "1", "e164"]),
        ("DESTINATION_NOT_ALLOWED", ["contacts", "2", "e164"]),
        ("NUMBER_SUPPRESSED", ["contacts", "3", "e164"]),
        ("INVALID_INPUT", ["contacts", "4", "timeZone"]),
        ("INVALID_INPUT", ["contacts", "5", "variables"]),
        ("INVALID_INPUT", ["contacts", "6", "variables"]),
        ("INVALID_INPUT", ["contacts", "7", "externalId"]),
        ("INVALID_PHONE_NUMBER", ["contacts", "8", "agentNumber"]),
        None,
    ]
    assert counts(added) == (2, 0, 8)
    assert [each["e164"] for each in stored(northwind, campaign)] == ["+12125550100", "+12125550106"]


def test_r16_r10_only_allowed_regions_are_taken(install: Install) -> None:
    northwind = install(allowed_regions=("US",)).root()
    added = add(northwind, campaign_of(northwind), {"e164": "+12125550100"}, {"e164": "+442079460123"})
    assert refusals(added) == [None, ("DESTINATION_NOT_ALLOWED", ["contacts", "1", "e164"])]


def test_r16_at_most_500_a_mutation_and_a_limit_a_campaign(install: Install) -> None:
    northwind = install(max_contacts=3).root()
    campaign = campaign_of(northwind)
    for count in (0, 501):
        contacts = [{"e164": f"+1212555{line:04}"} for line in range(count)]
        refused = northwind.refusals("addContacts", campaignId=campaign, contacts=contacts)
        assert refused == [("INVALID_INPUT", ["contacts"])]
    first, *others = ({"e164": f"+1212555010{place}"} for place in range(5))
    assert counts(add(northwind, campaign, first)) == (1, 0, 0)
    added = add(northwind, campaign, *others, first | {"variables": {"x": 1}})
    full = ("LIMIT_EXCEEDED", ["contacts", "2"]), ("LIMIT_EXCEEDED", ["contacts", "3"])
    assert refusals(added) == [None, None, *full, None]


def test_r16_500_contacts_take_a_few_statements(northwind: Client, statements: list[str]) -> None:
    campaign = campaign_of(northwind)
    contacts = [{"e164": f"+1212555{line:04}", "externalId": f"{line}"} for line in range(500)]
    add(northwind, campaign, {"e164": "+12065550100"})  # leases stored bytes, which is not done for each request
    for variables in ({}, {"x": 1}):
        statements.clear()
        sent = [each | {"variables": variables} for each in contacts]
        added = northwind.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)
        assert added["accepted"] == 500
        about_contacts = [each for each in statements if "contact" in each or "suppression" in each]
        assert len(about_contacts) <= 7, about_contacts


def test_r16_a_final_campaign_takes_no_contacts_and_a_foreign_one_does_not_exist(northwind: Client) -> None:
    campaign, one = campaign_of(northwind), {"e164": "+12125550100"}
    stranger = northwind.installation.root("Contoso")
    missing = [
        stranger.mutate("addContacts", "__typename", campaignId=each, contacts=[one]) for each in (campaign, "cmp_x")
    ]
    assert missing[0] == missing[1]
    assert missing[0]["userErrors"][0]["code"] == "CAMPAIGN_NOT_FOUND"
    northwind.installation.rows(
        "UPDATE campaign SET status = 'CANCELLED', ended_at = created_at WHERE id = ?", campaign
    )
    assert northwind.refusals("addContacts", campaignId=campaign, contacts=[one]) == [
        ("CAMPAIGN_ENDED", ["campaignId"])
    ]


def test_r16_a_removed_contact_stays_removed(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    add(northwind, campaign, FULL, {"e164": "+12125550101"})
    one, two = (each["id"] for each in stored(northwind, campaign))
    removed = northwind.mutate_successfully("removeContacts", "removedContactIds", contactIds=[one, one])
    assert removed["removedContactIds"] == [one, one]
    assert [each["status"] for each in stored(northwind, campaign)] == ["REMOVED", "PENDING"]
    for content in (FULL, FULL | {"variables": {}}):
        assert refusals(add(northwind, campaign, content)) == [("DUPLICATE_CONTACT", ["contacts", "0", "e164"])]
    assert [each["status"] for each in stored(northwind, campaign)] == ["REMOVED", "PENDING"]
    assert northwind.mutate_successfully("removeContacts", "removedContactIds", contactIds=[two, one])


def test_r16_r22_removing_is_all_or_none(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    add(northwind, campaign, {"e164": "+12125550100"}, {"e164": "+12125550101"})
    one, two = (each["id"] for each in stored(northwind, campaign))
    stranger = northwind.installation.root("Contoso")
    for client, missing in ((stranger, one), (northwind, "cnt_x"), (northwind, campaign)):
        refused = client.refusals("removeContacts", contactIds=[missing])
        assert refused == [("CONTACT_NOT_FOUND", ["contactIds", "0"])]
    northwind.installation.rows("UPDATE contact SET status = 'IN_CALL' WHERE id = ?", two)
    assert northwind.refusals("removeContacts", contactIds=[one, two]) == [("CONTACT_IN_CALL", ["contactIds", "1"])]
    assert northwind.refusals("removeContacts", contactIds=[]) == [("INVALID_INPUT", ["contactIds"])]
    assert [each["status"] for each in stored(northwind, campaign)] == ["PENDING", "IN_CALL"]


def test_r15_contacts_need_campaigns_manage(northwind: Client) -> None:
    campaign, one = campaign_of(northwind), {"e164": "+12125550100"}
    manager = northwind.with_scopes(Scope.CAMPAIGNS_MANAGE)
    assert counts(add(manager, campaign, one)) == (1, 0, 0)


def test_r16_a_refused_contact_is_judged_anew_when_it_is_sent_again(northwind: Client) -> None:
    campaign, one = campaign_of(northwind), {"e164": "+12125550100"}
    add(northwind, campaign, one)
    entry = northwind.mutate_successfully("addSuppressions", "suppressions { id }", e164s=["+12125550100"])
    assert [each["status"] for each in stored(northwind, campaign)] == ["REFUSED"]
    assert refusals(add(northwind, campaign, one)) == [("NUMBER_SUPPRESSED", ["contacts", "0", "e164"])]
    northwind.mutate_successfully("removeSuppressions", "__typename", suppressionIds=[entry["suppressions"][0]["id"]])
    assert counts(add(northwind, campaign, one)) == (1, 0, 0)
    assert [each["status"] for each in stored(northwind, campaign)] == ["PENDING"]


def test_r16_variables_are_handed_to_the_agent_beside_the_campaigns_context(tmp_path: Path) -> None:
    with (
        livekit_in_thread() as (double, url),
        serving(tmp_path, None, DIALTREE_AGENT_WAIT_SECONDS="0.1", **account(url)) as calling,
    ):
        double.has_workers = False  # who is called does not matter
        campaign = calling.campaign(initialContext="Ask about the check-up.")
        add(calling.owner, campaign, {"e164": "+12125550100", "variables": {"name": "Ada", "visits": [1, 2]}})
        calling.start(campaign)
        for _ in attempts():
            if double.dispatches:
                break
        told = json.loads(double.dispatches[0].metadata)
        assert (told["initialContext"], told["variables"]) == (
            "Ask about the check-up.",
            {"name": "Ada", "visits": [1, 2]},
        )


def test_r16_a_retry_waits_for_a_not_before_that_is_later(tmp_path: Path) -> None:
    with serving(tmp_path) as calling:
        retries = {"maxAttempts": 2, "delays": [{"outcome": "VOICEMAIL", "minutes": 1}]}
        campaign = calling.started(ANSWERS, retries=retries)
        calling.until_live(1)
        later = MONDAY_NOON + timedelta(hours=2)
        add(calling.owner, campaign, contact(0, ANSWERS) | {"notBefore": later.isoformat()})
        (call,) = calling.calls()
        calling.owner.mutate_successfully("reportOutcome", "__typename", conversationId=call["id"], outcome="VOICEMAIL")
        calling.until_counts(campaign, hang_up=True, PENDING=1)
        query = "query($id: ID!) { campaign(id: $id) { contacts { nodes { waitsFor waitsUntil } } } }"
        (waiting,) = calling.owner(query, id=campaign)["campaign"]["contacts"]["nodes"]
        assert datetime.fromisoformat(waiting["waitsUntil"]) == later


def test_r16_500_contacts_fit_in_a_request_and_larger_ones_are_told_to_be_sent_otherwise(northwind: Client) -> None:
    campaign = campaign_of(northwind)
    sent = [
        {"e164": f"+1212{5550000 + line}", "externalId": f"patient-{line:05}", "variables": {"name": "x" * 85}}
        for line in range(500)
    ]
    assert counts(add(northwind, campaign, *sent)) == (500, 0, 0)
    large = [each | {"variables": {"name": "x" * 4000}} for each in sent]
    query = "mutation($input: AddContactsInput!) { addContacts(input: $input) { accepted } }"
    answer = northwind.post(query, {"input": {"campaignId": campaign, "contacts": large}})
    assert answer.status_code == 413
    assert "createContactImport" in answer.json()["errors"][0]["message"]
    assert counts(add(northwind, campaign, *large[:20])) == (20, 0, 0)
