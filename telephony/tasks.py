"""Tasks that run beside whoever started them, and are held until they are done."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def cancel(self) -> None:
        """All but the one that asks."""
        for task in tuple(self._running):
            if task is not asyncio.current_task():
                task.cancel()

    async def end(self) -> None:
        self.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
