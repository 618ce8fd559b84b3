"""kill -9 at random moments while clients create conversations: none is lost, there twice, dialed twice or left hanging.

On PostgreSQL the database itself is killed too, and its connections are cut. `make crash-test` runs it at full size; a
twentieth of it runs with all tests.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.crashes.callers import CLIENTS, Callers, Count, counted
from tests.crashes.carrier import CountingCarrier, counting_carrier
from tests.crashes.conftest import CrashingPostgres
from tests.processes import Served, served_in
from tests.stores import PostgresStore

FULL = os.environ.get("DIALTREE_TORTURE") == "1"
CREATES, WHILE_IT_RINGS = (1500, 4) if FULL else (75, 1)
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
LATEST = 0.05  # seconds after the request that a trouble is drawn for
PATIENCE = 120  # seconds

Trouble = Callable[[], Awaitable[None]]
Troubles = Callable[[Callers], Sequence[Trouble]]


@pytest.mark.torture
async def test_under_kill_9_none_is_lost_or_there_twice_or_dialed_twice_or_left_hanging(tmp_path: Path) -> None:
    with dialing_in(tmp_path) as served:
        await nothing_goes_wrong(served, lambda callers: kills(served, callers))


@pytest.mark.torture
async def test_nor_on_postgresql_where_the_database_crashes_too(tmp_path: Path, postgres: CrashingPostgres) -> None:
    crashes, cuts = (8, 8) if FULL else (1, 1)
    with dialing_in(tmp_path, postgres.store) as served:

        def troubles(callers: Callers) -> Sequence[Trouble]:
            crashed = [lambda: crashed_for_a_while(postgres, callers)] * crashes
            cut = [lambda: asyncio.to_thread(postgres.cut_connections)] * cuts
            return [*kills(served, callers), *crashed, *cut]

        await nothing_goes_wrong(served, troubles)


def kills(served: Served, callers: Callers) -> Sequence[Trouble]:
    """Some leave the server dead for a while."""
    at_once, for_a_while = (4, 4) if FULL else (0, 1)
    return [*[lambda: killed(served)] * at_once, *[lambda: killed_for_a_while(served, callers)] * for_a_while]


def dialing_in(folder: Path, store: PostgresStore | None = None) -> AbstractContextManager[Served]:
    """Its carrier is on loopback."""
    return served_in(folder, store=store, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow")


async def nothing_goes_wrong(served: Served, troubles: Troubles) -> None:
    northwind = served.root()
    async with counting_carrier() as (carrier, address):
        trunk = northwind.trunk(callsPerSecond=1000, maxConcurrentCalls=1000)
        northwind.do("updateTrunk", "__typename", trunkId=trunk, outbound={"address": address})
        callers = Callers(northwind, northwind.number(trunk=trunk).e164, SEED)
        async with asyncio.TaskGroup() as both:
            both.create_task(troubled(troubles(callers), callers))
            both.create_task(callers.create(range(CREATES)))
        for _ in range(WHILE_IT_RINGS):
            await killed_while_it_rings(served, carrier)
        await callers.create(range(CREATES))
        await until_all_have_ended(callers)
        assert counted(callers, CREATES, carrier.calls) == Count(), f"seed {SEED}"
        assert carrier.calls
        assert callers.refused > 0


async def until_all_have_ended(callers: Callers) -> None:
    """What waits is dialed, and what nobody knows of any more ends by itself."""
    for _ in range(PATIENCE):
        if not callers.live():
            return
        await asyncio.sleep(1)


async def troubled(troubles: Sequence[Trouble], callers: Callers) -> None:
    """Each at a moment drawn by the seed, in an order drawn by the seed."""
    chance = random.Random(SEED)
    moments = sorted(chance.sample(range(CREATES // 20, CREATES * 19 // 20), len(troubles)))
    for moment, trouble in zip(moments, chance.sample(troubles, len(troubles)), strict=True):
        await callers.until_sent(moment)
        await asyncio.sleep(chance.uniform(0, LATEST))
        await trouble()


async def killed(served: Served) -> None:
    await asyncio.to_thread(served.kill)
    await asyncio.to_thread(served.launch)


async def killed_while_it_rings(served: Served, carrier: CountingCarrier) -> None:
    await carrier.until_it_rings()
    await killed(served)


async def killed_for_a_while(served: Served, callers: Callers) -> None:
    """It is not back before clients despair."""
    await asyncio.to_thread(served.kill)
    await callers.until_refused(CLIENTS)
    await asyncio.to_thread(served.launch)


async def crashed_for_a_while(postgres: CrashingPostgres, callers: Callers) -> None:
    """The database is away until clients were told so; servers find it again by themselves."""
    await asyncio.to_thread(postgres.crash)
    await callers.until_refused(CLIENTS)
    await asyncio.to_thread(postgres.start)
