"""Write updates of calls and transfers in one transaction, as many as may be with a statement (R12).

A status only moves forward. Of one call the updates are written in their order; those of several calls together: the
first of each, then the second of each, and so on.
"""

import json
from collections import Counter
from collections.abc import Sequence

from calling.end_reasons import STATUS_BY_END_REASON, end_reason_for
from dialing.call_updates import CallEnded, CommittedUpdates, RecordedUpdate, TransferRequestResult
from dialing.end_detail import clean_detail
from models import EndReason, Transfer, TransferKind, TransferMechanism, TransferStatus
from models.active_call_statements import mark_each_answered, mark_each_ended, mark_each_ringing
from models.call_rows import TransferRow
from models.json_each import time_sent
from models.queue_statements import count_ended_calls
from models.transfer_statements import (
    end_transfers_of_call,
    find_calls_with_transfers,
    mark_transfer_begun,
    mark_transfer_ended,
    mark_transfer_refused,
    release_leg,
    release_legs,
)
from storage import WriteSession
from telephony.engine import CallEvent, Progress, TransferEvent

End = tuple[CallEnded, RecordedUpdate]


async def write_updates(session: WriteSession, batch: Sequence[RecordedUpdate]) -> CommittedUpdates:
    """Write updates; return those that others react to once they are committed."""
    committed = CommittedUpdates()
    for updates in _rounds(batch):
        await _write_calls(session, updates, committed)
        for recorded in updates:
            if isinstance(recorded.update, TransferEvent | TransferRequestResult):
                await _write_transfer(session, recorded.update, recorded, committed)
    return committed


def _rounds(batch: Sequence[RecordedUpdate]) -> list[list[RecordedUpdate]]:
    """Return the first updates of all calls, then the second ones, and so on."""
    rounds: list[list[RecordedUpdate]] = []
    written: Counter[str] = Counter()
    for recorded in batch:
        reference = recorded.update.reference
        if written[reference] == len(rounds):
            rounds.append([])
        rounds[written[reference]].append(recorded)
        written[reference] += 1
    return rounds


async def _write_calls(session: WriteSession, updates: Sequence[RecordedUpdate], committed: CommittedUpdates) -> None:
    """Write the updates of calls, at most one of each call."""
    ends = [(end, each) for each in updates if (end := _end_of(each))]
    for progress, mark_each in ((Progress.RINGING, mark_each_ringing), (Progress.ANSWERED, mark_each_answered)):
        calls = {each.update.reference: _values_of(each) for each in updates if _has_progress(each, progress)}
        if calls:
            await mark_each(session, json.dumps(calls))
    if ends:
        await _end_calls(session, ends, committed)


def _has_progress(recorded: RecordedUpdate, progress: Progress) -> bool:
    return isinstance(recorded.update, CallEvent) and recorded.update.progress is progress


def _values_of(recorded: RecordedUpdate) -> dict[str, str | None]:
    return {"server_id": recorded.server_id, "at": time_sent(recorded.at)}


def _end_of(recorded: RecordedUpdate) -> CallEnded | None:
    """Return the end of a call that an update tells; None if it tells none."""
    update = recorded.update
    if isinstance(update, CallEvent) and update.progress is Progress.ENDED:
        reason = end_reason_for(update.ending, update.sip_status)
        return CallEnded(update.reference, reason, update.sip_status, update.detail)
    return update if isinstance(update, CallEnded) else None


async def _end_calls(session: WriteSession, ends: Sequence[End], committed: CommittedUpdates) -> None:
    """End calls and their transfers. A call that has ended already keeps its end reason."""
    sent = {
        end.reference: {
            **_values_of(recorded),
            "status": STATUS_BY_END_REASON[end.reason].name,
            "reason": end.reason.name,
            "sip_status": end.sip_status,
            "detail": clean_detail(end.detail),
        }
        for end, recorded in ends
    }
    marked = {row.id for row in await mark_each_ended(session, json.dumps(sent))}
    committed.ended_call_ids += sent
    newly_ended = {end.reference: (end, recorded) for end, recorded in ends if end.reference in marked}
    for end, _ in newly_ended.values():
        count_ended_calls(session, end.reason)
        committed.ended.append(end)
    if newly_ended:
        for row in await find_calls_with_transfers(session, list(newly_ended)):
            await _end_transfers(session, *newly_ended[row.conversation_id])


async def _end_transfers(session: WriteSession, end: CallEnded, recorded: RecordedUpdate) -> None:
    """End the open transfer of a call that has ended, and count its legs no more."""
    status = TransferStatus.COMPLETED if end.reason is EndReason.TRANSFERRED else TransferStatus.FAILED
    await session.execute(end_transfers_of_call(end.reference, status, recorded.at))
    await session.execute(release_legs(end.reference))


async def _write_transfer(
    session: WriteSession,
    update: TransferEvent | TransferRequestResult,
    recorded: RecordedUpdate,
    committed: CommittedUpdates,
) -> None:
    if isinstance(update, TransferEvent):
        await _update_transfer(session, update, recorded, committed)
    else:
        statement = mark_transfer_begun if update.has_begun else mark_transfer_refused
        await session.execute(statement(update.transfer_id, recorded.at))


async def _update_transfer(
    session: WriteSession, event: TransferEvent, recorded: RecordedUpdate, committed: CommittedUpdates
) -> None:
    transfer = (await session.execute(Transfer.by_id([event.transfer_id]))).first()
    if event.progress is Progress.RINGING:
        await session.execute(mark_transfer_begun(event.transfer_id, recorded.at, TransferStatus.RINGING))
    elif event.progress is Progress.ENDED:
        await session.execute(
            mark_transfer_ended(event.transfer_id, TransferStatus.FAILED, event.sip_status, recorded.at)
        )
        await session.execute(release_leg(event.transfer_id))
    elif event.progress is Progress.ANSWERED and transfer:
        await _on_third_party_answered(session, event, transfer, recorded, committed)


async def _on_third_party_answered(
    session: WriteSession,
    event: TransferEvent,
    transfer: TransferRow,
    recorded: RecordedUpdate,
    committed: CommittedUpdates,
) -> None:
    """Complete a transfer. A dialed cold transfer is completed only when the agent has been detached."""
    await session.execute(mark_transfer_begun(event.transfer_id, recorded.at))
    if transfer.kind is TransferKind.COLD and transfer.mechanism is TransferMechanism.DIAL:
        committed.to_detach.append(event)
        return
    await session.execute(
        mark_transfer_ended(event.transfer_id, TransferStatus.COMPLETED, event.sip_status, recorded.at)
    )
    if transfer.kind is TransferKind.COLD:
        ended = CallEnded(transfer.conversation_id, EndReason.TRANSFERRED)
        await _end_calls(session, [(ended, recorded)], committed)
