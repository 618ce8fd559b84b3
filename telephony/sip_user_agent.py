"""Run a SIP user agent (baresip) in a child process of the SIP engine, and send the INVITEs.

`python -m telephony.sip_user_agent` reads commands from its standard input, and writes their results and the events of
calls to its standard output (`ipc`). When its input ends, because the server has stopped it or has died, it ends
every call and exits.
"""

import asyncio
import os
import sys
from contextlib import suppress

from baresip.call import Call as SipCall
from baresip.errors import BaresipError, NoLocalAddressError
from baresip.events import Event, StackEvent
from baresip.runtime import Runtime

from telephony.baresip_native import BaresipNative
from telephony.baresip_setup import ASSERTED_IDENTITY_HEADER, build_config, silence_logs
from telephony.baresip_transport import BaresipTransport, Packet
from telephony.confinement import confine
from telephony.engine import CallEvent, Ending, Progress, asserted_identity
from telephony.incoming_calls import IncomingCalls
from telephony.invite_tracker import InviteTracker
from telephony.ipc import (
    UNSOLICITED,
    Accept,
    Command,
    CommandDone,
    CommandRefused,
    CommandResult,
    CommandUncertain,
    Decline,
    DetachAgent,
    HangUp,
    Message,
    PlaceCall,
    Ready,
    Refer,
    Retire,
    Setup,
    decode,
    encode,
)
from telephony.leg import Leg
from telephony.legs import Legs
from telephony.pinned_dns import PinnedDns
from telephony.sip_accounts import InvalidAccount, SipAccounts, to_uri
from telephony.task_set import TaskSet

STOP_TIMEOUT_SECONDS = 3.0
# After the first timeout the result is CommandUncertain; the command goes on, and a call that it places is tracked.
RESULT_TIMEOUT_SECONDS, COMMAND_TIMEOUT_SECONDS = 10.0, 600.0


class UserAgentProcess:
    """The user agent of this process. It writes messages to the file descriptor `output`."""

    def __init__(self, output: int) -> None:
        self._output = output
        self._dns = PinnedDns()
        self._task_set = TaskSet()
        self._runtime = Runtime(command_timeout=COMMAND_TIMEOUT_SECONDS)
        self._native = BaresipNative()
        self._accounts = SipAccounts(self._runtime, self._native)
        self._transport = BaresipTransport(self._runtime, self._on_packet)
        self._invite_tracker = InviteTracker(self._transport.send, self._transport.make_peer)
        self._legs = Legs(self._send, self._invite_tracker)
        self._incoming_calls = IncomingCalls(self._runtime, self._send)

    async def run(self) -> None:
        """Run commands from standard input until it ends, then end every call and stop the stack."""
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        self._send(Ready())
        if not (first := await lines.readline()):
            return
        _, setup = decode(first)
        assert isinstance(setup, Setup)
        await self._start(setup)
        self._send(Ready())
        self._input = lines
        while line := await lines.readline():
            command_id, command = decode(line)
            assert isinstance(command, Command)
            self._task_set.run(self._handle_command(command_id, command))
        await self._legs.end_all(STOP_TIMEOUT_SECONDS)
        await self._invite_tracker.wait_settled()
        await self._runtime.close()

    async def _start(self, setup: Setup) -> None:
        confine(setup.ca_file)
        silence_logs()
        self._runtime.subscribe(self._on_event)
        self._runtime.on_dead = _exit_at_once  # type: ignore[assignment]  # declared as None
        dns_port = await self._dns.start()
        await self._runtime.start(build_config(setup, dns_port))
        self._native.unload_modules()
        await self._transport.start(setup.user_agent)
        if setup.listen is not None:
            self._incoming_calls.open()
            await self._accounts.create_catch_all()
            await self._transport.listen(build_config(setup, dns_port, setup.listen))

    def _send(self, message: Message, command_id: int = UNSOLICITED) -> None:
        with suppress(BrokenPipeError):
            os.write(self._output, encode(message, command_id))

    async def _handle_command(self, command_id: int, command: Command) -> None:
        """Run a command and send its result before the server's timeout, after which it would kill this process.

        A call that turns out not to be placed after its outcome was reported as uncertain ends as LOST.
        """
        running = asyncio.ensure_future(self._run_command(command))
        await asyncio.wait([running], timeout=RESULT_TIMEOUT_SECONDS)
        if running.done():
            self._send(running.result(), command_id)
            return
        self._send(CommandUncertain("the SIP stack does not answer"), command_id)
        if isinstance(await running, CommandRefused) and isinstance(command, PlaceCall):
            self._send(Leg(command.call.reference, command.transfer_id).event(Progress.ENDED, Ending.LOST))

    async def _run_command(self, command: Command) -> CommandResult:
        try:
            return await self._execute(command)
        except NoLocalAddressError:
            return CommandRefused(
                "no network interface of this server leads to the trunk's address", Ending.UNREACHABLE
            )
        except (InvalidAccount, BaresipError) as error:
            return CommandRefused(str(error), Ending.UNREACHABLE)
        except Exception as error:  # noqa: BLE001 - its message may contain a secret, its type does not
            return CommandRefused(f"the SIP engine failed: {type(error).__name__}", Ending.LOST)

    async def _execute(self, command: Command) -> CommandResult:
        match command:
            case PlaceCall():
                return await self._send_invite(command)
            case HangUp():
                self._hang_up(command)
            case Refer():
                return self._refer(command)
            case DetachAgent():
                return self._detach_agent(command)
            case Accept():
                await self._accept(command)
            case Decline():
                await self._decline(command)
            case Retire():
                self._task_set.run(self._retire())
        return CommandDone()

    async def _send_invite(self, command: PlaceCall) -> CommandResult:
        """Dial, with the carrier's name pinned to its checked address, and track the leg."""
        call, carrier = command.call, command.call.carrier
        if command.transfer_id is not None and self._legs.find(call.reference) is None:
            return CommandRefused("the call is over", Ending.CANCELLED)

        async def dial(headers: dict[str, str]) -> SipCall:
            account = await self._accounts.get(call.agent_number, carrier)
            self._dns.pin(carrier.host, carrier.address)
            asserted = {ASSERTED_IDENTITY_HEADER: asserted_identity(call)}
            return await account.dial(to_uri(call.to, carrier), asserted | headers)

        leg = Leg(call.reference, command.transfer_id, None, call.ring_seconds, call.max_seconds, carrier, dial=dial)
        self._legs.expect(leg)
        try:
            self._legs.adopt(leg, await dial({}))
        finally:
            self._legs.dismiss(leg)
        return CommandDone()

    def _hang_up(self, command: HangUp) -> None:
        """End every leg of a call, or that of one third party. A call that has ended has none."""
        for leg in self._legs.of_call(command.reference):
            if command.transfer_id in (None, leg.transfer_id):
                self._legs.end(leg, Ending.CANCELLED)

    def _refer(self, command: Refer) -> CommandResult:
        """Begin to send a REFER on an answered call, one at a time."""
        leg = self._legs.find(command.reference)
        if leg is None or leg.sip_call is None or leg.progress is not Progress.ANSWERED or leg.refer_transfer_id:
            return CommandRefused("the call is not live, or is being transferred already", Ending.REFUSED)
        self._legs.refer(leg, leg.sip_call, command.transfer_id, f"<{to_uri(command.target, leg.carrier)}>")
        return CommandDone()

    def _detach_agent(self, command: DetachAgent) -> CommandResult:
        remote, third = self._legs.find(command.reference), self._legs.find(command.reference, command.transfer_id)
        if not (remote and third and remote.progress is third.progress is Progress.ANSWERED):
            return CommandRefused("one of the two is no longer there", Ending.REFUSED)
        self._legs.detach(remote)
        return CommandDone()

    def _on_packet(self, packet: Packet) -> None:
        """Pass a SIP message on to the trackers, before the stack reports its event."""
        message = packet.message
        self._invite_tracker.on_packet(packet)
        if not packet.is_sent:
            self._legs.on_message(message)
            if message.start_line[0] == "INVITE":
                self._incoming_calls.on_invite(message.call_id, message.start_line[1])

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.CALL_INCOMING:
            self._incoming_calls.on_incoming(event)
        elif event.event is Event.CALL_CLOSED:
            self._incoming_calls.on_closed(event)
            self._invite_tracker.on_call_closed(event.call_id or "")
        self._legs.on_stack_event(event)

    async def _accept(self, command: Accept) -> None:
        """Answer a waiting call; one whose caller gave up ends as CANCELLED."""
        sip_call = self._incoming_calls.pop(command.engine_reference)
        if sip_call is None:
            self._send(CallEvent(command.reference, Progress.ENDED, Ending.CANCELLED, detail="the caller gave up"))
        else:
            self._legs.adopt(leg := Leg(command.reference, None, is_inbound=True), sip_call)
            try:
                await sip_call.answer()
            except BaresipError:
                self._legs.end(leg, Ending.LOST)

    async def _decline(self, command: Decline) -> None:
        """Refuse a waiting call, unless its caller gave up."""
        sip_call = self._incoming_calls.pop(command.engine_reference)
        if sip_call is not None:
            await sip_call.reject()

    async def _retire(self) -> None:
        """End this process once it has no call."""
        await self._legs.wait_idle()
        await self._invite_tracker.wait_settled()
        self._input.feed_eof()


def _exit_at_once() -> None:
    """Exit, because the stack's thread has ended and cannot be restarted. The next call starts another process."""
    os._exit(1)


def main() -> None:
    """Run the user agent. Standard output is reserved for messages; other output goes to standard error."""
    output = os.dup(1)
    os.dup2(2, 1)
    asyncio.run(UserAgentProcess(output).run())


if __name__ == "__main__":
    main()
