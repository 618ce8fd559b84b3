"""Compare Dialtree with its peers and a baseline in one run (`make bench`).

All servers must answer alike before they are timed. Rounds are interleaved, so that other work of the machine affects
all of them. QUICK=1 takes about three minutes, and leaves out the million numbers. Writes RESULTS.md and RESULTS.svg.
"""

import os
import shutil
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.dataset import Dataset, create_dataset
from benchmarks.load_generator import Round, median_round, run_load
from benchmarks.operations import OPERATIONS, READS, Operation, list_operations
from benchmarks.report import Measurements, write_report
from benchmarks.servers import Server, ServerKind, caching_kinds, run_server, server_kinds

CLIENTS = (1, 16)
SMALL, TEN_THOUSAND, MILLION = 5_000, 10_000, 1_000_000


@dataclass(frozen=True)
class Effort:
    """Rounds of an operation on a server, and seconds of each."""

    rounds: int
    seconds: int


QUICK = bool(os.environ.get("QUICK"))
EFFORT = Effort(1, 1) if QUICK else Effort(3, 2)


def main() -> None:
    node = shutil.which("node") or sys.exit("The peers need Node 20.19 or newer.")
    measurements = Measurements()
    with tempfile.TemporaryDirectory(prefix="dialtree-bench-") as name:
        folder = Path(name)
        for count in (SMALL,) if QUICK else (SMALL, MILLION):
            compare_at_size(folder / f"{count}", count, server_kinds(node), measurements)
        compare_caches(folder / "cached", caching_kinds(node), measurements)
        if not QUICK:
            compare_list_sizes(folder, server_kinds(node)[0], measurements)
    write_report(measurements, Path(__file__).parent, "QUICK=1 make bench" if QUICK else "make bench")


def compare_at_size(folder: Path, count: int, all_kinds: list[ServerKind], measurements: Measurements) -> None:
    print_progress(f"{count:,} numbers: creating the dataset, starting {len(all_kinds)} servers ...")
    folder.mkdir()
    dataset = create_dataset(folder / "dataset.db", count)
    with ExitStack() as stack:
        servers = [stack.enter_context(run_server(kind, copy_for(kind, dataset), folder / "log")) for kind in all_kinds]
        for operation in OPERATIONS:
            require_equal_answers(servers, operation)
            for clients in CLIENTS:
                print_progress(f"{count:,} numbers, {operation.name}, {clients} clients ...")
                for name, found in run_interleaved(servers, operation, clients).items():
                    measurements.rounds[count, operation.name, clients, name] = found
        for server in servers:
            measurements.memory[count, server.kind.name] = server.memory()


def compare_caches(folder: Path, all_kinds: list[ServerKind], measurements: Measurements) -> None:
    """Measure reads that a response cache can answer: nothing is written meanwhile."""
    folder.mkdir()
    dataset = create_dataset(folder / "dataset.db", SMALL)
    with ExitStack() as stack:
        servers = [stack.enter_context(run_server(kind, copy_for(kind, dataset), folder / "log")) for kind in all_kinds]
        for operation in READS:
            require_equal_answers(servers, operation)
            for clients in CLIENTS:
                print_progress(f"response caches, {operation.name}, {clients} clients ...")
                for name, found in run_interleaved(servers, operation, clients).items():
                    measurements.cached[operation.name, clients, name] = found


def run_interleaved(servers: list[Server], operation: Operation, clients: int) -> dict[str, Round]:
    """Return the median of each server's rounds, after a round that warms it up."""
    rounds: dict[str, list[Round]] = defaultdict(list)
    for server in servers:
        run_load(server, operation, clients, 1)
    for _ in range(EFFORT.rounds):
        for server in servers:
            rounds[server.kind.name].append(run_load(server, operation, clients, EFFORT.seconds))
    return {name: median_round(each) for name, each in rounds.items()}


def copy_for(kind: ServerKind, dataset: Dataset) -> Dataset:
    """Copy the file for each of our servers: only one may serve a file."""
    if not kind.is_ours:
        return dataset
    file = dataset.file.with_name(kind.name.replace(" ", "-") + ".db")
    shutil.copyfile(dataset.file, file)
    return replace(dataset, file=file)


def require_equal_answers(servers: list[Server], operation: Operation) -> None:
    answers = [(server.kind.name, server.ask(operation)) for server in servers]
    for name, answer in answers:
        if answer != answers[-1][1]:
            raise SystemExit(f"{name} does not answer as {answers[-1][0]} does:\n{answer}\n{answers[-1][1]}")


def compare_list_sizes(folder: Path, kind: ServerKind, measurements: Measurements) -> None:
    """Measure each list of our server over ten thousand rows and over a million, in turns."""
    with ExitStack() as stack:
        servers = {}
        for count in (TEN_THOUSAND, MILLION):
            print_progress(f"{count:,} numbers and as many conversations ...")
            list_folder = folder / f"lists-{count}"
            list_folder.mkdir()
            dataset = create_dataset(list_folder / "dataset.db", count, count)
            servers[count] = stack.enter_context(run_server(kind, dataset, list_folder / "log"))
        for name in list_operations(MILLION):
            rounds: dict[int, list[Round]] = defaultdict(list)
            for _ in range(EFFORT.rounds):
                for count, server in servers.items():
                    rounds[count].append(run_load(server, list_operations(count)[name], 1, 1))
            few, many = (median_round(rounds[count]) for count in servers)
            measurements.lists[name] = (few.p50, many.p50)


def print_progress(step: str) -> None:
    print(step, flush=True)


if __name__ == "__main__":
    main()
