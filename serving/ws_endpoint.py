"""Serve `graphql-transport-ws`: authenticate the socket, run its operations.

The API key is in the payload of connection_init, or in the Authorization header of the handshake.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.execution import ExecutionResult
from strawberry.types.unset import UnsetType

from execution.schema import Schema
from serving.admission import Admission
from serving.bearer import bearer_token
from serving.middleware import CLIENT_GONE
from serving.operation_stream import StreamingExecutor
from serving.operation_timeout import OperationTimeout
from serving.request_log import RequestRecorder, request_id_or_none
from serving.request_parsing import BadRequest, GraphQLRequest
from serving.request_state import RequestState
from serving.responses import record_codes, traceback_fields
from serving.ws_messages import CheckedWebSocketAdapter

log = structlog.get_logger()

# The client's id of the operation; each operation runs in a task of its own.
OPERATION_ID: ContextVar[str] = ContextVar("OPERATION_ID")


@dataclass
class SocketContext:
    """Strawberry's context of a socket; each operation gets a RequestContext of its own."""

    connection: WebSocket
    connection_params: dict[str, object] = field(default_factory=dict)

    @property
    def token(self) -> str:
        sent = {name.lower(): value for name, value in self.connection_params.items()}
        return bearer_token(str(sent.get("authorization") or self.connection.headers.get("authorization")))

    def operation_connection(self) -> HTTPConnection:
        """Copy the connection with a new state: each operation's cost and error codes are recorded separately."""
        scope = self.connection.scope
        return HTTPConnection({**scope, "state": {**scope["state"]}})


class TransportWSHandler(BaseGraphQLTransportWSHandler[SocketContext, None]):
    """Strawberry's handler of the protocol, with the operation's id and our log of exceptions."""

    async def run_operation(self, operation: Operation[SocketContext, None]) -> None:
        OPERATION_ID.set(operation.id)
        await super().run_operation(operation)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log the exception without its message, which can contain client input; ignore a disconnect."""
        if isinstance(error, (WebSocketDisconnected, *CLIENT_GONE)):
            return
        log.error("unhandled_exception", request_id=self.context.connection.state.request_id, **traceback_fields(error))


class GraphQLWebSocketEndpoint(GraphQL[SocketContext, None]):
    """Strawberry's endpoint, with our authentication and execution."""

    graphql_transport_ws_handler_class = TransportWSHandler
    websocket_adapter_class = CheckedWebSocketAdapter

    def __init__(  # noqa: PLR0917 - its parts, passed once
        self,
        schema: Schema,
        admission: Admission,
        timeout: OperationTimeout,
        recorder: RequestRecorder,
        allowed_origins: Sequence[str],
        init_timeout: float,
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=init_timeout),
            allowed_origins=allowed_origins,
        )
        self._admission = admission
        # Strawberry declares a BaseSchema, but calls only `stream`.
        self.schema: Any = _RecordedSchema(StreamingExecutor(schema, admission, timeout), recorder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as exit_stack:
            state: RequestState = scope["state"]
            state["exit_stack"] = exit_stack
            await super().__call__(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> SocketContext:  # noqa: ARG002
        assert isinstance(request, WebSocket)
        return SocketContext(request)

    async def on_ws_connect(self, context: SocketContext) -> UnsetType | dict[str, object] | None:
        state = context.connection.state
        try:
            await self._admission.authenticate(context.connection, context.token)
            state.exit_stack.enter_context(self._admission.limit_open(state.api_key, "websockets"))
        except BadRequest as error:
            record_codes(state, [error.code])
            raise ConnectionRejectionError from None
        return await super().on_ws_connect(context)


@dataclass(frozen=True)
class _RecordedSchema:
    """Replaces the schema that Strawberry's handler runs operations on."""

    executor: StreamingExecutor
    recorder: RequestRecorder

    async def stream(
        self,
        query: str,
        variable_values: dict[str, object] | None,
        context_value: SocketContext,
        operation_name: str | None = None,
        **_rest: object,
    ) -> AsyncIterator[ExecutionResult]:
        return self._run_recorded(context_value, GraphQLRequest(query, variable_values, operation_name or None))

    async def _run_recorded(self, socket: SocketContext, operation: GraphQLRequest) -> AsyncIterator[ExecutionResult]:
        """Run the operation, and log it however it ends."""
        connection = socket.operation_connection()
        state: RequestState = connection.scope["state"]
        self.recorder.start(state, connection.headers)
        try:
            async with aclosing(self.executor.run(connection, socket.token, operation)) as results:  # type: ignore[type-var]
                async for result in results:
                    yield result
        finally:
            path, operation_id = connection.scope["path"], request_id_or_none(OPERATION_ID.get())
            self.recorder.finish("operation", state, path=path, operation_id=operation_id)
