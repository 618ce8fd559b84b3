"""Build GraphQL-over-HTTP responses: status, error codes, and errors without internal details."""

import re
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from typing import NotRequired, TypedDict

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError
from graphql.language import FormattedSourceLocation
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types.execution import ExecutionResult as StrawberryResult
from strawberry.types.execution import PreExecutionError

from serving.request_parsing import GRAPHQL_RESPONSE, JSON, BadRequest
from serving.request_state import MAX_LOGGED_NAME_LENGTH
from storage.outage import is_outage
from storage.session import StatementTooLong

log = structlog.get_logger()

_VARIABLE_ERROR_PATTERN = re.compile(r"Variable '\$\w+' (has invalid value|of required type|got invalid value)")
# A suggestion would reveal the schema.
_SUGGESTION_PATTERN = re.compile(r" Did you mean [^?]*\?")
# graphql-core quotes values in its messages; a value can be a password, or as long as a request.
_VALUE_PATTERN = re.compile(r"[,;.] [Ff]ound: .*|(?<=value)(?<!invalid value): .*", re.DOTALL)
_ENUM_VALUE_PATTERN = re.compile(r"^((?:Variable|Argument) [^:]*: )?Value '.*' does", re.DOTALL)
_STRING_PATTERN = re.compile(r"String '.*'", re.DOTALL)
MAX_MESSAGE_LENGTH = 1000
# How many of a traceback's innermost frames are logged.
MAX_TRACE_FRAMES = 40
ExecutedResult = ExecutionResult | StrawberryResult | PreExecutionError


class ErrorBody(TypedDict):
    """An error as clients receive it; `extensions` has its code."""

    message: str
    locations: NotRequired[list[FormattedSourceLocation]]
    path: NotRequired[list[str | int]]
    extensions: dict[str, object]


def graphql_response(result: ExecutedResult, media: str, state: State) -> Response:
    """Build the response of an executed operation (GraphQL over HTTP).

    Without `data`, if execution did not start: then application/graphql-response+json has status 400, and
    application/json 200. If the database was lost or time ran out, and no data is left, both have 503.
    """
    started = result.data is not None or any(error.path for error in result.errors or ())
    body: dict[str, object] = {}
    if result.errors:
        errors = [format_error(error, client_error_code(result), state.request_id) for error in result.errors]
        record_codes(state, (str(error["extensions"]["code"]) for error in errors))
        body["errors"] = errors
    if started:
        body["data"] = result.data
        if result.extensions:
            body["extensions"] = result.extensions
    if result.data is None and not RETRYABLE_CODES.isdisjoint(getattr(state, "codes", ())):
        return _json_response(body, 503, media, RETRY_AFTER)
    status = 200 if started or media == JSON else 400
    return _json_response(body, status, media)


def record_codes(state: State, codes: Iterable[str]) -> None:
    """Add error codes to those of the request, for its log line and the metrics."""
    if merged := {*getattr(state, "codes", ()), *codes}:
        state.codes = sorted(merged)


def error_response(
    code: str, message: str, status: int, headers: dict[str, str] | None = None, media: str = JSON
) -> Response:
    """Build the response to a request that never became an operation."""
    return _json_response(errors_body(message, {"code": code}), status, media, headers)


def errors_body(message: str, extensions: dict[str, object]) -> dict[str, object]:
    """Build the body of a response with one error and no data."""
    return {"errors": [ErrorBody(message=message, extensions=extensions)]}


def bad_request_response(error: BadRequest, media: str) -> Response:
    return error_response(error.code, error.message, error.status, error.headers, media)


async def routing_error_response(request: Request, error: Exception) -> Response:
    """Answer an HTTPException of Starlette's routing: an unknown path or method."""
    record_codes(request.state, ["BAD_REQUEST"])
    status = getattr(error, "status_code", 404)
    headers = dict(getattr(error, "headers", None) or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return error_response("BAD_REQUEST", f"Send {headers.get('Allow', 'another method')}.", status, headers)
    return error_response("BAD_REQUEST", "There is nothing here: the API is at /graphql.", status, headers)


def unavailable_response(media: str) -> Response:
    return error_response("SERVICE_UNAVAILABLE", UNAVAILABLE_MESSAGE, 503, RETRY_AFTER, media)


def internal_error_response(request_id: str) -> Response:
    return _json_response(errors_body(INTERNAL_ERROR_MESSAGE, _internal_extensions(request_id)), 500, JSON)


def client_error_code(result: ExecutedResult) -> str:
    """Return the code of errors without one: the document is invalid, or a value is, such as a variable's."""
    invalid_document = isinstance(result, PreExecutionError) and not all(
        _is_variable_error(each) for each in result.errors or ()
    )
    return "GRAPHQL_VALIDATION_FAILED" if invalid_document else "BAD_USER_INPUT"


def _is_variable_error(error: GraphQLError) -> bool:
    """Recognize the message: graphql-core's subscribe() reports invalid variables as it does invalid documents."""
    return bool(_VARIABLE_ERROR_PATTERN.match(error.message))


def format_error(error: GraphQLError, code: str, request_id: str) -> ErrorBody:
    """Return an error as clients may see it; `code` is for a client's mistake that has no code of its own.

    A bug is logged with its traceback; the client gets the request's id to quote.
    """
    cause = error.original_error
    if isinstance(cause, StatementTooLong):
        return _error_body(error, STATEMENT_TIMEOUT_MESSAGE, {"code": "TIMEOUT"})
    if cause is not None and is_outage(cause):
        log.error("database_unavailable", request_id=request_id, error=type(cause.__cause__ or cause).__name__)
        return _error_body(error, UNAVAILABLE_MESSAGE, {"code": "SERVICE_UNAVAILABLE"})
    if isinstance(cause, ValueError) and not error.path and not error.nodes:
        return _error_body(error, UNREADABLE_VALUE_MESSAGE, {"code": "GRAPHQL_VALIDATION_FAILED"})
    if _is_bug(error):
        path = [each[:MAX_LOGGED_NAME_LENGTH] if isinstance(each, str) else each for each in error.path or ()]
        log.error("unhandled_exception", request_id=request_id, path=path or None, **traceback_fields(cause or error))
        return _error_body(error, INTERNAL_ERROR_MESSAGE, _internal_extensions(request_id))
    if isinstance(error, GraphQLSyntaxError):
        code = "GRAPHQL_PARSE_FAILED"
    return _error_body(error, _redacted_message(error), {"code": code, **(error.extensions or {})})


def _redacted_message(error: GraphQLError) -> str:
    """Return Dialtree's own messages unchanged, and graphql-core's without the values that the client sent."""
    if error.extensions:
        return error.message
    if isinstance(error, GraphQLSyntaxError):
        return _STRING_PATTERN.sub("String", error.message, 1)[:MAX_MESSAGE_LENGTH]
    message = _SUGGESTION_PATTERN.sub("", _ENUM_VALUE_PATTERN.sub(r"\1This value does", error.message))
    return _VALUE_PATTERN.sub(".", message, 1)[:MAX_MESSAGE_LENGTH]


def _is_bug(error: GraphQLError) -> bool:
    """Whether it is an exception not meant for clients, or a resolved value that the schema cannot serialize."""
    cause = error.original_error
    if cause is None or (hasattr(cause, "extensions") and not isinstance(cause, GraphQLError)):
        return False
    if not error.path:
        return not error.nodes  # an error with a location in the document is the client's
    return not isinstance(cause, GraphQLError) or all(node.kind == "field" for node in error.nodes or ())


def _error_body(error: GraphQLError, message: str, extensions: dict[str, object]) -> ErrorBody:
    body = ErrorBody(message=message, extensions=extensions)
    if "locations" in error.formatted:
        body["locations"] = error.formatted["locations"]
    if error.path:
        body["path"] = error.path
    return body


def _internal_extensions(request_id: str) -> dict[str, object]:
    return {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}


def traceback_fields(bug: BaseException) -> dict[str, object]:
    """Return the log fields of a bug: without its message and local variables, which can contain client input."""
    frames = traceback.extract_tb(bug.__traceback__)[-MAX_TRACE_FRAMES:]
    return {"error": type(bug).__name__, "frames": [f"{each.filename}:{each.lineno} {each.name}" for each in frames]}


def _json_response(body: dict[str, object], status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    kind = f"{media}; charset=utf-8" if media == GRAPHQL_RESPONSE else media
    return Response(orjson.dumps(body), status, headers, media_type=kind)


UNAVAILABLE_MESSAGE = (
    "The database does not answer just now. Send the request again in a moment, under the idempotencyKey that it had:"
    " without one, look first whether it was done."
)
STATEMENT_TIMEOUT_MESSAGE = (
    "Reading this took the database too long, and was stopped. Ask for less at once, or try again; what a mutation"
    " changed before it was read stays changed."
)
RETRY_AFTER = {"Retry-After": "1"}
RETRYABLE_CODES = {"SERVICE_UNAVAILABLE", "TIMEOUT"}
UNREADABLE_VALUE_MESSAGE = (
    "The document holds a value that cannot be read, such as a number of thousands of digits. Send another."
)
INTERNAL_ERROR_MESSAGE = (
    "Something is broken here, and it is not your request. Give the request's id to whoever runs this server."
)
