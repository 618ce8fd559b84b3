"""Declare Relay connections, and the fields that page through an object's children."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import strawberry
from strawberry.types.field import StrawberryField

from execution.strategies import Batch
from models.rows import IdRow
from resolvers.child_connections import CHILD_CONNECTIONS, NO_CHILD_FILTER, ChildFilter
from resolvers.context import Context, Info
from resolvers.keyset_pagination import ConnectionArguments, Page
from schema.edges import read_scopes_of
from schema.fields import column, declare_field, lazy_type, sent_values
from schema.signatures import Argument

NodeT = TypeVar("NodeT")


@strawberry.type(description="What precedes and follows a page.")
class PageInfo:
    has_next_page: bool = column("There is more after this page.")
    has_previous_page: bool = column("There is something before this page.")
    start_cursor: str | None = column("The cursor of the first on this page; null where it is empty.")
    end_cursor: str | None = column("The cursor of the last on this page; null where it is empty.")


@strawberry.type(description="An object of a page, with its cursor.")
class Edge(Generic[NodeT]):
    cursor: str = column("Where it stands in the list: to page on from it with after or before.")
    node: NodeT = column("The object itself.")


async def total_count(root: Page) -> int:
    return await root.count()


async def total_counts(_context: Context, rows: list[Page]) -> list[int]:
    return await asyncio.gather(*(row.count() for row in rows))


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    edges: list[Edge[NodeT]] = column("The objects of the page with their cursors.")
    nodes: list[NodeT] = column("The objects of the page.")
    page_info: PageInfo = column("What lies around the page.")
    total_count = declare_field(
        total_count,
        int,
        "How many there are in the whole list; counted only when asked for.",
        scope=(),
        arguments={},
        strategy=Batch(total_counts),
    )


FIRST_DESCRIPTION = "How many to answer from the start: 1 to 100."
AFTER_DESCRIPTION = "Answer what comes after this cursor."
CONNECTION_ARGUMENTS: dict[str, Argument] = {
    "first": (int | None, FIRST_DESCRIPTION + " 50 where neither first nor last is sent."),
    "after": (str | None, AFTER_DESCRIPTION),
    "last": (int | None, "How many to answer from the end: 1 to 100. Not together with first."),
    "before": (str | None, "Answer what comes before this cursor."),
}


# Turns a filter that was sent, for the children of one row, into conditions.
PrepareFilter = Callable[[Context, str, Mapping[str, object]], Awaitable[ChildFilter]]


CHILD_ARGUMENTS: dict[str, Argument] = {
    "first": (int | None, FIRST_DESCRIPTION, 50),
    "after": (str | None, AFTER_DESCRIPTION),
}


def connection(
    connection_name: str,
    *,
    to: str | type,
    description: str,
    required: bool = True,
    filtered: tuple[type, PrepareFilter] | None = None,
) -> StrawberryField:
    """Declare a connection to a row's children, whose pages of many rows are loaded by one statement.

    `to` is the type, or the name of one with an id. It needs the scope of the type that it leads to (R15).
    `filtered`: the input of its filter, and what prepares it.
    """
    if filtered:
        return _filtered_connection(connection_name, to, description, *filtered)
    child_connection, scope = CHILD_CONNECTIONS[connection_name], read_scopes_of(to)

    async def load(root: IdRow, info: Info, first: int | None, after: str | None = None) -> Page:
        info.context.principal.require_scope(scope)
        return await child_connection.load(info.context, root.id, ConnectionArguments(first=first, after=after))

    async def load_all(context: Context, rows: list[IdRow], first: int | None, after: str | None = None) -> list[Page]:
        context.principal.require_scope(scope)
        return await child_connection.load_many(
            context, [row.id for row in rows], ConnectionArguments(first=first, after=after)
        )

    page = _page_of(to)
    page_type = page if required else page | None
    return declare_field(load, page_type, description, scope, CHILD_ARGUMENTS, strategy=Batch(load_all))


def _page_of(to: str | type) -> type:
    """Return the type of a page of these."""
    # Any: a generic alias that is made at run time
    return cast(type, cast(Any, Connection)[lazy_type(to) if isinstance(to, str) else to])


def _filtered_connection(
    connection_name: str, to: str | type, description: str, input_type: type, prepare: PrepareFilter
) -> StrawberryField:
    """Declare a connection whose pages the dataloader loads together, because a filter is prepared for each row."""
    child_connection, scope = CHILD_CONNECTIONS[connection_name], read_scopes_of(to)

    async def load(root: IdRow, info: Info, first: int | None, after: str | None = None, filter: object = None) -> Page:
        info.context.principal.require_scope(scope)
        arguments = ConnectionArguments(first=first, after=after or None)
        sent = sent_values({"filter": filter}).get("filter") or {}
        assert isinstance(sent, Mapping)
        applied = await prepare(info.context, root.id, sent) if sent else NO_CHILD_FILTER
        return await child_connection.load(info.context, root.id, arguments, applied)

    arguments: dict[str, Argument] = CHILD_ARGUMENTS | {"filter": (input_type | None, "Which of them.")}
    return declare_field(load, _page_of(to), description, scope, arguments)
