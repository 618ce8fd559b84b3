"""Test SIGKILL at random moments while clients create conversations: none is lost, doubled, dialed twice or left live.

On PostgreSQL the database itself is killed too, and its connections are cut. `make crash-test` runs it at full size; a
twentieth of that runs with all tests.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from tests.crashes.callers import CLIENT_COUNT, CallCreators, Losses, count_losses
from tests.crashes.carrier import CountingCarrier, counting_carrier
from tests.crashes.postgres import CrashingPostgres
from tests.databases import SqliteTestDatabase
from tests.server_process import ServerProcess, run_server_in

FULL = os.environ.get("DIALTREE_TORTURE") == "1"
CREATES, WHILE_IT_RINGS = (1500, 4) if FULL else (75, 1)
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
MAX_FAULT_DELAY_SECONDS = 0.05  # between the request that a fault is drawn for and the fault
# More than the reconciler takes to end a call that no engine knows: 30 s after the time that it may ring.
TIMEOUT_SECONDS = 300
DIALING = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow", "DIALTREE_RING_SECONDS": "10"}

Fault = Callable[[], Awaitable[None]]
FaultPlan = Callable[[CallCreators], Sequence[Fault]]


@pytest.mark.torture
async def test_under_kill_9_none_is_lost_or_there_twice_or_dialed_twice_or_left_hanging(tmp_path: Path) -> None:
    with run_server_in(tmp_path, store=SqliteTestDatabase(tmp_path / "dialtree.db"), **DIALING) as served:
        await assert_no_losses([served], lambda callers: plan_restarts([served], callers))


@pytest.mark.torture
async def test_nor_with_two_servers_on_postgresql_where_the_database_crashes_too(
    tmp_path: Path, postgres: CrashingPostgres
) -> None:
    each = 4 if FULL else 1
    other = tmp_path / "other"
    other.mkdir()
    with (
        run_server_in(tmp_path, store=postgres.store, **DIALING) as one,
        run_server_in(other, store=postgres.store, **DIALING) as two,
    ):

        def faults(callers: CallCreators) -> Sequence[Fault]:
            ends = (postgres.crash, postgres.kill)
            crashed = [partial(crash_database, postgres, end, callers) for end in ends]
            cut = partial(cut_database_connections, postgres, callers)
            return [*plan_restarts([one, two], callers), *crashed * each, *[cut] * 2 * each]

        await assert_no_losses([one, two], faults)


def plan_restarts(servers: list[ServerProcess], callers: CallCreators) -> Sequence[Fault]:
    """Restart the servers in turn, at once or after clients have noticed."""
    at_once, for_a_while = (4, 4) if FULL else (0, 1)
    turn = cycle(servers)
    return [
        *(partial(restart, next(turn), callers) for _ in range(at_once)),
        *(partial(restart_later, next(turn), callers) for _ in range(for_a_while)),
    ]


async def assert_no_losses(servers: list[ServerProcess], faults: FaultPlan) -> None:
    northwind = servers[0].root()
    async with counting_carrier() as (carrier, address):
        trunk = northwind.trunk(callsPerSecond=1000, maxConcurrentCalls=1000)
        northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound={"address": address})
        addresses = [server.url for server in servers]
        callers = CallCreators(northwind, northwind.number(trunk=trunk).e164, SEED, addresses)
        async with asyncio.TaskGroup() as both:
            both.create_task(inject_faults(faults(callers), callers))
            both.create_task(callers.create(range(CREATES)))
        last = CREATES + CREATES % 2
        for turn, server in zip(range(last, last + 2 * WHILE_IT_RINGS, 2), cycle(servers), strict=False):
            await restart_while_ringing(server, carrier, callers, turn)
        await callers.create(list(callers.acknowledged))
        await until_all_have_ended(callers)
        assert count_losses(callers, carrier.calls) == Losses(), f"seed {SEED}"
        assert len(callers.acknowledged) == CREATES + WHILE_IT_RINGS
        assert callers.refused > 0


async def until_all_have_ended(callers: CallCreators) -> None:
    """Wait until queued calls are dialed, and calls that no engine knows are ended by the reconciler."""
    for _ in range(TIMEOUT_SECONDS):
        if not callers.live():
            return
        await asyncio.sleep(1)


async def inject_faults(faults: Sequence[Fault], callers: CallCreators) -> None:
    """Inject each fault at a moment, and in an order, drawn by the seed."""
    chance = random.Random(SEED)
    moments = sorted(chance.sample(range(CREATES // 20, CREATES * 19 // 20), len(faults)))
    for moment, fault in zip(moments, chance.sample(faults, len(faults)), strict=True):
        await callers.until_sent(moment)
        await asyncio.sleep(chance.uniform(0, MAX_FAULT_DELAY_SECONDS))
        await fault()


async def restart(served: ServerProcess, callers: CallCreators) -> None:
    await asyncio.to_thread(served.kill)
    await asyncio.to_thread(callers.record_claimed)
    await asyncio.to_thread(served.launch)


async def restart_while_ringing(
    served: ServerProcess, carrier: CountingCarrier, callers: CallCreators, turn: int
) -> None:
    """Kill the server while a phone rings: an even number does before it is busy."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        rings = asyncio.create_task(carrier.until_it_rings())
        await callers.create([turn])
        await rings
    await restart(served, callers)


async def restart_later(served: ServerProcess, callers: CallCreators) -> None:
    """Kill the server, and start it only after clients were refused."""
    await asyncio.to_thread(served.kill)
    await asyncio.to_thread(callers.record_claimed)
    await callers.until_refused(CLIENT_COUNT)
    await asyncio.to_thread(served.launch)


async def crash_database(postgres: CrashingPostgres, end: Callable[[], None], callers: CallCreators) -> None:
    """Stop the database until clients were refused. Servers reconnect by themselves."""
    await asyncio.to_thread(postgres.limit_connections, 0)
    await asyncio.to_thread(end)
    await callers.until_refused(CLIENT_COUNT)
    await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(callers.record_claimed, postgres.rows)
    await asyncio.to_thread(postgres.limit_connections, -1)


async def cut_database_connections(postgres: CrashingPostgres, callers: CallCreators) -> None:
    """Cut the servers' connections, and allow new ones only after recording what was claimed over the old ones."""
    await asyncio.to_thread(postgres.limit_connections, 0)
    await asyncio.to_thread(postgres.cut_connections)
    await asyncio.to_thread(callers.record_claimed, postgres.rows)
    await asyncio.to_thread(postgres.limit_connections, -1)
