"""Compare joined rows with graphql-core, and count loads: an edge that was joined is not loaded.

The schema is a library: a shelf lists books, each with an author, a publisher and a cover embedded in its row. Some
authors are missing, some columns hold unfit values, and some may not be read.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from inspect import isawaitable
from random import Random
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    execute,
    parse,
    validate,
)
from graphql.execution import Executor

from execution.executor import PlannedExecutor
from execution.plan_cache import PlanCache
from execution.strategies import ALL_COLUMNS, STRATEGY, Batch, Column, Computed, Embedded, ProjectedRows, Projection
from tests.execution.test_differential import result_text

COLOUR = GraphQLEnumType("Colour", {"RED": "red", "BLUE": "blue"})


class Row:
    """A row of a table; joined columns are attributes of it."""

    def __init__(self, **columns: Any) -> None:
        self.__dict__.update(columns)


class NotAllowed(Exception):
    pass


@dataclass
class TableById:
    """The rows of a table by their ids; a missing id is null."""

    rows: dict[int, Row]
    key: str = "id"
    columns: tuple[str, ...] = ("id", "name", "born", "publisher_id", "colour")

    async def load(self, asked: Counter[str], name: str, keys: list[int | None]) -> list[Row | None]:
        asked[name] += 1
        return [self.rows.get(key) if key is not None else None for key in keys]


@dataclass
class Library:
    """A library; `trouble` is how often something is missing or unfit. The context counts which edges were loaded."""

    random: Random
    trouble: float
    forbidden: bool = False
    projections: list[Projection] = field(default_factory=list)

    def __post_init__(self) -> None:
        publishers = {
            place: Row(id=place, name=self._maybe_unfit(f"Press {place}"), colour="red") for place in range(3)
        }
        self.publishers = TableById(publishers)
        authors = {place: self._author(place) for place in range(4)}
        self.authors = TableById(authors)
        self.books = [self._book(place) for place in range(5)]
        self.schema = self._schema()

    def _maybe_unfit(self, value: Any) -> Any:
        """Return the value, or sometimes something unfit."""
        if self.random.random() < self.trouble:
            return self.random.choice([None, {"un": "fit"}, ValueError("broken"), 2**40])
        return value

    def _author(self, place: int) -> Row:
        return Row(
            id=place, name=self._maybe_unfit(f"Author {place}"), born=self._maybe_unfit(1900), publisher_id=place % 4
        )

    def _book(self, place: int) -> Row:
        author_id = self.random.choice([0, 1, 2, 3, 3, None, 99])
        return Row(
            id=place,
            title=self._maybe_unfit(f"Book {place}"),
            author_id=author_id,
            has_cover=self.random.random() < 0.7,
            cover_colour=self._maybe_unfit("blue"),
            cover_artist_id=self.random.choice([0, 1, None]),
        )

    def _edge(
        self, name: str, by: str, table: TableById, to: GraphQLObjectType, *, required: bool = False
    ) -> GraphQLField:
        def allow(_context: Any) -> None:
            if self.forbidden and name == "publisher":
                raise NotAllowed("not for you")

        async def load(context: Counter[str], rows: list[Any]) -> list[Row | None]:
            await asyncio.sleep(0)
            allow(context)
            return await table.load(context, name, [getattr(row, by) for row in rows])

        async def resolve(row: Any, info: Any) -> Row | None:
            await asyncio.sleep(0)
            allow(info.context)
            return (await table.load(info.context, name, [getattr(row, by)]))[0]

        kind = GraphQLNonNull(to) if required else to
        return GraphQLField(kind, resolve=resolve, extensions={STRATEGY: Batch(load, table, by, allow)})

    def _schema(self) -> GraphQLSchema:
        publisher = GraphQLObjectType(
            "Publisher",
            {
                "id": _column("id", GraphQLInt),
                "name": _column("name", GraphQLNonNull(GraphQLString)),
                "colour": _column("colour", COLOUR),
            },
        )
        author = GraphQLObjectType(
            "Author",
            {
                "id": _column("id", GraphQLInt),
                "name": _column("name", GraphQLString),
                "born": _column("born", GraphQLNonNull(GraphQLInt)),
                "publisher": self._edge("publisher", "publisher_id", self.publishers, publisher),
            },
        )
        artist = self._edge("artist", "artist_id", self.authors, author, required=True)
        cover = GraphQLObjectType(
            "Cover", {"side": _column("side", COLOUR), "colour": _column("colour", COLOUR), "artist": artist}
        )
        part = Embedded("has_cover", {"colour": "cover_colour", "artist_id": "cover_artist_id"}, {"side": "red"})
        book = GraphQLObjectType(
            "Book",
            lambda: {
                "title": _column("title", GraphQLString),
                "author": self._edge("author", "author_id", self.authors, author),
                "cover": GraphQLField(cover, resolve=lambda row, _info: part.view(row), extensions={STRATEGY: part}),
                "loud": _computed(lambda row: f"{row.title}!", GraphQLString, ("title",)),
                "coloured": _computed(lambda row: row.has_cover, GraphQLString),
                "sequel": GraphQLField(book, resolve=lambda row, _info: row),
            },
        )
        page = GraphQLObjectType(
            "Page",
            {"nodes": _column("nodes", GraphQLList(book)), "edges": _column("edges", GraphQLList(_edge_of(book)))},
        )
        in_a_page = ProjectedRows((("nodes",), ("edges", "node")))
        query = {
            "book": GraphQLField(book, resolve=self._one_book, extensions={STRATEGY: ProjectedRows()}),
            "books": GraphQLField(GraphQLList(book), resolve=self._all_books, extensions={STRATEGY: ProjectedRows()}),
            "page": GraphQLField(page, resolve=self._page, extensions={STRATEGY: in_a_page}),
        }
        return GraphQLSchema(GraphQLObjectType("Query", query))

    async def _all_books(self, _root: Any, info: Any) -> list[Row]:
        wanted: Projection = getattr(info, "projection", ALL_COLUMNS)
        self.projections.append(wanted)
        await asyncio.sleep(0)
        return [self._project(row, wanted) for row in self.books]

    async def _one_book(self, _root: Any, info: Any) -> Row:
        return (await self._all_books(None, info))[0]

    async def _page(self, _root: Any, info: Any) -> Row:
        books = await self._all_books(None, info)
        return Row(nodes=books, edges=[Row(node=each) for each in books])

    def _project(self, row: Row, wanted: Projection) -> Row:
        """Return a row with only the columns of the projection."""
        found: dict[str, Any] = {"": row}
        columns: dict[str, Any] = {}
        for each in wanted.joins:
            beside = found[each.parent_alias]
            to_one: Any = each.to_one
            one = found[each.alias] = to_one.rows.get(getattr(beside, each.key_column)) if beside else None
            columns |= {f"{each.alias}__{column}": getattr(one, column, None) for column in each.columns}
        own = vars(row) if wanted.columns is None else {name: getattr(row, name) for name in wanted.columns}
        return Row(**own, **columns)


def _column(name: str, kind: Any) -> GraphQLField:
    return GraphQLField(kind, resolve=lambda row, _info: getattr(row, name), extensions={STRATEGY: Column(name)})


def _computed(of: Any, kind: Any, columns: tuple[str, ...] | None = None) -> GraphQLField:
    return GraphQLField(
        kind, resolve=lambda row, _info: of(row), extensions={STRATEGY: Computed(of, read_columns=columns)}
    )


def _edge_of(book: GraphQLObjectType) -> GraphQLObjectType:
    return GraphQLObjectType("BookEdge", {"node": _column("node", book)})


PUBLISHER = "publisher { id name colour __typename }"
AUTHOR = f"{{ id name born {PUBLISHER} }}"
SELECTIONS = [
    "title author { name }",
    "loud",
    "loud coloured author { name }",
    f"title loud author {AUTHOR}",
    f"cover {{ side colour artist {AUTHOR} }}",
    f"one: author {{ name }} two: author {AUTHOR} cover {{ colour }}",
    f"...Whole sequel {{ title author {AUTHOR} }}",
    "author @include(if: $yes) { born } title @skip(if: $yes)",
    "cover { __typename artist { ...Name } } author { ...Name born }",
]
FRAGMENTS = f"fragment Whole on Book {{ title author {AUTHOR} }} fragment Name on Author {{ name {PUBLISHER} }}"
PLACES = ["book {{ {0} }}", "books {{ {0} }}", "page {{ nodes {{ {0} }} edges {{ node {{ {0} }} }} }}"]


async def execute_document(
    library: Library, executor: type[Executor[Any]], document: str, context: Counter[str], **named: Any
) -> ExecutionResult:
    variables = named.pop("variables", None)
    running = execute(library.schema, parse(document), None, context, variables, executor_class=executor, **named)
    result = await running if isawaitable(running) else running
    assert isinstance(result, ExecutionResult)
    return result


def document_for(place: str, selection: str) -> str:
    return f"query($yes: Boolean = true) {{ {place.format(selection)} }} {FRAGMENTS}"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("seed", range(6))
async def test_what_comes_along_is_what_graphql_core_answers(place: str, selection: str, seed: int) -> None:
    library = Library(Random(seed), trouble=seed % 4 / 10, forbidden=seed % 3 == 2)
    plans = PlanCache()
    document = document_for(place, selection)
    assert not [each for each in validate(library.schema, parse(document)) if "never used" not in str(each)]
    for yes in (True, False, True):
        variables = {"yes": yes}
        expected = result_text(await execute_document(library, Executor, document, Counter(), variables=variables))
        found = result_text(
            await execute_document(library, PlannedExecutor, document, Counter(), variables=variables, plans=plans)
        )
        assert found == expected


async def test_nothing_is_asked_for_that_came_along() -> None:
    library = Library(Random(1), trouble=0)
    context: Counter[str] = Counter()
    document = document_for("books {{ {0} }}", f"title author {AUTHOR} cover {{ colour }}")
    result = await execute_document(library, PlannedExecutor, document, context, plans=PlanCache())
    assert result.data
    assert not result.errors
    assert not context
    (wanted,) = library.projections
    author, publisher = wanted.joins
    assert wanted.columns == ("cover_colour", "has_cover", "title")
    assert (author.parent_alias, author.key_column, set(author.columns)) == ("", "author_id", {"id", "name", "born"})
    assert (publisher.parent_alias, publisher.key_column) == (author.alias, "publisher_id")


async def test_what_may_not_be_read_is_not_brought_along() -> None:
    library = Library(Random(1), trouble=0, forbidden=True)
    document = document_for("books {{ {0} }}", f"author {AUTHOR}")
    result = await execute_document(library, PlannedExecutor, document, Counter(), plans=PlanCache())
    assert library.projections == [ALL_COLUMNS]
    assert {each.message for each in result.errors or ()} == {"not for you"}
