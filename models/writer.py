"""The one writer of a SQLite file: a thread that carries out writes in turn, and syncs once for all that are waiting.

Each write is a savepoint of the transaction that it shares with those who came while the last one was committed. It is
acknowledged after their commit. A write that fails undoes its own savepoint alone; a commit that fails fails them all.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.light import run, told
from models.session import Work
from models.statement import Statement

# At most so many share a commit: the first of them waits for the last.
LARGEST_GROUP = 64


class AtOnce:
    """A session of the writer's thread, as asynchronous code knows one: whoever awaits it has the answer already.

    Statements that are built once go to the driver. Others, and objects, have a session of SQLAlchemy's, begun for the
    first of them.
    """

    on_postgres = False

    def __init__(self, connection: sa.Connection, driver: sqlite3.Connection) -> None:
        self.info: dict[Any, Any] = {}
        self._connection = connection
        self._driver = driver
        self._begun: Session | None = None

    @property
    def _session(self) -> Session:
        if self._begun is None:
            self._begun = Session(self._connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        return self._begun

    async def execute(self, statement: sa.Executable, params: Any = None, /) -> Any:
        return self._session.execute(statement, params)

    async def scalar(self, statement: sa.Executable, params: Any = None, /) -> Any:
        return self._session.scalar(statement, params)

    async def rows(self, statement: Statement, **values: Any) -> list[Any]:
        await self.flush()
        asked, sent = told(self._connection, statement, values)
        return asked.rows(run(self._driver, asked.text, sent))

    def add(self, instance: object, /) -> None:
        self._session.add(instance)

    async def delete(self, instance: object, /) -> None:
        self._session.delete(instance)

    async def flush(self) -> None:
        if self._begun:
            self._begun.flush()

    def finish(self) -> None:
        if self._begun:
            self._begun.commit()
            self._begun.close()

    def abandon(self) -> None:
        if self._begun:
            self._begun.close()


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
        driver: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
        run(driver, "SAVEPOINT write")
        session = AtOnce(connection, driver)
        try:
            self.result = _finished(self.work(session))
            session.finish()
        except Exception as error:
            self.error = error
            session.abandon()
            if not driver.in_transaction:
                raise  # SQLite has undone the whole transaction, such as where the disk is full
            run(driver, "ROLLBACK TO write")
        run(driver, "RELEASE write")

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
