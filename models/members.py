"""Comparing what JSON objects hold: an expression of our own, as each engine reads JSON by words of its own."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class HasMembers(GenericFunction[bool]):
    """HasMembers(theirs, wanted): each top-level member of `wanted` is in theirs, and equal."""

    type = sa.Boolean()
    inherit_cache = True


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
