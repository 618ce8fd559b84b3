"""Registry of an engine's live and recently ended calls, which publishes the engine's events."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from telephony.engine import (
    CallEvent,
    Ending,
    EngineEvent,
    OutcomeUnknown,
    Progress,
    TransferEvent,
    TransferNotBegun,
)

MAX_ENDED_CALLS = 10_000

Handle = TypeVar("Handle")  # what carries a call: a child process, or the name of a room


@dataclass
class LiveCall(Generic[Handle]):
    """A call that has not ended. `transfers` are the ids of its third parties and REFERs that have not ended."""

    handle: Handle
    last_event: CallEvent
    transfers: set[str] = field(default_factory=set)


class CallRegistry(Generic[Handle]):
    """The calls of one engine by reference, and the queue of its events."""

    def __init__(self) -> None:
        self._live: dict[str, LiveCall[Handle]] = {}
        self._ended: OrderedDict[str, CallEvent] = OrderedDict()
        self._events: asyncio.Queue[EngineEvent | None] = asyncio.Queue()

    def require_new(self, reference: str) -> None:
        """Raise OutcomeUnknown if this call was placed before, so that nobody is called twice."""
        if self.last_event(reference) is not None:
            raise OutcomeUnknown("this call was placed before")

    def add(self, reference: str, handle: Handle, last_event: CallEvent | None = None) -> None:
        """Add a live call: in `last_event`'s state, by default DIALING. Publishes nothing."""
        self._live[reference] = LiveCall(handle, last_event or CallEvent(reference, Progress.DIALING))

    def add_transfer(self, reference: str, transfer_id: str) -> None:
        """Add a transfer, whose end is published before that of its call."""
        if live := self._live.get(reference):
            live.transfers.add(transfer_id)

    def clear_transfers(self, reference: str) -> None:
        """Forget the transfers of a call, so that they outlive it."""
        if live := self._live.get(reference):
            live.transfers.clear()

    def discard(self, reference: str) -> None:
        """Forget a call that was never placed."""
        self._live.pop(reference, None)

    def get(self, reference: str) -> LiveCall[Handle] | None:
        """Return a live call."""
        return self._live.get(reference)

    def find_reference(self, handle: Handle) -> str | None:
        """Return the reference of the live call with that handle."""
        return next((reference for reference, live in self._live.items() if live.handle == handle), None)

    def answered_references(self) -> list[str]:
        """Return the references of the live calls that are answered."""
        return [each for each, live in self._live.items() if live.last_event.progress is Progress.ANSWERED]

    def last_event(self, reference: str) -> CallEvent | None:
        """Return the last event of a call, live or ended; None for an unknown one."""
        live = self._live.get(reference)
        return live.last_event if live else self._ended.get(reference)

    def publish(self, event: EngineEvent) -> None:
        """Update the call or transfer of an event, and queue the event."""
        if isinstance(event, CallEvent):
            self._record(event)
        elif isinstance(event, TransferEvent) and event.progress is Progress.ENDED and event.reference in self._live:
            self._live[event.reference].transfers.discard(event.transfer_id)
        self._events.put_nowait(event)

    def advance(self, reference: str, progress: Progress) -> None:
        """Publish the progress of a live call if it is further than before."""
        live = self._live.get(reference)
        if live is not None and progress.value > live.last_event.progress.value:
            self.publish(CallEvent(reference, progress))

    def end(self, reference: str, ending: Ending, status: int | None = None, detail: str = "") -> None:
        """Publish the ends of a live call's transfers, then its own, once."""
        live = self._live.get(reference)
        if live is not None:
            for transfer_id in tuple(live.transfers):
                self.end_transfer(reference, transfer_id)
            self.publish(CallEvent(reference, Progress.ENDED, ending, status, detail))

    def on_remote_party_left(self, reference: str, unanswered: Ending | None = None) -> None:
        """End an answered call as HUNG_UP, and any other as `unanswered`, or not at all if that is None."""
        live = self._live.get(reference)
        if live is not None and live.last_event.progress is Progress.ANSWERED:
            self.end(reference, Ending.HUNG_UP)
        elif unanswered is not None:
            self.end(reference, unanswered)

    def end_transfer(self, reference: str, transfer_id: str, status: int | None = None) -> None:
        """Publish the end of a transfer, once. `status` is a SIP status."""
        live = self._live.get(reference)
        if live is not None and transfer_id in live.transfers:
            self.publish(TransferEvent(reference, transfer_id, Progress.ENDED, status))

    def require_answered(self, reference: str) -> Handle:
        """Return the handle of an answered call. Raises TransferNotBegun for any other."""
        live = self._live.get(reference)
        if live is None or live.last_event.progress is not Progress.ANSWERED:
            raise TransferNotBegun("the call is not live")
        return live.handle

    def end_lost(self, handle: Handle, detail: str) -> None:
        """End the calls of a handle that no longer exists as LOST."""
        for reference, live in tuple(self._live.items()):
            if live.handle is handle:
                self.end(reference, Ending.LOST, detail=detail)

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Yield the events in the order of their publication, until `close`."""
        while (event := await self._events.get()) is not None:
            yield event

    def close(self) -> None:
        """End `events` after the events that are queued."""
        self._events.put_nowait(None)

    def _record(self, event: CallEvent) -> None:
        if event.progress is not Progress.ENDED:
            if live := self._live.get(event.reference):
                live.last_event = event
            return
        self._live.pop(event.reference, None)
        self._ended[event.reference] = event
        if len(self._ended) > MAX_ENDED_CALLS:
            self._ended.popitem(last=False)
