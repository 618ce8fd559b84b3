"""`/graphql`: who asks, what is asked, and the answer. The page for browsers is the framework's until ours comes."""

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.http.ides import get_graphql_ide_html
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from serving.accepting import BadRequest, Operation, media_type, read_operation, wants_page
from serving.answering import Result, answered, bad_request, is_unavailable, refused, unavailable

ContextFor = Callable[[Request, str], Awaitable[Any]]


class GraphQLEndpoint:
    """`context_for` makes the context for a request and its bearer token, or None where the token is no good."""

    def __init__(self, schema: BaseSchema, context_for: ContextFor) -> None:
        self._schema = schema
        self._context_for = context_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self.answer(request))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if wants_page(request):
            return HTMLResponse(get_graphql_ide_html(graphql_ide="graphiql"))
        try:
            media = media_type(request.headers)
            operation = await read_operation(request)
            context = await self._context_for(request, _bearer(request))
            if context is None:
                return _unauthenticated()
            result = await self._execute(request.method, operation, context)
        except BadRequest as problem:
            return bad_request(problem)
        except Exception as cause:
            if is_unavailable(cause):
                return unavailable()
            raise
        return answered(result, media, request.state.request_id)

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
        except InvalidOperationTypeError:
            raise BadRequest(405, "A mutation changes something: send it by POST.", {"Allow": "POST"}) from None
        except CannotGetOperationTypeError:
            message = "The document has several operations or none: name the one to run in operationName."
            return PreExecutionError(data=None, errors=[GraphQLError(message)])


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _unauthenticated() -> Response:
    message = (
        "Send a valid API key in the header Authorization: Bearer ak_<id>.<secret>. This one is missing, mistyped,"
        " expired or revoked; whoever holds API_KEYS_MANAGE creates another with createApiKey."
    )
    return refused("UNAUTHENTICATED", message, 401, {"WWW-Authenticate": 'Bearer realm="dialtree"'})
