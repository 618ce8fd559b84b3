"""Run generated operations: no 5xx, and every response fits the schema."""

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
from tests.serving.response_checker import ResponseChecker, with_typenames

TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
EXPORTED = Path(__file__).parents[2] / "schema.graphql"
SCHEMA = build_schema(EXPORTED.read_text())
JSON_VALUES = st.text(max_size=5).map(nodes.String) | st.integers(-9, 9).map(nodes.Int) | st.just(nodes.Null)

schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda when: nodes.String(f"{when.isoformat()}Z")))
schemathesis.graphql.scalar("Date", st.dates().map(lambda day: nodes.String(day.isoformat())))
schemathesis.graphql.scalar("LocalTime", st.times().map(lambda at: nodes.String(f"{at:%H:%M}")))
schemathesis.graphql.scalar(
    "JSON", st.recursive(JSON_VALUES, lambda inner: st.lists(inner, max_size=3).map(nodes.List), max_leaves=5)
)
GENERATED: Any = schemathesis.graphql.from_path(EXPORTED)
OPERATIONS = {found.ok().label: found.ok() for found in GENERATED.get_all_operations()}
MIN_REQUESTS = 10_000 if TORTURE else 500
# A quarter more, as some operations have fewer examples.
EXAMPLES_PER_OPERATION = MIN_REQUESTS * 5 // 4 // len(OPERATIONS) + 1
REQUEST_COUNTS: Counter[str] = Counter()


@pytest.fixture(scope="module")
def populated_client(shared_installation: Installation) -> Client:
    """The admin of an organization with rows of every kind, and a child organization."""
    northwind = shared_installation.root("Northwind")
    trunk, agent = northwind.trunk(), northwind.agent()
    number = northwind.number(trunk=trunk, shareable=True)
    northwind.version(agent, number, direction="BOTH")
    northwind.create_queued(agentNumber=number.e164, metadata={"a": 1})
    northwind.route_inbound(number)
    northwind.child().number(shareable=True)
    return northwind


@pytest.mark.torture
@pytest.mark.parametrize("label", OPERATIONS)
def test_whatever_is_asked_is_answered_as_promised(populated_client: Client, label: str) -> None:
    @settings(
        max_examples=EXAMPLES_PER_OPERATION,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(OPERATIONS[label].as_strategy())
    def ask(case: Any) -> None:
        query = with_typenames(SCHEMA, case.body)
        answer = populated_client.post(query)
        REQUEST_COUNTS[label] += 1
        assert answer.status_code < 500, case.body
        body = answer.json()
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        assert "INTERNAL_SERVER_ERROR" not in codes, case.body
        assert ResponseChecker(SCHEMA, query).find_errors(body) == [], query

    ask()


@pytest.mark.torture
def test_so_many_were_asked() -> None:
    """Runs after the tests above."""
    if REQUEST_COUNTS.keys() != OPERATIONS.keys():
        pytest.skip("not all of them ran here")
    assert sum(REQUEST_COUNTS.values()) >= MIN_REQUESTS


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
    assert ResponseChecker(SCHEMA, "{ trunks { totalCount nodes { kind } } }").find_errors(body)


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
    query = with_typenames(SCHEMA, NODE)
    right = {"__typename": "PhoneNumber", "id": "num_1", "shareable": True}
    assert ResponseChecker(SCHEMA, query).find_errors({"data": {"node": right}}) == []
    assert ResponseChecker(SCHEMA, query).find_errors({"data": {"node": node}})
