"""Declare fields: columns, embedded objects, resolvers, mutations, subscriptions, each with description and scope.

If possible, a field's metadata also says how `execution` resolves it for all rows at once.
"""

import dataclasses
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.types.field import StrawberryField

from execution.schema import projection_of
from execution.strategies import STRATEGY, Batch, Computed, Embedded, ProjectedRows
from models import Scope
from resolvers.context import Context, Info, MutationResolver, Payload
from schema.signatures import Argument, require_declared_arguments, with_signature


def lazy_type(name: str) -> Any:  # Any: a type expression that is made at run time
    """Return a reference to a type of the schema by name; it is imported from the file of that name in snake case."""
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return Annotated[name, strawberry.lazy(f"schema.{module}")]


def column(description: str, **options: Any) -> Any:
    """Declare a field that is an attribute of the row. `Any`, as in dataclasses.field: attributes have types."""
    return strawberry.field(description=description, **options)


def optional(description: str, **options: Any) -> Any:
    """Declare a field of an input that may be absent; a `default` is part of the schema."""
    return strawberry.field(description=description, **({"default": UNSET} | options))


def embedded(
    to: type,
    description: str,
    *,
    present_when: str,
    columns: dict[str, str],
    constants: Mapping[str, object] | None = None,
) -> StrawberryField:
    """Declare an object made of the row's columns; null if the column `present_when` is None or False.

    `columns` maps the object's attributes to columns; `constants` are attributes that all such objects share.
    """
    embedded_view = Embedded(present_when, columns, constants or {})

    def resolve(root: object) -> object:
        return embedded_view.view(root)

    return declare_field(resolve, to | None, description, (), {}, strategy=embedded_view)


def field(
    resolver: Callable[..., object],
    to: object,
    description: str,
    *,
    scope: tuple[Scope, ...] = (),
    arguments: dict[str, Argument] | None = None,
    read_columns: tuple[str, ...] | None = None,
) -> StrawberryField:
    """Declare a root field, or one computed from its row. The resolver is called with the arguments that were sent.

    `read_columns` are the only columns of the row that the resolver reads; None: it may read any.
    A resolver with a parameter `projection` gets the columns and joins that its rows, or its page's rows, must hold.
    """
    require_declared_arguments(resolver, set(arguments or ()))
    injected = {name for name in ("root", "info", "projection") if name in inspect.signature(resolver).parameters}

    def resolve(root: object, info: Info, **sent: object) -> object:
        info.context.principal.require_scope(scope)
        positional = [value for name, value in (("root", root), ("info", info)) if name in injected]
        projection = {"projection": projection_of(info)} if "projection" in injected else {}
        return resolver(*positional, **projection, **sent_values(sent))

    strategy: Computed | ProjectedRows | None = None
    if injected == {"root"} and not arguments and not inspect.iscoroutinefunction(resolver):
        strategy = Computed(resolver, scope_check(scope), read_columns)
    if "projection" in injected:
        strategy = ProjectedRows(PAGE_ROW_PATHS if "first" in (arguments or ()) else ((),))
    return declare_field(resolve, to, description, scope, arguments or {}, strategy=strategy)


PAGE_ROW_PATHS = (("nodes",), ("edges", "node"))


def scope_check(scope: tuple[Scope, ...]) -> Callable[[Context], None] | None:
    return (lambda context: context.principal.require_scope(scope)) if scope else None


def mutation(
    resolver: MutationResolver,
    input: type,
    payload: type,
    description: str,
    *,
    scope: tuple[Scope, ...],
    audited: bool = True,
    after_commit: Callable[[Context, Payload], Awaitable[Payload]] | None = None,
) -> StrawberryField:
    """Declare a mutation: one transaction, in which the resolver is called with the fields of the input that were sent.

    `audited`: its changes are recorded as those of the principal's key.
    `after_commit` is called after the commit, unless refused, and returns the payload to answer instead.
    """
    require_declared_arguments(resolver, {each.name for each in dataclasses.fields(input)})

    async def resolve(info: Info, input: object) -> object:
        info.context.principal.require_scope(scope)
        context: Context = info.context
        fields = await context.run_mutation(resolver, sent_values(vars(input)), audited=audited)
        if after_commit and not fields.get("user_errors"):
            fields = await after_commit(context, fields)
        fields = {"user_errors": [], **fields}
        context.user_error_codes.extend(each.code.name for each in fields["user_errors"])
        return payload(**fields)

    arguments: dict[str, Argument] = {"input": (input, "What to do, and to what.")}
    return declare_field(resolve, payload, description, scope, arguments)


def subscription(
    resolver: Callable[..., AsyncGenerator[object, None]],
    to: object,
    description: str,
    *,
    scope: tuple[Scope, ...],
    arguments: dict[str, Argument],
) -> StrawberryField:
    """Declare a subscription, whose resolver yields what a query would answer."""
    require_declared_arguments(resolver, set(arguments))

    async def resolve(info: Info, **sent: object) -> AsyncIterator[object]:
        info.context.principal.require_scope(scope)
        async with aclosing(resolver(info, **sent_values(sent))) as source:
            async for row in source:
                yield row

    event: Any = to  # Any: a type expression that is made at run time
    declared: StrawberryField = strawberry.subscription(
        resolver=with_signature(resolve, AsyncGenerator[event, None], arguments),
        description=describe_with_scope(description, scope),
        metadata={"scope": scope},
    )
    return declared


def describe_with_scope(description: str, scope: tuple[Scope, ...]) -> str:
    """Append the scope that a field's declaration enforces to its description."""
    return description + (f" Needs the scope {' or '.join(each.name for each in scope)}." if scope else "")


def read_scopes(*names: str) -> tuple[Scope, ...]:
    """Return the scopes that allow reading each name: NAME_READ and NAME_MANAGE."""
    return tuple(Scope[f"{name}_{right}"] for name in names for right in ("READ", "MANAGE"))


def sent_values(values: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments, or the fields of an input, that were sent, with inputs as dicts."""
    return {name: _without_inputs(each) for name, each in values.items() if each is not UNSET}


def _without_inputs(value: object) -> object:
    """Replace inputs by dicts of their fields that were sent, in lists too."""
    if isinstance(value, list):
        return [_without_inputs(each) for each in value]
    return sent_values(vars(value)) if strawberry.types.has_object_definition(value) else value


def declare_field(
    resolve: Callable[..., object],
    to: object,
    description: str,
    scope: tuple[Scope, ...],
    arguments: dict[str, Argument],
    *,
    strategy: Batch | Computed | Embedded | ProjectedRows | None = None,
) -> StrawberryField:
    """Declare a field of this type; `strategy` says how it is resolved for all rows at once, if it can be."""
    declared: StrawberryField = strawberry.field(
        resolver=with_signature(resolve, to, arguments),
        description=describe_with_scope(description, scope),
        metadata={"scope": scope, STRATEGY: strategy},
    )
    return declared
