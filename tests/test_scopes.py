"""R15: which scope lets a key do what. A matrix of every root field by every scope, and what edges cost."""

from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from models import Scope
from schema import schema
from tests.installation import Client, Installation, Json, Number

READS_NUMBERS = {Scope.PHONE_NUMBERS_READ, Scope.PHONE_NUMBERS_MANAGE}
READS_TRUNKS = {Scope.TRUNKS_READ, Scope.TRUNKS_MANAGE}
READS_AGENTS = {Scope.AGENTS_READ, Scope.AGENTS_MANAGE}
READS_CONVERSATIONS = {Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE}
FREE: set[Scope] = set()

# R15, by hand: any of the scopes of a field lets it be asked; FREE asks for none.
SCOPES: dict[str, set[Scope]] = {
    "viewer": FREE,
    "organization": FREE,
    "node": READS_NUMBERS,  # asked here for a number; for the other kinds see KINDS
    "nodes": READS_NUMBERS,
    "phoneNumber": READS_NUMBERS,
    "phoneNumbers": READS_NUMBERS,
    "apiKeys": {Scope.API_KEYS_MANAGE},
    "trunks": READS_TRUNKS,
    "agents": READS_AGENTS,
    "conversation": READS_CONVERSATIONS,
    "conversations": READS_CONVERSATIONS,
    "previewOutboundNumber": READS_CONVERSATIONS,
    "auditEvents": {Scope.AUDIT_READ},
    "createOrganization": {Scope.CHILD_ORGANIZATIONS_MANAGE},
    "createApiKey": {Scope.API_KEYS_MANAGE},
    "revokeApiKey": {Scope.API_KEYS_MANAGE},
    "createTrunk": {Scope.TRUNKS_MANAGE},
    "updateTrunk": {Scope.TRUNKS_MANAGE},
    "deleteTrunk": {Scope.TRUNKS_MANAGE},
    "createPhoneNumber": {Scope.PHONE_NUMBERS_MANAGE},
    "setPhoneNumberShareable": {Scope.PHONE_NUMBERS_MANAGE},
    "deletePhoneNumber": {Scope.PHONE_NUMBERS_MANAGE},
    "createAgent": {Scope.AGENTS_MANAGE},
    "updateAgent": {Scope.AGENTS_MANAGE},
    "createAgentVersion": {Scope.AGENTS_MANAGE},
    "updateAgentVersion": {Scope.AGENTS_MANAGE},
    "publishAgentVersion": {Scope.AGENTS_MANAGE},
    "createOutboundConversation": {Scope.CONVERSATIONS_MANAGE},
    "hangUpConversation": {Scope.CONVERSATIONS_MANAGE},
    "transferConversation": {Scope.CONVERSATIONS_MANAGE},
    "routeInboundCall": {Scope.CALLS_ROUTE},
    "reportInboundCall": {Scope.CALLS_ROUTE},
}
KINDS = {
    "org": FREE,
    "num": READS_NUMBERS,
    "trk": READS_TRUNKS,
    "agt": READS_AGENTS,
    "ver": READS_AGENTS,
    "cnv": READS_CONVERSATIONS,
    "trf": READS_CONVERSATIONS,
    "key": {Scope.API_KEYS_MANAGE},
    "aud": {Scope.AUDIT_READ},
}
NOWHERE = "0" * 26
TIME = "2026-01-31 09:30:00.000000"


@dataclass(frozen=True)
class World:
    """Harbor, with Harbor Dental below it, and a key of Harbor's for each scope alone and one for none."""

    installation: Installation
    harbor: Client
    dental: Client
    holders: dict[Scope | None, Client]
    ids: dict[str, str]
    below: dict[str, str]
    numbers: dict[str, Number]


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    harbor = shared_installation.root("Northwind").child("Harbor Clinics")
    dental = harbor.child("Harbor Dental")
    holders: dict[Scope | None, Client] = {scope: harbor.with_scopes(scope) for scope in Scope}
    holders[None] = harbor.with_scopes()
    own, own_number = furnish(harbor)
    below, number_below = furnish(dental)
    for client in (harbor, *holders.values()):
        client("{ viewer { apiKey { id } } }")
    noted(harbor)
    return World(shared_installation, harbor, dental, holders, own, below, {"own": own_number, "below": number_below})


def furnish(client: Client) -> tuple[dict[str, str], Number]:
    """One of each kind, by the prefix of its id."""
    agent, trunk = client.agent(), client.trunk()
    number = client.number(trunk=trunk)
    version = client.version(agent, number, direction="BOTH")
    conversation = client.queued(agentNumber=number.e164)["id"]
    transfer = f"trf_{agent.removeprefix('agt_')}"
    client.installation.rows(
        "INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, created_at)"
        " VALUES (?, ?, ?, 'COLD', 'REQUESTED', '+12065550199', ?)",
        *(transfer, client.organization_id, conversation, TIME),
    )
    ids = {"org": client.organization_id, "num": number.id, "trk": trunk, "agt": agent, "ver": version}
    key = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    audit = client("{ auditEvents { nodes { id } } }")["auditEvents"]["nodes"][0]["id"]
    return ids | {"cnv": conversation, "trf": transfer, "key": key, "aud": audit}, number


def noted(client: Client) -> None:
    """Ask until the first use of every key is noted, so that nothing but what is asked for reaches the database."""
    for _ in range(2000):
        keys = client("{ apiKeys { nodes { lastUsedAt } } }")["apiKeys"]["nodes"]
        if all(key["lastUsedAt"] for key in keys):
            return
    raise AssertionError("the uses of keys are not noted")


def requests(ids: dict[str, str], e164: str) -> dict[str, str]:
    """An operation for every root field. What it changes is refused or harmless, so each can be asked by every key."""
    inputs = {
        "createOrganization": 'name: "New", slug: "Not a slug"',
        "createApiKey": 'name: "", scopes: []',
        "revokeApiKey": f'apiKeyId: "{ids["cnv"]}"',
        "createTrunk": 'name: ""',
        "updateTrunk": f'trunkId: "{ids["trk"]}", name: ""',
        "deleteTrunk": f'trunkId: "{ids["trk"]}"',
        "createPhoneNumber": f'e164: "{e164}", trunkId: "{ids["trk"]}"',
        "setPhoneNumberShareable": f'phoneNumberId: "{ids["num"]}", shareable: false',
        "deletePhoneNumber": f'phoneNumberId: "{ids["num"]}"',
        "createAgent": 'name: ""',
        "updateAgent": f'agentId: "{ids["agt"]}", name: ""',
        "createAgentVersion": f'agentId: "{ids["agt"]}"',
        "updateAgentVersion": f'agentVersionId: "{ids["ver"]}", config: {{}}',
        "publishAgentVersion": f'agentVersionId: "{ids["ver"]}"',
        "createOutboundConversation": f'to: "911", agentNumber: "{e164}"',
        "hangUpConversation": f'conversationId: "{ids["agt"]}"',
        "transferConversation": f'conversationId: "{ids["cnv"]}", kind: COLD, transferNumber: "911"',
        "routeInboundCall": f'calledNumber: "{e164}", callerNumber: "911"',
        "reportInboundCall": f'conversationId: "{ids["cnv"]}", status: RINGING',
    }
    queries = {
        "viewer": "viewer { scopes }",
        "organization": f'organization(id: "{ids["org"]}") {{ id }}',
        "node": f'node(id: "{ids["num"]}") {{ id }}',
        "nodes": f'nodes(ids: ["{ids["num"]}"]) {{ id }}',
        "phoneNumber": f'phoneNumber(e164: "{e164}") {{ id }}',
        "conversation": f'conversation(id: "{ids["cnv"]}") {{ id }}',
        "previewOutboundNumber": f'previewOutboundNumber(input: {{agentNumber: "{e164}"}}) {{ agentNumber }}',
    }
    lists = ("apiKeys", "phoneNumbers", "trunks", "agents", "conversations", "auditEvents")
    return (
        {name: f"{{ {query} }}" for name, query in queries.items()}
        | {name: f"{{ {name} {{ totalCount }} }}" for name in lists}
        | {
            name: f"mutation {{ {name}(input: {{{sent}}}) {{ userErrors {{ code }} }} }}"
            for name, sent in inputs.items()
        }
    )


def named(scopes: set[Scope]) -> set[str]:
    return {scope.name for scope in scopes}


def forbidden(body: Json, path: list[str | int], sufficient: set[Scope]) -> None:
    """One error, FORBIDDEN, at this path; its message names the scopes that would do, and no other."""
    assert len(body["errors"]) == 1
    error = body["errors"][0]
    assert (error["path"], error["extensions"]) == (path, {"code": "FORBIDDEN"})
    assert {scope.name for scope in Scope if scope.name in error["message"]} == named(sufficient)


def test_r15_every_root_field_has_a_row() -> None:
    roots = (schema._schema.query_type, schema._schema.mutation_type)  # subscriptions: tests/serving/test_live.py
    fields = {name for root in roots if root for name in root.fields}
    assert SCOPES.keys() == fields == requests(dict.fromkeys(KINDS, ""), "").keys()


@pytest.mark.parametrize("field", SCOPES)
def test_r15_a_root_field_is_answered_to_its_scopes_and_forbidden_to_all_others(world: World, field: str) -> None:
    query = requests(world.ids, world.numbers["own"].e164)[field]
    for scope, holder in world.holders.items():
        body = holder.body(query)
        if not SCOPES[field] or scope in SCOPES[field]:
            assert "errors" not in body, scope
            assert body["data"][field] is not None
        else:
            forbidden(body, ["nodes", 0] if field == "nodes" else [field], SCOPES[field])
            assert body["data"] in (None, {field: None}, {"nodes": [None]})


@pytest.mark.parametrize("field", [field for field, scopes in SCOPES.items() if scopes])
def test_r15_forbidden_is_decided_before_anything_is_looked_up(world: World, field: str, statements: list[str]) -> None:
    """The same answer for what is there and what is not, and no statement but the one that reads the key."""
    missing = {kind: f"{kind}_{NOWHERE}" for kind in world.ids}
    there = requests(world.ids, world.numbers["own"].e164)[field]
    nowhere = requests(missing, "+12065559999")[field]
    powerless = next(holder for scope, holder in world.holders.items() if scope and scope not in SCOPES[field])
    answers = []
    for query in (there, nowhere):
        statements.clear()
        answers.append(powerless.body(query))
        assert ["FROM api_key" in each for each in statements] in ([], [True])
    for answer in answers:
        assert answer["errors"][0].pop("locations") is not None
    assert answers[0] == answers[1]


def test_r15_a_malformed_input_is_not_looked_at_either(world: World) -> None:
    powerless = world.holders[Scope.AUDIT_READ]
    assert powerless.errors("{ phoneNumbers(first: -1) { totalCount } }") == ["FORBIDDEN"]
    assert powerless.errors('{ trunks(organizationId: "nobody", after: "x") { totalCount } }') == ["FORBIDDEN"]


@pytest.mark.parametrize("kind", KINDS)
def test_r15_node_asks_for_the_scope_of_the_kind(world: World, kind: str, statements: list[str]) -> None:
    query = "query($id: ID!) { node(id: $id) { id } }"
    for scope, holder in world.holders.items():
        if not KINDS[kind] or scope in KINDS[kind]:
            assert holder(query, id=world.ids[kind]) == {"node": {"id": world.ids[kind]}}
            assert holder(query, id=f"{kind}_{NOWHERE}") == {"node": None}
            continue
        bodies = []
        for identifier in (world.ids[kind], f"{kind}_{NOWHERE}", f"{kind}_nonsense"):
            statements.clear()
            bodies.append(holder.body(query, id=identifier))
            assert ["FROM api_key" in each for each in statements] in ([], [True])
        assert bodies == [bodies[0]] * 3
        forbidden(bodies[0], ["node"], KINDS[kind])


def test_r15_nodes_are_forbidden_one_by_one(world: World) -> None:
    """In their order; what the key may read is answered beside what it may not."""
    ids = [world.ids[kind] for kind in ("agt", "num", "org", "ver", "num", "cnv")]
    body = world.holders[Scope.AGENTS_READ].body("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert [node and node["id"] for node in body["data"]["nodes"]] == [ids[0], None, ids[2], ids[3], None, None]
    assert [error["path"] for error in body["errors"]] == [["nodes", 1], ["nodes", 4], ["nodes", 5]]
    assert {error["extensions"]["code"] for error in body["errors"]} == {"FORBIDDEN"}


# An edge to another kind: who asks, a query, the path of the edge, the scopes it takes, and the rest of the answer.
EDGES: dict[str, tuple[Scope, str, list[str | int], set[Scope]]] = {
    "PhoneNumber.trunk: of a number": (
        Scope.PHONE_NUMBERS_READ,
        "{ phoneNumber(e164: $e164) { e164 trunk { id } organization { id } } }",
        ["phoneNumber", "trunk"],
        READS_TRUNKS,
    ),
    "AgentSlot.agentVersion: what sits in a slot": (
        Scope.PHONE_NUMBERS_READ,
        "{ phoneNumber(e164: $e164) { e164 outboundSlot { direction agentVersion { id } assignedAt } } }",
        ["phoneNumber", "outboundSlot", "agentVersion"],
        READS_AGENTS,
    ),
    "AgentSlot.agentVersion: what answers on a number": (
        Scope.PHONE_NUMBERS_MANAGE,
        "{ phoneNumber(e164: $e164) { e164 inboundSlot { direction agentVersion { id } assignedAt } } }",
        ["phoneNumber", "inboundSlot", "agentVersion"],
        READS_AGENTS,
    ),
    "Conversation.phoneNumber: of a conversation": (
        Scope.CONVERSATIONS_READ,
        "{ conversation(id: $conversation) { agentNumber phoneNumber { id } organization { id } } }",
        ["conversation", "phoneNumber"],
        READS_NUMBERS,
    ),
    "Conversation.agentVersion: of a conversation": (
        Scope.CONVERSATIONS_MANAGE,
        "{ conversation(id: $conversation) { agentNumber agentVersion { id } organization { id } } }",
        ["conversation", "agentVersion"],
        READS_AGENTS,
    ),
    "Conversation.phoneNumber: of a node": (
        Scope.CONVERSATIONS_READ,
        "{ node(id: $conversation) { id ... on Conversation { agentNumber phoneNumber { id } } } }",
        ["node", "phoneNumber"],
        READS_NUMBERS,
    ),
    "PhoneNumber.trunk: of the number that was resolved": (
        Scope.CONVERSATIONS_READ,
        "{ previewOutboundNumber(input: {agentNumber: $e164}) { agentNumber phoneNumber { id trunk { id } } } }",
        ["previewOutboundNumber", "phoneNumber", "trunk"],
        READS_TRUNKS,
    ),
    "PhoneNumber.trunk: of the number that was changed": (
        Scope.PHONE_NUMBERS_MANAGE,
        (
            "mutation { setPhoneNumberShareable(input: {phoneNumberId: $number, shareable: false})"
            " { phoneNumber { id trunk { id } } } }"
        ),
        ["setPhoneNumberShareable", "phoneNumber", "trunk"],
        READS_TRUNKS,
    ),
    "Conversation.phoneNumber: of the one that was created": (
        Scope.CONVERSATIONS_MANAGE,
        (
            'mutation { createOutboundConversation(input: {to: "+12065550199", agentNumber: $e164})'
            " { conversation { status phoneNumber { id } } } }"
        ),
        ["createOutboundConversation", "conversation", "phoneNumber"],
        READS_NUMBERS,
    ),
    "Conversation.phoneNumber: of the one that was routed": (
        Scope.CALLS_ROUTE,
        "mutation { routeInboundCall(input: {calledNumber: $e164}) { conversation { status phoneNumber { id } } } }",
        ["routeInboundCall", "conversation", "phoneNumber"],
        READS_NUMBERS,
    ),
    "AuditEvent.apiKey: of an event": (
        Scope.AUDIT_READ,
        "{ auditEvents(first: 1, filter: {action: [PHONE_NUMBER_CREATED]}) { nodes { id apiKey { id } } } }",
        ["auditEvents", "nodes", 0, "apiKey"],
        {Scope.API_KEYS_MANAGE},
    ),
}
# Organizations are free; what a root answers is covered by the root; and the others are of the kinds whose scopes are
# the same.
FREE_EDGES = {
    *("Agent.organization", "AgentVersion.agent", "ApiKey.organization", "AuditEvent.organization"),
    *("Conversation.organization", "PhoneNumber.organization", "Trunk.organization", "Viewer.organization"),
    *("Organization.parent", "Organization.ancestors", "Organization.children"),
    *("OutboundNumberResolution.phoneNumber", "OutboundNumberResolution.agentVersion"),
    *("PhoneNumberChange.phoneNumber", "Viewer.apiKey"),
    *("Agent.publishedVersion", "Agent.versions", "Conversation.transfers"),
}
# It cannot be null, so it has a test of its own.
TAKES_ITS_ORGANIZATION = {"Organization.phoneNumbers"}


def edges_of_the_schema() -> set[str]:
    """Every field that leads to an object with an id, or to a list of them; roots and their payloads aside."""
    graphql = schema.graphql
    kinds = {kind.name for kind in graphql.get_possible_types(graphql.type_map["Node"])}  # type: ignore[arg-type]
    roots = {"Query", "Mutation", "Subscription"}
    found = set()
    for name, kind in graphql.type_map.items():
        if isinstance(kind, GraphQLObjectType) and name not in roots and not name.endswith(("Payload", *LISTS)):
            found |= {f"{name}.{field}" for field, each in kind.fields.items() if leads_to(each.type) in kinds}
    return found


LISTS = ("Connection", "Edge")


def leads_to(kind: Any) -> str:
    named = get_named_type(kind)
    if named.name.endswith(LISTS):
        named = get_named_type(named.fields["nodes"].type)
    return str(named.name)


def test_r15_every_edge_is_asked_for_its_scope_or_stated_to_be_free() -> None:
    """A new edge has to be told here which of the two it is."""
    asked = {edge.partition(":")[0] for edge in EDGES} | TAKES_ITS_ORGANIZATION
    assert asked | FREE_EDGES == edges_of_the_schema()
    assert not asked & FREE_EDGES


def at(data: Json, path: list[str | int]) -> Json:
    for step in path:
        data = data[step]
    return data


def put(query: str, world: World) -> str:
    """The query with the world's values in place of `$e164`, `$number`, `$conversation`, `$organization`."""
    values = {
        "$e164": world.numbers["own"].e164,
        "$number": world.ids["num"],
        "$conversation": world.ids["cnv"],
        "$organization": world.ids["org"],
    }
    for name, value in values.items():
        query = query.replace(name, f'"{value}"')
    return query


@pytest.mark.parametrize("edge", EDGES)
def test_r15_an_edge_to_another_kind_costs_that_field_alone(world: World, edge: str) -> None:
    scope, query, path, sufficient = EDGES[edge]
    body = world.holders[scope].body(put(query, world))
    forbidden(body, path, sufficient)
    around = at(body["data"], path[:-1])
    assert around.pop(str(path[-1])) is None
    assert around
    assert None not in around.values()
    for held in sufficient:
        both = world.harbor.with_scopes(scope, held)
        assert set(at(both(put(query, world)), path)) == {"id"}


def test_r15_the_numbers_of_an_organization_ask_for_their_scope(world: World) -> None:
    """The connection cannot be null, so it takes the organization with it."""
    query = put("{ organization(id: $organization) { id phoneNumbers { totalCount } } viewer { scopes } }", world)
    body = world.holders[Scope.TRUNKS_READ].body(query)
    forbidden(body, ["organization", "phoneNumbers"], READS_NUMBERS)
    assert body["data"] == {"organization": None, "viewer": {"scopes": ["TRUNKS_READ"]}}
    for held in READS_NUMBERS:
        assert world.holders[held](query)["organization"]["phoneNumbers"] == {"totalCount": 1}


def test_r15_a_resolution_and_its_edges_are_covered_by_their_root(world: World) -> None:
    edges = "agentNumber phoneNumber { id } agentVersion { id number }"
    reading = world.holders[Scope.CONVERSATIONS_READ]
    wanted = {
        "agentNumber": world.numbers["own"].e164,
        "phoneNumber": {"id": world.ids["num"]},
        "agentVersion": {"id": world.ids["ver"], "number": 1},
    }
    preview = reading(put(f"{{ previewOutboundNumber(input: {{agentNumber: $e164}}) {{ {edges} }} }}", world))
    assert preview["previewOutboundNumber"] == wanted
    kept = reading(put(f"{{ conversation(id: $conversation) {{ resolution {{ {edges} }} }} }}", world))
    assert kept["conversation"]["resolution"] == wanted


@pytest.mark.parametrize(
    ("scope", "mutation", "covered"),
    [
        (
            Scope.AGENTS_MANAGE,
            (
                "publishAgentVersion(input: {agentVersionId: $version, phoneNumbers: [$e164], direction: BOTH})"
                " { phoneNumbers { id e164 } agentVersion { id number } }"
            ),
            {"phoneNumbers": [{"id": "num", "e164": "e164"}], "agentVersion": {"id": "ver", "number": 1}},
        ),
        (
            Scope.CALLS_ROUTE,
            "routeInboundCall(input: {calledNumber: $e164}) { conversation { status } agentVersion { id number } }",
            {"conversation": {"status": "RINGING"}, "agentVersion": {"id": "ver", "number": 1}},
        ),
        (
            Scope.CONVERSATIONS_MANAGE,
            (
                'createOutboundConversation(input: {to: "+12065550199", agentNumber: $e164})'
                " { conversation { status } resolution { phoneNumber { id } agentVersion { id } } }"
            ),
            {
                "conversation": {"status": "QUEUED"},
                "resolution": {"phoneNumber": {"id": "num"}, "agentVersion": {"id": "ver"}},
            },
        ),
    ],
)
def test_r15_payload_fields_are_covered_by_their_root(
    world: World, scope: Scope, mutation: str, covered: dict[str, Any]
) -> None:
    real = {"num": world.ids["num"], "ver": world.ids["ver"], "e164": world.numbers["own"].e164}
    query = put(f"mutation {{ it: {mutation} }}", world).replace("$version", f'"{world.ids["ver"]}"')
    assert world.holders[scope](query)["it"] == translated(covered, real)


def translated(value: Any, real: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: translated(each, real) for name, each in value.items()}
    if isinstance(value, list):
        return [translated(each, real) for each in value]
    return real.get(value, value)


def test_r15_the_organization_is_free_wherever_it_stands(world: World) -> None:
    whose = "organization { id name slug createdAt parent { name } ancestors { name } }"
    wanted = {"id": world.ids["org"], "name": "Harbor Clinics", "parent": {"name": "Northwind"}}
    places: list[tuple[Scope | None, str, list[str | int]]] = [
        (None, "{ viewer { " + whose + " } }", ["viewer"]),
        (Scope.PHONE_NUMBERS_READ, "{ phoneNumber(e164: $e164) { " + whose + " } }", ["phoneNumber"]),
        (Scope.CONVERSATIONS_READ, "{ conversation(id: $conversation) { " + whose + " } }", ["conversation"]),
        (Scope.TRUNKS_READ, "{ trunks { nodes { " + whose + " } } }", ["trunks", "nodes", 0]),
        (Scope.AGENTS_READ, "{ agents { nodes { " + whose + " } } }", ["agents", "nodes", 0]),
        (Scope.API_KEYS_MANAGE, "{ apiKeys { nodes { " + whose + " } } }", ["apiKeys", "nodes", 0]),
    ]
    for scope, query, path in places:
        found = at(world.holders[scope](put(query, world)), path)["organization"]
        assert wanted.items() <= found.items()
        assert found["ancestors"] == [{"name": "Northwind"}]


def test_r15_the_key_itself_is_free_to_its_holder(world: World) -> None:
    for scope, holder in world.holders.items():
        viewer = holder("{ viewer { scopes apiKey { name scopes } organization { id } } }")["viewer"]
        held = [scope.name] if scope else []
        assert viewer == {
            "scopes": held,
            "apiKey": {"name": "test", "scopes": held},
            "organization": {"id": world.ids["org"]},
        }


def test_r15_an_admin_key_holds_every_scope_in_one_order(world: World) -> None:
    viewer = world.harbor("{ viewer { scopes apiKey { scopes } } }")["viewer"]
    assert viewer["apiKey"]["scopes"] == [scope.name for scope in Scope]
    assert viewer["scopes"] == viewer["apiKey"]["scopes"]


# --------------------------------------------------------------------- CHILD_ORGANIZATIONS_MANAGE: what lies below

BELOW: dict[str, tuple[str, dict[str, str]]] = {
    **{f"node: {kind}": ("query($id: ID!) { node(id: $id) { id } }", {"id": kind}) for kind in KINDS},
    "organization": ("query($id: ID!) { organization(id: $id) { id } }", {"id": "org"}),
    "conversation": ("query($id: ID!) { conversation(id: $id) { id } }", {"id": "cnv"}),
    **{
        name: (f"query($id: ID!) {{ {name}(organizationId: $id) {{ totalCount }} }}", {"id": "org"})
        for name in ("apiKeys", "phoneNumbers", "trunks", "agents", "conversations", "auditEvents")
    },
    "phoneNumber": (
        'query($id: ID!) { phoneNumber(e164: "+12065550199", organizationId: $id) { id } }',
        {"id": "org"},
    ),
    "previewOutboundNumber": (
        (
            "query($id: ID!) { previewOutboundNumber(input: {organizationId: $id}) { agentNumber steps { verdict }"
            " refusal { code message field } } }"
        ),
        {"id": "org"},
    ),
    **{
        name: (
            f"mutation($id: ID!) {{ {name}(input: {{{sent}}}) {{ userErrors {{ code message field }} }} }}",
            {"id": kind},
        )
        for name, (kind, sent) in {
            "createApiKey": ("org", 'organizationId: $id, name: "Key", scopes: []'),
            "createTrunk": ("org", 'organizationId: $id, name: "Trunk"'),
            "createPhoneNumber": ("org", 'organizationId: $id, e164: "+12065550001", trunkId: ""'),
            "createAgent": ("org", 'organizationId: $id, name: "Agent"'),
            "createOutboundConversation": ("org", 'organizationId: $id, to: "+12065550199"'),
            "revokeApiKey": ("key", "apiKeyId: $id"),
            "updateTrunk": ("trk", 'trunkId: $id, name: "Mine"'),
            "deleteTrunk": ("trk", "trunkId: $id"),
            "setPhoneNumberShareable": ("num", "phoneNumberId: $id, shareable: true"),
            "deletePhoneNumber": ("num", "phoneNumberId: $id"),
            "updateAgent": ("agt", "agentId: $id, active: false"),
            "hangUpConversation": ("cnv", "conversationId: $id"),
            "transferConversation": ("cnv", 'conversationId: $id, kind: COLD, transferNumber: "+12065550142"'),
            "createAgentVersion": ("agt", "agentId: $id, config: {}"),
            "updateAgentVersion": ("ver", "agentVersionId: $id, config: {}"),
            "publishAgentVersion": ("ver", "agentVersionId: $id"),
        }.items()
    },
}


@pytest.fixture(scope="module")
def alone(world: World) -> Client:
    """Every scope of Harbor's but the one for what lies below."""
    return world.harbor.with_scopes(*(scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE))


@pytest.mark.parametrize("what", BELOW)
def test_r15_without_the_scope_what_lies_below_answers_as_missing(world: World, alone: Client, what: str) -> None:
    query, names = BELOW[what]
    before = world.installation.contents()
    there = alone.post(query, {name: world.below[kind] for name, kind in names.items()})
    nowhere = alone.post(query, {name: f"{kind}_{NOWHERE}" for name, kind in names.items()})
    assert there.content == nowhere.content
    assert there.status_code == nowhere.status_code
    assert world.installation.contents() == before


def test_r15_every_root_field_that_can_name_what_lies_below_is_asked() -> None:
    asked = {name.partition(":")[0] for name in BELOW}
    assert SCOPES.keys() - asked == {
        "viewer",
        "nodes",
        "createOrganization",
        "routeInboundCall",
        "reportInboundCall",
    }


def test_r15_no_organization_is_created_below_one_that_lies_below_without_the_scope(
    world: World, alone: Client
) -> None:
    assert alone.body(requests(world.ids, "")["createOrganization"])["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_r15_without_the_scope_there_are_no_children(world: World, alone: Client) -> None:
    query = "{ viewer { organization { children { totalCount nodes { id } pageInfo { hasNextPage } } } } }"
    empty = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False}}
    assert alone(query)["viewer"]["organization"]["children"] == empty
    full = {"totalCount": 1, "nodes": [{"id": world.below["org"]}], "pageInfo": {"hasNextPage": False}}
    assert world.harbor(query)["viewer"]["organization"]["children"] == full


def test_r14_calls_to_what_lies_below_are_routed_without_the_scope(world: World) -> None:
    """The key needs CALLS_ROUTE alone, and to belong to the owner or to somebody above it."""
    routed = world.holders[Scope.CALLS_ROUTE].do(
        "routeInboundCall",
        "conversation { id organization { id } agentNumber } agentVersion { id }",
        calledNumber=world.numbers["below"].e164,
    )
    identifier = routed["conversation"].pop("id")
    assert routed["conversation"] == {
        "organization": {"id": world.below["org"]},
        "agentNumber": world.numbers["below"].e164,
    }
    assert routed["agentVersion"] == {"id": world.below["ver"]}
    reported = world.holders[Scope.CALLS_ROUTE].do(
        "reportInboundCall", "conversation { status }", conversationId=identifier, status="IN_PROGRESS"
    )
    assert reported["conversation"] == {"status": "IN_PROGRESS"}
