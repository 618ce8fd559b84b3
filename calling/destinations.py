"""Where calls may go (R10). Which number they go out from is decided elsewhere."""

import re

import phonenumbers
from phonenumbers import PhoneNumberType

from calling.e164 import e164
from models import ErrorCode, Refused

# Digits after the country code; no region has a longer emergency number.
LONGEST_EMERGENCY = 6
_NEVER = {
    "a premium-rate number": re.compile(r"\+1900|\+1[0-9]{3}976|\+979|\+449"),
    "an N11 service number": re.compile(r"\+1[2-9]11[0-9]{7}$"),
    "a satellite or global network number": re.compile(r"\+8(70|81|82|83)"),
}


def destination(text: str, allowed_regions: frozenset[str], *field: str) -> str:
    """The number to dial in E.164, or why it is never dialed: INVALID_PHONE_NUMBER, DESTINATION_NOT_ALLOWED."""
    number = e164(text, *field)
    parsed = phonenumbers.parse(number)
    if what := _never_dialed(number, parsed):
        raise _not_allowed(f"{number} is {what}, which is never dialed. Call another number.", *field)
    if allowed_regions and (region := phonenumbers.region_code_for_number(parsed)) not in allowed_regions:
        raise _not_allowed(
            f"{number} is in {region or 'no known region'}; this installation calls"
            f" {', '.join(sorted(allowed_regions))} only. Ask its operator to allow more.",
            *field,
        )
    return number


def _never_dialed(number: str, parsed: phonenumbers.PhoneNumber) -> str | None:
    if phonenumbers.number_type(parsed) == PhoneNumberType.PREMIUM_RATE:
        return "a premium-rate number"
    if _is_emergency(parsed):
        return "an emergency number"
    return next((what for what, pattern in _NEVER.items() if pattern.match(number)), None)


def _is_emergency(parsed: phonenumbers.PhoneNumber) -> bool:
    national = phonenumbers.national_significant_number(parsed)
    if len(national) > LONGEST_EMERGENCY:
        return False
    regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    return any(phonenumbers.is_emergency_number(national, region) for region in regions)


def _not_allowed(message: str, *field: str) -> Refused:
    return Refused(ErrorCode.DESTINATION_NOT_ALLOWED, message, *field)
