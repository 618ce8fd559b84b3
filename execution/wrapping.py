"""Flatten values out of nested lists (GraphQL's wrapping types), and rebuild the lists around their results."""

from collections.abc import AsyncIterable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from types import GeneratorType
from typing import cast

from graphql import GraphQLList, GraphQLNamedOutputType, GraphQLNonNull, GraphQLOutputType
from graphql.pyutils import Undefined

NONE_TYPE = type(None)
# Each statement has its own class of rows, so classes are created and dropped with statements.
MAX_CACHED_CLASSES = 256


class NotPlain(Exception):
    """Raised for a value that only graphql-core can complete: as an error, or by awaiting it."""


@dataclass(frozen=True)
class Wrapping:
    """The number of lists that wrap a type, and whether null is allowed at each level, from the outside in."""

    depth: int
    nullable: tuple[bool, ...]


def unwrap_type(kind: GraphQLOutputType) -> tuple[Wrapping, GraphQLNamedOutputType]:
    """Return a type's wrapping, and the named type inside."""
    nullable: list[bool] = []
    while True:
        nullable.append(not isinstance(kind, GraphQLNonNull))
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if not isinstance(inner, GraphQLList):
            return Wrapping(len(nullable) - 1, tuple(nullable)), inner
        kind = inner.of_type


@lru_cache(MAX_CACHED_CLASSES)
def is_deferred_or_error(kind: type) -> bool:
    """Whether values of a class are errors, or have to be awaited or iterated asynchronously."""
    waits = hasattr(kind, "__await__") or issubclass(kind, AsyncIterable | GeneratorType)
    return waits or issubclass(kind, Exception) or kind is type(Undefined)


def any_deferred_or_error(values: Collection[object]) -> bool:
    """Whether any of the values is an error, or has to be awaited."""
    return any(is_deferred_or_error(kind) for kind in set(map(type, values)))


def flatten(values: Sequence[object], wrapping: Wrapping) -> tuple[Sequence[object], bool]:
    """Return the objects in order, without nulls, and whether all were plain; those that are not are left out."""
    plain = True
    for level, nullable in enumerate(wrapping.nullable):
        kinds = set(map(type, values))
        expected = {kind for kind in kinds if _is_expected(kind, is_list=level < wrapping.depth)}
        if kinds != expected:
            plain = plain and kinds - expected == {NONE_TYPE} and nullable
            values = [each for each in values if type(each) in expected]
        if level < wrapping.depth:
            values = list(chain.from_iterable(cast("list[Iterable[object]]", values)))
    return values, plain


def _is_expected(kind: type, *, is_list: bool) -> bool:
    return kind in (list, tuple) if is_list else kind is not NONE_TYPE and not is_deferred_or_error(kind)


def rebuild(values: Iterable[object], built: Iterator[object], depth: int) -> list[object]:
    """Rebuild the lists and nulls of `values`, with the next of `built` in place of each object."""
    if depth:
        return [None if each is None else rebuild(cast("Iterable[object]", each), built, depth - 1) for each in values]
    return [None if each is None else next(built) for each in values]
