"""`/graphql`: who asks, what is asked, and the answer. A browser that comes to look is sent on to GraphiQL."""

from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from serving.accepting import JSON, BadRequest, Operation, media_type, read_operation, wants_page
from serving.answering import Result, answered, bad_request, is_unavailable, refused, unavailable
from serving.events import event_stream, wants_events, wants_only_events
from serving.live import LiveSchema
from serving.signing_in import CHALLENGE, UNAUTHENTICATED, ContextFor, bearer

HOW_TO_FOLLOW = "A subscription answers again and again: let Accept take text/event-stream, or use a WebSocket."


class _Subscription(Exception):
    """The operation is one: it is answered as a stream, where the client takes one."""


class GraphQLEndpoint:
    """`context_for` makes the context for a request and its bearer token, or None where the token is no good."""

    def __init__(self, schema: BaseSchema, context_for: ContextFor) -> None:
        self._schema = schema
        self._context_for = context_for
        self._live = LiveSchema(schema, context_for)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.answer(request))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if wants_page(request):
            return RedirectResponse("/graphiql", 303)
        try:
            return await self._answer(request, bearer(request.headers.get("authorization")))
        except BadRequest as problem:
            return bad_request(problem)
        except Exception as cause:
            if is_unavailable(cause):
                return unavailable()
            raise

    async def _answer(self, request: Request, token: str) -> Response:
        media = JSON if wants_only_events(request) else media_type(request.headers)
        operation = await read_operation(request)
        context = await self._context_for(request, token)
        if context is None:
            return refused("UNAUTHENTICATED", UNAUTHENTICATED, 401, CHALLENGE)
        try:
            if not wants_only_events(request):
                result = await self._execute(request.method, operation, context)
                return answered(result, media, request.state.request_id)
        except _Subscription:
            if not wants_events(request):
                raise BadRequest(400, HOW_TO_FOLLOW) from None
        return event_stream(self._live, request, token, operation)

    async def _execute(self, method: str, operation: Operation, context: Any) -> Result:
        """GET is for queries alone: what changes something is not to be sent by a link."""
        allowed = {OperationType.QUERY} if method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
        try:
            return await self._schema.execute(
                operation.query,
                operation.variables,
                context,
                operation_name=operation.name,
                allowed_operation_types=allowed,
            )
        except InvalidOperationTypeError as wrong:
            if wrong.operation_type is OperationType.SUBSCRIPTION:
                raise _Subscription from None
            raise BadRequest(405, "A mutation changes something: send it by POST.", {"Allow": "POST"}) from None
        except CannotGetOperationTypeError:
            message = "The document has several operations or none: name the one to run in operationName."
            return PreExecutionError(data=None, errors=[GraphQLError(message)])
