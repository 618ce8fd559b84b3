"""Folding: an edge to one row becomes columns of the row that it starts from, which its source brings along.

What is selected inside of such an edge is written by one expression: no batch, no frame, no object of its own.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, GraphQLStreamDirective, is_leaf_type, is_object_type
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList

from execution.fields import STATED, Along, Batch, Column, Each, Part, Wanted
from execution.leaves import Names, expression
from execution.shapes import NotPlain, Shape, shape_of

Collect = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]


# In place of a column: any of them.
ANY = "*"


class NotFolded(Exception):
    """A field that is answered by itself."""


@dataclass(frozen=True)
class Fold:
    """What the rows of one source hold, and who has to allow that: gathered while their fields are compiled.

    `paths`: where the rows stand, as names of columns from here on; an empty one: they are here. `columns` of the rows
    are looked at, ANY among them: it cannot be told which. `along` is what they bring along.
    """

    paths: tuple[tuple[str, ...], ...]
    columns: dict[str, None] = field(default_factory=dict)
    along: list[Along] = field(default_factory=list)
    allow: list[Callable[[Any], None]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def is_here(self) -> bool:
        return () in self.paths

    @property
    def wanted(self) -> Wanted:
        return Wanted(None if ANY in self.columns else tuple(sorted(self.columns)), tuple(self.along))

    def inside(self, name: str) -> "Fold | None":
        """The same, seen from inside of a column; None where no rows stand there."""
        paths = tuple(path[1:] for path in self.paths if path[:1] == (name,))
        return replace(self, paths=paths) if paths else None


@dataclass(frozen=True)
class Place:
    """Where the attributes of an object are read: in the row or, under the name `along`, in one brought along with it.

    `has`: the columns that there are, where not all are; `part`: the object is made of some of them.
    """

    along: str = ""
    has: Container[str] | None = None
    part: Part | None = None
    used: dict[str, None] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The column that an attribute is."""
        if self.part:
            if name not in self.part.columns:
                raise NotFolded
            name = self.part.columns[name]
        if self.has is not None and name not in self.has:
            raise NotFolded
        return name

    def code(self, name: str) -> str:
        column = self.column(name)
        self.used[column] = None
        return f"row.{self.along}__{column}" if self.along else f"row.{column}"


class Folding:
    """Compiles fields of the rows where a fold is; `names` are what the code calls."""

    def __init__(self, schema: GraphQLSchema, collect: Collect, fold: Fold, names: Names) -> None:
        self._schema = schema
        self._collect = collect
        self._fold = fold
        self._names = names

    def field(self, parent: GraphQLObjectType, details: FieldDetailsList) -> str:
        """Code that writes a field of `row`. Raises NotFolded; then nothing is brought along for its sake."""
        along, allow, columns = len(self._fold.along), len(self._fold.allow), self._fold.columns
        try:
            return self._field(parent, details, Place(used=columns))
        except NotFolded:
            del self._fold.along[along:], self._fold.allow[allow:]
            columns[ANY] = None
            raise

    def _field(self, parent: GraphQLObjectType, details: FieldDetailsList, place: Place) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(parent.name)
        definition = self._schema.get_field(parent, name)
        if definition is None or definition.args or is_beyond(details):
            raise NotFolded
        how, (shape, target) = definition.extensions.get(STATED), shape_of(definition.type)
        if is_leaf_type(target):
            return expression(target, shape, self._value(how, place), self._names)
        if shape.depth or not is_object_type(target) or target.is_type_of:
            raise NotFolded
        if isinstance(how, Part) and not place.part:
            return self._part(how, shape, target, details, place)
        if isinstance(how, Batch) and how.one:
            return self._one(how, shape, target, details, place)
        raise NotFolded

    def _value(self, how: Any, place: Place) -> str:
        if isinstance(how, Column):
            fixed = place.part.fixed if place.part else {}
            return self._kept(fixed[how.name]) if how.name in fixed else place.code(how.name)
        if isinstance(how, Each) and not how.allow and place == Place(used=place.used):
            place.used.update(dict.fromkeys((ANY,) if how.columns is None else how.columns))
            return f"{self._kept(how.of)}(row)"
        raise NotFolded

    def _part(self, part: Part, shape: Shape, target: Any, details: FieldDetailsList, place: Place) -> str:
        missing = f"not {place.code(part.when)}"
        return self._unless(missing, shape, self._object(target, details, replace(place, part=part)))

    def _one(self, batch: Batch, shape: Shape, target: Any, details: FieldDetailsList, place: Place) -> str:
        """What it leads to stands before what is brought along beside that in turn."""
        assert batch.one
        here, by = len(self._fold.along), place.column(batch.by)
        found = Place(f"along{next(self._fold.numbers)}", batch.one.columns)
        missing = f"{found.code(batch.one.key)} is None"
        written = self._object(target, details, found)
        self._fold.along.insert(here, Along(found.along, batch.one, place.along, by, tuple(sorted(found.used))))
        if batch.allow:
            self._fold.allow.append(batch.allow)
        return self._unless(missing, shape, written)

    def _object(self, target: GraphQLObjectType, details: FieldDetailsList, place: Place) -> str:
        collected, deferred, _ = self._collect(target, details)
        if deferred:
            raise NotFolded
        fields = (f"{key!r}: {self._field(target, each, place)}" for key, each in collected.items())
        return f"{{{', '.join(fields)}}}"

    def _unless(self, missing: str, shape: Shape, written: str) -> str:
        """Null where it is missing; where null may not be, graphql-core says so."""
        null = "None" if shape.nullable[0] else f"{self._kept(_nothing)}()"
        return f"({null} if {missing} else {written})"

    def _kept(self, value: Any) -> str:
        name = f"kept{len(self._names)}"
        self._names[name] = value
        return name


def _nothing() -> Any:
    raise NotPlain


def is_beyond(details: FieldDetailsList) -> bool:
    """Arguments of fragments, and @stream."""
    directives = [each.name.value for detail in details for each in detail.node.directives or ()]
    return details[0].fragment_variable_values is not None or GraphQLStreamDirective.name in directives
