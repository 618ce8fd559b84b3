"""Every GraphQL operation of the page fits the schema, and its queries run against a real server."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from graphql.language import Visitor, visit

from tests.installation import Client
from tests.web.conftest import World

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "web" / "src"
OPERATIONS = sorted((SOURCES / "operations").glob("*.graphql"))
EXAMPLES = sorted((SOURCES / "graphiql" / "examples").glob("*.graphql"))
FRAGMENTS = {
    document.definitions[0].name.value: document  # type: ignore[attr-defined]
    for document in (parse(file.read_text()) for file in sorted((SOURCES / "operations" / "fragments").glob("*")))
}
SCHEMA = build_schema((ROOT / "schema.graphql").read_text())


def spreads(document: DocumentNode) -> set[str]:
    found = set()

    class Names(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_place: Any) -> None:
            found.add(node.name.value)

    visit(document, Names())
    return found


def defined(document: DocumentNode) -> set[str]:
    return {each.name.value for each in document.definitions if isinstance(each, FragmentDefinitionNode)}


def whole(file: Path) -> str:
    """The operation with the fragments that it takes, and those that they take."""
    own = parse(file.read_text())
    text, names, missing = file.read_text(), defined(own), spreads(own) - defined(own)
    while missing:
        name = missing.pop()
        names.add(name)
        document = FRAGMENTS[name]
        assert document.loc
        text += document.loc.source.body
        missing |= spreads(document) - names
    return text


def operation_of(file: Path) -> OperationDefinitionNode:
    found = [each for each in parse(file.read_text()).definitions if isinstance(each, OperationDefinitionNode)]
    assert len(found) == 1
    return found[0]


def kind(file: Path) -> str:
    return operation_of(file).operation.value


@pytest.fixture(scope="module")
def variables(shared_world: World) -> dict[str, Any]:
    return variables_of(shared_world["Harbor Clinics"])


def variables_of(clinics: Client) -> dict[str, Any]:
    """A value for each variable that any operation has, but for paging; ids are of what is there."""
    agents = clinics("{ agents { nodes { id publishedVersion { id } } } }")["agents"]["nodes"]
    conversation = clinics.queued(agentNumber="+12065550100", agentConfig={})
    owned = clinics('{ phoneNumber(e164: "+12065550101") { id } }')["phoneNumber"]["id"]
    return {
        "organizationId": clinics.organization_id,
        "agentId": agents[0]["id"],
        "agentVersionId": agents[0]["publishedVersion"]["id"],
        "phoneNumberId": owned,
        "agentNumber": "+15551234567",
        "calledNumber": "+12065550101",
        "phoneNumbers": ["+12065550102"],
        "conversationId": conversation["id"],
        "transferNumber": "+12065550188",
        "e164": "+12065550104",
        "to": "+12065550199",
        "first": 2,
        "withAgents": True,
        "withTrunks": True,
        "filter": {},
        "input": {"allowFallback": True, "agentConfig": {}},
    }


IDS = {
    "AgentVersions": "agentId",
    "NameOf": "agentId",
    "ChildOrganizations": "organizationId",
    "Organization": "organizationId",
    "Conversation": "conversationId",
    "ConversationStatus": "conversationId",
    "TransferPlans": "conversationId",
}


def sent(file: Path, variables: dict[str, Any]) -> dict[str, Any]:
    operation = operation_of(file)
    assert operation.name
    values = variables | {"id": variables.get(IDS.get(operation.name.value, ""))}
    names = [each.variable.name.value for each in operation.variable_definitions or ()]
    return {name: values[name] for name in names if values.get(name) is not None}


@pytest.mark.parametrize("file", OPERATIONS + EXAMPLES, ids=lambda file: file.stem)
def test_it_fits_the_schema(file: Path) -> None:
    assert [error.message for error in validate(SCHEMA, parse(whole(file)))] == []


@pytest.mark.parametrize("name", FRAGMENTS)
def test_each_fragment_is_taken_by_an_operation(name: str) -> None:
    taken = set().union(*(spreads(parse(whole(file))) for file in OPERATIONS))
    assert name in taken


@pytest.mark.parametrize("file", [file for file in OPERATIONS if kind(file) == "query"], ids=lambda file: file.stem)
def test_its_queries_run(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    data = shared_world["Harbor Clinics"](whole(file), **sent(file, variables))
    assert all(value is not None for value in data.values())


@pytest.mark.parametrize("file", [file for file in EXAMPLES if kind(file) == "query"], ids=lambda file: file.stem)
def test_its_examples_that_ask_run(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    data = shared_world["Harbor Clinics"](whole(file), **sent(file, variables))
    assert all(value is not None for value in data.values())


@pytest.mark.parametrize("file", [file for file in EXAMPLES if kind(file) == "mutation"], ids=lambda file: file.stem)
def test_its_examples_that_change_are_not_refused(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    payloads = shared_world["Harbor Clinics"](whole(file), **sent(file, variables))
    assert [payload["userErrors"] for payload in payloads.values()] == [[]]
