"""Refuse destinations that are never dialed, or are outside the allowed regions (R10).

Never dialed: emergency, premium-rate, N11 (North American Numbering Plan) and satellite numbers (ITU-T E.164 country
codes +870, +881 to +883), given as a number or as the user part of a SIP address.
"""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers.shortnumberinfo import SUPPORTED_SHORT_REGIONS

from calling import validation
from calling.e164 import check_e164, normalize_e164, parse_e164, type_of_number
from calling.sip_uri import SipUri, parse_sip_uri
from models import ErrorCode, Refused

NORTH_AMERICA = "US"
# Digits after the country code; no region has a longer emergency number.
MAX_EMERGENCY_DIGITS = 6
# A dialed number of at most this many digits is refused if it is an emergency number in any region of the world.
MAX_UNIVERSAL_EMERGENCY_DIGITS = 3
INTERNATIONAL_PREFIXES = ("00", "011", "0011", "010")
# Patterns of numbers in E.164, by what such a number is called in messages.
_FORBIDDEN = {
    "a premium-rate number": re.compile(r"\+1900|\+1[0-9]{3}976|\+979|\+449"),
    "an N11 service number": re.compile(r"\+1[2-9]11[0-9]{7}$"),
    "a satellite or global network number": re.compile(r"\+8(70|81|82|83)"),
}
# The same for digits that are dialed without a country code.
_SHORT_NUMBERS = {
    "an N11 service number": re.compile(r"1?[2-9]11"),
    "a premium-rate number": re.compile(r"976[0-9]{4}"),
}


def check_destination(text: str, allowed_regions: frozenset[str], *field: str) -> str:
    """Return the number to dial in E.164; raise Refused (INVALID_PHONE_NUMBER, DESTINATION_NOT_ALLOWED)."""
    number = check_e164(text, *field)
    require_allowed_number(number, allowed_regions, *field)
    return number


def require_allowed_number(number: str, allowed_regions: frozenset[str], *field: str) -> None:
    """Raise Refused (DESTINATION_NOT_ALLOWED) for a number in E.164 that is never dialed, or outside the regions.

    `allowed_regions` are region codes of ISO 3166-1 (`US`); an empty set allows every region.
    """
    parsed = parse_e164(number)
    if what := _forbidden_kind(number, parsed):
        raise _destination_not_allowed(f"{number} is {what}, which is never dialed. Call another number.", *field)
    if allowed_regions and (region := phonenumbers.region_code_for_number(parsed)) not in allowed_regions:
        raise _destination_not_allowed(
            f"{number} is in {region or 'no known region'}; this installation calls"
            f" {', '.join(sorted(allowed_regions))} only. Ask its operator to allow more.",
            *field,
        )


def require_allowed_sip_uri(uri: SipUri, allowed_regions: frozenset[str], agent_number: str, *field: str) -> None:
    """Raise Refused for a SIP address whose user part a carrier would dial as a number that is not allowed.

    Digits without a plus sign are read in each way that a carrier might: as E.164, with an international prefix, and
    as dialed in North America, in the region of `agent_number`, and in each allowed region. Raises INVALID_INPUT for a
    number with parameters before the @, INVALID_PHONE_NUMBER, DESTINATION_NOT_ALLOWED.
    """
    dialed = uri.dialed_digits
    if dialed is None and not uri.is_telephone:
        return
    if dialed is None or not dialed.isdecimal():
        require_allowed_number(check_e164(dialed or uri.user, *field), allowed_regions, *field)
    else:
        regions = _regions_of_digits(allowed_regions, agent_number)
        if what := _short_number_kind(dialed, regions):
            raise _destination_not_allowed(
                f"{dialed} is {what}, which is never dialed. Choose another address.", *field
            )
        for number in _possible_numbers(dialed, regions):
            require_allowed_number(number, allowed_regions, *field)
    if ";" in uri.user:
        raise validation.invalid_input(
            "The number in the SIP address has parameters of its own (before the @), which can route the call"
            " elsewhere. Send the number alone, such as sip:+15551234567@example.com.",
            *field,
        )


def numbers_dialed_for(target: str, allowed_regions: frozenset[str], agent_number: str) -> set[str]:
    """Return the numbers in E.164 that a carrier might dial for a telephone number or a SIP address that is allowed."""
    if number := normalize_e164(target):
        return {number}
    uri = parse_sip_uri(target)
    if uri is None or (uri.dialed_digits is None and not uri.is_telephone):
        return set()
    dialed = uri.dialed_digits or uri.user
    if dialed.isdecimal():
        return set(_possible_numbers(dialed, _regions_of_digits(allowed_regions, agent_number)))
    number = normalize_e164(dialed)
    return {number} if number else set()


def _regions_of_digits(allowed_regions: frozenset[str], agent_number: str) -> set[str]:
    """Return the regions as in which a carrier might read digits without a country code."""
    return {NORTH_AMERICA, _region_of(agent_number), *allowed_regions} - {""}


def _short_number_kind(dialed: str, regions: set[str]) -> str | None:
    """Return which forbidden kind of number these digits reach without a country code, or None.

    More digits than an emergency or service number has may be an extension, so only whole matches count.
    """
    if len(dialed) <= MAX_UNIVERSAL_EMERGENCY_DIGITS and any(
        phonenumbers.is_emergency_number(dialed, region) for region in SUPPORTED_SHORT_REGIONS
    ):
        return "an emergency number"
    if any(phonenumbers.connects_to_emergency_number(dialed, region) for region in regions):
        return "an emergency number"
    return next((what for what, pattern in _SHORT_NUMBERS.items() if pattern.fullmatch(dialed)), None)


def _possible_numbers(dialed: str, regions: set[str]) -> Iterator[str]:
    """Yield the numbers in E.164 that these digits could mean."""
    written = [f"+{dialed}", *(f"+{dialed.removeprefix(each)}" for each in INTERNATIONAL_PREFIXES)]
    yield from {number for each in written if (number := normalize_e164(each))}
    for region in sorted(regions):
        try:
            parsed = phonenumbers.parse(dialed, region)
        except phonenumbers.NumberParseException:
            continue
        if number := normalize_e164(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)):
            yield number


def _region_of(number: str) -> str:
    return phonenumbers.region_code_for_number(parse_e164(number)) or ""


def _forbidden_kind(number: str, parsed: phonenumbers.PhoneNumber) -> str | None:
    if type_of_number(number) == PhoneNumberType.PREMIUM_RATE:
        return "a premium-rate number"
    if _is_emergency(parsed):
        return "an emergency number"
    return next((what for what, pattern in _FORBIDDEN.items() if pattern.match(number)), None)


def _is_emergency(parsed: phonenumbers.PhoneNumber) -> bool:
    national = phonenumbers.national_significant_number(parsed)
    if len(national) > MAX_EMERGENCY_DIGITS:
        return False
    regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    return any(phonenumbers.is_emergency_number(national, region) for region in regions)


def _destination_not_allowed(message: str, *field: str) -> Refused:
    return Refused(ErrorCode.DESTINATION_NOT_ALLOWED, message, *field)
