"""Measure how many calls of a campaign are started a second, over an engine that answers and ends them at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.identifier import new_id
from tests.campaigns.filled_campaign import create_caller
from tests.campaigns.test_campaign import Clock
from tests.databases import DatabaseForTests, PostgresTestDatabase, SqliteTestDatabase

# Calls that are made before: what is compiled once and cached is not measured.
WARM_UP_CALLS = 100


@dataclass(frozen=True)
class CallRate:
    """Calls started a second, all servers together, and milliseconds of a server's processor for each."""

    calls_per_second: float
    processor_ms: float
    load: float


@contextmanager
def migrated_store(folder: Path, *, on_postgres: bool) -> Iterator[DatabaseForTests]:
    """Create a database: a file in the folder, or one of a PostgreSQL that this process starts."""
    name = new_id("bench").lower()
    store = PostgresTestDatabase(name) if on_postgres else SqliteTestDatabase(folder / f"{name}.db")
    store.migrate()
    yield store
    store.close()


def measure_calls(folder: Path, contacts: int, *, on_postgres: bool, servers: int) -> CallRate:
    """Call every contact of a campaign once."""
    Clock(folder / "clock")
    with migrated_store(folder, on_postgres=on_postgres) as store:
        caller = create_caller(store)
        warm_up = caller.campaign(WARM_UP_CALLS)
        with _running(store, folder / "clock", servers) as processes:
            _wait_for_calls(store, warm_up, WARM_UP_CALLS)
            before = _ask_each(processes)
            campaign = caller.campaign(contacts, first=WARM_UP_CALLS)
            _wait_for_calls(store, campaign, contacts)
            seconds = _seconds_of_calls(store, campaign)
            used = _ask_each(processes) - before
        return CallRate(contacts / seconds, used * 1000 / contacts, os.getloadavg()[0])


@contextmanager
def _running(store: DatabaseForTests, clock: Path, servers: int) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "benchmarks.campaign_server", store.url, str(clock)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(servers)]
    try:
        for each in processes:
            _read_line(each)
        yield processes
    finally:
        for each in processes:
            each.kill()
            each.wait()


def _read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _ask_each(processes: list[subprocess.Popen[str]]) -> float:
    """Return the processor seconds that the servers have used."""
    for each in processes:
        each.send_signal(signal.SIGUSR1)
    return sum(float(_read_line(each)) for each in processes)


def _wait_for_calls(store: DatabaseForTests, campaign: str, count: int) -> None:
    done = f"SELECT count(*) FROM contact WHERE campaign_id = '{campaign}' AND status = 'REACHED'"
    while store.rows(done) != [(count,)]:
        time.sleep(0.5)


def _seconds_of_calls(store: DatabaseForTests, campaign: str) -> float:
    """Return how long it took from the admission of the first call to the end of the last."""
    between = f"SELECT min(created_at), max(ended_at) FROM conversation WHERE campaign_id = '{campaign}'"
    ((first, last),) = store.rows(between)
    start, end = (datetime.fromisoformat(each) if isinstance(each, str) else each for each in (first, last))
    return float((end - start).total_seconds())
