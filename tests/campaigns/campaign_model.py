"""Say by R17 to R22 who may be called when, and what becomes of whom: an independent model, without the rules' own code.

It knows what was asked of the API and what was dialed, and nothing of how the dialer decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=24)
# SQLite's triggers keep milliseconds.
ROUNDING = timedelta(milliseconds=2)
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
WORKDAYS = DAYS[:5]
# Windows are days, opening and closing; a closing of 00:00 is the end of the day.
Window = tuple[tuple[str, ...], str, str]
ZONES_BY_PREFIX = {
    "+1212": ("America/New_York",),
    "+1312": ("America/Chicago",),
    "+1303": ("America/Denver",),
    "+1602": ("America/Phoenix",),
    "+1208": ("America/Boise", "America/Los_Angeles"),
    "+4420": ("Europe/London",),
    "+331": ("Europe/Paris",),
    "+1555": (),
}
OPERATORS_HOURS: dict[str, list[Window]] = {
    "+33": [(WORKDAYS, "10:00", "13:00"), (WORKDAYS, "14:00", "20:00")],
    "+": [(DAYS, "08:00", "21:00")],
}
CAMPAIGN_SHARE = 0.8
ATTEMPTS_A_DAY = 3
REACHED = ("REACHED", "TRANSFERRED", "DO_NOT_CALL")


@dataclass(eq=False)
class Trunk:
    """A trunk. `most`: its calls at once. `dials`: whether it has an outbound configuration."""

    id: str
    most: int
    dials: bool = True

    @property
    def most_of_campaigns(self) -> int:
        return max(1, int(self.most * CAMPAIGN_SHARE))


@dataclass(eq=False)
class Number:
    """A number that the organization owns, or borrows while it is shared."""

    id: str
    e164: str
    trunk: Trunk
    is_shared: bool = True

    @property
    def is_usable(self) -> bool:
        return self.is_shared and self.trunk.dials


@dataclass(eq=False)
class Campaign:
    """A campaign's settings and state. `pool`: its numbers' caps a day and at once, by E.164; `bound`: its agent's."""

    id: str
    bound: Number
    windows: list[Window]
    number: Number | None = None
    pool: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    closed_dates: set[str] = field(default_factory=set)
    default_zone: str | None = None
    max_attempts: int = 3
    delays: dict[str, int] = field(default_factory=dict)
    most: int = 10
    per_minute: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    status: str = "DRAFT"
    running_since: datetime | None = None
    contacts: dict[str, "Contact"] = field(default_factory=dict, repr=False)

    @property
    def is_over(self) -> bool:
        return self.status in ("COMPLETED", "CANCELLED")

    def runs_at(self, at: datetime) -> bool:
        """Tell whether it may call anybody then."""
        has_begun = self.starts_at is None or self.starts_at <= at
        return self.status == "RUNNING" and has_begun and (self.ends_at is None or at < self.ends_at)


@dataclass(eq=False)
class Contact:
    """A contact and how it stands. `held_until`: a limit of attempts, met once, may keep it waiting until then."""

    id: str
    campaign: Campaign
    e164: str
    due_at: datetime
    zone: str | None = None
    own_number: Number | None = None
    status: str = "PENDING"
    refusal: str | None = None
    attempts: int = 0
    not_before: datetime | None = None
    last_number: Number | None = None
    held_until: datetime | None = None

    @property
    def zones(self) -> tuple[str, ...]:
        if self.zone:
            return (self.zone,)
        found = next(zones for prefix, zones in ZONES_BY_PREFIX.items() if self.e164.startswith(prefix))
        default = self.campaign.default_zone
        return found or ((default,) if default else ())

    def is_open(self, at: datetime) -> bool:
        """Tell whether it may be called at an instant, by the clock of every place where it may be (R17)."""
        hours = next(windows for prefix, windows in OPERATORS_HOURS.items() if self.e164.startswith(prefix))
        shown = [at.astimezone(ZoneInfo(zone)) for zone in self.zones]
        is_closed = any(each.date().isoformat() in self.campaign.closed_dates for each in shown)
        is_inside = all(_is_inside(self.campaign.windows, each) and _is_inside(hours, each) for each in shown)
        return bool(shown) and is_inside and not is_closed

    def is_open_throughout(self, since: datetime, until: datetime) -> bool:
        """Tell whether no window closed between: all windows, and changes of clocks, are at half hours."""
        at = since.replace(minute=since.minute // 30 * 30, second=0, microsecond=0) + 30 * MINUTE
        while at < until:
            if not self.is_open(at):
                return False
            at += 30 * MINUTE
        return self.is_open(until)


def _is_inside(windows: list[Window], local: datetime) -> bool:
    day, time = DAYS[local.weekday()], f"{local:%H:%M}"
    return any(day in days and opens <= time < closes.replace("00:00", "24:00") for days, opens, closes in windows)


@dataclass(eq=False)
class Call:
    """A call that was queued: a contact's attempt, or a single call, which has no contact."""

    id: str
    number: Number
    to: str
    created_at: datetime
    contact: Contact | None = None
    dialed_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    has_failed: bool = False

    @property
    def is_queued(self) -> bool:
        return self.dialed_at is None and self.ended_at is None

    @property
    def is_live(self) -> bool:
        """Whether it was dialed and goes on."""
        return self.dialed_at is not None and self.ended_at is None

    @property
    def was_withdrawn(self) -> bool:
        return self.dialed_at is None and self.ended_at is not None


@dataclass(eq=False)
class World:
    """Everything that decides, and the obstacles that follow from it. Suppressions: until when, by owner and number."""

    numbers: dict[str, Number] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    suppressions: dict[tuple[str, str], datetime | None] = field(default_factory=dict)
    budget: int | None = None

    @property
    def contacts(self) -> list[Contact]:
        return [contact for campaign in self.campaigns.values() for contact in campaign.contacts.values()]

    def attempts_of(self, campaign: Campaign) -> list[Call]:
        """Return the attempts of a campaign that count."""
        return [
            each
            for each in self.calls.values()
            if each.contact and each.contact.campaign is campaign and not each.was_withdrawn
        ]

    def attempts_to(self, e164: str) -> list[Call]:
        """Return the attempts to a number that count, over all campaigns."""
        return [each for each in self.calls.values() if each.contact and each.to == e164 and not each.was_withdrawn]

    def is_suppressed(self, e164: str, at: datetime) -> bool:
        ends = [until for (_, suppressed), until in self.suppressions.items() if suppressed == e164]
        return any(until is None or until > at for until in ends)

    # ------------------------------------------------------------------------------------------- what is dialed

    def obstacles_to_dialing(self, call: Call, at: datetime) -> Iterator[str]:
        """Yield why a call that was dialed then, and is counted already, should not have been."""
        if not call.number.is_usable:
            yield "from a number that may not be used"
        if self.is_suppressed(call.to, at):
            yield "to a suppressed number"
        live = [each for each in self.calls.values() if each.is_live]
        if sum(each.number.trunk is call.number.trunk for each in live) > call.number.trunk.most:
            yield "above the trunk's calls at once"
        if self.budget is not None and len(live) > self.budget:
            yield "above the call budget"
        if call.contact:
            yield from self._obstacles_to_attempt(call.contact, at)

    def _obstacles_to_attempt(self, contact: Contact, at: datetime) -> Iterator[str]:
        campaign = contact.campaign
        if not campaign.runs_at(at):
            yield "for a campaign that does not run"
        if not contact.is_open(at):
            yield "outside a window"
        if contact.attempts > campaign.max_attempts:
            yield "beyond the attempts"
        if _dialed_within(self.attempts_to(contact.e164), at, DAY) > ATTEMPTS_A_DAY:
            yield "a fourth time in 24 hours"
        of_campaign = self.attempts_of(campaign)
        if sum(each.is_live for each in of_campaign) > campaign.most:
            yield "above the campaign's calls at once"
        if campaign.per_minute is not None and _dialed_within(of_campaign, at, MINUTE) > campaign.per_minute:
            yield "above the campaign's calls a minute"

    # ----------------------------------------------------------------------------------------- what is admitted

    def obstacles_to_admission(self, contact: Contact, number: Number, at: datetime) -> Iterator[str]:
        """Yield why a contact should not have had a call queued from a number then, before that is counted."""
        campaign = contact.campaign
        if contact.status != "PENDING":
            yield f"who is {contact.status}"
        if contact.due_at > at + ROUNDING:
            yield "before its delay has passed"
        if contact.attempts >= campaign.max_attempts:
            yield "beyond the attempts"
        if not campaign.runs_at(at) or not contact.is_open(at) or self.is_suppressed(contact.e164, at):
            yield "outside a window, after a pause, or suppressed"
        if number not in self.numbers_for(contact, at):
            yield "from a number that it should not be called from"

    def obstacles_after_admission(self, call: Call, at: datetime, admitted: list[Call]) -> Iterator[str]:
        """Yield what is wrong with a contact's number, once all calls of the admission are counted.

        Calls of other campaigns, and from numbers of contacts' own, may have been admitted after it: no fault of it.
        """
        assert call.contact, "an attempt has a contact"
        campaign, last = call.contact.campaign, call.contact.last_number
        others = [each for each in admitted if not self._is_from_pool(each, campaign)]
        if self._is_from_pool(call, campaign) and not self.is_free(campaign, call.number, at, [call, *others]):
            yield "from a number above its cap"
        if last and last is not call.number and last in self.numbers_for(call.contact, at):
            yield "from another number than the last attempt"
        trunk, over = call.number.trunk, self._waiting_or_live(call.number.trunk)
        if len(over) > trunk.most or sum(each.contact is not None for each in over) > trunk.most_of_campaigns:
            yield "beyond the trunk's room"
        if sum(each.ended_at is None for each in self.attempts_of(campaign)) > campaign.most:
            yield "beyond the campaign's calls at once"

    def _is_from_pool(self, call: Call, campaign: Campaign) -> bool:
        contact = call.contact
        return contact is not None and contact.campaign is campaign and bool(campaign.pool) and not contact.own_number

    def numbers_for(self, contact: Contact, at: datetime, margin: timedelta = timedelta()) -> list[Number]:
        """Return the numbers that a contact may be called from (R20). `margin`: how long their caps must have held."""
        campaign = contact.campaign
        if chosen := contact.own_number or campaign.number:
            return [chosen] if chosen.is_usable else []
        if campaign.pool:
            pool = [self.numbers[each] for each in campaign.pool]
            return [each for each in pool if self.is_free(campaign, each, at - margin)]
        last_or_bound = dict.fromkeys((contact.last_number, campaign.bound))
        return [each for each in last_or_bound if each and each.is_usable][:1]

    def is_free(self, campaign: Campaign, number: Number, at: datetime, ignored: Sequence[Call] = ()) -> bool:
        """Tell whether a number of a pool can be used and is below its caps, but for some calls."""
        a_day, at_once = campaign.pool[number.e164]
        counted = [each for each in self.calls.values() if each.number is number and not each.was_withdrawn]
        calls = [each for each in counted if each not in ignored]
        recent = sum(each.created_at > at - DAY for each in calls)
        live = sum(each.ended_at is None for each in calls)
        return number.is_usable and recent < a_day and (at_once is None or live < at_once)

    # ------------------------------------------------------------------------------------------- who must be called

    def must_be_called(self, contact: Contact, at: datetime) -> bool:
        """Tell whether a contact may be called then, for a second already, and there is room for it everywhere."""
        campaign, before = contact.campaign, at - SECOND
        is_due = max(contact.due_at, contact.held_until or contact.due_at) <= before
        return (
            (contact.status == "PENDING" and is_due and contact.attempts < campaign.max_attempts)
            and (campaign.runs_at(before) and campaign.runs_at(at + MINUTE))
            and (contact.is_open(before) and contact.is_open(at + SECOND))
            and not self.is_suppressed(contact.e164, before)
            and sum(each.created_at > before - DAY for each in self.attempts_to(contact.e164)) < ATTEMPTS_A_DAY
            and self._has_room(campaign, before)
            and self._has_numbers(contact, at)
        )

    def _has_room(self, campaign: Campaign, at: datetime) -> bool:
        attempts = self.attempts_of(campaign)
        waiting_or_live = sum(each.ended_at is None for each in self.calls.values())
        recent = sum((each.dialed_at or at) > at - MINUTE or each.created_at > at - MINUTE for each in attempts)
        return (
            sum(each.ended_at is None for each in attempts) < campaign.most
            and (campaign.per_minute is None or recent < campaign.per_minute)
            and (self.budget is None or waiting_or_live < self.budget)
        )

    def _has_numbers(self, contact: Contact, at: datetime) -> bool:
        """Tell whether there is a number for a contact, and room in the trunk of whichever is chosen."""
        numbers, certain = self.numbers_for(contact, at), self.numbers_for(contact, at, SECOND)
        likely = [contact.last_number] if contact.last_number in certain else numbers
        return bool(certain) and all(each and self._has_room_in_trunk(each.trunk) for each in likely)

    def _has_room_in_trunk(self, trunk: Trunk) -> bool:
        over = self._waiting_or_live(trunk)
        return len(over) < trunk.most and sum(each.contact is not None for each in over) < trunk.most_of_campaigns

    def _waiting_or_live(self, trunk: Trunk) -> list[Call]:
        return [each for each in self.calls.values() if each.number.trunk is trunk and each.ended_at is None]


def _dialed_within(calls: list[Call], at: datetime, length: timedelta) -> int:
    return sum(each.dialed_at is not None and at - length < each.dialed_at <= at for each in calls)
