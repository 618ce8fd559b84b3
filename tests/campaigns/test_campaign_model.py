"""R17 to R22: compare campaigns with an independent model while they call, over changes of clocks and of everything else.

Each call that is dialed is held against the model at its moment; whoever may be called must be called; and after every
step contacts and statistics are those of the model. `make test` runs a few stories, always the same; `make torture`
many, always new ones.
"""

import itertools
import os
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from models import now
from tests.campaigns.admitting import clock
from tests.campaigns.campaign_model import DAYS, WORKDAYS, Call, Campaign, Contact, Number, Trunk, Window, World
from tests.campaigns.model_dialing import CheckedDialing, SteppedAdmitting, stored_time
from tests.campaigns.model_transitions import (
    DEFAULT_DELAYS,
    ENDS,
    REPORTED,
    change_default_zone,
    count_attempt,
    end,
    lacks,
    stop,
    suppress,
    withdraw_campaign,
    withdraw_queued,
)
from tests.campaigns.test_campaign import Clock
from tests.databases import ON_POSTGRES
from tests.installation import CARRIER, Installation, Json

__all__ = ["clock"]

TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
SIZE = settings(
    max_examples=100 if TORTURE else 2 if ON_POSTGRES else 5,
    stateful_step_count=80 if TORTURE else 40,
    deadline=None,
    database=None,
    derandomize=not TORTURE,
    phases=(Phase.generate, Phase.shrink) if TORTURE else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
# As in the oracle of isolation: Hypothesis weighs steps alike, so they are weighed here.
STEPS = {
    "work": 6,
    "admit": 6,
    "claim": 3,
    "end_a_call": 5,
    "end_all_calls": 6,
    "wait": 14,
    "edit": 5,
    "create": 2,
    "add": 3,
    "start": 5,
    "pause": 2,
    "suppress": 2,
    "lift": 1,
    "switch_sharing": 1,
    "switch_a_trunk": 1,
    "limit_a_trunk": 2,
    "call_once": 2,
    "remove": 1,
    "set_a_budget": 1,
    "cancel": 1,
}
# What matters most between the admission of contacts and the claim of their calls.
MEANWHILE = ("wait", "edit", "pause", "suppress", "switch_sharing", "switch_a_trunk", "limit_a_trunk", "set_a_budget")
MAX_CAMPAIGNS = 4
# Fridays before clocks change, in Europe or in the United States, in autumn and in spring; and a Monday.
BEGINNINGS = tuple(
    datetime(*day, 15, 0, 30, tzinfo=UTC)
    for day in ((2026, 12, 7), (2026, 10, 23), (2026, 10, 30), (2027, 3, 12), (2027, 3, 26))
)
# The contacts' numbers, with a time zone of their own, if any.
PEOPLE = (
    *(("+12122000100", None), ("+12122000101", "America/Los_Angeles"), ("+13122000100", None), ("+13032000100", None)),
    *(("+16022000100", None), ("+12082000100", None), ("+442071838750", None), ("+33142685300", None)),
    *(("+15552000100", None), ("+15552000101", "America/New_York")),
)
WINDOWS: tuple[list[Window], ...] = (
    [(DAYS, "00:00", "00:00")],
    [(DAYS, "08:00", "21:00")],
    [(WORKDAYS, "09:00", "20:00")],
    [(DAYS, "09:00", "12:30"), (DAYS, "13:30", "18:00")],
    [(("SATURDAY", "SUNDAY"), "10:00", "16:00"), (WORKDAYS, "17:00", "20:00")],
)
DELAYS: tuple[dict[str, int], ...] = ({}, {"BUSY": 1, "NO_ANSWER": 1}, {"BUSY": 0, "CARRIER_ERROR": 1, "VOICEMAIL": 90})
WAITS = tuple(timedelta(minutes=each) for each in (1, 3, 11, 16, 61, 241, 240, 600, 1441, 2 * 1440, 7 * 1440))
# What a campaign begins with; edits narrow it.
ROOMY = {"windows": WINDOWS[1], "closed_dates": set(), "period": (None, None), "most": 3, "per_minute": None}
INPUT_NAMES = {
    "closed_dates": "closedDates",
    "default_zone": "defaultTimeZone",
    "most": "maxConcurrentCalls",
    "per_minute": "callsPerMinute",
    "starts_at": "startsAt",
    "ends_at": "endsAt",
}
Choice = TypeVar("Choice")
line_numbers = itertools.count(5_550_000)


class CampaignStateMachine(RuleBasedStateMachine):
    """An organization that borrows a number, its campaigns, and what happens to them."""

    installation: Installation
    clock: Clock

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def set_up(self, beginning: datetime) -> None:
        self.clock.set(beginning)
        self.lender = self.installation.root()
        self.admitting = SteppedAdmitting(self.lender.child(), self.clock, self.lender, maxConcurrentCalls=5)
        self.owner, lent = self.admitting.owner, Trunk(self.admitting.trunk, 5)
        own = Trunk(self.owner.trunk(callsPerSecond=1000, maxConcurrentCalls=5), 5)
        self.borrowed = Number(self.admitting.number.id, self.admitting.number.e164, lent)
        made = [self.owner.number(f"+{code}{next(line_numbers)}", trunk=own.id) for code in (1212, 1303)]
        self.own = [Number(each.id, each.e164, own) for each in made]
        self.version = self.owner.version(self.admitting.agent, made[1])
        self.world = World({each.e164: each for each in (*self.own, self.borrowed)})
        self.dialing = CheckedDialing(self.world, self.admitting)
        self.entries: dict[tuple[str, str], str] = {}
        for place in range(2):
            self.create(Random(place))
        self.dialing.work()

    @rule(
        step=st.sampled_from([step for step, weight in STEPS.items() for _ in range(weight)]),
        seed=st.integers(0, 2**32 - 1),
    )
    def something_happens(self, step: str, seed: int) -> None:
        chance = Random(seed)
        note(f"{now()}: {step}")
        if step in MEANWHILE and chance.random() < 1 / 2:
            self.admit(chance)  # so that calls wait to be dialed
        getattr(self, step)(chance)
        self.dialing.compare()

    def teardown(self) -> None:
        """Cancel what runs: an admission admits the contacts of all campaigns."""
        if hasattr(self, "dialing"):
            for campaign in self.open_campaigns():
                self.owner.mutate("cancelCampaign", "__typename", campaignId=campaign.id)
            self.admitting.close()

    def open_campaigns(self) -> list[Campaign]:
        return [each for each in self.world.campaigns.values() if not each.is_over]

    def change(self, mutation: str, selection: str = "__typename", /, **fields: Any) -> Json:
        note(f"  {mutation} {fields}")
        return self.owner.mutate_successfully(mutation, selection, **fields)

    # ------------------------------------------------------------------------------------------- the dialer, and time

    def work(self, _chance: Random) -> None:
        self.dialing.work()

    def admit(self, _chance: Random) -> None:
        self.dialing.upkeep()
        self.dialing.admit()

    def claim(self, _chance: Random) -> None:
        self.dialing.claim()

    def wait(self, chance: Random) -> None:
        """Let time pass: some of it, or until just before or after somebody is due, or until a window opens."""
        at = now() + chance.choice(WAITS)
        kind = chance.choice(("some", "due", "opening", "opening"))
        due = [each.due_at for each in self.world.contacts if each.status == "PENDING" and each.due_at > now()]
        if kind == "due" and due:
            at = min(due) + timedelta(seconds=chance.choice((-5, 2)))
        if kind == "opening":
            at = self.next_opening(at)
        note(f"  until {at}")
        self.clock.set(max(at, now()))
        if chance.random() < 1 / 2:
            self.dialing.work()

    def next_opening(self, at: datetime) -> datetime:
        """Return about when some contact may be called, that time or later."""
        waiting = [
            each for each in self.world.contacts if each.status == "PENDING" and each.campaign.status == "RUNNING"
        ]
        times = (at + timedelta(minutes=30 * place) for place in range(24 * 2 * 3))
        return next((each for each in times if any(contact.is_open(each) for contact in waiting)), at)

    def end_a_call(self, chance: Random) -> None:
        live = [each for each in self.world.calls.values() if each.is_live]
        if live:
            self.end(chance.choice(live), chance)

    def end_all_calls(self, chance: Random) -> None:
        for call in [each for each in self.world.calls.values() if each.is_live]:
            self.end(call, chance)

    def end(self, call: Call, chance: Random) -> None:
        """End a call as an engine reports it, after what was told of it."""
        outcome = chance.choice([each for each in ENDS if call.contact or each not in REPORTED])
        status, reason, is_answered = ENDS[outcome]
        note(f"  {call.to} ends: {outcome}")
        if is_answered:
            answered = "UPDATE conversation SET status = 'IN_PROGRESS', answered_at = dialed_at WHERE id = ?"
            self.admitting.rows(answered, call.id)
        if outcome in REPORTED:
            self.report(call, outcome, chance)
        at = now()
        ended = "UPDATE conversation SET status = ?, end_reason = ?, ended_at = ? WHERE id = ?"
        self.admitting.rows(ended, status, reason, stored_time(at), call.id)
        end(call, outcome, at)

    def report(self, call: Call, outcome: str, chance: Random) -> None:
        """Tell an outcome, as who speaks does."""
        at = now() + chance.choice(WAITS) if outcome == "CALL_BACK" else None
        sent = {"callBackAt": at.isoformat()} if at else {}
        call.outcome = outcome
        if at and call.contact:
            call.contact.not_before = at
        self.change("reportOutcome", conversationId=call.id, outcome=outcome, **sent)
        if outcome == "DO_NOT_CALL":
            suppress(self.world, self.owner.organization_id, call.to, None, now())

    def call_once(self, chance: Random) -> None:
        """Make a single call, for which campaigns leave room, and which must not go to a suppressed number either."""
        number, (to, _) = chance.choice([*self.own, self.borrowed]), chance.choice(PEOPLE)
        made = self.owner.call(agentNumber=number.e164, agentVersionId=self.version, to=to)
        is_allowed = number.is_usable and not self.world.is_suppressed(to, now())
        assert bool(made["conversation"]) == is_allowed, made
        if is_allowed:
            created = datetime.fromisoformat(made["conversation"]["createdAt"])
            count_attempt(self.world, Call(made["conversation"]["id"], number, to, created))

    # ----------------------------------------------------------------------------------------------------- campaigns

    def create(self, chance: Random) -> None:
        if len(self.open_campaigns()) >= MAX_CAMPAIGNS:
            return
        made = self.change("createCampaign", "campaign { id }", name="C", agentVersionId=self.version)
        campaign = Campaign(made["campaign"]["id"], self.own[1], [(WORKDAYS, "09:00", "20:00")])
        campaign.delays = dict(DEFAULT_DELAYS)
        self.world.campaigns[campaign.id] = campaign
        self.update(campaign, self.random_settings(chance) | ROOMY)
        self.add_to(campaign, chance)
        self.start_one(campaign)

    def edit(self, chance: Random) -> None:
        """Change one setting of a campaign."""
        if campaigns := self.open_campaigns():
            campaign = chance.choice(campaigns)
            given = self.random_settings(chance)
            name = chance.choice(sorted(given))
            self.update(campaign, {name: given[name]})

    def random_settings(self, chance: Random) -> dict[str, Any]:
        """Draw settings, by the names that they have in the model."""
        tomorrow = (now() + timedelta(days=1)).date().isoformat()
        return {
            "windows": chance.choice(WINDOWS),
            "closed_dates": chance.choice([set(), set(), {tomorrow}]),
            "default_zone": chance.choice((None, *("America/Denver", "Europe/London") * 3)),
            "retries": (chance.choice((1, 3, 5, 10, 10)), DEFAULT_DELAYS | chance.choice(DELAYS)),
            "most": chance.choice((1, 3, 10, 10)),
            "per_minute": chance.choice((None, None, None, 1, 2)),
            "period": chance.choice((*[(None, None)] * 5, (timedelta(hours=3), timedelta(days=3)))),
            "source": self.random_source(chance),
        }

    def random_source(self, chance: Random) -> tuple[Number | None, dict[str, tuple[int, int | None]]]:
        """Draw a campaign's number, or its pool, or neither: then the number is its agent's."""
        numbers = [*self.own, self.borrowed]
        members = chance.sample(numbers, chance.choice((1, 2, 3)))
        pool = {each.e164: (chance.choice((1, 2, 100)), chance.choice((None, 1))) for each in members}
        return chance.choice(((None, {}), (chance.choice(numbers), {}), (None, pool), (None, pool)))

    def update(self, campaign: Campaign, given: dict[str, Any]) -> None:
        """Send settings; whatever waits to be dialed for a campaign that runs is withdrawn."""
        number, pool = given.get("source", (None, {}))
        if not all(self.world.numbers[each].is_shared for each in (*pool, *([number.e164] if number else []))):
            return
        values = model_values(given)
        is_changed = any(getattr(campaign, name) != value for name, value in values.items())
        self.change("updateCampaign", campaignId=campaign.id, **as_input(given, values))
        for name, value in values.items():
            setattr(campaign, name, value)
        if "default_zone" in values:
            change_default_zone(campaign, campaign.default_zone)
        if campaign.status == "RUNNING" and (is_changed or "source" in given):
            withdraw_campaign(self.world, campaign, now())

    def add(self, chance: Random) -> None:
        if campaigns := self.open_campaigns():
            self.add_to(chance.choice(campaigns), chance)

    def add_to(self, campaign: Campaign, chance: Random) -> None:
        """Add people to a campaign, or the same again."""
        people = chance.sample(PEOPLE, chance.choice((2, 8, 10)))
        own = {each: chance.choice((None, None, None, self.borrowed)) for each, _ in people}
        sent = [
            {"e164": e164, "timeZone": zone, "agentNumber": number.e164 if (number := own[e164]) else None}
            for e164, zone in people
        ]
        selection = "results { contact { id createdAt } refusal { code } }"
        results = self.change("addContacts", selection, campaignId=campaign.id, contacts=sent)["results"]
        for (e164, zone), result in zip(people, results, strict=True):
            self.take_added(campaign, e164, zone, own[e164], result)

    def take_added(self, campaign: Campaign, e164: str, zone: str | None, own: Number | None, result: Json) -> None:
        """Have somebody in a campaign who was accepted, and expect nobody else to be refused than who had to be."""
        known = campaign.contacts.get(e164)
        code = result["refusal"] and result["refusal"]["code"]
        if self.world.is_suppressed(e164, now()):
            assert code == "NUMBER_SUPPRESSED"
            return
        if known and known.status == "REMOVED":
            assert code == "DUPLICATE_CONTACT"
            return
        created = datetime.fromisoformat(result["contact"]["createdAt"])
        contact = campaign.contacts.setdefault(
            e164, Contact(result["contact"]["id"], campaign, e164, created, zone, own)
        )
        changed = (contact.own_number, contact.not_before) != (own, None) or contact.status == "REFUSED"
        contact.own_number, contact.not_before = own, None
        if (known is None or changed) and contact.status in ("PENDING", "REFUSED"):
            contact.status, contact.refusal = ("PENDING", None) if contact.zones else ("REFUSED", "TIME_ZONE_UNKNOWN")
        assert code == ("TIME_ZONE_UNKNOWN" if contact.status == "REFUSED" else None)

    def remove(self, chance: Random) -> None:
        if people := [each for each in self.world.contacts if each.status != "REMOVED"]:
            contact = chance.choice(people)
            refusals = self.owner.refusals("removeContacts", contactIds=[contact.id])
            assert bool(refusals) == (contact.status == "IN_CALL")
            contact.status = "IN_CALL" if refusals else "REMOVED"

    def start(self, chance: Random) -> None:
        if idle := [each for each in self.open_campaigns() if each.status != "RUNNING"]:
            self.start_one(chance.choice(idle))

    def start_one(self, campaign: Campaign) -> None:
        """Start a campaign, or go on with it; one that lacks something is not started."""
        refusals = {code for code, _ in self.owner.refusals("startCampaign", campaignId=campaign.id)}
        note(f"  startCampaign {campaign.id}: {refusals}")
        assert refusals in (set(), {"CAMPAIGN_NOT_READY"})
        is_lacking = lacks(self.world, campaign, now())
        assert bool(refusals) == is_lacking or (refusals and campaign.ends_at)
        if not refusals:
            campaign.status, campaign.running_since = "RUNNING", now()

    def pause(self, chance: Random) -> None:
        if running := [each for each in self.open_campaigns() if each.status == "RUNNING"]:
            campaign = chance.choice(running)
            self.change("pauseCampaign", campaignId=campaign.id)
            stop(self.world, campaign, "PAUSED", now())

    def cancel(self, chance: Random) -> None:
        if campaigns := self.open_campaigns():
            campaign = chance.choice(campaigns)
            self.change("cancelCampaign", campaignId=campaign.id, hangUpLive=chance.choice((True, False)))
            stop(self.world, campaign, "CANCELLED", now())

    # ------------------------------------------------------------------------------------ what others decide meanwhile

    def suppress(self, chance: Random) -> None:
        """Suppress a number for a while or for ever, by the organization or by the one above it."""
        client, (e164, _) = chance.choice((self.owner, self.lender)), chance.choice(PEOPLE)
        until = now() + chance.choice(WAITS) if chance.random() < 1 / 2 else None
        sent = {"e164s": [e164], "until": until and until.isoformat()}
        note(f"  suppress {sent}")
        made = client.mutate_successfully("addSuppressions", "suppressions { id }", **sent)
        self.entries[client.organization_id, e164] = made["suppressions"][0]["id"]
        suppress(self.world, client.organization_id, e164, until, now())

    def lift(self, chance: Random) -> None:
        if self.entries:
            entry = chance.choice(sorted(self.entries))
            note(f"  lift {entry}")
            self.lender.mutate_successfully(
                "removeSuppressions", "__typename", suppressionIds=[self.entries.pop(entry)]
            )
            del self.world.suppressions[entry]

    def switch_sharing(self, _chance: Random) -> None:
        """Share the borrowed number, or not any more, which ends what waits to be dialed from it."""
        number = self.borrowed
        number.is_shared = not number.is_shared
        self.lender.share(self.admitting.number, number.is_shared)
        if not number.is_shared:
            withdraw_queued(self.world, now(), lambda call: call.number is number)

    def switch_a_trunk(self, chance: Random) -> None:
        trunk = self.any_trunk(chance)
        trunk.dials = not trunk.dials
        self.update_trunk(trunk, outbound=CARRIER if trunk.dials else None)

    def limit_a_trunk(self, chance: Random) -> None:
        trunk = self.any_trunk(chance)
        trunk.most = chance.choice((1, 2, 5, 20))
        self.update_trunk(trunk, maxConcurrentCalls=trunk.most)

    def any_trunk(self, chance: Random) -> Trunk:
        return chance.choice((self.own[0].trunk, self.borrowed.trunk))

    def update_trunk(self, trunk: Trunk, **fields: Any) -> None:
        note(f"  updateTrunk {fields}")
        client = self.lender if trunk is self.borrowed.trunk else self.owner
        client.mutate_successfully("updateTrunk", "__typename", trunkId=trunk.id, **fields)

    def set_a_budget(self, chance: Random) -> None:
        budget = self.world.budget = chance.choice((None, None, 1, 2, 5))
        sent = {"organizationId": self.owner.organization_id, "maxConcurrentCalls": budget}
        note(f"  setCallBudget {budget}")
        self.lender.mutate_successfully("setCallBudget", "__typename", **sent)


def model_values(given: dict[str, Any]) -> dict[str, Any]:
    """Return settings by the fields of the model."""
    values = {name: value for name, value in given.items() if name not in ("retries", "period", "source")}
    for name, fields in (("retries", ("max_attempts", "delays")), ("source", ("number", "pool"))):
        values |= dict(zip(fields, given[name], strict=True)) if name in given else {}
    if "period" in given:
        values |= {
            name: each and now() + each for name, each in zip(("starts_at", "ends_at"), given["period"], strict=True)
        }
    return values


def as_input(given: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return settings as the API takes them."""
    sent = {INPUT_NAMES[name]: as_json(value) for name, value in values.items() if name in INPUT_NAMES}
    if "windows" in given:
        names = ("days", "opens", "closes")
        sent["windows"] = [dict(zip(names, each, strict=True)) for each in given["windows"]]
    if "retries" in given:
        most, delays = given["retries"]
        minutes = [{"outcome": outcome, "minutes": each} for outcome, each in delays.items()]
        sent["retries"] = {"maxAttempts": most, "delays": minutes}
    if "source" in given:
        number, pool = given["source"]
        sent["agentNumber"] = number and number.e164
        sent["pool"] = [
            {"e164": e164, "callsPerDay": a_day, "maxConcurrentCalls": at_once}
            for e164, (a_day, at_once) in pool.items()
        ]
    return sent


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, set) else value


@pytest.mark.torture
def test_r17_to_r22_campaigns_call_whom_the_model_allows(installation: Installation, clock: Clock) -> None:
    class Here(CampaignStateMachine):
        pass

    Here.installation, Here.clock = installation, clock
    run_state_machine_as_test(Here, settings=SIZE)
