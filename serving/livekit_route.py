"""Route LiveKit's webhooks to the engine."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serving.request_parsing import BodyTooLarge, read_body

WEBHOOK_PATH = "/livekit/webhook"
MAX_BODY_BYTES = 1_000_000


def livekit_route(accept_webhook: Callable[[bytes, str], Awaitable[bool]] | None) -> Route:
    """Return the webhook's route.

    `accept_webhook`: takes the body and the Authorization header; false if the signature is invalid.
    None: this server carries no calls; it answers 503, and LiveKit retries at another server.
    """

    async def webhook(request: Request) -> Response:
        if accept_webhook is None:
            return JSONResponse({"error": "this server carries no calls"}, 503, {"Retry-After": "1"})
        try:
            body = await read_body(request, MAX_BODY_BYTES)
        except BodyTooLarge:
            return JSONResponse({"error": "too large"}, 413)
        if not await accept_webhook(body, request.headers.get("authorization", "")):
            return JSONResponse({"error": "the signature is not LiveKit's, or is too old"}, 401)
        return Response(status_code=204)

    return Route(WEBHOOK_PATH, webhook, methods=["POST"])
