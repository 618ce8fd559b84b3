"""Generate expressions that serialize scalars and enums; other values go to graphql-core's own function."""

from collections.abc import Callable
from enum import Enum
from typing import cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

from execution.wrapping import NotPlain, Wrapping, any_deferred_or_error

# Checks, by type, for values that serialize to themselves.
UNCHANGED_CHECKS: dict[GraphQLLeafType, str] = {
    GraphQLString: ".__class__ is str",
    GraphQLID: ".__class__ is str",
    GraphQLBoolean: ".__class__ is bool",
    GraphQLInt: ".__class__ is int and -2147483648 <= a <= 2147483647",
}

Namespace = dict[str, object]
Serializer = Callable[[object], object]


def leaf_expression(leaf: GraphQLLeafType, wrapping: Wrapping, value: str, namespace: Namespace) -> str:
    """Return code that serializes the expression `value`; what the code calls is added to `namespace`.

    Evaluating it raises an exception if graphql-core would report an error.
    """
    write, null = f"write{len(namespace)}", wrapping.nullable[0]
    serialize = _serializer_of(leaf)
    namespace[write] = _list_serializer(serialize, wrapping.nullable) if wrapping.depth else serialize
    if wrapping.depth:
        return f"{write}({value})"
    if unchanged_check := UNCHANGED_CHECKS.get(leaf) or _text_check(leaf):
        plain = f"(a := {value}) is None or a{unchanged_check}" if null else f"(a := {value}){unchanged_check}"
        return f"(a if {plain} else {write}(a))"
    if isinstance(leaf, GraphQLEnumType):
        enum_names, cache = f"names{len(namespace)}", dict[object, object]()
        namespace[enum_names] = cache
        namespace[write] = _caching_enum_serializer(serialize, cache)
        known = f"{enum_names}.get(a) or {write}(a)"
        return (
            f"(None if (a := {value}) is None else {known})"
            if null
            else f"({enum_names}.get(a := {value}) or {write}(a))"
        )
    return f"(None if (a := {value}) is None else {write}(a))" if null else f"{write}({value})"


def _text_check(leaf: GraphQLLeafType) -> str | None:
    """Return a check for strings if the scalar serializes with `str`, which leaves them unchanged; else None."""
    return UNCHANGED_CHECKS[GraphQLString] if leaf.coerce_output_value is str else None


def _serializer_of(leaf: GraphQLLeafType) -> Serializer:
    """Return graphql-core's function, wrapped to raise NotPlain for null and for values without a result."""
    coerce = leaf.coerce_output_value

    def write(value: object) -> object:
        if value is None:
            raise NotPlain
        serialized = coerce(value)
        if serialized is None or serialized is Undefined:
            raise NotPlain
        return serialized

    return write


def _list_serializer(write: Serializer, nullable: tuple[bool, ...]) -> Serializer:
    """Return a serializer of lists of items that `write` serializes; `nullable` is by level, from the outside in."""
    if len(nullable) == 1:
        return (lambda value: None if value is None else write(value)) if nullable[0] else write
    item = _list_serializer(write, nullable[1:])

    def write_list(value: object) -> object:
        if value is None and nullable[0]:
            return None
        if type(value) not in (list, tuple):
            raise NotPlain
        values = cast("list[object]", value)
        if any_deferred_or_error(values):
            raise NotPlain
        return [item(each) for each in values]

    return write_list


def _caching_enum_serializer(write: Serializer, enum_names: dict[object, object]) -> Serializer:
    """Cache the names of enum members; other values are not cached, as different ones may be equal."""

    def write_enum(value: object) -> object:
        name = write(value)
        if isinstance(value, Enum) and type(value).__eq__ is object.__eq__:
            enum_names[value] = name
        return name

    return write_enum
