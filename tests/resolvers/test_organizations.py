"""Test the tree of organizations (R1), and for which of them a request may act (R2)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from models import Scope
from tests.databases import IntegrityErrors
from tests.installation import CARRIER, Client, Installation, Json

MISSING_ID = "org_00000000000000000000000000"
UNKNOWN_IDS = ("", "org", "organization-1", MISSING_ID, "trk_00000000000000000000000000", "org_%", "\0")
MAX_DEPTH = 32


# --------------------------------------------------------------------------------------------------- R1: one owner


@pytest.mark.parametrize("slug", ["a", "7", "harbor", "harbor-clinics", "0-1-2", "a" * 63, "a-" * 31 + "a"])
def test_r1_slugs_are_lower_case_letters_and_digits_in_parts_joined_by_dashes(northwind: Client, slug: str) -> None:
    created = northwind.mutate_successfully(
        "createOrganization", "organization { name slug parent { id } }", name="Harbor", slug=slug
    )
    expected = {"name": "Harbor", "slug": slug, "parent": {"id": northwind.organization_id}}
    assert created["organization"] == expected


def test_r1_other_slugs_are_invalid_input(northwind: Client) -> None:
    stored = northwind.installation.contents()
    for slug in (
        *(
            "",
            " ",
            "-",
            "-a",
            "a-",
            "a--b",
            "A",
            "harbor_clinics",
            "harbor clinics",
            "harbor.clinics",
            "harbor/clinics",
        ),
        *("é", "\u0660", "\uff41", "a\n", " a", "a\0", "a" * 64, "a-" * 32 + "a"),
    ):
        refusals = northwind.refusals("createOrganization", name="Harbor", slug=slug)
        assert refusals == [("INVALID_INPUT", ["slug"])], slug
    assert northwind.installation.contents() == stored


def test_r1_a_slug_is_unique_across_the_installation_and_a_name_is_not(northwind: Client) -> None:
    contoso = northwind.installation.root("Contoso")
    for owner, slug in ((northwind, "ours"), (contoso, "theirs")):
        owner.mutate_successfully("createOrganization", "__typename", name="Harbor", slug=slug)
    stored = northwind.installation.contents()
    for slug in ("ours", "theirs"):
        assert northwind.refusals("createOrganization", name="Harbor", slug=slug) == [("SLUG_TAKEN", ["slug"])]
    assert northwind.installation.contents() == stored
    northwind.mutate_successfully("createOrganization", "__typename", name="Harbor", slug="ours-too")


def test_r1_a_slug_that_many_want_at_once_is_given_once(northwind: Client) -> None:
    def create(name: str) -> list[tuple[str, list[str] | None]]:
        return northwind.refusals("createOrganization", name=name, slug="projection")

    with ThreadPoolExecutor(10) as together:
        refusals = sorted(together.map(create, "abcdefghij"))
    assert refusals == [[]] + [[("SLUG_TAKEN", ["slug"])]] * 9


@pytest.mark.parametrize(("name", "allowed"), [("x", True), ("é ✓", True), ("x" * 200, True), ("x" * 201, False)])
def test_r1_names_have_1_to_200_characters(northwind: Client, name: str, allowed: bool) -> None:
    refusals = northwind.refusals("createOrganization", name=name, slug="named")
    assert refusals == ([] if allowed else [("INVALID_INPUT", ["name"])])
    for blank in ("", " ", "\t\n", "\0"):
        assert northwind.refusals("createOrganization", name=blank, slug="blank") == [("INVALID_INPUT", ["name"])]


def test_r1_trees_are_at_most_32_deep(northwind: Client) -> None:
    path = [northwind.organization_id]
    for depth in range(2, MAX_DEPTH + 1):
        sent = {"parentId": path[-1], "name": f"Level {depth}", "slug": f"level-{depth}"}
        path.append(
            northwind.mutate_successfully("createOrganization", "organization { id }", **sent)["organization"]["id"]
        )
    stored = northwind.installation.contents()
    below = {"parentId": path[-1], "name": "Too deep", "slug": "too-deep"}
    assert northwind.refusals("createOrganization", **below) == [("LIMIT_EXCEEDED", ["parentId"])]
    assert northwind.installation.contents() == stored
    query = "query($id: ID!) { organization(id: $id) { ancestors { id } parent { id } } }"
    deepest = northwind(query, id=path[-1])["organization"]
    assert [each["id"] for each in deepest["ancestors"]] == path[-2::-1]
    assert deepest["parent"] == {"id": path[-2]}


def test_r1_the_database_refuses_another_parent_another_owner_and_a_trunk_of_another_organization(
    northwind: Client,
) -> None:
    child, contoso = northwind.child(), northwind.installation.root("Contoso")
    number, foreign = northwind.number(), contoso.trunk()
    stored = northwind.installation.contents()
    for statement, *values in (
        ("UPDATE organization SET parent_id = ? WHERE id = ?", contoso.organization_id, child.organization_id),
        ("UPDATE organization SET parent_id = NULL WHERE id = ?", child.organization_id),
        ("UPDATE organization SET parent_id = ? WHERE id = ?", child.organization_id, northwind.organization_id),
        ("UPDATE organization SET depth = 2 WHERE id = ?", northwind.organization_id),
        ("UPDATE phone_number SET organization_id = ? WHERE id = ?", contoso.organization_id, number.id),
        ("UPDATE phone_number SET trunk_id = ? WHERE id = ?", foreign, number.id),
        ("UPDATE phone_number SET e164 = '+12065559999' WHERE id = ?", number.id),
    ):
        with pytest.raises(IntegrityErrors):
            northwind.installation.rows(statement, *values)
    assert northwind.installation.contents() == stored


# ------------------------------------------------------------------------------------------ R2: acting organizations


@dataclass(frozen=True)
class World:
    """Northwind with Harbor Clinics, its Harbor Dental, and a sibling; Contoso, a stranger. Each owns one of each.

    The clerk holds a key of Northwind without CHILD_ORGANIZATIONS_MANAGE.
    """

    clients: dict[str, Client]
    owned: dict[str, dict[str, str]]

    def id(self, name: str | None) -> str | None:
        return self.clients[name].organization_id if name in self.clients else name


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    northwind = shared_installation.root("Northwind")
    clinics = northwind.child("Harbor Clinics")
    clients = {
        "northwind": northwind,
        "clinics": clinics,
        "dental": clinics.child("Harbor Dental"),
        "sibling": northwind.child("Sibling"),
        "contoso": shared_installation.root("Contoso"),
    }
    owned = {name: _one_of_each(client) for name, client in clients.items()}
    clerk = northwind.with_scopes(*(scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE))
    return World(clients | {"clerk": clerk}, owned)


def _one_of_each(owner: Client) -> dict[str, str]:
    trunk, agent = owner.trunk(), owner.agent()
    number = owner.number(trunk=trunk)
    version = owner.version(agent)
    conversation = owner.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    key = owner("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    return {
        "organization": owner.organization_id,
        "trunk": trunk,
        "number": number.id,
        "e164": number.e164,
        "agent": agent,
        "version": version,
        "draft": owner.draft(agent),
        "conversation": conversation,
        "key": key,
    }


# Who asks, the organization that is named, and the one that is acted for: None where it is not among those.
ACTING_CASES = [
    ("northwind", None, "northwind"),
    ("northwind", "northwind", "northwind"),
    ("northwind", "clinics", "clinics"),
    ("northwind", "dental", "dental"),
    ("clinics", None, "clinics"),
    ("clinics", "dental", "dental"),
    ("clerk", None, "northwind"),
    ("clerk", "northwind", "northwind"),
    ("clerk", "clinics", None),
    ("clerk", "dental", None),
    ("clinics", "northwind", None),
    ("clinics", "sibling", None),
    ("dental", "clinics", None),
    ("northwind", "contoso", None),
    ("contoso", "northwind", None),
    *(("northwind", nobodys, None) for nobodys in UNKNOWN_IDS),
]
LISTS = ["trunks", "agents", "conversations", "apiKeys", "phoneNumbers"]


@pytest.mark.parametrize(("asking", "named", "acting"), ACTING_CASES)
def test_r2_lists_act_for_the_organization_named(
    world: World, asking: str, named: str | None, acting: str | None
) -> None:
    client = world.clients[asking]
    for field in LISTS:
        query = f"query($id: ID) {{ {field}(organizationId: $id) {{ nodes {{ id organization {{ id }} }} }} }}"
        body = client.body(query, id=world.id(named))
        if acting is None:
            assert body["data"] is None
            assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_FOUND"], field
        else:
            owners = {node["organization"]["id"] for node in body["data"][field]["nodes"]}
            assert owners == {world.id(acting)}, field


@pytest.mark.parametrize(("asking", "named", "acting"), ACTING_CASES)
def test_r2_the_dry_run_acts_for_the_organization_named(
    world: World, asking: str, named: str | None, acting: str | None
) -> None:
    resolution = world.clients[asking].preview(organizationId=world.id(named), agentConfig={})
    if acting is None:
        refusal = resolution["refusal"]
        assert (refusal["code"], refusal["field"]) == ("ORGANIZATION_NOT_FOUND", ["organizationId"])
        assert (resolution["agentNumber"], resolution["decidedBy"]) == (None, None)
    else:
        assert resolution["refusal"] is None
        assert resolution["agentNumber"] == world.owned[acting]["e164"]


@pytest.mark.parametrize(("asking", "named", "acting"), ACTING_CASES)
def test_r2_mutations_act_for_the_organization_named(
    world: World, asking: str, named: str | None, acting: str | None
) -> None:
    client, stored = world.clients[asking], world.clients["northwind"].installation.contents()
    number = client.installation.new_number()
    creates: list[tuple[str, str, dict[str, Any]]] = [
        ("createTrunk", "trunk", {"name": "Carrier", "outbound": CARRIER}),
        ("createAgent", "agent", {"name": "Front desk"}),
        ("createApiKey", "apiKey", {"name": "New", "scopes": []}),
        (
            "createPhoneNumber",
            "phoneNumber",
            {"e164": number, "trunkId": world.owned[acting or _owner_of(asking)]["trunk"]},
        ),
        ("createOutboundConversation", "conversation", {"to": "+12065550199", "agentConfig": {}}),
    ]
    for mutation, made, fields in creates:
        sent = fields | {"organizationId": world.id(named)}
        payload = client.mutate(mutation, f"{made} {{ organization {{ id }} }}", **sent)
        if acting is None:
            refusals = [(error["code"], error["field"]) for error in payload["userErrors"]]
            assert (payload[made], refusals) == (None, [("ORGANIZATION_NOT_FOUND", ["organizationId"])]), mutation
        else:
            assert payload["userErrors"] == []
            assert payload[made] == {"organization": {"id": world.id(acting)}}, mutation
    if acting is None:
        assert client.installation.contents() == stored


def _owner_of(asking: str) -> str:
    return "northwind" if asking == "clerk" else asking


@pytest.mark.parametrize(
    ("asking", "parent"),
    [
        ("clinics", "northwind"),
        ("clinics", "sibling"),
        ("northwind", "contoso"),
        *(("clinics", each) for each in UNKNOWN_IDS),
    ],
)
def test_r2_an_organization_is_created_only_below_one_that_is_acted_for(world: World, asking: str, parent: str) -> None:
    stored = world.clients[asking].installation.contents()
    sent = {"parentId": world.id(parent), "name": "Harbor", "slug": "not-created"}
    assert world.clients[asking].refusals("createOrganization", **sent) == [("ORGANIZATION_NOT_FOUND", ["parentId"])]
    assert world.clients[asking].installation.contents() == stored


def test_r2_a_number_of_an_organization_that_is_not_acted_for_is_null(world: World) -> None:
    query = "query($e164: String!, $id: ID) { phoneNumber(e164: $e164, organizationId: $id) { access } }"
    for asking, named, acting in ACTING_CASES:
        owner = acting or _owner_of(asking)
        answered = world.clients[asking](query, e164=world.owned[owner]["e164"], id=world.id(named))
        assert answered["phoneNumber"] == (acting and {"access": "OWNED"}), (asking, named)


def test_r2_malformed_foreign_and_missing_are_one_and_the_same_not_found(world: World) -> None:
    northwind, clinics = world.clients["northwind"], world.clients["clinics"]
    foreign = [world.id(name) for name in ("northwind", "sibling", "contoso")]
    listed = "query($id: ID) { agents(organizationId: $id) { nodes { id } } }"
    for answers in (
        [clinics.post(listed, {"id": each}).content for each in (*foreign, *UNKNOWN_IDS)],
        [clinics.preview(organizationId=each) for each in (*foreign, *UNKNOWN_IDS)],
        [
            clinics.mutate("createAgent", "__typename", organizationId=each, name="A")
            for each in (*foreign, *UNKNOWN_IDS)
        ],
        [northwind.post(listed, {"id": each}).content for each in (world.id("contoso"), *UNKNOWN_IDS)],
    ):
        assert answers == answers[:1] * len(answers)


# An input without organizationId acts as the owner of the object that it names.
CHANGES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("updateTrunk", "trunkId", "trunk", "TRUNK_NOT_FOUND", {"name": "Carrier"}),
    ("deleteTrunk", "trunkId", "trunk", "TRUNK_NOT_FOUND", {}),
    ("setPhoneNumberShareable", "phoneNumberId", "number", "PHONE_NUMBER_NOT_FOUND", {"shareable": False}),
    ("deletePhoneNumber", "phoneNumberId", "number", "PHONE_NUMBER_NOT_FOUND", {}),
    ("updateAgent", "agentId", "agent", "AGENT_NOT_FOUND", {"name": "Front desk"}),
    ("createAgentVersion", "agentId", "agent", "AGENT_NOT_FOUND", {"config": {}}),
    ("updateAgentVersion", "agentVersionId", "draft", "AGENT_VERSION_NOT_FOUND", {"config": {}}),
    ("publishAgentVersion", "agentVersionId", "version", "AGENT_VERSION_NOT_FOUND", {}),
    ("revokeApiKey", "apiKeyId", "key", "API_KEY_NOT_FOUND", {}),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_r2_an_input_without_organization_id_acts_as_the_owner_if_it_may(
    world: World, change: tuple[str, str, str, str, dict[str, Any]]
) -> None:
    mutation, argument, kind, code, fields = change
    stored = world.clients["northwind"].installation.contents()
    outside = [("clerk", "clinics"), ("clinics", "northwind"), ("clinics", "sibling"), ("contoso", "clinics")]
    ids = [(asking, world.owned[owner][kind]) for asking, owner in outside]
    malformed = world.owned["clinics"][kind].rpartition("_")[0] + "_00000000000000000000000000"
    answers = [
        world.clients[asking].mutate(mutation, "__typename", **fields, **{argument: each})
        for asking, each in (
            *ids,
            *(("clinics", each) for each in (malformed, "", "x", world.owned["clinics"]["e164"])),
        )
    ]
    assert [(error["code"], error["field"]) for error in answers[0]["userErrors"]] == [(code, [argument])]
    assert answers == answers[:1] * len(answers)
    assert world.clients["northwind"].installation.contents() == stored


def test_r2_an_input_without_organization_id_acts_as_the_owner(northwind: Client) -> None:
    clinics = northwind.child().child()
    mine = _one_of_each(clinics)
    owner = {"organization": {"id": clinics.organization_id}}
    agent = {"agent": owner}
    for mutation, selection, fields, expected in (
        ("updateTrunk", "trunk { organization { id } }", {"trunkId": mine["trunk"]}, {"trunk": owner}),
        (
            "setPhoneNumberShareable",
            "phoneNumber { organization { id } access }",
            {"phoneNumberId": mine["number"], "shareable": True},
            {"phoneNumber": owner | {"access": "OWNED"}},
        ),
        ("updateAgent", "agent { organization { id } }", {"agentId": mine["agent"], "active": True}, {"agent": owner}),
        (
            "createAgentVersion",
            "agentVersion { agent { organization { id } } }",
            {"agentId": mine["agent"], "config": {}},
            {"agentVersion": agent},
        ),
        (
            "updateAgentVersion",
            "agentVersion { agent { organization { id } } }",
            {"agentVersionId": mine["draft"], "config": {}},
            {"agentVersion": agent},
        ),
        (
            "publishAgentVersion",
            "phoneNumbers { access inboundSlot { agentVersion { id } } }",
            {"agentVersionId": mine["draft"], "phoneNumbers": [mine["e164"]]},
            {"phoneNumbers": [{"access": "OWNED", "inboundSlot": {"agentVersion": {"id": mine["draft"]}}}]},
        ),
        ("revokeApiKey", "apiKey { organization { id } }", {"apiKeyId": mine["key"]}, {"apiKey": owner}),
    ):
        assert northwind.mutate_successfully(mutation, selection, **fields) == expected | {"userErrors": []}, mutation


def test_r2_everything_an_input_refers_to_must_belong_to_the_organization_that_it_acts_for(world: World) -> None:
    northwind, clinics = world.owned["northwind"], world.owned["clinics"]
    asking, e164 = world.clients["northwind"], world.clients["northwind"].installation.new_number()
    call = {"to": "+12065550199"}
    stored = asking.installation.contents()
    for mutation, fields, refusal in (
        ("createPhoneNumber", {"e164": e164, "trunkId": northwind["trunk"]}, ("TRUNK_NOT_FOUND", ["trunkId"])),
        ("createOutboundConversation", call | {"agentId": northwind["agent"]}, ("AGENT_NOT_FOUND", ["agentId"])),
        (
            "createOutboundConversation",
            call | {"agentVersionId": northwind["version"]},
            ("AGENT_VERSION_NOT_FOUND", ["agentVersionId"]),
        ),
        (
            "createOutboundConversation",
            call | {"agentNumber": northwind["e164"], "agentConfig": {}},
            ("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
        ),
    ):
        assert asking.refusals(mutation, **fields, organizationId=clinics["organization"]) == [refusal]
    sent = {"agentVersionId": clinics["version"], "phoneNumbers": [northwind["e164"]]}
    assert asking.refusals("publishAgentVersion", **sent) == [("PHONE_NUMBER_NOT_FOUND", ["phoneNumbers", "0"])]
    sent = {"e164": e164, "trunkId": clinics["trunk"]}
    assert asking.refusals("createPhoneNumber", **sent) == [("TRUNK_NOT_FOUND", ["trunkId"])]
    assert asking.installation.contents() == stored


def test_r2_a_filter_by_what_belongs_to_another_organization_matches_nothing(world: World) -> None:
    numbers = "query($o: ID, $f: PhoneNumberFilter) { phoneNumbers(organizationId: $o, filter: $f) { totalCount } }"
    calls = "query($o: ID, $f: ConversationFilter) { conversations(organizationId: $o, filter: $f) { totalCount } }"
    clinics, asking = world.id("clinics"), world.clients["northwind"]
    for ids in (world.owned["northwind"], world.owned["contoso"], dict.fromkeys(("trunk", "agent"), "no id")):
        for given in ({"trunkId": ids["trunk"]}, {"agentId": ids["agent"]}):
            assert asking(numbers, o=clinics, f=given) == {"phoneNumbers": {"totalCount": 0}}
        assert asking(calls, o=clinics, f={"agentId": ids["agent"]}) == {"conversations": {"totalCount": 0}}


@pytest.mark.parametrize("kind", ["trunk", "number", "agent", "version", "draft", "conversation", "key"])
def test_r2_node_acts_as_the_owner_of_the_object_that_it_names(world: World, kind: str) -> None:
    for asking, owner, may in (
        ("northwind", "northwind", True),
        ("northwind", "dental", True),
        ("clinics", "dental", True),
        ("clerk", "northwind", True),
        ("clerk", "clinics", False),
        ("clinics", "northwind", False),
        ("clinics", "sibling", False),
        ("contoso", "clinics", False),
    ):
        node = world.clients[asking]("query($id: ID!) { node(id: $id) { id } }", id=world.owned[owner][kind])["node"]
        assert node == ({"id": world.owned[owner][kind]} if may else None), (asking, owner)


def test_r2_conversation_acts_as_the_owner_of_the_object_that_it_names(world: World) -> None:
    query = "query($id: ID!) { conversation(id: $id) { organization { id } phoneNumber { access } } }"
    for asking, owner in (("northwind", "dental"), ("clinics", "dental"), ("clerk", "northwind")):
        read = world.clients[asking](query, id=world.owned[owner]["conversation"])["conversation"]
        assert read == {"organization": {"id": world.id(owner)}, "phoneNumber": {"access": "OWNED"}}
    outside = [world.owned[name]["conversation"] for name in ("northwind", "sibling", "contoso")]
    answers = [world.clients["clinics"].post(query, {"id": each}).content for each in (*outside, *UNKNOWN_IDS)]
    assert answers == [b'{"data":{"conversation":null},"extensions":{"cost":4}}'] * len(answers)


# ------------------------------------------------------------------------------------- R2: what is seen of the others


@pytest.mark.parametrize(
    ("asking", "seen"),
    [
        ("northwind", {"northwind", "clinics", "dental", "sibling"}),
        ("clerk", {"northwind"}),
        ("clinics", {"northwind", "clinics", "dental"}),
        ("dental", {"northwind", "clinics", "dental"}),
        ("contoso", {"contoso"}),
    ],
)
def test_r2_an_organization_sees_itself_those_above_and_those_that_it_may_act_for(
    world: World, asking: str, seen: set[str]
) -> None:
    query = "query($id: ID!) { organization(id: $id) { id } node(id: $id) { id } }"
    for name in world.owned:
        expected = {"id": world.id(name)} if name in seen else None
        assert world.clients[asking](query, id=world.id(name)) == {"organization": expected, "node": expected}, name
    for nobodys in UNKNOWN_IDS:
        assert world.clients[asking](query, id=nobodys) == {"organization": None, "node": None}


ORGANIZATION_SELECTION = """id name slug createdAt parent { id } ancestors { id name slug createdAt }
  children { totalCount nodes { id } } phoneNumbers { totalCount nodes { id access } }"""
EMPTY_CONNECTION: Json = {"totalCount": 0, "nodes": []}


def test_r2_of_its_ancestors_an_organization_sees_id_name_slug_time_and_ancestors_only(northwind: Client) -> None:
    clinics = northwind.child("Harbor Clinics")
    dental = clinics.child("Harbor Dental")
    shared = northwind.number(shareable=True)
    clinics.number()
    query = f"""query($id: ID!, $e164: String!) {{ organization(id: $id) {{ {ORGANIZATION_SELECTION} }}
      phoneNumber(e164: $e164) {{ organization {{ {ORGANIZATION_SELECTION} }} }}
      viewer {{ organization {{ ancestors {{ {ORGANIZATION_SELECTION} }} parent {{ parent {{ {ORGANIZATION_SELECTION} }} }} }} }} }}"""
    seen = dental(query, id=northwind.organization_id, e164=shared.e164)
    top = seen["organization"]
    assert (top["name"], top["parent"], top["ancestors"]) == ("Northwind", None, [])
    assert (top["children"], top["phoneNumbers"]) == (EMPTY_CONNECTION, EMPTY_CONNECTION)
    own = seen["viewer"]["organization"]
    assert seen["phoneNumber"]["organization"] == own["parent"]["parent"] == own["ancestors"][1] == top
    between = own["ancestors"][0]
    assert (between["id"], between["parent"]["id"]) == (clinics.organization_id, northwind.organization_id)
    assert between["ancestors"] == [{name: top[name] for name in ("id", "name", "slug", "createdAt")}]
    assert (between["children"], between["phoneNumbers"]) == (EMPTY_CONNECTION, EMPTY_CONNECTION)


def test_r2_children_and_numbers_are_shown_of_those_that_one_may_act_for(northwind: Client) -> None:
    clinics = northwind.child("Harbor Clinics")
    dental = clinics.child("Harbor Dental")
    number, own = clinics.number(), northwind.number(shareable=True)
    query = f"query($id: ID!) {{ organization(id: $id) {{ {ORGANIZATION_SELECTION} }} }}"
    below = northwind(query, id=clinics.organization_id)["organization"]
    assert below["children"] == {"totalCount": 1, "nodes": [{"id": dental.organization_id}]}
    assert below["phoneNumbers"] == {"totalCount": 1, "nodes": [{"id": number.id, "access": "OWNED"}]}
    everything = {scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE}
    clerk = northwind.with_scopes(*everything)(query, id=northwind.organization_id)["organization"]
    assert clerk["children"] == EMPTY_CONNECTION
    assert clerk["phoneNumbers"] == {"totalCount": 1, "nodes": [{"id": own.id, "access": "OWNED"}]}


def test_r2_children_and_numbers_come_in_pages_for_any_number_of_organizations(northwind: Client) -> None:
    parents = [northwind.child(name) for name in ("One", "Two")]
    expected = {}
    for parent in parents:
        trunk = parent.trunk()
        children = [parent.child(str(place)).organization_id for place in range(3)]
        numbers = [parent.number(trunk=trunk).id for _ in range(3)]
        expected[parent.organization_id] = (children[::-1], numbers)
    page = "pageInfo { hasNextPage hasPreviousPage endCursor } totalCount nodes { id }"
    query = f"""query($children: String, $numbers: String, $id: ID!) {{ organization(id: $id) {{ children {{ nodes {{ id
      children(first: 2, after: $children) {{ {page} }} phoneNumbers(first: 2, after: $numbers) {{ {page} }} }} }} }} }}"""
    first = northwind(query, id=northwind.organization_id)["organization"]["children"]["nodes"]
    assert [node["id"] for node in first] == [parent.organization_id for parent in parents[::-1]]
    for node in first:
        after = {
            name: node[kind]["pageInfo"]["endCursor"]
            for name, kind in (("children", "children"), ("numbers", "phoneNumbers"))
        }
        rest = northwind(query, id=northwind.organization_id, **after)["organization"]["children"]["nodes"]
        again = next(each for each in rest if each["id"] == node["id"])
        for kind, ids in zip(("children", "phoneNumbers"), expected[node["id"]], strict=True):
            assert [each["id"] for page in (node, again) for each in page[kind]["nodes"]] == ids
            assert (node[kind]["totalCount"], again[kind]["totalCount"]) == (3, 3)
            assert [page[kind]["pageInfo"]["hasNextPage"] for page in (node, again)] == [True, False]
            assert [page[kind]["pageInfo"]["hasPreviousPage"] for page in (node, again)] == [False, True]
    for size in (0, 101):
        query = f"{{ viewer {{ organization {{ children(first: {size}) {{ nodes {{ id }} }} }} }} }}"
        assert northwind.errors(query) == ["BAD_USER_INPUT"]
