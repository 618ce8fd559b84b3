"""Start one child process of the SIP engine (`sip_user_agent`), and send it commands over a pipe."""

import asyncio
import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from telephony.engine import (
    CallEvent,
    CallNotPlaced,
    Carrier,
    Ending,
    EngineEvent,
    InboundCall,
    OutcomeUnknown,
    TransferEvent,
)
from telephony.ipc import (
    Command,
    CommandDone,
    CommandRefused,
    CommandResult,
    CommandUncertain,
    Message,
    Ready,
    Setup,
    decode,
    encode,
)

PROJECT = Path(__file__).parent.parent
PYTHON_FLAGS = ("-s", "-B")  # import nothing from a home directory, and write no bytecode
PROGRAM = ("-m", "telephony.sip_user_agent")
START_TIMEOUT_SECONDS = 30
COMMAND_TIMEOUT_SECONDS = 30  # a working process responds within 10, at least with CommandUncertain
STOP_TIMEOUT_SECONDS = 40  # more than the 32 seconds in which an INVITE may still be answered (RFC 3261, timer B)


class SipProcess:
    """A child process. `on_event` is called with each of its events, `on_exit` once when it has ended.

    `account_keys` are the keys of the accounts that it has been asked to create (`engine.account_key`).
    """

    def __init__(
        self, on_event: Callable[["SipProcess", EngineEvent], None], on_exit: Callable[["SipProcess"], None]
    ) -> None:
        self.account_keys: set[tuple[str, Carrier]] = set()
        self._on_event = on_event
        self._on_exit = on_exit
        self._command_ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[CommandResult]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    async def spawn(self) -> None:
        """Start the process. Raises CallNotPlaced if its program does not load.

        It runs in its own empty folder, and inherits neither the environment, which holds secrets, nor open files.
        """
        pipe = asyncio.subprocess.PIPE
        self._folder = tempfile.mkdtemp(prefix="dialtree-sip-")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *PYTHON_FLAGS, *PROGRAM),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                cwd=self._folder,
                env={"PYTHONPATH": str(PROJECT)},
            )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise CallNotPlaced(f"the SIP engine's process cannot be started: {error.strerror}", Ending.LOST) from None
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        assert self._process.stderr
        self._reading = asyncio.create_task(self._read_output(self._process.stderr))
        await self._wait_ready()

    @property
    def has_exited(self) -> bool:
        """Tell whether the process has ended."""
        return self._reading.done()

    async def set_up(self, setup: Setup) -> None:
        """Send the setup, once, and wait until the process accepts commands. Raises CallNotPlaced."""
        self._ready = asyncio.get_running_loop().create_future()
        self._send(encode(setup))
        await self._wait_ready()

    async def _wait_ready(self) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), START_TIMEOUT_SECONDS)
        except TimeoutError:
            self._ready.cancel()  # otherwise the process's end would set an exception that nobody retrieves
            self._process.kill()
            raise CallNotPlaced("the SIP engine's process does not come up", Ending.LOST) from None
        except asyncio.CancelledError:
            self._ready.cancel()
            self._process.kill()
            await self._reading  # otherwise the loop could close before the process ends
            raise

    async def send_command(self, command: Command) -> None:
        """Send a command, and wait for its result.

        Raises CallNotPlaced if it had no effect, OutcomeUnknown if that is uncertain. A process that does not respond
        is killed, because none of its calls can be controlled any more.
        """
        if self.has_exited:
            raise CallNotPlaced("the SIP engine's process has ended", Ending.LOST)
        command_id = next(self._command_ids)
        future = self._pending[command_id] = asyncio.get_running_loop().create_future()
        self._send(encode(command, command_id))
        try:
            result = await asyncio.wait_for(future, COMMAND_TIMEOUT_SECONDS)
        except TimeoutError:
            self._process.kill()
            raise OutcomeUnknown("the SIP engine's process did not answer, and was ended") from None
        finally:
            self._pending.pop(command_id, None)
        if isinstance(result, CommandRefused):
            raise CallNotPlaced(result.message, result.ending)
        if isinstance(result, CommandUncertain):
            raise OutcomeUnknown(result.message)

    async def stop(self) -> None:
        """Ask the process to end its calls and exit, and wait for that; kill it after STOP_TIMEOUT_SECONDS."""
        self._input.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._reading), STOP_TIMEOUT_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._reading

    async def wait_exited(self) -> None:
        """Wait until the process has ended."""
        await asyncio.shield(self._reading)

    def _send(self, line: bytes) -> None:
        """Write a line. If the process has ended, `_on_end` resolves the command."""
        self._input.write(line)

    async def _read_output(self, errors: asyncio.StreamReader) -> None:
        relaying = asyncio.create_task(_relay_errors(errors))
        try:
            while line := await self._output.readline():
                self._on_message(*decode(line))
        except ValueError:  # output that cannot be parsed: its calls are unknown
            self._process.kill()
        await self._process.wait()
        await relaying
        shutil.rmtree(self._folder, ignore_errors=True)
        self._on_end()

    def _on_message(self, command_id: int, message: Message) -> None:
        if isinstance(message, Ready):
            if not self._ready.done():
                self._ready.set_result(None)
        elif isinstance(message, CommandDone | CommandRefused | CommandUncertain):
            self._resolve_command(command_id, message)
        elif isinstance(message, CallEvent | TransferEvent | InboundCall):
            self._on_event(self, message)

    def _resolve_command(self, command_id: int, result: CommandResult) -> None:
        future = self._pending.get(command_id)
        if future is not None and not future.done():
            future.set_result(result)

    def _on_end(self) -> None:
        if not self._ready.done():
            self._ready.set_exception(CallNotPlaced("the SIP engine's process ended as it began", Ending.LOST))
        for command_id in tuple(self._pending):
            self._resolve_command(command_id, CommandUncertain("the SIP engine's process died"))
        self._on_exit(self)


async def _relay_errors(errors: asyncio.StreamReader) -> None:
    """Copy the standard error of a child process to that of this one."""
    while printed := await errors.read(65_536):
        sys.stderr.write(printed.decode(errors="backslashreplace"))
        sys.stderr.flush()
