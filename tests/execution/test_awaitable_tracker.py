"""Cancel operations at every step, and expect no unawaited coroutine."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import pytest
import strawberry

from execution.document_limits import DocumentLimits
from execution.schema import Schema

# So often the loop goes round until even the slowest of these is over.
ROUNDS = 60


async def later() -> str:
    for _ in range(3):
        await asyncio.sleep(0)
    return "later"


@strawberry.type
class Thing:
    name: str = strawberry.field(resolver=later)
    other: str = strawberry.field(resolver=later)


async def things() -> list[Thing]:
    await later()
    return [Thing(), Thing()]


async def follow() -> AsyncIterator[Thing]:
    for _ in range(3):
        await later()
        yield Thing()


@strawberry.type
class Query:
    things: list[Thing] = strawberry.field(resolver=things)
    later: str = strawberry.field(resolver=later)


@strawberry.type
class Mutation:
    things: list[Thing] = strawberry.mutation(resolver=things)


@strawberry.type
class Subscription:
    follow: Thing = strawberry.subscription(resolver=follow)  # type: ignore[assignment]


SELECTED = "{ name other again: name }"
OPERATIONS = [
    f"{{ one: things {SELECTED} two: things {SELECTED} three: later }}",
    f"mutation {{ one: things {SELECTED} two: things {SELECTED} }}",
    f"subscription {{ follow {SELECTED} }}",
]
SCHEMA = Schema(query=Query, mutation=Mutation, subscription=Subscription, limits=DocumentLimits(50, 100))


@pytest.mark.parametrize("schema", [SCHEMA, SCHEMA.without_plans()], ids=["plans", "graphql-core"])
@pytest.mark.parametrize("query", OPERATIONS)
async def test_an_operation_can_be_stopped_at_any_moment(schema: Schema, query: str) -> None:
    prepared = schema.prepare(query, None, None)
    assert prepared.errors == []
    answers: list[Any] = []

    async def run() -> None:
        async with aclosing(prepared.stream(None)) as source:
            async for answer in source:
                assert answer.errors is None
                answers.append(answer)

    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        for rounds in range(ROUNDS):
            running = asyncio.create_task(run())
            for _ in range(rounds):
                await asyncio.sleep(0)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        gc.collect()
    assert [str(each.message) for each in complaints] == []
    assert running.done()
    assert not running.cancelled(), "more rounds are needed to see all of it"
    assert answers
