"""Check that leased bytes come back, and only once.

Servers return them after drafts shrink, callers leave, and the server stops; a recount returns those of killed servers.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.stored_bytes import BLOCK_DIVISOR, adjust_counters
from models.stored_bytes import recount as read_recount
from operating.pruning import recount
from resolvers.storage_quota import MAX_ALLOWANCES, StorageQuota
from storage import Database
from tests.databases import ON_POSTGRES, DatabaseForTests, Template
from tests.installation import Installation, run_in_new_loop
from tests.resolvers.test_stored_bytes import counted, stored
from tests.retrying import attempts

MOST = 1_000_000
LARGE, SMALL = {"text": "x" * 90_000}, {"text": ""}


@pytest.fixture
def store(template: Template, tmp_path: Path) -> Iterator[DatabaseForTests]:
    copy = template.copy_into(tmp_path)
    yield copy
    copy.close()


@pytest.fixture
def servers(store: DatabaseForTests) -> Iterator[list[Installation]]:
    """Start two servers on PostgreSQL; on SQLite, a file has one."""
    started = [Installation(store, max_stored_bytes=MOST) for _ in range(2 if ON_POSTGRES else 1)]
    yield started
    for server in started:
        server.stop()
    for server in started:
        server.join()


async def recounted(url: str) -> None:
    database = Database(url)
    await recount(database)
    await database.close()


def test_what_drafts_give_up_is_free_for_every_server_and_no_recount_forgets_it(servers: list[Installation]) -> None:
    northwind, store = servers[0].root(), servers[0].store
    agent, owner = northwind.agent(), northwind.organization_id
    clients = [server.client(northwind.secret) for server in servers]
    sent = {"agentId": agent, "config": LARGE}
    drafts = [northwind.mutate_successfully("createAgentVersion", "agentVersion { id }", **sent) for _ in range(10)]
    for draft in drafts:
        northwind.mutate_successfully(
            "updateAgentVersion", "__typename", agentVersionId=draft["agentVersion"]["id"], config=SMALL
        )
    kept = 2 * MOST // BLOCK_DIVISOR
    for _ in attempts():
        if counted(store, owner) <= stored(store, owner) + kept:
            break
    else:
        raise AssertionError("what was given up stays with the server")
    run_in_new_loop(recounted(servers[0].settings.database_url))
    for client in reversed(clients):
        while not client.refusals("createAgentVersion", **sent):
            pass
    assert MOST - 100_000 < stored(store, owner) <= MOST + kept * len(servers)


def test_who_leaves_while_a_block_is_leased_leaves_it_to_others(store: DatabaseForTests) -> None:
    """Cancel a caller while its block is being leased."""

    def leased() -> bool:
        return bool(store.rows("SELECT bytes FROM stored_bytes WHERE organization_id = 'org_1'"))

    async def leave() -> bool:
        database = Database(store.settings["database_url"])
        quota = StorageQuota(database, MOST)
        leaving = asyncio.create_task(quota.lease("org_1", 1000))
        while not leased():  # noqa: ASYNC110 - what is looked at is the database
            await asyncio.sleep(0)
        cancelled = leaving.cancel()
        await asyncio.wait([leaving])
        await quota.close()
        await database.close()
        return cancelled and leaving.cancelled()

    assert run_in_new_loop(leave())
    assert counted(store, "org_1") == 0


def test_two_recounts_at_once_correct_once(store: DatabaseForTests) -> None:
    async def overlap() -> None:
        database = Database(store.settings["database_url"])
        for lost in (500_000, -100_000):  # without a row, then with one
            await database.write_locking(partial(adjust_counters, amounts={"org_1": 1000, "org_2": lost}))
            found: list[Any] = []
            for _ in range(2):
                async with database.read() as session:
                    found += [await read_recount(session, each) for each in ("org_1", "org_2")]
            await database.write_locking(
                partial(adjust_counters, amounts={"org_1": 70})
            )  # what is leased meanwhile stays
            for each in found:
                await database.write_locking(each.apply, independent=True)
            assert counted(store, "org_1") == 70
            await database.write_locking(partial(adjust_counters, amounts={"org_1": -70}))
        await database.close()

    run_in_new_loop(overlap())
    assert counted(store, "org_2") == 0


def test_blocks_of_many_organizations_come_back_in_a_statement(store: DatabaseForTests, statements: list[str]) -> None:
    """Half of the allowances are returned once there are too many, the others when the server stops."""
    names = [f"org_{each}" for each in range(MAX_ALLOWANCES + 1)]

    def spent() -> int:
        return len(store.rows("SELECT 1 FROM stored_bytes WHERE bytes = 1000"))

    async def lease() -> list[str]:
        database = Database(store.settings["database_url"])
        quota = StorageQuota(database, MOST)
        assert all(await asyncio.gather(*(quota.lease(each, 1000) for each in names)))
        assert await quota.lease("org_0", 1000 * 1000 // BLOCK_DIVISOR)
        for _ in attempts(pause=0):
            if spent() >= MAX_ALLOWANCES // 2 - 1:
                break
            await asyncio.sleep(0)
        statements.clear()
        await quota.close()
        await database.close()
        return [each for each in statements if "stored_bytes" in each]

    assert len(run_in_new_loop(lease())) == 1
    assert spent() == MAX_ALLOWANCES
    assert counted(store, "org_0") == 1000 + MOST // BLOCK_DIVISOR
