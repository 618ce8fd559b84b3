"""Send rows of values to a statement as one parameter: a JSON object, of a row's values by its key.

`JsonEach(parameter)` is that object's rows, with the columns `key` and `value`, on either engine.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from models.index_merge import PerDialect


class JsonEach(GenericFunction[Any]):
    """JsonEach(json): the members of a JSON object."""

    inherit_cache = True


@compiles(JsonEach, "sqlite")
def _compile_for_sqlite(element: JsonEach, compiler: SQLCompiler, **kw: object) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(JsonEach, "postgresql")
def _compile_for_postgres(element: JsonEach, compiler: SQLCompiler, **kw: object) -> str:
    return f"json_each(CAST({compiler.process(element.clauses, **kw)} AS json))"


def json_rows(values: Any) -> sa.TableValuedAlias:  # Any: a parameter, which is a string for whoever calls
    """Return the rows of an object that is sent as JSON text."""
    return JsonEach(values).table_valued("key", "value", name="sent")


def text_of(rows: sa.TableValuedAlias, member: str) -> sa.ColumnElement[str]:
    """Return a value of each row, as text."""
    value: sa.ColumnElement[str] = rows.c.value.op("->>", return_type=sa.String())(sa.literal_column(f"'{member}'"))
    return value


def integer_of(rows: sa.TableValuedAlias, member: str) -> sa.ColumnElement[int]:
    """Return a value of each row, as an integer."""
    return sa.cast(text_of(rows, member), sa.Integer)


def time_of(rows: sa.TableValuedAlias, member: str) -> sa.ColumnElement[Any]:
    """Return a value of each row, sent by `time_sent`, as a stored time."""
    text = text_of(rows, member)
    return PerDialect(sa.func.substr(text, 1, 26), sa.cast(text, sa.DateTime(timezone=True)))


def time_sent(at: datetime) -> str:
    """Return a time as it is sent: SQLite stores the part before its offset."""
    return at.astimezone(UTC).isoformat(" ", "microseconds")
