"""Server-sent events: subscriptions over plain HTTP, as graphql-sse has them (one stream an operation)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse
from strawberry.types.execution import ExecutionResult

from execution.prepared import Prepared
from serving.live import LiveSchema

EVENT_STREAM = "text/event-stream"
# A comment now and then shows both sides that the other is there. Seconds.
HEARTBEAT_EVERY = 12.0


def wants_events(request: Request) -> bool:
    return EVENT_STREAM in request.headers.get("accept", "")


def wants_only_events(request: Request) -> bool:
    """A client that names JSON too takes a stream where it must: for subscriptions."""
    return wants_events(request) and "json" not in request.headers.get("accept", "")


def event_stream(live: LiveSchema, request: Request, context: Any, prepared: Prepared) -> StreamingResponse:
    return StreamingResponse(_events(live.answers(request, context, prepared)), media_type=EVENT_STREAM)


async def _events(results: AsyncIterator[ExecutionResult]) -> AsyncIterator[bytes]:
    async with aclosing(results) as source:  # type: ignore[type-var]
        coming = asyncio.ensure_future(anext(source, None))
        try:
            while (result := await _next(coming)) is not None:
                if isinstance(result, ExecutionResult):
                    yield _event("next", _body(result))
                    coming = asyncio.ensure_future(anext(source, None))
                else:
                    yield b":\n\n"
            yield _event("complete", None)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


async def _next(coming: asyncio.Future[Any]) -> Any:
    """The next result, None at the end, False where it is time for a heartbeat."""
    done, _ = await asyncio.wait({coming}, timeout=HEARTBEAT_EVERY)
    return coming.result() if done else False


def _body(result: ExecutionResult) -> dict[str, Any]:
    extensions = {"extensions": result.extensions} if result.extensions else {}
    if result.errors:
        data = {"data": result.data} if result.data else {}
        return {"errors": [error.formatted for error in result.errors]} | data | extensions
    return {"data": result.data} | extensions


def _event(name: str, body: dict[str, Any] | None) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), b"" if body is None else orjson.dumps(body))
