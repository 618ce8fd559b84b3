"""Load one server with wrk, and return its rate and latencies."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.operations import Operation
from benchmarks.servers import CLIENT_CORE, Server, pin_to_core

MAX_SECONDS = 30
SCRIPT = Path(__file__).parent / "wrk.lua"


@dataclass(frozen=True)
class Round:
    """Responses a second, and milliseconds."""

    rate: float
    p50: float
    p99: float


def run_load(server: Server, operation: Operation, clients: int, seconds: int) -> Round:
    """Load the server for `seconds`, or longer if there was no response. Raises SystemExit after a failed one."""
    result = _run_wrk(server, operation, clients, seconds)
    while not result["requests"] and not result["failed"] and seconds < MAX_SECONDS:
        seconds *= 2
        result = _run_wrk(server, operation, clients, seconds)
    if result["failed"] or not result["requests"]:
        raise SystemExit(f"{server.kind.name} failed at {operation.name}: {result}")
    return Round(result["requests"] / result["seconds"], result["p50"], result["p99"])


def _run_wrk(server: Server, operation: Operation, clients: int, seconds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        body, key = Path(folder, "body"), Path(folder, "key")
        body.write_bytes(operation.body)
        key.write_text(server.dataset.api_key)
        wrk = ("wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT))
        run = subprocess.run(
            pin_to_core(CLIENT_CORE, *wrk, f"http://127.0.0.1:{server.port}/graphql"),
            env=os.environ | {"BENCH_BODY": str(body), "BENCH_KEY": str(key)},
            capture_output=True,
            check=True,
            text=True,
        )
    outcome: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return outcome


def median_round(rounds: list[Round]) -> Round:
    return Round(*(median(getattr(each, name) for each in rounds) for name in ("rate", "p50", "p99")))
