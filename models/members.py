"""Comparing what JSON objects hold: an expression of our own, as each engine reads JSON by words of its own."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class HasMembers(GenericFunction[bool]):
    """HasMembers(theirs, wanted): each top-level member of `wanted` is in theirs, and equal."""

    type = sa.Boolean()
    inherit_cache = True


class MemberKey(GenericFunction[str]):
    """MemberKey(json): the key of the only member, shortened as it is kept beside conversations."""

    type = sa.String()
    inherit_cache = True


class MemberValue(GenericFunction[str]):
    """MemberValue(json): likewise its value, with its type."""

    type = sa.String()
    inherit_cache = True


# How a member is kept, in a trigger's words and in ours.
BRIEF = {
    "sqlite": ("substr(key, 1, 64)", "type || substr(coalesce(value, ''), 1, 64)"),
    "postgresql": ("left(key, 64)", "left(value::text, 64)"),
}


def _of_only_member(function: Any, engine: str, part: str) -> None:
    @compiles(function, engine)
    def written(element: Any, compiler: Any, **how: Any) -> str:
        wanted = compiler.process(element.clauses, **how)
        return f"(SELECT {part} FROM json_each(CAST({wanted} AS {'json' if engine == 'postgresql' else 'text'})))"  # noqa: S608 - our own words


for engine, parts in BRIEF.items():
    for function, part in zip((MemberKey, MemberValue), parts, strict=True):
        _of_only_member(function, engine, part)


_NONE_IS_LACKING = (
    "NOT EXISTS (SELECT 1 FROM json_each({wanted}) AS ours WHERE NOT EXISTS"
    " (SELECT 1 FROM json_each({theirs}) AS theirs WHERE {equal}))"
)


@compiles(HasMembers, "sqlite")
def _on_sqlite(element: HasMembers, compiler: Any, **how: Any) -> str:
    """An integer is another type than a boolean, which has the same value."""
    equal = "theirs.key = ours.key AND theirs.type = ours.type AND theirs.value IS ours.value"
    theirs, wanted = (compiler.process(each, **how) for each in element.clauses)
    return _NONE_IS_LACKING.format(theirs=theirs, wanted=wanted, equal=equal)


@compiles(HasMembers, "postgresql")
def _on_postgres(element: HasMembers, compiler: Any, **how: Any) -> str:
    """Both were written by the same hand, so that what is equal is written alike."""
    equal = "theirs.key = ours.key AND theirs.value::text = ours.value::text"
    theirs, wanted = (compiler.process(each, **how) for each in element.clauses)
    return _NONE_IS_LACKING.format(theirs=theirs, wanted=f"CAST({wanted} AS json)", equal=equal)
