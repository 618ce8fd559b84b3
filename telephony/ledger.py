"""What an engine knows of its calls: who carries each live one, how it stands, how the last ones ended; its events."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from telephony.engine import CallEvent, Ending, Event, NotTransferred, Progress, TransferEvent

KEPT_ENDINGS = 10_000

Carrying = TypeVar("Carrying")


@dataclass
class Live(Generic[Carrying]):
    """A call that goes on. `transfers`: the third parties and REFERs of which the end was not told yet."""

    by: Carrying
    standing: CallEvent
    transfers: set[str] = field(default_factory=set)


class Ledger(Generic[Carrying]):
    def __init__(self) -> None:
        self._live: dict[str, Live[Carrying]] = {}
        self._over: OrderedDict[str, CallEvent] = OrderedDict()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    def open(self, reference: str, by: Carrying, standing: CallEvent | None = None) -> None:
        self._live[reference] = Live(by, standing or CallEvent(reference, Progress.DIALING))

    def awaits(self, reference: str, transfer_id: str) -> None:
        """The end of this transfer has to be told before that of its call."""
        if live := self._live.get(reference):
            live.transfers.add(transfer_id)

    def forget_transfers(self, reference: str) -> None:
        """They go on without the call."""
        if live := self._live.get(reference):
            live.transfers.clear()

    def strike(self, reference: str) -> None:
        """It never was a call."""
        self._live.pop(reference, None)

    def live(self, reference: str) -> Live[Carrying] | None:
        return self._live.get(reference)

    def reference_of(self, by: Carrying) -> str | None:
        """The live call that is carried so."""
        return next((reference for reference, live in self._live.items() if live.by == by), None)

    def answered(self) -> list[str]:
        return [each for each, live in self._live.items() if live.standing.progress is Progress.ANSWERED]

    def standing(self, reference: str) -> CallEvent | None:
        live = self._live.get(reference)
        return live.standing if live else self._over.get(reference)

    def tell(self, event: Event) -> None:
        if isinstance(event, CallEvent):
            self._stands(event)
        elif isinstance(event, TransferEvent) and event.progress is Progress.ENDED and event.reference in self._live:
            self._live[event.reference].transfers.discard(event.transfer_id)
        self._events.put_nowait(event)

    def stands(self, reference: str, progress: Progress) -> None:
        """Told where it is news."""
        live = self._live.get(reference)
        if live is not None and progress.value > live.standing.progress.value:
            self.tell(CallEvent(reference, progress))

    def end(self, reference: str, how: Ending, status: int | None = None, detail: str = "") -> None:
        """Told once; what belonged to the call is over before it."""
        live = self._live.get(reference)
        if live is not None:
            for transfer_id in tuple(live.transfers):
                self.end_transfer(reference, transfer_id)
            self.tell(CallEvent(reference, Progress.ENDED, how, status, detail))

    def left(self, reference: str, unanswered: Ending | None = None) -> None:
        """The other side is gone. Of a call that was not answered this is the end only where it says how."""
        live = self._live.get(reference)
        if live is not None and live.standing.progress is Progress.ANSWERED:
            self.end(reference, Ending.HUNG_UP)
        elif unanswered is not None:
            self.end(reference, unanswered)

    def end_transfer(self, reference: str, transfer_id: str, status: int | None = None) -> None:
        live = self._live.get(reference)
        if live is not None and transfer_id in live.transfers:
            self.tell(TransferEvent(reference, transfer_id, Progress.ENDED, status))

    def by_whom_answered(self, reference: str) -> Carrying:
        """Raises NotTransferred: nobody else is moved, or joined by a third party."""
        live = self._live.get(reference)
        if live is None or live.standing.progress is not Progress.ANSWERED:
            raise NotTransferred("the call is not live")
        return live.by

    def lose(self, by: Carrying, detail: str) -> None:
        """Whoever carried these calls is gone: how they go on is not known, and will not be."""
        for reference, live in tuple(self._live.items()):
            if live.by is by:
                self.end(reference, Ending.LOST, detail=detail)

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._events.get()) is not None:
            yield event

    def close(self) -> None:
        """`events` ends after what was told."""
        self._events.put_nowait(None)

    def _stands(self, event: CallEvent) -> None:
        if event.progress is not Progress.ENDED:
            if live := self._live.get(event.reference):
                live.standing = event
            return
        self._live.pop(event.reference, None)
        self._over[event.reference] = event
        if len(self._over) > KEPT_ENDINGS:
            self._over.popitem(last=False)
