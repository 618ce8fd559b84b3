"""Remember the awaitables of an operation, and close coroutines that were never started when it is cancelled.

Python warns on stderr about each coroutine that is dropped without having been awaited or closed.
"""

from collections.abc import Callable
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine


class AwaitableTracker:
    """Provides graphql-core with `is_awaitable`, and remembers each value that was awaitable."""

    def __init__(self, is_awaitable: Callable[[object], bool]) -> None:
        self._is_awaitable = is_awaitable
        self._seen: list[object] = []

    def is_awaitable(self, value: object) -> bool:
        if self._is_awaitable(value):
            self._seen.append(value)
            return True
        return False

    def clear(self) -> None:
        """Forget the awaitables: all of them were awaited."""
        self._seen.clear()

    def close_unstarted(self) -> None:
        """Close the coroutines that were not started, and forget all awaitables."""
        for each in self._seen:
            if iscoroutine(each) and getcoroutinestate(each) == CORO_CREATED:
                each.close()
        self.clear()
