"""Write the two slots of numbers by publishing an agent version (R5)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.databases import IntegrityErrors
from tests.installation import Client, Json, Number

SLOTS = "e164 updatedAt inboundSlot { agentVersion { id } assignedAt } outboundSlot { agentVersion { id } assignedAt }"
PUBLISHED = f"agentVersion {{ id published publishedAt }} phoneNumbers {{ {SLOTS} }}"
ROUNDS = 8


def _seen(client: Client, number: Number) -> Json:
    return client(f"query($e164: String!) {{ phoneNumber(e164: $e164) {{ {SLOTS} }} }}", e164=number.e164)[
        "phoneNumber"
    ]


def _slots(client: Client, number: Number) -> tuple[str | None, str | None]:
    """Return the versions in the inbound and in the outbound slot."""
    seen = _seen(client, number)
    inbound, outbound = (seen[slot]["agentVersion"] for slot in ("inboundSlot", "outboundSlot"))
    return inbound and inbound["id"], outbound and outbound["id"]


def _publish(client: Client, version: str, **fields: Any) -> Json:
    return client.mutate_successfully("publishAgentVersion", PUBLISHED, agentVersionId=version, **fields)


def test_r5_the_slots_are_independent_and_inbound_is_the_default(northwind: Client) -> None:
    one, two, both = (northwind.draft(northwind.agent(name)) for name in ("One", "Two", "Both"))
    number = northwind.number()
    assert _slots(northwind, number) == (None, None)
    _publish(northwind, one, phoneNumbers=[number.e164])
    assert _slots(northwind, number) == (one, None)
    _publish(northwind, two, phoneNumbers=[number.e164], direction="OUTBOUND")
    assert _slots(northwind, number) == (one, two)
    _publish(northwind, both, phoneNumbers=[number.e164], direction="BOTH")
    assert _slots(northwind, number) == (both, both)
    _publish(northwind, one, phoneNumbers=[number.e164], direction="INBOUND")
    assert _slots(northwind, number) == (one, both)


@pytest.mark.parametrize(
    ("direction", "left"),
    [
        ("INBOUND", [(None, "v1"), (None, "other"), ("other", "v2")]),
        ("OUTBOUND", [("v2", None), ("v1", "other"), ("other", None)]),
        ("BOTH", [(None, None), (None, "other"), ("other", None)]),
    ],
)
def test_r5_clearing_takes_some_version_of_that_same_agent_out_of_the_same_direction(
    northwind: Client, direction: str, left: list[tuple[str | None, str | None]]
) -> None:
    agent, numbers = northwind.agent(), [northwind.number() for _ in range(3)]
    versions: dict[str | None, str | None] = {
        None: None,
        "v1": northwind.version(agent),
        "v2": northwind.version(agent),
        "other": northwind.version(northwind.agent("Another")),
    }
    for number, (inbound, outbound) in zip(numbers, [("v2", "v1"), ("v1", "other"), ("other", "v2")], strict=True):
        northwind.publish(str(versions[inbound]), number, direction="INBOUND")
        northwind.publish(str(versions[outbound]), number, direction="OUTBOUND")
    named = [number.e164 for number in numbers]
    _publish(northwind, str(versions["v1"]), unassignPhoneNumbers=named, direction=direction)
    expected = [(versions[inbound], versions[outbound]) for inbound, outbound in left]
    assert [_slots(northwind, number) for number in numbers] == expected


def test_r5_a_cleared_slot_has_no_time_and_clearing_an_empty_one_changes_nothing(northwind: Client) -> None:
    number, version = northwind.number(), northwind.draft(northwind.agent())
    _publish(northwind, version, phoneNumbers=[number.e164], direction="BOTH")
    _publish(northwind, version, unassignPhoneNumbers=[number.e164], direction="OUTBOUND")
    cleared = _seen(northwind, number)
    assert cleared["outboundSlot"] == {"agentVersion": None, "assignedAt": None}
    assert cleared["inboundSlot"]["agentVersion"] == {"id": version}
    stored = northwind.installation.contents()
    _publish(northwind, version, unassignPhoneNumbers=[number.e164], direction="OUTBOUND")
    assert northwind.installation.contents() == stored


def test_r5_writing_what_a_slot_already_holds_changes_nothing(northwind: Client) -> None:
    agent, number = northwind.agent(), northwind.number()
    version = northwind.version(agent, number, direction="BOTH")
    stored, before = northwind.installation.contents(), _seen(northwind, number)
    for direction in ("INBOUND", "OUTBOUND", "BOTH"):
        payload = _publish(northwind, version, phoneNumbers=[number.e164], direction=direction)
        assert payload["phoneNumbers"] == [before]
    assert northwind.installation.contents() == stored
    northwind.version(agent, number, direction="OUTBOUND")
    after = _seen(northwind, number)
    assert after["inboundSlot"] == before["inboundSlot"]
    assert after["outboundSlot"]["assignedAt"] > before["outboundSlot"]["assignedAt"]


def test_r3_r5_writing_slots_is_no_update_of_the_number(northwind: Client) -> None:
    number = northwind.number()
    before = _seen(northwind, number)["updatedAt"]
    version = northwind.version(northwind.agent(), number, direction="BOTH")
    _publish(northwind, version, unassignPhoneNumbers=[number.e164], direction="INBOUND")
    assert _seen(northwind, number)["updatedAt"] == before


def test_r5_publishing_again_only_writes_slots(northwind: Client) -> None:
    number, version = northwind.number(), northwind.draft(northwind.agent())
    first = _publish(northwind, version)
    again = _publish(northwind, version, phoneNumbers=[number.e164])
    assert (first["agentVersion"]["published"], first["phoneNumbers"]) == (True, [])
    assert again["agentVersion"] == first["agentVersion"]
    assert _slots(northwind, number) == (version, None)


def test_r5_a_slot_pins_its_version(northwind: Client) -> None:
    agent, number = northwind.agent(), northwind.number()
    version = northwind.version(agent, number, direction="BOTH")
    before = _seen(northwind, number)
    northwind.version(agent)
    assert _seen(northwind, number) == before
    assert _slots(northwind, number) == (version, version)


def test_r5_the_payload_lists_every_number_named_in_order_each_once(northwind: Client) -> None:
    put, taken, kept = northwind.number(), northwind.number(), northwind.number()
    agent = northwind.agent()
    old = northwind.version(agent, taken, direction="INBOUND")
    other = northwind.version(northwind.agent("Another"), kept, direction="INBOUND")
    version = northwind.draft(agent)
    typed = f"+1 {put.e164[2:5]}.{put.e164[5:8]}.{put.e164[8:]}"
    payload = _publish(northwind, version, phoneNumbers=[put.e164, typed], unassignPhoneNumbers=[kept.e164, taken.e164])
    assert [number["e164"] for number in payload["phoneNumbers"]] == [put.e164, kept.e164, taken.e164]
    assert payload["phoneNumbers"] == [_seen(northwind, number) for number in (put, kept, taken)]
    inbound = [number["inboundSlot"]["agentVersion"] for number in payload["phoneNumbers"]]
    assert inbound == [{"id": version}, {"id": other}, None]
    assert old not in {number and number["id"] for number in inbound}


def test_r5_is_all_or_nothing(northwind: Client) -> None:
    child = northwind.child()
    good, other, taken = child.number(), child.number(), child.number()
    agent = child.agent()
    child.version(agent, taken, direction="INBOUND")
    draft, both = child.draft(agent), [good.e164, other.e164]
    borrowed = northwind.number(shareable=True).e164
    unshared = northwind.number().e164
    stranger = northwind.installation.root("Contoso").number(shareable=True).e164
    stored = child.installation.contents()
    for numbers, code in (
        ([borrowed], "PHONE_NUMBER_NOT_FOUND"),
        ([unshared], "PHONE_NUMBER_NOT_FOUND"),
        ([stranger], "PHONE_NUMBER_NOT_FOUND"),
        (["+12065559999"], "PHONE_NUMBER_NOT_FOUND"),
        (["2065550100"], "INVALID_PHONE_NUMBER"),
        ([""], "INVALID_PHONE_NUMBER"),
    ):
        sent = {"agentVersionId": draft, "phoneNumbers": [*both, *numbers], "unassignPhoneNumbers": [taken.e164]}
        assert child.refusals("publishAgentVersion", **sent) == [(code, ["phoneNumbers", "2"])], numbers
        assert northwind.refusals("publishAgentVersion", **sent) == [(code, ["phoneNumbers", "2"])], numbers
        sent = {"agentVersionId": draft, "phoneNumbers": both, "unassignPhoneNumbers": [taken.e164, *numbers]}
        assert child.refusals("publishAgentVersion", **sent) == [(code, ["unassignPhoneNumbers", "1"])], numbers
    assert child.installation.contents() == stored


def test_r5_a_number_in_both_lists_is_invalid_input(northwind: Client) -> None:
    number, other, draft = northwind.number(), northwind.number(), northwind.draft(northwind.agent())
    stored = northwind.installation.contents()
    typed = f"+1 ({number.e164[2:5]}) {number.e164[5:]}"
    sent = {"phoneNumbers": [other.e164, number.e164], "unassignPhoneNumbers": [typed]}
    refusals = northwind.refusals("publishAgentVersion", agentVersionId=draft, **sent)
    assert [code for code, _ in refusals] == ["INVALID_INPUT"]
    assert northwind.installation.contents() == stored


def test_r5_only_a_version_within_reach_is_published(northwind: Client) -> None:
    child = northwind.child()
    number, foreign = child.number(), northwind.draft(northwind.agent())
    stored = child.installation.contents()
    for version in (foreign, "ver_00000000000000000000000000", "version", "", number.id):
        refusals = child.refusals("publishAgentVersion", agentVersionId=version, phoneNumbers=[number.e164])
        assert refusals == [("AGENT_VERSION_NOT_FOUND", ["agentVersionId"])], version
    assert child.installation.contents() == stored


def test_r5_whoever_acts_for_the_owner_publishes_to_the_owners_numbers(northwind: Client) -> None:
    child = northwind.child()
    number, draft = child.number(), child.draft(child.agent())
    _publish(northwind, draft, phoneNumbers=[number.e164])
    assert _slots(child, number) == (draft, None)


def test_r5_published_versions_never_change(northwind: Client) -> None:
    version = northwind.version(northwind.agent())
    stored = northwind.installation.contents()
    refusals = northwind.refusals("updateAgentVersion", agentVersionId=version, config={"instructions": "Other"})
    assert refusals == [("AGENT_VERSION_PUBLISHED", ["agentVersionId"])]
    assert northwind.installation.contents() == stored


@pytest.mark.parametrize("slot", ["inbound", "outbound"])
def test_r5_the_database_refuses_a_slot_with_a_draft_or_a_version_of_another_organization(
    northwind: Client, slot: str
) -> None:
    number, draft = northwind.number(), northwind.draft(northwind.agent())
    contoso = northwind.installation.root("Contoso")
    fill = f"UPDATE phone_number SET {slot}_agent_version_id = ?, {slot}_assigned_at = created_at WHERE id = ?"
    stored = northwind.installation.contents()
    for version in (draft, contoso.version(contoso.agent())):
        with pytest.raises(IntegrityErrors):
            northwind.installation.rows(fill, version, number.id)
    with pytest.raises(IntegrityErrors):
        northwind.installation.rows("UPDATE agent_version SET config = '{}' WHERE published_at IS NOT NULL")
    assert northwind.installation.contents()["phone_number"] == stored["phone_number"]


def test_r5_two_publishers_at_once_leave_one_of_the_two_states_whole(northwind: Client) -> None:
    trunk = northwind.trunk()
    numbers = [northwind.number(trunk=trunk) for _ in range(4)]
    named = [number.e164 for number in numbers]
    ours, theirs = (northwind.version(northwind.agent(name)) for name in ("Ours", "Theirs"))
    we = {"agentVersionId": ours, "phoneNumbers": named[:2], "unassignPhoneNumbers": named[2:]}
    they = {"agentVersionId": theirs, "phoneNumbers": named[::-1]}
    start = Barrier(2)

    def publish(sent: dict[str, Any]) -> None:
        start.wait()
        northwind.mutate_successfully("publishAgentVersion", "__typename", **sent)

    with ThreadPoolExecutor(2) as together:
        for _ in range(ROUNDS):
            northwind.publish(ours, *numbers, direction="INBOUND")
            list(together.map(publish, (we, they)))
            held = [_slots(northwind, number)[0] for number in numbers]
            assert held in ([theirs] * 4, [ours, ours, theirs, theirs])


def test_publishing_names_at_most_a_thousand_numbers_together(northwind: Client) -> None:
    """The limit counts both lists together. A thousand numbers are written, and returned in the order sent."""
    installation, trunk = northwind.installation, northwind.trunk()
    northwind.installation.rows(
        "INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, created_at, updated_at)"
        " WITH RECURSIVE count(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM count WHERE n < 2000)"
        " SELECT 'num_0000000000000000000000' || n, t.organization_id, t.id, '+1206555' || n, FALSE,"
        " t.created_at, t.created_at FROM count, trunk AS t WHERE t.id = ?",
        trunk,
    )
    version = northwind.draft(northwind.agent())
    numbers = [f"+1206555{n}" for n in range(1000, 2001)]
    before = installation.contents()
    for assign, clear in ((501, 500), (1001, 0), (0, 1001)):
        sent = {"phoneNumbers": numbers[:assign], "unassignPhoneNumbers": numbers[assign : assign + clear]}
        refused = northwind.mutate("publishAgentVersion", "__typename", agentVersionId=version, **sent)["userErrors"]
        assert [error["code"] for error in refused] == ["LIMIT_EXCEEDED"]
        assert "1,001 numbers are named" in refused[0]["message"]
    assert installation.contents() == before
    published = _publish(northwind, version, phoneNumbers=numbers[:500], unassignPhoneNumbers=numbers[500:1000])
    assert [each["e164"] for each in published["phoneNumbers"]] == numbers[:1000]
    assigned = "SELECT COUNT(*) FROM phone_number WHERE inbound_agent_version_id = ?"
    assert installation.rows(assigned, version) == [(500,)]
