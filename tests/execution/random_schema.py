"""Generate schemas whose resolvers fail, wait, or return values of a wrong type."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from execution.strategies import STRATEGY, Batch, Column, Computed

OBJECTS = ("Ada", "Bob", "Cleo")
MAX_ROWS = 3


class Row:
    """A row of one of the types; its attributes are its columns. Error messages contain its repr."""

    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number

    def __repr__(self) -> str:
        return f"<{self.kind} {self.number}>"


class Failure(Exception):
    pass


def shout(value: Any) -> Any:
    """A custom scalar, which refuses some values and serializes others to nothing."""
    if isinstance(value, dict):
        raise Failure("no dict can be shouted")
    return None if value == 0 else f"{value}!"


COLOUR = GraphQLEnumType("Colour", {"RED": 1, "GREEN": "green", "BLUE": (0, 0, 255)})
SHOUT = GraphQLScalarType("Shout", serialize=shout)
BOX: GraphQLInputObjectType = GraphQLInputObjectType(
    "Box",
    lambda: {
        "size": GraphQLInputField(GraphQLNonNull(GraphQLInt), default_value=1),
        "tints": GraphQLInputField(GraphQLList(GraphQLNonNull(COLOUR))),
        "inner": GraphQLInputField(BOX),
    },
)
ARGUMENTS = {
    "size": GraphQLArgument(GraphQLInt, default_value=3),
    "must": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=2),
    "tint": GraphQLArgument(COLOUR),
    "tints": GraphQLArgument(GraphQLList(GraphQLNonNull(COLOUR))),
    "box": GraphQLArgument(BOX),
}
LEAF_VALUES: dict[Any, list[Any]] = {
    GraphQLString: ["a", "b", "", 7, True, 1.5, {"x": 1}],
    GraphQLID: ["id1", 12, "id2", 1.5],
    GraphQLInt: [1, 0, -5, True, 2**31, 2**31 - 1, "12", "x", 1.0, 1.5],
    GraphQLFloat: [1.5, 2, 0.0, "1.5", float("inf")],
    GraphQLBoolean: [True, False, 1, 0, "yes"],
    COLOUR: [1, "green", (0, 0, 255), "purple", [1]],
    SHOUT: ["hey", 1, 0, {"x": 1}],
}


@dataclass
class RandomSchema:
    """A schema with its rows and resolvers, which count their calls in the context, a Counter."""

    random: Random
    failure_rate: float
    schema: GraphQLSchema = field(init=False)
    rows: dict[str, list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        random = self.random
        self.rows = {kind: [Row(kind, place) for place in range(random.randint(1, MAX_ROWS))] for kind in OBJECTS}
        self.named = GraphQLInterfaceType("Named", lambda: self._named, resolve_type=self._type_resolver())
        self.objects = {kind: self._object(kind) for kind in OBJECTS}
        self.union = GraphQLUnionType("Anyone", list(self.objects.values())[:2], resolve_type=self._type_resolver())
        self._named = {"name": GraphQLField(GraphQLString), "friend": GraphQLField(self.named)}
        self.rows |= {"Query": [Row("Query", 0)], "Mutation": [Row("Mutation", 0)]}
        self.rows["Subscription"] = [Row("Subscription", place) for place in range(random.randint(0, MAX_ROWS))]
        self.schema = GraphQLSchema(
            GraphQLObjectType("Query", lambda: self._fields("Query")),
            GraphQLObjectType("Mutation", lambda: self._fields("Mutation")),
            GraphQLObjectType("Subscription", lambda: self._with_subscriptions(self._fields("Subscription"))),
            types=[*self.objects.values(), BOX, COLOUR],
        )

    def root(self, kind: str) -> Row | None:
        """Resolve a field; in a subscription the event takes the row's place."""
        return None if kind == "subscription" else self.rows[kind.capitalize()][0]

    def _with_subscriptions(self, fields: dict[str, GraphQLField]) -> dict[str, GraphQLField]:
        for each in fields.values():
            each.subscribe = self._event_source()
        return fields

    def _event_source(self) -> Callable[..., Any]:
        """Make a source of events that yields every row, and may fail at the start or at the end."""
        refused, broken = self._fails(), self._fails()

        async def events() -> AsyncIterator[Row]:
            for row in self.rows["Subscription"]:
                await asyncio.sleep(0)
                yield row
            if broken:
                raise Failure("the source broke")

        def subscribe(_root: Any, _info: Any, **_sent: Any) -> AsyncIterator[Row]:
            if refused:
                raise Failure("not to be followed")
            return events()

        return subscribe

    def _object(self, kind: str) -> GraphQLObjectType:
        return GraphQLObjectType(
            kind, lambda: self._fields(kind), interfaces=[self.named], is_type_of=self._maybe_type_check(kind)
        )

    def _fields(self, kind: str) -> dict[str, GraphQLField]:
        random = self.random
        types = {f"{kind.lower()}{place}": self._random_type() for place in range(random.randint(2, 5))}
        if kind in self.objects:
            types |= {"name": random.choice([GraphQLString, GraphQLNonNull(GraphQLString)]), "friend": self.named}
        return {name: self._field(kind, name, type_) for name, type_ in types.items()}

    def _random_type(self) -> Any:
        random = self.random
        leaf = random.random() < 0.5
        made: Any = (
            random.choice(list(LEAF_VALUES))
            if leaf
            else random.choice([*self.objects.values(), self.named, self.union])
        )
        for _ in range(random.choice([0, 0, 0, 1, 1, 2])):
            made = GraphQLList(self._maybe_non_null(made))
        return self._maybe_non_null(made)

    def _maybe_non_null(self, made: Any) -> Any:
        return GraphQLNonNull(made) if self.random.random() < 0.4 else made

    def _fails(self) -> bool:
        return self.random.random() < self.failure_rate

    def _field(self, kind: str, name: str, type_: Any) -> GraphQLField:
        ways: list[Callable[..., GraphQLField]] = [
            self._column,
            self._computed,
            self._batch,
            self._resolver,
            self._sometimes_async,
        ]
        arguments = {}
        if self.random.random() < 0.3:
            arguments = {
                each: ARGUMENTS[each] for each in self.random.sample(list(ARGUMENTS), self.random.randint(1, 3))
            }
            ways = [self._batch, self._resolver, self._sometimes_async]
        way = self.random.choice(ways)
        waits = way in (self._resolver, self._sometimes_async)
        values = {row: self._random_answer(type_, waits=waits) for row in self.rows[kind]}
        return way(name, type_, arguments, values)

    def _column(self, name: str, type_: Any, _arguments: Any, values: dict[Row, Any]) -> GraphQLField:
        for row, value in values.items():
            if not isinstance(value, Failure) and not callable(value):
                setattr(row, name, value)
        return GraphQLField(type_, resolve=lambda row, _info: getattr(row, name), extensions={STRATEGY: Column(name)})

    def _computed(self, _name: str, type_: Any, _arguments: Any, values: dict[Row, Any]) -> GraphQLField:
        forbidden = Failure("not allowed") if self._fails() else None

        def allow(_context: Any) -> None:
            if forbidden:
                raise forbidden

        def of(row: Row) -> Any:
            return resolve_value(values[row])

        def resolve(row: Row, _info: Any) -> Any:
            allow(None)
            return of(row)

        return GraphQLField(type_, resolve=resolve, extensions={STRATEGY: Computed(of, allow)})

    def _batch(self, _name: str, type_: Any, arguments: Any, values: dict[Row, Any]) -> GraphQLField:
        down = Failure("everything is down") if self._fails() else None

        async def load(_context: Any, rows: list[Row], **sent: Any) -> list[Any]:
            await asyncio.sleep(0)
            if down:
                raise down
            return [resolve_or_error(values, row, sent) for row in rows]

        async def resolve(row: Row, info: Any, **sent: Any) -> Any:
            info.context[info.path, "stated"] += 1
            await asyncio.sleep(0)
            if down:
                raise down
            return resolve_value(values[row], sent)

        return GraphQLField(type_, arguments, resolve=resolve, extensions={STRATEGY: Batch(load)})

    def _resolver(self, _name: str, type_: Any, arguments: Any, values: dict[Row, Any]) -> GraphQLField:
        def resolve(row: Row, info: Any, **sent: Any) -> Any:
            info.context[info.path] += 1
            return resolve_value(values[row], sent, info)

        return GraphQLField(type_, arguments, resolve=resolve)

    def _sometimes_async(self, _name: str, type_: Any, arguments: Any, values: dict[Row, Any]) -> GraphQLField:
        sometimes = self.random.random() < 0.3

        async def later(row: Row, info: Any, **sent: Any) -> Any:
            await asyncio.sleep(0)
            return resolve_value(values[row], sent, info)

        def resolve(row: Row, info: Any, **sent: Any) -> Any:
            info.context[info.path] += 1
            if sometimes and row.number % 2:
                return resolve_value(values[row], sent, info)
            return later(row, info, **sent)

        return GraphQLField(type_, arguments, resolve=resolve)

    def _random_answer(self, type_: Any, *, waits: bool) -> Any:
        """Make a value, of the type or not. A Failure is to be raised; a callable is to be called for the answer."""
        random = self.random
        if self._fails():
            odd = [None, None, Failure("broken"), lambda: Failure("answered"), 5, "text", [None], {"a": 1}]
            return random.choice(odd)
        if not isinstance(type_, GraphQLNonNull) and random.random() < 0.1:
            return None
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(type_, GraphQLList):
            return self._random_list(
                [self._random_answer(type_.of_type, waits=waits) for _ in range(random.randint(0, 3))], waits
            )
        if type_ in LEAF_VALUES:
            return random.choice(LEAF_VALUES[type_][: 2 if random.random() > self.failure_rate else None])
        kinds = [type_.name] if type_.name in self.objects else OBJECTS[: 2 if type_ is self.union else 3]
        return random.choice(self.rows[random.choice(kinds)])

    def _random_list(self, items: list[Any], waits: bool) -> Any:
        """Make a list. A Failure in it becomes an item that is an exception, a callable a new coroutine each time."""
        if any(callable(each) for each in items):
            made = in_a_coroutine if waits else identity
            return lambda: [made(each()) if callable(each) else each for each in items]
        return self.random.choice([*[items] * 15, *[tuple(items)] * 4, dict(enumerate(items)).values()])

    def _type_resolver(self) -> Callable[..., Any]:
        confused, late = self._fails(), self._fails()

        async def later(name: Any) -> Any:
            await asyncio.sleep(0)
            return name

        def resolve_type(value: Any, _info: Any, _type: Any) -> Any:
            name = getattr(value, "kind", None)
            if confused and getattr(value, "number", 0) == 1:
                name = "Colour"
            return later(name) if late else name

        return resolve_type

    def _maybe_type_check(self, kind: str) -> Callable[..., Any] | None:
        if self.random.random() < 0.5:
            return None
        late = self._fails()

        async def later(value: Any) -> bool:
            await asyncio.sleep(0)
            return getattr(value, "kind", None) == kind

        return lambda value, _info: later(value) if late else getattr(value, "kind", None) == kind


def identity(value: Any) -> Any:
    return value


async def in_a_coroutine(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def resolve_or_error(values: dict[Row, Any], row: Any, sent: Any) -> Any:
    try:
        return resolve_value(values[row], sent)
    except Exception as failure:  # noqa: BLE001 - a batch fails row by row
        return failure


def resolve_value(value: Any, sent: Any = None, info: Any = None) -> Any:
    """Return the answer; strings say which arguments were sent, and to which field."""
    if isinstance(value, Failure):
        raise value
    if callable(value):
        return value()
    if isinstance(value, str) and (sent or info):
        return f"{value} {sorted((sent or {}).items())} {info.path.as_list() if info else ''}"
    return value
