"""Find the contacts of a campaign that may be called now, in order, until their windows close (R17 to R19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from calling.calling_hours import CallingHours
from calling.campaign_settings import local_hours
from calling.contact_admission import refuse_unknown_zone
from calling.open_prefixes import find_open_prefixes
from models.admission_statements import (
    find_due_contacts,
    find_due_contacts_after,
    find_due_contacts_of_prefixes,
)
from models.campaign_rows import CampaignRow, ContactRow, PendingZoneRow
from models.contact_statements import refuse_pending_of_zone
from storage import WriteSession

# Past those who wait for a trunk or a number, as many pages are read in one pass; the next pass goes on from there.
MAX_PAGES, PAGE_SIZE = 3, 50


@dataclass(frozen=True, order=True)
class Place:
    """A place among those who are due: retries come before fresh contacts, then the longest due."""

    is_fresh: bool
    due_at: datetime
    id: str


@dataclass(frozen=True)
class DueContact:
    """A contact that may be called now, until its window closes."""

    contact: ContactRow
    window_ends_at: datetime | None

    @property
    def place(self) -> Place:
        return Place(self.contact.is_fresh, self.contact.due_at, self.contact.id)


@dataclass(frozen=True)
class DueFinder:
    """Finds who is due at a time."""

    session: WriteSession
    calling_hours: CallingHours
    at: datetime

    async def find_due(
        self, campaign: CampaignRow, zones: Sequence[PendingZoneRow], limit: int, after: Place | None = None
    ) -> list[DueContact]:
        """Find contacts whose windows are open, in the order of their places; after one, if it is given.

        `zones`: those in which contacts wait. Refuses contacts whose time zone nobody knows any more.
        """
        found: list[DueContact] = []
        for zone in zones:
            if refusal := refuse_unknown_zone(zone.zone_key, campaign.default_time_zone):
                await self.session.execute(refuse_pending_of_zone(campaign.id, zone.zone_key, refusal))
                continue
            time_zones = tuple((zone.zone_key or campaign.default_time_zone or "").split(","))
            prefixes = find_open_prefixes(campaign, self.calling_hours, time_zones, self.at)
            for contact in await self._find_due_of_zone(zone, prefixes, limit, after):
                hours = local_hours(campaign, self.calling_hours, contact.e164, time_zones)
                found.append(DueContact(contact, hours.next_closing(self.at)))
        found.sort(key=lambda each: each.place)
        return found[:limit]

    async def _find_due_of_zone(
        self, zone: PendingZoneRow, prefixes: Mapping[str, bool], limit: int, after: Place | None
    ) -> list[ContactRow]:
        """Find contacts of a zone that are due and whose prefix is open: retries and fresh ones, `limit` of each."""
        found: list[ContactRow] = []
        kinds = ((False, zone.retry_due_at), (True, zone.fresh_due_at)) if any(prefixes.values()) else ()
        for is_fresh, first_due_at in kinds:
            if first_due_at is None or first_due_at > self.at or (after and after.is_fresh > is_fresh):
                continue
            start = (after.due_at, after.id) if after and after.is_fresh == is_fresh else None
            of_kind = zone.campaign_id, zone.zone_key, is_fresh, self.at
            if not all(prefixes.values()):
                found += await self._find_of_prefixes(zone, prefixes, is_fresh, start, limit)
            elif start:
                found += await find_due_contacts_after(self.session, *of_kind, *start, limit)
            else:
                found += await find_due_contacts(self.session, *of_kind, limit)
        return found

    async def _find_of_prefixes(
        self,
        zone: PendingZoneRow,
        prefixes: Mapping[str, bool],
        is_fresh: bool,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[ContactRow]:
        return await find_due_contacts_of_prefixes(
            self.session,
            prefixes,
            campaign_id=zone.campaign_id,
            zone_key=zone.zone_key,
            is_fresh=is_fresh,
            at=self.at,
            after=after,
            limit=limit,
        )


@dataclass
class DueLine:
    """Reads who of a campaign is due, page by page. `reached`: the place at which the pass before ended, if any.

    Each pass begins with the first, who may be called since; after them it goes on where the one before ended.
    """

    finder: DueFinder
    campaign: CampaignRow
    zones: Sequence[PendingZoneRow]
    reached: Place | None
    pages: int = 0
    last: Place | None = None

    async def read_first(self, limit: int) -> list[DueContact]:
        """Read those who come first."""
        return await self._read(limit, None)

    async def read_on(self) -> list[DueContact]:
        """Read those who come next; nobody, where the line ends, or enough was read in this pass."""
        if self.last is None or self.pages >= MAX_PAGES:
            return []
        return await self._read(PAGE_SIZE, max(self.last, self.reached or self.last) if self.pages == 1 else self.last)

    @property
    def next_place(self) -> Place | None:
        """Return where the next pass goes on after the first; None: right after them."""
        return self.last if self.pages > 1 else self.reached

    async def _read(self, limit: int, after: Place | None) -> list[DueContact]:
        found = await self.finder.find_due(self.campaign, self.zones, limit, after)
        self.pages += 1
        self.last = found[-1].place if len(found) == limit else None
        return found
