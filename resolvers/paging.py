"""Pages by keyset: a cursor is where a row stands in the order, so no page ever counts rows to skip."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import orjson
import sqlalchemy as sa

from models.instant import Instant
from resolvers.problem import Problem, bad_user_input

PAGE = 50
LARGEST_PAGE = 100
# Where something stands in an order: the value that it is ordered by, and an id.
Place = tuple[Any, str]
# Before and after all ids.
FIRST_ID, LAST_ID = "", "~"


@dataclass(frozen=True)
class Stretch:
    """What lies between two places, neither of them included; None: all that there is on that side."""

    low: Place | None = None
    high: Place | None = None

    def within(self, other: "Stretch") -> "Stretch":
        """What lies in both."""
        lows = [each.low for each in (self, other) if each.low]
        highs = [each.high for each in (self, other) if each.high]
        return Stretch(max(lows, default=None), min(highs, default=None))

    @property
    def ends(self) -> tuple[str, ...]:
        """Stretches with the same ends differ in their values alone."""
        return tuple(side for side in ("low", "high") if getattr(self, side))

    @property
    def values(self) -> dict[str, Any]:
        places = {side: getattr(self, side) for side in self.ends}
        return {
            f"{side}_{part}": value
            for side, place in places.items()
            for part, value in zip(("by", "id"), place, strict=True)
        }


EVERYWHERE = Stretch()


def created_between(after: datetime | None, before: datetime | None) -> Stretch:
    low = (after.astimezone(UTC), LAST_ID) if after else None
    return Stretch(low, (before.astimezone(UTC), FIRST_ID) if before else None)


@dataclass(frozen=True)
class Order:
    """By one column and, among equals, by id; both in the same direction."""

    by: Any
    id: Any
    descending: bool = False

    @cached_property
    def name(self) -> str:
        return str(self.by)

    def place(self, row: Any) -> str:
        """The cursor of a row."""
        value = getattr(row, self.by.name)
        written = value.isoformat() if isinstance(value, datetime) else value
        text = orjson.dumps([self.name, written, row.id])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def bounds(self, stretch: Stretch) -> list[sa.ColumnElement[bool]]:
        """Conditions with parameters, so that one statement serves all stretches with the same ends."""
        return [self._bound(side) for side in stretch.ends]

    def _bound(self, side: str) -> sa.ColumnElement[bool]:
        place = [sa.bindparam(f"{side}_by", type_=self.by.type), sa.bindparam(f"{side}_id", type_=self.id.type)]
        here, there = sa.tuple_(self.by, self.id), sa.tuple_(*place)
        return here > there if side == "low" else here < there

    def columns(self, *, backwards: bool = False) -> list[Any]:
        down = self.descending is not backwards
        return [column.desc() if down else column.asc() for column in (self.by, self.id)]

    def read(self, cursor: str) -> Place:
        """The place that a cursor stands for."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            name, value, identifier = orjson.loads(text)
            where = datetime.fromisoformat(value).astimezone(UTC) if isinstance(self.by.type, Instant) else value
        except (ValueError, TypeError, OverflowError):
            raise _bad_cursor() from None
        if name != self.name or not isinstance(where, str | datetime) or not isinstance(identifier, str):
            raise _bad_cursor()
        return where, identifier


def _bad_cursor() -> Problem:
    return bad_user_input(
        "This is not a cursor of this list in this order. Send an endCursor or startCursor that it gave."
    )


@dataclass(frozen=True)
class PageEdge:
    order: Order
    node: Any

    @property
    def cursor(self) -> str:
        return self.order.place(self.node)


@dataclass(frozen=True)
class Page:
    """A connection: rows in order, and what lies around them. `count` is called only when totalCount is asked for."""

    nodes: Sequence[Any]
    order: Order
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]

    @property
    def edges(self) -> list[PageEdge]:
        return [PageEdge(self.order, row) for row in self.nodes]

    @property
    def page_info(self) -> "PageInfo":
        return PageInfo(self)


@dataclass(frozen=True)
class PageInfo:
    page: Page

    @property
    def has_next_page(self) -> bool:
        return self.page.has_next

    @property
    def has_previous_page(self) -> bool:
        return self.page.has_previous

    @property
    def start_cursor(self) -> str | None:
        return self._cursor(0)

    @property
    def end_cursor(self) -> str | None:
        return self._cursor(-1)

    def _cursor(self, place: int) -> str | None:
        return self.page.order.place(self.page.nodes[place]) if self.page.nodes else None


@dataclass(frozen=True)
class Window:
    """What a client asked for: `first` after `after`, or `last` before `before`."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None:
            raise bad_user_input("Send first or last, not both.")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= LARGEST_PAGE:
                raise bad_user_input(f"{name} is {size}; it can be 1 to {LARGEST_PAGE}. Page on with cursors.")

    @property
    def backwards(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        return self.first or self.last or PAGE

    def stretch(self, order: Order) -> Stretch:
        """What lies between the cursors."""
        places = [cursor if cursor is None else order.read(cursor) for cursor in (self.after, self.before)]
        return Stretch(*(reversed(places) if order.descending else places))

    def page(self, rows: Sequence[Any], order: Order, count: Callable[[], Awaitable[int]]) -> Page:
        """`rows` are one more than the size where there are more."""
        more, shown = len(rows) > self.size, list(rows[: self.size])
        if self.backwards:
            return Page(shown[::-1], order, self.before is not None, more, count)
        return Page(shown, order, more, self.after is not None, count)
