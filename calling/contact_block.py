"""Tell which numbers are at home in the same place for a pool by their first digits, without parsing each (R20)."""

from collections.abc import Iterable
from functools import lru_cache

import phonenumbers

from calling.e164 import parse_e164
from calling.number_place import place_of

# "+1" and an area code; "+1", an area code and an exchange.
AREA_LENGTH, EXCHANGE_LENGTH = 5, 8
# Numbers that differ in their last four digits alone are at home in one place; shorter numbers are taken as a whole.
LINE_LENGTH, MIN_LENGTH = 4, 11


class ContactBlocks:
    """Names blocks of numbers whose area codes and countries match the same numbers of a pool."""

    def __init__(self, pool: Iterable[str]) -> None:
        """Take the numbers of the pool, in E.164."""
        codes: dict[str, list[str]] = {}
        for e164 in pool:
            code = f"+{parse_e164(e164).country_code}"
            area = place_of(e164).area_code
            codes.setdefault(code, []).extend([area.replace(" ", "")] if area else [])
        # By the code of a country: the area codes of the pool, and whether the country can be told from the code.
        self._areas = {code: tuple(areas) for code, areas in codes.items()}
        self._is_shared = {code: _regions(code) > 1 for code in codes}

    def block_of(self, e164: str) -> str:
        """Return the first digits of a number that say where it is at home, as far as it matters for the pool."""
        if e164.startswith("+1"):
            length = AREA_LENGTH if _is_all_in_main_country(e164[:AREA_LENGTH]) else EXCHANGE_LENGTH
            return e164[:length]
        code = next((each for each in self._areas if e164.startswith(each)), None)
        if code is None:
            return ""
        if not self._is_shared[code] and not e164.startswith(self._areas[code]):
            return code
        return e164[:-LINE_LENGTH] if len(e164) >= MIN_LENGTH else e164


@lru_cache(maxsize=1024)
def _is_all_in_main_country(area: str) -> bool:
    """Tell whether an area code of North America is the United States': they have its unassigned numbers, too."""
    return place_of(f"{area}2345678").country == "US"


def _regions(code: str) -> int:
    return len(phonenumbers.region_codes_for_country_code(int(code[1:])))
