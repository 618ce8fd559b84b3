"""Reading a GraphQL-over-HTTP request: what is asked, and in which media type the answer is wanted."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
# Clients send the same lines again and again: what they mean is read once.
LINES_KNOWN = 128


class BadRequest(Exception):
    """A request that is not carried out: `status` and `code` say why."""

    def __init__(
        self, status: int, message: str, headers: dict[str, str] | None = None, *, code: str = "BAD_REQUEST"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.code = code


@dataclass(frozen=True)
class Operation:
    query: str
    variables: dict[str, Any] | None
    name: str | None


def media_type(headers: Headers) -> str:
    """The media type to answer in; where both will do, the newer one has to be asked for by name."""
    return _best_of(headers.get("accept", "*/*"))


@lru_cache(LINES_KNOWN)
def _best_of(accept: str) -> str:
    weights = _weights(accept)
    both = [(_weight(weights, kind), kind) for kind in (JSON, GRAPHQL_RESPONSE)]
    best = max(both, key=lambda each: (each[0], each[1] in weights, each[1] == JSON))
    if best[0] <= 0:
        raise BadRequest(406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}: let Accept take one of them.")
    return best[1]


def error_type(headers: Headers) -> str:
    """The media type of a refusal: one that the client takes or, where it takes neither, JSON."""
    try:
        return media_type(headers)
    except BadRequest:
        return JSON


def wants_page(request: Request) -> bool:
    """A browser that was sent to the address, with nothing to execute."""
    return (
        request.method == "GET"
        and "query" not in request.query_params
        and "text/html" in request.headers.get("accept", "")
    )


async def read_operation(request: Request, largest: int) -> Operation:
    """The body is read up to `largest` bytes, and no further."""
    if request.method == "POST":
        _require_json(request.headers)
        return _operation(_parsed(await _body(request, largest), "The body"))
    if request.method == "GET":
        return _operation(_query_string(request.url.query))
    raise BadRequest(405, "Send GET or POST.", {"Allow": "GET, POST"})


async def _body(request: Request, largest: int) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > largest:
            raise BadRequest(413, f"The body is larger than {largest:,} bytes.", {"Connection": "close"})
    return body


@lru_cache(LINES_KNOWN)
def _is_json(content_type: str) -> bool:
    kind, _, parameters = content_type.partition(";")
    charset = dict(_parameter(each) for each in parameters.split(";")).get("charset", "utf-8")
    return kind.strip().lower() == JSON and charset.strip('"').lower() in ("utf-8", "utf8")


def _require_json(headers: Headers) -> None:
    if not _is_json(headers.get("content-type", "")):
        raise BadRequest(415, f"Send the body as {JSON} in UTF-8.")


def _query_string(query: str) -> dict[str, Any]:
    try:
        sent: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise BadRequest(400, "Send query, variables, operationName and extensions, each once.") from None
    for name in ("variables", "extensions"):
        if name in sent:
            sent[name] = _parsed(sent[name].encode(), name) if sent[name] not in ("", "null") else None
    return sent


def _parsed(text: bytes, what: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest(400, f"{what} is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest(400, f"{what} must be a JSON object.")
    return value


def _operation(sent: dict[str, Any]) -> Operation:
    query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, 'Send the operation as a string in "query", such as "{ viewer { scopes } }".')
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, '"variables" must be a JSON object.')
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, '"operationName" must be a string.')
    if not isinstance(sent.get("extensions"), dict | None):
        raise BadRequest(400, '"extensions" must be a JSON object.')
    return Operation(query, variables, name or None)


def _weights(accept: str) -> dict[str, float]:
    """Media ranges with their q, as they stand in an Accept header."""
    weights = {}
    for each in accept.split(","):
        kind, *parameters = each.split(";")
        q = dict(_parameter(parameter) for parameter in parameters).get("q", "1")
        weights[kind.strip().lower()] = _number(q)
    return weights


def _weight(weights: dict[str, float], kind: str) -> float:
    return next((weights[each] for each in (kind, "application/*", "*/*") if each in weights), 0.0)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _number(text: str) -> float:
    try:
        return float(text) if 0 <= float(text) <= 1 else 0.0
    except ValueError:
        return 0.0
