"""Turn a function that builds a statement into a coroutine that runs it with values, building it once."""

import functools
import inspect
import typing
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from storage.session import ReadSession
from storage.statement import RowStatement, Statement, list_parameter

Parameters = ParamSpec("Parameters")
RowType = TypeVar("RowType")


def prepared(
    build: Callable[Parameters, RowStatement[RowType]],
) -> Callable[Concatenate[ReadSession, Parameters], Coroutine[Any, Any, list[RowType]]]:
    """Turn a function that builds a statement into a coroutine of a session and values that returns its rows.

    `build` is called once, with bind parameters for all arguments; one that is annotated as a list can stand where
    `in_` takes one. Annotate its parameters as callers send them, and what it returns with the type of its rows.
    """
    parameters = inspect.signature(build).parameters

    @functools.cache
    def statement() -> Statement[RowType]:
        build_of_any: Callable[..., RowStatement[RowType]] = build  # placeholders stand in for values of any type
        return Statement(build_of_any(**{name: _placeholder(each) for name, each in parameters.items()}))

    @functools.wraps(build)
    async def rows(session: ReadSession, /, *values: Parameters.args, **named: Parameters.kwargs) -> list[RowType]:
        return await session.rows(statement(), **dict(zip(parameters, values, strict=False)), **named)

    return rows


def _placeholder(parameter: inspect.Parameter) -> sa.BindParameter[Any]:
    is_list = typing.get_origin(parameter.annotation) is list
    return list_parameter(parameter.name) if is_list else sa.bindparam(parameter.name)
