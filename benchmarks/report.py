"""Write RESULTS.md and its chart."""

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

from benchmarks.load_generator import Round
from benchmarks.operations import OPERATIONS

DIALTREE, MERCURIUS, MERCURIUS_JOINED, BASELINE = "Dialtree", "Mercurius JIT", "Mercurius JIT, joined", "baseline"
DIALTREE_CACHED = "Dialtree, response cache"
PEERS = Path(__file__).parent / "peers"
INTRODUCTION = """`{command}`, {now:%Y-%m-%d %H:%M} UTC. `README.md` says what is measured and how to read it.
Absolute figures hold for this machine and this hour: read the ratios."""
# Load average over 15 minutes; a server and wrk keep one core busy each.
MAX_QUIET_LOAD = 3
BUSY_WARNING = """

**The machine was busy with other work: do not rely on these figures. Run it again on an idle machine.**"""
OPERATION_LABELS = {"Page": "page", "Number": "one number", "Preview": "dry run", "Create": "create"}


@dataclass
class Measurements:
    """Keys are the count of numbers, the operation, the clients and the server; values in milliseconds and MB."""

    rounds: dict[tuple[int, str, int, str], Round] = field(default_factory=dict)
    cached: dict[tuple[str, int, str], Round] = field(default_factory=dict)
    memory: dict[tuple[int, str], float] = field(default_factory=dict)
    lists: dict[str, tuple[float, float]] = field(default_factory=dict)

    def ratio(self, count: int, operation: str, clients: int, to: str, server: str = DIALTREE) -> float:
        measured, reference = (self.rounds[count, operation, clients, each] for each in (server, to))
        return measured.rate / reference.rate

    def cache_ratio(self, operation: str, clients: int) -> float:
        """Our rate with the response cache, as a multiple of the best peer's with its cache."""
        rates = {
            server: found.rate
            for (name, at, server), found in self.cached.items()
            if (name, at) == (operation, clients)
        }
        ours = rates.pop(DIALTREE_CACHED)
        return ours / max(rates.values())


def write_report(measurements: Measurements, folder: Path, command: str) -> None:
    servers = list(dict.fromkeys(server for *_, server in measurements.rounds))
    sizes = sorted({count for count, *_ in measurements.rounds})
    parts = [
        "# Results",
        INTRODUCTION.format(command=command, now=datetime.now(UTC))
        + (BUSY_WARNING if os.getloadavg()[2] > MAX_QUIET_LOAD else ""),
        "![Answers a second with 16 clients, as multiples of Mercurius with its JIT](RESULTS.svg)",
        "## The goals",
        goals_table(measurements, sizes),
        "## Answers a second, as a multiple of the baseline's",
        *(rate_table(measurements, servers, count, clients) for count in sizes for clients in (1, 16)),
        "## With a response cache, as a multiple of Mercurius with its JIT and no cache",
        cache_table(measurements, sizes[0]),
        *(
            ["## A page out of a million, as a multiple of one out of ten thousand", lists_table(measurements)]
            if measurements.lists
            else []
        ),
        "## Memory",
        memory_table(measurements, servers, sizes),
        "## The machine and the versions",
        machine_description(),
    ]
    (folder / "RESULTS.md").write_text("\n\n".join(parts) + "\n")
    (folder / "RESULTS.svg").write_text(plot(measurements, servers, sizes[0]))
    print((folder / "RESULTS.md").read_text())


def goals_table(measurements: Measurements, sizes: list[int]) -> str:
    small = sizes[0]
    page = [measurements.ratio(small, "Page", clients, MERCURIUS) for clients in (1, 16)]
    baseline = [measurements.ratio(small, "Page", clients, BASELINE) for clients in (1, 16)]
    cached = [measurements.cache_ratio("Page", clients) for clients in (1, 16)]
    create = measurements.ratio(small, "Create", 16, BASELINE)
    spread = measurements.rounds[small, "Create", 16, DIALTREE]
    memory = max(measurements.memory[count, DIALTREE] for count in sizes)
    rows = [
        ("page against Mercurius with its JIT, 1 and 16 clients", "at least 1.5", format_pair(page), min(page) >= 1.5),
        ("page against the baseline, 1 and 16 clients", "at least 0.4", format_pair(baseline), min(baseline) >= 0.4),
        ("page with the response cache against the best peer with its cache, 1 and 16 clients", "at least 1",
         format_pair(cached), min(cached) >= 1),
        ("create against a bare insert, 16 clients", "at least 0.4", f"{create:.2f}", create >= 0.4),
        ("create, p99 as a multiple of p50, 16 clients", "under 10", f"{spread.p99 / spread.p50:.1f}",
         spread.p99 < 10 * spread.p50),
        *list_growth(measurements),
        ("memory of a process", "under 150 MB", f"{memory:.0f} MB", memory < 150),
    ]  # fmt: skip
    lines = [f"| {what} | {goal} | {found} | {'met' if met else '**missed**'} |" for what, goal, found, met in rows]
    return "\n".join(["| what | goal | measured | |", "|---|---|---|---|", *lines])


def list_growth(measurements: Measurements) -> list[tuple[str, str, str, bool]]:
    """Return the row of the list whose cost grows most with the table; empty without the million numbers."""
    ratios = {name: many / few for name, (few, many) in measurements.lists.items()}
    worst = sorted(ratios, key=lambda name: ratios[name])[-1:]
    what = "a list out of 1,000,000 against 10,000, the worst"
    return [(f"{what} ({name})", "at most 1.2", f"{ratios[name]:.2f}", ratios[name] <= 1.2) for name in worst]


def cache_table(measurements: Measurements, small: int) -> str:
    """Rates as multiples, and medians in milliseconds, of the servers with a response cache."""
    servers = list(dict.fromkeys(server for *_, server in measurements.cached))
    columns = list(dict.fromkeys((name, clients) for name, clients, _ in measurements.cached))
    head = " | ".join(f"{OPERATION_LABELS[name]}, {clients} | p50 ms" for name, clients in columns)
    lines = [f"| {small:,} numbers, clients | {head} |", "|---" * (1 + 2 * len(columns)) + "|"]
    for server in servers:
        found = [
            (measurements.cached[(*each, server)], measurements.rounds[(small, *each, MERCURIUS)]) for each in columns
        ]
        cells = " | ".join(
            f"{measured.rate / reference.rate:.1f} | {measured.p50:.2f}" for measured, reference in found
        )
        lines.append(f"| {server} | {cells} |")
    return "\n".join(lines)


def format_pair(pair: list[float]) -> str:
    return " and ".join(f"{each:.2f}" for each in pair)


def rate_table(measurements: Measurements, servers: list[str], count: int, clients: int) -> str:
    """Rates as multiples of the baseline's, and p50 / p99 in milliseconds."""
    names = [operation.name for operation in OPERATIONS]
    head = " | ".join(f"{OPERATION_LABELS[name]} | p50 / p99 ms" for name in names)
    lines = [f"{count:,} numbers, {clients} client{'s' if clients > 1 else ''}:", "", f"| | {head} |",
             "|---" * (1 + 2 * len(names)) + "|"]  # fmt: skip
    for server in servers:
        cells = []
        for name in names:
            found = measurements.rounds[count, name, clients, server]
            cells += [
                f"{measurements.ratio(count, name, clients, BASELINE, server):.3f}",
                f"{found.p50:.1f} / {found.p99:.1f}",
            ]
        lines.append(f"| {server} | {' | '.join(cells)} |")
    rates = ", ".join(
        f"{OPERATION_LABELS[name]} {measurements.rounds[count, name, clients, BASELINE].rate:,.0f}" for name in names
    )
    return "\n".join([*lines, "", f"The baseline's answers a second: {rates}."])


def lists_table(measurements: Measurements) -> str:
    lines = ["| one client, medians | of 10,000, ms | of 1,000,000, ms | ratio |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {few:.2f} | {many:.2f} | {many / few:.2f} |" for name, (few, many) in measurements.lists.items()
    ]
    ratio = median(many / few for few, many in measurements.lists.values())
    return "\n".join([*lines, "", f"The median of the ratios is {ratio:.2f}."])


def memory_table(measurements: Measurements, servers: list[str], sizes: list[int]) -> str:
    head = " | ".join(f"MB after all of the above, {count:,} numbers" for count in sizes)
    lines = [f"| | {head} |", "|---" * (1 + len(sizes)) + "|"]
    for server in servers:
        resident = [f"{measurements.memory[count, server]:.0f}" for count in sizes]
        lines.append(f"| {server} | {' | '.join(resident)} |")
    return "\n".join(lines)


def machine_description() -> str:
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
        f"ours: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {format_versions(ours, version)}",
        f"peers in Python: {format_versions(theirs, pins.__getitem__)}",
        f"peers in Node {node}: {format_versions(in_node, lambda name: str(lock[f'node_modules/{name}']['version']))}",
    ]
    return "\n".join(f"- {line}" for line in lines)


def format_versions(packages: tuple[str, ...], version_of: Callable[[str], str]) -> str:
    return ", ".join(f"{package} {version_of(package)}" for package in packages)


def plot(measurements: Measurements, servers: list[str], count: int) -> str:
    """Draw a group of bars for each operation. Drawn by hand: a library would be larger than the benchmark."""
    colours = ("#d9480f", "#f5a572", "#adb5bd", "#868e96", "#74b816", "#228be6", "#1864ab", "#343a40")
    height, left, width = 18, 170, 560
    found = {
        (name, server): measurements.ratio(count, name, 16, MERCURIUS, server)
        for name in OPERATION_LABELS
        for server in servers
    }  # fmt: skip
    scale = width / max(found.values())
    shapes, y = [], 40
    for name, label in OPERATION_LABELS.items():
        shapes.append(f'<text x="10" y="{y + 13}" font-weight="bold">{label}</text>')
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
    frame = f'xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{y}"'
    heading = f'<text x="10" y="22" font-size="15">{title}</text>'
    head = (
        f'<svg {frame} font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>{heading}'
    )
    return "\n".join([head, *shapes, "</svg>\n"])
