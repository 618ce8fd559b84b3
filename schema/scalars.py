"""The scalars of the API: how values are written, and which are refused."""

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import Undefined, ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

E164 = NewType("E164", str)
JSON = NewType("JSON", object)

DEEPEST_JSON = 32
LARGEST_INTEGER = 2**53


def _read_time(value: Any) -> datetime:
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("A DateTime is written in ISO 8601, such as 2026-01-31T09:30:00Z.") from None


def _write_time(value: datetime) -> str:
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()[: -len("+00:00")] + "Z"


def _read_json(value: Any) -> Any:
    """Only what every JSON reader gives back as it was: no NUL, no number beyond 2^53, at most 32 levels."""
    _check_json(value, DEEPEST_JSON)
    return value


def _read_json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    return _read_json(_sent(value_from_ast_untyped(node, variables)))


def _sent(value: Any) -> Any:
    """A variable that was not sent is left out of an object, and null in a list, as anywhere in GraphQL."""
    if isinstance(value, dict):
        return {name: _sent(each) for name, each in value.items() if each is not Undefined}
    if isinstance(value, list):
        return [None if each is Undefined else _sent(each) for each in value]
    return value


def _check_json(value: Any, levels: int) -> None:
    if levels == 0:
        raise ValueError(f"This JSON value is nested deeper than {DEEPEST_JSON} levels. Flatten it.")
    if isinstance(value, str) and "\0" in value:
        raise ValueError("A string in this JSON value contains a NUL character. Send it without.")
    if isinstance(value, int | float) and not abs(value) <= LARGEST_INTEGER:
        raise ValueError("A number in this JSON value is beyond 2^53. Send it as a string.")
    if isinstance(value, dict):
        for key in value:
            _check_json(key, levels)
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_json(each, levels - 1)


def _output_only(_value: Any) -> Any:
    raise ValueError("E164 is for answers; inputs take String.")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time in ISO 8601, in UTC and to the microsecond, such as 2026-01-31T09:30:00.000001Z.",
        serialize=_write_time,
        parse_value=_read_time,
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
