"""Compiling: what an operation selects of each type, worked out once and kept with its document."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLStreamDirective,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet

from execution.fields import STATED, Batch, Column, Each, How
from execution.leaves import Names, expression
from execution.shapes import Shape, shape_of

Collect = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]
Build = Callable[..., list[dict[str, Any]]]


class NotPlanned(Exception):
    """Something that graphql-core is left to do: introspection, incremental delivery."""


@dataclass(frozen=True, eq=False)
class Field:
    """A field that is answered before its rows are written: `inside` is what is selected of each type of object."""

    key: str
    definition: GraphQLField
    details: FieldDetailsList
    how: How
    shape: Shape
    target: Any
    inside: dict[str, "Selection"]

    @property
    def is_leaf(self) -> bool:
        return not self.inside

    @property
    def pure(self) -> bool:
        """The same row gives the same answer wherever it stands."""
        return self.how is not None and (self.is_leaf or self.shares_rows)

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
        def select() -> Selection:
            collected, deferred, _ = collect(parent, details)
            if deferred:
                raise NotPlanned
            return self._selection(parent, collected, collect)

        return self._once((parent.name, *(id(each.node) for each in details)), select)

    def _once(self, key: Any, select: Callable[[], Selection]) -> Selection:
        if key not in self._made:
            self._charge(1)
            self._made[key] = None
            self._made[key] = select()
        made = self._made[key]
        if made is None:
            raise NotPlanned
        return made

    def _selection(self, parent: GraphQLObjectType, collected: GroupedFieldSet, collect: Collect) -> Selection:
        names: Names = {}
        fields: list[Field] = []
        written: list[str] = []
        for key, details in collected.items():
            name = details[0].node.name.value
            definition = self._schema.get_field(parent, name)
            if definition is None or name in ("__schema", "__type") or _is_beyond(details):
                raise NotPlanned
            field = self._field(key, definition, details, collect)
            if name == "__typename":
                value = repr(parent.name)
            elif isinstance(field.how, Column) and is_leaf_type(field.target):
                value = expression(field.target, field.shape, f"row.{field.how.name}", names)
            else:
                value = f"value{len(fields)}"
                fields.append(field)
                if is_leaf_type(field.target):
                    value = expression(field.target, field.shape, value, names)
            written.append(f"{key!r}: {value}")
        build = _builder(written, len(fields), names)
        return Selection(parent, tuple(fields), build, all(each.pure for each in fields))

    def _field(self, key: str, definition: GraphQLField, details: FieldDetailsList, collect: Collect) -> Field:
        shape, target = shape_of(definition.type)
        types = [] if is_leaf_type(target) else self._types(target)
        inside = {each.name: self.inside(each, details, collect) for each in types}
        how: How = definition.extensions.get(STATED)
        assert isinstance(how, Column | Each | Batch | None)
        return Field(key, definition, details, how, shape, target, inside)

    def _types(self, target: Any) -> list[GraphQLObjectType]:
        return list(self._schema.get_possible_types(target)) if is_abstract_type(target) else [target]


def _is_beyond(details: FieldDetailsList) -> bool:
    """Arguments of fragments, and @stream."""
    directives = [each.name.value for detail in details for each in detail.node.directives or ()]
    return details[0].fragment_variable_values is not None or GraphQLStreamDirective.name in directives


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
