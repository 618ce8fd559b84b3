"""Errors of GraphQL's top-level `errors` list."""


class TopLevelError(Exception):
    """Raised when a field of a query, subscription or mutation cannot be resolved.

    The client sees an entry in the response's `errors`, with `code` in `extensions`, and null for the field.

    Other errors: `models.Refused` is a rule's refusal, which a mutation returns in `userErrors`;
    `serving.request_parsing.BadRequest` ends an HTTP request with an error status.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.extensions: dict[str, str] = {"code": code}


def bad_user_input(message: str) -> TopLevelError:
    """Build the error of an invalid argument (BAD_USER_INPUT)."""
    return TopLevelError("BAD_USER_INPUT", message)
