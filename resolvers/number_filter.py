"""What a filter of phone numbers asks for, and by which streams its pages are found."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from calling.e164 import without_punctuation
from models import AgentVersion, PhoneNumber, PhoneNumberAccess, Trunk
from models.number_search import LONG, SHORTEST, TELLING, by_digits, by_long_digits
from models.number_streams import by_agent, by_sharing, by_slots, by_trunk
from models.phone_number import Streams
from models.streams import CheckedColumns
from resolvers.lists import Filtered
from resolvers.paging import EVERYWHERE, FIRST_ID, LAST_ID, Stretch

number = PhoneNumber.columns()
# Follows a part of a number where all that begin with it lie before.
BEYOND = "9" * 15
# Of a number, as far as it is one: its plus begins it, and there is no other.
PART = re.compile(r"\+?[0-9]*", re.ASCII)
OF_OWN_NUMBERS = ("outbound_assigned", "inbound_assigned", "trunk_id", "agent_id")


@dataclass(frozen=True)
class NumberFilter:
    """`given`: what is filtered by. `owned`: own numbers alone, or borrowed ones alone. `empty`: nothing can match."""

    given: tuple[str, ...]
    owned: bool | None
    empty: bool
    by_e164: bool
    filtered: Filtered

    @classmethod
    def read(cls, filter: dict[str, Any], by: str) -> "NumberFilter":
        """`by`: what the list is ordered by."""
        sent = {name: value for name, value in filter.items() if value is not None}
        owned, none_is_both = _whose(sent)
        part = without_punctuation(sent.pop("e164_contains", ""))
        sent, stretch = sent | _containing(part), EVERYWHERE
        if by == "e164" and "begins" in sent:
            stretch = Stretch((part, FIRST_ID), (part + BEYOND, LAST_ID))
            sent = {name: value for name, value in sent.items() if name not in ("begins", "ends", "digits", "telling")}
        elif by == "e164" and "digits" in sent:
            stretch = Stretch(("+", FIRST_ID), ("+" + BEYOND, LAST_ID))
        given, empty = tuple(sorted(sent)), none_is_both or not PART.fullmatch(part)
        return cls(given, owned, empty, by == "e164", Filtered((*given, owned, empty), sent, stretch))

    def rows(self, asking: Any) -> sa.Select[Any]:
        rows = PhoneNumber.ids_seen_by(asking).where(*self._conditions(number))
        return rows if self.owned is None else rows.where((number.organization_id == asking) == sa.literal(self.owned))

    def first(self, asking: Any, bounds: list[Any], columns: list[Any], most: Any) -> sa.Select[Any]:
        its = CheckedColumns(number)
        own = [its.organization_id == asking] if self.owned else []
        conditions = [*own, *self._conditions(its), *bounds]
        return PhoneNumber.first_seen_by(asking, self.owned, self._streams(), conditions, columns, most)

    def _conditions(self, its: Any) -> list[Any]:
        asked = [FILTERS[name](its) for name in self.given if name in FILTERS]
        return [*asked, sa.false()] if self.empty else asked

    def _streams(self) -> Streams:
        """What is likely to leave the fewest says where to look; the rest is checked in each number."""
        if "agent_id" in self.given:
            return by_agent(VALUES["agent_id"])
        shareable = VALUES["shareable"] if "shareable" in self.given else None
        if "trunk_id" in self.given:
            return by_trunk(self._chosen(OF_TRUNKS), shareable)
        if "digits" in self.given and not self.empty:
            return self._by_digits(shareable)
        if "outbound_assigned" in self.given or "inbound_assigned" in self.given:
            return by_slots(self._chosen(OF_SLOTS))
        if "outbound_capable" in self.given:
            return by_trunk(self._chosen(OF_TRUNKS), shareable)
        return by_sharing(shareable)

    def _by_digits(self, shareable: Any) -> Streams:
        found = by_digits(VALUES["digits"], shareable, in_order=self.by_e164)
        return by_long_digits(VALUES["telling"], found, shareable) if "telling" in self.given else found

    def _chosen(self, filters: dict[str, Any]) -> Any:
        return lambda its: [filters[name](its) for name in filters if name in self.given]


def _whose(sent: dict[str, Any]) -> tuple[bool | None, bool]:
    """Own numbers, borrowed ones, or both (None); and whether two filters contradict each other."""
    access = sent.pop("access", None)
    asked = None if access is None else access is PhoneNumberAccess.OWNED
    owned = True if any(name in sent for name in OF_OWN_NUMBERS) else None
    return (asked if owned is None else owned), owned is True and asked is False


def _containing(part: str) -> dict[str, str]:
    """Every number begins with its only plus: what has one is where it stands in the order."""
    digits = part.removeprefix("+")
    if not digits:
        return {}
    begins = {"begins": part, "ends": part + BEYOND} if part != digits else {"contains": f"%{digits}%"}
    told = {"telling": digits[-TELLING:]} if len(digits) >= LONG else {}
    return begins | told | ({"digits": digits} if len(digits) >= SHORTEST else {})


def _capable(its: Any) -> sa.ColumnElement[bool]:
    carrier = Trunk.__table__.alias("checked_carrier")
    sits = sa.exists().where(carrier.c.id == its.trunk_id, _dials(carrier.c))
    return sits.correlate(PhoneNumber.__table__)


def _dials(trunk: Any) -> Any:
    return trunk.outbound_address.is_not(None) == VALUES["outbound_capable"]


VALUES = {
    name: sa.bindparam(name, type_=kind)
    for kind, names in (
        (sa.Boolean, ("shareable", "outbound_capable", "outbound_assigned", "inbound_assigned")),
        (sa.String, ("trunk_id", "agent_id", "contains", "begins", "ends", "digits", "telling")),
    )
    for name in names
}
VERSIONS = AgentVersion.of_agent(VALUES["agent_id"])
FILTERS: dict[str, Any] = {
    "contains": lambda its: its.e164.like(VALUES["contains"]),
    "begins": lambda its: its.e164 >= VALUES["begins"],
    "ends": lambda its: its.e164 <= VALUES["ends"],
    "shareable": lambda its: its.shareable == VALUES["shareable"],
    "outbound_capable": _capable,
    "outbound_assigned": lambda its: its.outbound_assigned_at.is_not(None) == VALUES["outbound_assigned"],
    "inbound_assigned": lambda its: its.inbound_assigned_at.is_not(None) == VALUES["inbound_assigned"],
    "trunk_id": lambda its: its.trunk_id == VALUES["trunk_id"],
    "agent_id": lambda its: sa.or_(
        its.inbound_agent_version_id.in_(VERSIONS), its.outbound_agent_version_id.in_(VERSIONS)
    ),
}
# The same, of what streams are made of.
OF_TRUNKS: dict[str, Any] = {"trunk_id": lambda its: its.id == VALUES["trunk_id"], "outbound_capable": _dials}
OF_SLOTS: dict[str, Any] = {
    "outbound_assigned": lambda its: its.outbound == VALUES["outbound_assigned"],
    "inbound_assigned": lambda its: its.inbound == VALUES["inbound_assigned"],
}
