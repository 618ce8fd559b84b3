"""Where this package is plugged into Strawberry: a schema whose operations are prepared, then run by their plans."""

from copy import copy
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import ExecutionContext

from execution.bounds import Bounds, too_complex
from execution.documents import Documents
from execution.executor import PlannedExecutor
from execution.fields import EVERYTHING, STATED, Column, Wanted
from execution.prepared import Prepared

WHICH = "The document has several operations or none: name the one to run in operationName."


class _Executor(PlannedExecutor, StrawberryGraphQLCoreExecutionContext):
    """Resolvers are told what Strawberry tells them."""


class Names(NameConverter):
    """Each name is converted once; Strawberry would do it for each argument of each request."""

    def __init__(self) -> None:
        super().__init__()
        self.apply_naming_config = cache(super().apply_naming_config)  # type: ignore[method-assign]


class Schema(strawberry.Schema):
    """Of several operations the one to run must be named: Strawberry would run the first.

    A field's metadata may state under STATED how it is answered; one without a resolver is a column.
    """

    def __init__(self, *args: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(*args, **{"execution_context_class": _Executor} | options)
        self.graphql: GraphQLSchema = self._schema
        self.by_plan = True
        self._bounds = bounds
        self._documents = Documents(self.graphql, bounds)
        for kind in self.graphql.type_map.values():
            if isinstance(kind, GraphQLObjectType):
                _state(kind)

    def without_plans(self) -> "Schema":
        """The same, run by graphql-core alone."""
        plain = copy(self)
        plain.by_plan = False
        return plain

    def prepare(self, query: str, variables: dict[str, Any] | None, operation_name: str | None) -> Prepared:
        """Read the document and find the operation; nothing runs. What is wrong with it is in `errors`."""
        document = self._documents.read(query)
        if document.ast is None:
            return Prepared(self, document, None, variables, list(document.errors))
        operation = document.operation(operation_name)
        if operation is None:
            return Prepared(self, document, None, variables, [GraphQLError(WHICH)])
        if document.errors:
            return Prepared(self, document, operation, variables, list(document.errors))
        cost = document.prices[operation.name.value if operation.name else None].bill(variables)
        errors = [too_complex("cost", cost, self._bounds.cost)] if cost > self._bounds.cost else []
        return Prepared(self, document, operation, variables, errors, cost, {"cost": cost})

    def process(self, errors: list[GraphQLError]) -> None:
        """What Strawberry does with errors before they are answered: it takes the suggestions out."""
        self._process_errors(errors, None)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry would log the document, which may hold secrets; the edge logs bugs alone, without values."""


def wanted_of(info: strawberry.Info[Any, Any]) -> Wanted:
    """What the rows of a source are to hold; all of theirs where graphql-core runs it."""
    wanted: Wanted = getattr(info._raw_info, "wanted", EVERYTHING)  # noqa: SLF001 - Strawberry shows no more of it
    return wanted


def _state(kind: GraphQLObjectType) -> None:
    for field in kind.fields.values():
        declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        stated = declared and declared.metadata.get(STATED)
        if stated is None and declared and declared.is_basic_field:
            stated = Column(declared.python_name)
        if stated:
            field.extensions[STATED] = stated
