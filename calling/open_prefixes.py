"""Tell which numbers of a time zone may be called now, by the prefixes of the operator's hours (R17)."""

from datetime import datetime

from calling.calling_hours import CallingHours
from calling.campaign_settings import own_hours
from calling.local_hours import LocalHours
from models.campaign_rows import CampaignRow


def find_open_prefixes(
    campaign: CampaignRow, calling_hours: CallingHours, time_zones: tuple[str, ...], at: datetime
) -> dict[str, bool]:
    """Return for each prefix whether its numbers in these zones are open, the longest first; none if all are closed.

    Of a number the first prefix counts.
    """
    own = own_hours(campaign)
    if not LocalHours((own,), time_zones).is_open(at):
        return {}
    by_prefix = sorted(calling_hours.by_prefix.items(), key=lambda each: -len(each[0]))
    return {prefix: LocalHours((hours,), time_zones).is_open(at) for prefix, hours in by_prefix}
