"""Whatever is asked of whatever schema, the plans answer what graphql-core answers: data, errors, paths, places, order.

`make test` compares a few hundred operations, always the same; `make torture` 5,000, always new ones.
"""

import gc
import json
import os
from collections import Counter
from collections.abc import Awaitable, Iterator
from inspect import isawaitable
from random import Random
from typing import Any

import pytest
from graphql import ExecutionResult, NoUnusedVariablesRule, parse, specified_rules, validate
from graphql.execution import Executor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from execution.executor import PlannedExecutor
from execution.plans import Plans
from tests.execution.operations import Operations
from tests.execution.worlds import World

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
    executor: type[Executor[Any]], world: World, made: Operations, calls: Calls, **named: Any
) -> ExecutionResult:
    built = executor.build(world.schema, parse(made.document), world.root(made.kind), calls, made.variables, **named)
    assert isinstance(built, Executor), built
    running = built.execute_operation()
    result = await running if isinstance(running, Awaitable) or isawaitable(running) else running
    assert isinstance(result, ExecutionResult)
    return result


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
    st.integers(0, 2**48), st.sampled_from([0.0, 0.0, 0.02, 0.05, 0.2]), st.sampled_from(["query", "query", "mutation"])
)
async def test_plans_answer_what_graphql_core_answers(seed: int, trouble: float, kind: str) -> None:
    random = Random(seed)
    world = World(random, trouble)
    made = Operations(random, world.schema, kind)
    if validate(world.schema, parse(made.document), RULES):
        return
    expected = shown(await executed(Executor, world, made, Counter()))
    plans = Plans()
    for _ in range(2):
        calls: Calls = Counter()
        found = shown(await executed(PlannedExecutor, world, made, calls, plans=plans))
        assert found == expected, f"{made.document}\n{made.variables}"
        assert set(calls.values()) <= {1}
