"""Paginate by keyset: encode a row's sort key as its cursor, and turn cursors into SQL range conditions."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypedDict

import orjson
import sqlalchemy as sa

from models.rows import IdRow
from models.table import Table
from models.utc_datetime import UtcDateTime
from resolvers.top_level_error import TopLevelError, bad_user_input

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100
# The bind parameter of the LIMIT clause.
LIMIT = sa.bindparam("limit", type_=sa.Integer)
Condition = sa.ColumnElement[bool]
SortColumn = sa.UnaryExpression[Any]
# A position in an order: the value of the column that rows are sorted by, and an id.
SortKey = tuple[str | int | datetime, str]
# The databases store whole numbers of a column in 32 bits.
MAX_INTEGER = 2**31 - 1
# Strings that sort before and after all ids.
BEFORE_ALL_IDS, AFTER_ALL_IDS = "", "~"


@dataclass(frozen=True)
class KeyRange:
    """The open interval between two sort keys; None is no bound on that side."""

    low: SortKey | None = None
    high: SortKey | None = None

    def intersection(self, other: "KeyRange") -> "KeyRange":
        """Return the intersection of two ranges."""
        lows = [each.low for each in (self, other) if each.low]
        highs = [each.high for each in (self, other) if each.high]
        return KeyRange(max(lows, default=None), min(highs, default=None))

    @property
    def bounded_sides(self) -> tuple[str, ...]:
        """The sides with a bound. Ranges that are bounded on the same sides share a statement."""
        return tuple(side for side in ("low", "high") if getattr(self, side))

    @property
    def parameters(self) -> dict[str, str | int | datetime]:
        """The values of the bind parameters of `Order.conditions`."""
        sort_keys: dict[str, SortKey] = {side: getattr(self, side) for side in self.bounded_sides}
        return {
            f"{side}_{part}": value
            for side, sort_key in sort_keys.items()
            for part, value in zip(("by", "id"), sort_key, strict=True)
        }


UNBOUNDED = KeyRange()


def created_range(after: datetime | None, before: datetime | None) -> KeyRange:
    """Return the range of rows created after one time and before another, neither included."""
    low = (after.astimezone(UTC), AFTER_ALL_IDS) if after else None
    return KeyRange(low, (before.astimezone(UTC), BEFORE_ALL_IDS) if before else None)


@dataclass(frozen=True)
class Order:
    """An order by one column and, among equals, by id; both in the same direction."""

    sort_column: sa.Column[str] | sa.Column[int] | sa.Column[datetime]
    id_column: sa.Column[str]
    descending: bool = False

    @cached_property
    def name(self) -> str:
        """The order's name in cursors, so that a cursor of another order is refused."""
        return str(self.sort_column)

    def encode_cursor(self, row: IdRow) -> str:
        """Return a row's cursor."""
        value = getattr(row, self.sort_column.name)
        written = value.isoformat() if isinstance(value, datetime) else value
        text = orjson.dumps([self.name, written, row.id])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def conditions(self, key_range: KeyRange) -> list[sa.ColumnElement[bool]]:
        """Return the conditions of a range. Its values are bind parameters: see KeyRange.parameters."""
        return [self._condition(side) for side in key_range.bounded_sides]

    def _condition(self, side: str) -> sa.ColumnElement[bool]:
        bound = sa.tuple_(
            sa.bindparam(f"{side}_by", type_=self.sort_column.type),
            sa.bindparam(f"{side}_id", type_=self.id_column.type),
        )
        sort_key = sa.tuple_(self.sort_column, self.id_column)
        return sort_key > bound if side == "low" else sort_key < bound

    def order_by(self, *, backwards: bool = False) -> list[SortColumn]:
        """Return the columns for ORDER BY."""
        down = self.descending is not backwards
        return [column.desc() if down else column.asc() for column in (self.sort_column, self.id_column)]

    def decode_cursor(self, cursor: str) -> SortKey:
        """Return the sort key of a cursor. Raises TopLevelError (BAD_USER_INPUT)."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            name, value, identifier = orjson.loads(text)
            where = (
                datetime.fromisoformat(value).astimezone(UTC)
                if isinstance(self.sort_column.type, UtcDateTime)
                else value
            )
        except (ValueError, TypeError, OverflowError):
            raise _bad_cursor() from None
        if name != self.name or not self._is_sort_value(where) or not isinstance(identifier, str):
            raise _bad_cursor()
        return where, identifier

    def _is_sort_value(self, value: object) -> bool:
        if isinstance(self.sort_column.type, sa.Integer):
            return type(value) is int and abs(value) <= MAX_INTEGER
        return isinstance(value, str | datetime)


def _bad_cursor() -> TopLevelError:
    return bad_user_input(
        "This is not a cursor of this list in this order. Send an endCursor or startCursor that it gave."
    )


@dataclass(frozen=True)
class PageEdge:
    """A row of a page with its cursor."""

    order: Order
    node: IdRow

    @property
    def cursor(self) -> str:
        return self.order.encode_cursor(self.node)


@dataclass(frozen=True)
class Page:
    """A page of a connection: its rows in order, and whether there are more. `count` counts all rows of the list."""

    nodes: Sequence[IdRow]
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
    """The source of GraphQL's PageInfo."""

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

    def _cursor(self, index: int) -> str | None:
        return self.page.order.encode_cursor(self.page.nodes[index]) if self.page.nodes else None


class PageArguments(TypedDict, total=False):
    """The unchecked arguments of a connection."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None


@dataclass(frozen=True)
class ConnectionArguments:
    """The arguments of a connection: `first` rows after `after`, or `last` rows before `before`.

    Raises TopLevelError (BAD_USER_INPUT) for both, or for a size out of range.
    """

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None:
            raise bad_user_input("Send first or last, not both.")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
                raise bad_user_input(f"{name} is {size}; it can be 1 to {MAX_PAGE_SIZE}. Page on with cursors.")

    @property
    def backwards(self) -> bool:
        return self.last is not None

    @property
    def page_size(self) -> int:
        return self.first or self.last or DEFAULT_PAGE_SIZE

    def key_range(self, order: Order) -> KeyRange:
        """Return the range between the cursors."""
        sort_keys = [cursor if cursor is None else order.decode_cursor(cursor) for cursor in (self.after, self.before)]
        return KeyRange(*(reversed(sort_keys) if order.descending else sort_keys))

    def build_page(self, rows: Sequence[IdRow], order: Order, count: Callable[[], Awaitable[int]]) -> Page:
        """Build a page from rows that were selected with a limit of one more than the page size."""
        more, shown = len(rows) > self.page_size, list(rows[: self.page_size])
        if self.backwards:
            return Page(shown[::-1], order, self.before is not None, more, count)
        return Page(shown, order, more, self.after is not None, count)


def newest_first(table: type[Table]) -> Order:
    """Return the order by creation, the newest row first."""
    columns = table.columns()
    return Order(columns.created_at, columns.id, descending=True)
