"""Over Dialtree's own schema, too, plans answer to the byte what graphql-core answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import Client, Installation
from tests.test_readme import BLOCKS
from tests.web.conftest import planted

Both = tuple[Client, Client]


@pytest.fixture(scope="module")
def both(shared_installation: Installation) -> Iterator[Both]:
    """The reseller, at a server with plans and at one without, over one database."""
    secret = planted(shared_installation)["Harbor Clinics"].secret
    servers = [Installation(shared_installation.store, executor=each) for each in ("plans", "graphql-core")]
    planned, plain = (each.client(secret) for each in servers)
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
