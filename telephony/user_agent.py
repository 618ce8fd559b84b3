"""The child process of the `sip` engine: a SIP user agent, baresip, that is told what to do over a pipe.

`python -m telephony.user_agent` reads wishes from its standard input and writes answers and events to its standard
output. When its input ends, whoever asked has finished or is gone: it ends every call, then itself.
"""

import asyncio
import os
import sys
from collections import OrderedDict
from contextlib import suppress

from baresip.call import Call as SipCall
from baresip.call import CallState
from baresip.errors import BaresipError
from baresip.events import Event, StackEvent
from baresip.runtime import Runtime

from telephony.engine import CallEvent, Ending, Progress
from telephony.identities import Identities, Unusable, address_of, bracketed
from telephony.legs import Leg, Legs
from telephony.names import Names
from telephony.stack import ASSERTED, config, inbound_call, listen_to_trace
from telephony.tasks import Tasks
from telephony.wire import (
    UNASKED,
    Accept,
    Answer,
    Decline,
    Done,
    Doubt,
    HangUp,
    Leave,
    PlaceCall,
    Ready,
    Refer,
    Refusal,
    Retire,
    Said,
    Setup,
    Wish,
    read,
    written,
)

FAREWELL_SECONDS, TRACE_SECONDS = 3.0, 2.0
REMEMBERED = 1_000
# After the first the asker is told that nobody knows. What was asked goes on, and a call that comes of it is followed.
ANSWER_SECONDS, COMMAND_SECONDS = 10.0, 600.0


class UserAgentProcess:
    def __init__(self, output: int) -> None:
        self._output = output
        self._legs = Legs(self._say)
        self._names = Names()
        self._tasks = Tasks()
        self._runtime = Runtime(command_timeout=COMMAND_SECONDS)
        self._identities = Identities(self._runtime)
        self._knocking: dict[str, SipCall] = {}
        self._invited: OrderedDict[str | None, asyncio.Future[str]] = OrderedDict()  # addresses, by the Call-ID

    async def run(self) -> None:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        self._say(Ready())
        if not (first := await lines.readline()):
            return
        _, setup = read(first)
        assert isinstance(setup, Setup)
        await self._start(setup)
        self._say(Ready())
        self._wishes = lines
        while line := await lines.readline():
            number, wish = read(line)
            self._tasks.run(self._carry_out(number, wish))
        await self._legs.finish(FAREWELL_SECONDS)
        await self._runtime.close()

    async def _start(self, setup: Setup) -> None:
        listen_to_trace(asyncio.get_running_loop(), self._legs.hear, self._hear_invited)
        self._runtime.subscribe(self._note)
        self._runtime.on_dead = _end_at_once  # type: ignore[assignment]  # of which only its None is declared
        await self._runtime.start(config(setup, await self._names.serve()))
        if setup.listen is not None:
            await self._identities.answer_whoever_is_called()

    def _say(self, said: Said, number: int = UNASKED) -> None:
        with suppress(BrokenPipeError):
            os.write(self._output, written(said, number))

    async def _carry_out(self, number: int, wish: Wish) -> None:
        """Every wish is answered, whatever goes wrong: who waits for too long ends this process, and every call."""
        answering = asyncio.ensure_future(self._answer(wish))
        await asyncio.wait([answering], timeout=ANSWER_SECONDS)
        if answering.done():
            self._say(answering.result(), number)
            return
        self._say(Doubt("the SIP stack does not answer"), number)
        if isinstance(await answering, Refusal) and isinstance(wish, PlaceCall):
            self._say(Leg(wish.call.reference, wish.transfer_id).event(Progress.ENDED, Ending.LOST))

    async def _answer(self, wish: Wish) -> Answer:
        try:
            return await self._done(wish)
        except (Unusable, BaresipError) as wrong:
            return Refusal(str(wrong), Ending.UNREACHABLE)
        except Exception as wrong:  # noqa: BLE001 - said without its message, which may show what nobody may see
            return Refusal(f"the SIP engine failed: {type(wrong).__name__}", Ending.LOST)

    async def _done(self, wish: Wish) -> Answer:
        match wish:
            case PlaceCall():
                return await self._place(wish)
            case HangUp():
                self._hang_up(wish)
            case Refer():
                return self._refer(wish)
            case Leave():
                return self._leave(wish)
            case Accept():
                await self._accept(wish)
            case Decline():
                await self._decline(wish)
            case Retire():
                self._tasks.run(self._retire())
        return Done()

    async def _place(self, wish: PlaceCall) -> Answer:
        call, carrier = wish.call, wish.call.carrier
        if wish.transfer_id is not None and self._legs.find(call.reference) is None:
            return Refusal("the call is over", Ending.CANCELLED)
        leg = Leg(call.reference, wish.transfer_id, None, call.ring_seconds, call.longest_seconds, carrier)
        self._legs.expect(leg)
        try:
            identity = await self._identities.of(call.agent_number, carrier)
            self._names.pin(carrier.host, carrier.address)
            asserted = {ASSERTED: f"<sip:{call.agent_number}@{bracketed(carrier.host)}>"}
            self._legs.adopt(leg, await identity.dial(address_of(call.to, carrier), asserted))
        finally:
            self._legs.dismiss(leg)
        return Done()

    def _hang_up(self, wish: HangUp) -> None:
        """Of a whole call every leg ends; of one that is over there is none."""
        for leg in self._legs.of(wish.reference):
            if wish.transfer_id in (None, leg.transfer_id):
                self._legs.end(leg, Ending.CANCELLED)

    def _refer(self, wish: Refer) -> Answer:
        leg = self._legs.find(wish.reference)
        if leg is None or leg.sip is None or leg.progress is not Progress.ANSWERED or leg.referring:
            return Refusal("the call is not live, or is being transferred already", Ending.REFUSED)
        self._legs.refer(leg, leg.sip, wish.transfer_id, address_of(wish.target, leg.carrier))
        return Done()

    def _leave(self, wish: Leave) -> Answer:
        whole, third = self._legs.find(wish.reference), self._legs.find(wish.reference, wish.transfer_id)
        if not (whole and third and whole.progress is third.progress is Progress.ANSWERED):
            return Refusal("one of the two is no longer there", Ending.REFUSED)
        self._legs.leave(whole)
        return Done()

    def _note(self, event: StackEvent) -> None:
        if event.event is Event.CALL_INCOMING:
            self._knocks(event)
        elif event.event is Event.CALL_CLOSED:
            self._knocking.pop(str(event.call), None)
        self._legs.note(event)

    def _knocks(self, event: StackEvent) -> None:
        """Heard here, and not by the account that takes it: somebody may call before that one is known to be there."""
        sip = SipCall(
            self._runtime,
            handle=event.call,
            ua_handle=event.ua,
            state=CallState.INCOMING,
            peer=event.peer,
            call_id=event.call_id,
            headers=event.headers,
        )
        self._knocking[str(sip.handle)] = sip
        self._tasks.run(self._announce(sip))

    async def _announce(self, sip: SipCall) -> None:
        """The address is in the trace alone, which is a moment late, or lost where there is much of it."""
        address = ""
        with suppress(TimeoutError):
            address = await asyncio.wait_for(self._address_of(sip.call_id), TRACE_SECONDS)
        if str(sip.handle) in self._knocking:
            self._say(inbound_call(sip, address))

    def _address_of(self, call_id: str | None) -> asyncio.Future[str]:
        if len(self._invited) > REMEMBERED:
            self._invited.popitem(last=False)
        return self._invited.setdefault(call_id, asyncio.get_running_loop().create_future())

    def _hear_invited(self, call_id: str, address: str) -> None:
        told = self._address_of(call_id)
        if not told.done():
            told.set_result(address)

    async def _accept(self, wish: Accept) -> None:
        sip = self._knocking.pop(wish.engine_reference, None)
        if sip is None:
            self._say(CallEvent(wish.reference, Progress.ENDED, Ending.CANCELLED, detail="the caller gave up"))
        else:
            leg = Leg(wish.reference, None, inbound=True)
            self._legs.adopt(leg, sip)
            try:
                await sip.answer()
            except BaresipError:
                self._legs.end(leg, Ending.LOST)

    async def _decline(self, wish: Decline) -> None:
        """Of a caller who gave up there is nothing to decline."""
        sip = self._knocking.pop(wish.engine_reference, None)
        if sip is not None:
            await sip.reject()

    async def _retire(self) -> None:
        await self._legs.over()
        self._wishes.feed_eof()


def _end_at_once() -> None:
    """The stack's thread has ended, and no other can be had in this process: the next call starts another."""
    os._exit(1)


def main() -> None:
    """Standard output is the pipe's alone: whatever else is printed goes where errors go."""
    output = os.dup(1)
    os.dup2(2, 1)
    asyncio.run(UserAgentProcess(output).run())


if __name__ == "__main__":
    main()
