"""`/graphql`: who asks, what is asked, and the answer. A browser that comes to look is sent on to GraphiQL."""

from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from execution.schema import Schema
from serving.accepting import JSON, BadRequest, Operation, media_type, read_operation, wants_page
from serving.admission import Admission
from serving.answering import Result, answered, bad_request, is_unavailable, unavailable
from serving.events import event_stream, wants_events, wants_only_events
from serving.live import LiveSchema
from serving.patience import Patience
from serving.signing_in import bearer

HOW_TO_FOLLOW = "A subscription answers again and again: let Accept take text/event-stream, or use a WebSocket."


class _Subscription(Exception):
    """The operation is one: it is answered as a stream, where the client takes one."""


class GraphQLEndpoint:
    def __init__(self, schema: Schema, admission: Admission, patience: Patience, largest_body: int) -> None:
        self._schema = schema
        self._admission = admission
        self._patience = patience
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
            request.state.codes = [problem.code]
            return bad_request(problem)
        except Exception as cause:
            if is_unavailable(cause):
                return unavailable()
            raise

    async def _answer(self, request: Request, token: str) -> Response:
        media = JSON if wants_only_events(request) else media_type(request.headers)
        operation = await read_operation(request, self._largest_body)
        context = await self._admission.context(request, token)
        try:
            if not wants_only_events(request):
                return answered(await self._execute(request, operation, context), media, request.state)
        except _Subscription:
            if not wants_events(request):
                raise BadRequest(400, HOW_TO_FOLLOW) from None
        return event_stream(self._live, request, token, operation)

    async def _execute(self, request: Request, operation: Operation, context: Any) -> Result:
        """GET is for queries alone: what changes something is not to be sent by a link."""
        allowed = {OperationType.QUERY} if request.method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
        try:
            prepared = self._schema.prepare(operation.query, operation.variables, operation.name, allowed)
            await self._admission.spend(request, prepared)
            return await self._patience.execute(prepared, context, request)
        except InvalidOperationTypeError as wrong:
            if wrong.operation_type is OperationType.SUBSCRIPTION:
                raise _Subscription from None
            raise BadRequest(405, "A mutation changes something: send it by POST.", {"Allow": "POST"}) from None
        except CannotGetOperationTypeError:
            message = "The document has several operations or none: name the one to run in operationName."
            return PreExecutionError(data=None, errors=[GraphQLError(message)])
