"""What is told of calls, written down in its order, many in one transaction. Status moves forward only (R12)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from calling.end_reasons import FINAL, end_reason
from calling.owner import Owner
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
from models.dialing import note_end
from models.going_on import answered, ended, ringing
from models.transferring import begun, leg_over, legs_over, not_begun, transfer_ended, transfers_ended
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


@dataclass(frozen=True)
class Asked:
    """Whether an engine that was asked for a transfer has begun it."""

    reference: str
    transfer_id: str
    begun: bool


Told = CallEvent | TransferEvent | Ended | Asked


@dataclass(frozen=True)
class Note:
    """What was told, when, and whose the call was then: another server's calls are not written about."""

    told: Told
    at: datetime
    owner: str | None


@dataclass
class Outcome:
    """What the others need to know once it is committed."""

    calls_over: list[str] = field(default_factory=list)
    to_leave: list[TransferEvent] = field(default_factory=list)


class Chronicle:
    """`written` is called after each commit. What cannot be written for now is kept, and tried again."""

    def __init__(self, database: Database, owner: Owner, written: Callable[[Outcome], None]) -> None:
        self._database = database
        self._owner = owner
        self._written = written
        self._told: list[Note] = []
        self._news = asyncio.Event()

    def note(self, told: Told) -> None:
        """Of a call of this server."""
        self._note(Note(told, now(), self._owner.id))

    def note_of_another(self, told: Ended, owner: str | None) -> None:
        """Of a call whose server, if it had one, has ended."""
        self._note(Note(told, now(), owner))

    def _note(self, note: Note) -> None:
        self._told.append(note)
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

    async def _write(self, batch: list[Note]) -> bool:
        try:
            outcome = await self._database.write(lambda session: _written_down(session, batch))
        except IntegrityError as refused:
            if len(batch) > 1:
                return await self._write(batch[: len(batch) // 2])
            log.warning("call_event_refused", told=repr(batch[0].told), error=str(refused.orig))
            outcome = Outcome()
        except (SQLAlchemyError, DatabaseGone) as failed:
            log.warning("call_events_wait", count=len(self._told), error=type(failed).__name__)
            return False
        del self._told[: len(batch)]
        self._written(outcome)
        return True


async def _written_down(session: WriteSession, batch: list[Note]) -> Outcome:
    outcome = Outcome()
    for note in batch:
        told = note.told
        if isinstance(told, TransferEvent):
            await _transfer(session, told, note, outcome)
        elif isinstance(told, Asked):
            asked = begun if told.begun else not_begun
            await session.execute(asked(told.transfer_id, note.at))
        elif isinstance(told, Ended):
            await _end(session, told, note, outcome)
        elif told.progress is Progress.RINGING:
            await session.execute(ringing(told.reference, note.owner))
        elif told.progress is Progress.ANSWERED:
            await session.execute(answered(told.reference, note.owner, note.at))
        elif told.progress is Progress.ENDED:
            reason = end_reason(told.ending, told.sip_status)
            await _end(session, Ended(told.reference, reason, told.sip_status), note, outcome)
    return outcome


async def _end(session: WriteSession, told: Ended, note: Note, outcome: Outcome) -> None:
    """With a call its transfer ends; a call that has ended already stays as it ended."""
    reason, status = told.reason, FINAL[told.reason]
    transfer = TransferStatus.COMPLETED if reason is EndReason.TRANSFERRED else TransferStatus.FAILED
    end = ended(told.reference, note.owner, note.at, status=status, reason=reason, sip_status=told.sip_status)
    if (await session.execute(end)).first():
        note_end(session, reason)
        await session.execute(transfers_ended(told.reference, transfer, note.at))
        await session.execute(legs_over(told.reference))
    outcome.calls_over.append(told.reference)


async def _transfer(session: WriteSession, told: TransferEvent, note: Note, outcome: Outcome) -> None:
    transfer = (await session.execute(Transfer.by_id([told.transfer_id]))).first()
    if told.progress is Progress.RINGING:
        await session.execute(begun(told.transfer_id, note.at, TransferStatus.RINGING))
    elif told.progress is Progress.ENDED:
        await session.execute(transfer_ended(told.transfer_id, TransferStatus.FAILED, told.sip_status, note.at))
        await session.execute(leg_over(told.transfer_id))
    elif told.progress is Progress.ANSWERED and transfer:
        await _third_party_answered(session, told, transfer, note, outcome)


async def _third_party_answered(
    session: WriteSession, told: TransferEvent, transfer: Any, note: Note, outcome: Outcome
) -> None:
    """A REFER has done its work. Of a cold transfer that was dialed the agent leaves first, and that ends it."""
    await session.execute(begun(told.transfer_id, note.at))
    if transfer.kind is TransferKind.COLD and transfer.mechanism is TransferMechanism.DIAL:
        outcome.to_leave.append(told)
        return
    await session.execute(transfer_ended(told.transfer_id, TransferStatus.COMPLETED, told.sip_status, note.at))
    if transfer.kind is TransferKind.COLD:
        await _end(session, Ended(transfer.conversation_id, EndReason.TRANSFERRED), note, outcome)
