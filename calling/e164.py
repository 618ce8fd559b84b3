"""Parse a typed phone number into E.164 (ITU-T E.164), or refuse it (R3)."""

import re
from functools import lru_cache

import phonenumbers

from models import ErrorCode, Refused

_TYPED = re.compile(r"\+[0-9 .\-()\[\]]+", re.ASCII)
_TYPED_NATIONAL = re.compile(r"[0-9 .\-()\[\]]+", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
MAX_TYPED_LENGTH = 64
# What spreadsheets and data frames make of phone numbers: 1.2126E+10 and 12125550100.0, whose last zero is no digit.
_CALCULATED = re.compile(r"\+?[0-9]+(?:[.,][0-9]+)?[Ee]\+?[0-9]+|\+?[0-9]+[.,]0", re.ASCII)
_PUNCTUATION = str.maketrans("", "", " .-()[]")


def strip_punctuation(text: str) -> str:
    """Remove spaces, dots, dashes and brackets: `+1 (555) 123-4567` becomes `+15551234567`."""
    return text.translate(_PUNCTUATION)


def normalize_e164(text: str) -> str | None:
    """Return the number in E.164, or None if it is not a possible number.

    A possible number has a valid country code and length. It need not be assigned: +1 555 123 4567, the example of the
    reference page, is not.
    """
    return (
        _normalize_digits(strip_punctuation(text)) if len(text) <= MAX_TYPED_LENGTH and _TYPED.fullmatch(text) else None
    )


@lru_cache(maxsize=4096)
def parse_e164(number: str) -> phonenumbers.PhoneNumber:
    """Parse a number with its country code. Cached, as a request asks several things of a number: do not change it.

    Raises NumberParseException.
    """
    return phonenumbers.parse(number)


@lru_cache(maxsize=4096)
def type_of_number(number: str) -> int:
    """Return the `phonenumbers.PhoneNumberType` of a number in E.164. Cached, as it takes longer than parsing."""
    return int(phonenumbers.number_type(parse_e164(number)))


def _normalize_digits(digits: str) -> str | None:
    """Return the digits after a plus sign in E.164, or None."""
    number = _parse_possible(digits)
    if number is None or not _E164.fullmatch(number):
        return None
    # The E.164 form must parse to itself; a number whose trunk zeros would be dropped again does not.
    return number if number == digits or _parse_possible(number) == number else None


@lru_cache(maxsize=4096)
def _parse_possible(digits: str) -> str | None:
    try:
        parsed = parse_e164(digits)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def normalize_national(text: str, region: str) -> str | None:
    """Return in E.164 what is typed without a country code in a region (ISO 3166-1), or None if it is not possible."""
    if len(text) > MAX_TYPED_LENGTH or not _TYPED_NATIONAL.fullmatch(text):
        return None
    try:
        parsed = phonenumbers.parse(strip_punctuation(text), region)
    except phonenumbers.NumberParseException:
        return None
    return normalize_e164(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def check_e164(text: str, *field: str) -> str:
    """Return the number in E.164; raise Refused (INVALID_PHONE_NUMBER) at `field` if it is not a phone number."""
    if number := normalize_e164(text):
        return number
    raise invalid_phone_number(text, *field)


def invalid_phone_number(text: str, *field: str) -> Refused:
    """Build the refusal of a text that is not a phone number; the message quotes its first 40 characters."""
    return Refused(
        ErrorCode.INVALID_PHONE_NUMBER,
        f"{text[:40]!r} is not a possible phone number. Write a plus sign, the country code and the number,"
        " such as +15551234567; spaces, dots, dashes and brackets may stand between the digits.",
        *field,
    )


def refuse_quantity(text: str, *field: str) -> None:
    """Raise Refused (INVALID_PHONE_NUMBER) for a number from a file that a program took for a quantity."""
    if _CALCULATED.fullmatch(text.strip()):
        raise Refused(
            ErrorCode.INVALID_PHONE_NUMBER,
            f"{text.strip()[:40]!r} is a phone number that a program took for a quantity, which may have cost digits."
            " Format the column as text, and fill in the numbers again, such as +15551234567.",
            *field,
        )
