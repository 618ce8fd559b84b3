"""Turn a filter of a campaign's contacts into conditions: what they wait for is decided as for a single one (R24)."""

import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from calling.calling_hours import CallingHours
from calling.campaign_settings import local_hours
from calling.campaign_standing import is_full
from calling.e164 import strip_punctuation
from models import CampaignStatus, ContactStatus, WaitReason
from models.campaign_rows import CampaignRow, PendingZoneRow
from models.contact_conditions import DATED_REASONS, OF_STORED_REASON
from models.server import database_now
from models.statistics_statements import find_pending_zones
from resolvers.campaign_statistics import load_rooms
from resolvers.child_connections import ChildFilter
from resolvers.context import Context
from resolvers.loaders import LOADERS

NUMBER_PART = re.compile(r"\+?[0-9]+", re.ASCII)
Conditions = tuple[tuple[str, ...], dict[str, Hashable]]
NOBODY: Conditions = ("nobody",), {}


async def prepare_contact_filter(context: Context, campaign_id: str, filter: Mapping[str, Any]) -> ChildFilter:
    """Return the conditions of a filter of the contacts of one campaign."""
    sent = {name: value for name, value in filter.items() if value is not None}
    names, plain_values = _plain_conditions(sent)
    values = dict(plain_values)
    statuses = sent.get("status")
    if waits_for := sent.get("waits_for"):
        more_names, more_values = await _waiting_conditions(context, campaign_id, waits_for)
        names, values = names + more_names, values | more_values
        statuses = _pending_of(statuses, more_names)
    elif "outcome" in sent and statuses is None:
        statuses = list(ContactStatus)  # the index of outcomes has a range for each
    if statuses is not None:
        values["status"] = tuple(dict.fromkeys(statuses))
    return ChildFilter(names, tuple(sorted(values.items())), None if statuses is None else "status")


def _pending_of(statuses: Sequence[ContactStatus] | None, names: tuple[str, ...]) -> Sequence[ContactStatus] | None:
    """Return what is left of a filter's statuses for those who wait; None: its conditions select them themselves."""
    if statuses is not None and ContactStatus.PENDING not in statuses:
        return []
    return None if OF_STORED_REASON.intersection(names) else [ContactStatus.PENDING]


def _plain_conditions(sent: Mapping[str, Any]) -> Conditions:
    names = tuple(name for name in ("outcome", "external_id") if name in sent)
    values: dict[str, Hashable] = {name: sent[name] for name in names}
    if "e164_contains" in sent:
        part = strip_punctuation(sent["e164_contains"])
        if part and not NUMBER_PART.fullmatch(part):
            return NOBODY
        names, values["e164_like"] = (*names, "e164_like"), f"%{part}%"
    return names, values


async def _waiting_conditions(context: Context, campaign_id: str, waits_for: WaitReason) -> Conditions:
    """Return the conditions of the pending contacts that wait for something, as `campaign_standing.waiting` has it."""
    campaign: CampaignRow = await context.load(LOADERS["campaign"], campaign_id)
    async with context.read() as session:
        at = await database_now(session)
        whole = _reason_of_all(campaign, at)
        if whole is not None:
            return ((), {}) if whole is waits_for else NOBODY
        if waits_for in DATED_REASONS:
            return ("due_later_for",), {"at": at, "wait_reason": waits_for}
        if waits_for is WaitReason.START:
            return ("due_later_undated",), {"at": at}
        zones = await find_pending_zones(session, [campaign_id])
        hours = context.deployment.calling_hours
        room = (await load_rooms(session, {campaign_id: campaign}, zones, hours, at))[campaign_id]
    closed = tuple(each.zone_key for each in zones if not _is_open(campaign, each, hours, at))
    values: dict[str, Hashable] = {"at": at, "closed_zones": closed}
    if waits_for is WaitReason.WINDOW:
        return ("due_in_closed_zone",), values
    if is_full(campaign, room):
        return (("due_in_open_zone",), values) if waits_for is WaitReason.PACE else NOBODY
    named = "found_lacking_or_not_asked" if waits_for is room.scarce else "found_lacking"
    return ("due_in_open_zone", named), values | {"wait_reason": waits_for}


def _reason_of_all(campaign: CampaignRow, at: datetime) -> WaitReason | None:
    """Return what all pending contacts of a campaign wait for, if it does not call now."""
    if campaign.status is not CampaignStatus.RUNNING:
        return WaitReason.CAMPAIGN
    return WaitReason.START if campaign.starts_at and campaign.starts_at > at else None


def _is_open(campaign: CampaignRow, zone: PendingZoneRow, hours: CallingHours, at: datetime) -> bool:
    """Tell whether a zone is open, by the hours of the number in it that is due first."""
    names, e164 = zone.zone_key or campaign.default_time_zone, zone.retry_e164 or zone.fresh_e164
    if not names or not e164:
        return False
    return local_hours(campaign, hours, e164, tuple(names.split(","))).is_open(at)
