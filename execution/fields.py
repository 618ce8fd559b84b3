"""What a schema may state about a field, so that it is answered for all rows at once instead of resolved row by row.

A statement stands in the field's extensions, under STATED. A field without one is resolved as graphql-core resolves it.
A statement and the field's own resolver must come to the same values: which of the two is used cannot be told.
"""

from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, Protocol

STATED = "execution"


@dataclass(frozen=True)
class Column:
    """A plain attribute of the row."""

    name: str


@dataclass(frozen=True)
class Each:
    """A function of the row alone, which never waits. `allow` is asked once, with the context, and raises why not.

    `columns`: those that it reads; None: any.
    """

    of: Callable[[Any], Any]
    allow: Callable[[Any], None] | None = None
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Part:
    """An object made of the row's own columns; null where the column `when` is empty or False.

    `columns` says which column the object's attributes are; `fixed` attributes are the same on all of them.
    """

    when: str
    columns: Mapping[str, str]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    kind: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        read = {name: property(attrgetter(f"row.{column}")) for name, column in self.columns.items()}
        object.__setattr__(self, "kind", type("Piece", (Piece,), {**self.fixed, **read, "__slots__": ()}))

    def of(self, row: Any) -> Any:
        return self.kind(row) if getattr(row, self.when) else None


class Piece:
    """A part of a row, seen as an object of its own."""

    __slots__ = ("row",)

    def __init__(self, row: Any) -> None:
        self.row = row


class One(Protocol):
    """The one row that a column leads to, as whoever reads rows can bring it along with them.

    `key` is a column of it that is never empty, `columns` are those that it can be asked for.
    """

    @property
    def key(self) -> str: ...

    @property
    def columns(self) -> Container[str]: ...


@dataclass(frozen=True)
class Batch:
    """All rows in one call: `load(context, rows, **arguments)`. Answers come in the order of the rows.

    An answer that is an exception is the failure of its row; an exception that is raised is everybody's.
    Where the column `by` leads to `one` row, a source can bring that along, unless `allow`, asked with the context,
    raises why not.
    """

    load: Callable[..., Awaitable[list[Any]]]
    one: One | None = None
    by: str = ""
    allow: Callable[[Any], None] | None = None


@dataclass(frozen=True)
class Along:
    """A row to be brought along: each of its `columns` is an attribute `name__column` of the row that it comes with.

    It is found by the column `by` of the row itself or, where `beside` is not empty, of another that is brought along.
    """

    name: str
    one: Any
    beside: str
    by: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What the rows of a source are to hold: these `columns` of theirs, or all (None), and what they bring `along`."""

    columns: tuple[str, ...] | None = None
    along: tuple[Along, ...] = ()

    def __hash__(self) -> int:
        """Worked out once: it is part of what a statement is found by."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.columns, self.along))


EVERYTHING = Wanted()


@dataclass(frozen=True)
class Source:
    """Resolved as ever, but its `info` says what its rows are to hold: `wanted`, which is Wanted.

    `rows`: where its rows stand in what it answers, as names of columns; the empty path: it answers a row.
    """

    rows: tuple[tuple[str, ...], ...] = ((),)


How = Column | Each | Part | Batch | Source | None
