"""Turn a filter of phone numbers into conditions, and choose the index ranges that its pages are read from."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from calling.e164 import MAX_TYPED_LENGTH, strip_punctuation
from models import AgentVersion, PhoneNumber, PhoneNumberAccess, Trunk
from models.expressions import Columns
from models.index_merge import ColumnsWithoutIndex
from models.number_ranges import ranges_by_agent, ranges_by_sharing, ranges_by_slots, ranges_by_trunk
from models.number_search import (
    LAST_DIGITS,
    MIN_INDEXED_DIGITS,
    MIN_LONG_DIGITS,
    ranges_by_digits,
    ranges_by_long_digits,
)
from models.phone_number import NumberRanges
from resolvers.keyset_pagination import AFTER_ALL_IDS, BEFORE_ALL_IDS, UNBOUNDED, Condition, KeyRange, SortColumn
from resolvers.root_connections import ACTING_ID, AppliedFilter, FilterColumns
from resolvers.top_level_error import bad_user_input

number = PhoneNumber.columns()
# Conditions by the name of a filter, on the columns of a table.
Filters = dict[str, Callable[[FilterColumns], Condition]]
# The same, on the columns of the tables whose index ranges are read.
RangeFilters = dict[str, Callable[[Columns], Condition]]
# Appended to a prefix of numbers, it sorts after all numbers with that prefix.
HIGHEST_DIGITS = "9" * 15
# Part of a number: digits, perhaps with the leading plus.
NUMBER_PART = re.compile(r"\+?[0-9]*", re.ASCII)
OWNER_ONLY_FILTERS = ("outbound_assigned", "inbound_assigned", "trunk_id", "agent_id")


@dataclass(frozen=True)
class NumberFilter:
    """A parsed filter: the `names` of its conditions, and whether it is for own or borrowed numbers only (`owned`)."""

    names: tuple[str, ...]
    owned: bool | None
    matches_nothing: bool
    ordered_by_e164: bool
    applied: AppliedFilter

    @classmethod
    def parse(cls, filter: Mapping[str, Any], order_column: str) -> "NumberFilter":
        """Parse a filter of a list that is ordered by `order_column`. Raises TopLevelError (BAD_USER_INPUT)."""
        values = {name: value for name, value in filter.items() if value is not None}
        owned, contradictory = _ownership(values)
        part = _parse_part(values.pop("e164_contains", ""))
        values, key_range = values | _digit_parameters(part), UNBOUNDED
        if order_column == "e164" and "begins" in values:
            key_range = KeyRange((part, BEFORE_ALL_IDS), (part + HIGHEST_DIGITS, AFTER_ALL_IDS))
            values = {
                name: value for name, value in values.items() if name not in ("begins", "ends", "digits", "last_digits")
            }
        elif order_column == "e164" and "digits" in values:
            key_range = KeyRange(("+", BEFORE_ALL_IDS), ("+" + HIGHEST_DIGITS, AFTER_ALL_IDS))
        given, empty = tuple(sorted(values)), contradictory or not NUMBER_PART.fullmatch(part)
        return cls(
            given, owned, empty, order_column == "e164", AppliedFilter((*given, owned, empty), values, key_range)
        )

    def select_rows(self, acting_id: sa.BindParameter[str]) -> sa.Select[Any]:
        rows = PhoneNumber.ids_visible_to(acting_id).where(*self._conditions(number))
        return (
            rows if self.owned is None else rows.where((number.organization_id == acting_id) == sa.literal(self.owned))
        )

    def select_first_rows(
        self,
        acting_id: sa.BindParameter[str],
        range_conditions: list[Condition],
        order_by: list[SortColumn],
        limit: sa.BindParameter[int],
    ) -> sa.Select[Any]:
        checked_columns = ColumnsWithoutIndex(number)
        own = [checked_columns.organization_id == acting_id] if self.owned else []
        conditions = [*own, *self._conditions(checked_columns), *range_conditions]
        return PhoneNumber.first_visible_to(
            acting_id, self.owned, self._index_ranges(), conditions, order=order_by, limit=limit
        )

    def _conditions(self, columns: FilterColumns) -> list[Condition]:
        conditions = [CONDITIONS[name](columns) for name in self.names if name in CONDITIONS]
        return [*conditions, sa.false()] if self.matches_nothing else conditions

    def _index_ranges(self) -> NumberRanges:
        """Choose the index ranges of the filter that likely matches the fewest; others are checked row by row."""
        if "agent_id" in self.names:
            return ranges_by_agent(ACTING_ID, PARAMETERS["agent_id"])
        shareable = PARAMETERS["shareable"] if "shareable" in self.names else None
        if "trunk_id" in self.names:
            return ranges_by_trunk(self._range_conditions(TRUNK_CONDITIONS), shareable)
        if "digits" in self.names and not self.matches_nothing:
            return self._ranges_by_digits(shareable)
        if "outbound_assigned" in self.names or "inbound_assigned" in self.names:
            return ranges_by_slots(self._range_conditions(SLOT_CONDITIONS))
        if "outbound_capable" in self.names:
            return ranges_by_trunk(self._range_conditions(TRUNK_CONDITIONS), shareable)
        return ranges_by_sharing(shareable)

    def _ranges_by_digits(self, shareable: sa.BindParameter[Any] | None) -> NumberRanges:
        ranges = ranges_by_digits(PARAMETERS["digits"], shareable, by_e164=self.ordered_by_e164)
        return (
            ranges_by_long_digits(PARAMETERS["last_digits"], ranges, shareable)
            if "last_digits" in self.names
            else ranges
        )

    def _range_conditions(self, filters: RangeFilters) -> Callable[[Columns], list[Condition]]:
        return lambda columns: [filters[name](columns) for name in filters if name in self.names]


def _parse_part(text: str) -> str:
    if len(text) > MAX_TYPED_LENGTH:
        raise bad_user_input(
            f"filter.e164Contains has at most {MAX_TYPED_LENGTH} characters: send some of a number's digits, such as"
            " 555 0100."
        )
    return strip_punctuation(text)


def _ownership(values: dict[str, object]) -> tuple[bool | None, bool]:
    """Return whether to list own numbers, borrowed ones, or both (None), and whether filters contradict each other."""
    access = values.pop("access", None)
    requested = None if access is None else access is PhoneNumberAccess.OWNED
    owned = True if any(name in values for name in OWNER_ONLY_FILTERS) else None
    return (requested if owned is None else owned), owned is True and requested is False


def _digit_parameters(part: str) -> dict[str, str]:
    """Return the parameters of a search for digits; with a leading plus it is a range in the order of numbers."""
    digits = part.removeprefix("+")
    if not digits:
        return {}
    begins = {"begins": part, "ends": part + HIGHEST_DIGITS} if part != digits else {"contains": f"%{digits}%"}
    last_digits = {"last_digits": digits[-LAST_DIGITS:]} if len(digits) >= MIN_LONG_DIGITS else {}
    return begins | last_digits | ({"digits": digits} if len(digits) >= MIN_INDEXED_DIGITS else {})


def _has_outbound_trunk(number_columns: FilterColumns) -> sa.ColumnElement[bool]:
    carrier = Trunk.__table__.alias("checked_carrier")
    on_outbound_trunk = sa.exists().where(carrier.c.id == number_columns.trunk_id, _is_outbound_trunk(carrier.c))
    return on_outbound_trunk.correlate(PhoneNumber.__table__)


def _own_trunk() -> sa.ScalarSelect[Any]:
    """Select the trunk's id, or NULL if it is another organization's, so that none of that trunk's numbers is read."""
    trunk = Trunk.__table__.alias("own_trunk").c
    return (
        sa.select(trunk.id)
        .where(trunk.id == PARAMETERS["trunk_id"], trunk.organization_id == ACTING_ID)
        .scalar_subquery()
    )


def _is_outbound_trunk(trunk: Columns) -> Condition:
    return Trunk.can_dial(trunk) == PARAMETERS["outbound_capable"]


PARAMETERS: dict[str, sa.BindParameter[Any]] = {
    name: sa.bindparam(name, type_=kind)
    for kind, names in (
        (sa.Boolean, ("shareable", "outbound_capable", "outbound_assigned", "inbound_assigned")),
        (sa.String, ("trunk_id", "agent_id", "contains", "begins", "ends", "digits", "last_digits")),
    )
    for name in names
}
AGENT_VERSION_IDS = AgentVersion.of_own_agent(ACTING_ID, PARAMETERS["agent_id"])
CONDITIONS: Filters = {
    "contains": lambda c: c.e164.like(PARAMETERS["contains"]),
    "begins": lambda c: c.e164 >= PARAMETERS["begins"],
    "ends": lambda c: c.e164 <= PARAMETERS["ends"],
    "shareable": lambda c: c.shareable == PARAMETERS["shareable"],
    "outbound_capable": _has_outbound_trunk,
    "outbound_assigned": lambda c: c.outbound_assigned_at.is_not(None) == PARAMETERS["outbound_assigned"],
    "inbound_assigned": lambda c: c.inbound_assigned_at.is_not(None) == PARAMETERS["inbound_assigned"],
    "trunk_id": lambda c: c.trunk_id == _own_trunk(),
    "agent_id": lambda c: sa.or_(
        c.inbound_agent_version_id.in_(AGENT_VERSION_IDS), c.outbound_agent_version_id.in_(AGENT_VERSION_IDS)
    ),
}
# The same conditions on the tables whose index ranges are read.
TRUNK_CONDITIONS: RangeFilters = {
    "trunk_id": lambda c: c.id == _own_trunk(),
    "outbound_capable": _is_outbound_trunk,
}
SLOT_CONDITIONS: RangeFilters = {
    "outbound_assigned": lambda c: c.outbound == PARAMETERS["outbound_assigned"],
    "inbound_assigned": lambda c: c.inbound == PARAMETERS["inbound_assigned"],
}
