"""Choose numbers of a pool for the contacts of a dry run, in the order in which the dialer calls them (R20, R25).

Those whose hours are open now come first, then those whose hours open next, and at last those who are due later.
What decides for one contact is kept for all that are alike. The order makes the choice of the least used exact.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from calling.attempt import called_of
from calling.contact_block import ContactBlocks
from calling.group_hours import GroupHours
from calling.group_regions import refuse_region
from calling.pool_simulation import Line, PoolSimulation
from models.campaign_rows import CampaignRow
from models.preview_rows import ContactGroupRow, TurnRow

# How many contacts are decided before others take their turns in the event loop: a few milliseconds' worth.
SLICE = 2000


class TurnSource(Protocol):
    """The pending contacts of a campaign that are not suppressed."""

    def batches(self, zone_keys: Sequence[str], due_until: datetime | None) -> AsyncIterator[list[TurnRow]]:
        """Yield those of some zones in the dialer's order, those who are due by then; None: whenever they are."""


@dataclass(frozen=True)
class TurnRules:
    """What else decides about a contact: where the operator allows calls, and the own numbers that cannot call.

    `prefix_length`: how many characters of a number decide about its hours and its region.
    """

    allowed_regions: frozenset[str]
    refused_numbers: Collection[str | None]
    prefix_length: int


@dataclass(frozen=True)
class Kind:
    """What holds for contacts that are alike: their opening, and the pool as a line, or their own number's place."""

    opening: datetime | None
    line: Line | None = None
    own_place: int | None = None


class PoolTurns:
    """Gives contacts their turns."""

    def __init__(self, campaign: CampaignRow, simulation: PoolSimulation, hours: GroupHours, rules: TurnRules) -> None:
        self._campaign, self._simulation, self._hours, self._rules = campaign, simulation, hours, rules
        self._blocks = ContactBlocks(each.e164 for each in simulation.numbers)
        self._kinds: dict[tuple[str, str, str, str | None, str | None], Kind] = {}
        self._chosen: Counter[int] = Counter()
        self._openings: dict[str, datetime] = {}
        self._later: defaultdict[datetime, list[TurnRow]] = defaultdict(list)

    @property
    def by_number(self) -> Counter[str]:
        """For how many contacts each number was chosen."""
        numbers = self._simulation.numbers
        return Counter({numbers[place].e164: contacts for place, contacts in self._chosen.items()})

    async def run(self, source: TurnSource, groups: Iterable[ContactGroupRow]) -> None:
        """Choose until nobody is left, or no number is below its caps."""
        openings: set[datetime] = set()
        for group in groups:
            if opening := self._hours.opening(group):
                openings.add(opening)
                self._openings[group.zone_key] = min(opening, self._openings.get(group.zone_key, opening))
        for opening in sorted(openings):
            zones = [zone for zone, opens_at in self._openings.items() if opens_at == opening]
            if zones and not await self._run_batches(source, zones, opening):
                return
            if not await self._call(sorted(self._later.pop(opening, ()), key=_turn), opening):
                return
        await self._run_batches(source, list(self._openings), None)

    async def _run_batches(self, source: TurnSource, zones: Sequence[str], opening: datetime | None) -> bool:
        """Call whoever of some zones is due by their opening; None: after it. Return whether a number is left."""
        async for batch in source.batches(zones, opening):
            if not await self._call(batch, opening):
                return False
        return True

    async def _call(self, contacts: Sequence[TurnRow], opening: datetime | None) -> bool:
        """Choose for contacts, and let others take their turns meanwhile; return whether a number is left."""
        for start in range(0, len(contacts), SLICE):
            if not self._call_slice(contacts[start : start + SLICE], opening):
                return False
            await asyncio.sleep(0)
        return True

    def _call_slice(self, contacts: Sequence[TurnRow], opening: datetime | None) -> bool:
        choose, chosen, max_attempts = self._simulation.choose, self._chosen, self._campaign.max_attempts
        for contact in contacts:
            kind = self._kind_of(contact)
            if contact.attempt_count >= max_attempts or not self._is_turn(contact, kind, opening):
                continue
            if kind.line is not None:
                place = choose(kind.line)
                if place is None:
                    return False
                chosen[place] += 1
            elif kind.own_place is not None:
                self._simulation.count(kind.own_place)
        return True

    def _is_turn(self, contact: TurnRow, kind: Kind, opening: datetime | None) -> bool:
        """Tell whether it is a contact's turn; keep whose hours open later, by its prefix, until then."""
        if opening is None:
            return contact.due_at > self._openings[contact.zone_key]
        if kind.opening is None or kind.opening <= opening:
            return kind.opening is not None
        self._later[kind.opening].append(contact)
        return False

    def _kind_of(self, contact: TurnRow) -> Kind:
        e164 = contact.e164
        prefix, block = e164[: self._rules.prefix_length], self._blocks.block_of(e164)
        key = (prefix, block, contact.zone_key, contact.agent_number, contact.last_agent_number)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self._decide(contact)
        return kind

    def _decide(self, contact: TurnRow) -> Kind:
        opening = self._hours.opening_of(contact.zone_key, contact.e164)
        regions = self._rules.allowed_regions
        if regions and refuse_region(contact.e164, regions):
            return Kind(opening)
        if contact.agent_number is None:
            return Kind(opening, self._simulation.line_of(called_of(self._campaign, contact)))
        is_refused = contact.agent_number in self._rules.refused_numbers
        return Kind(opening, own_place=None if is_refused else self._simulation.find(contact.agent_number))


def _turn(contact: TurnRow) -> tuple[bool, datetime, str]:
    """Return what the dialer sorts contacts by."""
    return contact.is_fresh, contact.due_at, contact.id
