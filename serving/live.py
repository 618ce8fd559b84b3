"""Operations that answer more than once: each with a context of its own, its errors as clients may see them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.exceptions import MissingQueryError
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from serving.answering import mistake, presented
from serving.signing_in import UNAUTHENTICATED, ContextFor


class LiveSchema:
    """Runs operations for a connection, and asks again before each whether its key still holds."""

    def __init__(self, schema: BaseSchema, context_for: ContextFor) -> None:
        self._schema = schema
        self._context_for = context_for

    async def results(
        self, connection: HTTPConnection, token: str, query: str | None, variables: Any, operation_name: str | None
    ) -> AsyncIterator[ExecutionResult]:
        context = await self._context_for(connection, token)
        if context is None:
            yield PreExecutionError(data=None, errors=[_error("UNAUTHENTICATED", UNAUTHENTICATED)])
            return
        request_id = connection.state.request_id
        by_link = connection.scope.get("method") == "GET"
        allowed = {OperationType.QUERY, OperationType.SUBSCRIPTION} if by_link else set(OperationType)
        try:
            source = await self._schema.stream(
                query, variables, context, operation_name=operation_name, allowed_operation_types=allowed
            )
            async with aclosing(source):
                async for result in source:
                    yield _shown(result, request_id)
        except (CannotGetOperationTypeError, InvalidOperationTypeError, MissingQueryError):
            message = "Send a document with one query, mutation (by POST) or subscription, or name it in operationName."
            yield PreExecutionError(data=None, errors=[_error("GRAPHQL_VALIDATION_FAILED", message)])
        except Exception as ended:  # noqa: BLE001 - why a source ended, or a bug: shown as such
            error = GraphQLError(str(ended), original_error=ended)
            yield _shown(ExecutionResult(data=None, errors=[error]), request_id)


def _shown(result: Any, request_id: str) -> ExecutionResult:
    """The same result, with the errors that a client may see."""
    if not result.errors:
        return ExecutionResult(data=result.data, errors=None)
    errors = [_as_shown(error, mistake(result), request_id) for error in result.errors]
    if isinstance(result, PreExecutionError):
        return PreExecutionError(data=None, errors=errors)
    return ExecutionResult(data=result.data, errors=errors)


def _as_shown(error: GraphQLError, code: str, request_id: str) -> GraphQLError:
    shown = presented(error, code, request_id)
    return GraphQLError(shown["message"], nodes=error.nodes, path=error.path, extensions=shown["extensions"])


def _error(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
