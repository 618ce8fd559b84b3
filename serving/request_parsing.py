"""Parse a GraphQL-over-HTTP request, and negotiate the media type of its response."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
# Clients repeat the same header values.
HEADER_CACHE_SIZE = 128


class BadRequest(Exception):
    """Raised for an HTTP request that ends with an error status: it is malformed, not admitted, or timed out.

    The client sees the HTTP status, and a body whose `errors` has one entry with the code. An open stream ends
    with that entry.
    """

    def __init__(
        self, status: int, message: str, headers: dict[str, str] | None = None, *, code: str = "BAD_REQUEST"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.code = code


class BodyTooLarge(Exception):
    """The body is larger than the limit, and was not read to its end."""


@dataclass(frozen=True)
class GraphQLRequest:
    """The parameters of a GraphQL request; `name` is its operationName."""

    query: str
    variables: dict[str, object] | None
    name: str | None


def negotiate_media_type(headers: Headers) -> str:
    """Return the media type of the response: JSON, unless Accept gives the newer type at least the same weight.

    Raises BadRequest 406 if the client accepts neither.
    """
    return _negotiate(headers.get("accept", "*/*"))


@lru_cache(HEADER_CACHE_SIZE)
def _negotiate(accept: str) -> str:
    weights = _accept_weights(accept)
    candidates = [(_weight_of(weights, kind), kind) for kind in (JSON, GRAPHQL_RESPONSE)]
    best = max(candidates, key=lambda each: (each[0], each[1] in weights, each[1] == JSON))
    if best[0] <= 0:
        raise BadRequest(406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}: let Accept take one of them.")
    return best[1]


def error_media_type(headers: Headers) -> str:
    """Return the media type of an error response: JSON if the client accepts neither."""
    try:
        return negotiate_media_type(headers)
    except BadRequest:
        return JSON


def is_browser_visit(request: Request) -> bool:
    """Whether a browser navigated to the endpoint, with no operation to execute."""
    return request.method == "GET" and "query" not in request.query_params and accepts_html(request.headers)


def accepts_html(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


async def read_graphql_request(request: Request, max_bytes: int) -> GraphQLRequest:
    """Parse the request's body, or its query string if it is a GET. Raises BadRequest."""
    if request.method == "POST":
        _require_json(request.headers)
        try:
            body = await read_body(request, max_bytes)
        except BodyTooLarge:
            message = (
                f"The body is larger than {max_bytes:,} bytes. Send what is listed in several requests, or many"
                " contacts as a file (createContactImport)."
            )
            raise BadRequest(413, message, {"Connection": "close"}) from None
        return _to_graphql_request(_parse_json_object(body, "The body"))
    if request.method == "GET":
        return _to_graphql_request(_parse_query_string(request.url.query))
    raise BadRequest(405, "Send GET or POST.", {"Allow": "GET, POST"})


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Read the body. Raises BodyTooLarge as soon as it is larger than `max_bytes`."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            raise BodyTooLarge
    return body


@lru_cache(HEADER_CACHE_SIZE)
def _is_json(content_type: str) -> bool:
    kind, _, parameters = content_type.partition(";")
    charset = dict(_parse_parameter(each) for each in parameters.split(";")).get("charset", "utf-8")
    return kind.strip().lower() == JSON and charset.strip('"').lower() in ("utf-8", "utf8")


def _require_json(headers: Headers) -> None:
    if not _is_json(headers.get("content-type", "")):
        raise BadRequest(415, f"Send the body as {JSON} in UTF-8.")


def _parse_query_string(query: str) -> dict[str, object]:
    try:
        parameters = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise BadRequest(400, "Send query, variables, operationName and extensions, each once.") from None
    parsed: dict[str, object] = {**parameters}
    for name in ("variables", "extensions"):
        text = parameters.get(name, "")
        parsed[name] = None if text in ("", "null") else _parse_json_object(text.encode(), name)
    return parsed


def _parse_json_object(text: bytes, what: str) -> dict[str, object]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(400, f"{what} is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest(400, f"{what} must be a JSON object.")
    return value


def _to_graphql_request(parameters: dict[str, object]) -> GraphQLRequest:
    query, variables, name = (parameters.get(each) for each in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, 'Send the operation as a string in "query", such as "{ viewer { scopes } }".')
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, '"variables" must be a JSON object.')
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, '"operationName" must be a string.')
    if not isinstance(parameters.get("extensions"), dict | None):
        raise BadRequest(400, '"extensions" must be a JSON object.')
    return GraphQLRequest(query, variables, name or None)


def _accept_weights(accept: str) -> dict[str, float]:
    """Return the media ranges of an Accept header with their weights (RFC 9110, section 12.5.1)."""
    weights = {}
    for each in accept.split(","):
        kind, *parameters = each.split(";")
        q = dict(_parse_parameter(parameter) for parameter in parameters).get("q", "1")
        weights[kind.strip().lower()] = _parse_q_value(q)
    return weights


def _weight_of(weights: dict[str, float], kind: str) -> float:
    return next((weights[each] for each in (kind, "application/*", "*/*") if each in weights), 0.0)


def _parse_parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _parse_q_value(text: str) -> float:
    try:
        return float(text) if 0 <= float(text) <= 1 else 0.0
    except ValueError:
        return 0.0
