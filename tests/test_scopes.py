"""R15: which scope lets a key do what. A matrix of every root field by every scope, and what edges cost."""

from dataclasses import dataclass
from typing import Any

import pytest

from models import Scope
from schema import schema
from tests.installation import Client, Installation, Json, Number
from tests.retrying import attempts

READS_NUMBERS = {Scope.PHONE_NUMBERS_READ, Scope.PHONE_NUMBERS_MANAGE}
READS_TRUNKS = {Scope.TRUNKS_READ, Scope.TRUNKS_MANAGE}
READS_AGENTS = {Scope.AGENTS_READ, Scope.AGENTS_MANAGE}
READS_CONVERSATIONS = {Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE}
READS_CAMPAIGNS = {Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_MANAGE}
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
    "campaign": READS_CAMPAIGNS,
    "campaigns": READS_CAMPAIGNS,
    "previewOutboundNumber": READS_CONVERSATIONS,
    "previewCampaign": READS_CAMPAIGNS,
    "auditEvents": {Scope.AUDIT_READ},
    "createOrganization": {Scope.CHILD_ORGANIZATIONS_MANAGE},
    "setCallBudget": {Scope.CHILD_ORGANIZATIONS_MANAGE},
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
    "createCampaign": {Scope.CAMPAIGNS_MANAGE},
    "updateCampaign": {Scope.CAMPAIGNS_MANAGE},
    "startCampaign": {Scope.CAMPAIGNS_MANAGE},
    "pauseCampaign": {Scope.CAMPAIGNS_MANAGE},
    "cancelCampaign": {Scope.CAMPAIGNS_MANAGE},
    "createContactImport": {Scope.CAMPAIGNS_MANAGE},
    "addContacts": {Scope.CAMPAIGNS_MANAGE},
    "removeContacts": {Scope.CAMPAIGNS_MANAGE},
    "suppressions": {Scope.SUPPRESSIONS_MANAGE},
    "addSuppressions": {Scope.SUPPRESSIONS_MANAGE},
    "removeSuppressions": {Scope.SUPPRESSIONS_MANAGE},
    "reportOutcome": {Scope.CONVERSATIONS_MANAGE, Scope.CALLS_ROUTE},
}
KINDS = {
    "org": FREE,
    "num": READS_NUMBERS,
    "trk": READS_TRUNKS,
    "agt": READS_AGENTS,
    "ver": READS_AGENTS,
    "cnv": READS_CONVERSATIONS,
    "trf": READS_CONVERSATIONS,
    "cmp": READS_CAMPAIGNS,
    "cnt": READS_CAMPAIGNS,
    "imp": READS_CAMPAIGNS,
    "key": {Scope.API_KEYS_MANAGE},
    "aud": {Scope.AUDIT_READ},
    "sup": {Scope.SUPPRESSIONS_MANAGE},
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
    own, own_number = create_one_of_each(harbor)
    below, number_below = create_one_of_each(dental)
    for client in (harbor, *holders.values()):
        client("{ viewer { apiKey { id } } }")
    wait_until_keys_are_used(harbor)
    return World(shared_installation, harbor, dental, holders, own, below, {"own": own_number, "below": number_below})


def create_one_of_each(client: Client) -> tuple[dict[str, str], Number]:
    """One of each kind, by the prefix of its id."""
    agent, trunk = client.agent(), client.trunk()
    number = client.number(trunk=trunk)
    version = client.version(agent, number, direction="BOTH")
    conversation = client.create_queued(agentNumber=number.e164)["id"]
    transfer = f"trf_{agent.removeprefix('agt_')}"
    client.installation.rows(
        "INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, created_at)"
        " VALUES (?, ?, ?, 'COLD', 'REQUESTED', '+12065550199', ?)",
        *(transfer, client.organization_id, conversation, TIME),
    )
    ids = {"org": client.organization_id, "num": number.id, "trk": trunk, "agt": agent, "ver": version}
    pool = [{"e164": number.e164}]
    created = client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups", pool=pool)
    campaign = created["campaign"]["id"]
    client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=[{"e164": "+12125550100"}])
    contacts = client("query($id: ID!) { campaign(id: $id) { contacts { nodes { id } } } }", id=campaign)
    ids |= {"cmp": campaign, "cnt": contacts["campaign"]["contacts"]["nodes"][0]["id"]}
    copied = "organization_id, direction, status, agent_number, user_number, phone_number_id, resolution, created_at"
    client.installation.rows(
        f"INSERT INTO conversation (id, {copied}, campaign_id, contact_id, attempt_number)"
        f" SELECT ?, {copied}, ?, ?, 1 FROM conversation WHERE id = ?",
        *(f"cnv_{campaign.removeprefix('cmp_')}", campaign, ids["cnt"], conversation),
    )
    suppressed = client.mutate_successfully("addSuppressions", "suppressions { id }", e164s=["+12125550101"])
    ids |= {"sup": suppressed["suppressions"][0]["id"]}
    created = client.mutate_successfully("createContactImport", "contactImport { id }", campaignId=campaign)
    ids |= {"imp": created["contactImport"]["id"]}
    key = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    audit = client("{ auditEvents { nodes { id } } }")["auditEvents"]["nodes"][0]["id"]
    return ids | {"cnv": conversation, "trf": transfer, "key": key, "aud": audit}, number


def wait_until_keys_are_used(client: Client) -> None:
    """Ask until the first use of every key is noted, so that nothing but what is asked for reaches the database."""
    for _ in attempts():
        keys = client("{ apiKeys { nodes { lastUsedAt } } }")["apiKeys"]["nodes"]
        if all(key["lastUsedAt"] for key in keys):
            return
    raise AssertionError("the uses of keys are not noted")


def requests(ids: dict[str, str], e164: str) -> dict[str, str]:
    """An operation for every root field. What it changes is refused or harmless, so each can be asked by every key."""
    inputs = {
        "createOrganization": 'name: "New", slug: "Not a slug"',
        "setCallBudget": f'organizationId: "{ids["org"]}"',
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
        "createCampaign": 'name: ""',
        "updateCampaign": f'campaignId: "{ids["cmp"]}", name: ""',
        "startCampaign": f'campaignId: "{ids["cnv"]}"',
        "pauseCampaign": f'campaignId: "{ids["cnv"]}"',
        "cancelCampaign": f'campaignId: "{ids["cnv"]}"',
        "addContacts": f'campaignId: "{ids["cmp"]}", contacts: []',
        "removeContacts": f'contactIds: ["{ids["cmp"]}"]',
        "addSuppressions": "e164s: []",
        "removeSuppressions": f'suppressionIds: ["{ids["cmp"]}"]',
        "reportOutcome": f'conversationId: "{ids["cnv"]}", outcome: BUSY',
        "createContactImport": f'campaignId: "{ids["cnv"]}"',
        "reportInboundCall": f'conversationId: "{ids["cnv"]}", status: RINGING',
    }
    queries = {
        "viewer": "viewer { scopes }",
        "organization": f'organization(id: "{ids["org"]}") {{ id }}',
        "node": f'node(id: "{ids["num"]}") {{ id }}',
        "nodes": f'nodes(ids: ["{ids["num"]}"]) {{ id }}',
        "phoneNumber": f'phoneNumber(e164: "{e164}") {{ id }}',
        "conversation": f'conversation(id: "{ids["cnv"]}") {{ id }}',
        "campaign": f'campaign(id: "{ids["cmp"]}") {{ id }}',
        "previewCampaign": 'previewCampaign(input: {name: "Check-ups"}) { contacts }',
        "previewOutboundNumber": f'previewOutboundNumber(input: {{agentNumber: "{e164}"}}) {{ agentNumber }}',
    }
    lists = ("apiKeys", "phoneNumbers", "trunks", "agents", "conversations", "auditEvents", "campaigns", "suppressions")
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
    roots = (
        schema._schema.query_type,
        schema._schema.mutation_type,
    )  # subscriptions: tests/serving/test_subscriptions.py
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


def value_at(data: Json, path: list[str | int]) -> Json:
    for step in path:
        data = data[step]
    return data


def substitute(query: str, world: World) -> str:
    """The query with the world's values in place of `$e164`, `$conversation`, `$organization`."""
    values = {"$e164": world.numbers["own"].e164, "$conversation": world.ids["cnv"], "$organization": world.ids["org"]}
    for name, value in values.items():
        query = query.replace(name, f'"{value}"')
    return query


def test_r15_the_numbers_of_an_organization_cost_that_field_alone(world: World) -> None:
    query = substitute(
        "{ organization(id: $organization) { id phoneNumbers { totalCount } } viewer { scopes } }", world
    )
    body = world.holders[Scope.TRUNKS_READ].body(query)
    forbidden(body, ["organization", "phoneNumbers"], READS_NUMBERS)
    organization = {"id": world.ids["org"], "phoneNumbers": None}
    assert body["data"] == {"organization": organization, "viewer": {"scopes": ["TRUNKS_READ"]}}
    for held in READS_NUMBERS:
        assert world.holders[held](query)["organization"]["phoneNumbers"] == {"totalCount": 1}


# Every edge of the schema is asked in tests/isolation/test_edge_scopes.py.
def test_r15_a_draft_is_not_read_through_a_resolution(world: World) -> None:
    """Neither who reads conversations nor who routes calls reads what an agent is told."""
    drafts = "agentVersion { id agent { versions { nodes { config } } } }"
    queries = {
        Scope.CONVERSATIONS_READ: f"{{ it: previewOutboundNumber(input: {{agentNumber: $e164}}) {{ {drafts} }} }}",
        Scope.CALLS_ROUTE: f"mutation {{ it: routeInboundCall(input: {{calledNumber: $e164}}) {{ {drafts} }} }}",
    }
    for scope, query in queries.items():
        body = world.holders[scope].body(substitute(query, world))
        assert body["data"]["it"] == {"agentVersion": None}
        (error,) = body["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}


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
                " { conversation { status } resolution { agentNumber } }"
            ),
            {
                "conversation": {"status": "QUEUED"},
                "resolution": {"agentNumber": "e164"},
            },
        ),
    ],
)
def test_r15_payload_fields_are_covered_by_their_root(
    world: World, scope: Scope, mutation: str, covered: dict[str, Any]
) -> None:
    real = {"num": world.ids["num"], "ver": world.ids["ver"], "e164": world.numbers["own"].e164}
    query = substitute(f"mutation {{ it: {mutation} }}", world).replace("$version", f'"{world.ids["ver"]}"')
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
        found = value_at(world.holders[scope](substitute(query, world)), path)["organization"]
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
    "campaign": ("query($id: ID!) { campaign(id: $id) { id } }", {"id": "cmp"}),
    **{
        name: (f"query($id: ID!) {{ {name}(organizationId: $id) {{ totalCount }} }}", {"id": "org"})
        for name in (
            *("apiKeys", "phoneNumbers", "trunks", "agents", "conversations", "auditEvents"),
            *("campaigns", "suppressions"),
        )
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
    "previewCampaign": (
        (
            'query($id: ID!) { previewCampaign(input: {organizationId: $id, name: "Check-ups"}) { contacts dialable'
            " notReady { code message field } } }"
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
            "createCampaign": ("org", 'organizationId: $id, name: "Check-ups"'),
            "updateCampaign": ("cmp", 'campaignId: $id, name: "Others"'),
            "startCampaign": ("cmp", "campaignId: $id"),
            "pauseCampaign": ("cmp", "campaignId: $id"),
            "cancelCampaign": ("cmp", "campaignId: $id"),
            "addContacts": ("cmp", "campaignId: $id, contacts: []"),
            "removeContacts": ("cnt", "contactIds: [$id]"),
            "addSuppressions": ("org", 'organizationId: $id, e164s: ["+12125550100"]'),
            "removeSuppressions": ("sup", "suppressionIds: [$id]"),
            "reportOutcome": ("cnv", "conversationId: $id, outcome: VOICEMAIL"),
            "createContactImport": ("cmp", "campaignId: $id"),
            "createAgentVersion": ("agt", "agentId: $id, config: {}"),
            "updateAgentVersion": ("ver", "agentVersionId: $id, config: {}"),
            "publishAgentVersion": ("ver", "agentVersionId: $id"),
        }.items()
    },
}


@pytest.fixture(scope="module")
def without_children_scope(world: World) -> Client:
    """Every scope of Harbor's but the one for what lies below."""
    return world.harbor.with_scopes(*(scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE))


@pytest.mark.parametrize("what", BELOW)
def test_r15_without_the_scope_what_lies_below_answers_as_missing(
    world: World, without_children_scope: Client, what: str
) -> None:
    query, names = BELOW[what]
    before = world.installation.contents()
    there = without_children_scope.post(query, {name: world.below[kind] for name, kind in names.items()})
    nowhere = without_children_scope.post(query, {name: f"{kind}_{NOWHERE}" for name, kind in names.items()})
    assert there.content == nowhere.content
    assert there.status_code == nowhere.status_code
    assert world.installation.contents() == before


def test_r15_every_root_field_that_can_name_what_lies_below_is_asked() -> None:
    asked = {name.partition(":")[0] for name in BELOW}
    assert SCOPES.keys() - asked == {
        "viewer",
        "nodes",
        "createOrganization",
        "setCallBudget",
        "routeInboundCall",
        "reportInboundCall",
    }


def test_r15_no_organization_is_created_below_one_that_lies_below_without_the_scope(
    world: World, without_children_scope: Client
) -> None:
    assert (
        without_children_scope.body(requests(world.ids, "")["createOrganization"])["errors"][0]["extensions"]["code"]
        == "FORBIDDEN"
    )


def test_r15_without_the_scope_there_are_no_children(world: World, without_children_scope: Client) -> None:
    query = "{ viewer { organization { children { totalCount nodes { id } pageInfo { hasNextPage } } } } }"
    empty = {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False}}
    assert without_children_scope(query)["viewer"]["organization"]["children"] == empty
    full = {"totalCount": 1, "nodes": [{"id": world.below["org"]}], "pageInfo": {"hasNextPage": False}}
    assert world.harbor(query)["viewer"]["organization"]["children"] == full


def test_r15_without_the_scope_sharing_does_not_tell_what_lies_below(
    world: World, without_children_scope: Client
) -> None:
    query = substitute("{ phoneNumber(e164: $e164) { id sharing { organizationsBelow queuedConversations } } }", world)
    assert without_children_scope(query)["phoneNumber"] == {"id": world.ids["num"], "sharing": None}
    impact = {"organizationsBelow": 1, "queuedConversations": 0}
    assert world.harbor(query)["phoneNumber"] == {"id": world.ids["num"], "sharing": impact}


def test_r14_calls_to_what_lies_below_are_routed_without_the_scope(world: World) -> None:
    """The key needs CALLS_ROUTE alone, and to belong to the owner or to somebody above it."""
    routed = world.holders[Scope.CALLS_ROUTE].mutate_successfully(
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
    reported = world.holders[Scope.CALLS_ROUTE].mutate_successfully(
        "reportInboundCall", "conversation { status }", conversationId=identifier, status="IN_PROGRESS"
    )
    assert reported["conversation"] == {"status": "IN_PROGRESS"}
