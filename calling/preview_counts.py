"""Count the contacts of a dry run: by refusal, number, step and time zone (R25)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calling.contact_group import RefusalCount
from calling.group_decisions import DecidedGroup
from calling.group_hours import GroupHours
from calling.resolution_result import OutboundNumberRule
from models import ErrorCode

# How many reasons are told apart; further ones of a code are counted with its most frequent one.
MAX_REFUSALS = 50


@dataclass(frozen=True)
class NumberCount:
    """How many contacts are called next from a number."""

    e164: str
    contacts: int


@dataclass(frozen=True)
class RuleCount:
    """For how many contacts a step chooses the number."""

    rule: OutboundNumberRule
    contacts: int


@dataclass(frozen=True)
class ZoneCount:
    """How many contacts are in a time zone, and when they may be called next."""

    time_zone: str
    contacts: int
    opens_at: datetime | None


def count_refusals(decided: Sequence[DecidedGroup], refused: Sequence[RefusalCount]) -> list[RefusalCount]:
    """Count the contacts by reason that are refused now, or have been, the most frequent first."""
    counts: Counter[tuple[ErrorCode, str]] = Counter()
    for known in refused:
        counts[known.code, known.message] += known.contacts
    for each in decided:
        if each.refusal:
            counts[each.refusal.code, each.refusal.message] += each.group.contacts
    told = dict(counts.most_common(MAX_REFUSALS))
    for (code, message), contacts in counts.most_common()[MAX_REFUSALS:]:
        first = next((key for key in told if key[0] is code), (code, message))
        told[first] = told.get(first, 0) + contacts
    return [RefusalCount(code, message, contacts) for (code, message), contacts in told.items()]


def count_numbers(dialable: Sequence[DecidedGroup], from_pool: Counter[str]) -> list[NumberCount]:
    """Count the contacts by the number that calls them next, the most used first."""
    counts = from_pool.copy()
    for each in dialable:
        if each.resolution and each.resolution.agent_number:
            counts[each.resolution.agent_number] += each.group.contacts
    return [NumberCount(e164, contacts) for e164, contacts in counts.most_common()]


def count_rules(dialable: Sequence[DecidedGroup], from_pool: Counter[str]) -> list[RuleCount]:
    """Count the contacts by the step that chooses their number; the pool's choice enters step 1."""
    counts = Counter({OutboundNumberRule.AGENT_NUMBER: from_pool.total()})
    for each in dialable:
        if each.resolution and each.resolution.decided_by:
            counts[each.resolution.decided_by] += each.group.contacts
    return [RuleCount(rule, counts[rule]) for rule in OutboundNumberRule if counts[rule]]


def count_zones(dialable: Sequence[DecidedGroup], hours: GroupHours) -> list[ZoneCount]:
    """Count the contacts by their time zones, each with its first opening, the most contacts first."""
    counts: Counter[str] = Counter()
    openings: dict[str, datetime | None] = {}
    for each in dialable:
        names, opening = hours.time_zones(each.group), hours.opening(each.group)
        counts[names] += each.group.contacts
        known = openings.get(names)
        openings[names] = min(known, opening) if known and opening else known or opening
    return [ZoneCount(names.replace(",", ", "), contacts, openings[names]) for names, contacts in counts.most_common()]
