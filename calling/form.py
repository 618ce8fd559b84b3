"""What a value must look like before any rule looks at it. Phone numbers are read in `e164`."""

import unicodedata
from typing import Any

from models import ErrorCode, Refused

LONGEST_LINE = 200
LONGEST_TEXT = 20_000


def invalid(message: str, *field: str) -> Refused:
    return Refused(ErrorCode.INVALID_INPUT, message, *field)


def text(value: str, *field: str, longest: int = LONGEST_TEXT) -> str:
    if "\0" in value:
        raise invalid(f"{field[-1]} contains a NUL character. Send it without.", *field)
    if len(value) > longest:
        raise invalid(f"{field[-1]} has {len(value)} characters; at most {longest} are kept.", *field)
    return value


def line(value: str, *field: str) -> str:
    """At most 200 characters, none of which ends a line or controls anything: safe in a list, and in a SIP header."""
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise invalid(f"{field[-1]} contains a control character, such as a line's end. Send it without.", *field)
    return text(value, *field, longest=LONGEST_LINE)


def name(value: str, *field: str) -> str:
    """A line that a person can see. Names need not be unique."""
    if not any(character.isprintable() and not character.isspace() for character in value):
        raise invalid(f"{field[-1]} is blank. Give it at least one visible character.", *field)
    return line(value, *field)


def json_object(value: Any, *field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f'{field[-1]} must be a JSON object, such as {{"key": "value"}}.', *field)
    return value


def whole_number(value: int, lowest: int, highest: int, *field: str) -> int:
    if not lowest <= value <= highest:
        raise invalid(f"{field[-1]} is {value}; it can be {lowest} to {highest}.", *field)
    return value
