"""The servers side by side: how each is started, where it reads, and how it is asked."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.operations import Operation
from benchmarks.world import World

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
PYTHON = PEERS / "python" / ".venv" / "bin" / "python"
# What would keep a client from asking as fast as it can.
NO_LIMITS = {"DIALTREE_POINTS_PER_MINUTE": "0", "DIALTREE_MOST_QUEUED": "0"}
# What would answer without executing anything.
NOTHING_KEPT = {"DIALTREE_KEPT_ANSWERS_MB": "0"}
CACHED = {"CACHED": "1"}
SERVER_CORE, CLIENT_CORE = "0", "1"


@dataclass(frozen=True)
class Kind:
    """`ours` have a file of their own: one server a file."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    ours: bool = False


def kinds(node: str) -> list[Kind]:
    ours = (sys.executable, "server.py", "serve")
    return [
        Kind("Dialtree", ours, environment=NO_LIMITS | NOTHING_KEPT, ours=True),
        Kind(
            "Dialtree on graphql-core",
            ours,
            environment=NO_LIMITS | NOTHING_KEPT | {"DIALTREE_EXECUTOR": "graphql-core"},
            ours=True,
        ),
        Kind("Strawberry", (str(PYTHON), "plain_strawberry.py"), PEERS / "python"),
        Kind("Ariadne", (str(PYTHON), "with_ariadne.py"), PEERS / "python"),
        Kind("GraphQL Yoga", (node, "yoga.js"), PEERS / "node"),
        Kind("Mercurius JIT", (node, "mercurius.js"), PEERS / "node"),
        Kind("Mercurius JIT, joined", (node, "mercurius.js"), PEERS / "node", {"JOINED": "1"}),
        Kind("floor", (str(PYTHON), "floor.py"), PEERS / "python"),
    ]


def keeping_kinds(node: str) -> list[Kind]:
    """Those that keep answers, each in its own way."""
    ours = (sys.executable, "server.py", "serve")
    return [
        Kind("Dialtree, kept answers", ours, environment=NO_LIMITS, ours=True),
        Kind("GraphQL Yoga, response cache", (node, "yoga.js"), PEERS / "node", CACHED),
        Kind("Mercurius JIT, cached", (node, "mercurius.js"), PEERS / "node", CACHED),
    ]


def pinned(core: str, *command: str) -> list[str]:
    return ["taskset", "-c", core, *command] if (os.cpu_count() or 1) > 1 else list(command)


@dataclass
class Server:
    kind: Kind
    world: World
    port: int
    process: subprocess.Popen[bytes]

    def ask(self, operation: Operation) -> Any:
        """The data that it answers."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.world.secret}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", operation.body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - an address of our own
            body = orjson.loads(answer.read())
        if body.get("errors"):
            raise SystemExit(f"{self.kind.name} answers {operation.name} with {body['errors']}")
        return body["data"]

    def memory(self) -> float:
        """MB that are resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1000


@contextmanager
def serving(kind: Kind, world: World, log: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DIALTREE_")}
    address = {"PORT": str(port), "DATABASE": str(world.file), "NODE_ENV": "production"}
    ours = {"DIALTREE_PORT": str(port), "DIALTREE_DATABASE_URL": world.url}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            pinned(SERVER_CORE, *kind.command),
            cwd=kind.folder,
            env=inherited | address | (ours if kind.ours else {}) | kind.environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        _until_it_answers(process, port, log)
        yield Server(kind, world, port, process)
    finally:
        process.terminate()
        process.wait()


def _until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"A server did not start:\n{log.read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"A server does not listen:\n{log.read_text()[-2000:]}")
