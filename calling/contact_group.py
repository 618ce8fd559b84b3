"""Group contacts that one decision holds for: the dry run asks the rules once a group, not once a contact (R25).

The database groups the contacts of a campaign; each of one that is not created yet is a group of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

from calling.campaign_readiness import ReadinessRules
from calling.contacts import KnownContacts, SentContact, refusal_of
from calling.e164 import normalize_e164
from models import Campaign, ErrorCode, Refusal, Refused
from models.preview_rows import ContactGroupRow, TurnRow
from models.preview_statements import RANGE_LENGTH

# Contacts that are sent are due in their order, all of them before now.
A_SECOND = timedelta(seconds=1)
# "+1" and an area code: numbers of the pool are preferred by it (R20).
AREA_CODE_LENGTH = 5


@dataclass(frozen=True)
class ContactGroup:
    """Contacts that are alike, as `models/preview_statements.py` counts them."""

    prefix: str
    zone_key: str
    agent_number: str | None
    is_suppressed: bool
    is_due: bool
    contacts: int
    example: str
    last_example: str
    first_due_at: datetime
    last_due_at: datetime
    last_agent_number: str | None = None
    attempt_count: int = 0


@dataclass(frozen=True)
class RefusalCount:
    """How many contacts are refused in the same words."""

    code: ErrorCode
    message: str
    contacts: int


@dataclass(frozen=True)
class GroupedContacts:
    """The contacts of a campaign: groups of those that wait to be called, and how many are refused, and why.

    `rows`: those who wait, where they are not stored.
    """

    pending: Sequence[ContactGroupRow]
    refused: Sequence[RefusalCount]
    rows: Sequence[TurnRow] = ()

    @property
    def contacts(self) -> int:
        """How many contacts there are."""
        return sum(each.contacts for each in self.pending) + sum(each.contacts for each in self.refused)


def prefix_length(rules: ReadinessRules) -> int:
    """Return how many characters of a number decide about it: by its calling hours and its area code."""
    return max(AREA_CODE_LENGTH, *(len(prefix) for prefix in rules.calling_hours.by_prefix))


def turn_prefix_length(rules: ReadinessRules) -> int:
    """Return the same where each number is decided about, by its region, too."""
    return max(prefix_length(rules), RANGE_LENGTH if rules.allowed_regions else 0)


def group_sent(
    campaign: Campaign, sent: Iterable[tuple[str, SentContact]], suppressed: set[str], at: datetime, length: int
) -> GroupedContacts:
    """Group contacts as an import would store or refuse them: each is a group of its own.

    `sent`: each contact with its number as it was sent. `suppressed`: the numbers that must not be called.
    """
    known = KnownContacts(campaign, refuses_duplicates=False, room=None, suppressed=suppressed, at=at - A_SECOND)
    refusals = []
    for number, each in sent:
        try:
            if isinstance(each, Refusal):
                refusals.append((number, each))
            else:
                known.add(each)
        except Refused as error:
            refusals.append((number, error.refusal))
    pending, rows = [], []
    for row in known.created.values():
        if refusal := refusal_of(row):
            refusals.append((row.e164, refusal))
        else:
            pending.append(_group_of(row, at, length))
            rows.append(row)
    return GroupedContacts(pending, [_count_one(number, refusal) for number, refusal in refusals], rows)


def _group_of(row: SimpleNamespace, at: datetime, length: int) -> ContactGroup:
    """Return the group of one contact that an import would store."""
    return ContactGroup(
        prefix=row.e164[:length],
        zone_key=row.zone_key,
        agent_number=row.agent_number,
        is_suppressed=False,
        is_due=row.not_before is None or row.not_before <= at,
        contacts=1,
        example=row.e164,
        last_example=row.e164,
        first_due_at=row.due_at,
        last_due_at=row.due_at,
    )


def _count_one(number: str, refusal: Refusal) -> RefusalCount:
    told = without_number(without_number(refusal, repr(number[:40])), normalize_e164(number) or number)
    return RefusalCount(told.code, told.message, 1)


def without_number(refusal: Refusal, number: str) -> Refusal:
    """Return a refusal in words that hold for every contact that is refused for the same reason."""
    return Refusal(refusal.code, refusal.message.replace(number, "The number"), refusal.field)
