"""Reading a phone number that somebody typed, in one place (R3)."""

import re
from functools import lru_cache

import phonenumbers

from models import ErrorCode, Refused

_TYPED = re.compile(r"\+[0-9 .\-()\[\]]+", re.ASCII)
_STORED = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_LONGEST = 64
_PUNCTUATION = str.maketrans("", "", " .-()[]")


def without_punctuation(text: str) -> str:
    """`+1 (555) 123-4567` as `+15551234567`; whatever else stands there stays."""
    return text.translate(_PUNCTUATION)


def as_e164(text: str) -> str | None:
    """The stored form, or None where it is not a possible number.

    Possible, not valid: the reference page's own +1 555 123 4567 is unassigned, and must work.
    """
    return _read(without_punctuation(text)) if len(text) <= _LONGEST and _TYPED.fullmatch(text) else None


@lru_cache(maxsize=4096)
def _read(digits: str) -> str | None:
    """On its way a number is looked at several times."""
    number = _possible(digits)
    # What is stored names itself: a number that would be read as another one, trunk zeros and all, is none.
    return number if number and _STORED.fullmatch(number) and _possible(number) == number else None


def _possible(digits: str) -> str | None:
    try:
        parsed = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def e164(text: str, *field: str) -> str:
    """The stored form, or the refusal INVALID_PHONE_NUMBER at `field`."""
    if number := as_e164(text):
        return number
    raise Refused(
        ErrorCode.INVALID_PHONE_NUMBER,
        f"{text[:40]!r} is not a possible phone number. Write a plus sign, the country code and the number,"
        " such as +15551234567; spaces, dots, dashes and brackets may stand between the digits.",
        *field,
    )
