"""kill -9 at random moments while clients create conversations: none is lost, there twice, dialed twice or left hanging.

On PostgreSQL the database itself is killed too, and its connections are cut. `make crash-test` runs it at full size; a
twentieth of it runs with all tests.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from tests.crashes.callers import CLIENTS, Callers, Count, counted
from tests.crashes.carrier import CountingCarrier, counting_carrier
from tests.crashes.conftest import CrashingPostgres
from tests.processes import Served, served_in
from tests.stores import SqliteStore

FULL = os.environ.get("DIALTREE_TORTURE") == "1"
CREATES, WHILE_IT_RINGS = (1500, 4) if FULL else (75, 1)
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
LATEST = 0.05  # seconds after the request that a trouble is drawn for
# Seconds: more than a sweep of what nobody knows of any more takes, which is 30 s after the time that a call may ring.
PATIENCE = 300
DIALING = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow", "DIALTREE_RING_SECONDS": "10"}

Trouble = Callable[[], Awaitable[None]]
Troubles = Callable[[Callers], Sequence[Trouble]]


@pytest.mark.torture
async def test_under_kill_9_none_is_lost_or_there_twice_or_dialed_twice_or_left_hanging(tmp_path: Path) -> None:
    with served_in(tmp_path, store=SqliteStore(tmp_path / "dialtree.db"), **DIALING) as served:
        await nothing_goes_wrong([served], lambda callers: kills([served], callers))


@pytest.mark.torture
async def test_nor_with_two_servers_on_postgresql_where_the_database_crashes_too(
    tmp_path: Path, postgres: CrashingPostgres
) -> None:
    each = 4 if FULL else 1
    other = tmp_path / "other"
    other.mkdir()
    with (
        served_in(tmp_path, store=postgres.store, **DIALING) as one,
        served_in(other, store=postgres.store, **DIALING) as two,
    ):

        def troubles(callers: Callers) -> Sequence[Trouble]:
            ends = (postgres.crash, postgres.kill)
            crashed = [partial(crashed_for_a_while, postgres, end, callers) for end in ends]
            cut = partial(connections_cut, postgres, callers)
            return [*kills([one, two], callers), *crashed * each, *[cut] * 2 * each]

        await nothing_goes_wrong([one, two], troubles)


def kills(servers: list[Served], callers: Callers) -> Sequence[Trouble]:
    """Some leave the server dead for a while."""
    at_once, for_a_while = (4, 4) if FULL else (0, 1)
    turn = cycle(servers)
    return [
        *(partial(killed, next(turn), callers) for _ in range(at_once)),
        *(partial(killed_for_a_while, next(turn), callers) for _ in range(for_a_while)),
    ]


async def nothing_goes_wrong(servers: list[Served], troubles: Troubles) -> None:
    northwind = servers[0].root()
    async with counting_carrier() as (carrier, address):
        trunk = northwind.trunk(callsPerSecond=1000, maxConcurrentCalls=1000)
        northwind.do("updateTrunk", "__typename", trunkId=trunk, outbound={"address": address})
        addresses = [server.url for server in servers]
        callers = Callers(northwind, northwind.number(trunk=trunk).e164, SEED, addresses)
        async with asyncio.TaskGroup() as both:
            both.create_task(troubled(troubles(callers), callers))
            both.create_task(callers.create(range(CREATES)))
        last = CREATES + CREATES % 2
        for turn, server in zip(range(last, last + 2 * WHILE_IT_RINGS, 2), cycle(servers), strict=False):
            await killed_while_it_rings(server, carrier, callers, turn)
        await callers.create(list(callers.acknowledged))
        await until_all_have_ended(callers)
        assert counted(callers, carrier.calls) == Count(), f"seed {SEED}"
        assert len(callers.acknowledged) == CREATES + WHILE_IT_RINGS
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


async def killed(served: Served, callers: Callers) -> None:
    await asyncio.to_thread(served.kill)
    await asyncio.to_thread(callers.note_begun)
    await asyncio.to_thread(served.launch)


async def killed_while_it_rings(served: Served, carrier: CountingCarrier, callers: Callers, turn: int) -> None:
    """Calls to even numbers ring for a while. There is one now, whatever was called before."""
    async with asyncio.timeout(PATIENCE):
        rings = asyncio.create_task(carrier.until_it_rings())
        await callers.create([turn])
        await rings
    await killed(served, callers)


async def killed_for_a_while(served: Served, callers: Callers) -> None:
    """It is not back before clients despair."""
    await asyncio.to_thread(served.kill)
    await asyncio.to_thread(callers.note_begun)
    await callers.until_refused(CLIENTS)
    await asyncio.to_thread(served.launch)


async def crashed_for_a_while(postgres: CrashingPostgres, end: Callable[[], None], callers: Callers) -> None:
    """The database is away until clients were told so; servers find it again by themselves."""
    await asyncio.to_thread(postgres.let_in, 0)
    await asyncio.to_thread(end)
    await callers.until_refused(CLIENTS)
    await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(callers.note_begun, postgres.rows)
    await asyncio.to_thread(postgres.let_in, -1)


async def connections_cut(postgres: CrashingPostgres, callers: Callers) -> None:
    """None is made again before it is known what was begun over them."""
    await asyncio.to_thread(postgres.let_in, 0)
    await asyncio.to_thread(postgres.cut_connections)
    await asyncio.to_thread(callers.note_begun, postgres.rows)
    await asyncio.to_thread(postgres.let_in, -1)
