"""Execute all writes of a SQLite file in one thread, and commit those that wait as one group (one fsync).

Each write is a savepoint in the transaction of its group and is acknowledged after the commit. A write that fails rolls
back its own savepoint; a commit that fails fails the whole group.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Coroutine, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage.compiled_statement import bind, execute_raw
from storage.session import MAX_WRITE_SECONDS, Committed, Parameters, Returned, Work, WriteTimeout
from storage.statement import Statement

# The most writes that share a commit: the first of them waits for the last.
MAX_GROUP_SIZE = 64


class WriterSession:
    """A session for asynchronous code in the writer's thread: its coroutines never wait.

    Statements that are built once go to the driver. Others, and objects, use SQLAlchemy's session, which is created for
    the first of them.
    """

    on_postgres = False

    def __init__(self, connection: sa.Connection, driver: sqlite3.Connection, deadline: float | None) -> None:
        self.info: dict[Any, Any] = {}
        self._deadline = deadline
        self._connection = connection
        self._raw = driver
        self._orm_session: Session | None = None

    @property
    def _session(self) -> Session:
        if self._orm_session is None:
            self._orm_session = Session(
                self._connection, join_transaction_mode="create_savepoint", expire_on_commit=False
            )
        return self._orm_session

    def _require_time_left(self) -> None:
        """Raise `WriteTimeout` between statements for a write that takes too long: all others wait meanwhile."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise WriteTimeout

    async def execute(self, statement: sa.Executable, params: Parameters = None, /) -> Any:
        self._require_time_left()
        return self._session.execute(statement, params)

    async def scalar(self, statement: sa.Executable, params: Mapping[str, object] | None = None, /) -> object:
        self._require_time_left()
        return self._session.scalar(statement, params)

    async def rows(self, statement: Statement[Any], **values: object) -> list[Any]:
        self._require_time_left()
        await self.flush()
        compiled, parameters = bind(self._connection, statement, values)
        return compiled.make_rows(execute_raw(self._raw, compiled.text, parameters))

    def add(self, instance: object, /) -> None:
        self._session.add(instance)

    async def delete(self, instance: object, /) -> None:
        self._session.delete(instance)

    async def flush(self) -> None:
        if self._orm_session:
            self._orm_session.flush()

    def commit_savepoint(self) -> None:
        if self._orm_session:
            self._orm_session.commit()
            self._orm_session.close()

    def close(self) -> None:
        if self._orm_session:
            self._orm_session.close()


@dataclass
class QueuedWrite:
    """A write in the queue: `work` runs in the thread, `future` is resolved in the event loop."""

    work: Work[Any]  # its result has the type of the future's
    future: asyncio.Future[Any]
    has_timeout: bool
    own_event: asyncio.Event | None = None
    has_changed: bool = False
    started: Lock = field(default_factory=Lock)
    result: Any = None
    error: BaseException | None = None

    def execute(self, connection: sa.Connection) -> None:
        if self.future.cancelled() or not self.started.acquire(blocking=False):
            return  # cancelled or timed out while it was queued
        driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
        changes_before = driver.total_changes
        execute_raw(driver, "SAVEPOINT write")
        session = WriterSession(connection, driver, time.monotonic() + MAX_WRITE_SECONDS if self.has_timeout else None)
        try:
            self.result = _run_to_end(self.work(session))
            session.commit_savepoint()
            self.has_changed = driver.total_changes > changes_before
        except Exception as error:
            self.error = error
            session.close()
            if not driver.in_transaction:
                raise  # SQLite has rolled back the whole transaction, such as when the disk is full
            execute_raw(driver, "ROLLBACK TO write")
        execute_raw(driver, "RELEASE write")

    def cancel(self) -> None:
        """Cancel a write that has not started; one that has started is waited for."""
        if self.started.acquire(blocking=False) and not self.future.done():
            self.future.set_exception(WriteTimeout())

    def resolve(self) -> None:
        if self.future.done():
            return  # the caller was cancelled
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class SqliteWriter:
    """The thread that writes; it calls `committed` in the event loop for each write that has changed something."""

    def __init__(self, engine: sa.Engine, committed: Committed) -> None:
        self._engine = engine
        self._on_commit = committed
        self._queue: SimpleQueue[QueuedWrite | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="writer", daemon=True)

    async def write(
        self,
        work: Work[Returned],
        timeout_seconds: float | None = None,
        own_event: asyncio.Event | None = None,
    ) -> Returned:
        """Run `work` and return its result after the commit and sync. A write that has started is not cancelled."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._thread.start()
        future: asyncio.Future[Returned] = self._loop.create_future()
        write = QueuedWrite(work, future, timeout_seconds is not None, own_event)
        self._queue.put(write)
        if timeout_seconds is None:
            return await future
        withdrawal = self._loop.call_later(timeout_seconds, write.cancel)
        try:
            return await future
        finally:
            withdrawal.cancel()

    async def close(self) -> None:
        """Return when all queued writes are done."""
        if self._loop is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first, *self._drain_queue()]
            self._commit_group(group)
            assert self._loop
            self._loop.call_soon_threadsafe(self._resolve, group)

    def _drain_queue(self) -> list[QueuedWrite]:
        waiting: list[QueuedWrite] = []
        while len(waiting) < MAX_GROUP_SIZE - 1:
            try:
                write = self._queue.get_nowait()
            except Empty:
                break
            if write is None:
                self._queue.put(None)
                break
            waiting.append(write)
        return waiting

    def _commit_group(self, group: list[QueuedWrite]) -> None:
        try:
            with self._engine.begin() as connection:
                for write in group:
                    write.execute(connection)
        except Exception as error:  # noqa: BLE001 - the group fails as a whole: a refusal may depend on a write that was rolled back
            for write in group:
                write.error = error

    def _resolve(self, group: list[QueuedWrite]) -> None:
        for write in group:
            if write.has_changed and write.error is None:
                self._on_commit(write.own_event)
        for write in group:
            write.resolve()


def _run_to_end(work: Awaitable[Returned]) -> Returned:
    """Return the result of a coroutine that waits for nothing but its session."""
    assert isinstance(work, Coroutine)
    try:
        work.send(None)
    except StopIteration as returned:
        result: Returned = returned.value
        return result
    work.close()
    raise RuntimeError("A write waited for something besides its session: others would wait with it.")
