"""The one writer of a SQLite file: a thread that carries out writes in turn, and syncs once for all that are waiting.

Each write is a savepoint of the transaction that it shares with those who came while the last one was committed. It is
acknowledged after their commit. A write that fails undoes its own savepoint alone; a commit that fails fails them all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.session import Work
from models.statement import Statement

# At most so many share a commit: the first of them waits for the last.
LARGEST_GROUP = 64


class AtOnce:
    """A session of the writer's thread, as asynchronous code knows one: whoever awaits it has the answer already."""

    on_postgres = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self.add = session.add
        self.info = session.info

    async def execute(self, statement: sa.Executable, params: Any = None, /) -> Any:
        return self._session.execute(statement, params)

    async def scalar(self, statement: sa.Executable, params: Any = None, /) -> Any:
        return self._session.scalar(statement, params)

    async def rows(self, statement: Statement, **values: Any) -> list[Any]:
        return list(self._session.execute(statement.select, values).all())

    async def delete(self, instance: object, /) -> None:
        self._session.delete(instance)

    async def flush(self) -> None:
        self._session.flush()


@dataclass
class Write:
    """What somebody waits for: `work` is asked of the thread, `answer` is given in the loop."""

    work: Work
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def carry_out(self, connection: sa.Connection) -> None:
        if self.answer.cancelled():
            return  # whoever asked was told, before its turn came, that it is not waited for any longer
        try:
            with (
                Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
                session.begin(),
            ):
                self.result = _finished(self.work(AtOnce(session)))
        except Exception as error:
            self.error = error
            if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
                raise  # SQLite has undone the whole transaction, such as where the disk is full

    def tell(self) -> None:
        if self.answer.done():
            return  # whoever asked has gone
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


class Writer:
    """`committed` is called in the loop after each commit."""

    def __init__(self, engine: sa.Engine, committed: Callable[[], None]) -> None:
        self._engine = engine
        self._committed = committed
        self._asked: SimpleQueue[Write | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="writer", daemon=True)

    async def write(self, work: Work) -> Any:
        """What `work` returns, after it is committed and synced. Once begun it is finished, also where nobody waits."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._thread.start()
        write = Write(work, self._loop.create_future())
        self._asked.put(write)
        return await write.answer

    async def close(self) -> None:
        """Returns when all that was asked is done."""
        if self._loop is not None:
            self._asked.put(None)
            await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def _run(self) -> None:
        while (first := self._asked.get()) is not None:
            group = [first, *self._waiting()]
            self._carry_out(group)
            assert self._loop
            self._loop.call_soon_threadsafe(self._tell, group)

    def _waiting(self) -> list[Write]:
        waiting: list[Write] = []
        while len(waiting) < LARGEST_GROUP - 1:
            try:
                write = self._asked.get_nowait()
            except Empty:
                break
            if write is None:
                self._asked.put(None)
                break
            waiting.append(write)
        return waiting

    def _carry_out(self, group: list[Write]) -> None:
        try:
            with self._engine.begin() as connection:
                for write in group:
                    write.carry_out(connection)
        except Exception as error:  # noqa: BLE001 - nothing of the group is kept: a refusal may rest on what is not
            for write in group:
                write.error = error

    def _tell(self, group: list[Write]) -> None:
        self._committed()
        for write in group:
            write.tell()


def _finished(work: Awaitable[Any]) -> Any:
    """The result of a coroutine that waits for nothing but its session."""
    assert isinstance(work, Coroutine)
    try:
        work.send(None)
    except StopIteration as returned:
        return returned.value
    work.close()
    raise RuntimeError("A write waited for something besides its session: others would wait with it.")
