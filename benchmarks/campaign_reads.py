"""Measure dry runs and statistics over HTTP, and picking who is due out of many contacts and out of few."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaign_calls import migrated_store
from models.admission_statements import find_due_contacts
from models.server import database_now
from models.statistics_statements import find_pending_zones
from models.utc_datetime import set_test_clock
from storage import Database
from tests.campaigns.calling_campaign import Calling
from tests.campaigns.filled_campaign import Caller, create_caller
from tests.campaigns.test_campaign import Clock
from tests.databases import DatabaseForTests
from tests.server_process import run_server_in

PREVIEW = """query($id: ID!) { campaign(id: $id) {
  preview { dialable estimatedEnd limitedBy refused { code contacts } byZone { timeZone contacts } } } }"""
STATISTICS = """query($id: ID!) { campaign(id: $id) {
  statistics { contacts liveCalls estimatedEnd limitedBy byStatus { status contacts } } } }"""
ROUNDS, PICKS = 5, 400
# What is picked at once, as an admission does.
MAX_PICKED = 20


@dataclass(frozen=True)
class ReadFigures:
    """Seconds of a dry run by how many contacts there are, and milliseconds of statistics."""

    preview_seconds: dict[int, float]
    statistics_ms: float


def measure_reads(folder: Path, sizes: list[int]) -> ReadFigures:
    """Ask for dry runs and statistics of campaigns of these sizes, on SQLite; each figure is a median."""
    clock = Clock(folder / "clock")
    settings = {
        "DIALTREE_POINTS_PER_MINUTE": "0",
        "DIALTREE_RESPONSE_CACHE_MB": "0",
        "DIALTREE_OPERATION_TIMEOUT_SECONDS": "600",
    }
    with run_server_in(folder, "reads.db", (), None, **settings, **clock.variables) as server:
        calling = Calling(server, clock, 9)
        organization_id = calling.owner.organization_id
        caller = Caller(server.store, organization_id, calling.number.e164, calling.version)
        previews: dict[int, float] = {}
        for place, size in enumerate(sizes):
            campaign = caller.campaign(size, first=place * 1_000_000)
            previews[size] = _median_seconds(calling, PREVIEW, campaign)
        return ReadFigures(previews, _median_seconds(calling, STATISTICS, campaign) * 1000)


def _median_seconds(calling: Calling, query: str, campaign: str) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        calling.owner(query, id=campaign)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def measure_picking(folder: Path, few: int, many: int, *, on_postgres: bool) -> tuple[float, float]:
    """Return the milliseconds of picking who is due out of few contacts and out of many: of each the median."""
    Clock(folder / "clock")
    set_test_clock(folder / "clock")
    with migrated_store(folder, on_postgres=on_postgres) as store:
        caller = create_caller(store)
        campaigns = [caller.campaign(few), caller.campaign(many, first=few)]
        if on_postgres:
            store.rows("ANALYZE contact")
        of_few, of_many = asyncio.run(_time_picks(store, campaigns))
    return of_few, of_many


async def _time_picks(store: DatabaseForTests, campaigns: list[str]) -> list[float]:
    """Pick by turns, so that other work of the machine affects both."""
    database = Database(store.url)
    milliseconds: dict[str, list[float]] = {campaign: [] for campaign in campaigns}
    try:
        async with database.read() as session:
            at = await database_now(session)
            for _ in range(PICKS):
                for campaign in campaigns:
                    started = time.perf_counter()
                    for zone in await find_pending_zones(session, [campaign]):
                        await find_due_contacts(session, campaign, zone.zone_key, True, at, MAX_PICKED)
                    milliseconds[campaign].append((time.perf_counter() - started) * 1000)
    finally:
        await database.close()
    return [statistics.median(each) for each in milliseconds.values()]
