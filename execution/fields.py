"""What a schema may state about a field, so that it is answered for all rows at once instead of resolved row by row.

A statement stands in the field's extensions, under STATED. A field without one is resolved as graphql-core resolves it.
A statement and the field's own resolver must come to the same values: which of the two is used cannot be told.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

STATED = "execution"


@dataclass(frozen=True)
class Column:
    """A plain attribute of the row."""

    name: str


@dataclass(frozen=True)
class Each:
    """A function of the row alone, which never waits. `allow` is asked once, with the context, and raises why not."""

    of: Callable[[Any], Any]
    allow: Callable[[Any], None] | None = None


@dataclass(frozen=True)
class Batch:
    """All rows in one call: `load(context, rows, **arguments)`. Answers come in the order of the rows.

    An answer that is an exception is the failure of its row; an exception that is raised is everybody's.
    """

    load: Callable[..., Awaitable[list[Any]]]


How = Column | Each | Batch | None
