"""Check the shape of `graphql-transport-ws` messages before they are handled."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected

CONNECTION_MESSAGES = ("connection_init", "ping", "pong")
OPERATION_MESSAGES = ("subscribe", "complete")
MAX_OPERATION_ID_LENGTH = 64
# The protocol's close code for an invalid message.
CLOSE_BAD_REQUEST = 4400
# RFC 6455, section 5.5: a control frame has 125 bytes, two of them for the code.
MAX_CLOSE_REASON_BYTES = 123


class CheckedWebSocketAdapter(ASGIWebSocketAdapter):
    """Closes the socket on an invalid message; sends nothing after a close."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        while self.ws.application_state is not WebSocketState.DISCONNECTED:
            try:
                message = orjson.loads(await self.ws.receive_text())
            except WebSocketDisconnect:
                return
            except KeyError:
                raise NonTextMessageReceived from None
            except orjson.JSONDecodeError:
                raise NonJsonMessageReceived from None
            if error := message_error(message):
                await self.close(CLOSE_BAD_REQUEST, error)
                return
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        await super().send_json(message)

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            return
        with suppress(WebSocketDisconnect):
            await super().close(code, reason.encode()[:MAX_CLOSE_REASON_BYTES].decode(errors="ignore"))


def message_error(message: object) -> str | None:
    """Return what is wrong with a message, for its sender; None if it is valid."""
    if not isinstance(message, dict) or message.get("type") not in (*CONNECTION_MESSAGES, *OPERATION_MESSAGES):
        return "A message is an object with a type of graphql-transport-ws"
    if message["type"] in CONNECTION_MESSAGES:
        return None if isinstance(message.get("payload", {}), dict) else "payload must be an object"
    if not isinstance(message.get("id"), str) or not 0 < len(message["id"]) <= MAX_OPERATION_ID_LENGTH:
        return f"id must be a string of 1 to {MAX_OPERATION_ID_LENGTH} characters"
    return payload_error(message.get("payload")) if message["type"] == "subscribe" else None


def payload_error(payload: object) -> str | None:
    """Return what is wrong with the payload of a subscribe message; None if it is valid."""
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return "payload must be an object with the operation as a string in query"
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if not isinstance(payload.get(name), kind | None):
            return f"{name} must be {'a string' if kind is str else 'an object'}, or left out"
    return None
