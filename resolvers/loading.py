"""A request's loads: what is asked for in one tick of the loop is read together, and each key once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from models import Database, Reach, ReadSession

Batch = Callable[..., Awaitable[list[Any]]]
# A batch with the arguments that its keys have in common.
Load = tuple[Batch, tuple[Any, ...]]


@dataclass(eq=False)
class Tick:
    """The keys of one tick, by load, and where their answers go; `read` is done when all of them are answered.

    `waiting`: for how many; when none is left, nothing is read any more.
    """

    read: asyncio.Future[None]
    answers: dict[Load, dict[Any, Any]]
    keys: dict[Load, dict[Any, None]] = field(default_factory=dict)
    waiting: int = 0
    reading: asyncio.Task[None] | None = None

    def leave(self) -> None:
        self.waiting -= 1
        if self.waiting == 0 and not self.read.done():
            self.forget()
            if self.reading:
                self.reading.cancel()

    def forget(self) -> None:
        """Whoever asks for these keys from now on is answered by another tick."""
        for load, keys in self.keys.items():
            for key in [key for key in keys if self.answers[load].get(key) is self]:
                del self.answers[load][key]


@dataclass(frozen=True)
class Failed:
    error: Exception


class Loads:
    """`counted`: how many batches were read, and how many keys in them."""

    def __init__(self, database: Database, reach: Reach, counted: Counter[str]) -> None:
        self._database = database
        self._reach = reach
        self._counted = counted
        self._answers: dict[Load, dict[Any, Any]] = {}
        self._tick: Tick | None = None

    async def all(self, load: Load, keys: list[Any]) -> list[Any]:
        """An answer a key, None for a key that is None. Raises what the batch of any of them raised."""
        answers = self._answers.setdefault(load, {})
        missing = [key for key in keys if key is not None and key not in answers]
        if missing:
            tick = self._this_tick()
            tick.keys.setdefault(load, {}).update(dict.fromkeys(missing))
            answers.update(dict.fromkeys(missing, tick))
        await _all({answers[key] for key in keys if type(answers.get(key)) is Tick})
        found = [None if key is None else answers[key] for key in keys]
        for each in found:
            if type(each) is Failed:
                raise each.error
        return found

    def forget(self) -> None:
        self._answers, self._tick = {}, None

    def _this_tick(self) -> Tick:
        if self._tick is None:
            loop = asyncio.get_running_loop()
            self._tick = Tick(loop.create_future(), self._answers)
            loop.call_soon(self._begin, self._tick)
        return self._tick

    def _begin(self, tick: Tick) -> None:
        if self._tick is tick:
            self._tick = None
        if tick.waiting:
            tick.reading = asyncio.get_running_loop().create_task(self._read(tick))

    async def _read(self, tick: Tick) -> None:
        """All of a tick over one snapshot."""
        try:
            async with self._database.read() as session:
                for load, keys in tick.keys.items():
                    tick.answers[load].update(await self._answered(session, load, list(keys)))
        except Exception as error:  # noqa: BLE001 - raised to whoever asked
            for load, keys in tick.keys.items():
                unread = [key for key in keys if tick.answers[load].get(key) is tick]
                tick.answers[load].update(dict.fromkeys(unread, Failed(error)))
        finally:
            tick.read.set_result(None)

    async def _answered(self, session: ReadSession, load: Load, keys: list[Any]) -> dict[Any, Any]:
        batch, arguments = load
        self._counted["batches"] += 1
        self._counted["keys"] += len(keys)
        try:
            return dict(zip(keys, await batch(session, self._reach, keys, *arguments), strict=True))
        except Exception as error:  # noqa: BLE001 - likewise
            return dict.fromkeys(keys, Failed(error))


async def _all(ticks: set[Tick]) -> None:
    for tick in ticks:
        tick.waiting += 1
    try:
        for tick in ticks:
            await asyncio.shield(tick.read)
    finally:
        for tick in ticks:
            tick.leave()
