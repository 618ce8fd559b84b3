"""Check the form of input values: text, lines, names, JSON objects, numbers.

Each check returns the value, or raises Refused (INVALID_INPUT) at `field`, a path into the input. Phone numbers are
checked in `e164`.
"""

import re
import unicodedata

from models import ErrorCode, Refused
from models.json_members import JsonObject

MAX_LINE_LENGTH = 200
MAX_TEXT_LENGTH = 20_000
# At the top level of a conversation's metadata. Each member is stored a second time, in an index.
MAX_METADATA_MEMBERS = 200


def invalid_input(message: str, *field: str) -> Refused:
    """Build the refusal INVALID_INPUT at `field`."""
    return Refused(ErrorCode.INVALID_INPUT, message, *field)


def check_text(value: str, *field: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """Check a text of at most `max_length` characters without NUL, which PostgreSQL does not store."""
    if "\0" in value:
        raise invalid_input(f"{field[-1]} contains a NUL character. Send it without.", *field)
    if len(value) > max_length:
        raise invalid_input(f"{field[-1]} has {len(value)} characters; at most {max_length} are kept.", *field)
    return value


def check_line(value: str, *field: str) -> str:
    """Check a line of at most 200 visible characters, which is safe in a list and in a SIP header."""
    if any(unicodedata.category(character) in CONTROL_CATEGORIES for character in value):
        raise invalid_input(f"{field[-1]} contains a control character, such as a line's end. Send it without.", *field)
    if hidden := _first_invisible(value):
        raise invalid_input(
            f"{field[-1]} contains U+{ord(hidden):04X}, which cannot be seen and can make one text look like another."
            " Send it without.",
            *field,
        )
    return check_text(value, *field, max_length=MAX_LINE_LENGTH)


# Control characters (Cc), and line and paragraph separators (Zl, Zp), which end a line.
CONTROL_CATEGORIES = ("Cc", "Zl", "Zp")
# Characters of no width that are not format characters (Cf): joiners, fillers, variation selectors, blank Braille.
_ZERO_WIDTH = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# A variation selector after a symbol only chooses between its emoji and its text form, so it is allowed.
_EMOJI_STYLE = re.compile("(?<=[\u2190-\u2bff\U0001f000-\U0001faff])[\ufe0e\ufe0f]")


def _first_invisible(value: str) -> str | None:
    """Return the first character without width or that changes the direction of the text, or None."""
    shown = _EMOJI_STYLE.sub("", value)
    return next((each for each in shown if unicodedata.category(each) == "Cf" or _ZERO_WIDTH.match(each)), None)


def check_name(value: str, *field: str) -> str:
    """Check a line with at least one visible character. Names need not be unique."""
    if not any(character.isprintable() and not character.isspace() for character in value):
        raise invalid_input(f"{field[-1]} is blank. Give it at least one visible character.", *field)
    return check_line(value, *field)


def check_json_object(value: object, *field: str) -> JsonObject:
    """Check a JSON value that must be an object."""
    if not isinstance(value, dict):
        raise invalid_input(f'{field[-1]} must be a JSON object, such as {{"key": "value"}}.', *field)
    return value


def check_metadata(value: object, *field: str) -> JsonObject:
    """Return the metadata of a conversation: a JSON object of at most 200 members."""
    members = check_json_object(value, *field)
    if len(members) > MAX_METADATA_MEMBERS:
        raise invalid_input(
            f"{field[-1]} has {len(members)} members; at most {MAX_METADATA_MEMBERS} are kept. Put those that nobody"
            " looks conversations up by into one that holds an object.",
            *field,
        )
    return members


def check_whole_number(value: int, minimum: int, maximum: int, *field: str) -> int:
    """Check a number between `minimum` and `maximum`, both included."""
    if not minimum <= value <= maximum:
        raise invalid_input(f"{field[-1]} is {value}; it can be {minimum} to {maximum}.", *field)
    return value
