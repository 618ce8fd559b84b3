"""Compiling: what an operation selects of each type, worked out once and kept with its document."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from execution.fields import EVERYTHING, STATED, Batch, Column, Each, How, Part, Source, Wanted
from execution.folding import Collect, Fold, Folding, NotFolded, is_beyond
from execution.leaves import Names, expression
from execution.shapes import Shape, shape_of

Build = Callable[..., list[dict[str, Any]]]


class NotPlanned(Exception):
    """Something that graphql-core is left to do: introspection, incremental delivery."""


@dataclass(frozen=True, eq=False)
class Field:
    """A field that is answered before its rows are written: `inside` is what is selected of each type of object.

    `folded`: the same where all of `allow` let its rows bring along what edges lead to: no more than is `wanted`.
    """

    key: str
    definition: GraphQLField
    details: FieldDetailsList
    how: How
    shape: Shape
    target: Any
    inside: dict[str, "Selection"]
    wanted: Wanted = EVERYTHING
    allow: tuple[Callable[[Any], None], ...] = ()
    folded: "Field | None" = None

    @property
    def is_leaf(self) -> bool:
        return not self.inside

    @property
    def pure(self) -> bool:
        """The same row gives the same answer wherever it stands."""
        return isinstance(self.how, Column | Each | Part | Batch) and (self.is_leaf or self.shares_rows)

    @cached_property
    def shares_rows(self) -> bool:
        """An object that the field answers in many places need be looked into only once."""
        return is_object_type(self.target) and not self.target.is_type_of and self.inside[self.target.name].pure


@dataclass(eq=False)
class Selection:
    """What is selected of one type: `fields` are answered first, then `build(rows, *answers)` writes the objects."""

    type: GraphQLObjectType
    fields: tuple[Field, ...] = ()
    build: Build = list
    pure: bool = True


class Plan:
    """The selections of one operation, for one choice of its directives' variables. `charge` is told of each."""

    def __init__(self, schema: GraphQLSchema, charge: Callable[[int], None]) -> None:
        self._schema = schema
        self._charge = charge
        self._made: dict[Any, Selection | None] = {}

    def __len__(self) -> int:
        return len(self._made)

    def root(self, root: GraphQLObjectType, collected: GroupedFieldSet, collect: Collect) -> Selection:
        """Raises NotPlanned, as does `inside`. `collect` finds the fields inside of fields."""
        return self._once((root.name, *collected), lambda: self._selection(root, collected, collect))

    def inside(self, parent: GraphQLObjectType, details: FieldDetailsList, collect: Collect) -> Selection:
        key = (parent.name, *(id(each.node) for each in details))
        return self._once(key, lambda: self._inside(parent, details, collect, None))

    def _inside(
        self, parent: GraphQLObjectType, details: FieldDetailsList, collect: Collect, fold: Fold | None
    ) -> Selection:
        collected, deferred, _ = collect(parent, details)
        if deferred:
            raise NotPlanned
        return self._selection(parent, collected, collect, fold)

    def _once(self, key: Any, select: Callable[[], Selection]) -> Selection:
        if key not in self._made:
            self._charge(1)
            self._made[key] = None
            self._made[key] = select()
        made = self._made[key]
        if made is None:
            raise NotPlanned
        return made

    def _selection(
        self, parent: GraphQLObjectType, collected: GroupedFieldSet, collect: Collect, fold: Fold | None = None
    ) -> Selection:
        names: Names = {}
        fields: list[Field] = []
        written: list[str] = []
        folding = Folding(self._schema, collect, fold, names) if fold and fold.is_here else None
        for key, details in collected.items():
            name = details[0].node.name.value
            definition = self._schema.get_field(parent, name)
            if definition is None or name in ("__schema", "__type") or is_beyond(details):
                raise NotPlanned
            try:
                value = folding.field(parent, details) if folding else None
            except NotFolded:
                value = None
            if value is None:
                value = self._value(parent, self._field(key, definition, details, collect, fold), fields, names)
            written.append(f"{key!r}: {value}")
        build = _builder(written, len(fields), names)
        return Selection(parent, tuple(fields), build, all(each.pure for each in fields))

    def _value(self, parent: GraphQLObjectType, field: Field, fields: list[Field], names: Names) -> str:
        """Code that writes a field; what is answered beforehand is put among `fields`."""
        if field.details[0].node.name.value == "__typename":
            return repr(parent.name)
        if isinstance(field.how, Column) and is_leaf_type(field.target):
            return expression(field.target, field.shape, f"row.{field.how.name}", names)
        value = f"value{len(fields)}"
        fields.append(field)
        return expression(field.target, field.shape, value, names) if is_leaf_type(field.target) else value

    def _field(
        self, key: str, definition: GraphQLField, details: FieldDetailsList, collect: Collect, fold: Fold | None
    ) -> Field:
        shape, target = shape_of(definition.type)
        types = [] if is_leaf_type(target) else self._types(target)
        how: How = definition.extensions.get(STATED)
        assert isinstance(how, Column | Each | Part | Batch | Source | None)
        further = fold.inside(how.name) if fold and isinstance(how, Column) else None
        if further:
            inside = {each.name: self._inside(each, details, collect, further) for each in types}
        else:
            inside = {each.name: self.inside(each, details, collect) for each in types}
        field = Field(key, definition, details, how, shape, target, inside)
        return replace(field, folded=self._folded(field, how, collect)) if isinstance(how, Source) else field

    def _folded(self, field: Field, source: Source, collect: Collect) -> Field | None:
        """None where there is nothing to be told of its rows."""
        if not is_object_type(field.target):
            return None
        fold = Fold(source.rows)
        inside = {field.target.name: self._inside(field.target, field.details, collect, fold)}
        if fold.wanted == EVERYTHING:
            return None
        return replace(field, inside=inside, wanted=fold.wanted, allow=tuple(fold.allow))

    def _types(self, target: Any) -> list[GraphQLObjectType]:
        return list(self._schema.get_possible_types(target)) if is_abstract_type(target) else [target]


def _builder(written: list[str], answers: int, names: Names) -> Build:
    """Code that writes the objects of all rows, one dict display each."""
    values = "".join(f", value{place}" for place in range(answers))
    code = f"""def build(rows, *answers):
    objects = []
    add = objects.append
    for row{values} in {"zip(rows, *answers)" if answers else "rows"}:
        add({{{", ".join(written)}}})
    return objects
"""
    exec(code, names)  # noqa: S102 - made of words that are letters, digits and underscores
    build: Build = names["build"]
    return build
