"""The three subscriptions, over WebSockets and over server-sent events: what is seen, by whom, and when it ends."""

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


@both_ways
async def test_a_key_that_expires_hears_nothing_more(northwind: Client, follow: Following) -> None:
    """One that lasts until it follows: a few seconds, or more on a machine that is busy."""
    for seconds in (3, 15, 60):
        soon = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        made = northwind.do("createApiKey", "secret", name="x", scopes=["PHONE_NUMBERS_READ"], expiresAt=soon)
        with suppress(AssertionError, ConnectionClosed):
            async with follow(northwind.installation.client(made["secret"]), NUMBERS) as it:
                await it.ready(probing(northwind, northwind.number()))
                last = await it.next()
                assert await it.next() is None
            break
    assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@both_ways
async def test_a_key_revoked_while_its_subscription_begins_hears_nothing(northwind: Client, follow: Following) -> None:
    """After it was let in, before it follows."""
    made = northwind.do("createApiKey", "secret apiKey { id }", name="x", scopes=["PHONE_NUMBERS_READ"])
    client = northwind.installation.client(made["secret"])
    with before("max(change", lambda: revoke(northwind, made["apiKey"]["id"])) as done:
        async with follow(client, NUMBERS, of=northwind.organization_id) as it:
            assert (await it.next())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert await it.next() is None
    assert done == ["max(change"]


@contextmanager
def before(words: str, act: Callable[[], None]) -> Iterator[list[str]]:
    """Acts once, as the first statement with these words is about to be read."""
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


@both_ways
async def test_a_burst_of_changes_reaches_whoever_reads(northwind: Client, follow: Following) -> None:
    """One commit changes more than is held for a reader."""
    trunk, many = northwind.trunk(), 300
    numbers = {number.id for number in insert_numbers(northwind, trunk, many)}
    async with follow(northwind, NUMBERS) as it:
        await it.ready(probing(northwind, northwind.number()))
        northwind.do("updateTrunk", "__typename", trunkId=trunk, name="Another")
        heard: dict[str, str] = {}
        while len(heard) < many:
            told = (await it.next())["data"]["phoneNumbersUpdated"]
            heard[told["phoneNumberId"]] = told["phoneNumber"]["trunk"]["name"]
        assert heard == dict.fromkeys(numbers, "Another")


def insert_numbers(client: Client, trunk: str, many: int) -> list[Number]:
    """As if each had been added, in one statement."""
    client.installation.rows(
        "INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, created_at, updated_at)"
        " WITH RECURSIVE count(n) AS (SELECT 10000 UNION ALL SELECT n + 1 FROM count WHERE n + 1 < ?)"
        " SELECT 'num_000000000000000000000' || n, t.organization_id, t.id, '+120600' || n, FALSE,"
        " t.created_at, t.created_at FROM count, trunk AS t WHERE t.id = ?",
        10_000 + many,
        trunk,
    )
    return [Number(f"num_000000000000000000000{n}", f"+120600{n}") for n in range(10_000, 10_000 + many)]


@both_ways
async def test_more_changes_than_are_kept_end_what_is_followed(northwind: Client, follow: Following) -> None:
    """Whoever reads is told to fetch anew, as what was trimmed may have been anything."""
    trunk = northwind.trunk()
    insert_numbers(northwind, trunk, 11_100)
    async with follow(northwind, NUMBERS) as it:
        await it.ready(probing(northwind, northwind.number()))
        northwind.do("updateTrunk", "__typename", trunkId=trunk, name="Another")
        while "errors" not in (payload := await it.next()):
            pass
        assert payload["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert await it.next() is None
    async with follow(northwind, NUMBERS) as it:
        await it.ready(probing(northwind, northwind.number()))


@both_ways
async def test_a_reader_that_takes_nothing_is_cut_off(install: Install, follow: Following) -> None:
    """Its place is free again: a key may hold one."""
    northwind = install(open_per_key=1, operation_seconds=1).root()
    number, config = northwind.number(), {"text": "x" * 80_000}
    slow = "subscription { conversationsUpdated { id agentConfig } }"
    async with follow(northwind, slow) as it:
        await it.ready(calling_with(northwind, number, {"probe": "probe"}))
        while not await is_let_in(northwind, follow):
            await asyncio.to_thread(calling_with(northwind, number, config))


async def is_let_in(client: Client, follow: Following) -> bool:
    try:
        async with follow(client, CONVERSATION, id="cnv_" + "0" * 26) as it:
            payload = await it.next()
    except ConnectionClosed:
        return False
    code: str = payload["errors"][0]["extensions"]["code"]
    return code == "NOT_FOUND"


def calling_with(client: Client, number: Number, config: Any) -> Callable[[], str]:
    def create() -> str:
        sent = {"to": "+12065550199", "agentNumber": number.e164, "agentConfig": config}
        client.do("createOutboundConversation", "__typename", **sent)
        return "probe"

    return create


@both_ways
async def test_an_agent_that_is_renamed_or_switched_off_arrives_with_its_numbers(
    northwind: Client, follow: Following
) -> None:
    agent, number = northwind.agent(), northwind.number()
    northwind.version(agent, number)
    query = "subscription { phoneNumbersUpdated { phoneNumberId phoneNumber { outboundSlot { agentVersion { agent { name active } } } } } }"
    async with follow(northwind, query) as it:
        await it.ready(probing(northwind, northwind.number()))
        for change in ({"name": "Night desk"}, {"active": False}):
            northwind.do("updateAgent", "__typename", agentId=agent, **change)
            told = (await it.next())["data"]["phoneNumbersUpdated"]
            assert told["phoneNumberId"] == number.id
            seen = told["phoneNumber"]["outboundSlot"]["agentVersion"]["agent"]
            assert seen == {"name": "Night desk", "active": "active" not in change}


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
