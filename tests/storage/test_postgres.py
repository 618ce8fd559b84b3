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

import psycopg
import pytest
import sqlalchemy as sa

from serving.admission import REQUEST_POINTS
from storage import Database, ReadSession
from storage.pg_notify import CHANNEL
from storage.postgres import MAX_READS_PER_ORGANIZATION
from storage.postgres_engine import SERVER_SETTINGS
from storage.read_usage import ReadUsage
from tests.databases import SECRET_KEYS, SERVING_ROLE, Cluster, PostgresTestDatabase
from tests.installation import Client, Installation
from tests.server_process import run_command
from tests.serving.subscribers import subscribe_over_sse
from tests.serving.test_response_cache import StaleReadRace
from tests.telephony.certificates import CertificateAuthority


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One that a test may end, and that speaks TLS."""
    started = Cluster()
    started.enable_tls(certificate(tmp_path_factory.mktemp("tls")))
    yield started
    started.stop()


def certificate(folder: Path) -> Path:
    CertificateAuthority(folder, "authority").server("localhost")
    (file,) = folder.glob("localhost-*")
    return file


@pytest.fixture
def store(postgres: Cluster, request: pytest.FixtureRequest) -> Iterator[PostgresTestDatabase]:
    created = PostgresTestDatabase(f"test_{abs(hash(request.node.name))}", of=postgres)
    created.migrate()
    yield created
    created.close()


@pytest.fixture
def servers(store: PostgresTestDatabase) -> Iterator[list[Installation]]:
    """Two, on one database."""
    started = [Installation(store), Installation(store)]
    yield started
    for server in started:
        server.stop()
    for server in started:
        server.join()


def through_server(server: Installation, client: Client) -> Client:
    """The same client, asking another server."""
    again = server.client(client.secret)
    again.organization_id = client.organization_id
    return again


def run_concurrently(*works: Callable[[], Any]) -> list[Any]:
    """All begin together."""
    gate = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(begin, works))


# ----------------------------------------------------------------------------------------------- who may connect


def complaints(folder: Path, **environment: str) -> list[str]:
    status, said, complained = run_command(folder, "serve", **environment)
    assert (status, said) == (2, [])
    return complained


POWERS = {
    "SUPERUSER": "names a role with SUPERUSER",
    "CREATEROLE": "names a role with CREATEROLE",
    "BYPASSRLS": "names a role with BYPASSRLS",
    "REPLICATION": "names a role with REPLICATION",
    "IN ROLE pg_execute_server_program": "names a role with pg_execute_server_program",
    "IN ROLE dialtree_owner": "names a role that owns the database or its schema",
}


@pytest.mark.parametrize("power", POWERS)
def test_a_role_that_could_do_more_than_serve_is_refused(
    store: PostgresTestDatabase, postgres: Cluster, tmp_path: Path, power: str
) -> None:
    postgres.execute_as_superuser(f"CREATE ROLE mighty LOGIN {power}")
    try:
        url = store.url.replace("dialtree@", "mighty@")
        (line,) = complaints(tmp_path, DIALTREE_DATABASE_URL=url, DIALTREE_SECRET_KEYS=SECRET_KEYS)
    finally:
        postgres.execute_as_superuser("DROP ROLE mighty")
    assert line.startswith(f"server.py: DIALTREE_DATABASE_URL {POWERS[power]}")
    assert "CREATE ROLE" in line


def test_the_rights_of_the_role_that_serves_end_with_rows(store: PostgresTestDatabase) -> None:
    """It could switch the audit's triggers off, or empty what they keep."""
    with psycopg.connect(store.url.replace("+asyncpg", ""), autocommit=True) as serving:
        for statement in (
            "ALTER TABLE organization DISABLE TRIGGER USER",
            "DROP TABLE audit_event",
            "TRUNCATE conversation",
            "UPDATE audit_event SET id = id",
            "DELETE FROM audit_event",
            "UPDATE alembic_version SET version_num = '0001'",
            "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                serving.execute(statement)


def test_tables_of_another_version_are_left_to_their_owner(postgres: Cluster, tmp_path: Path) -> None:
    store = PostgresTestDatabase("old", of=postgres)
    store.migrate("0001")
    serving = {"DIALTREE_DATABASE_URL": store.url, "DIALTREE_SECRET_KEYS": SECRET_KEYS}
    (line,) = complaints(tmp_path, **serving)
    assert "DIALTREE_MIGRATION_DATABASE_URL" in line
    assert run_command(tmp_path, "migrate", **serving, DIALTREE_MIGRATION_DATABASE_URL=store.owner_url)[0] == 0
    assert run_command(tmp_path, "create-organization", "Northwind", "--slug", "northwind", **serving)[0] == 0
    store.close()


def test_secret_keys_are_required(store: PostgresTestDatabase, tmp_path: Path) -> None:
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
def test_a_database_that_lets_nobody_in_is_named(
    store: PostgresTestDatabase, tmp_path: Path, wrong: str, words: str
) -> None:
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
    both = [through_server(server, northwind) for server in servers]

    for turn in range(3):
        answers = run_concurrently(
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
    lender, borrower = through_server(servers[0], northwind), through_server(servers[1], child)
    for _ in range(5):
        number = northwind.number(shareable=True)
        borrow = partial(borrower.call, agentNumber=number.e164, agentConfig={})
        run_concurrently(partial(lender.share, number, False), borrow, borrow, borrow)
        queued = "SELECT id FROM conversation WHERE phone_number_id = ? AND status = 'QUEUED'"
        assert servers[0].rows(queued, number.id) == []


def test_r3_a_number_that_is_dialed_from_is_not_deleted_meanwhile(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    deleter, caller = through_server(servers[0], northwind), through_server(servers[1], northwind)
    for _ in range(5):
        number = northwind.number()
        refusals, answer = run_concurrently(
            partial(deleter.refusals, "deletePhoneNumber", phoneNumberId=number.id),
            partial(caller.call, agentNumber=number.e164, agentConfig={}),
        )
        outcome = ([code for code, _ in refusals], [error["code"] for error in answer["userErrors"]])
        assert outcome in ((["PHONE_NUMBER_IN_USE"], []), ([], ["PHONE_NUMBER_NOT_FOUND"]))
    assert servers[0].rows("SELECT id FROM conversation WHERE phone_number_id IS NULL") == []


def test_r3_one_of_those_who_register_a_number_at_once_gets_it(servers: list[Installation]) -> None:
    organizations = [through_server(server, servers[0].root(name)) for server, name in zip(servers, "AB", strict=True)]
    trunks = [each.trunk() for each in organizations]
    works = [
        partial(each.refusals, "createPhoneNumber", e164="+12065550111", trunkId=trunk)
        for each, trunk in zip(organizations, trunks, strict=True)
    ]
    assert sorted(run_concurrently(*works), key=len) == [[], [("PHONE_NUMBER_TAKEN", ["e164"])]]


# ------------------------------------------------------------------------------------- servers that share a database

CONVERSATIONS = "subscription { conversationsUpdated { id status } }"


async def test_a_change_at_one_server_is_heard_at_the_other_also_where_it_was_begun_before_others(
    servers: list[Installation], store: PostgresTestDatabase
) -> None:
    """Ids are given at the beginning, and a commit may come late: nothing that is followed by its id is enough."""
    northwind = servers[0].root()
    number, elsewhere = northwind.number(), through_server(servers[1], northwind)

    def probe() -> str:
        return str(northwind.create_queued(agentNumber=number.e164, agentConfig={})["id"])

    late = northwind.create_queued(agentNumber=number.e164, agentConfig={})["id"]
    async with subscribe_over_sse(elsewhere, CONVERSATIONS) as followed:
        await followed.wait_until_subscribed(probe)
        with store.connect() as slow:
            slow.execute("BEGIN")
            slow.execute("UPDATE conversation SET status = 'RINGING' WHERE id = %s", [late])
            quick = probe()
            assert await followed.next() == update_event(quick, "QUEUED")
            slow.execute("COMMIT")
        assert await followed.next() == update_event(late, "RINGING")


def update_event(conversation: str, status: str) -> Any:
    return {"data": {"conversationsUpdated": {"id": conversation, "status": status}}}


def test_a_key_that_is_revoked_at_one_server_is_refused_at_the_other_at_once(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    made = northwind.mutate_successfully("createApiKey", "apiKey { id } secret", name="short", scopes=["TRUNKS_READ"])
    elsewhere = servers[1].client(made["secret"])
    assert elsewhere("{ viewer { scopes } }") == {"viewer": {"scopes": ["TRUNKS_READ"]}}
    northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    assert elsewhere.errors("{ viewer { scopes } }") == ["UNAUTHENTICATED"]


LIST = "{ trunks(first: 98) { nodes { id } } }"  # it costs 100 points, beside 20 for any operation


@pytest.fixture
def spending(store: PostgresTestDatabase, request: pytest.FixtureRequest) -> Iterator[list[Installation]]:
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
        refused = through_server(server, northwind).post(LIST)
        assert (refused.status_code, refused.headers["RateLimit-Remaining"]) == (429, "0")
        assert int(refused.headers["Retry-After"]) > 3600
    assert through_server(spending[1], contoso).post(LIST).status_code == 200


@pytest.mark.parametrize("spending", [400], indirect=True)
def test_what_a_key_spends_at_two_servers_adds_up_to_its_budget(spending: list[Installation]) -> None:
    """However long it takes: what flowed back meanwhile may be spent as well. Nothing is read, so nothing costs more.

    Too little for one operation may stay behind at each server and in the database.
    """
    northwind, query = spending[0].root(), "{ __typename }"
    for server in spending:
        assert through_server(server, spending[0].root("Contoso")).post(query).status_code == 200  # which has it kept
    both, began = [through_server(server, northwind) for server in spending], time.monotonic()
    answers = run_concurrently(*(partial(client.post, query) for client in both * 15))
    let_in = [answer.json()["extensions"]["cost"] + REQUEST_POINTS for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert 400 - 3 * max(let_in) < sum(let_in) <= 400 * (1 + (time.monotonic() - began) / 60)
    assert len(answers) * max(let_in) > 400


def test_a_block_is_leased_once_and_spent_without_the_database(store: PostgresTestDatabase) -> None:
    """So the budget's row stands still while a server spends from its block: 2,000 points of 20,000."""
    server = Installation(store, points_per_minute=20_000)
    northwind, leases = server.root(), []
    for _ in range(12):
        assert northwind.post(LIST).status_code == 200
        leases += store.rows("SELECT as_of FROM budget")
    assert len(set(leases)) <= 2  # a slow machine gives one up after a minute
    server.stop()
    server.join()


SSL_QUERIES = ("?ssl=disable", "?ssl=require")


@pytest.mark.parametrize("way", SSL_QUERIES)
def test_each_commit_is_announced_to_whoever_listens(store: PostgresTestDatabase, way: str) -> None:
    server = Installation(store, database_url=store.url + way)
    with store.connect() as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        northwind = server.root()
        northwind.agent()
        assert {heard.channel for heard in connection.notifies(timeout=60, stop_after=1)} == {CHANNEL}
        look = (
            "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'dialtree'"
        )
        with store.connect(SERVING_ROLE) as serving:  # which is shown its own connections
            assert serving.execute(look).fetchall() == [(way == "?ssl=require",)]
    server.stop()
    server.join()


@pytest.mark.parametrize("way", SSL_QUERIES)
async def test_what_is_announced_is_heard_without_looking(store: PostgresTestDatabase, way: str) -> None:
    database = Database(store.url + way)
    bell, hearing = database.commit_event(), asyncio.create_task(database.listen())
    await asyncio.wait_for(bell.wait(), 60)  # it is connected
    bell.clear()
    with store.connect() as connection:
        connection.execute(f"NOTIFY {CHANNEL}")
    await asyncio.wait_for(bell.wait(), 60)
    hearing.cancel()
    await database.close()


async def test_a_commit_is_synced_whatever_the_database_is_set_to(store: PostgresTestDatabase) -> None:
    store.rows(f"ALTER DATABASE {store.name} SET synchronous_commit = off")
    database = Database(store.url)

    async def synced(session: ReadSession) -> Any:
        return await session.scalar(sa.text("SHOW synchronous_commit"))

    assert await database.write(synced) == await database.write_locking(synced) == "on"
    await database.close()


async def test_reads_of_one_organization_leave_room_for_others(store: PostgresTestDatabase) -> None:
    """And health has a connection that nobody else takes."""
    database = Database(store.url)
    asleep, greedy = sa.text("SELECT pg_sleep(60)"), ReadUsage("org_greedy")

    async def read(reader: ReadUsage | None, statement: sa.Executable) -> Any:
        async with database.read(usage=reader) as session:
            return await session.scalar(statement)

    reading = [asyncio.create_task(read(greedy, asleep)) for _ in range(3 * MAX_READS_PER_ORGANIZATION)]
    assert await read(ReadUsage("org_other"), sa.text("SELECT 1")) == 1
    others = [asyncio.create_task(read(None, asleep)) for _ in range(MAX_READS_PER_ORGANIZATION)]
    await asyncio.sleep(0)
    await database.ping()
    for each in (*reading, *others):
        each.cancel()
    await asyncio.gather(*reading, *others, return_exceptions=True)
    await database.close()


async def test_no_statement_outlives_who_asked_for_it(store: PostgresTestDatabase) -> None:
    """A server that was killed cancels nothing: PostgreSQL ends its statements."""
    database = Database(store.url)

    async def longest(session: ReadSession) -> Any:
        return await session.scalar(sa.text("SHOW statement_timeout"))

    async with database.read() as session:
        assert await longest(session) == await database.write(longest) == await database.write_locking(longest) == "20s"
    await database.close()


def timed_out(client: Client, document: str) -> str:
    """The message of an answer that says that time ran out."""
    answer = client.post(document)
    (error,) = answer.json()["errors"]
    told = (answer.status_code, error["extensions"]["code"], answer.headers["Retry-After"])
    assert told == (503, "TIMEOUT", "1"), answer.text
    return str(error["message"])


def test_a_statement_that_takes_too_long_is_a_timeout_and_no_outage(
    store: PostgresTestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else locks the table for longer than a statement may take."""
    monkeypatch.setitem(SERVER_SETTINGS, "statement_timeout", "500ms")
    server = Installation(store)
    northwind = server.root()
    with store.connect() as other, other.transaction():
        other.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
        assert "changed" in timed_out(northwind, "{ agents { nodes { id } } }")
        late = timed_out(northwind, 'mutation { createAgent(input: {name: "Late"}) { agent { id } } }')
        assert "This was not carried out, and will not be" in late
    assert northwind("{ agents { nodes { id } } }") == {"agents": {"nodes": []}}
    server.stop()
    server.join()


def test_a_connection_that_is_ended_is_an_outage_and_no_timeout(servers: list[Installation]) -> None:
    """57P01: an administrator's doing, or a shutdown."""
    northwind, store = servers[0].root(), servers[0].store
    assert isinstance(store, PostgresTestDatabase)
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%agent%' AND wait_event_type = 'Lock'"
    with store.connect() as other, store.connect("postgres") as admin, ThreadPoolExecutor(1) as thread:
        other.execute("BEGIN")
        other.execute("LOCK TABLE agent IN ACCESS EXCLUSIVE MODE")
        asked = thread.submit(northwind.post, "{ agents { nodes { id } } }")
        while not (found := admin.execute(waiting).fetchall()):
            pass
        admin.execute("SELECT pg_terminate_backend(%s)", found[0])
        answer = asked.result()
        other.execute("ROLLBACK")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_followers_hear_of_what_comes_after_a_crash_of_the_database(
    servers: list[Installation], postgres: Cluster
) -> None:
    """Also where PostgreSQL gives the number of a transaction that the crash undid to the next one."""
    northwind = servers[0].root()
    number = northwind.number()
    conversation = {"agentNumber": number.e164, "agentConfig": {}}
    async with subscribe_over_sse(northwind, CONVERSATIONS) as followed:
        await followed.wait_until_subscribed(lambda: str(northwind.create_queued(**conversation)["id"]))
        postgres.run("pg_ctl", "-m", "immediate", "-w", "stop")
        assert northwind.post("{ viewer { scopes } }").status_code == 503
        postgres.start()
        made = northwind.create_queued(**conversation)["id"]
        assert await followed.next() == update_event(made, "QUEUED")


@pytest.mark.torture
def test_nobody_is_told_what_was_before_a_change_at_another_server(servers: list[Installation]) -> None:
    northwind = servers[0].root()
    race = StaleReadRace(northwind, [servers[1].client(northwind.secret) for _ in range(3)])
    race.run()
    assert race.read_count
    assert race.stale_reads == []
