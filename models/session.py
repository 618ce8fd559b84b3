"""What a transaction can be asked for: reading, or writing as well. Whether it waits for an answer is not said here."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy import Executable

from models.statement import Statement


class DatabaseGone(Exception):
    """The database is out of reach, or was replaced. What was under way is not acknowledged."""


# Seconds for what takes no time, such as looking up a key: a database that hangs is as good as none.
LOOK_UP_WITHIN = 5.0


class ReadSession(Protocol):
    """A snapshot: what is read from it belongs together.

    `on_postgres`: for what each engine says in words of its own.
    """

    on_postgres: bool

    async def execute(self, statement: Executable, params: Any = None, /) -> Any: ...

    async def scalar(self, statement: Executable, params: Any = None, /) -> Any: ...

    async def rows(self, statement: Statement, **values: Any) -> list[Any]: ...


class WriteSession(ReadSession, Protocol):
    """One transaction: it sees what it has flushed; nobody else does before its commit.

    `info`: what is told of it once it is committed.
    """

    @property
    def info(self) -> dict[Any, Any]: ...

    def add(self, instance: object, /) -> None: ...

    async def delete(self, instance: object, /) -> None: ...

    async def flush(self) -> None: ...


# A number for each table, by its name: models/revision.py.
Revisions = dict[str, int]
Work = Callable[[WriteSession], Awaitable[Any]]


class Engine(Protocol):
    """The doors of one kind of database; `models/database.py` says what each promises."""

    def read(self, within: float | None = None) -> AbstractAsyncContextManager[ReadSession]: ...

    async def write(self, work: Work) -> Any: ...

    def look(self) -> Revisions | None: ...

    async def revisions(self) -> Revisions | None: ...

    async def hear(self) -> None: ...

    async def take(self, work: Work, *, aside: bool) -> Any: ...

    async def close(self) -> None: ...
