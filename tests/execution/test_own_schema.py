"""Compare plans with graphql-core over Dialtree's own schema, byte for byte."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
)

from tests.installation import Client, Installation
from tests.test_readme import BLOCKS
from tests.web.conftest import create_demo_clients
from tests.web.test_operations import (
    EXAMPLES,
    OPERATIONS,
    SCHEMA,
    kind,
    operation_of,
    sent,
    variables_of,
    with_fragments,
)

Both = tuple[Client, Client]


@pytest.fixture(scope="module")
def both(shared_installation: Installation) -> Iterator[Both]:
    """Clients of one organization, at a server with plans and at one without, over one database."""
    clinics = create_demo_clients(shared_installation)["Harbor Clinics"]
    servers = [Installation(shared_installation.store, executor=each) for each in ("plans", "graphql-core")]
    planned, plain = (each.client(clinics.secret) for each in servers)
    planned.organization_id = clinics.organization_id
    yield planned, plain
    for each in servers:
        each.stop()
        each.join()


# A dry run says when it was made, and which windows are open then.
NOW = re.compile(rb'"(at|opensAt|estimatedEnd)":"[^"]+"')


def assert_same_answer(both: Both, query: str, **variables: Any) -> Any:
    """Compare what both servers answer, but for the instant of a dry run; return it."""
    planned, plain = (each.post(query, variables) for each in both)
    contents = [NOW.sub(rb"\1", each.content) if "review" in query else each.content for each in (planned, plain)]
    assert (planned.status_code, contents[0]) == (plain.status_code, contents[1])
    return planned.json()


@pytest.mark.parametrize("query", [query for query, _ in BLOCKS])
def test_the_queries_of_the_readme(both: Both, query: str) -> None:
    assert "errors" not in assert_same_answer(both, query)


@pytest.fixture(scope="module")
def variables(both: Both) -> dict[str, Any]:
    return variables_of(both[0])


QUERIES = [file for file in OPERATIONS + EXAMPLES if kind(file) == "query"]


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_queries_of_the_page(both: Both, variables: dict[str, Any], file: Path) -> None:
    """Generate arguments: all of them, only the required ones, and without a required one."""
    asked = sent(file, variables)
    assert "errors" not in assert_same_answer(both, with_fragments(file), **asked)
    assert_same_answer(both, with_fragments(file), **(asked | {"withAgents": False, "withTrunks": False}))
    assert_same_answer(both, with_fragments(file))


MUTATIONS = [file for file in OPERATIONS + EXAMPLES if kind(file) == "mutation"]
GENERATED_VALUES = re.compile(rb"ak_[\w.-]+|\b[a-z]{3}_[0-9a-z]{26}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")


@pytest.mark.parametrize("file", MUTATIONS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_mutations_of_the_page(both: Both, file: Path) -> None:
    """Prepare mutations that can run twice, and hide the ids and times that differ."""
    asked = {
        each.variable.name.value: example_value(type_from_ast(SCHEMA, each.type))
        for each in operation_of(file).variable_definitions or ()
    }
    both[0].post(with_fragments(file), asked)
    planned, plain = (GENERATED_VALUES.sub(b"", each.post(with_fragments(file), asked).content) for each in both)
    assert planned == plain
    assert b'"data":{' in planned


def example_value(kind: Any) -> Any:
    """Make a value of the type that refers to nothing."""
    if is_non_null_type(kind):
        return example_value(kind.of_type)
    if is_list_type(kind):
        return [example_value(kind.of_type)]
    if is_enum_type(kind):
        return next(iter(kind.values))
    if is_input_object_type(kind):
        return {name: example_value(each.type) for name, each in kind.fields.items() if is_required_input_field(each)}
    return {"Boolean": True, "Int": 1, "JSON": {}}.get(kind.name, "num_x")


NULLS = {
    "on a page": "query($y: Boolean = true) { phoneNumbers { nodes { id @include(if: $y) } } }",
    "on an empty page": 'query($y: Boolean = true) { phoneNumbers(filter: {e164Contains: "999999"}) { nodes { id @skip(if: $y) } } }',
    "at the root": "query($y: Boolean = true) { viewer @skip(if: $y) { scopes } }",
    "in a fragment": "query($y: Boolean = true) { viewer { ... @include(if: $y) { scopes } } }",
    "as an argument": 'query($y: ID = "org_x") { node(id: $y) { id ... on Agent { name } } }',
}


@pytest.mark.parametrize("where", NULLS)
def test_a_null_where_none_may_be(both: Both, where: str) -> None:
    assert_same_answer(both, NULLS[where], y=None)
    assert_same_answer(both, NULLS[where])


def test_a_null_among_mutations_keeps_what_was_answered(both: Both) -> None:
    mutation = """mutation($y: Boolean = true) {
      first: createAgent(input: {name: "First"}) { agent { name } }
      second: createAgent(input: {name: "Second"}) { agent { name @include(if: $y) } }
      third: createAgent(input: {name: "Third"}) { agent { name } }
    }"""
    assert_same_answer(both, mutation, y=None)
    assert_same_answer(both, mutation, y=False)


def test_introspection_beside_other_fields(both: Both) -> None:
    query = """query($name: String!) { viewer { scopes } __type(name: $name) { name fields { name } }
      agents(first: 1) { nodes { name } } __schema { queryType { name } } }"""
    assert assert_same_answer(both, query, name="Agent")["data"]["__type"]["name"] == "Agent"
    assert assert_same_answer(both, query, name="Nobody")["data"]["__type"] is None
