"""Write call and transfer updates to the database in order, many in one transaction (R12).

`status_updates` holds what is written.
"""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from dialing.call_updates import CallEnded, CallUpdate, CommittedUpdates, RecordedUpdate
from dialing.end_detail import clean_detail
from dialing.server_lease import ServerLease
from dialing.status_updates import write_updates
from models import now
from storage import Database, DatabaseUnavailable

log = structlog.get_logger()

MAX_UPDATES = 500
RETRY_SECONDS = 0.5


class StatusWriter:
    """Queues updates and writes them, with retries while the database is unavailable; then calls `on_committed`."""

    def __init__(
        self, database: Database, lease: ServerLease, on_committed: Callable[[CommittedUpdates], None]
    ) -> None:
        self._database = database
        self._lease = lease
        self._on_committed = on_committed
        self._pending: list[RecordedUpdate] = []
        self._has_pending = asyncio.Event()

    def record(self, update: CallUpdate) -> None:
        """Queue an update about a call of this server."""
        self._enqueue(RecordedUpdate(update, now(), self._lease.server_id))

    def record_for(self, update: CallEnded, server_id: str | None) -> None:
        """Queue the end of a call that the server `server_id` carries, which may be another or, if None, no server."""
        self._enqueue(RecordedUpdate(update, now(), server_id))

    def _enqueue(self, update: RecordedUpdate) -> None:
        self._pending.append(update)
        self._has_pending.set()

    async def run(self) -> None:
        """Write queued updates until cancelled."""
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            while self._pending:
                if not await self._write(self._pending[:MAX_UPDATES]):
                    await asyncio.sleep(RETRY_SECONDS)

    async def flush(self) -> None:
        """Write the queued updates. If the database is unavailable, the reconciler of the next start recovers them."""
        while self._pending and await self._write(self._pending[:MAX_UPDATES]):
            pass

    async def _write(self, batch: list[RecordedUpdate]) -> bool:
        try:
            committed = await self._database.write(lambda session: write_updates(session, batch))
        except IntegrityError as error:
            if len(batch) > 1:
                return await self._write(batch[: len(batch) // 2])
            log.warning("call_update_refused", update=repr(batch[0].update), error=str(error.orig))
            committed = CommittedUpdates()
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("call_updates_delayed", count=len(self._pending), error=type(error).__name__)
            return False
        del self._pending[: len(batch)]
        for end in committed.ended:
            _log_end(end)
        self._on_committed(committed)
        return True


def _log_end(ended: CallEnded) -> None:
    reason = ended.reason.name
    log.info(
        "call_ended",
        conversation=ended.reference,
        reason=reason,
        sip_status=ended.sip_status,
        detail=clean_detail(ended.detail),
    )
