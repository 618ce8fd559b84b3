"""How much a key may ask: budgets by cost, failed sign-ins that lock nobody out, and how many may follow at once."""

import asyncio
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from models import Scope
from serving.admission import FAILED_SIGN_INS, REFUSED
from tests.conftest import Install
from tests.installation import Client, Installation
from tests.serving.following import TRANSPORT_WS, over_events, over_socket, socket, socket_address

LIST = "{ trunks(first: 98) { nodes { id } } }"
COST = 100
FOLLOW = "subscription { phoneNumbersUpdated { phoneNumberId } }"


def code(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    assert answer.json().keys() == {"errors"}
    found: str = error["extensions"]["code"]
    return found


def test_a_key_spends_its_budget_and_is_told_what_is_left_and_when_to_come_back(install: Install) -> None:
    """Points flow back meanwhile: what is left is never less than what was spent leaves."""
    northwind = install(points_per_minute=10 * COST).root("Northwind")
    for spent in range(1, 11):
        answer = northwind.post(LIST)
        assert (answer.status_code, answer.json()["extensions"]) == (200, {"cost": COST})
        assert (10 - spent) * COST <= int(answer.headers["RateLimit-Remaining"]) < (11 - spent) * COST
    refused = northwind.post(LIST)
    for _ in range(20):  # on a slow machine a call's worth may have come back
        refused = refused if refused.status_code != 200 else northwind.post(LIST)
    assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
    assert 1 <= int(refused.headers["Retry-After"]) <= 6
    assert int(refused.headers["RateLimit-Remaining"]) < COST
    assert f"{COST:,}" in refused.json()["errors"][0]["message"]


def test_a_spent_key_changes_nothing(install: Install) -> None:
    northwind = install(points_per_minute=14).root("Northwind")
    create = 'mutation { createAgent(input: {name: "a"}) { agent { id } } }'
    assert northwind.post(create).status_code == 200
    before = northwind.installation.contents()
    assert northwind.post(create).status_code == 429
    assert northwind.installation.contents() == before


def test_each_key_has_a_budget_of_its_own(install: Install) -> None:
    northwind = install(points_per_minute=2 * COST).root("Northwind")
    other = northwind.with_scopes(*Scope)
    assert [northwind.post(LIST).status_code for _ in range(4)][-1] == 429
    assert other.post(LIST).status_code == 200


def test_what_costs_more_than_a_whole_budget_takes_a_full_one(install: Install) -> None:
    northwind = install(points_per_minute=COST // 2).root("Northwind")
    assert [northwind.post(LIST).status_code for _ in range(2)] == [200, 429]


def test_what_is_refused_is_paid_for_too(install: Install) -> None:
    northwind = install(points_per_minute=REFUSED * 3).root("Northwind")
    for query in ("{", "{ nothing }", "{" + " x" * 3000 + "}"):
        assert northwind.post(query).status_code == 200
    assert northwind.post("{").status_code == 429


def test_without_a_budget_nothing_is_counted(installation: Installation) -> None:
    answer = installation.root("Northwind").post(LIST)
    assert "RateLimit-Remaining" not in answer.headers


@pytest.mark.parametrize("follow", [over_socket, over_events])
async def test_a_stream_spends_too(install: Install, follow: Any) -> None:
    northwind = install(points_per_minute=COST).root("Northwind")
    assert northwind.post(LIST).status_code == 200
    async with follow(northwind, LIST) as it:
        (error,) = (await it.next())["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"


def test_bad_keys_are_limited_and_the_owner_is_let_in(installation: Installation) -> None:
    northwind, stranger = installation.root("Northwind"), installation.client("ak_nobody.nothing")
    answers = [stranger.post("{ viewer { scopes } }") for _ in range(FAILED_SIGN_INS + 20)]
    assert [answer.status_code for answer in answers[:FAILED_SIGN_INS]] == [401] * FAILED_SIGN_INS
    assert (answers[-1].status_code, code(answers[-1])) == (429, "RATE_LIMITED")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in answers[-1].headers
    assert northwind("{ viewer { scopes } }")


async def test_a_key_holds_so_many_sockets_and_no_more(install: Install) -> None:
    northwind = install(open_per_key=2).root("Northwind")
    other = northwind.child()
    async with socket(northwind), socket(northwind):
        async with connect(socket_address(northwind), subprotocols=[TRANSPORT_WS]) as third:
            await third.send(
                f'{{"type": "connection_init", "payload": {{"authorization": "Bearer {northwind.secret}"}}}}'
            )
            with pytest.raises(ConnectionClosed) as closed:
                await third.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 4403
        async with socket(other):
            pass
    for _ in range(100):  # until the server has noticed that they left
        try:
            async with socket(northwind):
                return
        except ConnectionClosed:
            continue
    raise AssertionError("the places of sockets that left are not given back")


@pytest.mark.parametrize("follow", [over_socket, over_events])
async def test_a_key_follows_so_much_and_no_more(install: Install, follow: Any) -> None:
    northwind = install(open_per_key=2).root("Northwind")
    number = northwind.number()

    def probe() -> str:
        northwind.share(number, not northwind(SHARED, id=number.id)["node"]["shareable"])
        return number.id

    async with follow(northwind, FOLLOW) as first, over_events(northwind, FOLLOW) as second:
        await first.ready(probe)
        await second.ready(probe)
        async with follow(northwind, FOLLOW) as third:
            (error,) = (await third.next())["errors"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
    await asyncio.wait_for(followed_again(northwind, follow, probe), 60)


SHARED = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { shareable } } }"


async def followed_again(client: Client, follow: Any, probe: Any) -> None:
    """As soon as the server has noticed that the others left."""
    while True:
        async with follow(client, FOLLOW) as again:
            coming = asyncio.ensure_future(again.next())
            while not coming.done():
                await asyncio.to_thread(probe)
                await asyncio.wait({coming}, timeout=0.1)
            if "errors" not in coming.result():
                return


@pytest.mark.parametrize(
    "address", ["/graphql?token=%s", "/graphql?authorization=Bearer%%20%s", "/graphql?access_token=%s"]
)
def test_a_key_in_an_address_is_no_key(installation: Installation, address: str) -> None:
    northwind = installation.root("Northwind")
    answer = installation.http.post(address % northwind.secret, json={"query": "{ viewer { scopes } }"})
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")


def test_an_answer_is_guarded(installation: Installation) -> None:
    northwind = installation.root("Northwind")
    for answer in (northwind.post(LIST), installation.client(None).post(LIST), installation.http.get("/nothing")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
