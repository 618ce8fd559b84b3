"""`/graphql`: who asks, what is asked, and the answer. A browser that comes to look is sent on to GraphiQL."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from execution.schema import Schema
from serving.accepting import BadRequest, error_type, media_type, read_operation, wants_page
from serving.admission import Admission
from serving.answering import answered, bad_request, is_unavailable, noted, unavailable
from serving.events import event_stream, wants_events, wants_only_events
from serving.kept_answers import KeptAnswers, Question
from serving.live import LiveSchema
from serving.patience import Patience
from serving.signing_in import bearer

HOW_TO_FOLLOW = "A subscription answers again and again: let Accept take text/event-stream, or use a WebSocket."
BY_POST = "A mutation changes something: send it by POST."


class GraphQLEndpoint:
    def __init__(
        self, schema: Schema, admission: Admission, patience: Patience, kept: KeptAnswers, largest_body: int
    ) -> None:
        self._schema = schema
        self._admission = admission
        self._patience = patience
        self._kept = kept
        self._largest_body = largest_body
        self._live = LiveSchema(schema, admission, patience)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.answer(request))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if wants_page(request):
            return RedirectResponse("/graphiql", 303)
        try:
            return await self._answer(request, bearer(request.headers.get("authorization")))
        except BadRequest as problem:
            noted(request.state, [problem.code])
            return bad_request(problem, error_type(request.headers))
        except Exception as cause:
            if is_unavailable(cause):
                noted(request.state, ["SERVICE_UNAVAILABLE"])
                return unavailable(error_type(request.headers))
            raise

    async def _answer(self, request: Request, token: str) -> Response:
        """It is paid for before a stream begins; GET is for what changes nothing, as a link can send it."""
        streamed = wants_only_events(request)
        media = error_type(request.headers) if streamed else media_type(request.headers)
        operation = await read_operation(request, self._largest_body)
        context = await self._admission.context(request, token)
        prepared = await self._admission.prepare(request, self._schema, operation)
        if request.method == "GET" and prepared.is_mutation:
            raise BadRequest(405, BY_POST, {"Allow": "POST"})
        if streamed or (prepared.is_subscription and not prepared.errors):
            if not wants_events(request):
                raise BadRequest(400, HOW_TO_FOLLOW)
            return event_stream(self._live, request, context, prepared)

        async def ask() -> tuple[Response, bool]:
            result = await self._patience.execute(prepared, context, request)
            noted(request.state, context.refused)
            return answered(result, media, request.state), not result.errors

        return await self._kept.answer(Question(prepared, operation, context, media), request.state, ask)
