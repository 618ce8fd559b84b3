"""The lanes to the carriers: one for each trunk, first come, first served, no faster and no fuller than the trunk says.

A lane that is full, or slow, holds up no other.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress


class Lane:
    """What waits for a trunk, and what is live over it: calls by their conversation, legs by their transfer."""

    def __init__(self, trunk_id: str) -> None:
        self.trunk_id = trunk_id
        self.calls_per_second = 1
        self.most = 1
        self.waiting: OrderedDict[str, None] = OrderedDict()
        self.live: set[str] = set()
        self._next_start = 0.0
        self._changed = asyncio.Event()

    def limit(self, calls_per_second: int, most: int) -> None:
        self.calls_per_second, self.most = calls_per_second, most
        self._changed.set()

    def wait(self, conversation_id: str) -> None:
        if conversation_id not in self.live:
            self.waiting.setdefault(conversation_id)
            self._changed.set()

    def release(self, identifier: str) -> None:
        self.live.discard(identifier)
        self._changed.set()

    @property
    def full(self) -> bool:
        return len(self.live) >= self.most

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.live and self._next_start <= asyncio.get_running_loop().time()

    async def first(self) -> str:
        """The conversation whose turn has come; it counts as live from now on."""
        while True:
            while not self.waiting or self.full:
                self._changed.clear()
                await self._changed.wait()
            await self.moment()
            if self.waiting and not self.full:
                conversation_id, _ = self.waiting.popitem(last=False)
                self.live.add(conversation_id)
                return conversation_id

    async def moment(self) -> None:
        """Returns when another call may start; it is reserved by `start`, before anything else is awaited."""
        while (pause := self._next_start - asyncio.get_running_loop().time()) > 0:
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)

    def start(self) -> None:
        self._next_start = max(self._next_start, asyncio.get_running_loop().time()) + 1 / self.calls_per_second

    def take_back(self) -> None:
        """The call did not start after all: the next need not wait for it."""
        self._next_start -= 1 / self.calls_per_second
        self._changed.set()


class Lanes:
    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}

    def __iter__(self) -> Iterator[Lane]:
        return iter(tuple(self._lanes.values()))

    def of(self, trunk_id: str, calls_per_second: int, most: int) -> Lane:
        """The lane of a trunk, with the limits that the trunk has now."""
        lane = self._lanes.setdefault(trunk_id, Lane(trunk_id))
        lane.limit(calls_per_second, most)
        return lane

    def release(self, identifier: str) -> None:
        for lane in self._lanes.values():
            if identifier in lane.live:
                lane.release(identifier)

    def close(self, lane: Lane) -> None:
        self._lanes.pop(lane.trunk_id, None)
