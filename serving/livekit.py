"""Where LiveKit tells what happened: the webhook's route."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PATH = "/livekit/webhook"
LONGEST_BODY = 1_000_000


def livekit_route(receive: Callable[[bytes, str], Awaitable[bool]] | None) -> Route:
    """`receive` is given the body as it came and its token, and answers whether it believes them.

    None: this server carries no calls, so LiveKit is to tell again, and reach another one.
    """

    async def webhook(request: Request) -> Response:
        if receive is None:
            return JSONResponse({"error": "this server carries no calls"}, 503, {"Retry-After": "1"})
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_BODY:
                return JSONResponse({"error": "too large"}, 413)
        if not await receive(bytes(body), request.headers.get("authorization", "")):
            return JSONResponse({"error": "the signature is not LiveKit's, or is too old"}, 401)
        return Response(status_code=204)

    return Route(PATH, webhook, methods=["POST"])
