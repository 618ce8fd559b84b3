"""An operation that was prepared: its document is read, it was found in it, and nothing has run yet."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Protocol, cast

import graphql
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType
from strawberry.execution import optimized_is_awaitable
from strawberry.types.execution import ExecutionResult, PreExecutionError

from execution.documents import Document


class Executable(Protocol):
    """What an operation needs of its schema."""

    graphql: GraphQLSchema
    execution_context_class: Any
    by_plan: bool

    def process(self, errors: list[GraphQLError]) -> None: ...


@dataclass
class Prepared:
    """`errors`: why it cannot be executed. What is put into `extensions` comes back with its result, not with events.

    `operation` is None where the document could not be parsed or is too large, or has none of that name. `cost` is in
    points.
    """

    schema: Executable
    document: Document
    operation: OperationDefinitionNode | None
    variables: dict[str, Any] | None
    errors: list[GraphQLError]
    cost: int = 0
    extensions: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation and self.operation.name else None

    @property
    def kind(self) -> str | None:
        """`query`, `mutation` or `subscription`."""
        return self.operation.operation.value if self.operation else None

    @property
    def is_query(self) -> bool:
        return self.kind == OperationType.QUERY.value

    @property
    def is_mutation(self) -> bool:
        return self.kind == OperationType.MUTATION.value

    @property
    def is_subscription(self) -> bool:
        return self.kind == OperationType.SUBSCRIPTION.value

    async def execute(self, context: Any) -> ExecutionResult:
        """The answer to a query or a mutation. Never raises: what cannot be executed is a PreExecutionError."""
        if self.errors:
            return self._refused(self.errors)
        try:
            running = graphql.execute(**self._asked(context))
            return self._result(await running if isawaitable(running) else running, self.extensions or None)
        except Exception as error:  # noqa: BLE001 - answered, as Strawberry does
            return self._refused([GraphQLError(str(error), original_error=error)])

    async def stream(self, context: Any) -> AsyncGenerator[ExecutionResult, None]:
        """The answers of a subscription, or the one answer of anything else. Raises why a source ended."""
        if self.errors or not self.is_subscription:
            yield await self.execute(context)
            return
        started = graphql.subscribe(**self._asked(context))
        source = await started if isawaitable(started) else started
        if isinstance(source, graphql.ExecutionResult):
            yield self._refused(source.errors or [])
            return
        async with aclosing(cast(Any, source)) as events:
            async for event in events:
                yield self._result(event, None)

    def _asked(self, context: Any) -> dict[str, Any]:
        assert self.operation
        return {
            "schema": self.schema.graphql,
            "document": self.document.ast,
            "variable_values": self.variables,
            "operation_name": self.operation.name.value if self.operation.name else None,
            "context_value": context,
            "executor_class": self.schema.execution_context_class,
            "operation_extensions": None,
            "plans": self.document.plans if self.schema.by_plan else None,
            "is_awaitable": optimized_is_awaitable,
        }

    def _result(self, result: Any, extensions: dict[str, Any] | None) -> ExecutionResult:
        if result.errors:
            self.schema.process(result.errors)
        return ExecutionResult(result.data, result.errors, extensions)

    def _refused(self, errors: list[GraphQLError]) -> PreExecutionError:
        self.schema.process(errors)
        return PreExecutionError(None, errors)
