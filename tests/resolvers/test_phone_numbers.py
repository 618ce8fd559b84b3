"""Test registering, sharing and deleting numbers (R3), their list with filters, orders and pages, and hiding them (R6)."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.databases import IntegrityErrors
from tests.installation import CREATED, PREVIEW, ROUTED, Client, Installation, Json, Number

SELECTION = """id e164 access shareable outboundCapable createdAt updatedAt organization { id } trunk { id }
  inboundSlot { agentVersion { id } } outboundSlot { agentVersion { id } }
  sharing { organizationsBelow queuedConversations }"""


def _phone_number(client: Client, e164: str) -> Json:
    return client(f"query($e164: String!) {{ phoneNumber(e164: $e164) {{ {SELECTION} }} }}", e164=e164)["phoneNumber"]


def _list_e164s(client: Client, filter: dict[str, Any] | None = None) -> list[str]:
    query = "query($filter: PhoneNumberFilter) { phoneNumbers(filter: $filter) { totalCount nodes { e164 } } }"
    page = client(query, filter=filter)["phoneNumbers"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["e164"] for node in page["nodes"]]


# ------------------------------------------------------------------------------------------------- R3: registering


def test_r3_a_number_is_registered_in_e164_unshared_and_empty(northwind: Client) -> None:
    trunk = northwind.trunk()
    sent = {"e164": "+1 (555) 123-4567", "trunkId": trunk}
    made = northwind.mutate_successfully("createPhoneNumber", f"phoneNumber {{ {SELECTION} }}", **sent)["phoneNumber"]
    assert made == {
        "id": made["id"],
        "e164": "+15551234567",
        "access": "OWNED",
        "shareable": False,
        "outboundCapable": True,
        "createdAt": made["createdAt"],
        "updatedAt": made["updatedAt"],
        "organization": {"id": northwind.organization_id},
        "trunk": {"id": trunk},
        "inboundSlot": {"agentVersion": None},
        "outboundSlot": {"agentVersion": None},
        "sharing": {"organizationsBelow": 0, "queuedConversations": 0},
    }
    assert _phone_number(northwind, "+15551234567") == made


def test_r3_shareable_can_be_given_at_creation(northwind: Client) -> None:
    number = northwind.number(shareable=True)
    assert _phone_number(northwind, number.e164)["shareable"] is True


@pytest.mark.parametrize("typed", ["", "+1", "5551234567", "+1 555 123 456", "+1 555 123 4567 ext 8", "not a number"])
def test_r3_what_is_not_possible_is_not_registered(northwind: Client, typed: str) -> None:
    trunk = northwind.trunk()
    stored = northwind.installation.contents()
    refusals = northwind.refusals("createPhoneNumber", e164=typed, trunkId=trunk)
    assert refusals == [("INVALID_PHONE_NUMBER", ["e164"])]
    assert northwind.installation.contents() == stored


def test_r3_r6_a_number_that_exists_is_taken_in_the_same_words_whoever_owns_it(northwind: Client) -> None:
    child = northwind.child()
    trunk, contoso = child.trunk(), northwind.installation.root("Contoso")
    taken = [
        child.number(trunk=trunk).e164,
        northwind.number().e164,
        northwind.number(shareable=True).e164,
        contoso.number().e164,
        child.child("Below").number().e164,
    ]
    stored = northwind.installation.contents()
    messages = set()
    for e164 in taken:
        typed = f"{e164[:2]} {e164[2:5]}.{e164[5:]}"
        errors = child.mutate("createPhoneNumber", "__typename", e164=typed, trunkId=trunk)["userErrors"]
        assert [(error["code"], error["field"]) for error in errors] == [("PHONE_NUMBER_TAKEN", ["e164"])]
        messages.add(errors[0]["message"].replace(e164, ""))
    assert len(messages) == 1
    assert northwind.installation.contents() == stored


def test_r3_a_number_that_many_register_at_once_is_registered_once(northwind: Client) -> None:
    contoso = northwind.installation.root("Contoso")
    trunks = {client: client.trunk() for client in (northwind, contoso)}

    def register(client: Client) -> list[tuple[str, list[str] | None]]:
        return client.refusals("createPhoneNumber", e164="+15551234567", trunkId=trunks[client])

    with ThreadPoolExecutor(10) as together:
        refusals = sorted(together.map(register, [northwind, contoso] * 5))
    assert refusals == [[]] + [[("PHONE_NUMBER_TAKEN", ["e164"])]] * 9
    assert len(northwind.installation.contents()["phone_number"]) == 1


def test_r4_a_number_sits_on_a_byoc_trunk_of_its_own_organization(northwind: Client) -> None:
    child = northwind.child()
    for trunk, code in (
        (northwind.trunk(), "TRUNK_NOT_FOUND"),
        (northwind.installation.root("Contoso").trunk(), "TRUNK_NOT_FOUND"),
        (northwind.installation.managed_trunk(northwind), "TRUNK_NOT_FOUND"),
        ("trk_00000000000000000000000000", "TRUNK_NOT_FOUND"),
        ("", "TRUNK_NOT_FOUND"),
        (northwind.installation.managed_trunk(child), "TRUNK_MANAGED"),
    ):
        refusals = child.refusals("createPhoneNumber", e164="+15551234567", trunkId=trunk)
        assert refusals == [(code, ["trunkId"])], trunk
    assert northwind.installation.contents()["phone_number"] == []


# ------------------------------------------------------------------------------------------ R3: sharing and deleting


def test_r3_updated_at_changes_with_shareable_alone(northwind: Client) -> None:
    trunk = northwind.trunk()
    number = northwind.number(trunk=trunk)
    before = _phone_number(northwind, number.e164)
    northwind.version(northwind.agent(), number, direction="BOTH")
    northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=None)
    northwind.share(number, shareable=False)
    same = _phone_number(northwind, number.e164)
    assert same["updatedAt"] == before["updatedAt"]
    northwind.share(number)
    shared = _phone_number(northwind, number.e164)
    assert shared == same | {"shareable": True, "updatedAt": shared["updatedAt"]}
    assert shared["updatedAt"] > before["updatedAt"]
    northwind.share(number)
    assert _phone_number(northwind, number.e164) == shared
    assert shared["createdAt"] == before["createdAt"]


def test_r6_the_impact_of_switching_sharing_off_counts_those_below_and_what_they_queued(northwind: Client) -> None:
    clinics = northwind.child("Harbor Clinics")
    dental, number = clinics.child("Harbor Dental"), northwind.number(shareable=True)
    other = northwind.number(shareable=True)
    for client in (northwind, clinics, dental, dental):
        client.create_queued(agentNumber=number.e164, agentConfig={})
    assert _phone_number(northwind, number.e164)["sharing"] == {"organizationsBelow": 2, "queuedConversations": 3}
    assert _phone_number(northwind, other.e164)["sharing"] == {"organizationsBelow": 2, "queuedConversations": 0}
    assert _phone_number(clinics, number.e164)["sharing"] is None
    northwind.share(number, shareable=False)
    assert _phone_number(northwind, number.e164)["sharing"] == {"organizationsBelow": 2, "queuedConversations": 0}


def test_r3_a_number_with_a_live_conversation_cannot_be_deleted(northwind: Client) -> None:
    child, agent = northwind.child(), northwind.agent()
    queued, borrowed, ringing = (northwind.number(shareable=True) for _ in range(3))
    northwind.version(agent, ringing, direction="INBOUND")
    northwind.create_queued(agentNumber=queued.e164, agentConfig={})
    child.create_queued(agentNumber=borrowed.e164, agentConfig={})
    northwind.route_inbound(ringing)
    stored = northwind.installation.contents()
    for number in (queued, borrowed, ringing):
        refusals = northwind.refusals("deletePhoneNumber", phoneNumberId=number.id)
        assert refusals == [("PHONE_NUMBER_IN_USE", ["phoneNumberId"])]
        with pytest.raises(IntegrityErrors):
            northwind.installation.rows("DELETE FROM phone_number WHERE id = ?", number.id)
    assert northwind.installation.contents() == stored
    northwind.share(borrowed, shareable=False)
    assert northwind.refusals("deletePhoneNumber", phoneNumberId=borrowed.id) == []


def test_r3_filled_slots_do_not_hinder_deleting_and_the_number_is_free_again(northwind: Client) -> None:
    number, contoso = northwind.number(), northwind.installation.root("Contoso")
    version = northwind.version(northwind.agent(), number, direction="BOTH")
    deleted = northwind.mutate_successfully("deletePhoneNumber", "deletedPhoneNumberId", phoneNumberId=number.id)
    assert deleted["deletedPhoneNumberId"] == number.id
    assert _phone_number(northwind, number.e164) is None
    assert northwind("query($id: ID!) { node(id: $id) { id } }", id=number.id)["node"] is None
    assert northwind("query($id: ID!) { node(id: $id) { id } }", id=version)["node"] == {"id": version}
    assert contoso.number(number.e164).id != number.id
    again = northwind.refusals("deletePhoneNumber", phoneNumberId=number.id)
    assert again == [("PHONE_NUMBER_NOT_FOUND", ["phoneNumberId"])]


# ------------------------------------------------------------------------------ R6: numbers that one may not see


PHONE_NUMBER = f"query($e164: String!) {{ phoneNumber(e164: $e164) {{ {SELECTION} }} }}"
CONTAINS = "query($e164: String!) { phoneNumbers(filter: {e164Contains: $e164}) { totalCount nodes { id } } }"
ERRORS = "userErrors { code message field }"
CALL = f"mutation($input: CreateOutboundConversationInput!) {{ createOutboundConversation(input: $input) {{ {CREATED} {ERRORS} }} }}"
ROUTE = f"mutation($input: RouteInboundCallInput!) {{ routeInboundCall(input: $input) {{ {ROUTED} {ERRORS} }} }}"
PUBLISH = f"mutation($input: PublishAgentVersionInput!) {{ publishAgentVersion(input: $input) {{ phoneNumbers {{ id }} {ERRORS} }} }}"


def _answers_by_number(child: Client, version: str, e164: str) -> list[bytes]:
    """List every query, mutation and preview that takes a number."""
    call = {"agentNumber": e164, "agentVersionId": version}
    asked: list[tuple[str, dict[str, Any]]] = [
        (PHONE_NUMBER, {"e164": e164}),
        (CONTAINS, {"e164": e164}),
        (PREVIEW, {"input": call}),
        (PREVIEW, {"input": {"agentNumber": e164, "allowFallback": True}}),
        (CALL, {"input": call | {"to": "+12065550199"}}),
        (ROUTE, {"input": {"calledNumber": e164}}),
        (PUBLISH, {"input": {"agentVersionId": version, "phoneNumbers": [e164]}}),
        (PUBLISH, {"input": {"agentVersionId": version, "unassignPhoneNumbers": [e164], "direction": "BOTH"}}),
    ]
    return [child.post(query, variables).content for query, variables in asked]


def test_r6_unknown_unshared_and_unrelated_numbers_answer_byte_for_byte_alike(northwind: Client) -> None:
    child, sibling = northwind.child(), northwind.child("Sibling")
    contoso = northwind.installation.root("Contoso")
    version, e164 = child.version(child.agent()), northwind.installation.new_number()
    unknown = _answers_by_number(child, version, e164)
    assert [b'"code":"PHONE_NUMBER_NOT_FOUND"' in answer for answer in unknown] == [False, False, *[True] * 6]
    for owner, shareable in (
        (northwind, False),
        (sibling, True),
        (contoso, True),
        (contoso, False),
    ):
        number = owner.number(e164, shareable=shareable)
        owner.version(owner.agent(), number, direction="BOTH")
        assert _answers_by_number(child, version, e164) == unknown, (owner.organization_id, shareable)
        owner.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
    northwind.number(e164, shareable=True)
    shared = [
        alike
        for alike, answer in zip(unknown, _answers_by_number(child, version, e164), strict=True)
        if alike == answer
    ]
    assert shared == unknown[5:]


def test_r6_writing_to_a_number_that_is_not_ones_own_is_not_found_in_the_same_words(northwind: Client) -> None:
    child = northwind.child()
    numbers = [
        northwind.number(shareable=True).id,
        northwind.number().id,
        northwind.installation.root("Contoso").number(shareable=True).id,
        "num_00000000000000000000000000",
        "+12065550100",
        "",
    ]
    stored = northwind.installation.contents()
    for answers in (
        [
            child.mutate("setPhoneNumberShareable", "__typename", phoneNumberId=each, shareable=False)
            for each in numbers
        ],
        [child.mutate("deletePhoneNumber", "__typename", phoneNumberId=each) for each in numbers],
    ):
        codes = [(error["code"], error["field"]) for error in answers[0]["userErrors"]]
        assert codes == [("PHONE_NUMBER_NOT_FOUND", ["phoneNumberId"])]
        assert answers == answers[:1] * len(answers)
    assert northwind.installation.contents() == stored


def test_r6_a_borrowed_number_shows_what_dialing_takes_and_not_its_owners_business(northwind: Client) -> None:
    child = northwind.child().child()
    number = northwind.number(shareable=True)
    northwind.version(northwind.agent(), number, direction="BOTH")
    own, seen = _phone_number(northwind, number.e164), _phone_number(child, number.e164)
    hidden = {"trunk": None, "inboundSlot": None, "outboundSlot": None, "sharing": None}
    assert seen == own | {"access": "SHARED"} | hidden
    node = child(f"query($id: ID!) {{ node(id: $id) {{ ... on PhoneNumber {{ {SELECTION} }} }} }}", id=number.id)[
        "node"
    ]
    assert node == seen
    assert _list_e164s(child) == [number.e164]
    northwind.share(number, shareable=False)
    assert _phone_number(child, number.e164) is None
    assert child("query($id: ID!) { node(id: $id) { id } }", id=number.id)["node"] is None
    assert _list_e164s(child) == []


def test_r2_r6_nodes_show_each_number_as_its_owner_sees_it_whatever_else_is_asked_for(northwind: Client) -> None:
    child = northwind.child()
    ids = [northwind.number(shareable=True).id, child.number().id]
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on PhoneNumber {{ {SELECTION} }} }} }}"
    for asked in (ids, ids[::-1]):
        seen = northwind(query, ids=asked)["nodes"]
        assert [(node["id"], node["access"], node["trunk"] is None) for node in seen] == [
            (each, "OWNED", False) for each in asked
        ]
        seen = child(query, ids=asked)["nodes"]
        access = {ids[0]: ("SHARED", True), ids[1]: ("OWNED", False)}
        assert [(node["id"], node["access"], node["trunk"] is None) for node in seen] == [
            (each, *access[each]) for each in asked
        ]


# ------------------------------------------------------------------------------------------------ filters of the table


@dataclass(frozen=True)
class NumberTable:
    """The numbers that `asking` sees, by the names in the cases of filters; `ids` are of its trunks and agents."""

    asking: Client
    numbers: dict[str, str]
    ids: dict[str, str]


OWN = {
    "plain": "+12065550100",
    "bound": "+12065550111",
    "answering": "+12065550122",
    "mute": "+14155550133",
    "offered": "+442079460144",
}
BORROWED = {"lent": "+12065550155", "lent_mute": "+442079460166", "lent_bound": "+14155550177"}


@pytest.fixture(scope="module")
def table(shared_installation: Installation) -> NumberTable:
    northwind = shared_installation.root("Northwind")
    asking = northwind.child("Harbor Clinics")
    theirs = {"their_carrier": northwind.trunk(), "their_mute": northwind.trunk(outbound=False)}
    mine = {"carrier": asking.trunk(), "mute": asking.trunk(outbound=False)}
    for name, e164 in BORROWED.items():
        trunk = theirs["their_mute" if name.endswith("mute") else "their_carrier"]
        northwind.number(e164, trunk=trunk, shareable=True)
    northwind.number("+12065550188", trunk=theirs["their_carrier"])
    shared_installation.root("Contoso").number("+12065550199", shareable=True)
    for name, e164 in OWN.items():
        asking.number(e164, trunk=mine["mute" if name == "mute" else "carrier"], shareable=name == "offered")
    agents = {"desk": asking.agent("Desk"), "night": asking.agent("Night"), "idle": asking.agent("Idle")}
    asking.version(agents["desk"], Number("", OWN["bound"]), direction="OUTBOUND")
    asking.version(agents["desk"], Number("", OWN["answering"]), direction="INBOUND")
    asking.version(agents["night"], Number("", OWN["mute"]), direction="BOTH")
    agents["theirs"] = northwind.agent("Theirs")
    northwind.version(agents["theirs"], Number("", BORROWED["lent_bound"]), direction="BOTH")
    return NumberTable(asking, OWN | BORROWED, mine | theirs | agents)


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "plain bound answering mute offered lent lent_mute lent_bound"),
    (
        {"access": None, "shareable": None, "agentId": None},
        "plain bound answering mute offered lent lent_mute lent_bound",
    ),
    ({"access": "OWNED"}, "plain bound answering mute offered"),
    ({"access": "SHARED"}, "lent lent_mute lent_bound"),
    ({"shareable": True}, "offered lent lent_mute lent_bound"),
    ({"shareable": False}, "plain bound answering mute"),
    ({"outboundCapable": True}, "plain bound answering offered lent lent_bound"),
    ({"outboundCapable": False}, "mute lent_mute"),
    # slots, trunk and agent match own numbers only
    ({"outboundAssigned": True}, "bound mute"),
    ({"outboundAssigned": False}, "plain answering offered"),
    ({"inboundAssigned": True}, "answering mute"),
    ({"inboundAssigned": False}, "plain bound offered"),
    ({"trunkId": "carrier"}, "plain bound answering offered"),
    ({"trunkId": "mute"}, "mute"),
    ({"trunkId": "their_carrier"}, ""),
    ({"trunkId": "no such trunk"}, ""),
    ({"trunkId": ""}, ""),
    ({"agentId": "desk"}, "bound answering"),
    ({"agentId": "night"}, "mute"),
    ({"agentId": "idle"}, ""),
    ({"agentId": "theirs"}, ""),
    ({"agentId": ""}, ""),
    # together they narrow
    ({"access": "SHARED", "outboundAssigned": True}, ""),
    ({"access": "SHARED", "outboundCapable": True}, "lent lent_bound"),
    ({"access": "OWNED", "shareable": True, "trunkId": "carrier"}, "offered"),
    ({"agentId": "desk", "outboundAssigned": True}, "bound"),
    ({"e164Contains": "206", "access": "OWNED"}, "plain bound answering"),
    # spaces, dots, dashes and brackets don't count
    ({"e164Contains": "+12065550100"}, "plain"),
    ({"e164Contains": "+120655501001"}, ""),
    ({"e164Contains": "+"}, "plain bound answering mute offered lent lent_mute lent_bound"),
    ({"e164Contains": "1+2065550100"}, ""),
    ({"e164Contains": "+1 (206) 555-01"}, "plain bound answering lent"),
    ({"e164Contains": "206.555.01"}, "plain bound answering lent"),
    ({"e164Contains": "[206] 555 0111"}, "bound"),
    # so many digits are found in another way: own and borrowed, and neither hidden ones nor such as only end alike
    ({"e164Contains": "12065550111"}, "bound"),
    ({"e164Contains": "2065550155"}, "lent"),
    ({"e164Contains": "2065550155", "access": "OWNED"}, ""),
    ({"e164Contains": "14155550177", "shareable": True}, "lent_bound"),
    ({"e164Contains": "14155550133", "trunkId": "mute"}, "mute"),
    ({"e164Contains": "9965550111"}, ""),
    ({"e164Contains": "12065550188"}, ""),
    ({"e164Contains": "12065550199"}, ""),
    ({"e164Contains": "0166"}, "lent_mute"),
    ({"e164Contains": "+44"}, "offered lent_mute"),
    ({"e164Contains": ""}, "plain bound answering mute offered lent lent_mute lent_bound"),
    ({"e164Contains": " -.()[]"}, "plain bound answering mute offered lent lent_mute lent_bound"),
    ({"e164Contains": "0188"}, ""),
    ({"e164Contains": "0199"}, ""),
    # what a pattern would make of them
    ({"e164Contains": "%"}, ""),
    ({"e164Contains": "_"}, ""),
    ({"e164Contains": "+1%0100"}, ""),
    ({"e164Contains": "+1206555010_"}, ""),
    ({"e164Contains": "/"}, ""),
    ({"e164Contains": "\\"}, ""),
    ({"e164Contains": "*"}, ""),
    ({"e164Contains": "'"}, ""),
    ({"e164Contains": "harbor"}, ""),
]


@pytest.mark.parametrize(("filter", "names"), FILTERS, ids=[str(filter) for filter, _ in FILTERS])
def test_r3_r6_filters(table: NumberTable, filter: dict[str, Any], names: str) -> None:
    sent = {name: table.ids.get(each, each) if name.endswith("Id") else each for name, each in filter.items()}
    assert _list_e164s(table.asking, sent) == sorted(table.numbers[name] for name in names.split())


# ------------------------------------------------------------------------------------------------- orders and pages


@pytest.fixture(scope="module")
def ordered(table: NumberTable) -> Client:
    """Give numbers equal times, so that ids decide their order."""
    rows = table.asking.installation.rows
    rows("UPDATE phone_number SET created_at = (SELECT MIN(created_at) FROM phone_number) WHERE e164 LIKE '+1206%'")
    rows("UPDATE phone_number SET updated_at = (SELECT MAX(updated_at) FROM phone_number) WHERE e164 NOT LIKE '+1206%'")
    return table.asking


ORDERS = [(field, direction) for field in ("E164", "CREATED_AT", "UPDATED_AT") for direction in ("ASC", "DESC")]


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize(("field", "direction"), ORDERS)
def test_pages_visit_every_number_exactly_once_in_each_order_both_ways(
    ordered: Client, field: str, direction: str, size: int
) -> None:
    column = {"E164": "e164", "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}[field]
    nodes = ordered("{ phoneNumbers { nodes { id e164 createdAt updatedAt } } }")["phoneNumbers"]["nodes"]
    expected = [node["id"] for node in sorted(nodes, key=lambda node: (node[column], node["id"]))]
    if direction == "DESC":
        expected.reverse()
    order = ("PhoneNumberOrder", {"field": field, "direction": direction})
    assert len(expected) == 8
    assert ordered.ids_of_all_pages("phoneNumbers", size, orderBy=order) == expected
    assert ordered.ids_of_all_pages("phoneNumbers", size, backwards=True, orderBy=order) == expected


@pytest.mark.parametrize("size", [1, 4, 20])
@pytest.mark.parametrize(("field", "direction"), ORDERS)
def test_r6_what_each_organization_above_shares_is_listed_however_far_up(
    northwind: Client, field: str, direction: str, size: int
) -> None:
    """Make seven organizations, each with a shared number and one that is not, in turns."""
    line = [northwind]
    for _ in range(6):
        line.append(line[-1].child())
    shared = [each.number(shareable=True).id for each in line]
    private = [each.number().id for each in reversed(line)]
    order = ("PhoneNumberOrder", {"field": field, "direction": direction})
    for place, asking in enumerate(line):
        seen = [*shared[: place + 1], private[-1 - place]]
        if direction == "DESC":
            seen.reverse()
        assert asking.ids_of_all_pages("phoneNumbers", size, orderBy=order) == seen
        assert asking.ids_of_all_pages("phoneNumbers", size, backwards=True, orderBy=order) == seen


@pytest.mark.parametrize(("field", "direction"), ORDERS)
def test_numbers_with_the_same_long_digits_are_paged_in_each_order(
    northwind: Client, field: str, direction: str
) -> None:
    """Make German numbers, which differ in length: each begins with the one before, and three are borrowed."""
    child = northwind.child()
    e164s = [f"+49301234567{'89123'[:more]}" for more in (3, 0, 4, 2, 1)]
    ids = {child.number(e164).id: e164 for e164 in e164s[:2]}
    ids |= {northwind.number(e164, shareable=True).id: e164 for e164 in e164s[2:]}
    northwind.number("+49301234567777")
    expected = list(ids) if field != "E164" else sorted(ids, key=lambda each: ids[each])
    asked: dict[str, Any] = {
        "orderBy": ("PhoneNumberOrder", {"field": field, "direction": direction}),
        "filter": ("PhoneNumberFilter", {"e164Contains": "9301234567"}),
    }
    for size in (1, 2, 5):
        found = child.ids_of_all_pages("phoneNumbers", size, **asked)
        assert found == (expected if direction == "ASC" else expected[::-1])
        assert child.ids_of_all_pages("phoneNumbers", size, backwards=True, **asked) == found


def test_numbers_come_by_e164_and_ascending_unless_asked_otherwise(ordered: Client) -> None:
    by_e164 = sorted((OWN | BORROWED).values())
    assert _list_e164s(ordered) == by_e164
    query = "{ phoneNumbers(orderBy: {field: E164}) { nodes { e164 } } }"
    assert [node["e164"] for node in ordered(query)["phoneNumbers"]["nodes"]] == by_e164


def test_pages_hold_50_unless_asked_otherwise_and_at_most_100(northwind: Client) -> None:
    trunk = northwind.trunk()
    northwind.number(trunk=trunk)
    columns = "organization_id, trunk_id, shareable, created_at, updated_at"
    northwind.installation.rows(
        f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO phone_number (id, e164, {columns}) SELECT 'num_' || substr(CAST(100000000 + i AS TEXT), 2), '+1415555' || substr(CAST(10000 + i AS TEXT), 2), {columns}
        FROM n, phone_number"""
    )
    for window, shown in (("", 50), ("(first: 100)", 100), ("(last: 100)", 100), ("(last: null, first: null)", 50)):
        page = northwind(f"{{ phoneNumbers{window} {{ totalCount nodes {{ id }} }} }}")["phoneNumbers"]
        assert (page["totalCount"], len(page["nodes"])) == (101, shown), window
    assert len(set(northwind.ids_of_all_pages("phoneNumbers", 40))) == 101


def test_a_page_between_two_cursors(ordered: Client) -> None:
    edges = ordered("{ phoneNumbers { edges { cursor node { id } } } }")["phoneNumbers"]["edges"]
    query = """query($after: String, $before: String, $first: Int, $last: Int) {
      phoneNumbers(after: $after, before: $before, first: $first, last: $last) { nodes { id } } }"""
    ids = [edge["node"]["id"] for edge in edges]
    for window, shown in (({}, ids[2:6]), ({"first": 2}, ids[2:4]), ({"last": 2}, ids[4:6])):
        page = ordered(query, after=edges[1]["cursor"], before=edges[6]["cursor"], **window)["phoneNumbers"]
        assert [node["id"] for node in page["nodes"]] == shown, window
    for nothing in ({"after": edges[-1]["cursor"]}, {"before": edges[0]["cursor"], "last": 5}):
        assert ordered(query, **nothing)["phoneNumbers"]["nodes"] == []


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


BAD_CURSORS = [
    "",
    " ",
    "x",
    "\u00e9",
    "num_00000000000000000000000000",
    _cursor(),
    _cursor("e164", "+1"),
    _cursor("e164", "+1", "num", "more"),
    _cursor("e164", 1, "num"),
    _cursor("e164", None, "num"),
    _cursor("e164", "+1", 1),
    _cursor("e164", ["+1"], "num"),
    _cursor("updated_at", "2026-01-01T00:00:00+00:00", "num"),
    _cursor("nothing", "+1", "num"),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
    base64.urlsafe_b64encode(b"null").decode(),
    # half a character, which no database takes
    _cursor("e164", "\ud800", "num"),
    _cursor("e164", "+1", "\ud800"),
]


@pytest.mark.parametrize("cursor", BAD_CURSORS)
def test_a_bad_cursor_is_bad_user_input(table: NumberTable, cursor: str) -> None:
    query = "query($cursor: String) { phoneNumbers(SIDE: $cursor) { nodes { id } } }"
    for side in ("after", "before"):
        assert table.asking.errors(query.replace("SIDE", side), cursor=cursor) == ["BAD_USER_INPUT"], side


@pytest.mark.parametrize(
    "when", ["", "yesterday", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", 1, None, "2026-13-01"]
)
def test_a_cursor_with_a_bad_time_is_bad_user_input(table: NumberTable, when: Any) -> None:
    query = "query($cursor: String) { phoneNumbers(orderBy: {field: CREATED_AT}, after: $cursor) { nodes { id } } }"
    assert table.asking.errors(query, cursor=_cursor("created_at", when, "num")) == ["BAD_USER_INPUT"]


def test_a_cursor_of_one_order_is_bad_user_input_in_another(ordered: Client) -> None:
    query = "query($order: PhoneNumberOrder, $after: String) { phoneNumbers(orderBy: $order, after: $after) { pageInfo { endCursor } } }"
    for given, asked in (("E164", "CREATED_AT"), ("CREATED_AT", "UPDATED_AT"), ("UPDATED_AT", "E164")):
        cursor = ordered(query, order={"field": given})["phoneNumbers"]["pageInfo"]["endCursor"]
        assert ordered.errors(query, order={"field": asked}, after=cursor) == ["BAD_USER_INPUT"]
        assert ordered.errors(query, order={"field": given}, after=cursor) == []


@pytest.mark.parametrize(
    "window", ["first: 0", "first: 101", "first: -1", "last: 0", "last: 101", "last: -1", "first: 1, last: 1"]
)
def test_a_bad_window_is_bad_user_input(table: NumberTable, window: str) -> None:
    for field in ("phoneNumbers", "trunks", "agents", "conversations", "apiKeys"):
        assert table.asking.errors(f"{{ {field}({window}) {{ nodes {{ id }} }} }}") == ["BAD_USER_INPUT"], field


def test_deleting_a_number_writes_to_none_of_its_past_conversations(northwind: Client) -> None:
    """Delete a number with many conversations: each keeps its copy of the number, and its edge becomes null."""
    number = northwind.number()
    call = northwind.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    assert northwind.refusals("deletePhoneNumber", phoneNumberId=number.id)[0][0] == "PHONE_NUMBER_IN_USE"
    northwind.mutate_successfully("hangUpConversation", "__typename", conversationId=call)
    noted = "SELECT COUNT(*) FROM change WHERE kind = 'CONVERSATION'"
    before = northwind.installation.rows(noted)
    northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
    assert northwind.installation.rows(noted) == before
    kept = northwind.conversation(call)
    assert (kept["agentNumber"], kept["phoneNumber"]) == (number.e164, None)
    assert kept["resolution"]["phoneNumber"] is None
    query = "query($id: ID!) { conversation(id: $id) { transferCallerId(kind: WARM) { refusal { code } } } }"
    plan = northwind(query, id=call)["conversation"]["transferCallerId"]
    assert plan["refusal"] == {"code": "PHONE_NUMBER_NOT_FOUND"}
