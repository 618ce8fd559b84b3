"""Dial the campaigns of a database over an engine that answers and ends each call at once (`make bench-campaign`).

A process of its own, so that several share a database. At SIGUSR1 it prints how many processor
seconds it has used.
"""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from calling.calling_hours import SHIPPED_FILE, read_calling_hours
from dialing.carrier_resolver import CarrierResolver
from dialing.worker import DialingWorker
from dialing.worker_context import CallLimits
from models.encryption import SecretBox
from models.utc_datetime import set_test_clock
from storage import Database
from telephony.engine import CallEvent, Ending, EngineEvent, OutboundCall, Progress


class InstantEngine:
    """An engine whose calls are answered, and hung up, as soon as they are placed."""

    outlives_process = False
    mixes_media = False

    def __init__(self) -> None:
        self._events: asyncio.Queue[EngineEvent | None] = asyncio.Queue()

    async def start(self) -> None:
        """Do nothing."""

    def inbound_problem(self) -> str | None:
        return None

    async def stop(self) -> None:
        self._events.put_nowait(None)

    async def place_call(self, call: OutboundCall) -> None:
        self._events.put_nowait(CallEvent(call.reference, Progress.ANSWERED))
        self._events.put_nowait(CallEvent(call.reference, Progress.ENDED, Ending.HUNG_UP))

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        """Do nothing: the call has ended."""

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        raise NotImplementedError

    async def add_party(self, reference: str, transfer_id: str, call: OutboundCall) -> None:
        raise NotImplementedError

    async def detach_agent(self, reference: str, transfer_id: str) -> None:
        raise NotImplementedError

    async def accept(self, engine_reference: str, reference: str, agent: object) -> None:
        raise NotImplementedError

    async def decline(self, engine_reference: str, sip_status: int) -> None:
        raise NotImplementedError

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:  # noqa: ARG002
        return None

    async def handle_notice(self, body: bytes) -> None:
        raise NotImplementedError

    async def events(self) -> AsyncIterator[EngineEvent]:
        while (event := await self._events.get()) is not None:
            yield event


async def main(url: str, clock: Path) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    set_test_clock(clock)
    database, engine = Database(url), InstantEngine()
    carriers = CarrierResolver(SecretBox((bytes(32),)), allow_private=True)
    limits = CallLimits(900, 60, 3600, frozenset(), read_calling_hours(SHIPPED_FILE), 1.0)

    def tell() -> None:
        print(time.process_time(), flush=True)

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    async with asyncio.TaskGroup() as tasks, DialingWorker(database, engine, carriers, limits).running():
        tasks.create_task(database.listen())
        print("running", flush=True)
        await asyncio.Event().wait()  # until it is killed


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
