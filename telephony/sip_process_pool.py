"""Start, share and retire the child processes of the SIP engine."""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from telephony.engine import CallNotPlaced, Carrier, EngineEvent, OutboundCall, OutcomeUnknown, account_key
from telephony.ipc import Retire, Setup
from telephony.sip_process import SipProcess

# The stack cannot remove accounts: a full process takes no more calls, ends after its last one, and is replaced.
MAX_ACCOUNTS_PER_PROCESS = 2_000
MAX_RESTART_DELAY_SECONDS = 30.0


class SipProcessPool:
    """The running processes: one that dials for each network interface, one for inbound calls, and retired ones.

    `setup` is sent to each, with its own interface. `on_event` and `on_exit` are called like those of SipProcess.
    """

    def __init__(
        self,
        setup: Setup,
        on_event: Callable[[SipProcess, EngineEvent], None],
        on_exit: Callable[[SipProcess], None],
    ) -> None:
        self._setup = setup
        self._on_event = on_event
        self._on_process_exit = on_exit
        self.processes: set[SipProcess] = set()
        self.inbound_process: SipProcess | None = None
        self._spare: SipProcess | None = None  # started by `start` as a check, and used by the first call
        self._dialing_processes: dict[str | None, SipProcess] = {}  # by network interface
        self._start_lock = asyncio.Lock()
        self._inbound_task: asyncio.Task[None] | None = None
        self._inbound_attempted = asyncio.Event()

    async def start(self) -> None:
        """Start a process, to check that its program loads. Raises CallNotPlaced."""
        async with self._start_lock:
            self._spare = await self._spawn()

    async def listen(self, address: str) -> None:
        """Keep a process running for inbound calls to that address and port. Returns after the first start attempt."""
        self._inbound_task = asyncio.create_task(self._keep_listening(address))
        await self._inbound_attempted.wait()

    async def stop(self) -> None:
        """End every call and every process. The lock waits for one that is starting, so that none keeps running."""
        async with self._start_lock:
            if self._inbound_task is not None:
                self._inbound_task.cancel()
            await asyncio.gather(*(process.stop() for process in tuple(self.processes)))

    async def process_for(self, call: OutboundCall) -> SipProcess:
        """Return a process that has the account of this call, or has room for it. Raises CallNotPlaced."""
        key = account_key(call.agent_number, call.carrier)
        interface = _interface(call.carrier)
        async with self._start_lock:
            process = self._dialing_processes.get(interface)
            if process and key not in process.account_keys and len(process.account_keys) >= MAX_ACCOUNTS_PER_PROCESS:
                del self._dialing_processes[interface]
                with suppress(CallNotPlaced, OutcomeUnknown):
                    await process.send_command(Retire())
                process = None
            if process is None:
                process = self._dialing_processes[interface] = await self._new_process(
                    replace(self._setup, interface=interface)
                )
        process.account_keys.add(key)
        return process

    async def _new_process(self, setup: Setup) -> SipProcess:
        """Start a process, or take the spare one, and set it up. Raises CallNotPlaced."""
        spare, self._spare = self._spare, None
        process = spare if spare and not spare.has_exited else await self._spawn()
        await process.set_up(setup)
        return process

    async def _spawn(self) -> SipProcess:
        process = SipProcess(self._on_event, self._on_exit)
        await process.spawn()
        self.processes.add(process)
        return process

    def _on_exit(self, process: SipProcess) -> None:
        self.processes.discard(process)
        for interface, dialing in tuple(self._dialing_processes.items()):
            if dialing is process:
                del self._dialing_processes[interface]
        self._on_process_exit(process)

    async def _keep_listening(self, listen: str) -> None:
        """Run a process for inbound calls, and another whenever it exits, after growing delays if it does not start."""
        address = ipaddress.ip_address(listen.rpartition(":")[0].strip("[]"))
        interface = None if address.is_unspecified else str(address)
        delay = 1.0
        while True:
            try:
                async with self._start_lock:
                    self.inbound_process = await self._new_process(
                        replace(self._setup, interface=interface, listen=listen)
                    )
                self._inbound_attempted.set()
                await self.inbound_process.wait_exited()
                delay = 1.0
            except CallNotPlaced:
                self._inbound_attempted.set()
                await asyncio.sleep(delay)
                delay = min(delay * 2, MAX_RESTART_DELAY_SECONDS)


def _interface(carrier: Carrier) -> str | None:
    """Return the address to bind to: only for loopback, which the stack ignores unless it is its only interface."""
    address = ipaddress.ip_address(carrier.address)
    return str(address) if address.is_loopback else None
