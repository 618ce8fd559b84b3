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


# Of what is asked in vain until something happens: then it does not happen at all.
GIVEN_UP_AFTER = 500


def until_spent(client: Client, query: str, method: str = "POST") -> list[httpx.Response]:
    """Answers, the last of them a 429: however slow the machine, points come back more slowly than they are spent.

    Each document is another, as one that is kept is not read again.
    """
    answers: list[httpx.Response] = []
    for place in range(GIVEN_UP_AFTER):
        answers.append(ask(client, method, f"{query} # {place}"))
        if answers[-1].status_code == 429:
            return answers
    raise AssertionError("points are not spent")


def ask(client: Client, method: str, query: str) -> httpx.Response:
    if method == "POST":
        return client.post(query)
    return client.installation.http.get("/graphql", params={"query": query}, headers=client.headers)


def test_a_key_spends_its_budget_and_is_told_what_is_left_and_when_to_come_back(install: Install) -> None:
    """Points flow back meanwhile: what is left is never less than what was spent leaves."""
    northwind = install(points_per_minute=10 * COST).root("Northwind")
    *let_in, refused = until_spent(northwind, LIST)
    assert len(let_in) >= 10
    for spent, answer in enumerate(let_in, 1):
        assert (answer.status_code, answer.json()["extensions"]) == (200, {"cost": COST})
        assert int(answer.headers["RateLimit-Remaining"]) >= (10 - spent) * COST
    assert code(refused) == "RATE_LIMITED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 6
    assert int(refused.headers["RateLimit-Remaining"]) < COST
    assert "spent" in refused.json()["errors"][0]["message"]


def test_a_spent_key_changes_nothing(install: Install) -> None:
    northwind = install(points_per_minute=14).root("Northwind")
    create = 'mutation { createAgent(input: {name: "a"}) { agent { id } } }'
    created = len(until_spent(northwind, create)) - 1
    assert northwind.installation.rows("SELECT COUNT(*) FROM agent") == [(created,)]


def test_each_key_has_a_budget_of_its_own(install: Install) -> None:
    northwind = install(points_per_minute=2 * COST).root("Northwind")
    other = northwind.with_scopes(*Scope)
    until_spent(northwind, LIST)
    assert other.post(LIST).status_code == 200


def test_what_costs_more_than_a_whole_budget_takes_a_full_one(install: Install) -> None:
    northwind = install(points_per_minute=COST // 2).root("Northwind")
    assert northwind.post(LIST).status_code == 200
    assert until_spent(northwind, LIST)


TWO = "query A { __typename } query B { __typename }"
WRITE = 'mutation { createAgent(input: {name: "a"}) { agent { id } } }'
# What is sent, over what, and how it is answered as long as there are points.
REFUSED_AND_PAID = {
    "no document": ("POST", "{", 200),
    "an unknown field": ("POST", "{ nothing }", 200),
    "too many tokens": ("POST", "{" + " x" * 3000 + "}", 200),
    "two operations and no name": ("POST", TWO, 200),
    "a mutation by a link": ("GET", WRITE, 405),
    "a subscription without a stream": ("POST", FOLLOW, 400),
}


@pytest.mark.parametrize("what", REFUSED_AND_PAID)
def test_what_is_refused_is_paid_for_too(install: Install, what: str) -> None:
    method, query, status = REFUSED_AND_PAID[what]
    northwind = install(points_per_minute=REFUSED * 3).root("Northwind")
    answers = until_spent(northwind, query, method)
    assert {answer.status_code for answer in answers[:-1]} == {status}
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left[0] < REFUSED * 3
    assert code(answers[-1]) == "RATE_LIMITED"


def test_a_spent_key_has_nothing_read(install: Install) -> None:
    """What cannot be read is refused as spent, not as unreadable: so it was not read."""
    northwind = install(points_per_minute=1).root("Northwind")
    until_spent(northwind, LIST)
    answers = until_spent(northwind, "{ nothing }")
    assert code(answers[-1]) == "RATE_LIMITED"
    assert "this takes" not in answers[-1].json()["errors"][0]["message"]


def test_without_a_budget_nothing_is_counted(installation: Installation) -> None:
    answer = installation.root("Northwind").post(LIST)
    assert "RateLimit-Remaining" not in answer.headers


async def test_an_operation_of_a_socket_spends_too(install: Install) -> None:
    northwind = install(points_per_minute=COST).root("Northwind")
    until_spent(northwind, LIST)
    for query in (LIST, TWO, FOLLOW):
        async with over_socket(northwind, query) as it:
            answer = await it.next()
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["RATE_LIMITED"]


def test_a_stream_is_paid_for_before_it_begins(install: Install) -> None:
    northwind = install(points_per_minute=COST).root("Northwind")
    until_spent(northwind, LIST)
    headers = northwind.headers | {"Accept": "text/event-stream"}
    answer = northwind.installation.http.post("/graphql", headers=headers, json={"query": LIST})
    assert (answer.status_code, code(answer)) == (429, "RATE_LIMITED")
    assert int(answer.headers["Retry-After"]) >= 1
    assert int(answer.headers["RateLimit-Remaining"]) < COST


# ------------------------------------------------------------------------------------------------- failed sign-ins


def guess(installation: Installation, token: str, address: str) -> httpx.Response:
    """As a proxy on this machine hands it on, from anywhere."""
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
    return installation.http.post("/graphql", headers=headers, json={"query": "{ viewer { scopes } }"})


def flooded(installation: Installation, *addresses: str) -> httpx.Response:
    """The first refusal that tells to stay away; until then each is told that its key is no good."""
    for place in range(FAILED_SIGN_INS * 5):
        answer = guess(installation, f"ak_nobody.{place}", addresses[place % len(addresses)])
        if answer.status_code == 429:
            assert place >= FAILED_SIGN_INS
            return answer
        assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    raise AssertionError("bad keys are not limited")


def test_bad_keys_are_limited_and_the_owner_is_let_in(installation: Installation) -> None:
    owner, beside = installation.root("Northwind"), installation.root("Contoso")
    assert guess(installation, str(owner.secret), "192.0.2.1").status_code == 200
    refused = flooded(installation, "192.0.2.1")
    assert code(refused) == "RATE_LIMITED"
    assert int(refused.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in refused.headers
    assert guess(installation, str(owner.secret), "192.0.2.1").status_code == 200
    assert guess(installation, str(beside.secret), "192.0.2.2").status_code == 200


def test_beyond_the_limit_a_guess_is_not_looked_up(installation: Installation, statements: list[str]) -> None:
    """Not even one that is right, unless the key was good before."""
    northwind = installation.root("Northwind")
    flooded(installation, "192.0.2.1")
    for _ in range(100):  # each second one more is looked up
        statements.clear()
        if guess(installation, "ak_nobody.nothing", "192.0.2.1").status_code == 429:
            assert statements == []
            break
    right = str(northwind.secret)
    if guess(installation, right, "192.0.2.1").status_code == 429:
        assert statements == []
        assert guess(installation, right, "192.0.2.2").status_code == 200
    assert guess(installation, right, "192.0.2.1").status_code == 200


def test_a_known_key_with_a_wrong_secret_is_a_bad_one(installation: Installation) -> None:
    northwind = installation.root("Northwind")
    assert guess(installation, str(northwind.secret), "192.0.2.1").status_code == 200
    flooded(installation, "192.0.2.1")
    wrong = str(northwind.secret)[:-1] + ("0" if str(northwind.secret)[-1] != "0" else "1")
    assert {guess(installation, wrong, "192.0.2.1").status_code for _ in range(5)} <= {401, 429}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_addresses_that_are_one_customers_are_counted_as_one(
    installation: Installation, one: str, other: str, same: bool
) -> None:
    flooded(installation, one)
    answers = [guess(installation, "ak_nobody.nothing", other).status_code for _ in range(FAILED_SIGN_INS // 2)]
    assert (429 in answers) is same


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
    northwind, http = installation.root("Northwind"), installation.http
    streamed = northwind.headers | {"Accept": "text/event-stream"}
    answers = [
        northwind.post(LIST),
        installation.client(None).post(LIST),
        http.post("/graphql", headers=streamed, json={"query": LIST}),
        *(http.get(path) for path in ("/nothing", "/healthz", "/readyz")),
    ]
    assert {answer.status_code for answer in answers} == {200, 401, 404}
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
