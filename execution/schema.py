"""Extend Strawberry's schema: prepare operations, and execute them by plan."""

from copy import copy
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext

from execution.document_cache import Document, DocumentCache
from execution.document_limits import DocumentLimits, too_complex
from execution.executor import PlannedExecutor
from execution.prepared_operation import PreparedOperation
from execution.strategies import ALL_COLUMNS, STRATEGY, Column, Projection

OPERATION_NAME_REQUIRED = "The document has several operations or none: name the one to run in operationName."


class _Executor(PlannedExecutor, StrawberryGraphQLCoreExecutionContext):
    """The planned executor with the `info` that Strawberry gives to resolvers."""


class CachingNameConverter(NameConverter):
    """Converts each name once; Strawberry would convert the names of arguments for each request."""

    def __init__(self) -> None:
        super().__init__()
        self.apply_naming_config = cache(super().apply_naming_config)  # type: ignore[method-assign]


class Schema(strawberry.Schema):
    """A Strawberry schema that executes operations by plan.

    Of several operations the one to run must be named: Strawberry would run the first. A field's metadata can hold its
    strategy under STRATEGY; a field without a resolver is a Column.
    """

    def __init__(self, *args: Any, limits: DocumentLimits, **options: Any) -> None:  # Any: passed on to Strawberry
        super().__init__(*args, **{"execution_context_class": _Executor} | options)
        self.graphql: GraphQLSchema = self._schema
        self.uses_plans = True
        self._limits = limits
        self._documents = DocumentCache(self.graphql, limits)
        for kind in self.graphql.type_map.values():
            if isinstance(kind, GraphQLObjectType):
                _attach_strategies(kind)

    def without_plans(self) -> "Schema":
        """Return a copy of the schema that graphql-core executes without plans."""
        plain = copy(self)
        plain.uses_plans = False
        return plain

    def max_cost_if_uncached(self, query: str) -> int:
        """Return the maximum cost of a document in points, parsing included; 0 if it is cached."""
        parse_cost = self._documents.parse_cost(query)
        return parse_cost and parse_cost + self._limits.cost

    def prepare(self, query: str, variables: dict[str, object] | None, operation_name: str | None) -> PreparedOperation:
        """Parse a document, and find and price its operation, without running it. Mistakes are in its `errors`."""
        cached = query in self._documents
        document = self._documents.load(query)
        prepared = self._prepare(document, variables, operation_name)
        prepared.parse_cost = 0 if cached else document.parse_cost
        return prepared

    def _prepare(
        self, document: Document, variables: dict[str, object] | None, operation_name: str | None
    ) -> PreparedOperation:
        if document.ast is None:
            return PreparedOperation(self, document, None, variables, list(document.errors))
        operation = document.find_operation(operation_name)
        if operation is None:
            return PreparedOperation(self, document, None, variables, [GraphQLError(OPERATION_NAME_REQUIRED)])
        if document.errors:
            return PreparedOperation(self, document, operation, variables, list(document.errors))
        cost = document.prices[operation.name.value if operation.name else None].evaluate(variables)
        errors = [too_complex("cost", cost, self._limits.cost)] if cost > self._limits.cost else []
        return PreparedOperation(self, document, operation, variables, errors, cost, extensions={"cost": cost})

    def remove_suggestions(self, errors: list[GraphQLError]) -> None:
        """Remove suggestions ("Did you mean …") from errors, as Strawberry does before it answers them."""
        self._process_errors(errors, None)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: Strawberry would log the document and its secrets. The server logs bugs, without values."""


def projection_of(info: strawberry.Info[Any, Any]) -> Projection:
    """Return which columns and joins a resolver's rows need: all columns if there is no plan."""
    projection: Projection = getattr(info._raw_info, "projection", ALL_COLUMNS)  # noqa: SLF001 - Strawberry has no public access
    return projection


def _attach_strategies(kind: GraphQLObjectType) -> None:
    for field in kind.fields.values():
        strawberry_field = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        strategy = strawberry_field and strawberry_field.metadata.get(STRATEGY)
        if strategy is None and strawberry_field and strawberry_field.is_basic_field:
            strategy = Column(strawberry_field.python_name)
        if strategy:
            field.extensions[STRATEGY] = strategy
