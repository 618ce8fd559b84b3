"""Test whose conversations are listed, every filter, and pages. Creating them is tested in tests/calling."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.installation import Client, Installation, Json, Number

CALLEE, CALLER = "+12065550199", "+12065550177"


@dataclass(frozen=True)
class World:
    """Conversations by name, oldest first, and the values that the cases of filters refer to."""

    client: Client
    calls: dict[str, Json]
    named: dict[str, str]

    def listed(self, filter: dict[str, Any] | None) -> list[str]:
        query = "query($filter: ConversationFilter) { conversations(filter: $filter) { totalCount nodes { id } } }"
        page = self.client(query, filter=filter)["conversations"]
        assert page["totalCount"] == len(page["nodes"])
        names = {call["id"]: name for name, call in self.calls.items()}
        return [names[node["id"]] for node in page["nodes"]]

    def sent(self, filter: dict[str, Any]) -> dict[str, Any]:
        return {name: self.named.get(each, each) if isinstance(each, str) else each for name, each in filter.items()}


METADATA: dict[str, dict[str, Any] | None] = {
    "none": None,
    "empty": {},
    "flat": {"text": "1", "number": 1, "yes": True, "no": False, "nothing": None, "part": 1.5},
    "nested": {
        "order": {"id": 7, "tags": ["a", "b"], "who": {"vip": True}},
        "number": 2,
        "list": [1, [2, None]],
        "words": {"é ✓": "ü 'x' \\"},
    },
    "many": {f"m{place}": place for place in range(200)},
    "odd": {"": "blank", "a.b": 1, "$": 2, 'quo"te': 3, "é ✓": "ü 'x' \\", "[0]": 4, "zero": 0, "one": "true"},
}


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    northwind = shared_installation.root("Northwind")
    client = northwind.child()
    agents = {"desk": client.agent("Desk"), "night": client.agent("Night"), "idle": client.agent("Idle")}
    agents["theirs"] = northwind.agent("Theirs")
    own, lent = client.number(), northwind.number(shareable=True)
    first, second = client.version(agents["desk"], own, direction="INBOUND"), client.version(agents["desk"])
    calls = {name: client.create_queued(agentConfig={}, metadata=metadata) for name, metadata in METADATA.items()}
    calls["keyed"] = client.create_queued(agentConfig={}, to="+442079460123", idempotencyKey="order-1")
    calls["first"] = client.create_queued(agentNumber=own.e164, agentVersionId=first, idempotencyKey="order-%")
    calls["second"] = client.create_queued(agentNumber=own.e164, agentVersionId=second)
    calls["night"] = client.create_queued(agentNumber=own.e164, agentVersionId=client.version(agents["night"]))
    calls["failed"] = client.create_queued(agentNumber=lent.e164, agentConfig={})
    northwind.share(lent, shareable=False)
    calls["inbound"] = client.route_inbound(own, CALLER)
    calls["withheld"] = client.route_inbound(own, None)
    _create_unlisted(northwind, lent)
    numbers = {"own": own.e164, "own typed": f"+1 ({own.e164[2:5]}) {own.e164[5:]}", "lent": lent.e164}
    return World(client, calls, agents | numbers | _creation_times(calls))


def _create_unlisted(northwind: Client, number: Number) -> None:
    """Make conversations that the list must not show."""
    northwind.create_queued(
        agentNumber=number.e164, agentConfig={}, idempotencyKey="order-1", metadata=METADATA["flat"]
    )


def _creation_times(calls: dict[str, Json]) -> dict[str, str]:
    return {f"{name}'s time": call["createdAt"] for name, call in calls.items()}


ALL = "withheld inbound failed night second first keyed odd many nested flat empty none"
OUTBOUND = "failed night second first keyed odd many nested flat empty none"

FILTERS: list[tuple[dict[str, Any] | None, str]] = [
    (None, ALL),
    ({}, ALL),
    ({"direction": None, "status": None, "agentNumber": None, "metadata": None, "createdAfter": None}, ALL),
    ({"direction": "INBOUND"}, "withheld inbound"),
    ({"direction": "OUTBOUND"}, OUTBOUND),
    ({"status": ["QUEUED"]}, "night second first keyed odd many nested flat empty none"),
    ({"status": ["FAILED"]}, "failed"),
    ({"status": ["FAILED", "RINGING", "COMPLETED"]}, "withheld inbound failed"),
    ({"status": ["COMPLETED"]}, ""),
    ({"agentNumber": "lent"}, "failed"),
    ({"agentNumber": "own", "direction": "INBOUND"}, "withheld inbound"),
    ({"agentNumber": "own typed", "direction": "INBOUND"}, "withheld inbound"),
    ({"agentNumber": "+12065559999"}, ""),
    ({"userNumber": CALLER}, "inbound"),
    ({"userNumber": "+1 (206) 555-0177"}, "inbound"),
    ({"userNumber": "+44 20 7946 0123"}, "keyed"),
    ({"userNumber": "+12065559999"}, ""),
    ({"agentId": "desk"}, "withheld inbound second first"),
    ({"agentId": "desk", "direction": "OUTBOUND"}, "second first"),
    ({"agentId": "night"}, "night"),
    ({"agentId": "idle"}, ""),
    ({"agentId": "theirs"}, ""),
    ({"agentId": "no agent"}, ""),
    ({"agentId": ""}, ""),
    ({"idempotencyKey": "order-1"}, "keyed"),
    ({"idempotencyKey": "order-%"}, "first"),
    ({"idempotencyKey": "ORDER-1"}, ""),
    ({"idempotencyKey": ""}, ""),
    ({"createdAfter": "night's time"}, "withheld inbound failed"),
    ({"createdBefore": "empty's time"}, "none"),
    ({"createdAfter": "keyed's time", "createdBefore": "night's time"}, "second first"),
    ({"createdAfter": "withheld's time"}, ""),
    ({"createdAfter": "2000-01-01T00:00:00Z"}, ALL),
    ({"createdAfter": "2000-01-01T02:00:00+02:00", "createdBefore": "2000-01-01T00:00:01Z"}, ""),
    ({"direction": "OUTBOUND", "status": ["QUEUED"], "agentNumber": "own", "agentId": "desk"}, "second first"),
    # what is no number matches nothing, not even calls without one
    ({"agentNumber": "not a number"}, ""),
    ({"agentNumber": ""}, ""),
    ({"userNumber": "not a number"}, ""),
    ({"userNumber": ""}, ""),
    # top-level keys of metadata that must be equal
    ({"metadata": {}}, ALL),
    ({"metadata": {"number": 1}}, "flat"),
    ({"metadata": {"number": 2}}, "nested"),
    ({"metadata": {"number": "1"}}, ""),
    ({"metadata": {"number": True}}, ""),
    ({"metadata": {"text": "1"}}, "flat"),
    ({"metadata": {"text": 1}}, ""),
    ({"metadata": {"yes": True}}, "flat"),
    ({"metadata": {"yes": 1}}, ""),
    ({"metadata": {"yes": "true"}}, ""),
    ({"metadata": {"no": False}}, "flat"),
    ({"metadata": {"no": 0}}, ""),
    ({"metadata": {"no": None}}, ""),
    ({"metadata": {"nothing": None}}, "flat"),
    ({"metadata": {"nothing": "null"}}, ""),
    ({"metadata": {"absent": None}}, ""),
    ({"metadata": {"part": 1.5}}, "flat"),
    ({"metadata": {"number": 1, "yes": True, "nothing": None}}, "flat"),
    ({"metadata": {"number": 1, "yes": False}}, ""),
    ({"metadata": {"order": {"id": 7, "tags": ["a", "b"], "who": {"vip": True}}}}, "nested"),
    ({"metadata": {"order": {"who": {"vip": True}, "tags": ["a", "b"], "id": 7}}}, "nested"),
    ({"metadata": {"order": {"id": 7}}}, ""),
    ({"metadata": {"order": {"id": 7, "tags": ["b", "a"], "who": {"vip": True}}}}, ""),
    ({"metadata": {"order": {"id": 7, "tags": ["a", "b"], "who": {"vip": 1}}}}, ""),
    ({"metadata": {"id": 7}}, ""),
    ({"metadata": {"list": [1, [2, None]]}}, "nested"),
    ({"metadata": {"list": [1, [2]]}}, ""),
    ({"metadata": {"words": {"é ✓": "ü 'x' \\"}}}, "nested"),
    ({"metadata": {"list": "[1,[2,null]]"}}, ""),
    ({"metadata": {"": "blank"}}, "odd"),
    ({"metadata": {"a.b": 1}}, "odd"),
    ({"metadata": {"$": 2, 'quo"te': 3}}, "odd"),
    ({"metadata": {"é ✓": "ü 'x' \\"}}, "odd"),
    ({"metadata": {"[0]": 4, "zero": 0}}, "odd"),
    ({"metadata": {"zero": False}}, ""),
    ({"metadata": {"one": True}}, ""),
    ({"metadata": {"number": 1}, "status": ["FAILED"]}, ""),
    # one form for equal values, however they are written
    ({"metadata": {"number": 1.0}}, "flat"),
    ({"metadata": {"zero": -0.0}}, "odd"),
    ({"metadata": {"order": {"id": 7.0, "tags": ["a", "b"], "who": {"vip": True}}}}, "nested"),
    ({"metadata": {f"m{place}": place for place in range(150, 200)}}, "many"),
    ({"metadata": {f"m{place}": place for place in range(151, 201)}}, ""),
]


@pytest.mark.parametrize(("filter", "names"), FILTERS, ids=[str(filter) for filter, _ in FILTERS])
def test_filters_and_newest_first(world: World, filter: dict[str, Any] | None, names: str) -> None:
    assert world.listed(filter and world.sent(filter)) == names.split()


@pytest.mark.parametrize("metadata", [[], ["order"], "order", "", 0, 1, True, False])
def test_a_filter_by_metadata_is_a_json_object(world: World, metadata: Any) -> None:
    query = "query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }"
    assert world.client.errors(query, filter={"metadata": metadata}) == ["BAD_USER_INPUT"]


def test_a_filter_by_metadata_has_so_many_members(world: World) -> None:
    query = "query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }"
    assert world.client.errors(query, filter={"metadata": METADATA["many"]}) == ["BAD_USER_INPUT"]


def test_metadata_has_so_many_members(world: World) -> None:
    sent = {"to": CALLEE, "agentConfig": {}, "metadata": {f"m{place}": place for place in range(201)}}
    assert world.client.refusals("createOutboundConversation", **sent) == [("INVALID_INPUT", ["metadata"])]


def test_metadata_reads_as_it_was_sent(world: World) -> None:
    for name, metadata in METADATA.items():
        assert world.client.conversation(world.calls[name]["id"])["metadata"] == metadata


@pytest.mark.parametrize("size", [1, 4, 12])
def test_pages_visit_every_conversation_exactly_once_both_ways(world: World, size: int) -> None:
    newest_first = [world.calls[name]["id"] for name in ALL.split()]
    assert world.client.ids_of_all_pages("conversations", size) == newest_first
    assert world.client.ids_of_all_pages("conversations", size, backwards=True) == newest_first
    outbound = ("ConversationFilter", {"direction": "OUTBOUND"})
    assert world.client.ids_of_all_pages("conversations", size, filter=outbound) == newest_first[2:]


def test_conversations_of_the_same_time_stand_by_id_in_pages_too(northwind: Client) -> None:
    northwind.number()
    calls = [northwind.create_queued(agentConfig={})["id"] for _ in range(6)]
    copied = "direction, status, agent_number, user_number, created_at, organization_id"
    for place in range(6):
        northwind.installation.rows(
            f"INSERT INTO conversation (id, {copied}) SELECT ?, {copied} FROM conversation WHERE id = ?",
            f"cnv_{5 - place}{'z' * 25}",
            calls[3],
        )
    ids = northwind("{ conversations { nodes { id } } }")["conversations"]["nodes"]
    twins = sorted([calls[3], *(f"cnv_{place}{'z' * 25}" for place in range(6))], reverse=True)
    expected = [calls[5], calls[4], *twins, calls[2], calls[1], calls[0]]
    assert [node["id"] for node in ids] == expected
    for size in (1, 5):
        assert northwind.ids_of_all_pages("conversations", size) == expected
        assert northwind.ids_of_all_pages("conversations", size, backwards=True) == expected
