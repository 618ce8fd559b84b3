"""Stream subscription results as server-sent events (graphql-sse, distinct connections mode)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse
from strawberry.types.execution import ExecutionResult

from execution.prepared_operation import PreparedOperation
from serving.operation_stream import StreamingExecutor
from serving.request_context import RequestContext

EVENT_STREAM = "text/event-stream"
# Comments between events show both sides that the other is still connected.
HEARTBEAT_INTERVAL_SECONDS = 12.0


def accepts_sse(request: Request) -> bool:
    return EVENT_STREAM in request.headers.get("accept", "")


def accepts_only_sse(request: Request) -> bool:
    """Whether a query is streamed too; a client that accepts JSON as well gets a stream for subscriptions alone."""
    return accepts_sse(request) and "json" not in request.headers.get("accept", "")


def sse_response(
    executor: StreamingExecutor, request: Request, context: RequestContext, prepared: PreparedOperation
) -> StreamingResponse:
    results = executor.run_prepared(request, context, prepared)
    return StreamingResponse(_encode_events(results), media_type=EVENT_STREAM)


async def _encode_events(results: AsyncIterator[ExecutionResult]) -> AsyncIterator[bytes]:
    async with aclosing(results) as source:  # type: ignore[type-var]
        pending = asyncio.ensure_future(anext(source, None))
        try:
            while True:
                done, _ = await asyncio.wait({pending}, timeout=HEARTBEAT_INTERVAL_SECONDS)
                if not done:
                    yield b":\n\n"
                elif (result := pending.result()) is not None:
                    yield _encode_event("next", _result_body(result))
                    pending = asyncio.ensure_future(anext(source, None))
                else:
                    break
            yield _encode_event("complete", None)
        finally:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)


def _result_body(result: ExecutionResult) -> dict[str, object]:
    body: dict[str, object] = {}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if result.data or not result.errors:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def _encode_event(name: str, body: dict[str, object] | None) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), b"" if body is None else orjson.dumps(body))
