"""Test budgets, failed sign-ins and limits of open subscriptions."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from models import Scope, new_id
from models.api_key_secret import generate_secret
from resolvers.authentication import Authenticator
from serving.admission import (
    MAX_FAILED_SIGN_INS_PER_MINUTE,
    POINTS_PER_ROW_WRITTEN,
    REFUSED_DOCUMENT_POINTS,
    REQUEST_POINTS,
)
from storage import Database
from storage.statement import Statement, StatementCache
from tests.conftest import Install
from tests.installation import Client, Installation
from tests.retrying import attempts
from tests.serving.subscribers import (
    TRANSPORT_WS,
    open_websocket,
    subscribe_over_sse,
    subscribe_over_websocket,
    websocket_url,
)

LIST_QUERY = "{ trunks(first: 98) { nodes { id } } }"
# The fixed cost of an operation, and of parsing it, as each document is new.
COST, READING_COST = 100, REQUEST_POINTS + 57
SUBSCRIPTION = "subscription { phoneNumbersUpdated { phoneNumberId } }"


def error_code(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    assert answer.json().keys() == {"errors"}
    found: str = error["extensions"]["code"]
    return found


# Attempts until a test gives up.
MAX_ATTEMPTS = 500


def ask_until_limited(client: Client, query: str, method: str = "POST", *, new: bool = True) -> list[httpx.Response]:
    """Send operations until one is answered 429: even on a slow machine points are spent faster than they refill.

    `new`: each document differs, as a cached one is not parsed again.
    """
    answers: list[httpx.Response] = []
    for place in range(MAX_ATTEMPTS):
        answers.append(ask(client, method, numbered(query, place) if new else query))
        if answers[-1].status_code == 429:
            return answers
    raise AssertionError("points are not spent")


def numbered(query: str, place: int) -> str:
    return f"{query} # {place}"


def ask(client: Client, method: str, query: str) -> httpx.Response:
    if method == "POST":
        return client.post(query)
    return client.installation.http.get("/graphql", params={"query": query}, headers=client.headers)


def test_responses_report_remaining_points_and_retry_after(install: Install) -> None:
    """The bucket refills meanwhile, so at least the difference must remain."""
    northwind = install(points_per_minute=10 * COST).root("Northwind")
    northwind.installation.root("Contoso")(
        LIST_QUERY
    )  # so that compiling the statement is charged to another organization
    *let_in, refused = ask_until_limited(northwind, LIST_QUERY)
    assert len(let_in) >= 5
    for spent, answer in enumerate(let_in, 1):
        assert (answer.status_code, answer.json()["extensions"]) == (200, {"cost": COST})
        assert int(answer.headers["RateLimit-Remaining"]) >= 10 * COST - spent * (COST + READING_COST)
    assert error_code(refused) == "RATE_LIMITED"
    assert int(refused.headers["Retry-After"]) >= 1
    assert int(refused.headers["RateLimit-Remaining"]) < COST
    assert "spent" in refused.json()["errors"][0]["message"]


# A budget, and whether each document is new. The first operation overdraws the last budget, so no more is parsed.
WAITED_FOR = {"kept": (600, False), "read in vain": (600, True), "not read": (60, True)}


@pytest.mark.parametrize("what", WAITED_FOR)
def test_a_request_after_retry_after_succeeds(install: Install, what: str) -> None:
    """By then the missing points have refilled; an earlier attempt takes none."""
    (budget, new), query = WAITED_FOR[what], f"{LIST_QUERY} # {what}"
    northwind = install(points_per_minute=budget).root("Northwind")
    northwind.installation.root("Contoso")(query)  # caches the document, and compiles the statement
    began, takes = time.monotonic(), COST + (READING_COST if new else REQUEST_POINTS)
    *let_in, refused = ask_until_limited(northwind, query, new=new)
    passed, wait = time.monotonic() - began, int(refused.headers["Retry-After"])
    was_read = "this takes" in refused.json()["errors"][0]["message"]
    spent = len(let_in) * takes + (READING_COST - REQUEST_POINTS if new and was_read else 0)
    assert budget - spent + (passed + wait) * budget / 60 >= min(takes, budget)
    again = northwind.post(numbered(query, len(let_in)) if new else query)
    assert 1 <= int(again.headers["Retry-After"]) <= wait


def test_a_spent_key_changes_nothing(install: Install) -> None:
    northwind = install(points_per_minute=14).root("Northwind")
    create = 'mutation { createAgent(input: {name: "a"}) { agent { id } } }'
    created = len(ask_until_limited(northwind, create)) - 1
    assert northwind.installation.rows("SELECT COUNT(*) FROM agent") == [(created,)]


def test_the_keys_of_an_organization_spend_from_one_budget(install: Install) -> None:
    """Another key does not help, as keys cost nothing; other organizations have their own budget."""
    northwind = install(points_per_minute=10 * COST).root("Northwind")
    contoso = northwind.installation.root("Contoso")
    others = [northwind.with_scopes(*Scope) for _ in range(3)]
    ask_until_limited(northwind, LIST_QUERY)
    assert {error_code(other.post(LIST_QUERY)) for other in others} == {"RATE_LIMITED"}
    assert contoso.post(LIST_QUERY).status_code == 200


def test_written_rows_cost_points(install: Install) -> None:
    """Each changed slot is also recorded in the audit log; what changes nothing costs only its estimate."""
    northwind = install(points_per_minute=20_000).root("Northwind")
    trunk, many = northwind.trunk(), 100
    numbers = [northwind.number(trunk=trunk).e164 for _ in range(many)]
    version = northwind.draft(northwind.agent())
    spent = []
    for _ in range(2):
        before = int(northwind.post("{ viewer { scopes } }").headers["RateLimit-Remaining"])
        northwind.mutate_successfully(
            "publishAgentVersion", "__typename", agentVersionId=version, phoneNumbers=numbers, direction="BOTH"
        )
        spent.append(before - int(northwind.post("{ viewer { scopes } }").headers["RateLimit-Remaining"]))
    assert spent[0] - spent[1] > 2 * many * POINTS_PER_ROW_WRITTEN / 2


def test_a_cached_response_costs_the_points_of_a_request(install: Install) -> None:
    """Else an operation with a tiny response would be free. Its document is cached already."""
    northwind, query = install(points_per_minute=1).root("Northwind"), "{ __typename }"
    assert northwind.installation.root("Contoso").post(query).status_code == 200
    assert northwind.post(query).status_code == 200
    wait = int(northwind.post(query).headers["Retry-After"])
    assert 60 * (REQUEST_POINTS - 3) < wait < 60 * (REQUEST_POINTS + 3)


def test_making_a_statement_is_paid_for_by_who_asks_first() -> None:
    """A list that is new takes longer to compile to SQL than to read."""
    kept = StatementCache(2)
    made = [kept.get("list", lambda: sa.select(sa.table("row", sa.column("id")))) for _ in range(2)]
    assert made[0] is made[1]
    assert made[0].take_uncharged_seconds() > 0
    assert [made[1].take_uncharged_seconds(), Statement(made[0].sql).take_uncharged_seconds()] == [0, 0]


def test_an_operation_above_the_budget_needs_a_full_bucket(install: Install) -> None:
    northwind = install(points_per_minute=COST // 2).root("Northwind")
    assert northwind.post(LIST_QUERY).status_code == 200
    assert ask_until_limited(northwind, LIST_QUERY)


def test_parsing_an_uncached_document_is_charged_even_if_refused(install: Install) -> None:
    """Else a key with one point left could have the longest documents parsed as often as it likes."""
    northwind = install(points_per_minute=10).root("Northwind")
    long = "{ " + "__typename " * 1000 + "}"
    ask_until_limited(northwind, long)
    assert int(northwind.post(long).headers["Retry-After"]) > 60


@pytest.mark.sqlite
def test_reading_that_takes_long_is_paid_for_when_it_is_done(install: Install) -> None:
    """The cost of a count is known only afterwards: the next operation waits until it is paid."""
    installation = install()
    northwind = installation.root("Northwind")
    northwind.create_queued(agentNumber=northwind.number().e164, agentConfig={})
    columns = installation.store.columns_by_table()["conversation"]
    shown = ["printf('cnv_%026d', i)" if each == "id" else f"t.{each}" for each in columns]
    installation.rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
        f" INSERT INTO conversation ({', '.join(columns)}) SELECT {', '.join(shown)} FROM n, conversation AS t"
    )
    count = "{ conversations(first: 1) { totalCount } }"  # at most 100 points, were it short
    counting = Installation(installation.store, points_per_minute=1)
    asking = counting.client(northwind.secret)
    assert asking.post(count).json()["data"]["conversations"]["totalCount"] == 200_001
    assert int(asking.post(count).headers["Retry-After"]) > 60 * 60
    counting.stop()
    counting.join()


TWO_OPERATIONS = "query A { __typename } query B { __typename }"
CREATE_AGENT = 'mutation { createAgent(input: {name: "a"}) { agent { id } } }'
# The document, how it is sent, and its error code while there are points.
REFUSED_BUT_CHARGED = {
    "no document": ("POST", "{", 200),
    "an unknown field": ("POST", "{ nothing }", 200),
    "too many tokens": ("POST", "{" + " x" * 3000 + "}", 200),
    "two operations and no name": ("POST", TWO_OPERATIONS, 200),
    "a mutation by a link": ("GET", CREATE_AGENT, 405),
    "a subscription without a stream": ("POST", SUBSCRIPTION, 400),
}


@pytest.mark.parametrize("what", REFUSED_BUT_CHARGED)
def test_a_refused_operation_is_charged(install: Install, what: str) -> None:
    method, query, status = REFUSED_BUT_CHARGED[what]
    northwind = install(points_per_minute=REFUSED_DOCUMENT_POINTS * 3).root("Northwind")
    answers = ask_until_limited(northwind, query, method)
    assert {answer.status_code for answer in answers[:-1]} == {status}
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left[0] < REFUSED_DOCUMENT_POINTS * 3
    assert error_code(answers[-1]) == "RATE_LIMITED"


def test_refusing_an_operation_of_a_cached_document_is_charged(install: Install) -> None:
    northwind = install(points_per_minute=300).root("Northwind")
    answers = [northwind.post(TWO_OPERATIONS) for _ in range(2)]
    first, second = (int(answer.headers["RateLimit-Remaining"]) for answer in answers)
    assert REQUEST_POINTS < first - second <= REQUEST_POINTS + REFUSED_DOCUMENT_POINTS


def test_a_spent_key_has_nothing_read(install: Install) -> None:
    """A syntax error is refused as RATE_LIMITED: so the document was not parsed."""
    northwind = install(points_per_minute=1).root("Northwind")
    ask_until_limited(northwind, LIST_QUERY)
    answers = ask_until_limited(northwind, "{ nothingThatWasReadBefore }")
    assert error_code(answers[-1]) == "RATE_LIMITED"
    assert "this takes" not in answers[-1].json()["errors"][0]["message"]


def test_without_a_budget_nothing_is_counted(installation: Installation) -> None:
    answer = installation.root("Northwind").post(LIST_QUERY)
    assert "RateLimit-Remaining" not in answer.headers


async def test_an_operation_of_a_socket_spends_too(install: Install) -> None:
    northwind = install(points_per_minute=COST).root("Northwind")
    ask_until_limited(northwind, LIST_QUERY)
    for query in (LIST_QUERY, TWO_OPERATIONS, SUBSCRIPTION):
        async with subscribe_over_websocket(northwind, query) as it:
            answer = await it.next()
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["RATE_LIMITED"]


def test_a_stream_is_paid_for_before_it_begins(install: Install) -> None:
    northwind = install(points_per_minute=COST).root("Northwind")
    ask_until_limited(northwind, LIST_QUERY)
    headers = northwind.headers | {"Accept": "text/event-stream"}
    answer = northwind.installation.http.post("/graphql", headers=headers, json={"query": LIST_QUERY})
    assert (answer.status_code, error_code(answer)) == (429, "RATE_LIMITED")
    assert int(answer.headers["Retry-After"]) >= 1
    assert int(answer.headers["RateLimit-Remaining"]) < COST


# ------------------------------------------------------------------------------------------------- failed sign-ins


@pytest.fixture
def behind_a_proxy(install: Install) -> Installation:
    return install(trusted_proxies="127.0.0.1")


def try_key(installation: Installation, token: str, address: str) -> httpx.Response:
    """Send a request as a proxy on this machine forwards it from an address."""
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
    return installation.http.post("/graphql", headers=headers, json={"query": "{ viewer { scopes } }"})


def try_keys_until_limited(installation: Installation, *addresses: str) -> httpx.Response:
    """Return the first 429; each response before it is a 401."""
    for place in range(MAX_FAILED_SIGN_INS_PER_MINUTE * 5):
        answer = try_key(installation, f"ak_nobody.{place}", addresses[place % len(addresses)])
        if answer.status_code == 429:
            assert place >= MAX_FAILED_SIGN_INS_PER_MINUTE
            return answer
        assert (answer.status_code, error_code(answer)) == (401, "UNAUTHENTICATED")
    raise AssertionError("bad keys are not limited")


def test_invalid_keys_are_limited_and_a_valid_one_is_accepted(behind_a_proxy: Installation) -> None:
    installation = behind_a_proxy
    owner, beside = installation.root("Northwind"), installation.root("Contoso")
    assert try_key(installation, str(owner.secret), "192.0.2.1").status_code == 200
    refused = try_keys_until_limited(installation, "192.0.2.1")
    assert error_code(refused) == "RATE_LIMITED"
    assert int(refused.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in refused.headers
    assert try_key(installation, str(owner.secret), "192.0.2.1").status_code == 200
    assert try_key(installation, str(beside.secret), "192.0.2.2").status_code == 200


def test_a_valid_key_is_accepted_during_a_flood_from_its_address(install: Install) -> None:
    """Even a key that this server has never seen, during a flood of invalid keys from there."""
    installation = install(trusted_proxies="127.0.0.1")
    owners = [installation.root(f"Northwind {place}") for place in range(5)]
    try_keys_until_limited(installation, "192.0.2.1")
    flooding = threading.Event()

    def flood() -> set[int]:
        answers = set()
        with httpx.Client(base_url=installation.url, timeout=60) as http:
            while not flooding.is_set():
                token = generate_secret(new_id("key"))
                headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.1"}
                answers.add(http.post("/graphql", headers=headers, json={"query": "{ __typename }"}).status_code)
        return answers

    with ThreadPoolExecutor() as threads:
        floods = [threads.submit(flood) for _ in range(4)]
        answers = [try_key(installation, str(owner.secret), "192.0.2.1").status_code for owner in owners]
        flooding.set()
    assert answers == [200] * len(owners)
    assert set.union(*(each.result() for each in floods)) <= {401, 429}


def test_guesses_from_a_limited_address_are_looked_up_in_batches(
    behind_a_proxy: Installation, statements: list[str]
) -> None:
    try_keys_until_limited(behind_a_proxy, "192.0.2.1")
    guesses = [generate_secret(new_id("key")) for _ in range(60)]
    with ThreadPoolExecutor(20) as threads:
        statements.clear()
        answers = list(threads.map(lambda secret: try_key(behind_a_proxy, secret, "192.0.2.1").status_code, guesses))
    assert set(answers) <= {401, 429}
    assert 1 <= len([each for each in statements if "api_key" in each]) < len(guesses)


async def test_keys_are_looked_up_together(installation: Installation, statements: list[str]) -> None:
    """Concurrent lookups take one statement, and valid keys are found among them."""
    good = [installation.root("Northwind"), installation.root("Contoso")]
    asked = [generate_secret(new_id("key")) for _ in range(200)] + [str(owner.secret) for owner in good]
    database = Database(installation.settings.database_url)
    callers = Authenticator(database)
    statements.clear()
    found = await asyncio.gather(*(callers.authenticate(secret, batched=True) for secret in asked))
    assert len(statements) == 1
    assert [caller and caller.organization_id for caller in found[-3:]] == [
        None,
        *(owner.organization_id for owner in good),
    ]
    await database.close()


def test_only_trusted_proxies_set_the_client_address(installation: Installation) -> None:
    """By default no proxy is trusted, not even one on this machine."""
    try_keys_until_limited(installation, *(f"192.0.2.{place}" for place in range(1, 200)))
    assert try_key(installation, "ak_nobody.nothing", "198.51.100.1").status_code == 429


def test_a_known_key_with_a_wrong_secret_is_a_bad_one(installation: Installation) -> None:
    northwind = installation.root("Northwind")
    assert try_key(installation, str(northwind.secret), "192.0.2.1").status_code == 200
    try_keys_until_limited(installation, "192.0.2.1")
    wrong = str(northwind.secret)[:-1] + ("0" if str(northwind.secret)[-1] != "0" else "1")
    assert {try_key(installation, wrong, "192.0.2.1").status_code for _ in range(5)} <= {401, 429}


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
    behind_a_proxy: Installation, one: str, other: str, same: bool
) -> None:
    try_keys_until_limited(behind_a_proxy, one)
    answers = [
        try_key(behind_a_proxy, "ak_nobody.nothing", other).status_code
        for _ in range(MAX_FAILED_SIGN_INS_PER_MINUTE // 2)
    ]
    assert (429 in answers) is same


async def test_a_key_holds_so_many_sockets_and_no_more(install: Install) -> None:
    northwind = install(max_subscriptions_per_key=2).root("Northwind")
    other = northwind.child()
    async with open_websocket(northwind), open_websocket(northwind):
        async with connect(websocket_url(northwind), subprotocols=[TRANSPORT_WS]) as third:
            await third.send(
                f'{{"type": "connection_init", "payload": {{"authorization": "Bearer {northwind.secret}"}}}}'
            )
            with pytest.raises(ConnectionClosed) as closed:
                await third.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 4403
        async with open_websocket(other):
            pass
    for _ in attempts():  # until the server has noticed that they left
        try:
            async with open_websocket(northwind):
                return
        except ConnectionClosed:
            continue
    raise AssertionError("the places of sockets that left are not given back")


@pytest.mark.parametrize("follow", [subscribe_over_websocket, subscribe_over_sse])
async def test_a_key_holds_a_limited_number_of_subscriptions(install: Install, follow: Any) -> None:
    northwind = install(max_subscriptions_per_key=2).root("Northwind")
    number = northwind.number()

    def probe() -> str:
        northwind.share(number, not northwind(SHAREABLE_QUERY, id=number.id)["node"]["shareable"])
        return number.id

    async with follow(northwind, SUBSCRIPTION) as first, subscribe_over_sse(northwind, SUBSCRIPTION) as second:
        await first.wait_until_subscribed(probe)
        await second.wait_until_subscribed(probe)
        async with follow(northwind, SUBSCRIPTION) as third:
            (error,) = (await third.next())["errors"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
    await asyncio.wait_for(wait_until_resubscribed(northwind, follow, probe), 60)


SHAREABLE_QUERY = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { shareable } } }"


async def wait_until_resubscribed(client: Client, follow: Any, probe: Any) -> None:
    """As soon as the server has noticed that the others disconnected."""
    while True:
        async with follow(client, SUBSCRIPTION) as again:
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
    assert (answer.status_code, error_code(answer)) == (401, "UNAUTHENTICATED")


def test_an_answer_is_guarded(installation: Installation) -> None:
    northwind, http = installation.root("Northwind"), installation.http
    streamed = northwind.headers | {"Accept": "text/event-stream"}
    answers = [
        northwind.post(LIST_QUERY),
        installation.client(None).post(LIST_QUERY),
        http.post("/graphql", headers=streamed, json={"query": LIST_QUERY}),
        *(http.get(path) for path in ("/nothing", "/healthz", "/readyz")),
    ]
    assert {answer.status_code for answer in answers} == {200, 401, 404}
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
