"""Values inside of lists inside of nulls: taking them apart, and putting what was made of them back in their places."""

from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from types import GeneratorType
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType
from graphql.pyutils import Undefined

NULL = type(None)


class NotPlain(Exception):
    """A value that only graphql-core can answer: as an error, or by waiting for it."""


@dataclass(frozen=True)
class Shape:
    """How many lists are around a type, and whether null is allowed at each level, from the outside in."""

    depth: int
    nullable: tuple[bool, ...]


def shape_of(kind: GraphQLOutputType) -> tuple[Shape, Any]:
    """The shape of a type, and the named type inside."""
    nullable: list[bool] = []
    while True:
        nullable.append(not isinstance(kind, GraphQLNonNull))
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if not isinstance(inner, GraphQLList):
            return Shape(len(nullable) - 1, tuple(nullable)), inner
        kind = inner.of_type


@cache
def is_odd(kind: type) -> bool:
    """Values of these classes are not answers themselves: failures, or something to wait for."""
    waits = hasattr(kind, "__await__") or issubclass(kind, AsyncIterable | GeneratorType)
    return waits or issubclass(kind, Exception) or kind is type(Undefined)


def any_odd(values: list[Any]) -> bool:
    return any(is_odd(kind) for kind in set(map(type, values)))


def taken_apart(values: list[Any], shape: Shape) -> tuple[list[Any], bool]:
    """The objects in order, without nulls, and whether all was plain. What is not plain is left out."""
    plain = True
    for level, nullable in enumerate(shape.nullable):
        kinds = set(map(type, values))
        wanted = {kind for kind in kinds if _fits(kind, is_list=level < shape.depth)}
        if kinds != wanted:
            plain = plain and kinds - wanted == {NULL} and nullable
            values = [each for each in values if type(each) in wanted]
        if level < shape.depth:
            values = list(chain.from_iterable(values))
    return values, plain


def _fits(kind: type, *, is_list: bool) -> bool:
    return kind in (list, tuple) if is_list else kind is not NULL and not is_odd(kind)


def put_back(values: list[Any], made: Iterator[Any], depth: int) -> list[Any]:
    """The same lists and nulls, with what was made of each object."""
    if depth:
        return [None if each is None else put_back(each, made, depth - 1) for each in values]
    return [None if each is None else next(made) for each in values]
