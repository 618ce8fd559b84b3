"""One child process of the `sip` engine, seen from its parent: asked over a pipe, and mourned when it dies."""

import asyncio
import itertools
import sys
from collections.abc import Callable
from pathlib import Path

from telephony.engine import CallEvent, Ending, Event, InboundCall, NotPlaced, TransferEvent, Unsure
from telephony.wire import Answer, Done, Doubt, Ready, Refusal, Said, Setup, Wish, read, written

PROJECT = Path(__file__).parent.parent
PROGRAM = ("-m", "telephony.user_agent")
START_SECONDS = 30
ANSWER_SECONDS = 30  # a child answers before, even that it does not know: one that does not is beyond help
FAREWELL_SECONDS = 5


class Child:
    """`tell` is called with each event, `mourn` once when the process is gone, whyever."""

    def __init__(self, tell: Callable[["Child", Event], None], mourn: Callable[["Child"], None]) -> None:
        self.identities: set[int] = set()
        self._tell = tell
        self._mourn = mourn
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def spawn(self) -> None:
        """Raises NotPlaced where it does not load. It inherits nothing of the environment, and so no secret."""
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *PROGRAM, stdin=pipe, stdout=pipe, cwd=PROJECT, env={}
            )
        except OSError as failed:
            raise NotPlaced(f"the SIP engine's process cannot be started: {failed}", Ending.LOST) from None
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self._reading = asyncio.create_task(self._read())
        await self._until_ready()

    @property
    def is_gone(self) -> bool:
        return self._reading.done()

    async def set_up(self, setup: Setup) -> None:
        """Raises NotPlaced where it does not come up."""
        self._ready = asyncio.get_running_loop().create_future()
        self._send(written(setup))
        await self._until_ready()

    async def _until_ready(self) -> None:
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), START_SECONDS)
        except TimeoutError:
            self._process.kill()
            raise NotPlaced("the SIP engine's process does not come up", Ending.LOST) from None
        except asyncio.CancelledError:
            self._process.kill()
            await self._reading  # else the loop may end before the process does
            raise

    async def ask(self, wish: Wish) -> None:
        """Raises NotPlaced where the wish had no effect, Unsure where nobody knows."""
        if self.is_gone:
            raise NotPlaced("the SIP engine's process has ended", Ending.LOST)
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send(written(wish, number))
        try:
            said = await asyncio.wait_for(answer, ANSWER_SECONDS)
        except TimeoutError:
            self._process.kill()
            raise Unsure("the SIP engine's process did not answer, and was ended") from None
        finally:
            self._waiting.pop(number, None)
        if isinstance(said, Refusal):
            raise NotPlaced(said.message, said.ending)
        if isinstance(said, Doubt):
            raise Unsure(said.message)

    async def stop(self) -> None:
        """Its calls are ended, each with its event; then it is gone."""
        self._input.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._reading), FAREWELL_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._reading

    async def gone(self) -> None:
        await asyncio.shield(self._reading)

    def _send(self, line: bytes) -> None:
        """What is sent to a process that is gone is answered by its end."""
        self._input.write(line)

    async def _read(self) -> None:
        try:
            while line := await self._output.readline():
                self._hear(*read(line))
        except ValueError:  # a child that cannot be understood is of no use
            self._process.kill()
        await self._process.wait()
        self._end()

    def _hear(self, number: int, said: Said) -> None:
        if isinstance(said, Ready):
            self._ready.set_result(None)
        elif isinstance(said, Done | Refusal | Doubt):
            self._answer(number, said)
        elif isinstance(said, CallEvent | TransferEvent | InboundCall):
            self._tell(self, said)

    def _answer(self, number: int, said: Answer) -> None:
        answer = self._waiting.get(number)
        if answer is not None and not answer.done():
            answer.set_result(said)

    def _end(self) -> None:
        if not self._ready.done():
            self._ready.set_exception(NotPlaced("the SIP engine's process ended as it began", Ending.LOST))
        for number in tuple(self._waiting):
            self._answer(number, Doubt("the SIP engine's process died"))
        self._mourn(self)
