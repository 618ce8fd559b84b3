"""Test SIGKILL at random moments while campaigns call: nobody is lost, called twice or in a call for ever (R23, R24).

On PostgreSQL two servers call, and the database is killed too. The carrier's own count says who was called. `make
crash-test` runs it at full size, 10,000 attempts; a twentieth of that runs with all tests.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from tests.campaigns.test_campaign import Clock
from tests.crashes.campaign_run import CampaignRun
from tests.crashes.mixed_carrier import MixedCarrier, mixed_carrier
from tests.crashes.postgres import CrashingPostgres
from tests.databases import SqliteTestDatabase
from tests.server_process import ServerProcess, run_server_in

FULL = os.environ.get("DIALTREE_TORTURE") == "1"
ATTEMPTS = 10_000 if FULL else 500
# Of ten numbers four answer, four are called three times, one is called once and one twice: 19 attempts.
CONTACTS = ATTEMPTS * 11 // 20
KILLS, DATABASE_KILLS = (12, 12) if FULL else (2, 1)
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
MAX_FAULT_DELAY_SECONDS = 0.05  # after a phone has begun to ring, which it does for longer
DIALING = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow", "DIALTREE_RING_SECONDS": "10"}

Fault = Callable[[], Awaitable[None]]

pytestmark = pytest.mark.torture


async def test_r23_under_kill_9_each_contact_is_called_as_often_as_its_attempts_say(tmp_path: Path) -> None:
    clock, store = Clock(tmp_path / "clock"), SqliteTestDatabase(tmp_path / "dialtree.db")
    with run_server_in(tmp_path, store=store, **DIALING | clock.variables) as served:
        await assert_nobody_is_called_twice([served], clock, [partial(restart, served)] * KILLS)


async def test_r23_nor_with_two_servers_on_postgresql_where_the_database_crashes_too(
    tmp_path: Path, postgres: CrashingPostgres
) -> None:
    clock = Clock(tmp_path / "clock")
    other = tmp_path / "other"
    other.mkdir()
    settings = DIALING | clock.variables
    with (
        run_server_in(tmp_path, store=postgres.store, **settings) as one,
        run_server_in(other, store=postgres.store, **settings) as two,
    ):
        killed = [partial(restart, server) for _, server in zip(range(KILLS), cycle([one, two]), strict=False)]
        ends = (postgres.kill, postgres.crash, postgres.cut_connections)
        crashed = [partial(crash, postgres, end) for _, end in zip(range(DATABASE_KILLS), cycle(ends), strict=False)]
        await assert_nobody_is_called_twice([one, two], clock, [*killed, *crashed])


async def assert_nobody_is_called_twice(servers: list[ServerProcess], clock: Clock, faults: Sequence[Fault]) -> None:
    run = CampaignRun(servers[0].root(), servers[0].store, clock)
    async with mixed_carrier() as (carrier, address):
        await asyncio.to_thread(run.create, address, CONTACTS)
        async with asyncio.TaskGroup() as both:
            both.create_task(inject(faults, carrier))
            both.create_task(run.until_completed())
        assert run.violations() == {}, f"seed {SEED}"
        assert run.miscounted(carrier) == {}, f"seed {SEED}"
        assert servers[0].command("check")[0] == 0
        ((attempts, lost),) = run.rows(
            "SELECT COUNT(*), SUM(CASE WHEN attempt_outcome = 'LOST' THEN 1 ELSE 0 END) FROM conversation"
            " WHERE attempt_number IS NOT NULL"
        )
        assert lost > 0 or not FULL  # few kills may all hit between calls
        assert attempts > ATTEMPTS // 2  # who was lost is not called again


async def inject(faults: Sequence[Fault], carrier: MixedCarrier) -> None:
    """Inject each fault at a moment, and in an order, drawn by the seed."""
    chance = random.Random(SEED)
    moments = sorted(chance.sample(range(ATTEMPTS // 20, ATTEMPTS * 3 // 5), len(faults)))
    for moment, fault in zip(moments, chance.sample(faults, len(faults)), strict=True):
        await carrier.until_called(moment)
        await carrier.until_it_rings()
        await asyncio.sleep(chance.uniform(0, MAX_FAULT_DELAY_SECONDS))
        await fault()


async def restart(served: ServerProcess) -> None:
    await asyncio.to_thread(served.kill)
    await asyncio.to_thread(served.launch)


async def crash(postgres: CrashingPostgres, end: Callable[[], None]) -> None:
    """Kill or stop the database and start it, or only cut its connections; servers reconnect by themselves."""
    await asyncio.to_thread(end)
    if end != postgres.cut_connections:
        await asyncio.to_thread(postgres.start)
