"""`graphql-transport-ws`: subscriptions over a WebSocket. The key comes in connection_init, or in the handshake."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult

from serving.live import LiveSchema
from serving.signing_in import ContextFor, bearer

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

    def __init__(self, schema: BaseSchema, context_for: ContextFor, allowed_origins: Sequence[str]) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=FIRST_MESSAGE_WITHIN,
            allowed_origins=allowed_origins,
        )
        self._context_for = context_for
        self.schema: Any = _PerSocket(LiveSchema(schema, context_for))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Socket:  # noqa: ARG002
        assert isinstance(request, WebSocket)
        return Socket(request)

    async def on_ws_connect(self, context: Socket) -> Any:
        if await self._context_for(context.connection, context.token) is None:
            raise ConnectionRejectionError
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
