"""`graphql-transport-ws`: subscriptions over a WebSocket. The key comes in connection_init, or in the handshake."""

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

from execution.schema import Schema
from serving import accepting
from serving.accepting import BadRequest
from serving.admission import Admission
from serving.answering import noted, trace
from serving.frames import Frames
from serving.live import LiveSchema
from serving.patience import Patience
from serving.requests import Lines, id_or_none
from serving.signing_in import bearer

log = structlog.get_logger()

FIRST_MESSAGE_WITHIN = timedelta(seconds=5)
# The id that the client gave to the operation; each runs in a task of its own.
OPERATION_ID: ContextVar[str] = ContextVar("OPERATION_ID")


@dataclass
class Socket:
    """What is kept for a connection; each operation gets a context of its own."""

    connection: WebSocket
    connection_params: dict[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> str:
        sent = {name.lower(): value for name, value in self.connection_params.items()}
        return bearer(str(sent.get("authorization") or self.connection.headers.get("authorization")))

    def of_an_operation(self) -> HTTPConnection:
        """The connection as one operation knows it: what it costs and what goes wrong is noted for it alone."""
        scope = self.connection.scope
        return HTTPConnection({**scope, "state": {**scope["state"]}})


class Handler(BaseGraphQLTransportWSHandler[Socket, None]):
    async def run_operation(self, operation: Operation[Socket, None]) -> None:
        OPERATION_ID.set(operation.id)
        await super().run_operation(operation)

    async def handle_task_exception(self, error: Exception) -> None:
        """Strawberry would log its text, which can hold what was sent. A client that left is no bug."""
        if isinstance(error, WebSocketDisconnected):
            return
        log.error("bug", request_id=self.context.connection.state.request_id, **trace(error))


class SocketEndpoint(GraphQL[Socket, None]):
    """Strawberry speaks the protocol; who asks and what is run is ours."""

    graphql_transport_ws_handler_class = Handler
    websocket_adapter_class = Frames

    def __init__(
        self,
        schema: Schema,
        admission: Admission,
        patience: Patience,
        lines: Lines,
        allowed_origins: Sequence[str],
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=FIRST_MESSAGE_WITHIN,
            allowed_origins=allowed_origins,
        )
        self._admission = admission
        self.schema: Any = _PerSocket(LiveSchema(schema, admission, patience), lines)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as held:
            scope["state"]["held"] = held
            await super().__call__(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Socket:  # noqa: ARG002
        assert isinstance(request, WebSocket)
        return Socket(request)

    async def on_ws_connect(self, context: Socket) -> Any:
        state = context.connection.state
        try:
            await self._admission.context(context.connection, context.token)
            state.held.enter_context(self._admission.following(state.api_key, "sockets"))
        except BadRequest as problem:
            noted(state, [problem.code])
            raise ConnectionRejectionError from None
        return await super().on_ws_connect(context)


@dataclass(frozen=True)
class _PerSocket:
    """What Strawberry's handler calls to run an operation."""

    live: LiveSchema
    lines: Lines

    async def stream(
        self,
        query: str,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        operation_name: str | None = None,
        **_rest: Any,
    ) -> AsyncIterator[ExecutionResult]:
        return self._told(context_value, accepting.Operation(query, variable_values, operation_name or None))

    async def _told(self, socket: Socket, operation: accepting.Operation) -> AsyncIterator[ExecutionResult]:
        """Its results; when it ends, however that is, it has its line in the log."""
        connection = socket.of_an_operation()
        state = connection.scope["state"]
        self.lines.started(state, connection.headers)
        try:
            async with aclosing(self.live.results(connection, socket.token, operation)) as results:  # type: ignore[type-var]
                async for result in results:
                    yield result
        finally:
            path, operation_id = connection.scope["path"], id_or_none(OPERATION_ID.get())
            self.lines.ended("operation", state, path=path, operation_id=operation_id)
