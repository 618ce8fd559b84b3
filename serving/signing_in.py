"""Who asks: the bearer token of a request or a socket, and the answer to one that is no good."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import HTTPConnection

# Makes the context for a connection and its token; None where the token is no good.
ContextFor = Callable[[HTTPConnection, str], Awaitable[Any]]

UNAUTHENTICATED = (
    "Send a valid API key in the header Authorization: Bearer ak_<id>.<secret>. This one is missing, mistyped,"
    " expired or revoked; whoever holds API_KEYS_MANAGE creates another with createApiKey."
)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="dialtree"'}


def bearer(header: str | None) -> str:
    """The token of an Authorization header; empty where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def public_part(token: str) -> str:
    """What of a key is no secret."""
    return token.partition(".")[0]
