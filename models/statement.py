"""A SELECT that is built once and asked again and again with other values, instead of being built for each question."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa


class Statement:
    """`select` has a bind parameter for each value: `sa.bindparam(name)`, or `several(name)` for a list.

    A session answers it with `rows`.
    """

    def __init__(self, select: sa.Select[Any]) -> None:
        self.select = select


def several(name: str, kind: Any = None) -> sa.BindParameter[Any]:
    """Stands where `in_` takes a list."""
    return sa.bindparam(name, type_=kind, expanding=True)


def once(make: Callable[..., sa.Select[Any]], *names: str) -> Callable[[], Statement]:
    """The statement that `make` makes of lists of these names; made when it is first asked for."""
    made: list[Statement] = []

    def statement() -> Statement:
        if not made:
            made.append(Statement(make(*map(several, names))))
        return made[0]

    return statement
