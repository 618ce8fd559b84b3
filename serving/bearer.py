"""Read the bearer token of a request, and define the message and challenge for an invalid one (RFC 6750)."""

UNAUTHENTICATED_MESSAGE = (
    "Send a valid API key in the header Authorization: Bearer ak_<id>.<secret>. This one is missing, mistyped,"
    " expired or revoked; whoever holds API_KEYS_MANAGE creates another with createApiKey."
)
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="dialtree"'}


def bearer_token(header: str | None) -> str:
    """Return the token of an Authorization header; empty if it has none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def public_prefix(token: str) -> str:
    """Return the part of an API key that is not secret: `ak_<id>`."""
    return token.partition(".")[0]
