"""Handle `/graphql` over HTTP: parse the request, authenticate, execute, respond."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from execution.schema import Schema
from serving.admission import Admission
from serving.bearer import bearer_token
from serving.operation_stream import StreamingExecutor
from serving.operation_timeout import OperationTimeout
from serving.request_parsing import (
    BadRequest,
    error_media_type,
    is_browser_visit,
    negotiate_media_type,
    read_graphql_request,
)
from serving.response_cache import CacheableRequest, ResponseCache
from serving.responses import bad_request_response, graphql_response, record_codes, unavailable_response
from serving.sse import accepts_only_sse, accepts_sse, sse_response
from storage.outage import is_outage

SUBSCRIPTION_NEEDS_STREAM = "A subscription is a stream: send Accept: text/event-stream, or use a WebSocket."
MUTATION_NEEDS_POST = "A mutation changes something: send it by POST."


class GraphQLEndpoint:
    """An ASGI application; a browser that visits it is redirected to GraphiQL."""

    def __init__(
        self, schema: Schema, admission: Admission, timeout: OperationTimeout, cache: ResponseCache, max_body_bytes: int
    ) -> None:
        self._schema = schema
        self._admission = admission
        self._timeout = timeout
        self._cache = cache
        self._max_body_bytes = max_body_bytes
        self._stream_executor = StreamingExecutor(schema, admission, timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.respond(request))(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        if is_browser_visit(request):
            return RedirectResponse("/graphiql", 303)
        try:
            return await self._respond(request, bearer_token(request.headers.get("authorization")))
        except BadRequest as error:
            record_codes(request.state, [error.code])
            return bad_request_response(error, error_media_type(request.headers))
        except Exception as error:
            if is_outage(error):
                record_codes(request.state, ["SERVICE_UNAVAILABLE"])
                return unavailable_response(error_media_type(request.headers))
            raise

    async def _respond(self, request: Request, token: str) -> Response:
        """Charge the operation before a stream starts; refuse a mutation by GET, as a link can send it."""
        streamed = accepts_only_sse(request)
        media = error_media_type(request.headers) if streamed else negotiate_media_type(request.headers)
        operation = await read_graphql_request(request, self._max_body_bytes)
        context = await self._admission.authenticate(request, token)
        prepared = await self._admission.prepare(request, self._schema, operation)
        if request.method == "GET" and prepared.is_mutation:
            raise BadRequest(405, MUTATION_NEEDS_POST, {"Allow": "POST"})
        if streamed or (prepared.is_subscription and not prepared.errors):
            if not accepts_sse(request):
                raise BadRequest(400, SUBSCRIPTION_NEEDS_STREAM)
            return sse_response(self._stream_executor, request, context, prepared)

        async def execute() -> tuple[Response, bool]:
            try:
                result = await self._timeout.execute_within(prepared, context, request)
            finally:
                self._admission.charge_overrun(request, context, prepared.cost)
            record_codes(request.state, context.user_error_codes)
            return graphql_response(result, media, request.state), not result.errors

        return await self._cache.get_or_execute(
            CacheableRequest(prepared, operation, context, media), request.state, execute
        )
