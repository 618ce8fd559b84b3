"""Hold an operation that was parsed, validated and priced, and execute it or stream its events."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Protocol, cast

import graphql
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.executor import Executor
from strawberry.execution import optimized_is_awaitable
from strawberry.types.execution import ExecutionResult, PreExecutionError

from execution.awaitable_tracker import AwaitableTracker
from execution.document_cache import Document


class ExecutableSchema(Protocol):
    """The part of the schema that an operation needs."""

    graphql: GraphQLSchema
    execution_context_class: type[Executor[Any]]
    uses_plans: bool

    def remove_suggestions(self, errors: list[GraphQLError]) -> None: ...


@dataclass
class PreparedOperation:
    """An operation that can be executed unless it has `errors`.

    `operation` is None if the document could not be parsed, is over a limit, or has no operation of that name.
    `cost` and `parse_cost` (0 if the document was cached) are in points. `extensions` are those of the result of
    `execute`; the events of a subscription have none.
    """

    schema: ExecutableSchema
    document: Document
    operation: OperationDefinitionNode | None
    variables: dict[str, object] | None
    errors: list[GraphQLError]
    cost: int = 0
    parse_cost: int = 0
    extensions: dict[str, object] = field(default_factory=dict)

    @property
    def operation_name(self) -> str | None:
        return self.operation.name.value if self.operation and self.operation.name else None

    @property
    def operation_type(self) -> str | None:
        """`query`, `mutation` or `subscription`."""
        return self.operation.operation.value if self.operation else None

    @property
    def is_query(self) -> bool:
        return self.operation_type == OperationType.QUERY.value

    @property
    def is_mutation(self) -> bool:
        return self.operation_type == OperationType.MUTATION.value

    @property
    def is_subscription(self) -> bool:
        return self.operation_type == OperationType.SUBSCRIPTION.value

    async def execute(self, context: object) -> ExecutionResult:
        """Execute a query or mutation. Never raises: the result of what cannot be executed is a PreExecutionError."""
        if self.errors:
            return self._pre_execution_error(self.errors)
        unawaited = AwaitableTracker(optimized_is_awaitable)
        try:
            running = graphql.execute(**self._execution_arguments(context, unawaited))
            return self._result(await running if isawaitable(running) else running, self.extensions or None)
        except asyncio.CancelledError:
            unawaited.close_unstarted()
            raise
        except Exception as error:  # noqa: BLE001 - becomes an error of the result, as in Strawberry
            return self._pre_execution_error([GraphQLError(str(error), original_error=error)])

    async def stream(self, context: object) -> AsyncGenerator[ExecutionResult, None]:
        """Yield the results of a subscription, or the one result of a query or mutation.

        Raises what the subscription's source raised.
        """
        if self.errors or not self.is_subscription:
            yield await self.execute(context)
            return
        unawaited = AwaitableTracker(optimized_is_awaitable)
        try:
            async with aclosing(self._events(context, unawaited)) as events:
                async for event in events:
                    unawaited.clear()
                    yield event
        finally:
            unawaited.close_unstarted()

    async def _events(self, context: object, unawaited: AwaitableTracker) -> AsyncGenerator[ExecutionResult, None]:
        started = graphql.subscribe(**self._execution_arguments(context, unawaited))
        source = await started if isawaitable(started) else started
        if isinstance(source, graphql.ExecutionResult):
            yield self._pre_execution_error(source.errors or [])
            return
        async with aclosing(cast("AsyncGenerator[graphql.ExecutionResult, None]", source)) as events:
            async for event in events:
                yield self._result(event, None)

    def _execution_arguments(self, context: object, unawaited: AwaitableTracker) -> dict[str, Any]:
        """Return the keywords of graphql.execute and graphql.subscribe, which differ in type: hence `Any`."""
        assert self.operation
        return {
            "schema": self.schema.graphql,
            "document": self.document.ast,
            "variable_values": self.variables,
            "operation_name": self.operation.name.value if self.operation.name else None,
            "context_value": context,
            "executor_class": self.schema.execution_context_class,
            "operation_extensions": None,
            "plans": self.document.plans if self.schema.uses_plans else None,
            "is_awaitable": unawaited.is_awaitable,
        }

    def _result(self, result: graphql.ExecutionResult, extensions: dict[str, object] | None) -> ExecutionResult:
        if result.errors:
            self.schema.remove_suggestions(result.errors)
        return ExecutionResult(result.data, result.errors, extensions)

    def _pre_execution_error(self, errors: list[GraphQLError]) -> PreExecutionError:
        self.schema.remove_suggestions(errors)
        return PreExecutionError(None, errors)
