"""Find when groups of contacts may be called, once for all that share their time zones and hours (R17, R25)."""

from datetime import datetime

from calling.calling_hours import CallingHours
from calling.campaign_settings import local_hours
from calling.local_hours import LocalHours
from models.campaign_rows import CampaignRow
from models.preview_rows import ContactGroupRow


class GroupHours:
    """When each group may be called: groups in the same time zones and hours share what is found for one."""

    def __init__(self, campaign: CampaignRow, calling_hours: CallingHours, starts_at: datetime) -> None:
        self._campaign, self._calling_hours, self._starts_at = campaign, calling_hours, starts_at
        self._found: dict[tuple[str, int], tuple[LocalHours, datetime | None]] = {}

    def time_zones(self, group: ContactGroupRow) -> str:
        """Return the names of a group's time zones, joined by commas."""
        return group.zone_key or self._campaign.default_time_zone or ""

    def hours(self, group: ContactGroupRow) -> LocalHours:
        """Return when a group may be called."""
        return self._find(group)[0]

    def opening(self, group: ContactGroupRow) -> datetime | None:
        """Return when a group's hours are open next; None: not before the campaign's end, or within a year."""
        return self._find(group)[1]

    def opening_of(self, zone_key: str, e164: str) -> datetime | None:
        """Return the same for a contact by its time zones and its number."""
        return self._find_by(zone_key or self._campaign.default_time_zone or "", e164)[1]

    def _find(self, group: ContactGroupRow) -> tuple[LocalHours, datetime | None]:
        return self._find_by(self.time_zones(group), group.example)

    def _find_by(self, names: str, e164: str) -> tuple[LocalHours, datetime | None]:
        key = names, id(self._calling_hours.hours_of(e164))
        if key not in self._found:
            hours = local_hours(self._campaign, self._calling_hours, e164, tuple(names.split(",")))
            opening, end = hours.next_opening(self._starts_at), self._campaign.ends_at
            self._found[key] = hours, None if opening and end and opening >= end else opening
        return self._found[key]
