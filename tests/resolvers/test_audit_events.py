"""Test that each change is recorded once, with its key, before and after, and that records cannot be altered."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from models import AuditAction, Scope
from models.encryption import SecretBox
from operating.secret_rotation import reencrypt_passwords
from tests.conftest import Install
from tests.databases import ON_POSTGRES, IntegrityErrors
from tests.installation import Client, Json, Number

EVENT = "id action subjectId before after createdAt organization { id } apiKey { id }"
TRUNK = {
    "name": "Carrier",
    "kind": "BYOC",
    "transferMode": "ENABLE_ALL",
    "transferCallerId": "FROM_TRANSFEREE",
    "callsPerSecond": 1,
    "maxConcurrentCalls": 10,
    "outbound": {
        "address": "sip.example.com",
        "authUsername": None,
        "hasPassword": False,
        "transport": "UDP",
        "mediaEncryption": "NONE",
    },
}

CAMPAIGN = {
    "name": "Check-ups",
    "revision": 1,
    "agentVersionId": None,
    "agentNumber": None,
    "pool": None,
    "windows": [
        {"days": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"], "opens": "09:00", "closes": "20:00"}
    ],
    "closedDates": [],
    "defaultTimeZone": None,
    "maxAttempts": 3,
    "retryDelays": {"BUSY": 15, "NO_ANSWER": 240, "VOICEMAIL": 1440, "CARRIER_ERROR": 10},
    "maxConcurrentCalls": 10,
    "callsPerMinute": None,
    "weight": 10,
    "startsAt": None,
    "endsAt": None,
}


def events(client: Client, **sent: Any) -> list[Json]:
    """Return audit events, the newest first."""
    query = f"query($o: ID, $f: AuditEventFilter) {{ auditEvents(organizationId: $o, filter: $f, first: 100) {{ nodes {{ {EVENT} }} }} }}"
    found: list[Json] = client(query, **sent)["auditEvents"]["nodes"]
    return found


def key_of(client: Client) -> str:
    identifier: str = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    return identifier


class Scenario:
    """Return the events since the test began."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.trunk = client.trunk()
        self.number = client.number(trunk=self.trunk)
        self.agent = client.agent()
        self.version = client.draft(self.agent)
        self._before = {event["id"] for event in events(client)}

    def since(self) -> list[Json]:
        """Return the events, the oldest first."""
        return [event for event in reversed(events(self.client)) if event["id"] not in self._before]


def create_trunk(story: Scenario) -> Json:
    trunk = story.client.trunk()
    return [("TRUNK_CREATED", trunk, None, TRUNK)]


def update_trunk(story: Scenario) -> Json:
    story.client.mutate_successfully("updateTrunk", "__typename", trunkId=story.trunk, name="Other", callsPerSecond=5)
    story.client.mutate_successfully("updateTrunk", "__typename", trunkId=story.trunk, name="Other")
    after = TRUNK | {"name": "Other", "callsPerSecond": 5, "passwordChanged": False}
    return [("TRUNK_UPDATED", story.trunk, TRUNK, after)]


def change_a_password(story: Scenario) -> Json:
    outbound = {"address": "sip.example.com", "authUsername": "us", "authPassword": "hunter2"}
    story.client.mutate_successfully("updateTrunk", "__typename", trunkId=story.trunk, outbound=outbound)
    now = dict(TRUNK["outbound"]) | {"authUsername": "us", "hasPassword": True}  # type: ignore[call-overload]
    return [("TRUNK_UPDATED", story.trunk, TRUNK, TRUNK | {"outbound": now, "passwordChanged": True})]


def delete_trunk(story: Scenario) -> Json:
    story.client.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=story.number.id)
    story.client.mutate_successfully("deleteTrunk", "__typename", trunkId=story.trunk)
    return [
        ("PHONE_NUMBER_DELETED", story.number.id, number_state(story, story.number), None),
        ("TRUNK_DELETED", story.trunk, TRUNK, None),
    ]


def number_state(story: Scenario, number: Number) -> Json:
    return {
        "e164": number.e164,
        "trunkId": story.trunk,
        "shareable": False,
        "inboundAgentVersionId": None,
        "outboundAgentVersionId": None,
    }


def create_number(story: Scenario) -> Json:
    number = story.client.number(trunk=story.trunk)
    return [("PHONE_NUMBER_CREATED", number.id, None, number_state(story, number))]


def share_and_unshare(story: Scenario) -> Json:
    for shareable in (True, True, False):
        story.client.share(story.number, shareable)
    off, on = ({"e164": story.number.e164, "shareable": shareable} for shareable in (False, True))
    return [
        ("PHONE_NUMBER_SHARED", story.number.id, off, on),
        ("PHONE_NUMBER_UNSHARED", story.number.id, on, off),
    ]


def write_slots(story: Scenario) -> Json:
    story.client.publish(story.version, story.number)
    story.client.publish(story.version, story.number)
    story.client.mutate_successfully(
        "publishAgentVersion",
        "__typename",
        agentVersionId=story.version,
        unassignPhoneNumbers=[story.number.e164],
        direction="OUTBOUND",
    )
    empty, full = (
        {"e164": story.number.e164, "direction": "OUTBOUND", "agentVersionId": held} for held in (None, story.version)
    )
    draft, published = ({"agentId": story.agent, "number": 1, "published": is_out} for is_out in (False, True))
    return [
        ("AGENT_VERSION_PUBLISHED", story.version, draft, published),
        ("SLOT_ASSIGNED", story.number.id, empty, full),
        ("SLOT_CLEARED", story.number.id, full, empty),
    ]


def write_both_slots(story: Scenario) -> Json:
    story.client.publish(story.version, story.number, direction="BOTH")
    written = [
        (
            "SLOT_ASSIGNED",
            story.number.id,
            *(
                {"e164": story.number.e164, "direction": direction, "agentVersionId": held}
                for held in (None, story.version)
            ),
        )
        for direction in ("INBOUND", "OUTBOUND")
    ]
    draft, published = ({"agentId": story.agent, "number": 1, "published": is_out} for is_out in (False, True))
    return [("AGENT_VERSION_PUBLISHED", story.version, draft, published), *written]


def make_and_revoke_a_key(story: Scenario) -> Json:
    sent = {"name": "Back end", "scopes": ["TRUNKS_READ"], "expiresAt": "2999-01-31T09:30:00Z"}
    key = story.client.mutate_successfully("createApiKey", "apiKey { id }", **sent)["apiKey"]["id"]
    for _ in range(2):
        revoked = story.client.mutate_successfully("revokeApiKey", "apiKey { revokedAt }", apiKeyId=key)["apiKey"][
            "revokedAt"
        ]
    made = sent | {"expiresAt": "2999-01-31T09:30:00.000000Z", "revokedAt": None}
    return [
        ("API_KEY_CREATED", key, None, made),
        ("API_KEY_REVOKED", key, made, made | {"revokedAt": revoked}),
    ]


def create_rename_and_switch_off_an_agent(story: Scenario) -> Json:
    agent = story.client.agent("Night desk")
    for changed in ({"name": "Nights"}, {"name": "Nights"}, {}, {"active": False}, {"name": "Nights", "active": False}):
        story.client.mutate_successfully("updateAgent", "__typename", agentId=agent, **changed)
    states = [{"name": "Night desk", "active": True}, {"name": "Nights", "active": True}]
    states.append({"name": "Nights", "active": False})
    return [
        ("AGENT_CREATED", agent, None, states[0]),
        ("AGENT_UPDATED", agent, states[0], states[1]),
        ("AGENT_UPDATED", agent, states[1], states[2]),
    ]


def create_edit_run_and_cancel_a_campaign(story: Scenario) -> Json:
    """Each is sent twice: the second changes nothing."""
    sent = {"name": "Check-ups", "agentVersionId": story.version, "agentNumber": story.number.e164}
    story.client.publish(story.version, story.number)
    publishing = [tuple(each) for each in event_tuples(story.since())]
    campaign = story.client.mutate_successfully("createCampaign", "campaign { id }", **sent)["campaign"]["id"]
    for _ in range(2):
        story.client.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, weight=20)
    story.client.mutate_successfully(
        "addContacts", "__typename", campaignId=campaign, contacts=[{"e164": "+12125550100"}]
    )
    for mutation in ("startCampaign", "pauseCampaign", "cancelCampaign"):
        for _ in range(2):
            story.client.mutate(mutation, "__typename", campaignId=campaign)
    states = [
        {"status": status, "pauseReason": reason}
        for status, reason in (("DRAFT", None), ("RUNNING", None), ("PAUSED", "ASKED"), ("CANCELLED", None))
    ]
    lives = ("CAMPAIGN_STARTED", "CAMPAIGN_PAUSED", "CAMPAIGN_ENDED")
    created = CAMPAIGN | sent
    return [
        *publishing,
        ("CAMPAIGN_CREATED", campaign, None, created),
        ("CAMPAIGN_UPDATED", campaign, created, created | {"revision": 2, "weight": 20}),
        *((life, campaign, *states[at : at + 2]) for at, life in enumerate(lives)),
    ]


def give_a_campaign_a_pool_and_take_it_away(story: Scenario) -> Json:
    """Each change of the pool is one event, which has the pools before and after."""
    pool = [{"e164": story.number.e164, "callsPerDay": 50, "maxConcurrentCalls": None}]
    sent = {"name": "Check-ups", "pool": pool}
    campaign = story.client.mutate_successfully("createCampaign", "campaign { id }", **sent)["campaign"]["id"]
    pools = pool, [pool[0] | {"callsPerDay": 60, "maxConcurrentCalls": 2}], None
    for changed in pools[1:]:
        story.client.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, pool=changed)
    states = [CAMPAIGN | sent | {"pool": each, "revision": place} for place, each in enumerate(pools, 1)]
    return [
        ("CAMPAIGN_CREATED", campaign, None, states[0]),
        ("CAMPAIGN_UPDATED", campaign, states[0], states[1]),
        ("CAMPAIGN_UPDATED", campaign, states[1], states[2]),
    ]


def suppress_a_number_and_take_it_back(story: Scenario) -> Json:
    for _ in range(2):
        added = story.client.mutate_successfully("addSuppressions", "suppressions { id }", e164s=["+12125550101"])
    entry = added["suppressions"][0]["id"]
    story.client.mutate_successfully("removeSuppressions", "__typename", suppressionIds=[entry])
    state = {"e164": "+12125550101", "until": None, "source": None}
    return [("SUPPRESSION_ADDED", entry, None, state), ("SUPPRESSION_REMOVED", entry, state, None)]


SCENARIOS: list[Callable[[Scenario], Json]] = [
    *(create_trunk, update_trunk, change_a_password, delete_trunk, create_number),
    *(share_and_unshare, write_slots, write_both_slots, make_and_revoke_a_key),
    *(create_rename_and_switch_off_an_agent, create_edit_run_and_cancel_a_campaign),
    *(give_a_campaign_a_pool_and_take_it_away, suppress_a_number_and_take_it_back),
]


@pytest.mark.parametrize("tell", SCENARIOS)
def test_what_a_key_changes_is_noted_once_with_before_and_after(northwind: Client, tell: Any) -> None:
    story = Scenario(northwind)
    wanted = tell(story)
    noted = story.since()
    assert sorted(event_tuples(noted), key=str) == sorted(wanted, key=str)
    assert [event["action"] for event in noted] == [event[0] for event in wanted]
    for event in noted:
        assert event["organization"] == {"id": northwind.organization_id}
        assert event["apiKey"] == {"id": key_of(northwind)}


def event_tuples(noted: list[Json]) -> list[Json]:
    return [(event["action"], event["subjectId"], event["before"], event["after"]) for event in noted]


def test_every_action_is_told_of(northwind: Client) -> None:
    for tell in SCENARIOS:
        tell(Scenario(northwind))
    set_call_budget(northwind, northwind.child(), 5)
    noted = {name for (name,) in northwind.installation.rows("SELECT DISTINCT action FROM audit_event")}
    assert noted == {action.name for action in AuditAction}


def set_call_budget(northwind: Client, child: Client, calls: int | None) -> None:
    northwind.mutate_successfully(
        "setCallBudget", "__typename", organizationId=child.organization_id, maxConcurrentCalls=calls
    )


def test_a_call_budget_is_noted_at_the_organization_that_it_holds_for(northwind: Client) -> None:
    child = northwind.child("Harbor Clinics")
    for calls in (5, 5, None):
        set_call_budget(northwind, child, calls)
    off, on = {"maxConcurrentCalls": None}, {"maxConcurrentCalls": 5}
    noted = event_tuples(events(child))[:2]
    assert noted == [
        ("CALL_BUDGET_SET", child.organization_id, on, off),
        ("CALL_BUDGET_SET", child.organization_id, off, on),
    ]


def test_an_organization_is_noted_as_its_own_with_the_key_of_who_made_it(northwind: Client) -> None:
    """A key that may act for both sees the other's key; the child's own key does not."""
    child = northwind.child("Harbor Clinics")
    wanted = {"name": "Harbor Clinics", "parentId": northwind.organization_id}
    from_above = events(northwind, o=child.organization_id)[-1]
    assert (from_above["action"], from_above["subjectId"]) == ("ORGANIZATION_CREATED", child.organization_id)
    assert (from_above["before"], wanted.items() <= from_above["after"].items()) == (None, True)
    assert from_above["apiKey"] == {"id": key_of(northwind)}
    assert events(child)[-1] == from_above | {"apiKey": None}


def test_what_the_operator_does_has_no_key(northwind: Client) -> None:
    created, issued = reversed(events(northwind))
    assert (created["action"], issued["action"]) == ("ORGANIZATION_CREATED", "API_KEY_CREATED")
    assert created["apiKey"] is issued["apiKey"] is None
    northwind.installation.managed_trunk(northwind, "+12065550100")
    assert [(event["action"], event["apiKey"]) for event in events(northwind)[:2]] == [
        ("PHONE_NUMBER_CREATED", None),
        ("TRUNK_CREATED", None),
    ]


def test_a_refusal_notes_nothing(northwind: Client) -> None:
    story = Scenario(northwind)
    assert northwind.refusals("deleteTrunk", trunkId=story.trunk)
    assert northwind.refusals("publishAgentVersion", agentVersionId=story.version, phoneNumbers=["+12065559999"])
    assert northwind.refusals("createApiKey", name="", scopes=[])
    assert story.since() == []


def test_conversations_change_nothing_that_is_noted(northwind: Client) -> None:
    story = Scenario(northwind)
    northwind.publish(story.version, story.number, direction="BOTH")
    known = len(story.since())
    northwind.create_queued(agentNumber=story.number.e164)
    northwind.route_inbound(story.number)
    assert len(story.since()) == known


def test_no_secret_is_noted(northwind: Client) -> None:
    outbound = {"address": "sip.example.com", "authUsername": "us", "authPassword": "hunter2"}
    trunk = northwind.trunk(outbound=False)
    northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=outbound)
    secret = northwind.mutate_successfully("createApiKey", "secret", name="Key", scopes=[])["secret"]
    rows = northwind.installation.rows("SELECT * FROM audit_event")
    hashes = [value.hex() for (value,) in northwind.installation.rows("SELECT secret_hash FROM api_key")]
    for spilled in ("hunter2", secret.partition(".")[2], *hashes):
        assert spilled.lower() not in json.dumps(rows, default=str).lower()


def test_each_sees_its_own_and_below(northwind: Client) -> None:
    child, other = northwind.child(), northwind.installation.root("Contoso")
    child.trunk()
    assert {event["organization"]["id"] for event in events(child)} == {child.organization_id}
    assert events(northwind, o=child.organization_id)[0]["action"] == "TRUNK_CREATED"
    query = "query($o: ID) { auditEvents(organizationId: $o) { totalCount } }"
    assert other.errors(query, o=child.organization_id) == child.errors(query, o=northwind.organization_id)
    assert other.errors(query, o=child.organization_id) == ["NOT_FOUND"]
    node = "query($id: ID!) { node(id: $id) { id } }"
    event = events(child)[0]["id"]
    assert northwind(node, id=event) == {"node": {"id": event}}
    assert other(node, id=event) == {"node": None}


def test_the_list_is_filtered_and_paged(northwind: Client) -> None:
    story = Scenario(northwind)
    share_and_unshare(story)
    everything = events(northwind)
    assert [event["createdAt"] for event in everything] == sorted(
        (event["createdAt"] for event in everything), reverse=True
    )
    assert northwind.ids_of_all_pages("auditEvents", 3) == [event["id"] for event in everything]
    assert northwind.ids_of_all_pages("auditEvents", 3, backwards=True) == [event["id"] for event in everything]
    sharing = ["PHONE_NUMBER_SHARED", "PHONE_NUMBER_UNSHARED"]
    assert [event["action"] for event in events(northwind, f={"action": sharing})] == sharing[::-1]
    about = events(northwind, f={"subjectId": story.number.id})
    assert [event["action"] for event in about] == [*sharing[::-1], "PHONE_NUMBER_CREATED"]
    oldest, newest = everything[-1]["createdAt"], everything[0]["createdAt"]
    assert events(northwind, f={"createdBefore": oldest}) == events(northwind, f={"createdAfter": newest}) == []
    assert newest not in [event["createdAt"] for event in events(northwind, f={"createdBefore": newest})]


def test_the_key_of_an_event_asks_for_its_scope(northwind: Client) -> None:
    auditor = northwind.with_scopes(Scope.AUDIT_READ)
    body = auditor.body("{ auditEvents(first: 1) { nodes { action apiKey { id } } } }")
    assert body["data"]["auditEvents"]["nodes"] == [{"action": "API_KEY_CREATED", "apiKey": None}]
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET api_key_id = NULL",
        "UPDATE audit_event SET after = '{}' WHERE id = (SELECT min(id) FROM audit_event)",
        "DELETE FROM audit_event",
        "DELETE FROM audit_event WHERE action = 'API_KEY_CREATED'",
    ],
)
def test_the_database_refuses_to_alter_what_was_noted(northwind: Client, statement: str) -> None:
    before = northwind.installation.contents()
    with pytest.raises(IntegrityErrors, match="audit_event_never_changes"):
        northwind.installation.rows(statement)
    assert northwind.installation.contents() == before


COPIED_COLUMNS = (
    "organization_id, 'API_KEY_REVOKED', api_key_id, subject_id, before, after, created_at FROM audit_event"
)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "statement",
    [
        f"REPLACE INTO audit_event SELECT id, {COPIED_COLUMNS}",
        f"INSERT OR REPLACE INTO audit_event SELECT id, {COPIED_COLUMNS} LIMIT 1",
        (
            "INSERT OR REPLACE INTO audit_event (rowid, id, organization_id, action, subject_id, created_at)"
            " SELECT rowid, 'aud_another', organization_id, action, subject_id, created_at FROM audit_event LIMIT 1"
        ),
    ],
)
def test_sqlite_puts_nothing_in_place_of_what_was_noted(northwind: Client, statement: str) -> None:
    test_the_database_refuses_to_alter_what_was_noted(northwind, statement)


if ON_POSTGRES:  # SQLite has no TRUNCATE

    @pytest.mark.parametrize("statement", ["TRUNCATE audit_event", "TRUNCATE organization CASCADE"])
    def test_postgres_empties_nothing_that_was_noted(northwind: Client, statement: str) -> None:
        test_the_database_refuses_to_alter_what_was_noted(northwind, statement)


def test_sealing_passwords_anew_is_no_change_of_a_trunk(install: Install) -> None:
    old, new = SecretBox.generate_key(), SecretBox.generate_key()
    northwind = install(secret_keys=f"{old},{new}").root("Northwind")
    trunk = northwind.sealed_trunk("hunter2")
    before = events(northwind)
    assert (
        northwind.installation.run_as_operator(
            lambda session: reencrypt_passwords(session, SecretBox.from_text(f"{new},{old}"))
        )
        == 1
    )
    assert events(northwind) == before
    another = {"address": "a.example.com", "authPassword": "hunter3"}
    northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=another)
    (event,) = [event for event in events(northwind) if event not in before]
    assert (event["action"], event["after"]["passwordChanged"]) == ("TRUNK_UPDATED", True)


@pytest.mark.sqlite
def test_what_one_statement_changes_is_noted_in_its_order(northwind: Client) -> None:
    """Events of one millisecond stay in order, also around the 256th."""
    trunk = northwind.trunk()
    numbers = [northwind.number(trunk=trunk) for _ in range(4)]
    rows = northwind.installation.rows
    rows(
        "INSERT INTO audit_event (rowid, id, organization_id, action, subject_id, created_at)"
        " SELECT 254, 'aud_' || hex(randomblob(13)), organization_id, action, subject_id, '2020-01-01 00:00:00.000000'"
        " FROM audit_event LIMIT 1"
    )
    rows("UPDATE phone_number SET shareable = 1")
    noted = rows("SELECT subject_id, id FROM audit_event WHERE action = 'PHONE_NUMBER_SHARED' ORDER BY rowid")
    assert len({identifier[: len("aud_") + 12] for _, identifier in noted}) == 1
    shared = events(northwind, f={"action": ["PHONE_NUMBER_SHARED"]})
    assert [event["subjectId"] for event in reversed(shared)] == [subject for subject, _ in noted]
    assert {subject for subject, _ in noted} == {number.id for number in numbers}


def test_nobody_is_acting_between_transactions(northwind: Client) -> None:
    Scenario(northwind)
    northwind.refusals("createAgent", name="")
    assert northwind.installation.rows("SELECT * FROM acting") == []
