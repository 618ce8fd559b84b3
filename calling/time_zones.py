"""Find the time zones of a contact: its own, its number's, or the campaign's default (R17)."""

from dataclasses import dataclass
from enum import unique
from zoneinfo import ZoneInfoNotFoundError

from phonenumbers import is_number_type_geographical
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from calling.e164 import parse_e164, type_of_number
from calling.local_hours import load_zone
from models import DescribedEnum

# Country code 1 is shared by countries from Guam to the Caribbean: its zones say nothing of a number.
ZONES_OF_SHARED_CODE = TIMEZONE_DATA["1"]


@unique
class TimeZoneOrigin(DescribedEnum):
    CONTACT = "The contact's own timeZone."
    NUMBER = "The contact's number: its country or area code."
    CAMPAIGN = "The campaign's defaultTimeZone."


@dataclass(frozen=True)
class TimeZones:
    """Time zones that must all be open, by their IANA names, and where they come from."""

    names: tuple[str, ...]
    origin: TimeZoneOrigin


def is_time_zone(name: str) -> bool:
    """Tell whether this is the IANA name of a time zone."""
    try:
        load_zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zones_of_number(e164: str) -> tuple[str, ...]:
    """Return the time zones in which a number may be; none if its code says nothing, such as that of +1 555."""
    number = parse_e164(e164)
    is_geographical = is_number_type_geographical(type_of_number(e164), number.country_code or 0)
    names = (time_zones_for_geographical_number if is_geographical else time_zones_for_number)(number)
    return () if names in ((UNKNOWN_TIMEZONE,), ZONES_OF_SHARED_CODE) else tuple(sorted(set(names)))


def zones_of_contact(own: str | None, e164: str, default: str | None) -> TimeZones | None:
    """Return a contact's time zones; None if nothing says where it is (TIME_ZONE_UNKNOWN)."""
    if own:
        return TimeZones((own,), TimeZoneOrigin.CONTACT)
    if names := zones_of_number(e164):
        return TimeZones(names, TimeZoneOrigin.NUMBER)
    return TimeZones((default,), TimeZoneOrigin.CAMPAIGN) if default else None
