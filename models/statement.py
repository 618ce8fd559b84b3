"""A statement that is built once and asked again and again with other values, instead of being built each time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors


class Statement:
    """`sql` has a bind parameter for each value: `sa.bindparam(name)`, or `several(name)` for a list.

    A session answers it with `rows`.
    """

    def __init__(self, sql: sa.Executable) -> None:
        self.sql = sql
        self.tables = tables_of(sql)


# What is read by a statement that does not name its tables.
UNKNOWN = frozenset({"?"})


def tables_of(statement: sa.Executable) -> frozenset[str]:
    found = (each.name for each in visitors.iterate(statement) if isinstance(each, sa.Table))  # type: ignore[arg-type]
    return frozenset(found) or UNKNOWN


class Kept:
    """Statements of many kinds, each made when it is first asked for; those not asked for longest are dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Statement] = OrderedDict()

    def of(self, kind: Hashable, make: Callable[[], sa.Select[Any]]) -> Statement:
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = Statement(make())
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(kind)
        return made


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
