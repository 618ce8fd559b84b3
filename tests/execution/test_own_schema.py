"""Over Dialtree's own schema, too, plans answer to the byte what graphql-core answers."""

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
from tests.web.conftest import planted
from tests.web.test_operations import EXAMPLES, OPERATIONS, SCHEMA, kind, operation_of, sent, variables_of, whole

Both = tuple[Client, Client]


@pytest.fixture(scope="module")
def both(shared_installation: Installation) -> Iterator[Both]:
    """The reseller, at a server with plans and at one without, over one database."""
    clinics = planted(shared_installation)["Harbor Clinics"]
    servers = [Installation(shared_installation.store, executor=each) for each in ("plans", "graphql-core")]
    planned, plain = (each.client(clinics.secret) for each in servers)
    planned.organization_id = clinics.organization_id
    yield planned, plain
    for each in servers:
        each.stop()
        each.join()


def same(both: Both, query: str, **variables: Any) -> Any:
    planned, plain = (each.post(query, variables) for each in both)
    assert (planned.status_code, planned.content) == (plain.status_code, plain.content)
    return planned.json()


@pytest.mark.parametrize("query", [query for query, _ in BLOCKS])
def test_the_queries_of_the_readme(both: Both, query: str) -> None:
    assert "errors" not in same(both, query)


@pytest.fixture(scope="module")
def variables(both: Both) -> dict[str, Any]:
    return variables_of(both[0])


QUERIES = [file for file in OPERATIONS + EXAMPLES if kind(file) == "query"]


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_queries_of_the_page(both: Both, variables: dict[str, Any], file: Path) -> None:
    """With what they ask for, with as little as they do with, and without what they need."""
    asked = sent(file, variables)
    assert "errors" not in same(both, whole(file), **asked)
    same(both, whole(file), **(asked | {"withAgents": False, "withTrunks": False}))
    same(both, whole(file))


MUTATIONS = [file for file in OPERATIONS + EXAMPLES if kind(file) == "mutation"]
OF_ITS_OWN = re.compile(rb"ak_[\w.-]+|\b[a-z]{3}_[0-9a-z]{26}|\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")


@pytest.mark.parametrize("file", MUTATIONS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_mutations_of_the_page(both: Both, file: Path) -> None:
    """What can be done once was done before. What is done again has ids and times of its own."""
    asked = {
        each.variable.name.value: example(type_from_ast(SCHEMA, each.type))
        for each in operation_of(file).variable_definitions or ()
    }
    both[0].post(whole(file), asked)
    planned, plain = (OF_ITS_OWN.sub(b"", each.post(whole(file), asked).content) for each in both)
    assert planned == plain
    assert b'"data":{' in planned


def example(kind: Any) -> Any:
    """Fits the type, and is about nothing that there is."""
    if is_non_null_type(kind):
        return example(kind.of_type)
    if is_list_type(kind):
        return [example(kind.of_type)]
    if is_enum_type(kind):
        return next(iter(kind.values))
    if is_input_object_type(kind):
        return {name: example(each.type) for name, each in kind.fields.items() if is_required_input_field(each)}
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
    same(both, NULLS[where], y=None)
    same(both, NULLS[where])


def test_a_null_among_mutations_keeps_what_was_answered(both: Both) -> None:
    mutation = """mutation($y: Boolean = true) {
      first: createAgent(input: {name: "First"}) { agent { name } }
      second: createAgent(input: {name: "Second"}) { agent { name @include(if: $y) } }
      third: createAgent(input: {name: "Third"}) { agent { name } }
    }"""
    same(both, mutation, y=None)
    same(both, mutation, y=False)


def test_introspection_beside_other_fields(both: Both) -> None:
    query = """query($name: String!) { viewer { scopes } __type(name: $name) { name fields { name } }
      agents(first: 1) { nodes { name } } __schema { queryType { name } } }"""
    assert same(both, query, name="Agent")["data"]["__type"]["name"] == "Agent"
    assert same(both, query, name="Nobody")["data"]["__type"] is None
