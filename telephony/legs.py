"""The SIP calls of a child process, and how what the stack reports of them reads in the words of the port."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from baresip.call import Call as SipCall
from baresip.errors import BaresipError, split_status
from baresip.events import Event, StackEvent

from telephony.engine import NO_OUTCOME, CallEvent, Carrier, Ending, Progress, TransferEvent
from telephony.tasks import Tasks

SUCCESS, REDIRECTION = 200, 300  # where these classes of SIP statuses begin
REFER_SECONDS = 60.0  # of calls that came in; of others, as long as they may ring
HANDED_OVER = "Call transfered"  # as baresip spells it
PROGRESS = {
    Event.CALL_RINGING: Progress.RINGING,
    Event.CALL_PROGRESS: Progress.RINGING,
    Event.CALL_ESTABLISHED: Progress.ANSWERED,
}

Say = Callable[[CallEvent | TransferEvent], None]


@dataclass(eq=False)
class Leg:
    """One SIP call: the other side of `reference` or, with a `transfer_id`, a third party dialed into it."""

    reference: str
    transfer_id: str | None
    sip: SipCall | None = None  # None: the stack has been asked to dial, and has not answered yet
    ring_seconds: float | None = None
    longest_seconds: float | None = None
    carrier: Carrier | None = field(default=None, repr=False)
    inbound: bool = False
    progress: Progress = Progress.DIALING
    heard: bool = False  # the carrier said anything at all
    wanted: Ending | None = None  # how it ends because we end it
    referring: str | None = None  # the transfer whose REFER is under way
    left: bool = False  # told as ended: the agent has left, and the other two go on
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    def event(self, progress: Progress, ending: Ending | None = None, detail: str = "") -> CallEvent | TransferEvent:
        status, _ = split_status(detail)
        if self.transfer_id is not None:
            return TransferEvent(self.reference, self.transfer_id, progress, status)
        return CallEvent(self.reference, progress, ending, status if ending is Ending.REFUSED else None, detail)

    def ending(self, reason: str) -> Ending:
        status, _ = split_status(reason)
        if reason == HANDED_OVER:
            return Ending.TRANSFERRED
        if self.progress is Progress.ANSWERED:
            return Ending.HUNG_UP
        if status is None and self.wanted is not None:
            return self.wanted
        if self.inbound:
            return Ending.CANCELLED
        return Ending.REFUSED if status or self.heard else Ending.UNREACHABLE


class Legs:
    """Every live leg; `say` is told how each goes on."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._live: dict[int, Leg] = {}
        self._expected: set[Leg] = set()
        self._early: dict[int, list[StackEvent]] = {}
        self._early_heard: set[str | None] = set()
        self._tasks = Tasks()
        self._unacknowledged: set[str | None] = set()  # calls of which the carrier has to hear before we go
        self._idle = asyncio.Event()
        self._idle.set()

    async def over(self) -> None:
        """Returns when there is no live leg."""
        await self._idle.wait()

    def find(self, reference: str, transfer_id: str | None = None) -> Leg | None:
        return next((leg for leg in self.of(reference) if leg.transfer_id == transfer_id), None)

    def of(self, reference: str) -> Iterator[Leg]:
        return (leg for leg in (*self._live.values(), *self._expected) if leg.reference == reference)

    def expect(self, leg: Leg) -> None:
        """It is about to be dialed: what ends it from now on ends it as soon as there is a call."""
        self._expected.add(leg)
        self._idle.clear()

    def dismiss(self, leg: Leg) -> None:
        """Nobody was dialed; of an adopted leg this says nothing."""
        self._expected.discard(leg)
        self._settle()

    def adopt(self, leg: Leg, sip: SipCall) -> None:
        """From now on the stack's events on this call are the leg's, and so are those that came before this. The stack
        did not hand those to the call, which listens only since it was returned, and would not know how it stands."""
        self._expected.discard(leg)
        self._idle.clear()
        leg.sip, self._live[sip.handle] = sip, leg
        if leg.ring_seconds is not None:
            leg.timer = asyncio.get_running_loop().call_later(leg.ring_seconds, self._give_up, leg)
        for event in self._early.pop(sip.handle, ()):
            sip._on_stack_event(event)  # noqa: SLF001 - it has no other door; its version is pinned
            leg.heard = leg.heard or event.call_id in self._early_heard
            self._follow(leg, event)
        self._early_heard.discard(sip.call_id)
        if leg.wanted is not None:
            self._tasks.run(_hang_up(sip))

    def note(self, event: StackEvent) -> None:
        leg = self._live.get(event.call)
        if leg is not None:
            self._follow(leg, event)
        elif event.event is Event.CALL_OUTGOING or event.call in self._early:
            self._early.setdefault(event.call, []).append(event)

    def hear(self, call_id: str, method: str, status: int) -> None:
        """What the carrier answered to a request of a call."""
        if status < SUCCESS:
            for leg in self._live.values():
                leg.heard = leg.heard or (leg.sip is not None and leg.sip.call_id == call_id)
            if any(event.call_id == call_id for events in self._early.values() for event in events):
                self._early_heard.add(call_id)
        elif method == "BYE" or status >= REDIRECTION:
            self._unacknowledged.discard(call_id)
            self._settle()

    def end(self, leg: Leg, ending: Ending) -> None:
        if leg.wanted is None:
            leg.wanted = ending
            if leg.sip is not None:
                self._tasks.run(_hang_up(leg.sip))

    def refer(self, leg: Leg, sip: SipCall, transfer_id: str, uri: str) -> None:
        leg.referring = transfer_id
        self._tasks.run(self._refer(leg, sip, uri))

    def leave(self, leg: Leg) -> None:
        self._say(leg.event(Progress.ENDED, Ending.TRANSFERRED))
        leg.left = True

    async def finish(self, seconds: float) -> None:
        """Ends every leg, and waits that long until the carriers know."""
        for leg in (*self._live.values(), *self._expected):
            if leg.heard and leg.sip is not None:
                self._unacknowledged.add(leg.sip.call_id)
            self.end(leg, Ending.CANCELLED)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over(), seconds)

    def _follow(self, leg: Leg, event: StackEvent) -> None:
        if event.event is Event.CALL_CLOSED:
            self._close(leg, event.call, event.text or "")
        elif event.event is Event.CALL_TRANSFER and leg.sip is not None:
            self._tasks.run(_refuse_transfer(leg.sip))
        elif (progress := PROGRESS.get(event.event)) and progress.value > leg.progress.value:
            leg.progress, leg.heard = progress, True
            self._say(leg.event(progress))
            if progress is Progress.ANSWERED:
                self._limit(leg)

    def _limit(self, leg: Leg) -> None:
        _stop(leg.timer)
        if leg.longest_seconds is not None:
            leg.timer = asyncio.get_running_loop().call_later(leg.longest_seconds, self.end, leg, Ending.HUNG_UP)

    def _give_up(self, leg: Leg) -> None:
        self.end(leg, Ending.UNANSWERED if leg.heard else Ending.UNREACHABLE)

    def _close(self, leg: Leg, handle: int, reason: str) -> None:
        _stop(leg.timer)
        del self._live[handle]
        self._settle()
        self._referred(leg, Progress.ANSWERED if reason == HANDED_OVER else Progress.ENDED)
        if not leg.left:
            self._say(leg.event(Progress.ENDED, leg.ending(reason), reason))
        whole = self.find(leg.reference)
        if whole is None or whole.left:
            for other in self.of(leg.reference):
                self.end(other, Ending.HUNG_UP)

    def _settle(self) -> None:
        if not self._live and not self._expected and not self._unacknowledged:
            self._idle.set()

    async def _refer(self, leg: Leg, sip: SipCall, uri: str) -> None:
        """Its success is told by the call's end, which comes before this returns."""
        seconds = leg.ring_seconds or REFER_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await sip.transfer(uri, timeout=seconds * 2)
        except TimeoutError:
            self._referred(leg, Progress.ENDED, NO_OUTCOME)
        except (BaresipError, ValueError) as failed:
            self._referred(leg, Progress.ENDED, getattr(failed, "status", None))

    def _referred(self, leg: Leg, progress: Progress, status: int | None = None) -> None:
        if leg.referring is not None:
            self._say(TransferEvent(leg.reference, leg.referring, progress, status))
            leg.referring = None


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


async def _hang_up(call: SipCall) -> None:
    """A call that is gone already has told so."""
    with suppress(BaresipError):
        await call.hangup()


async def _refuse_transfer(call: SipCall) -> None:
    """Nobody on the other side makes this one dial."""
    with suppress(BaresipError):
        await call.reject_transfer(603)
