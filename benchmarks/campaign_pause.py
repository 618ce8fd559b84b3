"""Measure how long after the pause of a campaign its last INVITE is sent, as its carrier sees it (R22).

The target is one second from the commit, at the 99th percentile. A commit is between the request and its response, so
the times since both are printed: the true one is in between.
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from telephony.sandbox_carrier import HostPort
from telephony.sip_message import SipMessage
from tests.campaigns.test_campaign import Clock
from tests.crashes.campaign_run import CampaignRun
from tests.crashes.mixed_carrier import MixedCarrier
from tests.databases import SqliteTestDatabase
from tests.server_process import ServerProcess, run_server_in

PAUSES = 100
CONTACTS = 20_000
CALLS_BETWEEN_PAUSES = 20
WATCHED_SECONDS = 2.0  # after the response
DIALING = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow"}


class WatchingCarrier(MixedCarrier):
    """A carrier that knows when the last INVITE arrived, by time.perf_counter()."""

    last_invite_at = 0.0

    def _on_invite(self, invite: SipMessage, caller: HostPort) -> None:
        self.last_invite_at = time.perf_counter()
        super()._on_invite(invite, caller)


@dataclass(frozen=True)
class Pause:
    """The seconds from the request of a pause, and from its response, to the last INVITE; 0: none came after."""

    since_request: float
    since_response: float


async def measure_pauses(server: ServerProcess, clock: Clock, pauses: int = PAUSES) -> list[Pause]:
    """Start a campaign over and over, and pause it while it calls."""
    carrier = WatchingCarrier()
    host, port = await carrier.start("127.0.0.1", 0)
    run = CampaignRun(server.root(), server.store, clock)
    await asyncio.to_thread(run.create, f"{host}:{port}", CONTACTS)
    measured = [await _pause(run, carrier) for _ in range(pauses)]
    carrier.stop()
    return measured


async def _pause(run: CampaignRun, carrier: WatchingCarrier) -> Pause:
    await asyncio.to_thread(run.start)
    await carrier.until_called(carrier.count + CALLS_BETWEEN_PAUSES)
    requested_at = time.perf_counter()
    await asyncio.to_thread(run.client.mutate_successfully, "pauseCampaign", "__typename", campaignId=run.campaign)
    responded_at = time.perf_counter()
    await asyncio.sleep(WATCHED_SECONDS)
    last = carrier.last_invite_at
    return Pause(max(0.0, last - requested_at), max(0.0, last - responded_at))


def percentile(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock, store = Clock(Path(folder) / "clock"), SqliteTestDatabase(Path(folder) / "dialtree.db")
        with run_server_in(Path(folder), store=store, **DIALING | clock.variables) as server:
            measured = await measure_pauses(server, clock)
    print(f"{'last INVITE after the':>22} {'p50, ms':>9} {'p99, ms':>9} {'most, ms':>9}")
    for name in ("since_request", "since_response"):
        seconds = [getattr(each, name) for each in measured]
        figures = (percentile(seconds, 50), percentile(seconds, 99), max(seconds))
        print(f"{name.removeprefix('since_'):>22}", *(f"{each * 1000:>9.1f}" for each in figures))


if __name__ == "__main__":
    asyncio.run(main())
