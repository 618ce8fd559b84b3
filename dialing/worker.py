"""Run the worker: place queued calls, send requested hang-ups and transfers to the engine, record its events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dialing.admission import CampaignAdmission
from dialing.call_updates import CallEnded, CommittedUpdates
from dialing.campaign_upkeep import CampaignUpkeep
from dialing.carrier_resolver import CarrierResolver
from dialing.dialer import Dialer
from dialing.end_detail import CALL_UNKNOWN
from dialing.inbound_answering import InboundAnswerer
from dialing.lost_calls import LostCalls
from dialing.notice_relay import NoticeRelay
from dialing.reconciler import Reconciler
from dialing.server_lease import ServerLease
from dialing.status_writer import StatusWriter
from dialing.transfer_runner import TransferRunner
from dialing.worker_context import CallLimits, WorkerContext, log_task_failure
from models import ChangeKind, EndReason
from models.active_call_statements import find_hang_up_requests, find_hang_up_requests_among
from models.call_rows import HangUpRow
from models.change import ChangePosition, read_changes_after, read_position
from models.queue_statements import find_trunks_with_queue, find_trunks_with_queue_among
from models.transfer_statements import find_unclaimed_transfers
from storage import Database, DatabaseUnavailable, ReadSession
from telephony.engine import Engine, EngineUnavailable, ForeignNotice, InboundCall, OutcomeUnknown
from telephony.task_set import TaskSet

log = structlog.get_logger()

# Commits of this process are processed at once, those of other processes by polling.
POLL_INTERVAL_SECONDS = 1.0
# Commits that follow each other at once are processed together.
PAUSE_SECONDS = 0.02
FULL_SCAN_INTERVAL_SECONDS = 5.0
STOP_TIMEOUT_SECONDS = 20.0


class DialingWorker:
    """Dials and follows the calls of this server, while `running`."""

    def __init__(
        self, database: Database, engine: Engine, carrier_resolver: CarrierResolver, limits: CallLimits
    ) -> None:
        self._database = database
        self._engine = engine
        self._carrier_resolver = carrier_resolver
        self._task_set = TaskSet(log_task_failure)
        self._lease = ServerLease(database, self._on_lease_lost)
        self._status_writer = StatusWriter(database, self._lease, self._on_committed)
        context = WorkerContext(database, engine, carrier_resolver, limits, self._lease, self._status_writer)
        self._lost_calls = LostCalls(context)
        self._dialer = Dialer(context, self._lost_calls)
        self._transfer_runner = TransferRunner(context)
        self._inbound_answerer = InboundAnswerer(context)
        self._notice_relay = NoticeRelay(context)
        self._reconciler = Reconciler(context, self._dialer, self._transfer_runner, self._lost_calls, self._task_set)
        self._admission, self._upkeep = CampaignAdmission(context), CampaignUpkeep(context)
        self._hang_ups_sent: set[str] = set()
        self._event_task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[asyncio.Task[None], ...]]:
        """Run the worker within the context. Yields its tasks, none of which may end before the context does.

        The engine starts in the background. If it cannot start, calls stay queued for other servers.
        """
        main_task = asyncio.create_task(self._run())
        writer_task = asyncio.create_task(self._status_writer.run())
        lease_task = asyncio.create_task(self._lease.run())
        try:
            yield main_task, writer_task, lease_task
        finally:
            await self._stop(main_task, writer_task, lease_task)

    async def _run(self) -> None:
        committed = self._database.commit_event()
        try:
            await self._engine.start()
        except EngineUnavailable as error:
            log.warning("no_calls_are_placed", why=str(error))
            await self._sweep_forever()
        self._event_task = self._task_set.run(self._read_events())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._admission.run())
            tasks.create_task(self._upkeep.run())
            tasks.create_task(self._poll(committed))

    async def _stop(
        self, main_task: asyncio.Task[None], writer_task: asyncio.Task[None], lease_task: asyncio.Task[None]
    ) -> None:
        """Stop placing calls, stop the engine, and record the end of the calls that ended with it."""
        main_task.cancel()
        await asyncio.gather(main_task, return_exceptions=True)
        await self._stop_engine()
        writer_task.cancel()
        await asyncio.gather(writer_task, return_exceptions=True)
        await self._status_writer.flush()
        lease_task.cancel()
        await asyncio.gather(lease_task, return_exceptions=True)
        await self._lease.stop()
        self._carrier_resolver.close()

    async def _stop_engine(self) -> None:
        """Stop the engine, which has its own processes, even if the worker failed or never started."""
        self._lost_calls.stop()
        await self._dialer.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await self._engine.stop()
                if self._event_task:
                    await self._event_task
        await self._task_set.finish(STOP_TIMEOUT_SECONDS)

    def _on_lease_lost(self) -> None:
        for reference in self._lease.call_ids:
            self._task_set.run(self._lost_calls.hang_up_after_lost_lease(reference))

    # --------------------------------------------------------------------------------------------------- engine events

    async def _read_events(self) -> None:
        async for event in self._engine.events():
            if isinstance(event, InboundCall):
                self._task_set.run(self._inbound_answerer.answer(event))
            elif isinstance(event, ForeignNotice):
                self._task_set.run(self._notice_relay.store(event))
            else:
                self._status_writer.record(event)

    def _on_committed(self, committed: CommittedUpdates) -> None:
        for reference in committed.ended_call_ids:
            self._hang_ups_sent.discard(reference)
            self._lease.call_ids.discard(reference)
        for answered in committed.to_detach:
            self._task_set.run(self._transfer_runner.detach_agent(answered))

    # ------------------------------------------------------------------------------------------- committed requests

    async def _sweep_forever(self) -> None:
        while True:
            with suppress(SQLAlchemyError, DatabaseUnavailable):
                await self._reconciler.end_overdue()
            await asyncio.sleep(FULL_SCAN_INTERVAL_SECONDS)

    async def _poll(self, committed: asyncio.Event) -> None:
        """Process changes after each commit, and everything pending at intervals, because a notification can be lost.

        After the database was unavailable, everything pending is processed.
        """
        loop = asyncio.get_running_loop()
        position: ChangePosition | None = None
        scanned_at = 0.0
        while True:
            committed.clear()
            if loop.time() - scanned_at > FULL_SCAN_INTERVAL_SECONDS:
                position = None
            try:
                if position is None:
                    await self._reconciler.reconcile()
                    scanned_at = loop.time()
                position = await self._process_changes(position)
            except (SQLAlchemyError, DatabaseUnavailable) as error:
                log.warning("worker_waits_for_database", error=type(error).__name__)
                position = None
                await asyncio.sleep(POLL_INTERVAL_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                    await committed.wait()

    async def _process_changes(self, since: ChangePosition | None) -> ChangePosition | None:
        """Process the changes since a position, or everything pending if `since` is None.

        Returns the new position; None without a lease.
        """
        if (server_id := self._lease.server_id) is None:
            return None
        async with self._database.read() as session:
            if since is None:
                position = await read_position(session)
                await self._process_pending(session, server_id, None)
                return position
            changes, position = await read_changes_after(session, since)
            if changes is None:  # older than the changes that are stored
                await self._process_pending(session, server_id, None)
                return position
            if changed := [each.subject_id for each in changes if each.kind is ChangeKind.CONVERSATION]:
                await self._process_pending(session, server_id, changed)
        await self._notice_relay.deliver(server_id)
        return position

    async def _process_pending(self, session: ReadSession, server_id: str, changed: list[str] | None) -> None:
        """Start queued calls, hang-ups and transfers: of the conversations `changed`, or of all if that is None."""
        if changed is None:
            trunks, hang_ups_due = (
                await find_trunks_with_queue(session),
                await find_hang_up_requests(session, server_id),
            )
        else:
            trunks, hang_ups_due = (
                await find_trunks_with_queue_among(session, changed),
                await find_hang_up_requests_among(session, server_id, changed),
            )
        self._dialer.wake_trunks(trunk.id for trunk in trunks)
        for call in hang_ups_due:
            self._request_hang_up(call)
        for transfer in await find_unclaimed_transfers(session, server_id):
            self._task_set.run(self._transfer_runner.run(transfer.id))

    def _request_hang_up(self, call: HangUpRow) -> None:
        if call.id not in self._hang_ups_sent:
            self._hang_ups_sent.add(call.id)
            self._task_set.run(self._hang_up_call(call))

    async def _hang_up_call(self, call: HangUpRow) -> None:
        """Hang up at the engine. `snapshot` makes a restarted engine adopt the call; an unknown call has ended."""
        try:
            await self._dialer.wait_until_placed(call.id)
            if await self._engine.snapshot(call.id, call.engine_reference) is None:
                self._status_writer.record(CallEnded(call.id, EndReason.ENGINE_LOST, detail=CALL_UNKNOWN))
            else:
                await self._engine.hang_up(call.id)
        except OutcomeUnknown as error:
            log.warning("hang_up_outcome_unknown", conversation=call.id, detail=str(error))
            self._hang_ups_sent.discard(call.id)  # sent again when everything pending is processed
