"""RESULTS.md and its plot: tables of ratios, the goals and whether they are met, the machine and the versions."""

import json
import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.load import Round
from benchmarks.operations import OPERATIONS

OURS, MERCURIUS, JOINED, FLOOR = "Dialtree", "Mercurius JIT", "Mercurius JIT, joined", "floor"
KEEPING = "Dialtree, kept answers"
PEERS = Path(__file__).parent / "peers"
INTRODUCTION = """`{command}`, {now:%Y-%m-%d %H:%M} UTC. `README.md` says what is measured and how to read it.
Absolute figures hold for this machine and this hour: read the ratios."""
# Processes that want a core, over a quarter of an hour: a server and wrk want one each.
QUIET = 3
BUSY = """

**The machine was busy with other work meanwhile: nothing here is to be relied on. Run it again on a quiet one.**"""
WORDS = {"Page": "page", "Number": "one number", "Preview": "dry run", "Create": "create"}


@dataclass
class Measured:
    """By how many numbers there are, operation, clients and server; milliseconds and MB."""

    rounds: dict[tuple[int, str, int, str], Round] = field(default_factory=dict)
    kept: dict[tuple[str, int, str], Round] = field(default_factory=dict)
    memory: dict[tuple[int, str], float] = field(default_factory=dict)
    lists: dict[str, tuple[float, float]] = field(default_factory=dict)

    def ratio(self, count: int, operation: str, clients: int, to: str, server: str = OURS) -> float:
        ours, theirs = (self.rounds[count, operation, clients, each] for each in (server, to))
        return ours.rate / theirs.rate

    def ahead(self, operation: str, clients: int) -> float:
        """Ours with kept answers against the best of the others."""
        rates = {
            server: found.rate for (name, at, server), found in self.kept.items() if (name, at) == (operation, clients)
        }
        ours = rates.pop(KEEPING)
        return ours / max(rates.values())


def write(measured: Measured, folder: Path, command: str) -> None:
    servers = list(dict.fromkeys(server for *_, server in measured.rounds))
    sizes = sorted({count for count, *_ in measured.rounds})
    parts = [
        "# Results",
        INTRODUCTION.format(command=command, now=datetime.now(UTC)) + (BUSY if os.getloadavg()[2] > QUIET else ""),
        "![Answers a second with 16 clients, as multiples of Mercurius with its JIT](RESULTS.svg)",
        "## The goals",
        goals(measured, sizes),
        "## Answers a second, as a multiple of the floor's",
        *(table(measured, servers, count, clients) for count in sizes for clients in (1, 16)),
        "## With kept answers, as a multiple of Mercurius with its JIT that keeps none",
        kept(measured, sizes[0]),
        *(
            ["## A page out of a million, as a multiple of one out of ten thousand", lists(measured)]
            if measured.lists
            else []
        ),
        "## Memory",
        memory(measured, servers, sizes),
        "## The machine and the versions",
        machine(),
    ]
    (folder / "RESULTS.md").write_text("\n\n".join(parts) + "\n")
    (folder / "RESULTS.svg").write_text(plot(measured, servers, sizes[0]))
    print((folder / "RESULTS.md").read_text())


def goals(measured: Measured, sizes: list[int]) -> str:
    small = sizes[0]
    page = [measured.ratio(small, "Page", clients, MERCURIUS) for clients in (1, 16)]
    floor = [measured.ratio(small, "Page", clients, FLOOR) for clients in (1, 16)]
    ahead = [measured.ahead("Page", clients) for clients in (1, 16)]
    create = measured.ratio(small, "Create", 16, FLOOR)
    spread = measured.rounds[small, "Create", 16, OURS]
    memory = max(measured.memory[count, OURS] for count in sizes)
    rows = [
        ("page against Mercurius with its JIT, 1 and 16 clients", "at least 1.5", both(page), min(page) >= 1.5),
        ("page against the floor, 1 and 16 clients", "at least 0.4", both(floor), min(floor) >= 0.4),
        ("page with kept answers against the best peer with its cache, 1 and 16 clients", "at least 1",
         both(ahead), min(ahead) >= 1),
        ("create against a bare insert, 16 clients", "at least 0.4", f"{create:.2f}", create >= 0.4),
        ("create, p99 as a multiple of p50, 16 clients", "under 10", f"{spread.p99 / spread.p50:.1f}",
         spread.p99 < 10 * spread.p50),
        *grown(measured),
        ("memory of a process", "under 150 MB", f"{memory:.0f} MB", memory < 150),
    ]  # fmt: skip
    lines = [f"| {what} | {goal} | {found} | {'met' if met else '**missed**'} |" for what, goal, found, met in rows]
    return "\n".join(["| what | goal | measured | |", "|---|---|---|---|", *lines])


def grown(measured: Measured) -> list[tuple[str, str, str, bool]]:
    """Nothing where the million was left out."""
    ratios = {name: many / few for name, (few, many) in measured.lists.items()}
    worst = sorted(ratios, key=lambda name: ratios[name])[-1:]
    what = "a list out of 1,000,000 against 10,000, the worst"
    return [(f"{what} ({name})", "at most 1.2", f"{ratios[name]:.2f}", ratios[name] <= 1.2) for name in worst]


def kept(measured: Measured, small: int) -> str:
    """What each is at keeping: a rate, then milliseconds."""
    servers = list(dict.fromkeys(server for *_, server in measured.kept))
    asked = list(dict.fromkeys((name, clients) for name, clients, _ in measured.kept))
    head = " | ".join(f"{WORDS[name]}, {clients} | p50 ms" for name, clients in asked)
    lines = [f"| {small:,} numbers, clients | {head} |", "|---" * (1 + 2 * len(asked)) + "|"]
    for server in servers:
        found = [(measured.kept[(*each, server)], measured.rounds[(small, *each, MERCURIUS)]) for each in asked]
        cells = " | ".join(f"{ours.rate / theirs.rate:.1f} | {ours.p50:.2f}" for ours, theirs in found)
        lines.append(f"| {server} | {cells} |")
    return "\n".join(lines)


def both(pair: list[float]) -> str:
    return " and ".join(f"{each:.2f}" for each in pair)


def table(measured: Measured, servers: list[str], count: int, clients: int) -> str:
    """Ratios, then milliseconds: p50 / p99."""
    names = [operation.name for operation in OPERATIONS]
    head = " | ".join(f"{WORDS[name]} | p50 / p99 ms" for name in names)
    lines = [f"{count:,} numbers, {clients} client{'s' if clients > 1 else ''}:", "", f"| | {head} |",
             "|---" * (1 + 2 * len(names)) + "|"]  # fmt: skip
    for server in servers:
        cells = []
        for name in names:
            found = measured.rounds[count, name, clients, server]
            cells += [
                f"{measured.ratio(count, name, clients, FLOOR, server):.3f}",
                f"{found.p50:.1f} / {found.p99:.1f}",
            ]
        lines.append(f"| {server} | {' | '.join(cells)} |")
    rates = ", ".join(f"{WORDS[name]} {measured.rounds[count, name, clients, FLOOR].rate:,.0f}" for name in names)
    return "\n".join([*lines, "", f"The floor's answers a second: {rates}."])


def lists(measured: Measured) -> str:
    lines = ["| one client, medians | of 10,000, ms | of 1,000,000, ms | ratio |", "|---|---|---|---|"]
    lines += [f"| {name} | {few:.2f} | {many:.2f} | {many / few:.2f} |" for name, (few, many) in measured.lists.items()]
    ratio = median(many / few for few, many in measured.lists.values())
    return "\n".join([*lines, "", f"The median of the ratios is {ratio:.2f}."])


def memory(measured: Measured, servers: list[str], sizes: list[int]) -> str:
    head = " | ".join(f"MB after all of the above, {count:,} numbers" for count in sizes)
    lines = [f"| | {head} |", "|---" * (1 + len(sizes)) + "|"]
    for server in servers:
        resident = [f"{measured.memory[count, server]:.0f}" for count in sizes]
        lines.append(f"| {server} | {' | '.join(resident)} |")
    return "\n".join(lines)


def machine() -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    lock = json.loads((PEERS / "node" / "package-lock.json").read_text())["packages"]
    pins = dict(re.findall(r"^([\w-]+)==(\S+)", (PEERS / "python" / "requirements.txt").read_text(), re.MULTILINE))
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
    system = (
        f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores; {platform.system()} {platform.release()}"
    )
    ours = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "sqlalchemy", "orjson", "uvloop")
    theirs = ("strawberry-graphql", "ariadne", "sqlmodel", "aiosqlite")
    in_node = ("mercurius", "fastify", "graphql-yoga", "graphql", "better-sqlite3")
    lines = [
        f"{system}; each server on one core, wrk on another; load of the machine at the end {os.getloadavg()[1]:.1f}",
        f"ours: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {named(ours, version)}",
        f"peers in Python: {named(theirs, pins.__getitem__)}",
        f"peers in Node {node}: {named(in_node, lambda name: str(lock[f'node_modules/{name}']['version']))}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def named(packages: tuple[str, ...], version_of: Callable[[str], str]) -> str:
    return ", ".join(f"{package} {version_of(package)}" for package in packages)


def plot(measured: Measured, servers: list[str], count: int) -> str:
    """Bars in groups, one an operation; drawn by hand, as a library would be the bench's largest part."""
    colours = ("#d9480f", "#f5a572", "#adb5bd", "#868e96", "#74b816", "#228be6", "#1864ab", "#343a40")
    height, left, wide = 18, 170, 560
    found = {
        (name, server): measured.ratio(count, name, 16, MERCURIUS, server)
        for name in WORDS
        for server in servers
    }  # fmt: skip
    scale = wide / max(found.values())
    shapes, y = [], 40
    for name, word in WORDS.items():
        shapes.append(f'<text x="10" y="{y + 13}" font-weight="bold">{word}</text>')
        y += height
        for server, colour in zip(servers, colours, strict=True):
            ratio = found[name, server]
            end = left + ratio * scale
            bar = f'width="{max(1.0, end - left):.1f}" height="{height - 4}" fill="{colour}"'
            shapes += [
                f'<text x="{left - 6}" y="{y + 13}" text-anchor="end" font-size="11">{server}</text>',
                f'<rect x="{left}" y="{y + 2}" {bar}/>',
                f'<text x="{end + 5:.1f}" y="{y + 13}" font-size="11">{ratio:.2f}</text>',
            ]
            y += height
        y += 16
    title = f"Answers a second with 16 clients, {count:,} numbers; Mercurius with its JIT is 1"
    frame = f'xmlns="http://www.w3.org/2000/svg" width="{left + wide + 70}" height="{y}"'
    words = f'<text x="10" y="22" font-size="15">{title}</text>'
    head = (
        f'<svg {frame} font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>{words}'
    )
    return "\n".join([head, *shapes, "</svg>\n"])
