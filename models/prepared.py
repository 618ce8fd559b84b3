"""Statements that are built once: asked for again, only their values are new."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

Asked = tuple[sa.Executable, dict[str, Any]]


def prepared(build: Callable[..., sa.Executable]) -> Callable[..., Asked]:
    """A function of placeholders that makes a statement, as one of values: `session.execute(*made(…))`.

    SQLAlchemy compiles a statement once, and knows one that is the same object without looking at all of it.
    """
    names = tuple(inspect.signature(build).parameters)

    @functools.cache
    def statement() -> sa.Executable:
        return build(*(sa.bindparam(name) for name in names))

    @functools.wraps(build)
    def asked(*values: Any) -> Asked:
        return statement(), dict(zip(names, values, strict=True))

    return asked
