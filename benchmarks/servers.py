"""Start each compared server, and send operations to it."""

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

import orjson
from pydantic import JsonValue

from benchmarks.dataset import Dataset
from benchmarks.operations import Operation

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
PYTHON = PEERS / "python" / ".venv" / "bin" / "python"
# Without the limits that would slow a client down.
NO_LIMITS = {"DIALTREE_POINTS_PER_MINUTE": "0", "DIALTREE_MAX_QUEUED_CALLS": "0"}
# Each request is executed.
NO_RESPONSE_CACHE = {"DIALTREE_RESPONSE_CACHE_MB": "0"}
WITH_CACHE = {"CACHED": "1"}
SERVER_CORE, CLIENT_CORE = "0", "1"


@dataclass(frozen=True)
class ServerKind:
    """A server to start. `is_ours`: it needs a separate database file."""

    name: str
    command: tuple[str, ...]
    folder: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    is_ours: bool = False


def server_kinds(node: str) -> list[ServerKind]:
    ours = (sys.executable, "server.py", "serve")
    return [
        ServerKind("Dialtree", ours, environment=NO_LIMITS | NO_RESPONSE_CACHE, is_ours=True),
        ServerKind(
            "Dialtree on graphql-core",
            ours,
            environment=NO_LIMITS | NO_RESPONSE_CACHE | {"DIALTREE_EXECUTOR": "graphql-core"},
            is_ours=True,
        ),
        ServerKind("Strawberry", (str(PYTHON), "plain_strawberry.py"), PEERS / "python"),
        ServerKind("Ariadne", (str(PYTHON), "with_ariadne.py"), PEERS / "python"),
        ServerKind("GraphQL Yoga", (node, "yoga.js"), PEERS / "node"),
        ServerKind("Mercurius JIT", (node, "mercurius.js"), PEERS / "node"),
        ServerKind("Mercurius JIT, joined", (node, "mercurius.js"), PEERS / "node", {"JOINED": "1"}),
        ServerKind("baseline", (str(PYTHON), "baseline.py"), PEERS / "python"),
    ]


def caching_kinds(node: str) -> list[ServerKind]:
    """List the servers that have a response cache, each with its own kind."""
    ours = (sys.executable, "server.py", "serve")
    return [
        ServerKind("Dialtree, response cache", ours, environment=NO_LIMITS, is_ours=True),
        ServerKind("GraphQL Yoga, response cache", (node, "yoga.js"), PEERS / "node", WITH_CACHE),
        ServerKind("Mercurius JIT, cached", (node, "mercurius.js"), PEERS / "node", WITH_CACHE),
    ]


def pin_to_core(core: str, *command: str) -> list[str]:
    return ["taskset", "-c", core, *command] if (os.cpu_count() or 1) > 1 else list(command)


@dataclass
class Server:
    """A running server."""

    kind: ServerKind
    dataset: Dataset
    port: int
    process: subprocess.Popen[bytes]

    def ask(self, operation: Operation) -> JsonValue:
        """Return the data of the response. Raises SystemExit after an error."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.dataset.api_key}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", operation.body, headers)
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - an address of our own
            body = orjson.loads(response.read())
        if body.get("errors"):
            raise SystemExit(f"{self.kind.name} answers {operation.name} with {body['errors']}")
        data: JsonValue = body["data"]
        return data

    def processor_time(self) -> float:
        """Seconds of processor time that all its threads have taken."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9

    def memory(self) -> float:
        """Resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1000


@contextmanager
def run_server(kind: ServerKind, dataset: Dataset, log: Path) -> Iterator[Server]:
    """Run the server until the block ends; its standard error goes to `log`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DIALTREE_")}
    address = {"PORT": str(port), "DATABASE": str(dataset.file), "NODE_ENV": "production"}
    ours = {"DIALTREE_PORT": str(port), "DIALTREE_DATABASE_URL": dataset.url}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            pin_to_core(SERVER_CORE, *kind.command),
            cwd=kind.folder,
            env=inherited | address | (ours if kind.is_ours else {}) | kind.environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        _wait_until_listening(process, port, log)
        yield Server(kind, dataset, port, process)
    finally:
        process.terminate()
        process.wait()


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"A server did not start:\n{log.read_text()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"A server does not listen:\n{log.read_text()[-2000:]}")
