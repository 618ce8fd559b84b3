"""Operations that answer more than once: each with a context of its own, its errors as clients may see them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from starlette.datastructures import State
from starlette.requests import HTTPConnection
from strawberry.types.execution import ExecutionResult, PreExecutionError

from execution.prepared import Prepared
from execution.schema import Schema
from serving.accepting import BadRequest, Operation
from serving.admission import Admission
from serving.answering import mistake, noted, presented
from serving.patience import Patience


class LiveSchema:
    """Runs operations for a connection, and asks again before each whether its key still holds."""

    def __init__(self, schema: Schema, admission: Admission, patience: Patience) -> None:
        self._schema = schema
        self._admission = admission
        self._patience = patience

    async def results(
        self, connection: HTTPConnection, token: str, operation: Operation
    ) -> AsyncIterator[ExecutionResult]:
        """Of an operation that is yet to be read and paid for."""
        try:
            context = await self._admission.context(connection, token)
            prepared = await self._admission.prepare(connection, self._schema, operation)
        except Exception as refused:  # noqa: BLE001 - a refusal, or a bug: shown as such
            yield _failed(refused, connection.state)
            return
        async with aclosing(self.answers(connection, context, prepared)) as answers:  # type: ignore[type-var]
            async for answer in answers:
                yield answer

    async def answers(
        self, connection: HTTPConnection, context: Any, prepared: Prepared
    ) -> AsyncIterator[ExecutionResult]:
        state = connection.state
        try:
            if prepared.errors or not prepared.is_subscription:
                result = await self._patience.execute(prepared, context, connection)
                noted(state, context.refused)
                yield _shown(result, state)
                return
            with self._admission.following(state.api_key, "subscriptions"):
                async with aclosing(prepared.stream(context)) as source:
                    async for result in source:
                        yield _shown(result, state)
        except Exception as ended:  # noqa: BLE001 - why a source ended, or a bug: shown as such
            yield _failed(ended, state)


def _failed(cause: Exception, state: State) -> ExecutionResult:
    if isinstance(cause, BadRequest):
        noted(state, [cause.code])
        return PreExecutionError(data=None, errors=[GraphQLError(cause.message, extensions={"code": cause.code})])
    return _shown(ExecutionResult(data=None, errors=[GraphQLError(str(cause), original_error=cause)]), state)


def _shown(result: Any, state: State) -> ExecutionResult:
    """The same result, with the errors that a client may see."""
    if not result.errors:
        return ExecutionResult(data=result.data, errors=None, extensions=result.extensions)
    errors = [_as_shown(error, mistake(result), state.request_id) for error in result.errors]
    noted(state, (error.extensions["code"] for error in errors))
    kind = PreExecutionError if isinstance(result, PreExecutionError) else ExecutionResult
    return kind(data=result.data, errors=errors, extensions=result.extensions)


def _as_shown(error: GraphQLError, code: str, request_id: str) -> Any:
    shown = presented(error, code, request_id)
    return GraphQLError(shown["message"], nodes=error.nodes, path=error.path, extensions=shown["extensions"])
