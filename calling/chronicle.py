"""What is told of calls, written down in its order, many in one transaction. Status moves forward only (R12)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from calling.end_reasons import FINAL, end_reason
from models import (
    Database,
    DatabaseGone,
    EndReason,
    Transfer,
    TransferKind,
    TransferMechanism,
    TransferStatus,
    WriteSession,
    now,
)
from models.dialing import answered, begun, ended, note_end, ringing, transfer_ended, transfers_ended
from telephony.engine import CallEvent, Progress, TransferEvent

log = structlog.get_logger()

LARGEST_BATCH = 200
RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Ended:
    """How a call ended, where no engine tells of it."""

    reference: str
    reason: EndReason
    sip_status: int | None = None
    detail: str = ""


Told = CallEvent | TransferEvent | Ended


@dataclass
class Outcome:
    """What the others need to know once it is committed."""

    calls_over: list[str] = field(default_factory=list)
    legs_over: list[str] = field(default_factory=list)
    to_leave: list[TransferEvent] = field(default_factory=list)


class Chronicle:
    """`written` is called after each commit. What cannot be written for now is kept, and tried again."""

    def __init__(self, database: Database, written: Callable[[Outcome], None]) -> None:
        self._database = database
        self._written = written
        self._told: list[tuple[Told, datetime]] = []
        self._news = asyncio.Event()

    def note(self, told: Told) -> None:
        self._told.append((told, now()))
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._told:
                if not await self._write(self._told[:LARGEST_BATCH]):
                    await asyncio.sleep(RETRY_SECONDS)

    async def finish(self) -> None:
        """What is left is written once; what cannot be is found again at the next start."""
        while self._told and await self._write(self._told[:LARGEST_BATCH]):
            pass

    async def _write(self, batch: list[tuple[Told, datetime]]) -> bool:
        try:
            outcome = await self._database.write(lambda session: _written_down(session, batch))
        except IntegrityError as refused:
            if len(batch) > 1:
                return await self._write(batch[: len(batch) // 2])
            log.warning("call_event_refused", told=repr(batch[0][0]), error=str(refused.orig))
            outcome = Outcome()
        except (SQLAlchemyError, DatabaseGone) as failed:
            log.warning("call_events_wait", count=len(self._told), error=type(failed).__name__)
            return False
        del self._told[: len(batch)]
        self._written(outcome)
        return True


async def _written_down(session: WriteSession, batch: list[tuple[Told, datetime]]) -> Outcome:
    outcome = Outcome()
    for told, at in batch:
        if isinstance(told, TransferEvent):
            await _transfer(session, told, at, outcome)
        elif isinstance(told, Ended):
            await _end(session, told, at, outcome)
        elif told.progress is Progress.RINGING:
            await session.execute(ringing(told.reference))
        elif told.progress is Progress.ANSWERED:
            await session.execute(answered(told.reference, at))
        elif told.progress is Progress.ENDED:
            reason = end_reason(told.ending, told.sip_status)
            await _end(session, Ended(told.reference, reason, told.sip_status), at, outcome)
    return outcome


async def _end(session: WriteSession, told: Ended, at: datetime, outcome: Outcome) -> None:
    """With a call its transfer ends; a call that has ended already stays as it ended."""
    reason, status = told.reason, FINAL[told.reason]
    transfer = TransferStatus.COMPLETED if reason is EndReason.TRANSFERRED else TransferStatus.FAILED
    if (await session.execute(ended(told.reference, status, reason, told.sip_status, at))).first():
        note_end(session, reason)
        await session.execute(transfers_ended(told.reference, transfer, at))
    outcome.calls_over.append(told.reference)


async def _transfer(session: WriteSession, told: TransferEvent, at: datetime, outcome: Outcome) -> None:
    transfer = (await session.execute(Transfer.by_id([told.transfer_id]))).first()
    if told.progress is Progress.RINGING:
        await session.execute(begun(told.transfer_id, at, TransferStatus.RINGING))
    elif told.progress is Progress.ENDED:
        await session.execute(transfer_ended(told.transfer_id, TransferStatus.FAILED, told.sip_status, at))
        outcome.legs_over.append(told.transfer_id)
    elif told.progress is Progress.ANSWERED and transfer:
        await _third_party_answered(session, told, transfer, at, outcome)


async def _third_party_answered(
    session: WriteSession, told: TransferEvent, transfer: Any, at: datetime, outcome: Outcome
) -> None:
    """A REFER has done its work. Of a cold transfer that was dialed the agent leaves first, and that ends it."""
    await session.execute(begun(told.transfer_id, at))
    if transfer.kind is TransferKind.COLD and transfer.mechanism is TransferMechanism.DIAL:
        outcome.to_leave.append(told)
        return
    await session.execute(transfer_ended(told.transfer_id, TransferStatus.COMPLETED, told.sip_status, at))
    if transfer.kind is TransferKind.COLD:
        await _end(session, Ended(transfer.conversation_id, EndReason.TRANSFERRED), at, outcome)
