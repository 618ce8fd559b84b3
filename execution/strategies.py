"""Define how a field can be resolved for all rows at once: Column, Computed, Embedded, Batch, ProjectedRows.

A field's strategy is in its extensions under STRATEGY. A field without one is resolved row by row, as in graphql-core.
Strategy and resolver must give the same values, as either may be used.
"""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Protocol

STRATEGY = "execution"
# Called with the context of the operation, whose type the schema knows; raises if a field is not allowed.
Authorizer = Callable[..., None]


@dataclass(frozen=True)
class Column:
    """A plain attribute of the row."""

    name: str


@dataclass(frozen=True)
class Computed:
    """A function of the row alone, not a coroutine. `read_columns` are those that it reads; None: any.

    `authorize` is called once with the context, and raises if the field is not allowed.
    """

    compute: Callable[..., object]
    authorize: Authorizer | None = None
    read_columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Embedded:
    """An object made of the row's own columns; null if the column `present_when` is None, False, zero or empty.

    `columns` maps the object's attributes to columns; `constants` are attributes that all such objects share.
    """

    present_when: str
    columns: Mapping[str, str]
    constants: Mapping[str, object] = field(default_factory=dict)
    view_class: type["EmbeddedView"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        read = {name: property(attrgetter(f"row.{column}")) for name, column in self.columns.items()}
        object.__setattr__(
            self, "view_class", type("EmbeddedView", (EmbeddedView,), {**self.constants, **read, "__slots__": ()})
        )

    def view(self, row: object) -> "EmbeddedView | None":
        """Return the object of a row."""
        return self.view_class(row) if getattr(row, self.present_when) else None


class EmbeddedView:
    """A row, seen through the attributes of an embedded object."""

    __slots__ = ("row",)

    def __init__(self, row: object) -> None:
        self.row = row


class ToOne(Protocol):
    """The row that a column refers to, as far as plans need to know it; models.projection.ToOne is one.

    `key` is a column of it that is never NULL, `columns` are those that can be selected.
    """

    @property
    def key(self) -> str: ...

    @property
    def columns(self) -> Container[str]: ...


@dataclass(frozen=True)
class Batch:
    """A function that answers all rows in one call, `load(context, rows, **arguments)`, in the order of the rows.

    An answer that is an exception is the error of its row; an exception that is raised is the error of all rows.
    If `key_column` refers to one row, `to_one`, the statement of the rows can join it instead of calling `load`, unless
    `authorize`, called with the context, raises.
    """

    load: Callable[..., Awaitable[Sequence[object]]]
    to_one: ToOne | None = None
    key_column: str = ""
    authorize: Authorizer | None = None


def joined_attribute(alias: str, column: str) -> str:
    """Return the name by which the source's row has a column of a joined row."""
    return f"{alias}__{column}"


@dataclass(frozen=True)
class Join:
    """A row to join: each of its `columns` becomes the attribute `label` of the source's row.

    JoinFolder makes them; models.projection.project, which sees them as its protocol Join, writes the SQL.
    `key_column` is a column of the source's row or, with a `parent_alias`, of another joined row.
    """

    alias: str
    to_one: ToOne
    parent_alias: str
    key_column: str
    columns: tuple[str, ...]

    def label(self, column: str) -> str:
        """Return the name of the attribute that has the joined row's column."""
        return joined_attribute(self.alias, column)


@dataclass(frozen=True)
class Projection:
    """The `columns` that the rows of a source must have (None: all), and their `joins`.

    A plan passes it to the resolver, which passes it to models.projection.project: to that module it is its protocol
    Projection.
    """

    columns: tuple[str, ...] | None = None
    joins: tuple[Join, ...] = ()

    def __hash__(self) -> int:
        """Return the cached hash: projections are part of the keys of cached statements."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.columns, self.joins))


ALL_COLUMNS = Projection()


@dataclass(frozen=True)
class ProjectedRows:
    """A field whose resolver reads rows: its `info.projection` is the Projection that they must hold.

    `row_paths` are the attributes that lead from its answer to the rows; the empty path: the answer is a row.
    """

    row_paths: tuple[tuple[str, ...], ...] = ((),)


FieldStrategy = Column | Computed | Embedded | Batch | ProjectedRows | None
