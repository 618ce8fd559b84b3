"""Place calls over a direct SIP trunk, by child processes that run the native SIP stack (`sip_user_agent`).

The stack is young, and a crash or an intruder in it must not reach the server. This engine signals and plays a test
tone: it mixes no media, and no agent speaks.
"""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import structlog

from telephony.call_registry import CallRegistry
from telephony.confinement import landlock_abi
from telephony.engine import (
    AgentDispatch,
    CallEvent,
    CallNotPlaced,
    Ending,
    EngineEvent,
    EngineUnavailable,
    InboundCall,
    OutboundCall,
    OutcomeUnknown,
    Progress,
    TransferNotBegun,
)
from telephony.ipc import Accept, Command, Decline, DetachAgent, HangUp, PlaceCall, Refer, Setup
from telephony.sip_process import SipProcess
from telephony.sip_process_pool import SipProcessPool
from telephony.version import USER_AGENT

log = structlog.get_logger()

WHERE_IT_RUNS = "Run on Linux or macOS, x86-64 or ARM64; or set LIVEKIT_URL for the engine livekit"


class SipEngine:
    """The engine `sip`; an Engine.

    `listen` is an address and port for inbound calls, such as 0.0.0.0:5060, of which `max_inbound` are accepted at a
    time. `ca_file` holds the certificate authorities that TLS trusts, in PEM; None means those of the system. After
    `media_seconds` without audio a call ends; 0 means never.
    """

    outlives_process = False
    mixes_media = False

    def __init__(
        self,
        listen: str | None = None,
        ca_file: str | None = None,
        *,
        media_seconds: int = 0,
        max_inbound: int = 100,
    ) -> None:
        self._listen = listen
        self._registry: CallRegistry[SipProcess] = CallRegistry()
        setup = Setup(None, None, ca_file, media_seconds, max_inbound, USER_AGENT)
        self._pool = SipProcessPool(setup, self._on_event, self._on_exit)

    async def start(self) -> None:
        """Start a process as a check, and listen for inbound calls. Raises EngineUnavailable."""
        if importlib.util.find_spec("baresip") is None:
            raise EngineUnavailable(
                "The engine sip is not installed: baresip-python has no build for this platform, so no call is placed."
                f" {WHERE_IT_RUNS}."
            )
        if not landlock_abi():
            log.warning("sip_engine_without_landlock", hint="limits hold; files are not kept from it: see SECURITY.md")
        try:
            await self._pool.start()
        except CallNotPlaced as error:
            raise EngineUnavailable(
                f"The engine sip does not run here, so no call is placed: {error}. {WHERE_IT_RUNS}."
            ) from None
        if self._listen is not None:
            await self._pool.listen(self._listen)

    def inbound_problem(self) -> str | None:
        """Return a problem if nothing listens on the address: the port is taken, or the process is still starting."""
        process = self._pool.inbound_process
        if self._listen is None or (process and not process.has_exited):
            return None
        return f"inbound calls cannot arrive: nothing of this server listens on {self._listen}; is the port taken?"

    async def stop(self) -> None:
        """End every call and every process."""
        await self._pool.stop()
        self._registry.close()

    async def place_call(self, call: OutboundCall) -> None:
        """Have a process send the INVITE. Raises CallNotPlaced or OutcomeUnknown."""
        self._registry.require_new(call.reference)
        process = await self._pool.process_for(call)
        self._registry.add(call.reference, process)
        try:
            await process.send_command(PlaceCall(replace(call, agent={})))
        except CallNotPlaced:
            self._registry.discard(call.reference)
            raise

    async def hang_up(self, reference: str, transfer_id: str | None = None) -> None:
        """Have the call's process hang up. An error means that the process has ended, and its calls with it as LOST."""
        if live := self._registry.get(reference):
            with suppress(CallNotPlaced, OutcomeUnknown):
                await live.handle.send_command(HangUp(reference, transfer_id))

    async def transfer(self, reference: str, transfer_id: str, target: str) -> None:
        """Have the call's process send a REFER. Raises TransferNotBegun or OutcomeUnknown."""
        await self._command_live_call(reference, Refer(reference, transfer_id, target), transfer_id)

    async def add_party(self, reference: str, transfer_id: str, call: OutboundCall) -> None:
        """Have the call's process dial the third party. Raises TransferNotBegun or OutcomeUnknown."""
        third_party = replace(call, reference=reference, agent={})
        await self._command_live_call(reference, PlaceCall(third_party, transfer_id), transfer_id)

    async def detach_agent(self, reference: str, transfer_id: str) -> None:
        """End the call as TRANSFERRED; both legs continue, unmixed, until either party hangs up."""
        await self._command_live_call(reference, DetachAgent(reference, transfer_id), transfer_id)

    async def accept(self, engine_reference: str, reference: str, agent: AgentDispatch) -> None:  # noqa: ARG002 - no agent speaks
        """Answer an inbound call. It ends as LOST if the process that received it has been replaced."""
        process, waiting_call = self._find_waiting_call(engine_reference)
        if process is None:
            self._registry.publish(
                CallEvent(reference, Progress.ENDED, Ending.LOST, detail="the SIP engine was restarted")
            )
            return
        self._registry.add(reference, process)
        with suppress(CallNotPlaced, OutcomeUnknown):
            await process.send_command(Accept(waiting_call, reference))

    async def decline(self, engine_reference: str, sip_status: int) -> None:  # noqa: ARG002 - see below
        """Refuse an inbound call, always as 486 Busy Here: the stack offers no other status."""
        process, waiting_call = self._find_waiting_call(engine_reference)
        if process is not None:
            with suppress(CallNotPlaced, OutcomeUnknown):
                await process.send_command(Decline(waiting_call))

    async def snapshot(self, reference: str, engine_reference: str | None = None) -> CallEvent | None:  # noqa: ARG002
        """Return the last event of a call that this engine placed or accepted."""
        return self._registry.last_event(reference)

    async def handle_notice(self, body: bytes) -> None:
        """Do nothing: this engine publishes no ForeignNotice."""

    def events(self) -> AsyncIterator[EngineEvent]:
        """Yield the engine's events until it is stopped."""
        return self._registry.events()

    async def _command_live_call(self, reference: str, command: Command, transfer_id: str) -> None:
        """Send a command about a transfer to the process of a live call. Raises TransferNotBegun or OutcomeUnknown."""
        live = self._registry.get(reference)
        if live is None:
            raise TransferNotBegun("the call is over")
        live.transfers.add(transfer_id)
        try:
            await live.handle.send_command(command)
        except CallNotPlaced as error:
            live.transfers.discard(transfer_id)
            raise TransferNotBegun(str(error)) from None

    def _find_waiting_call(self, engine_reference: str) -> tuple[SipProcess | None, str]:
        """Split an engine reference, "<pid>.<id within the process>"; the process is None if it has been replaced."""
        pid, _, waiting_call = engine_reference.partition(".")
        process = self._pool.inbound_process
        return (process if process and str(process.pid) == pid else None), waiting_call

    def _on_event(self, process: SipProcess, event: EngineEvent) -> None:
        if isinstance(event, InboundCall):
            event = replace(event, engine_reference=f"{process.pid}.{event.engine_reference}")
        self._registry.publish(event)

    def _on_exit(self, process: SipProcess) -> None:
        self._registry.end_lost(process, "the SIP engine's process died")
