"""The child process of the `sip` engine: a SIP user agent, baresip, that is told what to do over a pipe.

`python -m telephony.user_agent` reads wishes from its standard input and writes answers and events to its standard
output. When its input ends, whoever asked has finished or is gone: it ends every call, then itself.
"""

import asyncio
import os
import sys
from contextlib import suppress

from baresip.call import Call as SipCall
from baresip.errors import BaresipError, CommandTimeout
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

FAREWELL_SECONDS = 3.0


class UserAgentProcess:
    def __init__(self, output: int) -> None:
        self._output = output
        self._legs = Legs(self._say)
        self._names = Names()
        self._tasks = Tasks()
        self._runtime = Runtime()
        self._identities = Identities(self._runtime)
        self._knocking: dict[str, SipCall] = {}

    async def run(self) -> None:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        _, setup = read(await lines.readline())
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
        listen_to_trace(asyncio.get_running_loop(), self._legs.hear)
        self._runtime.subscribe(self._note)
        await self._runtime.start(config(setup, await self._names.serve()))
        if setup.listen is not None:
            anybody = await self._identities.of_whoever_is_called()
            anybody.on_incoming(self._knocks)

    def _say(self, said: Said, number: int = UNASKED) -> None:
        with suppress(BrokenPipeError):
            os.write(self._output, written(said, number))

    async def _carry_out(self, number: int, wish: Wish) -> None:
        try:
            self._say(await self._done(wish), number)
        except Unusable as wrong:
            self._say(Refusal(str(wrong), Ending.UNREACHABLE), number)
        except CommandTimeout as late:
            self._say(Doubt(str(late)), number)
        except BaresipError as wrong:
            self._say(Refusal(str(wrong), Ending.UNREACHABLE), number)

    async def _done(self, wish: Wish) -> Answer:
        match wish:
            case PlaceCall():
                await self._place(wish)
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

    async def _place(self, wish: PlaceCall) -> None:
        call, carrier = wish.call, wish.call.carrier
        identity = await self._identities.of(call.agent_number, carrier)
        self._names.pin(carrier.host, carrier.address)
        asserted = {ASSERTED: f"<sip:{call.agent_number}@{bracketed(carrier.host)}>"}
        sip = await identity.dial(address_of(call.to, carrier), asserted)
        leg = Leg(call.reference, wish.transfer_id, sip, call.longest_seconds, carrier)
        self._legs.adopt(leg, call.ring_seconds)

    def _hang_up(self, wish: HangUp) -> None:
        """Of a whole call every leg ends; of one that is over there is none."""
        for leg in self._legs.of(wish.reference):
            if wish.transfer_id in (None, leg.transfer_id):
                self._legs.end(leg, Ending.CANCELLED)

    def _refer(self, wish: Refer) -> Answer:
        leg = self._legs.find(wish.reference)
        if leg is None or leg.progress is not Progress.ANSWERED or leg.referring:
            return Refusal("the call is not live, or is being transferred already", Ending.REFUSED)
        self._legs.refer(leg, wish.transfer_id, address_of(wish.target, leg.carrier))
        return Done()

    def _leave(self, wish: Leave) -> Answer:
        whole, third = self._legs.find(wish.reference), self._legs.find(wish.reference, wish.transfer_id)
        if not (whole and third and whole.progress is third.progress is Progress.ANSWERED):
            return Refusal("one of the two is no longer there", Ending.REFUSED)
        self._legs.leave(whole)
        return Done()

    def _note(self, event: StackEvent) -> None:
        if event.event is Event.CALL_CLOSED:
            self._knocking.pop(str(event.call), None)
        self._legs.note(event)

    def _knocks(self, sip: SipCall) -> None:
        knock = inbound_call(sip)
        self._knocking[knock.engine_reference] = sip
        self._say(knock)

    async def _accept(self, wish: Accept) -> None:
        sip = self._knocking.pop(wish.engine_reference, None)
        if sip is None:
            self._say(CallEvent(wish.reference, Progress.ENDED, Ending.CANCELLED, detail="the caller gave up"))
        else:
            self._legs.adopt(Leg(wish.reference, None, sip, inbound=True), None)
            await sip.answer()

    async def _decline(self, wish: Decline) -> None:
        """Of a caller who gave up there is nothing to decline."""
        sip = self._knocking.pop(wish.engine_reference, None)
        if sip is not None:
            await sip.reject()

    async def _retire(self) -> None:
        await self._legs.over()
        self._wishes.feed_eof()


def main() -> None:
    """Standard output is the pipe's alone: whatever else is printed goes where errors go."""
    output = os.dup(1)
    os.dup2(2, 1)
    asyncio.run(UserAgentProcess(output).run())


if __name__ == "__main__":
    main()
