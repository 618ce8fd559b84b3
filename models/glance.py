"""Reading SQLite in the event loop: a short statement is answered sooner than a thread could be asked for it.

One that turns out long, or has to wait for a lock, is interrupted and asked again by a thread, over the same snapshot.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from models.light import run, told
from models.revision import note_tables
from models.statement import Statement

Answer = TypeVar("Answer")

# SQLite's instructions: about two milliseconds.
SHORT = 50_000
PATIENT = "PRAGMA busy_timeout=10000"
IMPATIENT = "PRAGMA busy_timeout=0"


class Glance:
    """A snapshot; it begins with its first statement, and ends with `close`, after which it can be used again."""

    on_postgres = False

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect()
        self._driver: sqlite3.Connection = self._connection.connection.dbapi_connection  # type: ignore[assignment]
        self._hurried = False
        self._rounds = 0
        self._driver.set_progress_handler(self._is_long, SHORT)
        self._driver.execute(IMPATIENT)

    async def rows(self, statement: Statement, **values: Any) -> list[Any]:
        note_tables(statement)
        asked, sent = told(self._connection, statement, values)
        self._begin()
        return asked.rows(await self._ask(lambda: run(self._driver, asked.text, sent)))

    async def execute(self, statement: sa.Executable, params: Any = None, /) -> Any:
        note_tables(statement)
        self._begin()

        def question() -> Any:
            return self._connection.execute(statement, params).freeze()()

        return await self._ask(question)

    async def scalar(self, statement: sa.Executable, params: Any = None, /) -> Any:
        return (await self.execute(statement, params)).scalar()

    def close(self) -> None:
        self._connection.rollback()
        self._driver.rollback()

    def leave(self) -> None:
        self._connection.close()

    def _is_long(self) -> bool:
        """SQLite counts a statement's instructions on from the last time that it ran: the first round may be begun."""
        self._rounds += 1
        return self._hurried and self._rounds > 1

    def _begin(self) -> None:
        if not self._driver.in_transaction:
            self._driver.execute("BEGIN")

    async def _ask(self, question: Callable[[], Answer]) -> Answer:
        self._hurried, self._rounds = True, 0
        try:
            return question()
        except sa.exc.OperationalError as error:
            if not _is_only_late(error):
                raise
        finally:
            self._hurried = False
        return await self._ask_a_thread(question)

    async def _ask_a_thread(self, question: Callable[[], Answer]) -> Answer:
        """Whoever stops waiting stops the statement, too."""
        self._driver.execute(PATIENT)
        asking = asyncio.get_running_loop().run_in_executor(None, question)
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            self._hurried = True
            await asyncio.wait([asking])
            asking.exception()  # looked at, or asyncio logs it with the statement
            raise
        finally:
            self._hurried = False
            self._driver.execute(IMPATIENT)


def _is_only_late(error: sa.exc.OperationalError) -> bool:
    """The code's low byte is its kind: SQLITE_BUSY_RECOVERY is one that is busy."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY)
