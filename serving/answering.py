"""Writing a GraphQL-over-HTTP answer: statuses, codes, and what of an error a client may see."""

import re
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError
from sqlalchemy import exc
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types.execution import ExecutionResult as StrawberryResult
from strawberry.types.execution import PreExecutionError

from models import DatabaseGone
from serving.accepting import GRAPHQL_RESPONSE, JSON, BadRequest

log = structlog.get_logger()

_WRONG_VARIABLE = re.compile(r"Variable '\$\w+' (has invalid value|of required type|got invalid value)")
# The schema is not told by way of misspelt words.
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")
# Where graphql-core prints a value again: it can be a password, and as long as a request.
_VALUE = re.compile(r"[,;.] [Ff]ound: .*|(?<=value)(?<!invalid value): .*", re.DOTALL)
_ENUM_VALUE = re.compile(r"^((?:Variable|Argument) [^:]*: )?Value '.*' does", re.DOTALL)
_STRING = re.compile(r"String '.*'", re.DOTALL)
LONGEST_MESSAGE = 1000
Result = ExecutionResult | StrawberryResult | PreExecutionError


def answered(result: Result, media: str, state: State) -> Response:
    """No `data` where execution did not start; then the newer media type says 400, the older always 200.

    Where the database was lost on the way and nothing is left to answer, both say 503.
    """
    started = result.data is not None or any(error.path for error in result.errors or ())
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [presented(error, mistake(result), state.request_id) for error in result.errors]
        noted(state, (error["extensions"]["code"] for error in body["errors"]))
    if started:
        body["data"] = result.data
        if result.extensions:
            body["extensions"] = result.extensions
    if result.data is None and "SERVICE_UNAVAILABLE" in getattr(state, "codes", ()):
        return _json(body, 503, media, COME_AGAIN)
    status = 200 if started or media == JSON else 400
    return _json(body, status, media)


def noted(state: State, codes: Iterable[str]) -> None:
    """What went wrong, for the request's line and the metrics."""
    if found := {*getattr(state, "codes", ()), *codes}:
        state.codes = sorted(found)


def refused(code: str, message: str, status: int, headers: dict[str, str] | None = None, media: str = JSON) -> Response:
    """An answer to a request that never became an operation."""
    return _json({"errors": [{"message": message, "extensions": {"code": code}}]}, status, media, headers)


def bad_request(problem: BadRequest, media: str) -> Response:
    return refused(problem.code, problem.message, problem.status, problem.headers, media)


async def not_found(request: Request, problem: Exception) -> Response:
    """What Starlette's routing refuses: an address or a method that is not there."""
    noted(request.state, ["BAD_REQUEST"])
    status = getattr(problem, "status_code", 404)
    headers = dict(getattr(problem, "headers", None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return refused("BAD_REQUEST", f"Send {headers.get('Allow', 'another method')}.", status, headers)
    return refused("BAD_REQUEST", "There is nothing here: the API is at /graphql.", status, headers)


def unavailable(media: str) -> Response:
    return refused("SERVICE_UNAVAILABLE", UNAVAILABLE, 503, COME_AGAIN, media)


def internal_error(request_id: str) -> Response:
    return _json({"errors": [{"message": BROKEN, "extensions": _internal(request_id)}]}, 500, JSON)


def mistake(result: Result) -> str:
    """What a client's own mistake is called: found in the document, or in the variables that came with it."""
    refused = isinstance(result, PreExecutionError) and not all(_is_of_a_variable(each) for each in result.errors or ())
    return "GRAPHQL_VALIDATION_FAILED" if refused else "BAD_USER_INPUT"


def _is_of_a_variable(error: GraphQLError) -> bool:
    """Of a stream, graphql-core tells wrong variables together with wrong documents: only its words differ."""
    return bool(_WRONG_VARIABLE.match(error.message))


def presented(error: GraphQLError, code: str, request_id: str) -> dict[str, Any]:
    """What a client sees of an error; `code` is for mistakes of its own that have none.

    A bug is logged with its trace, and shown as an id to find it by.
    """
    cause = error.original_error
    if cause is not None and is_unavailable(cause):
        log.error("database_unavailable", request_id=request_id, error=type(cause.__cause__ or cause).__name__)
        return _error(error, UNAVAILABLE, {"code": "SERVICE_UNAVAILABLE"})
    if isinstance(cause, ValueError) and not error.path and not error.nodes:
        return _error(error, UNREADABLE, {"code": "GRAPHQL_VALIDATION_FAILED"})
    if _is_bug(error):
        log.error("bug", request_id=request_id, path=error.path, **trace(cause or error))
        return _error(error, BROKEN, _internal(request_id))
    if isinstance(error, GraphQLSyntaxError):
        code = "GRAPHQL_PARSE_FAILED"
    return _error(error, _without_values(error), {"code": code} | (error.extensions or {}))


def _without_values(error: GraphQLError) -> str:
    """The message as it is where it is ours; of graphql-core's, what it says and not what it was sent."""
    if error.extensions:
        return error.message
    if isinstance(error, GraphQLSyntaxError):
        return _STRING.sub("String", error.message, 1)[:LONGEST_MESSAGE]
    told = _SUGGESTION.sub("", _ENUM_VALUE.sub(r"\1This value does", error.message))
    return _VALUE.sub(".", told, 1)[:LONGEST_MESSAGE]


def is_unavailable(cause: Exception) -> bool:
    """The database is gone, locked for too long, or no database: DatabaseError itself, not one of its kinds."""
    return isinstance(cause, exc.OperationalError | exc.TimeoutError | DatabaseGone) or type(cause) is exc.DatabaseError


def _is_bug(error: GraphQLError) -> bool:
    """An exception that nobody meant for clients, or a value of ours that the schema cannot show."""
    cause = error.original_error
    if cause is None or (hasattr(cause, "extensions") and not isinstance(cause, GraphQLError)):
        return False
    if not error.path:
        return not error.nodes  # what points into the document is a mistake in the document
    return not isinstance(cause, GraphQLError) or all(node.kind == "field" for node in error.nodes or ())


def _error(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    places = {"locations": error.formatted["locations"]} if "locations" in error.formatted else {}
    path = {"path": error.path} if error.path else {}
    return {"message": message} | places | path | {"extensions": extensions}


def _internal(request_id: str) -> dict[str, Any]:
    return {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}


def trace(bug: BaseException) -> dict[str, Any]:
    """Where a bug happened. Neither its text nor any local: both can hold what a client sent."""
    frames = traceback.extract_tb(bug.__traceback__)
    return {"error": type(bug).__name__, "frames": [f"{each.filename}:{each.lineno} {each.name}" for each in frames]}


def _json(body: dict[str, Any], status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    kind = f"{media}; charset=utf-8" if media == GRAPHQL_RESPONSE else media
    return Response(orjson.dumps(body), status, headers, media_type=kind)


UNAVAILABLE = (
    "The database does not answer just now. Send the request again in a moment, under the idempotencyKey that it had:"
    " without one, look first whether it was done."
)
COME_AGAIN = {"Retry-After": "1"}
UNREADABLE = "The document holds a value that cannot be read, such as a number of thousands of digits. Send another."
BROKEN = "Something is broken here, and it is not your request. Give the request's id to whoever runs this server."
