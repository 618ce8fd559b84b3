"""`graphql-transport-ws`: subscriptions over a WebSocket. The key comes in connection_init, or in the handshake."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult

from execution.schema import Schema
from serving.accepting import BadRequest
from serving.admission import Admission
from serving.live import LiveSchema
from serving.patience import Patience
from serving.signing_in import bearer

FIRST_MESSAGE_WITHIN = timedelta(seconds=5)


@dataclass
class Socket:
    """What is kept for a connection; each operation gets a context of its own."""

    connection: WebSocket
    connection_params: dict[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> str:
        sent = {name.lower(): value for name, value in self.connection_params.items()}
        return bearer(str(sent.get("authorization") or self.connection.headers.get("authorization")))


class SocketEndpoint(GraphQL[Socket, None]):
    """Strawberry speaks the protocol; who asks and what is run is ours."""

    def __init__(
        self, schema: Schema, admission: Admission, patience: Patience, allowed_origins: Sequence[str]
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=FIRST_MESSAGE_WITHIN,
            allowed_origins=allowed_origins,
        )
        self._admission = admission
        self.schema: Any = _PerSocket(LiveSchema(schema, admission, patience))

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
        except BadRequest:
            raise ConnectionRejectionError from None
        return await super().on_ws_connect(context)


@dataclass(frozen=True)
class _PerSocket:
    """What Strawberry's handler calls to run an operation."""

    live: LiveSchema

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        operation_name: str | None = None,
        **_rest: Any,
    ) -> AsyncIterator[ExecutionResult]:
        socket: Socket = context_value
        return self.live.results(socket.connection, socket.token, query, variable_values, operation_name)
