"""Limit how long an operation may take, but never cancel it while its transaction commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TimeLimit:
    """A deadline that never passes while a transaction commits, so that a timeout never hides a commit.

    A write that has not started by the deadline is cancelled; one that has started is waited for, and reading its
    payload has the whole time again.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.deadline = asyncio.timeout(seconds)
        self.commits = 0
        self._ends = asyncio.get_running_loop().time() + seconds

    @asynccontextmanager
    async def committing(self) -> AsyncIterator[float]:
        """Yield how many seconds are left for the write to begin."""
        clock = asyncio.get_running_loop().time
        self.deadline.reschedule(None)
        try:
            yield self._ends - clock()
            self.commits += 1
        finally:
            self.deadline.reschedule(clock() + self.seconds)

    def not_started_message(self) -> str:
        others = " What stands before it in the document was carried out." if self.commits else ""
        return (
            f"This was not carried out, and will not be: within {self.seconds:g} s its turn to write did not come, or"
            f" it wrote for too long.{others} Send it again, or ask it to do less at once."
        )

    def timed_out_message(self) -> str:
        """Return the message for a timeout: nothing is being committed then."""
        if self.commits:
            return (
                f"The mutation was carried out (of several fields, the first {self.commits}), but reading its answer"
                f" took longer than {self.seconds:g} s. Do not send it again: ask for what it did with a query."
            )
        return (
            f"The operation took longer than {self.seconds:g} s and was stopped; it changed nothing."
            " Ask for less at once, or try again."
        )
