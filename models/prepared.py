"""Statements that are built once: asked for again, only their values are new."""

import functools
import inspect
import typing
from collections.abc import Callable, Coroutine
from typing import Any

import sqlalchemy as sa

from models.session import ReadSession
from models.statement import Statement, several

Rows = Coroutine[Any, Any, list[Any]]


def prepared(build: Callable[..., sa.Executable]) -> Callable[..., Rows]:
    """A function of placeholders that makes a statement, as one of a session and values that answers its rows.

    A placeholder whose annotation is a list stands where `in_` takes one.
    """
    parameters = inspect.signature(build).parameters

    @functools.cache
    def statement() -> Statement:
        return Statement(build(*map(_placeholder, parameters.values())))

    @functools.wraps(build)
    async def rows(session: ReadSession, *values: Any) -> list[Any]:
        return await session.rows(statement(), **dict(zip(parameters, values, strict=True)))

    return rows


def _placeholder(parameter: inspect.Parameter) -> sa.BindParameter[Any]:
    is_list = typing.get_origin(parameter.annotation) is list
    return several(parameter.name) if is_list else sa.bindparam(parameter.name)
