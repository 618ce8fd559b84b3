"""Run one operation of a WebSocket or an event stream, with its errors formatted for clients."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from graphql import GraphQLError
from starlette.datastructures import State
from starlette.requests import ClientDisconnect, HTTPConnection
from strawberry.types.execution import ExecutionResult, PreExecutionError

from execution.prepared_operation import PreparedOperation
from execution.schema import Schema
from serving.admission import Admission
from serving.operation_timeout import OperationTimeout
from serving.request_context import RequestContext
from serving.request_parsing import BadRequest, GraphQLRequest
from serving.responses import ExecutedResult, client_error_code, format_error, record_codes


class StreamingExecutor:
    """Runs operations, and authenticates the API key again before each."""

    def __init__(self, schema: Schema, admission: Admission, timeout: OperationTimeout) -> None:
        self._schema = schema
        self._admission = admission
        self._timeout = timeout

    async def run(
        self, request: HTTPConnection, token: str, operation: GraphQLRequest
    ) -> AsyncIterator[ExecutionResult]:
        """Authenticate, charge and run the operation; a refusal is its only result."""
        try:
            context = await self._admission.authenticate(request, token)
            prepared = await self._admission.prepare(request, self._schema, operation)
        except Exception as error:  # noqa: BLE001 - a refusal or a bug, formatted for the client
            yield _failure_result(error, request.state)
            return
        async with aclosing(self.run_prepared(request, context, prepared)) as results:  # type: ignore[type-var]
            async for result in results:
                yield result

    async def run_prepared(
        self, request: HTTPConnection, context: RequestContext, prepared: PreparedOperation
    ) -> AsyncIterator[ExecutionResult]:
        """Run an operation that is authenticated and charged already."""
        state = request.state
        try:
            if prepared.errors or not prepared.is_subscription:
                try:
                    result = await self._timeout.execute_within(prepared, context, request)
                finally:
                    self._admission.charge_overrun(request, context, prepared.cost)
                record_codes(state, context.user_error_codes)
                yield _with_formatted_errors(result, state)
                return
            with self._admission.limit_open(state.api_key, "subscriptions"):
                async with aclosing(prepared.stream(context)) as source:
                    async for result in source:
                        self._admission.charge_overrun(request, context, prepared.cost)
                        yield _with_formatted_errors(result, state)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the reason why a source ended, or a bug
            yield _failure_result(error, state)


def _failure_result(error: Exception, state: State) -> ExecutionResult:
    if isinstance(error, BadRequest):
        record_codes(state, [error.code])
        return PreExecutionError(data=None, errors=[GraphQLError(error.message, extensions={"code": error.code})])
    return _with_formatted_errors(
        ExecutionResult(data=None, errors=[GraphQLError(str(error), original_error=error)]), state
    )


def _with_formatted_errors(result: ExecutedResult, state: State) -> ExecutionResult:
    """Return the result with its errors formatted for clients, and record their codes."""
    if not result.errors:
        return ExecutionResult(data=result.data, errors=None, extensions=result.extensions)
    code, request_id = client_error_code(result), state.request_id
    formatted = [(error, format_error(error, code, request_id)) for error in result.errors]
    record_codes(state, (str(body["extensions"]["code"]) for _, body in formatted))
    errors = [
        GraphQLError(body["message"], nodes=error.nodes, path=error.path, extensions=body["extensions"])
        for error, body in formatted
    ]
    kind = PreExecutionError if isinstance(result, PreExecutionError) else ExecutionResult
    return kind(data=result.data, errors=errors, extensions=result.extensions)
