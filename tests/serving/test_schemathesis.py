"""Operations that schemathesis makes up from the schema: no 5xx, no bug, and every answer as the schema promises it."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from graphql import build_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from tests.installation import Client, Installation
from tests.serving.answers import Answers, with_types

TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
EXPORTED = Path(__file__).parents[2] / "schema.graphql"
SCHEMA = build_schema(EXPORTED.read_text())
INNER = st.text(max_size=5).map(nodes.String) | st.integers(-9, 9).map(nodes.Int) | st.just(nodes.Null)

schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda when: nodes.String(f"{when.isoformat()}Z")))
schemathesis.graphql.scalar(
    "JSON", st.recursive(INNER, lambda inner: st.lists(inner, max_size=3).map(nodes.List), max_leaves=5)
)
MADE_UP: Any = schemathesis.graphql.from_path(EXPORTED)
OPERATIONS = {found.ok().label: found.ok() for found in MADE_UP.get_all_operations()}
WANTED = 10_000 if TORTURE else 500
# Somewhat more, as of some operations there are not so many.
EACH = WANTED * 5 // 4 // len(OPERATIONS) + 1
ASKED: Counter[str] = Counter()


@pytest.fixture(scope="module")
def asker(shared_installation: Installation) -> Client:
    """The admin of an organization that has some of everything, and one below it."""
    northwind = shared_installation.root("Northwind")
    trunk, agent = northwind.trunk(), northwind.agent()
    number = northwind.number(trunk=trunk, shareable=True)
    northwind.version(agent, number, direction="BOTH")
    northwind.queued(agentNumber=number.e164, metadata={"a": 1})
    northwind.rung(number)
    northwind.child().number(shareable=True)
    return northwind


@pytest.mark.torture
@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_is_asked_is_answered_as_promised(asker: Client, label: str) -> None:
    @settings(
        max_examples=EACH,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(OPERATIONS[label].as_strategy())
    def ask(case: Any) -> None:
        query = with_types(SCHEMA, case.body)
        answer = asker.post(query)
        ASKED[label] += 1
        assert answer.status_code < 500, case.body
        body = answer.json()
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        assert "INTERNAL_SERVER_ERROR" not in codes, case.body
        assert Answers(SCHEMA, query).faults(body) == [], query

    ask()


@pytest.mark.torture
def test_so_many_were_asked() -> None:
    """After those before it."""
    if ASKED.keys() != OPERATIONS.keys():
        pytest.skip("not all of them ran here")
    assert sum(ASKED.values()) >= WANTED


def test_every_root_field_is_asked() -> None:
    roots = [root for root in (SCHEMA.query_type, SCHEMA.mutation_type) if root]
    assert {f"{root.name}.{field}" for root in roots for field in root.fields} == set(OPERATIONS)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"trunks": {"totalCount": "1", "nodes": []}}},
        {"data": {"trunks": {"totalCount": None, "nodes": []}}},
        {"data": {"trunks": {"totalCount": 1, "nodes": [{"kind": "OTHER"}]}}},
        {"data": {"trunks": {"totalCount": 1, "nodes": None}}},
        {"data": {"trunks": {"nodes": [], "totalCount": 1}}},
        {"data": {"trunks": {"totalCount": 1}}},
        {"data": {}},
        {"data": None},
        {"message": "x"},
    ],
)
def test_a_wrong_answer_is_found(body: Any) -> None:
    assert Answers(SCHEMA, "{ trunks { totalCount nodes { kind } } }").faults(body)


NODE = '{ node(id: "num_1") { id ... on PhoneNumber { shareable } } }'


@pytest.mark.parametrize(
    "node",
    [
        {"id": "num_1", "shareable": True},
        {"__typename": "PhoneNumber", "id": "num_1"},
        {"__typename": "PhoneNumber", "id": "num_1", "shareable": None},
        {"__typename": "Trunk", "id": "num_1", "shareable": True},
        {"__typename": "Viewer", "id": "num_1"},
        {"__typename": "Nobody", "id": "num_1"},
    ],
)
def test_a_wrong_answer_of_an_abstract_type_is_found(node: Any) -> None:
    query = with_types(SCHEMA, NODE)
    right = {"__typename": "PhoneNumber", "id": "num_1", "shareable": True}
    assert Answers(SCHEMA, query).faults({"data": {"node": right}}) == []
    assert Answers(SCHEMA, query).faults({"data": {"node": node}})
