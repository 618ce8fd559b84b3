"""`make bench`: ours, its peers and the floor, side by side in one run, and what a page costs out of a million.

Every answer is compared before it is timed. Rounds are interleaved, so what else the machine does hits all alike.
QUICK=1 takes about three minutes, and leaves the million out. Writes RESULTS.md and RESULTS.svg beside this file.
"""

import os
import shutil
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.load import Round, load, middle
from benchmarks.operations import OPERATIONS, READS, Operation, lists
from benchmarks.report import Measured, write
from benchmarks.servers import Kind, Server, keeping_kinds, kinds, serving
from benchmarks.world import World, make_world

CLIENTS = (1, 16)
SMALL, TEN_THOUSAND, MILLION = 5_000, 10_000, 1_000_000


@dataclass(frozen=True)
class Effort:
    rounds: int
    seconds: int


QUICK = bool(os.environ.get("QUICK"))
EFFORT = Effort(1, 1) if QUICK else Effort(3, 2)


def main() -> None:
    node = shutil.which("node") or sys.exit("The peers need Node 20.19 or newer.")
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="dialtree-bench-") as name:
        folder = Path(name)
        for count in (SMALL,) if QUICK else (SMALL, MILLION):
            side_by_side(folder / f"{count}", count, kinds(node), measured)
        with_kept_answers(folder / "kept", keeping_kinds(node), measured)
        if not QUICK:
            out_of_a_million(folder, kinds(node)[0], measured)
    write(measured, Path(__file__).parent, "QUICK=1 make bench" if QUICK else "make bench")


def side_by_side(folder: Path, count: int, all_kinds: list[Kind], measured: Measured) -> None:
    say(f"{count:,} numbers: making the world, starting {len(all_kinds)} servers ...")
    folder.mkdir()
    world = make_world(folder / "world.db", count)
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(kind, own(kind, world), folder / "log")) for kind in all_kinds]
        for operation in OPERATIONS:
            compare(servers, operation)
            for clients in CLIENTS:
                say(f"{count:,} numbers, {operation.name}, {clients} clients ...")
                for name, found in in_turns(servers, operation, clients).items():
                    measured.rounds[count, operation.name, clients, name] = found
        for server in servers:
            measured.memory[count, server.kind.name] = server.memory()


def with_kept_answers(folder: Path, all_kinds: list[Kind], measured: Measured) -> None:
    """What is read again and again, and changed by nobody meanwhile."""
    folder.mkdir()
    world = make_world(folder / "world.db", SMALL)
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(kind, own(kind, world), folder / "log")) for kind in all_kinds]
        for operation in READS:
            compare(servers, operation)
            for clients in CLIENTS:
                say(f"kept answers, {operation.name}, {clients} clients ...")
                for name, found in in_turns(servers, operation, clients).items():
                    measured.kept[operation.name, clients, name] = found


def in_turns(servers: list[Server], operation: Operation, clients: int) -> dict[str, Round]:
    """The median of each server's rounds; one before them warms it up."""
    rounds: dict[str, list[Round]] = defaultdict(list)
    for server in servers:
        load(server, operation, clients, 1)
    for _ in range(EFFORT.rounds):
        for server in servers:
            rounds[server.kind.name].append(load(server, operation, clients, EFFORT.seconds))
    return {name: middle(each) for name, each in rounds.items()}


def own(kind: Kind, world: World) -> World:
    """A copy for each of ours: one server a file."""
    if not kind.ours:
        return world
    file = world.file.with_name(kind.name.replace(" ", "-") + ".db")
    shutil.copyfile(world.file, file)
    return replace(world, file=file)


def compare(servers: list[Server], operation: Operation) -> None:
    answers = [(server.kind.name, server.ask(operation)) for server in servers]
    for name, answer in answers:
        if answer != answers[-1][1]:
            raise SystemExit(f"{name} answers otherwise than {answers[-1][0]}:\n{answer}\n{answers[-1][1]}")


def out_of_a_million(folder: Path, kind: Kind, measured: Measured) -> None:
    """Ours alone: the same list out of ten thousand and out of a million, in turns."""
    with ExitStack() as stack:
        servers = {}
        for count in (TEN_THOUSAND, MILLION):
            say(f"{count:,} numbers and as many conversations ...")
            place = folder / f"lists-{count}"
            place.mkdir()
            world = make_world(place / "world.db", count, count)
            servers[count] = stack.enter_context(serving(kind, world, place / "log"))
        for name in lists(MILLION):
            rounds: dict[int, list[Round]] = defaultdict(list)
            for _ in range(EFFORT.rounds):
                for count, server in servers.items():
                    rounds[count].append(load(server, lists(count)[name], 1, 1))
            few, many = (middle(rounds[count]) for count in servers)
            measured.lists[name] = (few.p50, many.p50)


def say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    main()
