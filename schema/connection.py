"""Relay's connections: a page of a list, with cursors that are keys into its order."""

import asyncio
from typing import Any, Generic, TypeVar, cast

import strawberry

from execution.fields import Batch
from models import Scope
from resolvers.context import Context, Info
from resolvers.pages import PAGES
from resolvers.paging import Page, Window
from schema.declare import column, declared, named
from schema.signatures import Argument

Kind = TypeVar("Kind")


@strawberry.type(description="What lies around a page.")
class PageInfo:
    has_next_page: bool = column("There is more after this page.")
    has_previous_page: bool = column("There is something before this page.")
    start_cursor: str | None = column("The cursor of the first on this page; null where it is empty.")
    end_cursor: str | None = column("The cursor of the last on this page; null where it is empty.")


@strawberry.type(description="One of a page, with its cursor.")
class Edge(Generic[Kind]):
    cursor: str = column("Where it stands in the list: to page on from it with after or before.")
    node: Kind = column("The object itself.")


async def total_count(root: Page) -> int:
    return await root.count()


async def total_counts(_context: Context, rows: list[Page]) -> list[int]:
    return await asyncio.gather(*(row.count() for row in rows))


@strawberry.type(description="A page of a list.")
class Connection(Generic[Kind]):
    edges: list[Edge[Kind]] = column("The objects of the page with their cursors.")
    nodes: list[Kind] = column("The objects of the page.")
    page_info: PageInfo = column("What lies around the page.")
    total_count = declared(
        total_count,
        int,
        "How many there are in the whole list; counted only when asked for.",
        scope=(),
        arguments={},
        stated=Batch(total_counts),
    )


FIRST = "How many to answer from the start: 1 to 100."
AFTER = "Answer what comes after this cursor."
WINDOW: dict[str, Argument] = {
    "first": (int | None, FIRST + " 50 where neither first nor last is sent."),
    "after": (str | None, AFTER),
    "last": (int | None, "How many to answer from the end: 1 to 100. Not together with first."),
    "before": (str | None, "Answer what comes before this cursor."),
}


def connection(pages: str, *, to: str, description: str, scope: tuple[Scope, ...] = ()) -> Any:
    """A page of what lies below a row: one statement for the same page of any number of rows."""
    below = PAGES[pages]

    async def load(root: Any, info: Info, first: int | None, after: str | None = None) -> Page:
        info.context.caller.require(scope)
        return await below.of(info.context, root.id, Window(first=first, after=after))

    async def load_all(context: Context, rows: list[Any], first: int | None, after: str | None = None) -> list[Page]:
        context.caller.require(scope)
        return await below.of_all(context, [row.id for row in rows], Window(first=first, after=after))

    arguments: dict[str, Argument] = {"first": (int | None, FIRST, 50), "after": (str | None, AFTER)}
    return declared(load, cast(Any, Connection)[named(to)], description, scope, arguments, stated=Batch(load_all))
