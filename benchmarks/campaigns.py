"""Measure campaigns, and print each figure beside its target (`make bench-campaign`).

Nothing is asserted, as the figures depend on what else the machine does: its load is printed, too.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

from benchmarks.campaign_calls import measure_calls
from benchmarks.campaign_import import measure_import
from benchmarks.campaign_pause import DIALING, measure_pauses, percentile
from benchmarks.campaign_reads import measure_picking, measure_reads
from tests.campaigns.test_campaign import Clock
from tests.databases import SqliteTestDatabase
from tests.server_process import run_server_in

PARTS = ("import", "calls", "pause", "reads", "picking")
Line = tuple[str, str, str]  # what, target, measured
FEW_CONTACTS = 10_000
SERVERS_ON_POSTGRES = 2


def main() -> None:
    options = _options()
    print(f"{'what':<58} {'target':>12} {'measured':>12}  load")
    for part in options.parts:
        # Where a part runs PostgreSQL, the folder is entered by its user, too.
        with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
            Path(folder).chmod(0o755)
            structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
            for what, target, measured in MEASURED[part](Path(folder), options):
                print(f"{what:<58} {target:>12} {measured:>12}  {os.getloadavg()[0]:.1f}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--rows", type=int, default=500_000, help="rows of the imported file")
    parser.add_argument("--calls", type=int, default=5_000, help="calls that are started")
    parser.add_argument("--contacts", type=int, nargs="+", default=[100_000, 500_000], help="contacts of dry runs")
    parser.add_argument("--many", type=int, default=1_000_000, help="contacts out of which some are picked")
    parser.add_argument("--pauses", type=int, default=100, help="how often a campaign is paused")
    parser.add_argument("--sqlite-only", action="store_true", help="measure nothing on PostgreSQL")
    return parser.parse_args()


def _import(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    found = measure_import(folder, options.rows, on_postgres=False)
    yield f"import of {options.rows:,} rows over HTTP, rows a second", ">= 5,000", f"{found.rows_per_second:,.0f}"
    slower = found.create_ms_meanwhile / found.create_ms_before
    yield "  a create meanwhile, p95, times as before", "<= 3", f"{slower:.1f}"
    yield (
        "  p95 of a create before and meanwhile, ms",
        "",
        f"{found.create_ms_before:.0f}, {found.create_ms_meanwhile:.0f}",
    )
    yield "  growth of the server's memory, MB", "< 20", f"{found.grown_mb:.0f}"


def _calls(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    on_sqlite = measure_calls(folder, options.calls, on_postgres=False, servers=1)
    yield "calls started a second, SQLite", ">= 50", f"{on_sqlite.calls_per_second:.0f}"
    yield "  processor time of the server a call, ms", "<= 2", f"{on_sqlite.processor_ms:.1f}"
    if not options.sqlite_only:
        shared = measure_calls(folder, options.calls, on_postgres=True, servers=SERVERS_ON_POSTGRES)
        yield "calls started a second, PostgreSQL, two servers", ">= 200", f"{shared.calls_per_second:.0f}"
        yield "  processor time of both servers a call, ms", "<= 2", f"{shared.processor_ms:.1f}"


def _pause(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    clock, store = Clock(folder / "clock"), SqliteTestDatabase(folder / "pause.db")
    with run_server_in(folder, store=store, **DIALING | clock.variables) as server:
        pauses = asyncio.run(measure_pauses(server, clock, options.pauses))
    since_request = [each.since_request for each in pauses]
    yield f"pause to last INVITE, p99 of {len(pauses)}, s", "<= 1", f"{percentile(since_request, 99):.3f}"


def _reads(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    found = measure_reads(folder, options.contacts)
    for contacts, seconds in found.preview_seconds.items():
        target = {100_000: "<= 1", 500_000: "<= 3"}.get(contacts, "")
        yield f"dry run of {contacts:,} contacts, s", target, f"{seconds:.2f}"
    yield "statistics, ms", "<= 5", f"{found.statistics_ms:.1f}"


def _picking(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    for engine in ("SQLite",) if options.sqlite_only else ("SQLite", "PostgreSQL"):
        few, many = measure_picking(folder, FEW_CONTACTS, options.many, on_postgres=engine == "PostgreSQL")
        yield (
            f"picking who is due, out of {options.many:,} against {FEW_CONTACTS:,}, {engine}",
            "<= 1.2",
            f"{many / few:.2f}",
        )
        yield "  the same in ms", "", f"{many:.2f}, {few:.2f}"


MEASURED = {"import": _import, "calls": _calls, "pause": _pause, "reads": _reads, "picking": _picking}

if __name__ == "__main__":
    main()
