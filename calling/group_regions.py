"""Decide by the regions that may be called (R10) for groups of numbers, and find the groups that are in several.

Only where the operator allows some regions: else nobody need ask, as the import has, and nothing else of R10 changes
while a server runs.
"""

from collections.abc import Iterable

import phonenumbers

from calling.contact_group import without_number
from calling.destinations import require_allowed_number
from calling.e164 import parse_e164
from models import Refusal, Refused
from models.preview_rows import ContactGroupRow

NORTH_AMERICA = 1


def find_forbidden(groups: Iterable[ContactGroupRow], allowed_regions: frozenset[str]) -> dict[str, Refusal]:
    """Return why groups of contacts may not be called, by the example of each."""
    examples = {each.example for each in groups}
    refusals = {example: refuse_region(example, allowed_regions) for example in examples}
    return {example: refusal for example, refusal in refusals.items() if refusal}


def find_mixed_prefixes(groups: Iterable[ContactGroupRow], allowed_regions: frozenset[str]) -> set[str]:
    """Return the prefixes of groups of which a part may be in another region: they are to be grouped by ranges.

    An area code of North America is in one, but for numbers that are assigned to nobody, of which the smallest or the
    largest is one.
    """
    return {each.prefix for each in groups if _is_mixed(each.example, each.last_example, allowed_regions)}


def _is_mixed(first: str, last: str, allowed_regions: frozenset[str]) -> bool:
    code = parse_e164(first).country_code or 0
    if code != NORTH_AMERICA:
        return len(phonenumbers.region_codes_for_country_code(code)) > 1 and first != last
    return refuse_region(first, allowed_regions) != refuse_region(last, allowed_regions)


def refuse_region(number: str, allowed_regions: frozenset[str]) -> Refusal | None:
    """Return why a number may not be called by R10, in words that leave it out; None if it may."""
    try:
        require_allowed_number(number, allowed_regions)
    except Refused as error:
        return without_number(error.refusal, number)
    return None
