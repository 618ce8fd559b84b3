"""Asking one server one thing as fast as it answers, with wrk, and what came of it."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.operations import Operation
from benchmarks.servers import CLIENT_CORE, Server, pinned

LONGEST = 30  # seconds
SCRIPT = Path(__file__).parent / "wrk.lua"


@dataclass(frozen=True)
class Round:
    """Answers a second, and milliseconds."""

    rate: float
    p50: float
    p99: float


def load(server: Server, operation: Operation, clients: int, seconds: int) -> Round:
    """Longer where nothing was answered meanwhile."""
    found = _asked(server, operation, clients, seconds)
    while not found["requests"] and not found["failed"] and seconds < LONGEST:
        seconds *= 2
        found = _asked(server, operation, clients, seconds)
    if found["failed"] or not found["requests"]:
        raise SystemExit(f"{server.kind.name} failed at {operation.name}: {found}")
    return Round(found["requests"] / found["seconds"], found["p50"], found["p99"])


def _asked(server: Server, operation: Operation, clients: int, seconds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        body, key = Path(folder, "body"), Path(folder, "key")
        body.write_bytes(operation.body)
        key.write_text(server.world.secret)
        wrk = ("wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT))
        run = subprocess.run(
            pinned(CLIENT_CORE, *wrk, f"http://127.0.0.1:{server.port}/graphql"),
            env=os.environ | {"BENCH_BODY": str(body), "BENCH_KEY": str(key)},
            capture_output=True,
            check=True,
            text=True,
        )
    outcome: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return outcome


def middle(rounds: list[Round]) -> Round:
    return Round(*(median(getattr(each, name) for each in rounds) for name in ("rate", "p50", "p99")))
