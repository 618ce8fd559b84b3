"""Measure resident memory and the longest GC pause after many distinct queries (`make bench-limits`).

The application runs in this process; a pause is measured in processor time, so that other work does not count.
"""

import asyncio
import gc
import os
import random
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import httpx
import structlog
from starlette.types import Receive, Scope, Send

from benchmarks.dataset import create_dataset
from server import create_app
from serving.settings import load_settings

QUERIES, NUMBER_COUNT = int(os.environ.get("QUERIES", "20000")), 2000
MAX_MB, MAX_PAUSE_MS = 180, 100
FIELDS = (
    *("id", "e164", "shareable", "createdAt", "updatedAt", "access", "outboundCapable"),
    *("organization { name slug }", "trunk { id name }", "trunk { name createdAt }", "inboundSlot { assignedAt }"),
    *("outboundSlot { agentVersion { number } }", "outboundSlot { agentVersion { id agent { name } } }"),
)
FILTERS = {
    "access": ("OWNED", "SHARED"),
    "shareable": ("true", "false"),
    "outboundCapable": ("true", "false"),
    "outboundAssigned": ("true", "false"),
    "e164Contains": ('"20"', '"206"', '"+1206"'),
}


def random_query(rng: random.Random, index: int) -> str:
    """Return a list query that differs from all others."""
    names = rng.sample(list(FILTERS), rng.randint(0, 2))
    filters = ", ".join(f"{name}: {rng.choice(FILTERS[name])}" for name in names)
    order = f"{rng.choice(('E164', 'CREATED_AT', 'UPDATED_AT'))}, direction: {rng.choice(('ASC', 'DESC'))}"
    arguments = f"first: {rng.randint(1, 20)}, filter: {{{filters}}}, orderBy: {{field: {order}}}"
    return f"query Q{index} {{ phoneNumbers({arguments}) {{ nodes {{ {' '.join(rng.sample(FIELDS, 6))} }} }} }}"


class GcPauses:
    """The longest garbage collection so far, in milliseconds."""

    def __init__(self) -> None:
        self._started_at, self.longest = 0.0, 0.0
        gc.callbacks.append(self._on_collection)

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        now = time.thread_time()
        if phase == "stop":
            self.longest = max(self.longest, (now - self._started_at) * 1000)
        self._started_at = now


def resident_mb() -> float:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1000


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        dataset = create_dataset(Path(folder) / "memory.db", NUMBER_COUNT)
        os.environ |= {"DIALTREE_DATABASE_URL": dataset.url, "DIALTREE_POINTS_PER_MINUTE": "0"}
        os.environ |= {"DIALTREE_DIALING": "off"}
        pauses = await _run_queries(dataset.api_key)
    print(f"The limit is {MAX_MB} MB. The longest pause took {pauses.longest:.0f} ms; the limit is {MAX_PAUSE_MS} ms.")


async def _run_queries(api_key: str) -> GcPauses:
    app = create_app(load_settings())
    rng = random.Random(1)  # noqa: S311 - no secret
    async with app.router.lifespan_context(app) as state:

        async def app_with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": {**(state or {})}}, receive, send)

        headers = {"Authorization": f"Bearer {api_key}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app_with_state), base_url="http://in", headers=headers
        ) as client:
            gc.collect()
            gc.freeze()  # as `serve` does
            pauses = GcPauses()
            print(f"{0:7,} queries  {resident_mb():6.1f} MB")
            for start, end in pairwise(range(0, QUERIES + 1, QUERIES // 5)):
                for index in range(start, end):
                    (await client.post("/graphql", json={"query": random_query(rng, index)})).raise_for_status()
                print(f"{end:7,} queries  {resident_mb():6.1f} MB", flush=True)
    return pauses


if __name__ == "__main__":
    asyncio.run(main())
