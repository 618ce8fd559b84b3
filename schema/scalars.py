"""Define DateTime (ISO 8601, UTC), JSON (32 levels, integers to 2^53) and E164 (output only)."""

import re
from datetime import UTC, date, datetime, time
from typing import Any, NewType, NoReturn

import strawberry
from graphql import Undefined, ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

E164 = NewType("E164", str)
JSON = NewType("JSON", object)
LocalTime = NewType("LocalTime", time)
_LOCAL_TIME, _DATE = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII), re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

MAX_JSON_DEPTH = 32
MAX_SAFE_INTEGER = 2**53


def _read_time(value: object) -> datetime:
    try:
        if not isinstance(value, str):
            raise TypeError
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("A DateTime is written in ISO 8601, such as 2026-01-31T09:30:00Z.") from None


def _write_time(value: datetime) -> str:
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()[: -len("+00:00")] + "Z"


def _read_json(value: object) -> object:
    """Check that any JSON parser preserves a value: no NUL, no number beyond 2^53, at most 32 levels."""
    _check_json(value, MAX_JSON_DEPTH)
    return value


def _read_json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> object:
    return _read_json(_without_undefined(value_from_ast_untyped(node, variables)))


def _without_undefined(value: object) -> object:
    """Drop variables that were not sent from objects, and make them null in lists, as GraphQL does."""
    if isinstance(value, dict):
        return {name: _without_undefined(each) for name, each in value.items() if each is not Undefined}
    if isinstance(value, list):
        return [None if each is Undefined else _without_undefined(each) for each in value]
    return value


def _check_json(value: object, levels: int) -> None:
    if levels == 0:
        raise ValueError(f"This JSON value is nested deeper than {MAX_JSON_DEPTH} levels. Flatten it.")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("A string in this JSON value contains a NUL character. Send it without.")
    if isinstance(value, int | float) and not abs(value) <= MAX_SAFE_INTEGER:
        raise ValueError("A number in this JSON value is beyond 2^53. Send it as a string.")
    if isinstance(value, dict):
        for key in value:
            _check_json(key, levels)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_json(each, levels - 1)


def _output_only(_value: object) -> NoReturn:
    raise ValueError("E164 is for answers; inputs take String.")


def _read_local_time(value: object) -> time:
    if isinstance(value, str) and _LOCAL_TIME.fullmatch(value):
        return time.fromisoformat(value)
    raise ValueError("A LocalTime is written HH:MM, 00:00 to 23:59.")


def _read_date(value: object) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("A Date is written YYYY-MM-DD, such as 2026-01-31.")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time in ISO 8601, in UTC and to the microsecond, such as 2026-01-31T09:30:00.000001Z.",
        serialize=_write_time,
        parse_value=_read_time,
    ),
    LocalTime: strawberry.scalar(
        name="LocalTime",
        description="A time of the day, HH:MM, by the clock of whoever is called.",
        serialize=lambda value: f"{value:%H:%M}",
        parse_value=_read_local_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A date, YYYY-MM-DD.",
        serialize=date.isoformat,
        parse_value=_read_date,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, at most 32 levels deep.",
        serialize=lambda value: value,
        parse_value=_read_json,
        parse_literal=_read_json_literal,
    ),
    E164: strawberry.scalar(
        name="E164",
        description="A phone number in E.164 with its plus sign, such as +15551234567. Output only: inputs take"
        " String, so that a mistyped number is an error beside its field.",
        serialize=str,
        parse_value=_output_only,
    ),
}
