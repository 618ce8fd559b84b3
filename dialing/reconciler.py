"""Find lost calls: adopt those of ended servers, and end those that rang or lasted for too long (R12).

lost_calls.py asks the engine about them and hangs them up. No call is dialed again.
"""

from collections.abc import Hashable
from datetime import datetime, timedelta

import structlog

from calling.end_reasons import STATUS_BY_END_REASON
from dialing.call_updates import CallEnded
from dialing.dialer import Dialer
from dialing.elapsed_time import ElapsedTime
from dialing.end_detail import CALL_OVERDUE
from dialing.lost_calls import LostCalls
from dialing.transfer_runner import TransferRunner
from dialing.worker_context import WorkerContext
from models import CallDirection, EndReason
from models.active_call_statements import (
    adopt_orphans,
    is_carried_elsewhere,
    select_active_calls,
    select_calls_to_reconcile,
    select_orphan_id,
)
from models.call_rows import ConversationRow
from models.queue_statements import count_ended_calls, end_queued, select_queued_before
from models.server import database_now
from models.transfer_statements import select_open_transfers
from storage import ReadSession, WriteSession
from telephony.task_set import TaskSet

log = structlog.get_logger()

# How long after its limit a call or transfer whose end was not reported is ended here, in seconds.
GRACE_SECONDS = 30.0
MAX_CALLS_PER_TRANSACTION = 200


class Reconciler:
    """Brings conversations and the engine's calls back in agreement after crashes and lost messages."""

    def __init__(
        self,
        context: WorkerContext,
        dialer: Dialer,
        transfer_runner: TransferRunner,
        lost_calls: LostCalls,
        task_set: TaskSet,
    ) -> None:
        self._database = context.database
        self._engine = context.engine
        self._status_writer = context.status_writer
        self._lease = context.lease
        self._limits = context.limits
        self._dialer = dialer
        self._transfer_runner = transfer_runner
        self._lost_calls = lost_calls
        self._task_set = task_set
        self._call_times = ElapsedTime()
        self._transfer_times = ElapsedTime()

    async def reconcile(self) -> None:
        """Adopt, check and end calls. Raises database errors, after which the worker tries again."""
        if server_id := self._lease.server_id:
            await self._adopt_orphans(server_id)
            await self._check_unknown_calls(server_id)
        await self.end_overdue()

    async def _adopt_orphans(self, server_id: str) -> None:
        """Take over the calls of ended servers, with their transfers and requested hang-ups.

        Each batch is its own transaction, so that other writes can run in between.
        """
        async with self._database.read() as session:
            if not await session.scalar(select_orphan_id()):
                return

        async def work(session: WriteSession) -> int:
            return int((await session.execute(adopt_orphans(server_id, MAX_CALLS_PER_TRANSACTION))).rowcount)

        count = MAX_CALLS_PER_TRANSACTION
        while count == MAX_CALLS_PER_TRANSACTION:
            count = await self._database.write(work)
            log.warning("calls_adopted", count=count)

    async def _check_unknown_calls(self, server_id: str) -> None:
        """Ask the engine about calls of this server that this process does not know.

        Such calls were adopted, or the commit of their claim succeeded although it was reported as failed.
        """
        async with self._database.read() as session:
            calls = list(await session.execute(select_active_calls(server_id)))
        for call in calls:
            is_being_claimed = {call.trunk_id, call.engine_reference} & self._lease.pending_claims
            if call.id not in self._lease.call_ids and not is_being_claimed:
                self._lease.call_ids.add(call.id)
                self._task_set.run(self._lost_calls.reconcile(call.id, call.engine_reference))

    async def end_overdue(self) -> None:
        """End calls that have rung or lasted for too long, and cancel calls that were queued for too long."""
        async with self._database.read() as session:
            at = await database_now(session)
            await self._end_overdue_calls(session, at)
            created_before = min(at, self._call_times.adjusted_now(at)) - timedelta(
                seconds=self._limits.max_queue_seconds
            )
            expired = [
                call.id
                for call in await session.execute(select_queued_before(created_before, MAX_CALLS_PER_TRANSACTION))
            ]
        if expired:
            await self._cancel_queued(expired, at)

    async def _end_overdue_calls(self, session: ReadSession, at: datetime) -> None:
        owner = self._lease.server_id
        calls = {(call.id, call.answered_at): call for call in await session.execute(select_calls_to_reconcile(owner))}
        elapsed = self._call_times.elapsed_seconds({each: _started_at(call) for each, call in calls.items()}, at)
        for each, call in calls.items():
            if elapsed[each] <= self._max_seconds(call) + GRACE_SECONDS or self._dialer.is_placing(call.id):
                continue
            if owner and call.server_id != owner and not is_carried_elsewhere(call):
                continue  # became an orphan after this sweep adopted others: the next one adopts it, to hang it up
            log.warning("call_overdue", conversation=call.id)
            overdue = CallEnded(call.id, EndReason.ENGINE_LOST, detail=CALL_OVERDUE)
            self._status_writer.record_for(overdue, call.server_id)
            if owner and call.server_id == owner:
                self._task_set.run(self._lost_calls.hang_up(call.id, call.engine_reference))
        if owner:
            transfers = {each.id: each for each in await session.execute(select_open_transfers(owner))}
            requested_at: dict[Hashable, datetime] = {
                each.id: each.asked_at or each.created_at for each in transfers.values()
            }
            for transfer_id, seconds in self._transfer_times.elapsed_seconds(requested_at, at).items():
                if seconds > self._limits.ring_seconds + GRACE_SECONDS:
                    self._task_set.run(self._transfer_runner.expire(transfers[str(transfer_id)]))

    def _max_seconds(self, call: ConversationRow) -> float:
        is_unanswered = call.direction is CallDirection.OUTBOUND and call.answered_at is None
        return self._limits.ring_seconds if is_unanswered else self._limits.max_call_seconds

    async def _cancel_queued(self, conversation_ids: list[str], at: datetime) -> None:
        """Cancel queued calls that have waited too long."""

        async def work(session: WriteSession) -> None:
            cancelled = EndReason.CANCELLED
            ended = await end_queued(session, conversation_ids, STATUS_BY_END_REASON[cancelled], cancelled, at)
            count_ended_calls(session, cancelled, len(ended))

        log.warning("queued_calls_expired", count=len(conversation_ids))
        await self._database.write(work)


def _started_at(call: ConversationRow) -> datetime:
    return call.answered_at or call.dialed_at or call.created_at
