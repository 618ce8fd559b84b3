"""Compile a statement once to SQLite text, bind values and build row classes, then call `sqlite3` directly."""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from storage.statement import Statement

# Descriptors that return one item of a tuple, the fastest that Python has. All row classes share them: a namedtuple for
# each statement would be a hundred more objects for the garbage collector.
MAX_COLUMNS = 500
_getters: Any = namedtuple("_getters", [f"item_{index}" for index in range(MAX_COLUMNS)])  # type: ignore[misc]  # noqa: PYI024
COLUMN_GETTERS = [vars(_getters)[f"item_{index}"] for index in range(MAX_COLUMNS)]
RowFactory = Callable[[list[tuple[Any, ...]]], list[Any]]

# Parameters are named in the text, so a value that is used twice is sent once.
SQLITE_DIALECT: Any = SQLiteDialect_pysqlite(paramstyle="named")


class CompiledStatement:
    """A statement's SQL text, its bind processors and the factory of its rows."""

    def __init__(self, sql: sa.Executable) -> None:
        compiled: Any = cast("sa.ClauseElement", sql).compile(dialect=SQLITE_DIALECT)
        lists = [name for bind, name in compiled.bind_names.items() if bind.expanding]
        self.text = str(compiled)
        for name in lists:
            self.text = self.text.replace(f"__[POSTCOMPILE_{name}]", f"SELECT value FROM json_each(:{name})")  # noqa: S608 - a bind name, no value
        self._list_parameters = frozenset(lists)
        self._bind_processors: dict[str, Any] = dict(compiled._bind_processors)  # noqa: SLF001 - no public name
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._constants = {name: self._bind_value(name, value) for name, value in fixed.items()}
        self.make_rows = _row_factory(
            [(each.keyname, _result_processor(each.type)) for each in compiled._result_columns]  # noqa: SLF001
        )

    def bind_values(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return the driver's parameters for these values, with the statement's constants."""
        return self._constants | {name: self._bind_value(name, value) for name, value in values.items()}

    def _bind_value(self, name: str, value: Any) -> Any:
        process = self._bind_processors.get(name)
        if name in self._list_parameters:
            return orjson.dumps([process(each) for each in value] if process else list(value)).decode()
        return process(value) if process else value


def _result_processor(kind: Any) -> Any:
    return kind._cached_result_processor(SQLITE_DIALECT, None)  # noqa: SLF001 - what SQLAlchemy itself calls


def _row_factory(columns: list[tuple[str, Any]]) -> RowFactory:
    """Return a function that makes rows of tuples; a column is converted each time it is read."""
    properties = {
        name: _converting_property(index, convert) if convert else COLUMN_GETTERS[index]
        for index, (name, convert) in enumerate(columns)
    }
    row = partial(tuple.__new__, type("Row", (tuple,), properties | {"__slots__": ()}))
    return lambda tuples: list(map(row, tuples))


def _converting_property(index: int, convert: Callable[[Any], Any]) -> property:
    return property(lambda row: convert(row[index]))


def bind(
    connection: sa.Connection, statement: Statement[Any], values: Mapping[str, object]
) -> tuple[CompiledStatement, dict[str, Any]]:
    """Return the compiled statement and its parameters, and call SQLAlchemy's listeners of executed statements."""
    compiled = statement.compile_with(CompiledStatement)
    parameters = compiled.bind_values(values)
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, None, compiled.text, parameters, None, False)
    return compiled, parameters


def execute_raw(
    connection: sqlite3.Connection, text: str, values: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Execute the text with the driver. Raises SQLAlchemy's DBAPIError for errors of the driver."""
    try:
        return connection.execute(text, values or ()).fetchall()
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True) from error
