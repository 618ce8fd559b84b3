"""The messages of a socket, read and looked over before anything is done with them."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected

OF_THE_CONNECTION = ("connection_init", "ping", "pong")
OF_AN_OPERATION = ("subscribe", "complete")
LONGEST_ID = 64
# The protocol's code for a message that is none.
BAD_MESSAGE = 4400
# What a frame that closes a socket has room for. Bytes.
LONGEST_REASON = 123


class Frames(ASGIWebSocketAdapter):
    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        while self.ws.application_state is not WebSocketState.DISCONNECTED:
            try:
                frame = orjson.loads(await self.ws.receive_text())
            except WebSocketDisconnect:
                return
            except KeyError:
                raise NonTextMessageReceived from None
            except orjson.JSONDecodeError:
                raise NonJsonMessageReceived from None
            if wrong := fault(frame):
                await self.close(BAD_MESSAGE, wrong)
                return
            yield frame

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        await super().send_json(message)

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is not WebSocketState.DISCONNECTED:
            await super().close(code, reason.encode()[:LONGEST_REASON].decode(errors="ignore"))


def fault(frame: Any) -> str | None:
    """What is wrong with a message, as its sender is told."""
    if not isinstance(frame, dict) or frame.get("type") not in (*OF_THE_CONNECTION, *OF_AN_OPERATION):
        return "A message is an object with a type of graphql-transport-ws"
    if frame["type"] in OF_THE_CONNECTION:
        return None if isinstance(frame.get("payload", {}), dict) else "payload must be an object"
    if not isinstance(frame.get("id"), str) or not 0 < len(frame["id"]) <= LONGEST_ID:
        return f"id must be a string of 1 to {LONGEST_ID} characters"
    return fault_of_an_operation(frame.get("payload")) if frame["type"] == "subscribe" else None


def fault_of_an_operation(payload: Any) -> str | None:
    if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
        return "payload must be an object with the operation as a string in query"
    for name, kind in (("variables", dict), ("extensions", dict), ("operationName", str)):
        if not isinstance(payload.get(name), kind | None):
            return f"{name} must be {'a string' if kind is str else 'an object'}, or left out"
    return None
