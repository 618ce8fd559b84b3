"""SQLite without ceremony: a statement's text and how its rows are read are worked out once; then the driver runs."""

import sqlite3
from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from models.statement import Statement

Rows = Callable[[list[tuple[Any, ...]]], list[Any]]

# Parameters are named in the text, so a value that is used twice is sent once.
DIALECT: Any = SQLiteDialect_pysqlite(paramstyle="named")


class Light:
    """One statement: its text, its values as the driver takes them, its rows as we read them."""

    def __init__(self, sql: Any) -> None:
        compiled: Any = sql.compile(dialect=DIALECT)
        lists = [name for bind, name in compiled.bind_names.items() if bind.expanding]
        self.text = str(compiled)
        for name in lists:
            self.text = self.text.replace(f"__[POSTCOMPILE_{name}]", f"SELECT value FROM json_each(:{name})")  # noqa: S608 - its own name
        self._lists = frozenset(lists)
        self._writers: dict[str, Any] = dict(compiled._bind_processors)  # noqa: SLF001 - compiled once, for its parts
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._fixed = {name: self._written(name, value) for name, value in fixed.items()}
        self.rows = _reader([(each.keyname, _read(each.type)) for each in compiled._result_columns])  # noqa: SLF001

    def values(self, sent: dict[str, Any]) -> dict[str, Any]:
        return self._fixed | {name: self._written(name, value) for name, value in sent.items()}

    def _written(self, name: str, value: Any) -> Any:
        write = self._writers.get(name)
        if name in self._lists:
            return orjson.dumps([write(each) for each in value] if write else list(value)).decode()
        return write(value) if write else value


@lru_cache(maxsize=1024)
def light(statement: Statement) -> Light:
    return Light(statement.sql)


def _read(kind: Any) -> Any:
    return kind._cached_result_processor(DIALECT, None)  # noqa: SLF001 - what SQLAlchemy itself calls


def _reader(columns: list[tuple[str, Any]]) -> Rows:
    """Rows are tuples with names; a column that has to be converted is, each time that it is looked at."""
    plain: Any = namedtuple("Row", [name for name, _ in columns])  # type: ignore[misc]  # noqa: PYI024
    converted = {name: _converted(place, read) for place, (name, read) in enumerate(columns) if read}
    row = partial(tuple.__new__, type("Row", (plain,), converted | {"__slots__": ()}))
    return lambda found: list(map(row, found))


def _converted(place: int, read: Callable[[Any], Any]) -> property:
    return property(lambda row: read(row[place]))


def told(connection: sa.Connection, statement: Statement, values: dict[str, Any]) -> tuple[Light, dict[str, Any]]:
    """What the driver is to be asked, and with what; whoever listens to SQLAlchemy's statements hears of it."""
    asked = light(statement)
    sent = asked.values(values)
    for note in connection.engine.dispatch.before_cursor_execute:
        note(connection, None, asked.text, sent, None, False)
    return asked, sent


def run(connection: sqlite3.Connection, text: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Raises what SQLAlchemy would raise."""
    try:
        return connection.execute(text, values or ()).fetchall()
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True) from error
