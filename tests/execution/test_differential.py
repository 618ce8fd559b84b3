"""Whatever is asked of whatever schema, the plans answer what graphql-core answers: data, errors, paths, places, order.

`make test` compares a few hundred operations, always the same; `make torture` 5,000, always new ones.
"""

import gc
import json
import os
from collections import Counter
from collections.abc import Iterator
from inspect import isawaitable
from random import Random
from typing import Any

import pytest
from graphql import ExecutionResult, NoUnusedVariablesRule, execute, parse, specified_rules, subscribe, validate
from graphql.execution import Executor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from execution.executor import PlannedExecutor
from execution.plans import Plans
from tests.execution.operations import Operations
from tests.execution.worlds import Failure, World

Calls = Counter[Any]
RULES = [each for each in specified_rules if each is not NoUnusedVariablesRule]
TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
SIZE = settings(
    max_examples=5000 if TORTURE else 250,
    deadline=None,
    database=None,
    derandomize=not TORTURE,
    suppress_health_check=list(HealthCheck),
)


async def executed(
    executor: type[Executor[Any]], world: World, made: Any, calls: Calls, **named: Any
) -> ExecutionResult:
    """The answer to a query or a mutation."""
    asked = (world.schema, parse(made.document), world.root(made.kind), calls, made.variables)
    running = execute(*asked, executor_class=executor, **named)
    result = await running if isawaitable(running) else running
    assert isinstance(result, ExecutionResult)
    return result


async def followed(executor: type[Executor[Any]], world: World, made: Any, calls: Calls, **named: Any) -> str:
    """Every event of a subscription, and how they ended."""
    asked = (world.schema, parse(made.document), world.root(made.kind), calls, made.variables)
    started = subscribe(*asked, executor_class=executor, **named)
    source = await started if isawaitable(started) else started
    if isinstance(source, ExecutionResult):
        return shown(source)
    answers: list[str] = []
    try:
        async for event in source:
            answers += [shown(event)]
    except Failure as failure:
        answers.append(repr(failure))
    return "\n".join(answers)


async def answered(executor: type[Executor[Any]], world: World, made: Operations, calls: Calls, **named: Any) -> str:
    if made.kind == "subscription":
        return await followed(executor, world, made, calls, **named)
    return shown(await executed(executor, world, made, calls, **named))


def shown(result: ExecutionResult) -> str:
    """The whole answer as text: the order of keys and of errors is part of it."""
    errors = [each.formatted | {"cause": repr(each.original_error)} for each in result.errors or ()]
    return json.dumps({"data": result.data, "errors": errors}, indent=1)


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """What graphql-core left unawaited is collected here, where it is expected, and not amid another test."""
    yield
    gc.collect()


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@SIZE
@given(
    st.integers(0, 2**48),
    st.sampled_from([0.0, 0.0, 0.02, 0.05, 0.2]),
    st.sampled_from(["query", "query", "mutation", "subscription"]),
)
async def test_plans_answer_what_graphql_core_answers(seed: int, trouble: float, kind: str) -> None:
    """Each plan is run twice, and with other variables than it was made for."""
    random = Random(seed)
    world = World(random, trouble)
    made = Operations(random, world.schema, kind)
    wrong = validate(world.schema, parse(made.document), RULES)
    assert not wrong, f"{wrong}\n{made.document}"
    plans = Plans()
    for sent in (*made.sent, made.sent[0]):
        made.variables = sent
        expected = await answered(Executor, world, made, Counter())
        calls: Calls = Counter()
        found = await answered(PlannedExecutor, world, made, calls, plans=plans)
        assert found == expected, f"{made.document}\n{made.variables}"
        assert set(calls.values()) <= {1} or kind == "subscription"
