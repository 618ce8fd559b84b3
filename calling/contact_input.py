"""Check a contact that is added to a campaign, by itself: another row's fault is none of its own (R16)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers

from calling import validation
from calling.campaign_settings import check_time_zone
from calling.destinations import require_allowed_number
from calling.e164 import check_e164, normalize_national, refuse_quantity
from calling.time_zones import zones_of_contact
from models import ErrorCode, Refused
from models.json_members import canonicalize, dump_canonical

MAX_VARIABLES_BYTES = 4096


@dataclass(frozen=True)
class ContactFields:
    """The values of a contact that its sender decides. `zone_key`: its own or its number's time zones, if known."""

    e164: str
    external_id: str | None
    time_zone: str | None
    zone_key: str
    agent_number: str | None
    variables: dict[str, Any]
    not_before: datetime | None


def check_default_region(region: str | None) -> str | None:
    """Return the region of numbers without a country code. Raises Refused (INVALID_INPUT)."""
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise validation.invalid_input(
            f"{region[:20]!r} is no region. Send a code of ISO 3166-1, such as US or GB.", "defaultRegion"
        )
    return region


def check_contact(
    sent: dict[str, Any], allowed_regions: frozenset[str], default_region: str | None = None
) -> ContactFields:
    """Check one contact. Raises Refused: INVALID_PHONE_NUMBER, DESTINATION_NOT_ALLOWED, INVALID_INPUT."""
    e164 = _check_number(sent["e164"], default_region)
    require_allowed_number(e164, allowed_regions, "e164")
    agent_number = sent.get("agent_number")
    external_id = sent.get("external_id")
    time_zone = check_time_zone(sent.get("time_zone"), "timeZone")
    zones = zones_of_contact(time_zone, e164, None)
    return ContactFields(
        e164=e164,
        external_id=None if external_id is None else validation.check_name(external_id, "externalId"),
        time_zone=time_zone,
        zone_key=",".join(zones.names) if zones else "",
        agent_number=None if agent_number is None else check_e164(agent_number, "agentNumber"),
        variables=_check_variables(sent.get("variables")),
        not_before=sent.get("not_before"),
    )


def _check_number(text: str, default_region: str | None) -> str:
    """Return a number in E.164: one without a plus sign is read as in the default region, and is refused without."""
    refuse_quantity(text, "e164")
    if text.lstrip().startswith("+"):
        return check_e164(text, "e164")
    if default_region is None:
        raise Refused(
            ErrorCode.INVALID_PHONE_NUMBER,
            f"{text[:40]!r} has no country code. Write a plus sign, the country code and the number, such as"
            " +15551234567; or send defaultRegion, the region whose national numbers these are.",
            "e164",
        )
    if number := normalize_national(text, default_region):
        return number
    raise Refused(
        ErrorCode.INVALID_PHONE_NUMBER,
        f"{text[:40]!r} is not a possible phone number in {default_region}, the defaultRegion."
        " Write it as it is dialed there, or with a plus sign and the country code.",
        "e164",
    )


def _check_variables(value: object) -> dict[str, Any]:
    variables = canonicalize(validation.check_json_object({} if value is None else value, "variables")) or {}
    if (size := len(dump_canonical(variables).encode())) > MAX_VARIABLES_BYTES:
        raise validation.invalid_input(
            f"variables has {size:,} bytes; at most {MAX_VARIABLES_BYTES:,} are kept.", "variables"
        )
    return variables
