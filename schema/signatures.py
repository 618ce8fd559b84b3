"""Give resolvers the signature that Strawberry reads, and check that their parameters are those declared."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from resolvers.context import Info

# The type, the description and perhaps the default of an argument.
Argument = tuple[object, str] | tuple[object, str, object]
# Parameters that a resolver may have in addition to its field's arguments.
INJECTED_PARAMETERS = {"root", "info", "projection", "transaction"}


def require_declared_arguments(resolver: Callable[..., object], names: set[str]) -> None:
    """Raise TypeError, so that the program does not start, if a resolver's parameters are not those declared."""
    parameters = inspect.signature(resolver).parameters.values()
    parameters_taken = {each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD}
    parameters_taken -= INJECTED_PARAMETERS
    open_ended = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    if parameters_taken != names and not (open_ended and parameters_taken < names):
        raise TypeError(f"{resolver.__name__} takes {sorted(parameters_taken)}, and {sorted(names)} are declared")


def with_signature(
    resolve: Callable[..., object], return_type: object, arguments: dict[str, Argument] | None = None
) -> Callable[..., Any]:
    """Give a resolver the declared signature, which Strawberry reads instead of its own.

    `Any`, since strawberry.field takes the field's type from its resolver's return type.
    """
    reserved = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info if name == "info" else Any)
        for name in inspect.signature(resolve).parameters
        if name in ("root", "info")
    ]
    declared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[kind, strawberry.argument(description=text)],
            default=default[0] if default else inspect.Parameter.empty if _is_required(kind) else UNSET,
        )
        for name, (kind, text, *default) in (arguments or {}).items()
    ]
    resolve.__signature__ = inspect.Signature([*reserved, *declared], return_annotation=return_type)  # type: ignore[attr-defined]
    return resolve


def _is_required(kind: object) -> bool:
    return type(None) not in getattr(kind, "__args__", ())
