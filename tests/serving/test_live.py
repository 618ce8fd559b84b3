"""The three subscriptions, over WebSockets and over server-sent events: what is seen, by whom, and when it ends."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models import Scope
from schema import schema
from tests.conftest import Install
from tests.installation import Client, Number
from tests.serving.following import TRANSPORT_WS, Follower, Socket, over_events, over_socket, socket, socket_address

NUMBERS = """subscription($of: ID) { phoneNumbersUpdated(organizationId: $of) {
  phoneNumberId phoneNumber { e164 shareable access trunk { name } outboundSlot { agentVersion { number } } } } }"""
CONVERSATIONS = "subscription($of: ID) { conversationsUpdated(organizationId: $of) { id status endReason metadata } }"
CONVERSATION = "subscription($id: ID!) { conversationUpdated(id: $id) { id status endReason } }"

Following = Callable[..., AbstractAsyncContextManager[Follower]]
both_ways = pytest.mark.parametrize("follow", [over_socket, over_events])


def probing(client: Client, number: Number) -> Callable[[], str]:
    """Switches a number that is there for nothing else; its id tells the payload."""
    switched = [False]

    def probe() -> str:
        switched[0] = not switched[0]
        share(client, number, on=switched[0])
        return number.id

    return probe


def share(client: Client, number: Number, *, on: bool) -> None:
    client.do("setPhoneNumberShareable", "__typename", phoneNumberId=number.id, shareable=on)


def calling(client: Client, number: Number) -> Callable[[], str]:
    def probe() -> str:
        conversation: str = call(client, number, note="probe")["id"]
        return conversation and "probe"

    return probe


def call(client: Client, number: Number, **metadata: Any) -> Any:
    return client.call(agentNumber=number.e164, agentConfig={}, metadata=metadata)["conversation"]


@both_ways
async def test_numbers_that_change_arrive_as_they_are(northwind: Client, follow: Following) -> None:
    trunk = northwind.trunk()
    probe, number = northwind.number(trunk=trunk), northwind.number(trunk=trunk)
    version = northwind.draft(northwind.agent())
    async with follow(northwind, NUMBERS) as it:
        await it.ready(probing(northwind, probe))
        seen = {"e164": number.e164, "shareable": False, "access": "OWNED", "trunk": {"name": "Carrier"}}
        northwind.publish(version, number)
        changed = seen | {"outboundSlot": {"agentVersion": {"number": 1}}}
        assert await it.next() == change(number, changed)
        northwind.do("updateTrunk", "__typename", trunkId=trunk, name="Another")
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumber"]["trunk"] == {"name": "Another"}
        northwind.do("deletePhoneNumber", "__typename", phoneNumberId=number.id)
        assert await it.next() == change(number, None)


def change(number: Number, seen: Any) -> Any:
    return {"data": {"phoneNumbersUpdated": {"phoneNumberId": number.id, "phoneNumber": seen}}}


@both_ways
async def test_r6_a_borrower_hears_of_a_number_only_while_it_is_shared(northwind: Client, follow: Following) -> None:
    child = northwind.child()
    probe, secret, shared = child.number(), northwind.number(), northwind.number()
    borrowed = {"e164": shared.e164, "shareable": True, "access": "SHARED", "trunk": None, "outboundSlot": None}
    async with follow(child, NUMBERS) as it:
        await it.ready(probing(child, probe))
        northwind.version(northwind.agent(), secret)
        share(northwind, shared, on=True)
        assert await it.next() == change(shared, borrowed)
        share(northwind, shared, on=False)
        assert await it.next() == change(shared, None)
        northwind.do("deletePhoneNumber", "__typename", phoneNumberId=shared.id)
        share(northwind, secret, on=True)
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumberId"] == secret.id


async def test_r6_a_stranger_hears_nothing(northwind: Client) -> None:
    contoso = northwind.installation.root("Contoso")
    number, own = northwind.number(shareable=True), contoso.number()
    async with over_socket(contoso, NUMBERS) as it:
        await it.ready(probing(contoso, contoso.number()))
        share(northwind, number, on=False)
        contoso.version(contoso.agent(), own)
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumberId"] == own.id


@both_ways
async def test_conversations_arrive_when_they_are_created_and_when_they_end(
    northwind: Client, follow: Following
) -> None:
    child = northwind.child()
    shared, own = northwind.number(shareable=True), child.number()
    async with follow(northwind, CONVERSATIONS, of=child.organization_id) as it:
        await it.ready(calling(child, own))
        created = call(child, shared)
        seen = {"id": created["id"], "status": "QUEUED", "endReason": None, "metadata": {}}
        assert await it.next() == {"data": {"conversationsUpdated": seen}}
        share(northwind, shared, on=False)
        ended = seen | {"status": "FAILED", "endReason": "NUMBER_NO_LONGER_AVAILABLE"}
        assert await it.next() == {"data": {"conversationsUpdated": ended}}


@both_ways
async def test_one_conversation_is_followed_alone(northwind: Client, follow: Following) -> None:
    child = northwind.child()
    shared = northwind.number(shareable=True)
    created, another = call(child, shared), call(child, northwind.number(shareable=True))
    async with follow(child, CONVERSATION, id=created["id"]) as it, follow(child, CONVERSATIONS) as all_of_them:
        await all_of_them.ready(calling(child, child.number()))
        share(northwind, shared, on=False)
        ended = {"id": created["id"], "status": "FAILED", "endReason": "NUMBER_NO_LONGER_AVAILABLE"}
        assert await it.next() == {"data": {"conversationUpdated": ended}}
        assert another["id"] != created["id"]


@both_ways
@pytest.mark.parametrize(
    ("_case", "query", "variables", "code"),
    [
        ("another's organization", NUMBERS, {"of": "org_00000000000000000000000000"}, "NOT_FOUND"),
        ("no such conversation", CONVERSATION, {"id": "cnv_00000000000000000000000000"}, "NOT_FOUND"),
        ("not a document", "subscription {", {}, "GRAPHQL_PARSE_FAILED"),
        ("no such field", "subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("a variable of the wrong type", CONVERSATION, {"id": [1]}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_followed_says_so(
    northwind: Client, follow: Following, _case: str, query: str, variables: Any, code: str
) -> None:
    async with follow(northwind, query, **variables) as it:
        payload = await it.next()
        assert [error["extensions"]["code"] for error in payload["errors"]] == [code]
        assert not payload.get("data")


FOLLOWED = {
    "conversationUpdated": (CONVERSATION, {Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE}),
    "conversationsUpdated": (CONVERSATIONS, {Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE}),
    "phoneNumbersUpdated": (NUMBERS, {Scope.PHONE_NUMBERS_READ, Scope.PHONE_NUMBERS_MANAGE}),
}


@both_ways
@pytest.mark.parametrize("field", FOLLOWED)
async def test_r15_following_takes_the_scope_of_reading(northwind: Client, follow: Following, field: str) -> None:
    """A key with the scope is told that there is no such organization or conversation; any other is told nothing."""
    query, sufficient = FOLLOWED[field]
    for scope in Scope:
        missing = {"of": "org_" + "0" * 26} if "$of" in query else {"id": "cnv_" + "0" * 26}
        async with follow(northwind.with_scopes(scope), query, **missing) as it:
            error = (await it.next())["errors"][0]
        assert error["extensions"]["code"] == ("NOT_FOUND" if scope in sufficient else "FORBIDDEN"), scope
        named = {each for each in Scope if each.name in error["message"]}
        assert named == (named if scope in sufficient else sufficient)


def test_every_subscription_has_a_row() -> None:
    assert schema._schema.subscription_type is not None
    assert FOLLOWED.keys() == schema._schema.subscription_type.fields.keys()


@both_ways
async def test_a_revoked_key_hears_nothing_more(northwind: Client, follow: Following) -> None:
    made = northwind.do("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    async with follow(northwind.installation.client(made["secret"]), NUMBERS) as it:
        await it.ready(probing(northwind, northwind.number()))
        northwind.do("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
        assert (await it.next())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await it.next() is None


async def test_a_socket_of_a_revoked_key_runs_nothing_more(northwind: Client) -> None:
    made = northwind.do("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    async with socket(northwind.installation.client(made["secret"])) as it:
        northwind.do("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
        answer = await (await it.subscribe("{ viewer { scopes } }")).next()
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_slow_reader_is_told_to_fetch_anew(northwind: Client) -> None:
    number = northwind.number()
    config = {"text": "x" * 80_000}
    async with socket(northwind, max_queue=1, compression=None) as it:
        following = await it.subscribe("subscription { conversationsUpdated { id agentConfig } }")
        await following.ready(calling_with(northwind, number, {"probe": "probe"}))
        for _ in range(400):
            calling_with(northwind, number, config)()
        payloads = 0
        while "errors" not in (payload := await following.next()):
            payloads += 1
        assert payload["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert payloads < 400
        assert await following.next() is None


def calling_with(client: Client, number: Number, config: Any) -> Callable[[], str]:
    def create() -> str:
        sent = {"to": "+12065550199", "agentNumber": number.e164, "agentConfig": config}
        client.do("createOutboundConversation", "__typename", **sent)
        return "probe"

    return create


async def test_what_another_process_commits_arrives(northwind: Client) -> None:
    async with over_socket(northwind, NUMBERS) as it:
        await it.ready(probing(northwind, northwind.number()))
        northwind.installation.managed_trunk(northwind, "+12125550100")
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumber"]["e164"] == "+12125550100"


async def test_queries_and_mutations_run_over_a_socket_too(northwind: Client) -> None:
    number = northwind.number()
    query = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { shareable sharing { organizationsBelow } } } }"
    async with socket(northwind) as it:
        assert await one(it, query, id=number.id) == {"shareable": False, "sharing": {"organizationsBelow": 0}}
        northwind.child()
        share(northwind, number, on=True)
        assert await one(it, query, id=number.id) == {"shareable": True, "sharing": {"organizationsBelow": 1}}


async def one(it: Socket, query: str, **variables: Any) -> Any:
    following = await it.subscribe(query, **variables)
    answer = (await following.next())["data"]["node"]
    assert await following.next() is None
    return answer


@pytest.mark.parametrize("secret", ["ak_wrong", ""])
async def test_a_wrong_key_is_not_let_in(northwind: Client, secret: str) -> None:
    async with connect(socket_address(northwind), subprotocols=[TRANSPORT_WS]) as connection:
        it = Socket(connection)
        await it.send(type="connection_init", payload={"authorization": f"Bearer {secret}"})
        with pytest.raises(ConnectionClosed) as closed:
            await it.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def test_a_page_of_another_origin_is_let_in_where_it_is_allowed(install: Install) -> None:
    allowed = "https://console.example.com"
    northwind = install(allowed_origins=(allowed,)).root()
    with pytest.raises(InvalidStatus):
        await connect(socket_address(northwind), subprotocols=[TRANSPORT_WS], origin="https://evil.example.com")  # type: ignore[arg-type]
    async with socket(northwind, origin=allowed) as it:
        assert (await (await it.subscribe("{ viewer { scopes } }")).next())["data"]


def test_a_client_that_takes_both_gets_json_where_it_can_have_it(northwind: Client) -> None:
    accept = {"Accept": "application/graphql-response+json, application/json, text/event-stream"}
    http, headers = northwind.installation.http, northwind.headers | accept
    query = http.post("/graphql", headers=headers, json={"query": "{ viewer { scopes } }"})
    assert query.headers["content-type"] == "application/json"
    missing = {"query": CONVERSATION, "variables": {"id": "cnv_" + "0" * 26}}
    assert http.post("/graphql", headers=headers, json=missing).headers["content-type"].startswith("text/event-stream")


def test_a_subscription_without_a_stream_says_how_to_follow(northwind: Client) -> None:
    response = northwind.post(CONVERSATIONS)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
