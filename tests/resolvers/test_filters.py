"""Test every pair of filters against the two alone, and filters with arbitrary text."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type

from schema import schema
from tests.installation import Client, Installation, Json

query = schema.graphql.query_type
assert query
FILTER_TYPES: dict[str, GraphQLInputObjectType] = {
    name: get_named_type(field.args["filter"].type) for name, field in query.fields.items() if "filter" in field.args
}
PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
# Of each filter, values that some rows have, and one that none has. Names that begin with $ stand for what the world has.
FILTER_EXAMPLES: dict[str, dict[str, tuple[Any, ...]]] = {
    "PhoneNumberFilter": {
        "access": ("OWNED", "SHARED"),
        "e164Contains": ("+1206", "555", "2065550101"),
        "shareable": (True, False),
        "outboundCapable": (True, False),
        "outboundAssigned": (True, False),
        "inboundAssigned": (True, False),
        "trunkId": ("$trunk", "trk_00000000000000000000000000"),
        "agentId": ("$agent", "agt_00000000000000000000000000"),
    },
    "ConversationFilter": {
        "direction": ("OUTBOUND", "INBOUND"),
        "status": (["QUEUED", "RINGING"], ["FAILED"], []),
        "agentNumber": ("+12065550101", "+12065559999"),
        "userNumber": ("+12065550177", "+12065550198"),
        "agentId": ("$agent", "agt_00000000000000000000000000"),
        "campaignId": ("$campaign", "cmp_00000000000000000000000000"),
        "contactId": ("$contact", "cnt_00000000000000000000000000"),
        "idempotencyKey": ("order 1", "nothing"),
        "metadata": ({"customer": 7}, {"customer": 7, "vip": True}, {"customer": 8}, {}),
        "createdAfter": ("$middle", FUTURE),
        "createdBefore": ("$middle", PAST),
    },
    "CampaignFilter": {
        "status": (["DRAFT"], ["DRAFT", "RUNNING"], ["COMPLETED"], []),
        "nameContains": ("check", "UPS", "nothing"),
    },
    "AuditEventFilter": {
        "action": (["PHONE_NUMBER_CREATED", "TRUNK_CREATED"], ["TRUNK_DELETED"], []),
        "subjectId": ("$trunk", "$number", "num_00000000000000000000000000"),
        "createdAfter": ("$middle", FUTURE),
        "createdBefore": ("$middle", PAST),
    },
}


class World:
    def __init__(self, client: Client) -> None:
        northwind, self.client = client, client.child()
        self.known = {"$trunk": self.client.trunk(), "$agent": self.client.agent()}
        number = self.client.number("+12065550101", trunk=self.known["$trunk"])
        self.known["$number"] = number.id
        self.client.number("+14155550102", trunk=self.client.trunk(outbound=False), shareable=True)
        for e164, shareable in (("+12065550103", True), ("+442079460104", True), ("+12065550105", False)):
            northwind.number(e164, shareable=shareable)
        self.client.version(self.known["$agent"], number, direction="INBOUND")
        for sent in (
            {"metadata": {"customer": 7}, "idempotencyKey": "order 1"},
            {"metadata": {"customer": 7, "vip": True}, "agentConfig": None, "agentId": self.known["$agent"]},
            {"metadata": {"customer": 9}, "agentNumber": "+12065550103"},
        ):
            middle = self.client.create_queued(**({"agentConfig": {}, "agentNumber": number.e164} | sent))
        self.known["$middle"] = middle["createdAt"]
        self.client.route_inbound(number)
        self.client.number("+12065550106", trunk=self.known["$trunk"], shareable=True)
        self.add_campaign(middle["id"])

    def add_campaign(self, call: str) -> None:
        """Create a campaign with a contact that has a call like this one, and one without anybody."""
        self.client.mutate_successfully("createCampaign", "__typename", name="Follow-ups")
        created = self.client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups")
        campaign = self.known["$campaign"] = created["campaign"]["id"]
        added = self.client.mutate_successfully(
            "addContacts", "results { contact { id } }", campaignId=campaign, contacts=[{"e164": "+12125550100"}]
        )
        contact = self.known["$contact"] = added["results"][0]["contact"]["id"]
        copied = "organization_id, direction, status, agent_number, user_number, phone_number_id, created_at"
        self.client.installation.rows(
            f"INSERT INTO conversation (id, {copied}, campaign_id, contact_id, attempt_number)"
            f" SELECT ?, {copied}, ?, ?, 1 FROM conversation WHERE id = ?",
            *(f"cnv_{campaign.removeprefix('cmp_')}", campaign, contact, call),
        )

    def value(self, example: Any) -> Any:
        return self.known.get(example, example) if isinstance(example, str) else example

    def listed(self, name: str, filter: Json, order: str = "") -> list[str]:
        """Return the ids of a list, whose number must be its totalCount."""
        asked = f"""query($filter: {FILTER_TYPES[name].name}) {{
          {name}(filter: $filter, first: 100 {order}) {{ totalCount nodes {{ id }} }} }}"""
        found = self.client(asked, filter=filter)[name]
        assert found["totalCount"] == len(found["nodes"]), filter
        return [node["id"] for node in found["nodes"]]


BY_TIME = "orderBy: {field: CREATED_AT, direction: DESC}"


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    return World(shared_installation.root("Northwind"))


def single_filters(world: World, kind: GraphQLInputObjectType) -> Iterator[tuple[str, Any]]:
    examples = FILTER_EXAMPLES[kind.name]
    assert examples.keys() == kind.fields.keys(), f"{kind.name} has a filter without an example"
    for field, values in examples.items():
        yield from ((field, world.value(value)) for value in values)


@pytest.mark.parametrize(("name", "order"), [*((name, "") for name in FILTER_TYPES), ("phoneNumbers", BY_TIME)])
def test_a_pair_of_filters_lists_what_both_list(world: World, name: str, order: str) -> None:
    kind = FILTER_TYPES[name]
    alone = [(filter, world.listed(name, dict([filter]), order)) for filter in single_filters(world, kind)]
    for field in kind.fields:
        assert any(ids for (named, _), ids in alone if named == field), f"no example of {field} lists anything"
    for (one, its_ids), (other, others) in combinations(alone, 2):
        if one[0] != other[0]:
            both = dict([one, other])
            assert world.listed(name, both, order) == [each for each in its_ids if each in others], both


def text_filters() -> Iterator[tuple[str, str]]:
    for name, kind in FILTER_TYPES.items():
        for field, argument in kind.fields.items():
            if takes_text(argument.type):
                yield name, field


def takes_text(kind: GraphQLInputType) -> bool:
    return get_named_type(kind).name in ("String", "ID", "JSON")


@pytest.mark.parametrize("text", ["5" * 50_000, "x" * 90_000, "\0", "%_", "'\"\\", "\u202e", "+" * 64])
@pytest.mark.parametrize(("name", "field"), list(text_filters()))
def test_any_text_is_looked_for_or_refused_as_bad_input(world: World, name: str, field: str, text: str) -> None:
    kind = FILTER_TYPES[name].name
    value: Any = {text: 1} if field == "metadata" else text
    answer = world.client.post(
        f"query($filter: {kind}) {{ {name}(filter: $filter) {{ totalCount nodes {{ id }} }} }}",
        {"filter": {field: value}},
    )
    codes = [error["extensions"]["code"] for error in answer.json().get("errors", ())]
    assert (answer.status_code, codes or answer.json()["data"][name]["totalCount"]) in (
        (200, 0),
        (200, ["BAD_USER_INPUT"]),
    )


def test_a_part_of_a_number_has_so_many_characters(world: World) -> None:
    asked = "query($part: String) { phoneNumbers(filter: {e164Contains: $part}) { totalCount } }"
    assert world.client(asked, part="(206)".ljust(64))["phoneNumbers"]["totalCount"] == 3
    (error,) = world.client.body(asked, part="5" * 65)["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "at most 64 characters" in error["message"]
