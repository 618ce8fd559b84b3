"""Compare plans with graphql-core on random operations over random schemas: data, errors, paths, locations, order.

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
from execution.plan_cache import PlanCache
from tests.execution.random_operation import RandomOperation
from tests.execution.random_schema import Failure, RandomSchema

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


async def execute_operation(
    executor: type[Executor[Any]], world: RandomSchema, made: Any, calls: Calls, **named: Any
) -> ExecutionResult:
    """Execute a query or a mutation."""
    asked = (world.schema, parse(made.document), world.root(made.kind), calls, made.variables)
    running = execute(*asked, executor_class=executor, **named)
    result = await running if isawaitable(running) else running
    assert isinstance(result, ExecutionResult)
    return result


async def execute_subscription(
    executor: type[Executor[Any]], world: RandomSchema, made: Any, calls: Calls, **named: Any
) -> str:
    """Return every event of a subscription, and how it ended."""
    asked = (world.schema, parse(made.document), world.root(made.kind), calls, made.variables)
    started = subscribe(*asked, executor_class=executor, **named)
    source = await started if isawaitable(started) else started
    if isinstance(source, ExecutionResult):
        return result_text(source)
    answers: list[str] = []
    try:
        async for event in source:
            answers += [result_text(event)]
    except Failure as failure:
        answers.append(repr(failure))
    return "\n".join(answers)


async def answer_text(
    executor: type[Executor[Any]], world: RandomSchema, made: RandomOperation, calls: Calls, **named: Any
) -> str:
    if made.kind == "subscription":
        return await execute_subscription(executor, world, made, calls, **named)
    return result_text(await execute_operation(executor, world, made, calls, **named))


def result_text(result: ExecutionResult) -> str:
    """Write a result as text, which includes the order of keys and of errors."""
    errors = [each.formatted | {"cause": repr(each.original_error)} for each in result.errors or ()]
    return json.dumps({"data": result.data, "errors": errors}, indent=1)


@pytest.fixture(autouse=True)
def collect_garbage() -> Iterator[None]:
    """Collect the coroutines that graphql-core left unawaited, so that their warnings do not hit another test."""
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
    """Run each plan twice, and with other variables than it was compiled for."""
    random = Random(seed)
    world = RandomSchema(random, trouble)
    made = RandomOperation(random, world.schema, kind)
    wrong = validate(world.schema, parse(made.document), RULES)
    assert not wrong, f"{wrong}\n{made.document}"
    plans = PlanCache()
    for sent in (*made.variable_sets, made.variable_sets[0]):
        made.variables = sent
        expected = await answer_text(Executor, world, made, Counter())
        calls: Calls = Counter()
        found = await answer_text(PlannedExecutor, world, made, calls, plans=plans)
        assert found == expected, f"{made.document}\n{made.variables}"
        assert set(calls.values()) <= {1} or kind == "subscription"
