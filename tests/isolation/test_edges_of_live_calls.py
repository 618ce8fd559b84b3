"""Check scope and reach (R15) at the edges of what is live: events of subscriptions, hanging up and transferring."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from models import Scope
from tests.conftest import Install
from tests.dialing.dialing_organization import UNLIMITED, until
from tests.installation import Client, Json, Number
from tests.isolation.schema_edges import GRAPHQL, READ_BY, EdgePath, paths_from, response_path, root_type, selection
from tests.isolation.test_edge_scopes import TABLE_BY_PREFIX, objects_at
from tests.serving.subscribers import SubscriptionClient, subscribe_over_sse
from tests.telephony.sipp import free_port
from tests.test_scopes import READS_AGENTS, READS_NUMBERS, READS_TRUNKS

# The last four digits, as the sandbox carrier has them.
RINGS_ON, ANSWERS = "+12065550102", "+12065550100"
EVERYTHING: frozenset[Scope] = frozenset()
# What conversations and numbers lead to, but for what one may always see or what the root itself asks for.
OF_CONVERSATIONS = (EVERYTHING, frozenset(READS_NUMBERS), frozenset(READS_AGENTS))
OF_NUMBERS = (EVERYTHING, frozenset(READS_TRUNKS), frozenset(READS_AGENTS))
OF_CAMPAIGNS = (EVERYTHING, frozenset(READS_NUMBERS), frozenset(READS_AGENTS))


@dataclass(frozen=True)
class World:
    """Harbor calls with its own agent from a number borrowed from Northwind; the sandbox carrier answers."""

    harbor: Client
    number: Number
    version: str
    keys: dict[frozenset[Scope], Client]

    def call(self, to: str) -> str:
        sent = {"to": to, "agentNumber": self.number.e164, "agentVersionId": self.version}
        identifier: str = self.harbor.create_queued(**sent)["id"]
        return identifier

    def owner(self, identifier: str) -> str:
        table = TABLE_BY_PREFIX[identifier[:3]]
        ((owner,),) = self.harbor.installation.rows(f"SELECT organization_id FROM {table} WHERE id = ?", identifier)
        return str(owner)


@pytest.fixture
def world(install: Install) -> World:
    port = free_port()
    carried = {"sandbox_carrier": f"127.0.0.1:{port}", "private_carriers": "allow", "media_timeout_seconds": 0}
    northwind = install(dialing="on", **carried).root("Northwind")
    trunk = northwind.trunk(outbound=False)
    northwind.mutate_successfully(
        "updateTrunk", "__typename", trunkId=trunk, outbound={"address": f"127.0.0.1:{port}"}, **UNLIMITED
    )
    harbor = northwind.child("Harbor Clinics")
    keys = {
        lacking: harbor.with_scopes(*(each for each in Scope if each not in lacking))
        for lacking in {*OF_CONVERSATIONS, *OF_NUMBERS, *OF_CAMPAIGNS}
    }
    return World(harbor, northwind.number(trunk=trunk, shareable=True), harbor.version(harbor.agent()), keys)


class Selected:
    """Select every path over at most two edges from a root field's answer, each under its own alias."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.ways = {f"w{place}": way for place, way in enumerate(paths_from(type_of(root), 2))}
        self.fields = " ".join(f"{name}: {selection(way)}" for name, way in self.ways.items())

    def path(self, name: str, way: EdgePath) -> list[str]:
        return [self.root, name, *response_path(way)[1:]]

    def forbidden(self, allowed: Json, lacking: frozenset[Scope]) -> set[tuple[str, ...]]:
        """Return where the first edge that needs one of these scopes is, on the paths of an answer."""
        places = set()
        for name, way in self.ways.items():
            asks = next((at for at, step in enumerate(way) if lacking and READ_BY.get(step.kind) == set(lacking)), None)
            if asks is not None:
                *before, last = self.path(name, way[: asks + 1])
                if any(last in each for each in objects_at(allowed["data"], before)):
                    places.add((*before, last))
        return places

    def led_to(self, body: Json) -> set[str]:
        ends = [each for name, way in self.ways.items() for each in objects_at(body["data"], self.path(name, way))]
        return {each["id"] for end in ends for each in end.get("nodes", [end])}


def type_of(root: str) -> str:
    subscriptions = GRAPHQL.subscription_type
    assert subscriptions
    return str(subscriptions.fields[root].type).rstrip("!") if root in subscriptions.fields else root_type(root)


def judge(world: World, selected: Selected, bodies: dict[frozenset[Scope], Json]) -> None:
    """Check the answers to a key that lacks these scopes."""
    allowed = bodies[EVERYTHING]
    assert "errors" not in allowed
    for identifier in selected.led_to(allowed):
        own = identifier.startswith("org_") or world.owner(identifier) == world.harbor.organization_id
        assert own or identifier == world.number.id, identifier
    for lacking, body in bodies.items():
        expected = selected.forbidden(allowed, lacking)
        assert expected or not lacking
        errors = body.get("errors", [])
        assert {tuple(each for each in error["path"] if isinstance(each, str)) for error in errors} == expected
        for error in errors:
            assert error["extensions"] == {"code": "FORBIDDEN"}
            assert {scope for scope in Scope if scope.name in error["message"]} == lacking


@pytest.mark.parametrize("mutation", ["hangUpConversation", "transferConversation"])
def test_r15_edges_of_what_a_mutation_of_a_live_call_answers(world: World, mutation: str) -> None:
    to, status, sent = {
        "hangUpConversation": (RINGS_ON, "RINGING", ""),
        "transferConversation": (ANSWERS, "IN_PROGRESS", ', kind: COLD, transferNumber: "+12065550142"'),
    }[mutation]
    calls = {lacking: world.call(to) for lacking in OF_CONVERSATIONS}
    selected, bodies = Selected(mutation), {}
    for lacking, call in calls.items():
        until(world.harbor, call, status)
        asked = f'{mutation}(input: {{conversationId: "{call}"{sent}}}) {{ {selected.fields} userErrors {{ code }} }}'
        bodies[lacking] = world.keys[lacking].body(f"mutation {{ {asked} }}")
        assert bodies[lacking]["data"][mutation]["userErrors"] == []
    judge(world, selected, bodies)


async def test_r15_edges_of_conversations_that_are_followed(world: World) -> None:
    """Subscribe to one conversation, and to all of the organization."""

    def ringing_call() -> str:
        """Call, and wait until nothing more happens: a later subscription must not receive it."""
        call = world.call(RINGS_ON)
        until(world.harbor, call, "RINGING")
        return call

    call = ringing_call()
    one, every = Selected("conversationUpdated"), Selected("conversationsUpdated")
    follows_one = f"subscription($id: ID!) {{ conversationUpdated(id: $id) {{ id {one.fields} }} }}"
    follows_every = f"subscription {{ conversationsUpdated {{ id {every.fields} }} }}"
    async with AsyncExitStack() as open_:
        of_one: dict[frozenset[Scope], SubscriptionClient] = {}
        of_every: dict[frozenset[Scope], SubscriptionClient] = {}
        for lacking in OF_CONVERSATIONS:
            key = world.keys[lacking]
            of_one[lacking] = await open_.enter_async_context(subscribe_over_sse(key, follows_one, id=call))
            of_every[lacking] = await open_.enter_async_context(subscribe_over_sse(key, follows_every))
            await of_every[lacking].wait_until_subscribed(ringing_call)
        world.harbor.mutate_successfully("hangUpConversation", "__typename", conversationId=call)
        judge(world, one, {lacking: await follower.next() for lacking, follower in of_one.items()})
        judge(world, every, {lacking: await follower.next() for lacking, follower in of_every.items()})


async def test_r15_edges_of_numbers_that_are_followed(world: World) -> None:
    number, own = world.harbor.number(), world.harbor.number()
    world.harbor.publish(world.version, number, own, direction="BOTH")
    selected = Selected("phoneNumbersUpdated")
    query = f"subscription {{ phoneNumbersUpdated {{ phoneNumberId {selected.fields} }} }}"
    shared = [False]

    def switch(switched: Number) -> str:
        shared[0] = not shared[0]
        world.harbor.share(switched, shared[0])
        return f'"phoneNumberId": "{switched.id}"'  # the number itself is among those of the organization, too

    async with AsyncExitStack() as open_:
        followers: dict[frozenset[Scope], SubscriptionClient] = {}
        for lacking in OF_NUMBERS:
            followers[lacking] = await open_.enter_async_context(subscribe_over_sse(world.keys[lacking], query))
            await followers[lacking].wait_until_subscribed(lambda: switch(number))
        world.harbor.share(own)
        judge(world, selected, {lacking: await follower.next() for lacking, follower in followers.items()})


async def test_r15_edges_of_a_campaign_that_is_followed(world: World) -> None:
    created = world.harbor.mutate_successfully(
        "createCampaign",
        "campaign { id }",
        name="Check-ups",
        agentVersionId=world.version,
        pool=[{"e164": world.number.e164}],
    )
    campaign = created["campaign"]["id"]
    world.harbor.mutate_successfully(
        "addContacts", "accepted", campaignId=campaign, contacts=[{"e164": "+12125550100"}]
    )
    selected, bodies = Selected("campaignUpdated"), {}
    query = f"subscription($id: ID!) {{ campaignUpdated(id: $id) {{ id {selected.fields} }} }}"
    for lacking in OF_CAMPAIGNS:
        async with subscribe_over_sse(world.keys[lacking], query, id=campaign) as follower:
            bodies[lacking] = await follower.next()
    judge(world, selected, bodies)


def test_every_subscription_is_followed_here() -> None:
    assert GRAPHQL.subscription_type
    followed = {"campaignUpdated", "conversationUpdated", "conversationsUpdated", "phoneNumbersUpdated"}
    assert GRAPHQL.subscription_type.fields.keys() == followed
