"""Declare `userErrors`: code, message, path into the input."""

from typing import Any

import strawberry

from models import ErrorCode
from schema.fields import column


@strawberry.interface(description="A refusal that can be shown to whoever asked.")
class DisplayableError:
    code: ErrorCode = column("For programs.")
    message: str = column("For people: what is wrong, and what to do next.")
    field: list[str] | None = column("The path into the input, where one value is at fault; list places count from 0.")

    @classmethod
    def is_type_of(cls, _row: object, _info: object) -> bool:
        return True

    @classmethod
    def resolve_type(cls, _row: object, _info: object, _type: object) -> str:
        return "UserError"


@strawberry.type(description="A refusal: nothing was changed.")
class UserError(DisplayableError):
    pass


def user_errors() -> Any:  # Any: it stands at an annotated attribute, see `column`
    """Declare a payload's userErrors."""
    return column("Why nothing was changed; empty where it was done.")
