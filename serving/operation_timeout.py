"""Stop an operation at its timeout, and a query when its client disconnects."""

from starlette.requests import ClientDisconnect, HTTPConnection
from strawberry.types.execution import ExecutionResult

from execution.prepared_operation import PreparedOperation
from serving.http_protocol import GuardedHttpProtocol, http_protocol_of
from serving.request_context import RequestContext
from serving.request_parsing import BadRequest
from storage.time_limit import TimeLimit


class OperationTimeout:
    """Limits each operation to `seconds`, but waits for a commit that has begun."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def execute_within(
        self, prepared: PreparedOperation, context: RequestContext, request: HTTPConnection
    ) -> ExecutionResult:
        """Execute the operation.

        Raises BadRequest 503 with code TIMEOUT at the timeout, ClientDisconnect if the client disconnected.
        """
        protocol = http_protocol_of(request) if prepared.is_query else None
        context.time_limit = limit = TimeLimit(self._seconds)
        try:
            async with limit.deadline:
                if protocol:
                    protocol.cancel_on_disconnect(limit.deadline)
                return await prepared.execute(context)
        except TimeoutError:
            raise self._timeout_error(protocol, limit) from None
        finally:
            if protocol:
                protocol.forget_deadline(limit.deadline)

    def _timeout_error(self, protocol: GuardedHttpProtocol | None, limit: TimeLimit) -> Exception:
        if protocol and protocol.transport.is_closing():
            return ClientDisconnect()
        return BadRequest(503, limit.timed_out_message(), {"Retry-After": "1"}, code="TIMEOUT")
