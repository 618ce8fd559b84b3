"""Load the statistics of campaigns: from kept counts, the same few statements for any number of campaigns (R24)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from calling.calling_hours import CallingHours
from calling.campaign_outlook import Outlook, estimate_last_call
from calling.campaign_standing import Due, Room, limited_by, scarce_of
from calling.contact_admission import A_MINUTE
from calling.preview_counts import NumberCount
from models import AttemptOutcome, Campaign, ContactStatus, WaitReason
from models.campaign_rows import CampaignRow, PendingZoneRow
from models.rows import IdRow
from models.server import database_now
from models.statistics_statements import (
    count_calls,
    count_waiting,
    find_kept_counts,
    find_pending_zones,
    find_trunks_in_use,
)
from resolvers.context import Context, Deployment
from storage import ReadSession


class OfCampaign(Protocol):
    """A row of some campaign."""

    @property
    def campaign_id(self) -> str: ...


Row = TypeVar("Row", bound=OfCampaign)


@dataclass(frozen=True)
class StatusCount:
    status: ContactStatus
    contacts: int


@dataclass(frozen=True)
class OutcomeCount:
    outcome: AttemptOutcome
    attempts: int


@dataclass(frozen=True)
class Statistics:
    """The source of GraphQL's CampaignStatistics. Counts of none are left out.

    Two are equal if nothing but the time has changed between them.
    """

    contacts: int
    attempts: int
    live_calls: int
    calls_last_minute: int
    limited_by: WaitReason | None
    by_status: list[StatusCount]
    by_outcome: list[OutcomeCount]
    by_number: list[NumberCount]
    outlook: Outlook = field(compare=False)
    calling_hours: CallingHours = field(compare=False)
    at: datetime = field(compare=False)

    @property
    def estimated_end(self) -> datetime | None:
        """When nobody will be left to call: a simulation, run only for who asks."""
        return estimate_last_call(self.outlook, self.calling_hours, self.at)


async def load_statistics(context: Context, rows: Sequence[IdRow]) -> list[Statistics]:
    """Load the statistics of each of these campaigns, which are within reach."""
    async with context.read() as session:
        return await _load(session, [row.id for row in rows], context.deployment)


async def load_rooms(
    session: ReadSession,
    campaigns: Mapping[str, CampaignRow],
    zones: Iterable[PendingZoneRow],
    hours: CallingHours,
    at: datetime,
) -> dict[str, Room]:
    """Load what each campaign has of calls. `zones`: where their contacts wait, of all of them."""
    dues: dict[str, list[Due]] = defaultdict(list)
    for each in zones:
        dues[each.campaign_id] += dues_of(each)
    return {
        row.id: Room(row.live_calls, row.calls_last_minute, scarce_of(campaigns[row.id], dues[row.id], hours, at))
        for row in await count_calls(session, list(campaigns), at - A_MINUTE)
    }


async def _load(session: ReadSession, campaign_ids: list[str], deployment: Deployment) -> list[Statistics]:
    hours = deployment.calling_hours
    campaigns = {row.id: row for row in await session.execute(Campaign.by_id(campaign_ids))}
    at = await database_now(session)
    counts = _by_campaign(await find_kept_counts(session, campaign_ids))
    found = await find_pending_zones(session, campaign_ids)
    zones, waiting = _by_campaign(found), _by_campaign(await count_waiting(session, campaign_ids))
    trunks = _by_campaign(await find_trunks_in_use(session, campaign_ids))
    rooms = await load_rooms(session, campaigns, found, hours, at)

    def statistics(campaign_id: str) -> Statistics:
        kept: dict[str, dict[str, int]] = defaultdict(dict)
        for each in counts[campaign_id]:
            if each.count:
                kept[each.kind][each.key] = int(each.count)
        outlook = Outlook(
            campaigns[campaign_id],
            zones[campaign_id],
            waiting[campaign_id],
            trunks[campaign_id],
            pending=kept["status"].get(ContactStatus.PENDING.name, 0),
            outcomes={each: kept["outcome"][each.name] for each in AttemptOutcome if each.name in kept["outcome"]},
            campaign_share=deployment.campaign_share,
        )
        return _statistics(outlook, kept, rooms[campaign_id], hours, at)

    return [statistics(each) for each in campaign_ids]


def _by_campaign(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.campaign_id].append(row)
    return found


def _statistics(
    outlook: Outlook, kept: Mapping[str, dict[str, int]], room: Room, hours: CallingHours, at: datetime
) -> Statistics:
    statuses = kept["status"]
    dues = [due for zone in outlook.zones for due in dues_of(zone)]
    return Statistics(
        contacts=sum(statuses.values()),
        attempts=sum(kept["attempts"].values()),
        live_calls=room.live_calls,
        calls_last_minute=room.calls_last_minute,
        limited_by=limited_by(outlook.campaign, dues, room, hours, at),
        by_status=[StatusCount(each, statuses[each.name]) for each in ContactStatus if each.name in statuses],
        by_outcome=[OutcomeCount(outcome, attempts) for outcome, attempts in outlook.outcomes.items()],
        by_number=[NumberCount(*each) for each in sorted(kept["number"].items())],
        outlook=outlook,
        calling_hours=hours,
        at=at,
    )


def dues_of(zone: PendingZoneRow) -> Iterable[Due]:
    """Yield whose turns come first in a zone: of the fresh contacts, and of those that are called again."""
    if zone.fresh_due_at and zone.fresh_e164:
        yield Due(zone.zone_key, zone.fresh_e164, zone.fresh_due_at, zone.fresh_reason, is_fresh=True)
    if zone.retry_due_at and zone.retry_e164:
        yield Due(zone.zone_key, zone.retry_e164, zone.retry_due_at, zone.retry_reason, is_fresh=False)
