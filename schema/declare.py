"""How fields are declared: columns, edges, root fields and mutations, each with its words and its scope.

A declaration is data (in the field's metadata) before it is a resolver: `execution` answers it for all rows at once.
"""

import dataclasses
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from execution.fields import STATED, Batch, Each, Part, Source
from execution.schema import wanted_of
from models import Scope
from models.along import ONES
from resolvers import loading
from resolvers.context import Context, Info
from resolvers.loaders import BATCHES
from schema.signatures import Argument, refuse_mismatch, typed


@dataclasses.dataclass(frozen=True)
class Edge:
    """To one row, or to a list where `many`: the batch that loads it and the columns that are its key."""

    batch: loading.Batch
    by: tuple[str, ...]
    many: bool
    scope: tuple[Scope, ...]

    def key(self, row: Any) -> Any:
        """None where a column is empty: there is nothing to load."""
        parts = tuple(getattr(row, column) for column in self.by)
        if None in parts:
            return None
        return parts if len(parts) > 1 else parts[0]


def named(name: str) -> Any:
    """The schema's type of that name, whose file is its name in snake case; resolved when all are declared."""
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return Annotated[name, strawberry.lazy(f"schema.{module}")]


def column(description: str, **options: Any) -> Any:
    """A plain attribute of the row."""
    return strawberry.field(description=description, **options)


def given(description: str, **options: Any) -> Any:
    """A field of an input that need not be sent; a `default` stands in the schema."""
    return strawberry.field(description=description, **({"default": UNSET} | options))


def edge(
    batch: str,
    *,
    by: str | tuple[str, ...],
    to: Any,
    description: str,
    scope: tuple[Scope, ...] = (),
    required: bool = False,
    many: bool = False,
) -> Any:
    """The row, or rows, that a batch of `resolvers/loaders.py` finds by a column of this one."""
    stated = Edge(BATCHES[batch], (by,) if isinstance(by, str) else by, many, scope)

    def load(root: Any, info: Info) -> Any:
        info.context.caller.require(stated.scope)
        key = stated.key(root)
        return None if key is None else info.context.load(stated.batch, key)

    def load_all(context: Context, rows: list[Any]) -> Awaitable[list[Any]]:
        context.caller.require(stated.scope)
        return context.load_all(stated.batch, [stated.key(row) for row in rows])

    one: Any = named(to) if isinstance(to, str) else to
    kind: Any = list[one] if many else one
    foldable = isinstance(by, str) and not many
    joined = Batch(load_all, ONES.get(batch) if foldable else None, stated.by[0], _allowing(scope))
    return strawberry.field(
        resolver=typed(load, kind if required or many else kind | None),
        description=with_scope(description, scope),
        metadata={"edge": stated, STATED: joined},
    )


def part(to: Any, description: str, *, when: str, columns: dict[str, str], fixed: dict[str, Any] | None = None) -> Any:
    """An object made of columns of the row, named as the object's; null where the column `when` is empty or False."""
    made = Part(when, columns, fixed or {})

    def resolve(root: Any) -> Any:
        return made.of(root)

    return declared(resolve, to | None, description, (), {}, stated=made)


def field(
    resolver: Callable[..., Any],
    to: Any,
    description: str,
    *,
    scope: tuple[Scope, ...] = (),
    arguments: dict[str, Argument] | None = None,
    reads: tuple[str, ...] | None = None,
) -> Any:
    """A root field, or a field that is computed from its row: the resolver is called with what was sent, no more.

    `reads`: which columns of the row, where no others are; then no others need to be there.
    One that takes `wanted` is told what its rows, or the rows of its page, are to hold.
    """
    refuse_mismatch(resolver, set(arguments or ()))
    takes = {name for name in ("root", "info", "wanted") if name in inspect.signature(resolver).parameters}

    def resolve(root: Any, info: Info, **sent: Any) -> Any:
        info.context.caller.require(scope)
        first = ([root] if "root" in takes else []) + ([info] if "info" in takes else [])
        told = {"wanted": wanted_of(info)} if "wanted" in takes else {}
        return resolver(*first, **told, **_sent(sent))

    stated: Each | Source | None = None
    if takes == {"root"} and not arguments and not inspect.iscoroutinefunction(resolver):
        stated = Each(resolver, _allowing(scope), reads)
    if "wanted" in takes:
        stated = Source(ROWS_OF_A_PAGE if "first" in (arguments or ()) else ((),))
    return declared(resolve, to, description, scope, arguments or {}, stated=stated)


ROWS_OF_A_PAGE = (("nodes",), ("edges", "node"))


def _allowing(scope: tuple[Scope, ...]) -> Callable[[Context], None] | None:
    return (lambda context: context.caller.require(scope)) if scope else None


def mutation(
    resolver: Callable[..., Awaitable[dict[str, Any]]],
    input: type,
    payload: type,
    description: str,
    *,
    scope: tuple[Scope, ...],
    audited: bool = True,
    then: Callable[[Context, dict[str, Any]], Awaitable[dict[str, Any]]] | None = None,
) -> Any:
    """One transaction around the resolver, which is called with the fields of the input that were sent.

    `audited`: it may change what the audit notes, and is noted as the doing of the caller's key.
    `then`: after the commit, where nothing was refused, it waits for what follows, and answers instead.
    """

    refuse_mismatch(resolver, {each.name for each in dataclasses.fields(input)})

    async def resolve(info: Info, input: Any) -> Any:
        info.context.caller.require(scope)
        context: Context = info.context
        answer = await context.carry_out(resolver, _sent(vars(input)), audited=audited)
        if then and not answer.get("user_errors"):
            answer = await then(context, answer)
        answer = {"user_errors": []} | answer
        context.refused.extend(each.code.name for each in answer["user_errors"])
        return payload(**answer)

    arguments: dict[str, Argument] = {"input": (input, "What to do, and to what.")}
    return declared(resolve, payload, description, scope, arguments)


def subscription(
    resolver: Callable[..., AsyncGenerator[Any, None]],
    to: Any,
    description: str,
    *,
    scope: tuple[Scope, ...],
    arguments: dict[str, Argument],
) -> Any:
    """What a query answers, again and again: the resolver yields it."""
    refuse_mismatch(resolver, set(arguments))

    async def resolve(info: Info, **sent: Any) -> AsyncIterator[Any]:
        info.context.caller.require(scope)
        async with aclosing(resolver(info, **_sent(sent))) as source:
            async for row in source:
                yield row

    return strawberry.subscription(
        resolver=typed(resolve, AsyncGenerator[to, None], arguments),
        description=with_scope(description, scope),
        metadata={"scope": scope},
    )


def with_scope(description: str, scope: tuple[Scope, ...]) -> str:
    """The words of a field end with the scope that its own declaration enforces, so they cannot lie."""
    return description + (f" Needs the scope {' or '.join(each.name for each in scope)}." if scope else "")


def reading(*names: str) -> tuple[Scope, ...]:
    """The scopes that let one read: X_READ or X_MANAGE."""
    return tuple(Scope[f"{name}_{right}"] for name in names for right in ("READ", "MANAGE"))


def _sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments, or an input's fields, as a dict of what was sent: what was left out is left out."""
    return {
        name: _sent(vars(each)) if strawberry.types.has_object_definition(each) else each
        for name, each in values.items()
        if each is not UNSET
    }


def declared(
    resolve: Callable[..., Any],
    to: Any,
    description: str,
    scope: tuple[Scope, ...],
    arguments: dict[str, Argument],
    *,
    stated: Batch | Each | Part | Source | None = None,
) -> Any:
    """`stated`: how it is answered for all rows at once, where that can be said."""
    return strawberry.field(
        resolver=typed(resolve, to, arguments),
        description=with_scope(description, scope),
        metadata={"scope": scope, STATED: stated},
    )
