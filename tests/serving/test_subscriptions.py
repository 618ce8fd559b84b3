"""Test the three subscriptions: what is seen, by whom, and when they end."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models import Scope
from schema import schema
from tests.conftest import Install
from tests.installation import Client, Installation, Number, join_stopping
from tests.serving.subscribers import (
    TRANSPORT_WS,
    SubscriptionClient,
    WebSocketClient,
    open_websocket,
    subscribe_over_sse,
    subscribe_over_websocket,
    websocket_url,
)

NUMBERS = """subscription($of: ID) { phoneNumbersUpdated(organizationId: $of) {
  phoneNumberId phoneNumber { e164 shareable access trunk { name } outboundSlot { agentVersion { number } } } } }"""
CONVERSATIONS = "subscription($of: ID) { conversationsUpdated(organizationId: $of) { id status endReason metadata } }"
CAMPAIGN = "subscription($id: ID!) { campaignUpdated(id: $id) { id status } }"
CONVERSATION = "subscription($id: ID!) { conversationUpdated(id: $id) { id status endReason } }"

Subscribe = Callable[..., AbstractAsyncContextManager[SubscriptionClient]]
both_transports = pytest.mark.parametrize("follow", [subscribe_over_websocket, subscribe_over_sse])


def shareable_probe(client: Client, number: Number) -> Callable[[], str]:
    """Return a probe that switches sharing of a number of its own; the payload contains its id."""
    switched = [False]

    def probe() -> str:
        switched[0] = not switched[0]
        share(client, number, on=switched[0])
        return number.id

    return probe


def share(client: Client, number: Number, *, on: bool) -> None:
    client.mutate_successfully("setPhoneNumberShareable", "__typename", phoneNumberId=number.id, shareable=on)


def call_probe(client: Client, number: Number) -> Callable[[], str]:
    def probe() -> str:
        conversation: str = call(client, number, note="probe")["id"]
        return conversation and "probe"

    return probe


def call(client: Client, number: Number, **metadata: Any) -> Any:
    return client.call(agentNumber=number.e164, agentConfig={}, metadata=metadata)["conversation"]


@both_transports
async def test_changed_numbers_arrive(northwind: Client, follow: Subscribe) -> None:
    trunk = northwind.trunk()
    probe, number = northwind.number(trunk=trunk), northwind.number(trunk=trunk)
    version = northwind.draft(northwind.agent())
    async with follow(northwind, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, probe))
        seen = {"e164": number.e164, "shareable": False, "access": "OWNED", "trunk": {"name": "Carrier"}}
        northwind.publish(version, number)
        changed = seen | {"outboundSlot": {"agentVersion": {"number": 1}}}
        assert await it.next() == number_payload(number, changed)
        northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, name="Another")
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumber"]["trunk"] == {"name": "Another"}
        northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
        assert await it.next() == number_payload(number, None)


def number_payload(number: Number, seen: Any) -> Any:
    return {"data": {"phoneNumbersUpdated": {"phoneNumberId": number.id, "phoneNumber": seen}}}


@both_transports
async def test_r6_a_borrower_receives_a_number_only_while_it_is_shared(northwind: Client, follow: Subscribe) -> None:
    child = northwind.child()
    probe, secret, shared = child.number(), northwind.number(), northwind.number()
    borrowed = {"e164": shared.e164, "shareable": True, "access": "SHARED", "trunk": None, "outboundSlot": None}
    async with follow(child, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(child, probe))
        northwind.version(northwind.agent(), secret)
        share(northwind, shared, on=True)
        assert await it.next() == number_payload(shared, borrowed)
        share(northwind, shared, on=False)
        assert await it.next() == number_payload(shared, None)
        northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=shared.id)
        share(northwind, secret, on=True)
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumberId"] == secret.id


async def test_r6_a_stranger_receives_nothing(northwind: Client) -> None:
    contoso = northwind.installation.root("Contoso")
    number, own = northwind.number(shareable=True), contoso.number()
    async with subscribe_over_websocket(contoso, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(contoso, contoso.number()))
        share(northwind, number, on=False)
        contoso.version(contoso.agent(), own)
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumberId"] == own.id


@both_transports
async def test_conversations_arrive_when_they_are_created_and_when_they_end(
    northwind: Client, follow: Subscribe
) -> None:
    child = northwind.child()
    shared, own = northwind.number(shareable=True), child.number()
    async with follow(northwind, CONVERSATIONS, of=child.organization_id) as it:
        await it.wait_until_subscribed(call_probe(child, own))
        created = call(child, shared)
        seen = {"id": created["id"], "status": "QUEUED", "endReason": None, "metadata": {}}
        assert await it.next() == {"data": {"conversationsUpdated": seen}}
        share(northwind, shared, on=False)
        ended = seen | {"status": "FAILED", "endReason": "NUMBER_NO_LONGER_AVAILABLE"}
        assert await it.next() == {"data": {"conversationsUpdated": ended}}


@both_transports
async def test_a_subscription_to_one_conversation_receives_no_other(northwind: Client, follow: Subscribe) -> None:
    child = northwind.child()
    shared = northwind.number(shareable=True)
    created, another = call(child, shared), call(child, northwind.number(shareable=True))
    async with follow(child, CONVERSATION, id=created["id"]) as it, follow(child, CONVERSATIONS) as all_of_them:
        await all_of_them.wait_until_subscribed(call_probe(child, child.number()))
        share(northwind, shared, on=False)
        ended = {"id": created["id"], "status": "FAILED", "endReason": "NUMBER_NO_LONGER_AVAILABLE"}
        assert await it.next() == {"data": {"conversationUpdated": ended}}
        assert another["id"] != created["id"]


@both_transports
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
async def test_an_invalid_subscription_is_refused(
    northwind: Client, follow: Subscribe, _case: str, query: str, variables: Any, code: str
) -> None:
    async with follow(northwind, query, **variables) as it:
        payload = await it.next()
        assert [error["extensions"]["code"] for error in payload["errors"]] == [code]
        assert not payload.get("data")


SUBSCRIPTION_SCOPES = {
    "campaignUpdated": (CAMPAIGN, {Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_MANAGE}),
    "conversationUpdated": (CONVERSATION, {Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE}),
    "conversationsUpdated": (CONVERSATIONS, {Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_MANAGE}),
    "phoneNumbersUpdated": (NUMBERS, {Scope.PHONE_NUMBERS_READ, Scope.PHONE_NUMBERS_MANAGE}),
}


@both_transports
@pytest.mark.parametrize("field", SUBSCRIPTION_SCOPES)
async def test_r15_subscribing_needs_the_scope_of_reading(northwind: Client, follow: Subscribe, field: str) -> None:
    """A key with the scope gets NOT_FOUND for an unknown organization or conversation; any other gets FORBIDDEN."""
    query, sufficient = SUBSCRIPTION_SCOPES[field]
    for scope in Scope:
        missing = {"of": "org_" + "0" * 26} if "$of" in query else {"id": "cnv_" + "0" * 26}
        async with follow(northwind.with_scopes(scope), query, **missing) as it:
            error = (await it.next())["errors"][0]
        assert error["extensions"]["code"] == ("NOT_FOUND" if scope in sufficient else "FORBIDDEN"), scope
        named = {each for each in Scope if each.name in error["message"]}
        assert named == (named if scope in sufficient else sufficient)


def test_every_subscription_has_a_row() -> None:
    assert schema._schema.subscription_type is not None
    assert SUBSCRIPTION_SCOPES.keys() == schema._schema.subscription_type.fields.keys()


@both_transports
async def test_a_revoked_key_receives_nothing_more(northwind: Client, follow: Subscribe) -> None:
    made = northwind.mutate_successfully(
        "createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"]
    )
    async with follow(northwind.installation.client(made["secret"]), NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
        northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
        assert (await it.next())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await it.next() is None


async def test_a_socket_of_a_revoked_key_runs_nothing_more(northwind: Client) -> None:
    made = northwind.mutate_successfully(
        "createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"]
    )
    async with open_websocket(northwind.installation.client(made["secret"])) as it:
        northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
        answer = await (await it.subscribe("{ viewer { scopes } }")).next()
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@both_transports
async def test_an_expired_key_receives_nothing_more(northwind: Client, follow: Subscribe) -> None:
    """Create a key that expires soon after it has subscribed: a few seconds, or more on a busy machine."""
    for seconds in (3, 15, 60):
        soon = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        made = northwind.mutate_successfully(
            "createApiKey", "secret", name="x", scopes=["PHONE_NUMBERS_READ"], expiresAt=soon
        )
        with suppress(AssertionError, ConnectionClosed):
            async with follow(northwind.installation.client(made["secret"]), NUMBERS) as it:
                await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
                last = await it.next()
                assert await it.next() is None
            break
    assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@both_transports
async def test_a_key_revoked_while_its_subscription_starts_receives_nothing(
    northwind: Client, follow: Subscribe, running_installations: list[Installation]
) -> None:
    """After authentication, before the subscription starts."""
    await asyncio.to_thread(join_stopping, running_installations)
    made = northwind.mutate_successfully(
        "createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"]
    )
    client = northwind.installation.client(made["secret"])
    with act_before_statement("max(change", lambda: revoke(northwind, made["apiKey"]["id"])) as done:
        async with follow(client, NUMBERS, of=northwind.organization_id) as it:
            assert (await it.next())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert await it.next() is None
    assert done == ["max(change"]


@contextmanager
def act_before_statement(words: str, act: Callable[[], None]) -> Iterator[list[str]]:
    """Runs an action once, before the first statement that contains a text."""
    done: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if words in statement and not done:
            done.append(words)
            act()

    sa.event.listen(sa.Engine, "before_cursor_execute", look)
    yield done
    sa.event.remove(sa.Engine, "before_cursor_execute", look)


def revoke(client: Client, key_id: str) -> None:
    client.installation.rows("UPDATE api_key SET revoked_at = created_at WHERE id = ?", key_id)


@both_transports
async def test_a_burst_of_changes_reaches_subscribers(northwind: Client, follow: Subscribe) -> None:
    """One commit changes more rows than a subscriber's buffer holds."""
    trunk, many = northwind.trunk(), 300
    numbers = {number.id for number in insert_numbers(northwind, trunk, many)}
    async with follow(northwind, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
        northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, name="Another")
        heard: dict[str, str] = {}
        while len(heard) < many:
            told = (await it.next())["data"]["phoneNumbersUpdated"]
            heard[told["phoneNumberId"]] = told["phoneNumber"]["trunk"]["name"]
        assert heard == dict.fromkeys(numbers, "Another")


def insert_numbers(client: Client, trunk: str, many: int) -> list[Number]:
    """Insert rows as if each had been created, in one statement."""
    client.installation.rows(
        "INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, created_at, updated_at)"
        " WITH RECURSIVE count(n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM count WHERE n + 1 < ?)"
        " SELECT 'num_000000000000000000000' || n, t.organization_id, t.id, '+120600' || n, FALSE,"
        " t.created_at, t.created_at FROM count, trunk AS t WHERE t.id = ?",
        10_000 + many,
        trunk,
    )
    return [Number(f"num_000000000000000000000{n}", f"+120600{n}") for n in range(10_000, 10_000 + many)]


async def test_a_change_of_many_numbers_ends_no_subscription(northwind: Client) -> None:
    """One change of a trunk is published for each of its numbers, and to no stranger."""
    trunk, contoso = northwind.trunk(), northwind.installation.root("Contoso")
    strangers = contoso.number()
    many = {number.id for number in insert_numbers(northwind, trunk, 10_500)}
    query = "subscription { phoneNumbersUpdated { phoneNumberId phoneNumber { trunk { name } } } }"
    async with subscribe_over_websocket(northwind, query) as it, subscribe_over_websocket(contoso, query) as other:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
        await other.wait_until_subscribed(shareable_probe(contoso, contoso.number()))
        noted = northwind.installation.rows("SELECT MAX(id) FROM change")[0][0]
        northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, name="Another")
        assert northwind.installation.rows("SELECT COUNT(*) FROM change WHERE id > ?", noted) == [(1,)]
        share(contoso, strangers, on=True)
        assert (await other.next())["data"]["phoneNumbersUpdated"]["phoneNumberId"] == strangers.id
        heard: dict[str, str] = {}
        while not many <= heard.keys():
            told = (await it.next())["data"]["phoneNumbersUpdated"]
            heard[told["phoneNumberId"]] = told["phoneNumber"]["trunk"]["name"]
        assert {heard[each] for each in many} == {"Another"}


async def test_r6_borrowers_receive_each_shared_number_of_a_change_of_many(northwind: Client) -> None:
    """Borrowers see each shared number, also one that cannot dial any more, and nothing of other numbers or of slots."""
    child, trunk, agent = northwind.child(), northwind.trunk(), northwind.agent()
    numbers = insert_numbers(northwind, trunk, 300)
    shared = {number.id for number in numbers[::2]}
    northwind.installation.rows(
        "UPDATE phone_number SET shareable = TRUE WHERE CAST(substr(e164, 8) AS INTEGER) % 2 = 0"
    )
    northwind.publish(northwind.draft(agent), *numbers)
    probe = shareable_probe(child, child.number())
    async with subscribe_over_websocket(child, "subscription { phoneNumbersUpdated { phoneNumberId } }") as it:
        await it.wait_until_subscribed(probe)
        northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
        northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=None)
        heard: list[str] = []
        while not shared <= set(heard):
            heard.append((await it.next())["data"]["phoneNumbersUpdated"]["phoneNumberId"])
        assert set(heard) == shared
        assert len(heard) == len(shared)


@both_transports
async def test_more_changes_than_are_kept_end_subscriptions(northwind: Client, follow: Subscribe) -> None:
    """Subscribers are told to refetch, as anything may have been trimmed."""
    trunk = northwind.trunk()
    insert_numbers(northwind, trunk, 11_100)
    async with follow(northwind, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
        northwind.installation.rows("UPDATE phone_number SET shareable = TRUE WHERE trunk_id = ?", trunk)
        while "errors" not in (payload := await it.next()):
            pass
        assert payload["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert await it.next() is None
    async with follow(northwind, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))


@both_transports
async def test_a_slow_reader_is_disconnected(install: Install, follow: Subscribe) -> None:
    """The slot of the key is free again: it may hold one."""
    northwind = install(max_subscriptions_per_key=1, operation_timeout_seconds=1).root()
    number, config = northwind.number(), {"text": "x" * 80_000}
    slow = "subscription { conversationsUpdated { id agentConfig } }"
    async with follow(northwind, slow) as it:
        await it.wait_until_subscribed(call_with_config(northwind, number, {"probe": "probe"}))
        while not await is_let_in(northwind, follow):
            await asyncio.to_thread(call_with_config(northwind, number, config))


async def is_let_in(client: Client, follow: Subscribe) -> bool:
    try:
        async with follow(client, CONVERSATION, id="cnv_" + "0" * 26) as it:
            payload = await it.next()
    except ConnectionClosed:
        return False
    code: str = payload["errors"][0]["extensions"]["code"]
    return code == "NOT_FOUND"


def call_with_config(client: Client, number: Number, config: Any) -> Callable[[], str]:
    def create() -> str:
        sent = {"to": "+12065550199", "agentNumber": number.e164, "agentConfig": config}
        client.mutate_successfully("createOutboundConversation", "__typename", **sent)
        return "probe"

    return create


@both_transports
async def test_an_agent_that_is_renamed_or_switched_off_arrives_with_its_numbers(
    northwind: Client, follow: Subscribe
) -> None:
    agent, number = northwind.agent(), northwind.number()
    northwind.version(agent, number)
    query = "subscription { phoneNumbersUpdated { phoneNumberId phoneNumber { outboundSlot { agentVersion { agent { name active } } } } } }"
    async with follow(northwind, query) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
        for change in ({"name": "Night desk"}, {"active": False}):
            northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, **change)
            told = (await it.next())["data"]["phoneNumbersUpdated"]
            assert told["phoneNumberId"] == number.id
            seen = told["phoneNumber"]["outboundSlot"]["agentVersion"]["agent"]
            assert seen == {"name": "Night desk", "active": "active" not in change}


async def test_what_another_process_commits_arrives(northwind: Client) -> None:
    async with subscribe_over_websocket(northwind, NUMBERS) as it:
        await it.wait_until_subscribed(shareable_probe(northwind, northwind.number()))
        northwind.installation.managed_trunk(northwind, "+12125550100")
        assert (await it.next())["data"]["phoneNumbersUpdated"]["phoneNumber"]["e164"] == "+12125550100"


async def test_queries_and_mutations_run_over_a_socket_too(northwind: Client) -> None:
    number = northwind.number()
    query = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { shareable sharing { organizationsBelow } } } }"
    async with open_websocket(northwind) as it:
        assert await ask_over_socket(it, query, id=number.id) == {
            "shareable": False,
            "sharing": {"organizationsBelow": 0},
        }
        northwind.child()
        share(northwind, number, on=True)
        assert await ask_over_socket(it, query, id=number.id) == {
            "shareable": True,
            "sharing": {"organizationsBelow": 1},
        }


async def ask_over_socket(it: WebSocketClient, query: str, **variables: Any) -> Any:
    following = await it.subscribe(query, **variables)
    answer = (await following.next())["data"]["node"]
    assert await following.next() is None
    return answer


@pytest.mark.parametrize("secret", ["ak_wrong", ""])
async def test_an_invalid_key_is_rejected(northwind: Client, secret: str) -> None:
    async with connect(websocket_url(northwind), subprotocols=[TRANSPORT_WS]) as connection:
        it = WebSocketClient(connection)
        await it.send(type="connection_init", payload={"authorization": f"Bearer {secret}"})
        with pytest.raises(ConnectionClosed) as closed:
            await it.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def test_a_socket_of_an_allowed_origin_is_accepted(install: Install) -> None:
    allowed = "https://console.example.com"
    northwind = install(allowed_origins=(allowed,)).root()
    with pytest.raises(InvalidStatus):
        await connect(websocket_url(northwind), subprotocols=[TRANSPORT_WS], origin="https://evil.example.com")  # type: ignore[arg-type]
    async with open_websocket(northwind, origin=allowed) as it:
        assert (await (await it.subscribe("{ viewer { scopes } }")).next())["data"]


def test_a_client_that_takes_both_gets_json_where_it_can_have_it(northwind: Client) -> None:
    accept = {"Accept": "application/graphql-response+json, application/json, text/event-stream"}
    http, headers = northwind.installation.http, northwind.headers | accept
    query = http.post("/graphql", headers=headers, json={"query": "{ viewer { scopes } }"})
    assert query.headers["content-type"] == "application/json"
    missing = {"query": CONVERSATION, "variables": {"id": "cnv_" + "0" * 26}}
    assert http.post("/graphql", headers=headers, json=missing).headers["content-type"].startswith("text/event-stream")


def test_a_subscription_without_a_stream_is_refused_with_advice(northwind: Client) -> None:
    response = northwind.post(CONVERSATIONS)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
