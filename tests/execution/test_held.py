"""Check that classes of rows, which come and go with their statements, are not kept alive."""

import gc
from typing import Any
from weakref import ref

from graphql import build_schema, execute, parse

from execution.executor import PlannedExecutor
from execution.plan_cache import PlanCache
from execution.wrapping import MAX_CACHED_CLASSES

SCHEMA = build_schema("type Query { it: Thing! them: [Thing!]! } type Thing { name: String }")
DOCUMENT = parse("{ it { name } them { name } }")


def test_classes_of_answers_are_let_go() -> None:
    plans, known = PlanCache(), []
    for _ in range(3 * MAX_CACHED_CLASSES):
        row: Any = type("Row", (), {"name": "a"})
        known.append(ref(row))
        result: Any = execute(
            SCHEMA, DOCUMENT, {"it": row(), "them": [row()]}, executor_class=PlannedExecutor, plans=plans
        )
        assert result.data == {"it": {"name": "a"}, "them": [{"name": "a"}]}
    del row, result
    gc.collect()
    assert sum(each() is not None for each in known) <= MAX_CACHED_CLASSES
