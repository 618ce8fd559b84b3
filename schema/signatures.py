"""Signatures: what a declaration says is what Strawberry reads of a resolver, and what the resolver must take."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from resolvers.context import Info

Argument = tuple[Any, str] | tuple[Any, str, Any]
# What a resolver may take besides the arguments of its field.
TOLD = {"root", "info", "wanted", "transaction"}


def refuse_mismatch(resolver: Callable[..., Any], names: set[str]) -> None:
    """What is declared is what the resolver takes, or the program does not start."""
    parameters = inspect.signature(resolver).parameters.values()
    takes = {each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD}
    takes -= TOLD
    open_ended = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    if takes != names and not (open_ended and takes < names):
        raise TypeError(f"{resolver.__name__} takes {sorted(takes)}, and {sorted(names)} are declared")


def typed(resolve: Callable[..., Any], to: Any, arguments: dict[str, Argument] | None = None) -> Callable[..., Any]:
    """Give a resolver the signature that Strawberry reads: what is declared, not what Python would say."""
    reserved = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info if name == "info" else Any)
        for name in inspect.signature(resolve).parameters
        if name in ("root", "info")
    ]
    declared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[kind, strawberry.argument(description=words)],
            default=default[0] if default else inspect.Parameter.empty if _required(kind) else UNSET,
        )
        for name, (kind, words, *default) in (arguments or {}).items()
    ]
    resolve.__signature__ = inspect.Signature([*reserved, *declared], return_annotation=to)  # type: ignore[attr-defined]
    return resolve


def _required(kind: Any) -> bool:
    return type(None) not in getattr(kind, "__args__", ())
