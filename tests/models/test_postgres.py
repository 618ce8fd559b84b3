"""PostgreSQL: who may connect, writes that meet, servers that share a database, and a database that goes away.

These run with all tests, whichever engine the others run on.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from migrations import migrate
from models import Database, ReadSession
from models.announcements import CHANNEL
from tests.installation import Client, Installation
from tests.processes import run
from tests.serving.following import over_events
from tests.serving.test_kept_answers import Race
from tests.stores import SECRET_KEYS, Cluster, PostgresStore
from tests.telephony.certificates import Authority


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One that a test may end, and that speaks TLS."""
    started = Cluster()
    started.speak_tls(certificate(tmp_path_factory.mktemp("tls")))
    yield started
    started.stop()


def certificate(folder: Path) -> Path:
    Authority(folder, "authority").server("localhost")
    (file,) = folder.glob("localhost-*")
    return file


@pytest.fixture
def store(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[PostgresStore]:
    created = PostgresStore(f"test_{abs(hash(request.node.name))}", of=postgres)
    migrate(created.url)
    yield created
    created.close()


@pytest.fixture
def servers(store: PostgresStore) -> Iterator[list[Installation]]:
    """Two, on one database."""
    started = [Installation(store), Installation(store)]
    yield started
    for server in started:
        server.stop()
    for server in started:
        server.join()


def through(server: Installation, client: Client) -> Client:
    """The same client, asking another server."""
    again = server.client(client.secret)
    again.organization_id = client.organization_id
    return again


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """All begin together."""
    gate = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(begin, works))


# ----------------------------------------------------------------------------------------------- who may connect


def complaints(folder: Path, **environment: str) -> list[str]:
    status, said, complained = run(folder, "serve", **environment)
    assert (status, said) == (2, [])
    return complained


def test_a_superuser_is_refused(store: PostgresStore, tmp_path: Path) -> None:
    url = store.url.replace("dialtree@", "postgres@")
    (line,) = complaints(tmp_path, DIALTREE_DATABASE_URL=url, DIALTREE_SECRET_KEYS=SECRET_KEYS)
    assert line.startswith("server.py: DIALTREE_DATABASE_URL names a superuser of PostgreSQL")
    assert "CREATE ROLE" in line


def test_secret_keys_are_required(store: PostgresStore, tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, DIALTREE_DATABASE_URL=store.url)
    assert line.startswith("server.py: DIALTREE_SECRET_KEYS must be set with PostgreSQL")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("nobody@", "nobody"),
        ("dialtree@localhost:1/", "does not let us in"),
        ("dialtree@nowhere.invalid/", "let us in"),
    ],
)
def test_a_database_that_lets_nobody_in_is_named(store: PostgresStore, tmp_path: Path, wrong: str, words: str) -> None:
    url = store.url.replace("dialtree@", wrong) if wrong.endswith("@") else f"postgresql+asyncpg://{wrong}dialtree"
    url = url.replace("dialtree@localhost", "dialtree:hidden-word@localhost")
    (line,) = complaints(tmp_path, DIALTREE_DATABASE_URL=url, DIALTREE_SECRET_KEYS=SECRET_KEYS)
    assert line.startswith("server.py: DIALTREE_DATABASE_URL names postgresql+asyncpg://")
    assert words in line
    assert "hidden-word" not in line


# ------------------------------------------------------------------------------------------- writes that meet


def test_r11_one_key_at_two_servers_creates_one_conversation(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    number = northwind.number()
    both = [through(server, northwind) for server in servers]

    for turn in range(3):
        answers = at_once(
            *(
                partial(client.call, agentNumber=number.e164, agentConfig={}, idempotencyKey=f"key {turn}")
                for client in both * 4
            )
        )
        assert len({answer["conversation"]["id"] for answer in answers}) == 1
    assert len(servers[0].rows("SELECT id FROM conversation")) == 3


def test_r6_what_is_borrowed_while_sharing_is_switched_off_does_not_stay_queued(servers: list[Installation]) -> None:
    """The create that comes first is ended; the one that comes later is refused; none is left between the two."""
    northwind = servers[0].root()
    child = northwind.child()
    lender, borrower = through(servers[0], northwind), through(servers[1], child)
    for _ in range(5):
        number = northwind.number(shareable=True)
        borrow = partial(borrower.call, agentNumber=number.e164, agentConfig={})
        at_once(partial(lender.share, number, False), borrow, borrow, borrow)
        queued = "SELECT id FROM conversation WHERE phone_number_id = ? AND status = 'QUEUED'"
        assert servers[0].rows(queued, number.id) == []


def test_r3_a_number_that_is_dialed_from_is_not_deleted_meanwhile(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    deleter, caller = through(servers[0], northwind), through(servers[1], northwind)
    for _ in range(5):
        number = northwind.number()
        refusals, answer = at_once(
            partial(deleter.refusals, "deletePhoneNumber", phoneNumberId=number.id),
            partial(caller.call, agentNumber=number.e164, agentConfig={}),
        )
        outcome = ([code for code, _ in refusals], [error["code"] for error in answer["userErrors"]])
        assert outcome in ((["PHONE_NUMBER_IN_USE"], []), ([], ["PHONE_NUMBER_NOT_FOUND"]))
    assert servers[0].rows("SELECT id FROM conversation WHERE phone_number_id IS NULL") == []


def test_r3_one_of_those_who_register_a_number_at_once_gets_it(servers: list[Installation]) -> None:
    organizations = [through(server, servers[0].root(name)) for server, name in zip(servers, "AB", strict=True)]
    trunks = [each.trunk() for each in organizations]
    works = [
        partial(each.refusals, "createPhoneNumber", e164="+12065550111", trunkId=trunk)
        for each, trunk in zip(organizations, trunks, strict=True)
    ]
    assert sorted(at_once(*works), key=len) == [[], [("PHONE_NUMBER_TAKEN", ["e164"])]]


# ------------------------------------------------------------------------------------- servers that share a database

CONVERSATIONS = "subscription { conversationsUpdated { id status } }"


async def test_a_change_at_one_server_is_heard_at_the_other_also_where_it_was_begun_before_others(
    servers: list[Installation], store: PostgresStore
) -> None:
    """Ids are given at the beginning, and a commit may come late: nothing that is followed by its id is enough."""
    northwind = servers[0].root()
    number, elsewhere = northwind.number(), through(servers[1], northwind)

    def probe() -> str:
        return str(northwind.queued(agentNumber=number.e164, agentConfig={})["id"])

    late = northwind.queued(agentNumber=number.e164, agentConfig={})["id"]
    async with over_events(elsewhere, CONVERSATIONS) as followed:
        await followed.ready(probe)
        with store.connect() as slow:
            slow.execute("BEGIN")
            slow.execute("UPDATE conversation SET status = 'RINGING' WHERE id = %s", [late])
            quick = probe()
            assert await followed.next() == heard(quick, "QUEUED")
            slow.execute("COMMIT")
        assert await followed.next() == heard(late, "RINGING")


def heard(conversation: str, status: str) -> Any:
    return {"data": {"conversationsUpdated": {"id": conversation, "status": status}}}


def test_a_key_that_is_revoked_at_one_server_is_refused_at_the_other_at_once(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    made = northwind.do("createApiKey", "apiKey { id } secret", name="short", scopes=["TRUNKS_READ"])
    elsewhere = servers[1].client(made["secret"])
    assert elsewhere("{ viewer { scopes } }") == {"viewer": {"scopes": ["TRUNKS_READ"]}}
    northwind.do("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    assert elsewhere.errors("{ viewer { scopes } }") == ["UNAUTHENTICATED"]


LIST = "{ trunks(first: 98) { nodes { id } } }"  # it costs 100 points


@pytest.fixture
def spending(store: PostgresStore, request: pytest.FixtureRequest) -> Iterator[list[Installation]]:
    """Two servers at which each key may spend so many points a minute."""
    started = [Installation(store, points_per_minute=request.param) for _ in range(2)]
    yield started
    for server in started:
        server.stop()
    for server in started:
        server.join()


@pytest.mark.parametrize("spending", [1], indirect=True)
def test_what_a_key_has_spent_at_one_server_is_gone_at_the_other(spending: list[Installation]) -> None:
    """It takes a hundred minutes to come back."""
    northwind, contoso = spending[0].root("Northwind"), spending[0].root("Contoso")
    assert northwind.post(LIST).status_code == 200
    for server in spending:
        refused = through(server, northwind).post(LIST)
        assert (refused.status_code, refused.headers["RateLimit-Remaining"]) == (429, "0")
        assert int(refused.headers["Retry-After"]) > 3600
    assert through(spending[1], contoso).post(LIST).status_code == 200


@pytest.mark.parametrize("spending", [1000], indirect=True)
def test_what_a_key_spends_at_two_servers_adds_up_to_its_budget(spending: list[Installation]) -> None:
    """However long it takes: what flowed back meanwhile may be spent as well."""
    northwind = spending[0].root()
    both, began = [through(server, northwind) for server in spending], time.monotonic()
    answers = at_once(*(partial(client.post, LIST) for client in both * 15))
    spent = 100 * sum(answer.status_code == 200 for answer in answers)
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert 800 <= spent <= 1000 * (1 + (time.monotonic() - began) / 60)


def test_a_block_is_leased_once_and_spent_without_the_database(store: PostgresStore) -> None:
    """So the budget's row stands still while a server spends from its block: 2,000 points of 20,000."""
    server = Installation(store, points_per_minute=20_000)
    northwind, leases = server.root(), []
    for _ in range(20):
        assert northwind.post(LIST).status_code == 200
        leases += store.rows("SELECT as_of FROM budget")
    assert len(set(leases)) <= 2  # a slow machine gives one up after a minute
    server.stop()
    server.join()


WAYS = ("?ssl=disable", "?ssl=require")


@pytest.mark.parametrize("way", WAYS)
def test_each_commit_is_announced_to_whoever_listens(store: PostgresStore, way: str) -> None:
    server = Installation(store, database_url=store.url + way)
    with store.connect() as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        northwind = server.root()
        northwind.agent()
        assert {heard.channel for heard in connection.notifies(timeout=60, stop_after=1)} == {CHANNEL}
        encrypted = store.rows(
            "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'dialtree'"
        )
        assert encrypted == [(way == "?ssl=require",)]
    server.stop()
    server.join()


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_announced_is_heard_without_looking(store: PostgresStore, way: str) -> None:
    database = Database(store.url + way)
    bell, hearing = database.bell(), asyncio.create_task(database.hear())
    await asyncio.wait_for(bell.wait(), 60)  # it is connected
    bell.clear()
    with store.connect() as connection:
        connection.execute(f"NOTIFY {CHANNEL}")
    await asyncio.wait_for(bell.wait(), 60)
    hearing.cancel()
    await database.close()


async def test_a_commit_is_synced_whatever_the_database_is_set_to(store: PostgresStore) -> None:
    store.rows(f"ALTER DATABASE {store.name} SET synchronous_commit = off")
    database = Database(store.url)

    async def synced(session: ReadSession) -> Any:
        return await session.scalar(sa.text("SHOW synchronous_commit"))

    assert await database.write(synced) == await database.take(synced) == "on"
    await database.close()


async def test_followers_hear_of_what_comes_after_a_crash_of_the_database(
    servers: list[Installation], postgres: Cluster
) -> None:
    """Also where PostgreSQL gives the number of a transaction that the crash undid to the next one."""
    northwind = servers[0].root()
    number = northwind.number()
    conversation = {"agentNumber": number.e164, "agentConfig": {}}
    async with over_events(northwind, CONVERSATIONS) as followed:
        await followed.ready(lambda: str(northwind.queued(**conversation)["id"]))
        postgres.run("pg_ctl", "-m", "immediate", "-w", "stop")
        assert northwind.post("{ viewer { scopes } }").status_code == 503
        postgres.start()
        made = northwind.queued(**conversation)["id"]
        assert await followed.next() == heard(made, "QUEUED")


@pytest.mark.torture
def test_nobody_is_told_what_was_before_a_change_at_another_server(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    race = Race(northwind, [servers[1].client(northwind.secret) for _ in range(3)])
    race.run()
    assert race.asked
    assert race.stale == []
