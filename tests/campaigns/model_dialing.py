"""Admit contacts and claim their calls as the dialer does, a step at a time, and hold each against the model."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from models import now
from storage import Database, WriteSession
from tests.campaigns.admitting import Admitting
from tests.campaigns.campaign_model import ATTEMPTS_A_DAY, DAY, MINUTE, SECOND, Call, Campaign, Contact, World
from tests.campaigns.model_transitions import count_attempt, fails_too_often, hold, stop, withdraw
from tests.campaigns.test_campaign import Clock
from tests.databases import ON_POSTGRES
from tests.installation import Client, Json

Result = TypeVar("Result")
CALLS = """SELECT id, contact_id, phone_number_id, user_number, status, end_reason, created_at, dialed_at, ended_at
  FROM conversation WHERE organization_id = ?"""
CAMPAIGN = """status statistics { contacts attempts liveCalls byStatus { status contacts }
  byOutcome { outcome attempts } }
  contacts(first: 100) { nodes { id e164 status waitsFor refusal { code } attempts { number outcome } } }"""
ROOM = {"NUMBER", "TRUNK", "BUDGET", "PACE"}
MAX_ROUNDS = 12


@dataclass(frozen=True)
class StoredCall:
    """A call as it is stored."""

    id: str
    contact_id: str | None
    number_id: str
    to: str
    status: str
    end_reason: str | None
    created_at: datetime
    dialed_at: datetime | None
    ended_at: datetime | None


class SteppedAdmitting(Admitting):
    """Does many steps over the same connections to the database, until `close`."""

    def __init__(self, owner: Client, clock: Clock, lender: Client, **trunk: int) -> None:
        self._loop, self._database = asyncio.Runner(), Database(owner.installation.settings.database_url)
        super().__init__(owner, clock, lender, **trunk)

    def close(self) -> None:
        with self._loop:
            self._loop.run(self._database.close())

    def _write(self, work: Callable[[WriteSession], Awaitable[Result]]) -> Result:
        async def transaction() -> Result:
            return await self._database.write_locking(work)

        return self._loop.run(transaction())


class CheckedDialing:
    """Steps of the dialer over an organization's calls, each checked against the world."""

    def __init__(self, world: World, admitting: Admitting) -> None:
        self.world, self.admitting = world, admitting

    def stored_calls(self) -> dict[str, StoredCall]:
        """Return all calls of the organization."""
        found = self.admitting.rows(CALLS, self.admitting.owner.organization_id)
        calls = [StoredCall(*row[:6], *(_time(each) for each in row[6:])) for row in found]
        return {each.id: each for each in calls}

    def read(self, campaign: Campaign) -> Json:
        """Return a campaign by the API."""
        query = f"query($id: ID!) {{ campaign(id: $id) {{ {CAMPAIGN} }} }}"
        return self.admitting.owner(query, id=campaign.id)["campaign"]

    # ------------------------------------------------------------------------------------------------ admission

    def admit(self) -> None:
        """Admit once, and check whom: each may be called, and whoever was refused or exhausted had to be."""
        hold(self.world, now())
        self.admitting.admit()
        known, stored = self.world.calls, self.stored_calls()
        new = sorted((each for each in stored.values() if each.id not in known), key=lambda each: each.created_at)
        admitted = [self._check_admitted(each) for each in new]
        for call in admitted:
            count_attempt(self.world, call)
        for call in admitted:
            found = list(self.world.obstacles_after_admission(call, call.created_at, admitted))
            assert not found, (found, call)
        for call in admitted:
            assert call.contact, "only attempts are admitted"
            call.contact.last_number = call.number
        for campaign in self.world.campaigns.values():
            self._adopt(campaign, self.read(campaign))
        hold(self.world, now())

    def _check_admitted(self, stored: StoredCall) -> Call:
        contact = next(each for each in self.world.contacts if each.id == stored.contact_id)
        number = next(each for each in self.world.numbers.values() if each.id == stored.number_id)
        found = list(self.world.obstacles_to_admission(contact, number, stored.created_at))
        assert not found, (found, contact, stored)
        return Call(stored.id, number, stored.to, stored.created_at, contact)

    def _adopt(self, campaign: Campaign, found: Json) -> None:
        """Take over what an admission may decide besides: whom it refuses, and how a campaign ends or pauses."""
        at = now()
        if found["status"] == "PAUSED" and campaign.status == "RUNNING":
            assert self._may_pause(campaign, at), campaign
            stop(self.world, campaign, "PAUSED", at)
        for row in found["contacts"]["nodes"]:
            contact = campaign.contacts[row["e164"]]
            if contact.status == "PENDING" and row["status"] in ("REFUSED", "EXHAUSTED"):
                assert self._may_become(row["status"], contact, at), contact
                contact.status, contact.refusal = row["status"], row["refusal"] and row["refusal"]["code"]
        if found["status"] == "COMPLETED" and campaign.status == "RUNNING":
            assert not _unfinished(campaign), campaign
            campaign.status = "COMPLETED"

    def _may_pause(self, campaign: Campaign, at: datetime) -> bool:
        numbers = [self.world.numbers[each] for each in campaign.pool]
        if fails_too_often(self.world, campaign, at):
            return True
        if numbers:
            return not any(each.is_shared for each in numbers)
        return not (campaign.number or campaign.bound).is_usable

    def _may_become(self, status: str, contact: Contact, at: datetime) -> bool:
        if status == "EXHAUSTED":
            return contact.attempts >= contact.campaign.max_attempts
        own = contact.own_number
        is_suppressed = self.world.is_suppressed(contact.e164, at - MINUTE)
        return is_suppressed or not contact.zones or (own is not None and not own.is_usable)

    # --------------------------------------------------------------------------------------------------- claims

    def claim(self) -> int:
        """Claim once over each trunk, and check each call that is dialed or withdrawn; return how many those are."""
        queued = [each.number.trunk.id for each in self.world.calls.values() if each.is_queued]
        return sum(self._claim_of(each) for each in dict.fromkeys(queued))

    def _claim_of(self, trunk_id: str) -> int:
        self.admitting.trunk = trunk_id
        claimed = self.admitting.claim()
        stored = self.stored_calls()
        queued = [each for each in self.world.calls.values() if each.is_queued]
        ended = [each for each in queued if stored[each.id].ended_at]
        for call in queued:
            call.dialed_at = stored[call.id].dialed_at
        assert sorted(claimed) == sorted(each.id for each in queued if each.dialed_at)
        for call in queued:
            if call.dialed_at:
                found = list(self.world.obstacles_to_dialing(call, call.dialed_at))
                assert not found, (found, call)
        reasons = {each.id: self._reasons(each) for each in ended}
        for call in ended:
            reason = stored[call.id].end_reason
            assert reason in reasons[call.id], (reason, call)
            withdraw(call, now(), is_suppressed=reason == "NUMBER_SUPPRESSED")
        return len(claimed) + len(ended)

    def _reasons(self, call: Call) -> set[str]:
        """Return why a call that waits to be dialed may be withdrawn."""
        world, at = self.world, now()
        reasons = set() if call.number.is_usable else {"NUMBER_NO_LONGER_AVAILABLE"}
        if world.is_suppressed(call.to, at - MINUTE):
            reasons.add("NUMBER_SUPPRESSED")
        if call.contact and not call.contact.is_open_throughout(call.created_at, at):
            reasons.add("WINDOW_CLOSED")
        if call.contact and self._may_be_cancelled(call.contact, at):
            reasons.add("CANCELLED")
        return reasons

    def _may_be_cancelled(self, contact: Contact, at: datetime) -> bool:
        world, campaign = self.world, contact.campaign
        attempts = world.attempts_of(campaign)
        live = sum(each.is_live for each in world.calls.values())
        recent = sum((each.dialed_at or at) > at - MINUTE - SECOND for each in attempts)
        to_number = [each.dialed_at or at for each in world.attempts_to(contact.e164)]
        return (
            not campaign.runs_at(at)
            or contact.attempts > campaign.max_attempts
            or sum(each.ended_at is None for each in attempts) > campaign.most
            or (campaign.per_minute is not None and recent > campaign.per_minute)
            or sum(each > at - DAY - SECOND for each in to_number) > ATTEMPTS_A_DAY
            or (world.budget is not None and live >= world.budget)
        )

    # ------------------------------------------------------------------------------------------------- all of it

    def upkeep(self) -> None:
        """End the campaigns whose end has come."""
        for campaign in self.world.campaigns.values():
            at = now()
            if campaign.status in ("RUNNING", "PAUSED") and campaign.ends_at and campaign.ends_at <= at:
                self.admitting.settle(campaign.id)
                stop(self.world, campaign, "COMPLETED", at)

    def work(self) -> None:
        """Do all that a dialer would, until there is nothing left to do; then nobody is left who must be called."""
        self.upkeep()
        for _ in range(MAX_ROUNDS):
            before, at = self._state(), now()
            claimed = self.claim()
            self.admit()
            if claimed == 0 and self._state() == before:
                break
        else:
            raise AssertionError("the dialer goes round in circles")
        left = [each for each in self.world.contacts if self.world.must_be_called(each, at)]
        assert not left, left
        assert not self._unclaimed(), self._unclaimed()
        done = [each for each in self.world.campaigns.values() if each.runs_at(at - SECOND) and not _unfinished(each)]
        assert not done, done

    def _state(self) -> list[Any]:
        owner = self.admitting.owner.organization_id
        of_contacts = "SELECT id, status, due_at, wait_reason FROM contact WHERE organization_id = ? ORDER BY id"
        of_campaigns = "SELECT id, status FROM campaign WHERE organization_id = ? ORDER BY id"
        return [*self.admitting.rows(of_contacts, owner), *self.admitting.rows(of_campaigns, owner)]

    def _unclaimed(self) -> list[Call]:
        """Return queued calls for which their trunks and the budget have room."""
        live = [each for each in self.world.calls.values() if each.is_live]
        has_budget = self.world.budget is None or len(live) < self.world.budget
        return [
            each
            for each in self.world.calls.values()
            if each.is_queued
            and has_budget
            and sum(other.number.trunk is each.number.trunk for other in live) < each.number.trunk.most
        ]

    # ---------------------------------------------------------------------------------------- states and counts

    def compare(self) -> None:
        """Compare contacts, their attempts and the statistics with the model."""
        for campaign in self.world.campaigns.values():
            before, found, after = now(), self.read(campaign), now()
            _require_same(found["status"], campaign.status, campaign)
            rows = {row["e164"]: row for row in found["contacts"]["nodes"]}
            told = {e164: (row["status"], len(row["attempts"])) for e164, row in rows.items()}
            _require_same(told, {each.e164: (each.status, each.attempts) for each in campaign.contacts.values()})
            for contact in campaign.contacts.values():
                self._compare_wait(contact, rows[contact.e164]["waitsFor"], before, after)
            _require_same(_read_statistics(found["statistics"]), self._statistics(campaign), campaign)
        going_on = {each.id for each in self.stored_calls().values() if each.ended_at is None}
        _require_same(going_on, {each.id for each in self.world.calls.values() if each.ended_at is None})
        _require_same(self.admitting.wrong_counts(), [])

    def _compare_wait(self, contact: Contact, waits_for: str | None, before: datetime, after: datetime) -> None:
        campaign = contact.campaign
        if contact.status != "PENDING" or campaign.status != "RUNNING":
            _require_same(waits_for, "CAMPAIGN" if contact.status == "PENDING" else None, contact)
        elif campaign.starts_at and campaign.starts_at > after:
            _require_same(waits_for, "START", contact)
        elif contact.due_at > after + SECOND:
            assert waits_for in ("RETRY", "START", "ATTEMPT_LIMIT"), (waits_for, contact)
        elif contact.is_open(before) == contact.is_open(after) and not contact.held_until:
            expected = ROOM if contact.is_open(after) else {"WINDOW"}
            assert contact.due_at > before - SECOND or waits_for in expected, (waits_for, contact)

    def _statistics(self, campaign: Campaign) -> Json:
        calls, contacts = self.world.attempts_of(campaign), campaign.contacts.values()
        return {
            "contacts": len(contacts),
            "attempts": len(calls),
            "liveCalls": sum(each.ended_at is None for each in calls),
            "byStatus": Counter(each.status for each in contacts),
            "byOutcome": Counter(each.outcome for each in calls if each.outcome),
        }


def _read_statistics(found: Json) -> Json:
    by_status = {each["status"]: each["contacts"] for each in found["byStatus"]}
    return found | {
        "byStatus": by_status,
        "byOutcome": {each["outcome"]: each["attempts"] for each in found["byOutcome"]},
    }


def _require_same(found: object, expected: object, where: object = None) -> None:
    assert found == expected, f"{found} is not {expected}: {where}"


def _unfinished(campaign: Campaign) -> bool:
    return any(each.status in ("PENDING", "IN_CALL") for each in campaign.contacts.values())


def _time(stored: Any) -> datetime | None:
    if stored is None or isinstance(stored, datetime):
        return stored and stored.astimezone(UTC)
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def stored_time(at: datetime) -> Any:
    """Return a time as either database stores it."""
    return at if ON_POSTGRES else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
