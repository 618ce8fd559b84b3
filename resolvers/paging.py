"""Pages by keyset: a cursor is where a row stands in the order, so no page ever counts rows to skip."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from models import ReadSession
from models.instant import Instant
from resolvers.problem import Problem, bad_user_input

PAGE = 50
LARGEST_PAGE = 100


@dataclass(frozen=True)
class Order:
    """By one column and, among equals, by id; both in the same direction."""

    by: Any
    id: Any
    descending: bool = False

    def place(self, row: Any) -> str:
        """The cursor of a row."""
        value = getattr(row, self.by.name)
        written = value.isoformat() if isinstance(value, datetime) else value
        text = orjson.dumps([str(self.by), written, row.id])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def beyond(self, cursor: str, *, backwards: bool) -> sa.ColumnElement[bool]:
        place = sa.tuple_(*(sa.literal(value, column.type) for value, column in self._read(cursor)))
        here = sa.tuple_(self.by, self.id)
        return here < place if self.descending is not backwards else here > place

    def columns(self, *, backwards: bool = False) -> list[Any]:
        down = self.descending is not backwards
        return [column.desc() if down else column.asc() for column in (self.by, self.id)]

    def _read(self, cursor: str) -> list[tuple[Any, Any]]:
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            name, value, identifier = orjson.loads(text)
            where = datetime.fromisoformat(value).astimezone(UTC) if isinstance(self.by.type, Instant) else value
        except (ValueError, TypeError, OverflowError):
            raise _bad_cursor() from None
        if name != str(self.by) or not isinstance(where, str | datetime) or not isinstance(identifier, str):
            raise _bad_cursor()
        return [(where, self.by), (identifier, self.id)]


def _bad_cursor() -> Problem:
    return bad_user_input(
        "This is not a cursor of this list in this order. Send an endCursor or startCursor that it gave."
    )


@dataclass(frozen=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class PageEdge:
    cursor: str
    node: Any


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
        return [PageEdge(self.order.place(row), row) for row in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        places = [self.order.place(row) for row in (*self.nodes[:1], *self.nodes[-1:])]
        return PageInfo(self.has_next, self.has_previous, *(places or (None, None)))


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

    def bounds(self, order: Order) -> list[sa.ColumnElement[bool]]:
        sides = ((self.after, False), (self.before, True))
        return [order.beyond(cursor, backwards=side) for cursor, side in sides if cursor is not None]

    def page(self, rows: Sequence[Any], order: Order, count: Callable[[], Awaitable[int]]) -> Page:
        """`rows` are one more than the size where there are more."""
        more, shown = len(rows) > self.size, list(rows[: self.size])
        if self.backwards:
            return Page(shown[::-1], order, self.before is not None, more, count)
        return Page(shown, order, more, self.after is not None, count)


async def page(
    session: ReadSession, statement: sa.Select[Any], order: Order, window: Window, count: Callable[[], Awaitable[int]]
) -> Page:
    """One page of one statement."""
    chosen = statement.where(*window.bounds(order)).order_by(*order.columns(backwards=window.backwards))
    rows = (await session.execute(chosen.limit(window.size + 1))).all()
    return window.page(rows, order, count)


def ranked(statement: sa.Select[Any], owner: Any, order: Order, window: Window) -> sa.Select[Any]:
    """The same page for every owner in one statement; each row says its owner as `page_owner`."""
    rank = sa.func.row_number().over(partition_by=owner, order_by=order.columns())
    rows = statement.where(*window.bounds(order)).add_columns(owner.label("page_owner"), rank.label("page_rank"))
    inner = rows.subquery()
    return sa.select(inner).where(inner.c.page_rank <= window.size + 1).order_by(inner.c.page_owner, inner.c.page_rank)
