"""Read SQLite inside the event loop, and move a statement to a thread when it takes longer than about 2 ms.

A statement that takes longer, or waits for a lock, is interrupted and run again by a thread, on the same snapshot.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa

from storage.compiled_statement import bind, execute_raw
from storage.outage import primary_code
from storage.session import Parameters
from storage.statement import Statement
from storage.table_revisions import record_tables

Result = TypeVar("Result")

# In SQLite's instructions: about two milliseconds.
MAX_INLINE_INSTRUCTIONS = 50_000
WAIT_FOR_LOCKS = "PRAGMA busy_timeout=10000"
FAIL_ON_LOCKS = "PRAGMA busy_timeout=0"
# Makes SQLite read the schema, which takes longer than most statements, before time is charged.
LOAD_SCHEMA = "SELECT 1 FROM sqlite_master LIMIT 1"


class SqliteReader:
    """A snapshot that begins with its first statement and ends with `reset`, after which it can be used again."""

    on_postgres = False

    def __init__(self, engine: sa.Engine, threads: ThreadPoolExecutor) -> None:
        self._connection = engine.connect()
        self._threads = threads
        self.seconds = 0.0  # processor time of its statements, and of building and compiling new ones
        self._raw: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[assignment]
        self._may_interrupt = False
        self._progress_calls = 0
        self._raw.set_progress_handler(self._should_interrupt, MAX_INLINE_INSTRUCTIONS)
        self._raw.execute(FAIL_ON_LOCKS)
        with suppress(sqlite3.OperationalError):  # the next statement will raise it
            self._raw.execute(LOAD_SCHEMA)

    async def rows(self, statement: Statement[Any], **values: object) -> list[Any]:
        record_tables(statement)
        compiled, parameters = bind(self._connection, statement, values)
        self.seconds += statement.take_uncharged_seconds()
        self._begin_snapshot()
        return compiled.make_rows(await self._run(lambda: execute_raw(self._raw, compiled.text, parameters)))

    async def execute(self, statement: sa.Executable, params: Parameters = None, /) -> Any:
        record_tables(statement)
        self._begin_snapshot()

        def run_statement() -> sa.Result[Any]:
            return self._connection.execute(statement, params).freeze()()

        return await self._run(run_statement)

    async def scalar(self, statement: sa.Executable, params: Mapping[str, object] | None = None, /) -> object:
        return (await self.execute(statement, params)).scalar()

    def reset(self) -> None:
        self.seconds = 0.0
        self._connection.rollback()
        self._raw.rollback()

    def close(self) -> None:
        self._connection.close()

    def _should_interrupt(self) -> bool:
        """Return whether to interrupt. SQLite counts on from the last statement, so the first call may be early."""
        self._progress_calls += 1
        return self._may_interrupt and self._progress_calls > 1

    def _begin_snapshot(self) -> None:
        if not self._raw.in_transaction:
            self._raw.execute("BEGIN")

    async def _run(self, statement: Callable[[], Result]) -> Result:
        self._may_interrupt, self._progress_calls = True, 0
        try:
            return self._timed(statement)
        except sa.exc.OperationalError as error:
            if not is_interrupted_or_busy(error):
                raise
        finally:
            self._may_interrupt = False
        return await self._run_in_thread(statement)

    def _timed(self, statement: Callable[[], Result]) -> Result:
        """Add the thread's processor time, which does not depend on how busy the machine is."""
        started_at = time.thread_time()
        try:
            return statement()
        finally:
            self.seconds += time.thread_time() - started_at

    async def _run_in_thread(self, statement: Callable[[], Result]) -> Result:
        """Run the statement in a thread; cancelling the caller interrupts it."""
        self._raw.execute(WAIT_FOR_LOCKS)
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._timed, statement)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self._may_interrupt = True
            await asyncio.wait([future])
            future.exception()  # retrieved, or asyncio would log it with the statement
            raise
        finally:
            self._may_interrupt = False
            self._raw.execute(FAIL_ON_LOCKS)


def is_interrupted_or_busy(error: sa.exc.OperationalError) -> bool:
    return primary_code(error) in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY)
