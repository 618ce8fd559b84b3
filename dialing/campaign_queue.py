"""Read whom running campaigns call next: their due contacts, in order, as many as each has room for (R17 to R19).

Completes campaigns that have nobody left to call, and pauses those whose pool is empty (R20).
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from calling.calling_hours import CallingHours
from calling.contact_admission import A_DAY, A_MINUTE
from dialing.campaign_pauses import find_reasons_to_pause, is_open_for_calls, pause_campaign
from dialing.due_contacts import DueContact, DueFinder, DueLine, Place
from models import PauseReason
from models.admission_statements import complete_campaign
from models.campaign_rows import CampaignCallsRow, CampaignRow, PendingZoneRow
from models.claim_statements import count_calls_of_campaigns
from models.life_statements import find_pool_number
from models.pool_statements import PoolNumberRow, find_pool
from models.statistics_statements import find_kept_counts, find_pending_zones
from storage import WriteSession

MAX_ADMITTED = 50
# The kept counts of the contacts that are yet to be called, or are being called.
UNFINISHED = {("status", "PENDING"), ("status", "IN_CALL")}

Turn = tuple[Fraction, Place]


@dataclass
class CampaignQueue:
    """The contacts of a campaign that are due, in order. `line`: reads more of them.

    `room`: how many calls it may start. `starts`: its calls of the last minute. `pool`: the numbers of its pool that
    may be dialed from; None: it has no pool. `may_read_on`: who was read waits for what others may not need.
    """

    campaign: CampaignRow
    line: DueLine
    due: deque[DueContact]
    room: int
    pool: Sequence[PoolNumberRow] | None
    starts: int = 0
    may_read_on: bool = False

    @property
    def turn(self) -> Turn:
        """Return what campaigns are sorted by, the next first: the fewest calls of the last minute by their weights.

        Of campaigns that are alike, retries come before fresh contacts, and then the one that has been due longest.
        """
        return Fraction(self.starts + 1, self.campaign.weight), self.due[0].place

    def count_start(self) -> None:
        """Count a call that was queued; at the last that there is room for, nobody else is due."""
        self.starts += 1
        self.room -= 1
        if self.room <= 0:
            self.stop()

    def stop(self) -> None:
        """Call nobody more in this pass."""
        self.room = 0
        self.due.clear()


async def line_up_all(
    session: WriteSession,
    campaigns: Sequence[CampaignRow],
    calling_hours: CallingHours,
    at: datetime,
    reached: Mapping[str, Place],
) -> list[CampaignQueue]:
    """Return whom running campaigns, whose rows are locked, call next; none of one that calls nobody now.

    `reached`: by campaign, where the pass before ended.
    """
    running = await _find_able(session, campaigns, at)
    if not running:
        return []
    campaign_ids = [each.id for each in running]
    calls = {row.id: row for row in await count_calls_of_campaigns(session, campaign_ids, at - A_MINUTE)}
    zones: defaultdict[str, list[PendingZoneRow]] = defaultdict(list)
    for zone in await find_pending_zones(session, campaign_ids):
        zones[zone.campaign_id].append(zone)
    finder = DueFinder(session, calling_hours, at)
    queues: list[CampaignQueue] = []
    for campaign in running:
        room = _room(campaign, calls[campaign.id])
        line = DueLine(finder, campaign, zones[campaign.id], reached.get(campaign.id))
        if room > 0 and (due := await line.read_first(room)):
            pool = await _find_pool(session, campaign, at)
            queues += [] if pool == () else [CampaignQueue(campaign, line, deque(due), room, pool)]
    return queues


async def _find_able(session: WriteSession, campaigns: Sequence[CampaignRow], at: datetime) -> list[CampaignRow]:
    """Return the campaigns that are open for calls; pause those that cannot go on, complete those that are done."""
    is_open = [each for each in campaigns if is_open_for_calls(each, at)]
    reasons = await find_reasons_to_pause(session, is_open, at) if is_open else {}
    for campaign_id, reason in reasons.items():
        await pause_campaign(session, campaign_id, reason)
    able = [each for each in is_open if each.id not in reasons]
    kept = await find_kept_counts(session, [each.id for each in able]) if able else []
    unfinished = {row.campaign_id for row in kept if (row.kind, row.key) in UNFINISHED and row.count > 0}
    for each in able:
        if each.id not in unfinished:
            await session.execute(complete_campaign(each.id, at))
    return [each for each in able if each.id in unfinished]


async def _find_pool(session: WriteSession, campaign: CampaignRow, at: datetime) -> Sequence[PoolNumberRow] | None:
    """Return the numbers of a campaign's pool, and None if it has none; pause it where they may not be dialed from."""
    pool = await find_pool(session, campaign.organization_id, campaign.id, at - A_DAY)
    if not pool and await find_pool_number(session, campaign.id):
        await pause_campaign(session, campaign.id, PauseReason.NO_POOL_NUMBER)
        return ()
    return pool or None


def _room(campaign: CampaignRow, calls: CampaignCallsRow) -> int:
    """Return how many calls the campaign may start now (R19)."""
    room = min(campaign.max_concurrent_calls - calls.live_calls, MAX_ADMITTED)
    if campaign.calls_per_minute is None:
        return room
    return min(room, campaign.calls_per_minute - calls.calls_last_minute)
