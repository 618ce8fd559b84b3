"""Operations that answer more than once: each with a context of its own, its errors as clients may see them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from execution.schema import Schema
from serving.accepting import BadRequest
from serving.admission import Admission
from serving.answering import mistake, presented
from serving.patience import Patience


class LiveSchema:
    """Runs operations for a connection, and asks again before each whether its key still holds."""

    def __init__(self, schema: Schema, admission: Admission, patience: Patience) -> None:
        self._schema = schema
        self._admission = admission
        self._patience = patience

    async def results(
        self, connection: HTTPConnection, token: str, query: str | None, variables: Any, operation_name: str | None
    ) -> AsyncIterator[ExecutionResult]:
        request_id = connection.state.request_id
        by_link = connection.scope.get("method") == "GET"
        allowed = {OperationType.QUERY, OperationType.SUBSCRIPTION} if by_link else set(OperationType)
        try:
            context = await self._admission.context(connection, token)
            prepared = self._schema.prepare(query or "", variables, operation_name, allowed)
            await self._admission.spend(connection, prepared)
            if prepared.errors or not prepared.is_subscription:
                yield _shown(await self._patience.execute(prepared, context, connection), request_id)
                return
            with self._admission.following(connection.state.api_key, "subscriptions"):
                async with aclosing(prepared.stream(context)) as source:
                    async for result in source:
                        yield _shown(result, request_id)
        except BadRequest as problem:
            yield PreExecutionError(data=None, errors=[_error(problem.code, problem.message)])
        except (CannotGetOperationTypeError, InvalidOperationTypeError):
            message = "Send a document with one query, mutation (by POST) or subscription, or name it in operationName."
            yield PreExecutionError(data=None, errors=[_error("GRAPHQL_VALIDATION_FAILED", message)])
        except Exception as ended:  # noqa: BLE001 - why a source ended, or a bug: shown as such
            error = GraphQLError(str(ended), original_error=ended)
            yield _shown(ExecutionResult(data=None, errors=[error]), request_id)


def _shown(result: Any, request_id: str) -> ExecutionResult:
    """The same result, with the errors that a client may see."""
    if not result.errors:
        return ExecutionResult(data=result.data, errors=None, extensions=result.extensions)
    errors = [_as_shown(error, mistake(result), request_id) for error in result.errors]
    if isinstance(result, PreExecutionError):
        return PreExecutionError(data=None, errors=errors, extensions=result.extensions)
    return ExecutionResult(data=result.data, errors=errors, extensions=result.extensions)


def _as_shown(error: GraphQLError, code: str, request_id: str) -> GraphQLError:
    shown = presented(error, code, request_id)
    return GraphQLError(shown["message"], nodes=error.nodes, path=error.path, extensions=shown["extensions"])


def _error(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
