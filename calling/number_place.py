"""Tell where a number is at home by its digits: area code, time zones, country (R20)."""

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from calling.e164 import parse_e164
from calling.time_zones import zones_of_number

NORTH_AMERICA, AREA_CODE_LENGTH = 1, 3


@dataclass(frozen=True)
class Place:
    """Where a number is at home. `area_code`: its country code and area code; None: a number without, such as a mobile.

    `country`: an ISO code; that of the largest country of a shared code where the digits name none.
    """

    area_code: str | None
    time_zones: tuple[str, ...]
    country: str


@lru_cache(maxsize=16_384)
def place_of(e164: str) -> Place:
    """Return where a number is at home."""
    number = parse_e164(e164)
    code = number.country_code or 0
    country = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(code)
    return Place(_area_code(number), zones_of_number(e164), country)


def _area_code(number: phonenumbers.PhoneNumber) -> str | None:
    if number.country_code == NORTH_AMERICA:
        length = AREA_CODE_LENGTH
    else:
        length = phonenumbers.length_of_geographical_area_code(number)
    digits = phonenumbers.national_significant_number(number)[:length]
    return f"+{number.country_code} {digits}" if digits else None
