"""Hang up lost calls, and ask the engine about calls whose state is unknown (R12).

A call is lost if its conversation was ended without the engine: it was overdue, or its server lost its lease. What the
engine does not answer is asked again, because a call that is forgotten rings on. No call is dialed again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from dialing.call_updates import CallEnded
from dialing.end_detail import CALL_UNKNOWN
from dialing.worker_context import WorkerContext
from models import EndReason
from telephony.engine import OutcomeUnknown

RETRY_SECONDS = 5.0


class LostCalls:
    """Settles calls with the engine, again and again until it answers, this server loses its lease, or `stop`."""

    def __init__(self, context: WorkerContext) -> None:
        self._engine = context.engine
        self._status_writer = context.status_writer
        self._lease = context.lease
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Stop retrying. Another server adopts the calls."""
        self._stopped.set()

    async def reconcile(self, reference: str, engine_reference: str | None = None) -> None:
        """Record the state of a call as the engine reports it. A call that it does not know ends as ENGINE_LOST."""
        self._lease.call_ids.add(reference)

        async def record_state() -> None:
            last_event = await self._engine.snapshot(reference, engine_reference)
            self._status_writer.record(last_event or CallEnded(reference, EndReason.ENGINE_LOST, detail=CALL_UNKNOWN))

        await self._retry(record_state)

    async def hang_up(self, reference: str, engine_reference: str | None = None) -> None:
        """Hang up at the engine, if it knows the call. `snapshot` makes a restarted engine adopt it."""

        async def hang_up_known() -> None:
            if await self._engine.snapshot(reference, engine_reference):
                await self._engine.hang_up(reference)

        await self._retry(hang_up_known)

    async def hang_up_after_lost_lease(self, reference: str) -> None:
        """Hang up a call that another server has ended. Calls that outlive a process were adopted instead."""
        if not self._engine.outlives_process:
            await self._engine.hang_up(reference)

    async def _retry(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask the engine until it answers."""
        server_id = self._lease.server_id
        while self._lease.server_id == server_id and not self._stopped.is_set():
            try:
                await ask()
            except OutcomeUnknown:
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_SECONDS):
                        await self._stopped.wait()
            else:
                return
