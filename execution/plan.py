"""Compile an operation's selections into plans: which fields to resolve, and a function that builds the objects."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from graphql import (
    GraphQLField,
    GraphQLNamedOutputType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from execution.join_folding import (
    CannotFold,
    CollectSubfields,
    JoinFolder,
    ProjectionBuilder,
    has_unsupported_directives,
)
from execution.leaf_serializers import Namespace, leaf_expression
from execution.strategies import (
    ALL_COLUMNS,
    STRATEGY,
    Authorizer,
    Batch,
    Column,
    Computed,
    Embedded,
    FieldStrategy,
    ProjectedRows,
    Projection,
)
from execution.wrapping import Wrapping, unwrap_type

BuildObjects = Callable[..., list[dict[str, object]]]


class CannotPlan(Exception):
    """Raised for operations that graphql-core executes: introspection and incremental delivery."""


@dataclass(frozen=True, eq=False)
class PlannedField:
    """A field that is resolved before its rows' objects are built, with a selection for each type of its objects.

    `folded` is the same field with joins in place of edges, used if all of its `authorizers` allow it; its rows then
    hold no more than its `projection`.
    """

    key: str
    definition: GraphQLField
    details: FieldDetailsList
    strategy: FieldStrategy
    wrapping: Wrapping
    named_type: GraphQLNamedOutputType
    selections: dict[str, "Selection"]
    projection: Projection = ALL_COLUMNS
    authorizers: tuple[Authorizer, ...] = ()
    folded: "PlannedField | None" = None

    @property
    def is_leaf(self) -> bool:
        return not self.selections

    @property
    def is_pure(self) -> bool:
        """Whether equal rows have equal answers, so that one answer serves all places of a row."""
        return isinstance(self.strategy, Column | Computed | Embedded | Batch) and (self.is_leaf or self.shares_rows)

    @cached_property
    def shares_rows(self) -> bool:
        """Whether an object that occurs many times in the answers needs only one row."""
        return (
            is_object_type(self.named_type)
            and not self.named_type.is_type_of
            and self.selections[self.named_type.name].is_pure
        )


@dataclass(eq=False)
class Selection:
    """The selected fields of one type: `fields` are resolved first, then `build(rows, *answers)` makes the objects."""

    type: GraphQLObjectType
    fields: tuple[PlannedField, ...] = ()
    build: BuildObjects = list
    is_pure: bool = True


class Plan:
    """The selections of one operation, for one choice of its directives' variables.

    `charge` is called with 1 for each selection that is compiled.
    """

    def __init__(self, schema: GraphQLSchema, charge: Callable[[int], None]) -> None:
        self._schema = schema
        self._charge = charge
        self._selections: dict[tuple[object, ...], Selection | None] = {}

    def __len__(self) -> int:
        return len(self._selections)

    def root_selection(
        self, root_type: GraphQLObjectType, collected: GroupedFieldSet, collect: CollectSubfields
    ) -> Selection:
        """Return the selection of an operation, or of one field of a mutation. Raises CannotPlan.

        `collect` is graphql-core's collect_subfields.
        """
        return self._compile_once(
            (root_type.name, *collected), lambda: self._compile_selection(root_type, collected, collect)
        )

    def nested_selection(
        self, parent: GraphQLObjectType, details: FieldDetailsList, collect: CollectSubfields
    ) -> Selection:
        """Return the selection of an object type inside a field. Raises CannotPlan."""
        key = (parent.name, *(id(each.node) for each in details))
        return self._compile_once(key, lambda: self._compile_nested(parent, details, collect, None))

    def _compile_nested(
        self,
        parent: GraphQLObjectType,
        details: FieldDetailsList,
        collect: CollectSubfields,
        builder: ProjectionBuilder | None,
    ) -> Selection:
        collected, deferred, _ = collect(parent, details)
        if deferred:
            raise CannotPlan
        return self._compile_selection(parent, collected, collect, builder)

    def _compile_once(self, key: tuple[object, ...], select: Callable[[], Selection]) -> Selection:
        if key not in self._selections:
            self._charge(1)
            self._selections[key] = None
            self._selections[key] = select()
        selection = self._selections[key]
        if selection is None:
            raise CannotPlan
        return selection

    def _compile_selection(
        self,
        parent: GraphQLObjectType,
        collected: GroupedFieldSet,
        collect: CollectSubfields,
        builder: ProjectionBuilder | None = None,
    ) -> Selection:
        namespace: Namespace = {}
        fields: list[PlannedField] = []
        entries: list[str] = []
        folder = JoinFolder(self._schema, collect, builder, namespace) if builder and builder.is_at_rows else None
        for key, details in collected.items():
            name = details[0].node.name.value
            definition = self._schema.get_field(parent, name)
            if definition is None or name in ("__schema", "__type") or has_unsupported_directives(details):
                raise CannotPlan
            try:
                value = folder.compile_field(parent, details) if folder else None
            except CannotFold:
                value = None
            if value is None:
                value = self._compile_value(
                    parent, self._compile_field(key, definition, details, collect, builder), fields, namespace
                )
            entries.append(f"{key!r}: {value}")
        build = _compile_builder(entries, len(fields), namespace)
        return Selection(parent, tuple(fields), build, all(each.is_pure for each in fields))

    def _compile_value(
        self, parent: GraphQLObjectType, field: PlannedField, fields: list[PlannedField], namespace: Namespace
    ) -> str:
        """Return code for the value of a field; one that has to be resolved first is appended to `fields`."""
        if field.details[0].node.name.value == "__typename":
            return repr(parent.name)
        if isinstance(field.strategy, Column) and is_leaf_type(field.named_type):
            return leaf_expression(field.named_type, field.wrapping, f"row.{field.strategy.name}", namespace)
        value = f"value{len(fields)}"
        fields.append(field)
        return (
            leaf_expression(field.named_type, field.wrapping, value, namespace)
            if is_leaf_type(field.named_type)
            else value
        )

    def _compile_field(
        self,
        key: str,
        definition: GraphQLField,
        details: FieldDetailsList,
        collect: CollectSubfields,
        builder: ProjectionBuilder | None,
    ) -> PlannedField:
        wrapping, named_type = unwrap_type(definition.type)
        types = [] if is_leaf_type(named_type) else self._possible_types(named_type)
        strategy: FieldStrategy = definition.extensions.get(STRATEGY)
        assert isinstance(strategy, Column | Computed | Embedded | Batch | ProjectedRows | None)
        nested_builder = builder.enter(strategy.name) if builder and isinstance(strategy, Column) else None
        if nested_builder:
            selections = {each.name: self._compile_nested(each, details, collect, nested_builder) for each in types}
        else:
            selections = {each.name: self.nested_selection(each, details, collect) for each in types}
        field = PlannedField(key, definition, details, strategy, wrapping, named_type, selections)
        return (
            replace(field, folded=self._fold_field(field, strategy, collect))
            if isinstance(strategy, ProjectedRows)
            else field
        )

    def _fold_field(
        self, field: PlannedField, projected_rows: ProjectedRows, collect: CollectSubfields
    ) -> PlannedField | None:
        """Return the field with edges folded into joins; None if its rows need all columns and no join."""
        if not is_object_type(field.named_type):
            return None
        builder = ProjectionBuilder(projected_rows.row_paths)
        selections = {field.named_type.name: self._compile_nested(field.named_type, field.details, collect, builder)}
        if builder.projection == ALL_COLUMNS:
            return None
        return replace(
            field, selections=selections, projection=builder.projection, authorizers=tuple(builder.authorizers)
        )

    def _possible_types(self, named_type: GraphQLNamedOutputType) -> list[GraphQLObjectType]:
        if isinstance(named_type, GraphQLObjectType):
            return [named_type]
        assert is_abstract_type(named_type)
        return list(self._schema.get_possible_types(named_type))


def _compile_builder(entries: list[str], answers: int, namespace: Namespace) -> BuildObjects:
    """Compile a function that builds the objects of all rows, each by one dict display."""
    values = "".join(f", value{index}" for index in range(answers))
    code = f"""def build(rows, *answers):
    objects = []
    add = objects.append
    for row{values} in {"zip(rows, *answers)" if answers else "rows"}:
        add({{{", ".join(entries)}}})
    return objects
"""
    exec(code, namespace)  # noqa: S102 - consists of names of letters, digits and underscores, and repr() of such
    return cast("BuildObjects", namespace["build"])
