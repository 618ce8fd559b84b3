"""Refusals as clients see them."""

from typing import Any

import strawberry

from models import ErrorCode
from schema.declare import column


@strawberry.interface(description="A refusal that can be shown to whoever asked.")
class DisplayableError:
    code: ErrorCode = column("For programs.")
    message: str = column("For people: what is wrong, and what to do next.")
    field: list[str] | None = column("The path into the input, where one value is at fault; list places count from 0.")

    @classmethod
    def is_type_of(cls, _row: Any, _info: Any) -> bool:
        return True

    @classmethod
    def resolve_type(cls, _row: Any, _info: Any, _type: Any) -> str:
        return "UserError"


@strawberry.type(description="A refusal: nothing was changed.")
class UserError(DisplayableError):
    pass


def user_errors() -> Any:
    return column("Why nothing was changed; empty where it was done.")
