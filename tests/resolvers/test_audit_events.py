"""Who changed what: each change is noted once, with its key, before and after; and nothing alters what was noted."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from models import AuditAction, Scope
from models.sealed import Seal
from operating.rotation import rotate
from tests.conftest import Install
from tests.installation import Client, Json, Number
from tests.stores import ON_POSTGRES, Forbidden

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


def events(client: Client, **sent: Any) -> list[Json]:
    """Newest first."""
    query = f"query($o: ID, $f: AuditEventFilter) {{ auditEvents(organizationId: $o, filter: $f, first: 100) {{ nodes {{ {EVENT} }} }} }}"
    found: list[Json] = client(query, **sent)["auditEvents"]["nodes"]
    return found


def key_of(client: Client) -> str:
    identifier: str = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    return identifier


class Story:
    """What a test changes is told in the events since it began."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.trunk = client.trunk()
        self.number = client.number(trunk=self.trunk)
        self.agent = client.agent()
        self.version = client.draft(self.agent)
        self._before = {event["id"] for event in events(client)}

    def since(self) -> list[Json]:
        """Oldest first."""
        return [event for event in reversed(events(self.client)) if event["id"] not in self._before]


def create_trunk(story: Story) -> Json:
    trunk = story.client.trunk()
    return [("TRUNK_CREATED", trunk, None, TRUNK)]


def update_trunk(story: Story) -> Json:
    story.client.do("updateTrunk", "__typename", trunkId=story.trunk, name="Other", callsPerSecond=5)
    story.client.do("updateTrunk", "__typename", trunkId=story.trunk, name="Other")
    after = TRUNK | {"name": "Other", "callsPerSecond": 5, "passwordChanged": False}
    return [("TRUNK_UPDATED", story.trunk, TRUNK, after)]


def change_a_password(story: Story) -> Json:
    outbound = {"address": "sip.example.com", "authUsername": "us", "authPassword": "hunter2"}
    story.client.do("updateTrunk", "__typename", trunkId=story.trunk, outbound=outbound)
    now = dict(TRUNK["outbound"]) | {"authUsername": "us", "hasPassword": True}  # type: ignore[call-overload]
    return [("TRUNK_UPDATED", story.trunk, TRUNK, TRUNK | {"outbound": now, "passwordChanged": True})]


def delete_trunk(story: Story) -> Json:
    story.client.do("deletePhoneNumber", "__typename", phoneNumberId=story.number.id)
    story.client.do("deleteTrunk", "__typename", trunkId=story.trunk)
    return [
        ("PHONE_NUMBER_DELETED", story.number.id, of_number(story, story.number), None),
        ("TRUNK_DELETED", story.trunk, TRUNK, None),
    ]


def of_number(story: Story, number: Number) -> Json:
    return {
        "e164": number.e164,
        "trunkId": story.trunk,
        "shareable": False,
        "inboundAgentVersionId": None,
        "outboundAgentVersionId": None,
    }


def create_number(story: Story) -> Json:
    number = story.client.number(trunk=story.trunk)
    return [("PHONE_NUMBER_CREATED", number.id, None, of_number(story, number))]


def share_and_unshare(story: Story) -> Json:
    for shareable in (True, True, False):
        story.client.share(story.number, shareable)
    off, on = ({"e164": story.number.e164, "shareable": shareable} for shareable in (False, True))
    return [
        ("PHONE_NUMBER_SHARED", story.number.id, off, on),
        ("PHONE_NUMBER_UNSHARED", story.number.id, on, off),
    ]


def write_slots(story: Story) -> Json:
    story.client.publish(story.version, story.number)
    story.client.publish(story.version, story.number)
    story.client.do(
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


def write_both_slots(story: Story) -> Json:
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


def make_and_revoke_a_key(story: Story) -> Json:
    sent = {"name": "Back end", "scopes": ["TRUNKS_READ"], "expiresAt": "2999-01-31T09:30:00Z"}
    key = story.client.do("createApiKey", "apiKey { id }", **sent)["apiKey"]["id"]
    for _ in range(2):
        revoked = story.client.do("revokeApiKey", "apiKey { revokedAt }", apiKeyId=key)["apiKey"]["revokedAt"]
    made = sent | {"expiresAt": "2999-01-31T09:30:00.000000Z", "revokedAt": None}
    return [
        ("API_KEY_CREATED", key, None, made),
        ("API_KEY_REVOKED", key, made, made | {"revokedAt": revoked}),
    ]


STORIES: list[Callable[[Story], Json]] = [
    *(create_trunk, update_trunk, change_a_password, delete_trunk, create_number),
    *(share_and_unshare, write_slots, write_both_slots, make_and_revoke_a_key),
]


@pytest.mark.parametrize("tell", STORIES)
def test_what_a_key_changes_is_noted_once_with_before_and_after(northwind: Client, tell: Any) -> None:
    story = Story(northwind)
    wanted = tell(story)
    noted = story.since()
    assert sorted(described(noted), key=str) == sorted(wanted, key=str)
    assert [event["action"] for event in noted] == [event[0] for event in wanted]
    for event in noted:
        assert event["organization"] == {"id": northwind.organization_id}
        assert event["apiKey"] == {"id": key_of(northwind)}


def described(noted: list[Json]) -> list[Json]:
    return [(event["action"], event["subjectId"], event["before"], event["after"]) for event in noted]


def test_every_action_is_told_of(northwind: Client) -> None:
    for tell in STORIES:
        tell(Story(northwind))
    northwind.child()
    noted = {name for (name,) in northwind.installation.rows("SELECT DISTINCT action FROM audit_event")}
    assert noted == {action.name for action in AuditAction}


def test_an_organization_is_noted_as_its_own_with_the_key_of_who_made_it(northwind: Client) -> None:
    """Whoever may act for both sees whose key it was; the child itself does not."""
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
    story = Story(northwind)
    assert northwind.refusals("deleteTrunk", trunkId=story.trunk)
    assert northwind.refusals("publishAgentVersion", agentVersionId=story.version, phoneNumbers=["+12065559999"])
    assert northwind.refusals("createApiKey", name="", scopes=[])
    assert story.since() == []


def test_conversations_change_nothing_that_is_noted(northwind: Client) -> None:
    story = Story(northwind)
    northwind.publish(story.version, story.number, direction="BOTH")
    known = len(story.since())
    northwind.queued(agentNumber=story.number.e164)
    northwind.rung(story.number)
    assert len(story.since()) == known


def test_no_secret_is_noted(northwind: Client) -> None:
    outbound = {"address": "sip.example.com", "authUsername": "us", "authPassword": "hunter2"}
    trunk = northwind.trunk(outbound=False)
    northwind.do("updateTrunk", "__typename", trunkId=trunk, outbound=outbound)
    secret = northwind.do("createApiKey", "secret", name="Key", scopes=[])["secret"]
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
    story = Story(northwind)
    share_and_unshare(story)
    everything = events(northwind)
    assert [event["createdAt"] for event in everything] == sorted(
        (event["createdAt"] for event in everything), reverse=True
    )
    assert northwind.walked("auditEvents", 3) == [event["id"] for event in everything]
    assert northwind.walked("auditEvents", 3, backwards=True) == [event["id"] for event in everything]
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
    with pytest.raises(Forbidden, match="audit_event_never_changes"):
        northwind.installation.rows(statement)
    assert northwind.installation.contents() == before


SAME = "organization_id, 'API_KEY_REVOKED', api_key_id, subject_id, before, after, created_at FROM audit_event"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "statement",
    [
        f"REPLACE INTO audit_event SELECT id, {SAME}",
        f"INSERT OR REPLACE INTO audit_event SELECT id, {SAME} LIMIT 1",
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
    old, new = Seal.new_key(), Seal.new_key()
    northwind = install(secret_keys=f"{old},{new}").root("Northwind")
    trunk = northwind.sealed_trunk("hunter2")
    before = events(northwind)
    assert northwind.installation.operator(lambda session: rotate(session, Seal.from_text(f"{new},{old}"))) == 1
    assert events(northwind) == before
    another = {"address": "a.example.com", "authPassword": "hunter3"}
    northwind.do("updateTrunk", "__typename", trunkId=trunk, outbound=another)
    (event,) = [event for event in events(northwind) if event not in before]
    assert (event["action"], event["after"]["passwordChanged"]) == ("TRUNK_UPDATED", True)


@pytest.mark.sqlite
def test_what_one_statement_changes_is_noted_in_its_order(northwind: Client) -> None:
    """Within one millisecond, also where the 256th event falls into it."""
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
    Story(northwind)
    northwind.refusals("createAgent", name="")
    assert northwind.installation.rows("SELECT * FROM acting") == []
