"""Tell what contacts wait for, and from which number each is called next: few statements for many (R20, R24)."""

from collections import defaultdict
from collections.abc import Sequence

from calling.campaign_standing import Standing, standing_of
from calling.contact_admission import A_DAY
from calling.next_number import NextNumbers
from calling.number_choice import NumberChoice
from models import ContactStatus, ErrorCode, Refusal
from models.campaign_rows import CampaignRow, ContactRow
from models.life_statements import find_pool_number
from models.pool_statements import find_pool
from models.server import database_now
from models.statistics_statements import find_pending_zones
from resolvers.campaign_statistics import load_rooms
from resolvers.context import Context
from resolvers.loaders import LOADERS
from storage import ReadSession


async def load_standings(context: Context, rows: Sequence[ContactRow]) -> list[Standing]:
    """Return how each contact stands. Its campaign is within reach, as the contact is."""
    campaigns = await _load_campaigns(context, rows)
    hours = context.deployment.calling_hours
    async with context.read() as session:
        at = await database_now(session)
        zones = await find_pending_zones(session, list(campaigns))
        rooms = await load_rooms(session, campaigns, zones, hours, at)
    return [standing_of(row, campaigns[row.campaign_id], rooms[row.campaign_id], hours, at) for row in rows]


async def load_next_numbers(context: Context, rows: Sequence[ContactRow]) -> list[NumberChoice | None]:
    """Return from which number each contact that is pending would be called now; None: it is not called again."""
    campaigns = await _load_campaigns(context, rows)
    chosen: dict[str, NumberChoice] = {}
    pending: dict[str, list[ContactRow]] = defaultdict(list)
    for row in rows:
        if row.status is ContactStatus.PENDING:
            pending[row.campaign_id].append(row)
    async with context.read() as session:
        for campaign_id, contacts in pending.items():
            numbers = await _next_numbers(session, campaigns[campaign_id], context.deployment.allowed_regions)
            chosen |= {each.id: await numbers.choose(each) for each in contacts}
    return [chosen.get(row.id) for row in rows]


async def _next_numbers(session: ReadSession, campaign: CampaignRow, allowed_regions: frozenset[str]) -> NextNumbers:
    since = await database_now(session) - A_DAY
    pool = await find_pool(session, campaign.organization_id, campaign.id, since)
    has_pool = bool(pool or await find_pool_number(session, campaign.id))
    return NextNumbers(session, campaign, pool if has_pool else None, allowed_regions)


async def _load_campaigns(context: Context, rows: Sequence[ContactRow]) -> dict[str, CampaignRow]:
    identifiers = list(dict.fromkeys(row.campaign_id for row in rows))
    return dict(zip(identifiers, await context.load_many(LOADERS["campaign"], identifiers), strict=True))


def refusal(root: ContactRow) -> Refusal | None:
    """Return why a contact may not be called; None if it may."""
    if root.refusal_code is None:
        return None
    return Refusal(ErrorCode[root.refusal_code], root.refusal_message or "")
