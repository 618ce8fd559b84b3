"""How scalars and enums are written: as an expression in generated code, with graphql-core's own function behind it."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

from execution.shapes import NotPlain, Shape, any_odd

# What graphql-core answers as it is: a value of exactly this class.
AS_IT_IS: dict[GraphQLLeafType, str] = {
    GraphQLString: ".__class__ is str",
    GraphQLID: ".__class__ is str",
    GraphQLBoolean: ".__class__ is bool",
    GraphQLInt: ".__class__ is int and -2147483648 <= a <= 2147483647",
}

Names = dict[str, Any]
Writer = Callable[[Any], Any]


def expression(leaf: GraphQLLeafType, shape: Shape, value: str, names: Names) -> str:
    """Code that writes `value`, and raises where graphql-core would make an error. What it calls goes into `names`."""
    write, null = f"write{len(names)}", shape.nullable[0]
    names[write] = _list(_writer(leaf), shape.nullable) if shape.depth else _writer(leaf)
    if shape.depth:
        return f"{write}({value})"
    if as_it_is := AS_IT_IS.get(leaf) or _of_text(leaf):
        plain = f"(a := {value}) is None or a{as_it_is}" if null else f"(a := {value}){as_it_is}"
        return f"(a if {plain} else {write}(a))"
    if isinstance(leaf, GraphQLEnumType):
        words, names[words] = f"words{len(names)}", {}
        names[write] = _remembering(names[write], names[words])
        known = f"{words}.get(a) or {write}(a)"
        return (
            f"(None if (a := {value}) is None else {known})" if null else f"({words}.get(a := {value}) or {write}(a))"
        )
    return f"(None if (a := {value}) is None else {write}(a))" if null else f"{write}({value})"


def _of_text(leaf: GraphQLLeafType) -> str | None:
    """A scalar that `str` writes has nothing to do with a text."""
    return AS_IT_IS[GraphQLString] if leaf.coerce_output_value is str else None


def _writer(leaf: GraphQLLeafType) -> Writer:
    """graphql-core's function; it raises where nothing comes out, as of null."""
    coerce = leaf.coerce_output_value

    def write(value: Any) -> Any:
        if value is None:
            raise NotPlain
        written = coerce(value)
        if written is None or written is Undefined:
            raise NotPlain
        return written

    return write


def _list(write: Writer, nullable: tuple[bool, ...]) -> Writer:
    """A writer of lists of what `write` writes; `nullable` goes from the outside in."""
    if len(nullable) == 1:
        return (lambda value: None if value is None else write(value)) if nullable[0] else write
    item = _list(write, nullable[1:])

    def write_list(value: Any) -> Any:
        if value is None and nullable[0]:
            return None
        if type(value) not in (list, tuple) or any_odd(value):
            raise NotPlain
        return [item(each) for each in value]

    return write_list


def _remembering(write: Writer, words: dict[Any, Any]) -> Writer:
    """Members of an enum are kept with their names; other values, which may equal one another, are not."""

    def write_word(value: Any) -> Any:
        word = write(value)
        if isinstance(value, Enum) and type(value).__eq__ is object.__eq__:
            words[value] = word
        return word

    return write_word
