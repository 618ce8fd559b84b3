"""A set of background tasks, which are held until they are done."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

Result = TypeVar("Result")


class TaskSet:
    """Background tasks; asyncio itself holds only weak references to them.

    `on_failure` is called with the exception of a task that failed. Without it, asyncio logs that nobody retrieved it.
    """

    def __init__(self, on_failure: Callable[[BaseException], None] | None = None) -> None:
        self._running: set[asyncio.Task[object]] = set()
        self._on_failure = on_failure

    def run(self, work: Coroutine[object, object, Result]) -> asyncio.Task[Result]:
        """Start the coroutine as a task."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._on_done)
        return task

    def cancel(self) -> None:
        """Cancel all tasks except the one that calls this."""
        for task in tuple(self._running):
            if task is not asyncio.current_task():
                task.cancel()

    async def end(self) -> None:
        """Cancel all tasks, and wait until they are done."""
        self.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def finish(self, timeout_seconds: float) -> None:
        """Wait for the tasks at most `timeout_seconds`, then cancel those that still run."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_seconds)
        for task in tuple(self._running):
            task.cancel()

    def _on_done(self, task: asyncio.Task[Result]) -> None:
        self._running.discard(task)
        if self._on_failure and not task.cancelled() and (failure := task.exception()):
            self._on_failure(failure)
