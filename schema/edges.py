"""Declare edges to other objects: which loader, by which columns, and the scope of the type they lead to (R15)."""

import dataclasses
from collections.abc import Hashable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from execution.strategies import STRATEGY, Batch
from models import Scope
from models.projection import TO_ONE
from resolvers import dataloader
from resolvers.context import Context, Info
from resolvers.loaders import LOADERS
from resolvers.node_types import NODE_TYPE_BY_NAME
from resolvers.top_level_error import TopLevelError
from schema.fields import describe_with_scope, lazy_type, scope_check
from schema.signatures import with_signature


@dataclasses.dataclass(frozen=True)
class EdgeLoader:
    """Loads an edge: the load function, the columns that are its key, and the scope that it needs.

    `forbids_missing`: the edge cannot be null, so a row out of reach is an error.
    """

    load_function: dataloader.BatchLoadFunction
    key_columns: tuple[str, ...]
    scope: tuple[Scope, ...]
    forbids_missing: bool

    def key_of(self, row: object) -> Hashable:
        """Return a row's key; None if one of its columns is NULL: there is nothing to load."""
        parts = tuple(getattr(row, column) for column in self.key_columns)
        if None in parts:
            return None
        return parts if len(parts) > 1 else parts[0]

    async def load(self, context: Context, row: object) -> object:
        """Load the edge of one row. Raises TopLevelError (FORBIDDEN)."""
        (found,) = await self.load_all(context, [row])
        if isinstance(found, TopLevelError):
            raise found
        return found

    async def load_all(self, context: Context, rows: list[object]) -> list[object]:
        """Load the edges of rows; one that is out of reach and cannot be null is a TopLevelError.

        Raises TopLevelError (FORBIDDEN) if the key lacks the scope.
        """
        context.principal.require_scope(self.scope)
        found = await context.load_many(self.load_function, [self.key_of(row) for row in rows])
        return [_out_of_reach_error() if row is None else row for row in found] if self.forbids_missing else found


def edge(
    loader_name: str,
    *,
    by: str | tuple[str, ...],
    to: str | type,
    description: str,
    required: bool = False,
    many: bool = False,
) -> StrawberryField:
    """Declare an edge to the row, or rows (`many`), that a loader finds by columns of this row.

    `to` is the type, or the name of one with an id. The edge needs the scope of that type, wherever it is (R15).
    """
    scope = read_scopes_of(to)
    key_columns = (by,) if isinstance(by, str) else by
    loader = EdgeLoader(LOADERS[loader_name], key_columns, scope, required and bool(scope) and not many)

    async def load(root: object, info: Info) -> object:
        return await loader.load(info.context, root)

    to_one = TO_ONE.get(loader_name) if isinstance(by, str) and not many else None
    field: StrawberryField = strawberry.field(
        resolver=with_signature(load, _field_type(to, required=required, many=many)),
        description=describe_with_scope(description, scope),
        metadata={"edge": loader, STRATEGY: Batch(loader.load_all, to_one, key_columns[0], scope_check(scope))},
    )
    return field


def _field_type(to: str | type, *, required: bool, many: bool) -> object:
    target: Any = lazy_type(to) if isinstance(to, str) else to  # Any: a type expression that is made at run time
    if many:
        return list[target]
    return target if required else target | None


def read_scopes_of(to: str | type) -> tuple[Scope, ...]:
    """Return the scopes that allow reading objects of a type; none for a type without ids, which is part of its row."""
    return NODE_TYPE_BY_NAME[to].scopes if isinstance(to, str) else ()


def _out_of_reach_error() -> TopLevelError:
    return TopLevelError(
        "FORBIDDEN",
        "This belongs to an organization that the API key may not act for. Use a key of that organization, or one of an"
        " organization above it that holds CHILD_ORGANIZATIONS_MANAGE.",
    )
