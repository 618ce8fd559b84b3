"""Errors at the top of an answer, for what the contract lists; expected refusals of a mutation are `models.Refused`."""

from typing import Any


class Problem(Exception):
    """graphql-core copies `extensions` into the error, so the code reaches the client without any GraphQL here."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.extensions: dict[str, Any] = {"code": code}


def bad_user_input(message: str) -> Problem:
    return Problem("BAD_USER_INPUT", message)
