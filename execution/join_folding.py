"""Fold to-one edges into their source's SELECT: joined columns instead of a batch load.

The selection inside a folded edge is built by one expression, without a batch, a frame or an object for the edge.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NoReturn

from graphql import GraphQLObjectType, GraphQLSchema, GraphQLStreamDirective, is_leaf_type, is_object_type
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList

from execution.leaf_serializers import Namespace, leaf_expression
from execution.strategies import (
    STRATEGY,
    Authorizer,
    Batch,
    Column,
    Computed,
    Embedded,
    FieldStrategy,
    Join,
    Projection,
    joined_attribute,
)
from execution.wrapping import NotPlain, Wrapping, unwrap_type

CollectSubfields = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]


# All columns: it is unknown which are read.
ANY_COLUMN = "*"


class CannotFold(Exception):
    """Raised for a field that has to be resolved separately."""


@dataclass(frozen=True)
class ProjectionBuilder:
    """Collects the columns and joins that the rows of one source need, while their fields are compiled.

    `row_paths` are the attributes that lead from here to the rows; the empty path: the rows are here. `columns` are
    those read of the rows, ANY_COLUMN among them: perhaps all. `authorizers` must allow the joins.
    """

    row_paths: tuple[tuple[str, ...], ...]
    columns: dict[str, None] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    authorizers: list[Authorizer] = field(default_factory=list)
    alias_numbers: Iterator[int] = field(default_factory=count)

    @property
    def is_at_rows(self) -> bool:
        return () in self.row_paths

    @property
    def projection(self) -> Projection:
        return Projection(None if ANY_COLUMN in self.columns else tuple(sorted(self.columns)), tuple(self.joins))

    def enter(self, name: str) -> "ProjectionBuilder | None":
        """Return the same builder as seen from inside an attribute; None if no rows are there."""
        row_paths = tuple(path[1:] for path in self.row_paths if path[:1] == (name,))
        return replace(self, row_paths=row_paths) if row_paths else None


@dataclass(frozen=True)
class RowScope:
    """Where the attributes of an object are read: in the row or, with an `alias`, in columns joined to it.

    `available_columns` limits what can be read. `embedded`: the object consists of some of the row's columns.
    """

    alias: str = ""
    available_columns: Container[str] | None = None
    embedded: Embedded | None = None
    used_columns: dict[str, None] = field(default_factory=dict)

    def column_of(self, name: str) -> str:
        """Return the column of an attribute. Raises CannotFold if there is none."""
        if self.embedded:
            if name not in self.embedded.columns:
                raise CannotFold
            name = self.embedded.columns[name]
        if self.available_columns is not None and name not in self.available_columns:
            raise CannotFold
        return name

    def read_expression(self, name: str) -> str:
        """Return code that reads an attribute of `row`, and record that its column is used."""
        column = self.column_of(name)
        self.used_columns[column] = None
        return f"row.{joined_attribute(self.alias, column) if self.alias else column}"


class JoinFolder:
    """Compiles fields of rows into expressions; `namespace` collects the objects that the code refers to."""

    def __init__(
        self, schema: GraphQLSchema, collect: CollectSubfields, builder: ProjectionBuilder, namespace: Namespace
    ) -> None:
        self._schema = schema
        self._collect = collect
        self._builder = builder
        self._namespace = namespace

    def compile_field(self, parent: GraphQLObjectType, details: FieldDetailsList) -> str:
        """Return code that builds a field of `row`. Raises CannotFold, and drops the joins made for the field."""
        join_count, authorizer_count, columns = (
            len(self._builder.joins),
            len(self._builder.authorizers),
            self._builder.columns,
        )
        try:
            return self._compile_field(parent, details, RowScope(used_columns=columns))
        except CannotFold:
            del self._builder.joins[join_count:], self._builder.authorizers[authorizer_count:]
            columns[ANY_COLUMN] = None
            raise

    def _compile_field(self, parent: GraphQLObjectType, details: FieldDetailsList, scope: RowScope) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(parent.name)
        definition = self._schema.get_field(parent, name)
        if definition is None or definition.args or has_unsupported_directives(details):
            raise CannotFold
        strategy, (wrapping, target) = definition.extensions.get(STRATEGY), unwrap_type(definition.type)
        if is_leaf_type(target):
            return leaf_expression(target, wrapping, self._compile_value(strategy, scope), self._namespace)
        if wrapping.depth or not is_object_type(target) or target.is_type_of:
            raise CannotFold
        if isinstance(strategy, Embedded) and not scope.embedded:
            return self._compile_embedded(strategy, wrapping, target, details, scope)
        if isinstance(strategy, Batch) and strategy.to_one:
            return self._compile_join(strategy, wrapping, target, details, scope)
        raise CannotFold

    def _compile_value(self, strategy: FieldStrategy, scope: RowScope) -> str:
        if isinstance(strategy, Column):
            constants = scope.embedded.constants if scope.embedded else {}
            return (
                self._bind_constant(constants[strategy.name])
                if strategy.name in constants
                else scope.read_expression(strategy.name)
            )
        if (
            isinstance(strategy, Computed)
            and not strategy.authorize
            and scope == RowScope(used_columns=scope.used_columns)
        ):
            scope.used_columns.update(
                dict.fromkeys((ANY_COLUMN,) if strategy.read_columns is None else strategy.read_columns)
            )
            return f"{self._bind_constant(strategy.compute)}(row)"
        raise CannotFold

    def _compile_embedded(
        self,
        embedded: Embedded,
        wrapping: Wrapping,
        target: GraphQLObjectType,
        details: FieldDetailsList,
        scope: RowScope,
    ) -> str:
        missing = f"not {scope.read_expression(embedded.present_when)}"
        return self._compile_null_check(
            missing, wrapping, self._compile_object(target, details, replace(scope, embedded=embedded))
        )

    def _compile_join(
        self, batch: Batch, wrapping: Wrapping, target: GraphQLObjectType, details: FieldDetailsList, scope: RowScope
    ) -> str:
        """Compile an edge; its join is inserted before the joins of edges inside it, which refer to its alias."""
        assert batch.to_one
        position, key_column = len(self._builder.joins), scope.column_of(batch.key_column)
        joined = RowScope(f"join{next(self._builder.alias_numbers)}", batch.to_one.columns)
        missing = f"{joined.read_expression(batch.to_one.key)} is None"
        value = self._compile_object(target, details, joined)
        self._builder.joins.insert(
            position, Join(joined.alias, batch.to_one, scope.alias, key_column, tuple(sorted(joined.used_columns)))
        )
        if batch.authorize:
            self._builder.authorizers.append(batch.authorize)
        return self._compile_null_check(missing, wrapping, value)

    def _compile_object(self, target: GraphQLObjectType, details: FieldDetailsList, scope: RowScope) -> str:
        collected, deferred, _ = self._collect(target, details)
        if deferred:
            raise CannotFold
        fields = (f"{key!r}: {self._compile_field(target, each, scope)}" for key, each in collected.items())
        return f"{{{', '.join(fields)}}}"

    def _compile_null_check(self, missing: str, wrapping: Wrapping, value: str) -> str:
        """Return code for an object or null; if null is not allowed, graphql-core reports the error."""
        null = "None" if wrapping.nullable[0] else f"{self._bind_constant(_raise_not_plain)}()"
        return f"({null} if {missing} else {value})"

    def _bind_constant(self, value: object) -> str:
        name = f"constant{len(self._namespace)}"
        self._namespace[name] = value
        return name


def _raise_not_plain() -> NoReturn:
    raise NotPlain


def has_unsupported_directives(details: FieldDetailsList) -> bool:
    """Whether a field has fragment arguments or @stream, which plans do not support."""
    directives = [each.name.value for detail in details for each in detail.node.directives or ()]
    return details[0].fragment_variable_values is not None or GraphQLStreamDirective.name in directives
