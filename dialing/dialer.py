"""Claim queued calls trunk by trunk, and place each at most once (R12).

A claim is committed before the engine is asked to place the call. After a crash in between, the engine is asked whether
it knows the call; the call is never placed again.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dialing.call_updates import CallEnded
from dialing.carrier_resolver import CarrierUnavailable
from dialing.claims import ClaimedBatch, ClaimedCall, ClaimLimits, claim_calls
from dialing.lost_calls import LostCalls
from dialing.worker_context import WorkerContext, build_outbound_call, log_task_failure
from storage import DatabaseUnavailable
from telephony.engine import CallEvent, CallNotPlaced, Ending, OutcomeUnknown, Progress
from telephony.task_set import TaskSet

log = structlog.get_logger()

CLAIM_RETRY_SECONDS = 0.5


@dataclass(eq=False)
class TrunkLoop:
    """The loop that claims calls of one trunk. `changed` is set when the queue may have changed after a claim."""

    trunk_id: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Dialer:
    """Claims and places this server's calls; a task for each trunk with a queue, and for each call being placed."""

    def __init__(self, context: WorkerContext, lost_calls: LostCalls) -> None:
        self._database = context.database
        self._engine = context.engine
        self._carrier_resolver = context.carrier_resolver
        self._status_writer = context.status_writer
        self._lease = context.lease
        self._limits = context.limits
        self._claim_limits = ClaimLimits(context.limits.allowed_regions, context.limits.campaign_share)
        self._lost_calls = lost_calls
        self._loops: dict[str, TrunkLoop] = {}
        self._placing_tasks: dict[str, asyncio.Task[None]] = {}
        self._task_set = TaskSet(log_task_failure)
        self._stopped = asyncio.Event()

    def wake_trunks(self, trunk_ids: Iterable[str]) -> None:
        """Start claiming calls of these trunks, which have queued calls."""
        for trunk_id in trunk_ids:
            if loop := self._loops.get(trunk_id):
                loop.changed.set()
            elif not self._stopped.is_set():
                self._loops[trunk_id] = TrunkLoop(trunk_id)
                self._task_set.run(self._run_trunk_loop(self._loops[trunk_id]))

    async def stop(self) -> None:
        """Stop claiming, and wait until the claimed calls are placed."""
        self._stopped.set()
        await self._task_set.finish(self._limits.ring_seconds)

    def is_placing(self, reference: str) -> bool:
        """Tell whether the call is claimed, but the engine has neither accepted nor refused it yet."""
        return reference in self._placing_tasks

    async def wait_until_placed(self, reference: str) -> None:
        """Wait until the engine has accepted or refused the call; before that, it does not know the call."""
        if placing := self._placing_tasks.get(reference):
            await asyncio.wait([placing])

    async def _run_trunk_loop(self, loop: TrunkLoop) -> None:
        """Claim calls until none may start before the queue changes."""
        try:
            while not self._stopped.is_set():
                loop.changed.clear()
                batch = await self._claim(loop.trunk_id)
                if batch.next_in_seconds is not None:
                    await self._pause(batch.next_in_seconds)
                elif not loop.changed.is_set():
                    return
        finally:
            del self._loops[loop.trunk_id]

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    async def _claim(self, trunk_id: str) -> ClaimedBatch:
        """Claim the calls that may start, and begin to place them.

        The trunk stays in `pending_claims` of the lease until the claimed calls are in its `call_ids`, so that the
        reconciler does not treat a call whose claim was just committed as unknown.
        """
        if (server_id := self._lease.server_id) is None:
            return ClaimedBatch(next_in_seconds=CLAIM_RETRY_SECONDS)
        self._lease.pending_claims.add(trunk_id)
        try:
            batch = await self._database.write_locking(
                lambda session: claim_calls(session, server_id, trunk_id, self._claim_limits)
            )
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("claim_delayed", trunk=trunk_id, error=type(error).__name__)
            return ClaimedBatch(next_in_seconds=CLAIM_RETRY_SECONDS)
        else:
            for claimed in batch.calls:
                self._start_placing(claimed)
            return batch
        finally:
            self._lease.pending_claims.discard(trunk_id)

    def _start_placing(self, claimed: ClaimedCall) -> None:
        reference = claimed.call.id
        self._lease.call_ids.add(reference)
        placing = self._placing_tasks[reference] = self._task_set.run(self._place_call(claimed))
        placing.add_done_callback(lambda _: self._placing_tasks.pop(reference, None))

    async def _place_call(self, claimed: ClaimedCall) -> None:
        """Place a call at its start time. If it cannot be placed, record its end."""
        call = claimed.call
        assert call.user_number is not None, "a call that is dialed has a destination"
        try:
            carrier = await self._carrier_resolver.resolve(claimed.trunk)
            await asyncio.sleep(claimed.starts_at - time.monotonic())
            if not await self._lease.can_place_calls(claimed.server_id):
                raise CallNotPlaced("this server lost its lease, and its calls with it", Ending.LOST)
            await self._engine.place_call(
                build_outbound_call(call, call.user_number, carrier, claimed.agent_dispatch, self._limits)
            )
        except CarrierUnavailable as error:
            self._status_writer.record(CallEnded(call.id, error.reason, detail=str(error)))
        except CallNotPlaced as error:
            self._status_writer.record(CallEvent(call.id, Progress.ENDED, error.ending, error.sip_status, str(error)))
        except OutcomeUnknown as error:
            log.warning("call_outcome_unknown", conversation=call.id, detail=str(error))
            await self._lost_calls.reconcile(call.id)
