"""Check scope and reach (R15) at every edge of the schema.

The edges are read from the schema, so that a new one cannot be forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from models import Scope
from tests.installation import Client, Installation, Json, Number
from tests.isolation.schema_edges import (
    READ_BY,
    TYPE_BY_PREFIX,
    EdgePath,
    all_edges,
    paths_from,
    response_path,
    root_type,
    scopes_of_root,
    selection,
    shortest_path,
)
from tests.test_scopes import create_one_of_each

EDGES = all_edges()
BELOW = Scope.CHILD_ORGANIZATIONS_MANAGE
TABLE_BY_PREFIX = {
    "org": "organization",
    "num": "phone_number",
    "trk": "trunk",
    "agt": "agent",
    "ver": "agent_version",
    "cnv": "conversation",
    "trf": "transfer",
    "key": "api_key",
    "aud": "audit_event",
    "cmp": "campaign",
    "cnt": "contact",
    "imp": "contact_import",
    "sup": "suppression",
}


@dataclass(frozen=True)
class World:
    """Northwind, Harbor below it, and Harbor Dental below that. Each has an object of each type; Harbor shares its number."""

    installation: Installation
    harbor: Client
    dental: Client
    ids: dict[str, str]
    ids_below: dict[str, str]
    number: Number
    number_below: Number
    routed_below: str

    def owner(self, identifier: str) -> str:
        column = "id" if identifier.startswith("org_") else "organization_id"
        table = TABLE_BY_PREFIX[identifier[:3]]
        ((owner,),) = self.installation.rows(f"SELECT {column} FROM {table} WHERE id = ?", identifier)
        return str(owner)


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    harbor = shared_installation.root("Northwind").child("Harbor Clinics")
    dental = harbor.child("Harbor Dental")
    ids, number = create_one_of_each(harbor)
    ids_below, number_below = create_one_of_each(dental)
    harbor.share(number)
    dental.create_queued(agentNumber=number.e164, agentVersionId=ids_below["ver"])
    routed = harbor.route_inbound(number_below)["id"]
    return World(shared_installation, harbor, dental, ids, ids_below, number, number_below, routed)


def roots(ids: dict[str, str], e164: str) -> dict[str, str]:
    """List root fields with their arguments: queries, and mutations that can be repeated."""
    nodes = {
        f"node {name}": f'node(id: "{ids[prefix]}") {{ ... on {name} {{ %s }} }}'
        for prefix, name in TYPE_BY_PREFIX.items()
    }
    lists = ("apiKeys", "phoneNumbers", "trunks", "agents", "conversations", "auditEvents", "campaigns", "suppressions")
    inputs = {
        "createApiKey": 'name: "Another", scopes: []',
        "updateTrunk": f'trunkId: "{ids["trk"]}"',
        "setPhoneNumberShareable": f'phoneNumberId: "{ids["num"]}", shareable: true',
        "createAgent": 'name: "Another"',
        "updateAgent": f'agentId: "{ids["agt"]}"',
        "createAgentVersion": f'agentId: "{ids["agt"]}", config: {{}}',
        "publishAgentVersion": f'agentVersionId: "{ids["ver"]}", phoneNumbers: ["{e164}"], direction: BOTH',
        "createOutboundConversation": f'to: "+12065550199", agentNumber: "{e164}"',
        "routeInboundCall": f'calledNumber: "{e164}"',
    }
    return {
        "viewer": "viewer { %s }",
        **nodes,
        "organization": f'organization(id: "{ids["org"]}") {{ %s }}',
        "phoneNumber": f'phoneNumber(e164: "{e164}") {{ %s }}',
        "conversation": f'conversation(id: "{ids["cnv"]}") {{ %s }}',
        "campaign": f'campaign(id: "{ids["cmp"]}") {{ %s }}',
        "previewOutboundNumber": f'previewOutboundNumber(input: {{agentNumber: "{e164}"}}) {{ %s }}',
        **{name: f"{name}(first: 2) {{ nodes {{ %s }} }}" for name in lists},
        **{name: f"mutation {name}(input: {{{sent}}}) {{ %s }}" for name, sent in inputs.items()},
    }


def start_of_root(root: str) -> tuple[str, set[Scope]]:
    """Return the type that a root field leads to, and the scopes of which it needs one."""
    field, _, kind = root.partition(" ")
    return (kind, READ_BY[kind]) if kind else (root_type(field), scopes_of_root(field))


def run_along_path(client: Client, root: str, way: EdgePath) -> Json:
    kind, _, field = root.rpartition("mutation ")
    return client.body(f"{'mutation' if field != root else 'query'} {{ {kind}{field % selection(way)} }}")


def objects_at(data: Any, names: list[str]) -> Iterator[Json]:
    """Return the objects at a path, through lists and past nulls."""
    if isinstance(data, list):
        for each in data:
            yield from objects_at(each, names)
    elif isinstance(data, dict):
        if names:
            yield from objects_at(data.get(names[0]), names[1:])
        else:
            yield data


def whole_path(body: Json, root: str, way: EdgePath) -> list[str]:
    inside = ["nodes"] if "{ nodes {" in root.partition("%s")[0] else []
    return [next(iter(body["data"] or {}), ""), *inside, *response_path(way)]


def ids_at_end(body: Json, root: str, way: EdgePath) -> list[str]:
    """Return the ids of the objects at the last edge."""
    ends = list(objects_at(body["data"], whole_path(body, root, way)))
    return [each["id"] for end in ends for each in end.get("nodes", [end])]


@pytest.fixture(scope="module")
def without(world: World) -> dict[frozenset[Scope], Client]:
    """Make keys of Harbor that hold every scope but those."""
    kinds = {frozenset(scopes) for scopes in READ_BY.values()}
    return {lacking: world.harbor.with_scopes(*(each for each in Scope if each not in lacking)) for lacking in kinds}


@pytest.mark.parametrize("edge", EDGES)
def test_r15_an_edge_asks_for_the_scope_of_its_kind_wherever_it_stands(
    world: World, without: dict[frozenset[Scope], Client], edge: str
) -> None:
    """Reach the edge with a key that lacks its scope, from every root field and over edges that the key may use."""
    step = EDGES[edge]
    lacking = READ_BY[step.kind]
    stood = 0
    for name, root in roots(world.ids, world.number.e164).items():
        start, scopes = start_of_root(name)
        way = shortest_path(start, step, lacking)
        if way is None or (scopes and scopes <= lacking):
            continue
        allowed, refused = (
            run_along_path(world.harbor, root, way),
            run_along_path(without[frozenset(lacking)], root, way),
        )
        assert "errors" not in allowed, (name, allowed["errors"])
        stood += has_start_object(allowed, root, way)
        if lacking and has_start_object(allowed, root, way):
            assert forbidden_at(refused, lacking) == {tuple(response_path(way))}, (name, refused)
            assert ids_at_end(refused, root, way) == []
        else:
            assert "errors" not in refused
    assert stood or edge in REACHED_ONLY_WITH_OWN_SCOPE


# No way leads to an agent, or to a campaign, without the scope that these ask for.
REACHED_ONLY_WITH_OWN_SCOPE = {
    "Agent.publishedVersion",
    "Agent.versions",
    "Campaign.contacts",
    "Campaign.imports",
    "Contact.campaign",
}


def has_start_object(body: Json, root: str, way: EdgePath) -> bool:
    """Whether the answer contains an object that the last edge starts from."""
    *before, last = whole_path(body, root, way)
    return any(last in each for each in objects_at(body["data"], before))


def forbidden_at(body: Json, lacking: set[Scope]) -> set[tuple[str, ...]]:
    """Return the paths that were FORBIDDEN for lack of one of these scopes; other errors fail."""
    places = set()
    for error in body["errors"]:
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert {scope for scope in Scope if scope.name in error["message"]} == lacking
        names = [each for each in error["path"] if isinstance(each, str)][1:]
        places.add(tuple(names[1:] if names[0] == "nodes" else names))
    return places


def ids_reached(world: World, client: Client, root: str, way: EdgePath) -> list[str]:
    """An edge leads to the principal's own objects, to organizations, or to numbers shared from above."""
    body = run_along_path(client, root, way)
    assert {error["extensions"]["code"] for error in body.get("errors", ())} <= {"FORBIDDEN"}, body
    found = ids_at_end(body, root, way)
    for identifier in found:
        shared = identifier == world.number.id and client is world.dental
        if not identifier.startswith("org_") and not shared:
            assert world.owner(identifier) == client.organization_id, (root, [step.edge for step in way], identifier)
    return found


def test_r15_what_is_above_is_not_reached_by_any_edge(world: World) -> None:
    """Start from the parent organization, from its shared number, and from own objects."""
    own = roots(world.ids_below, world.number_below.e164)
    above = roots(world.ids, world.number.e164)
    borrowed = ("organization", "phoneNumber", "node Organization", "node PhoneNumber", "previewOutboundNumber")
    lists = ("viewer", "apiKeys", "phoneNumbers", "conversations", "auditEvents", "createOutboundConversation")
    seen: set[str] = set()
    for name, root in {**{each: above[each] for each in borrowed}, **{each: own[each] for each in lists}}.items():
        for way in paths_from(start_of_root(name)[0], 2):
            if ids_reached(world, world.dental, root, way):
                seen.add(way[-1].edge)
    assert {"PhoneNumber.organization", "Organization.ancestors", "Conversation.phoneNumber"} <= seen


def test_r15_what_lies_below_is_not_reached_by_any_edge_without_the_scope(world: World) -> None:
    """A call to a number below is routed without CHILD_ORGANIZATIONS_MANAGE (R14): the payload alone is answered."""
    alone = world.harbor.with_scopes(*(scope for scope in Scope if scope is not BELOW))
    alone.organization_id = world.harbor.organization_id
    below = {
        "routeInboundCall": f'mutation routeInboundCall(input: {{calledNumber: "{world.number_below.e164}"}}) {{ %s }}',
        "reportInboundCall": (
            f'mutation reportInboundCall(input: {{conversationId: "{world.routed_below}", status: RINGING}}) {{ %s }}'
        ),
    }
    held_back: set[str] = set()
    for name, root in below.items():
        for way in paths_from(start_of_root(name)[0], 2):
            there = ids_at_end(run_along_path(world.harbor, root, way), root, way)
            if there and not ids_reached(world, alone, root, way):
                held_back.add(way[-1].edge)
    assert {
        "Conversation.phoneNumber",
        "Conversation.agentVersion",
        "AgentVersion.agent",
        "Agent.versions",
    } <= held_back
