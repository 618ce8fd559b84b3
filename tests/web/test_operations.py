"""Every GraphQL operation of the page fits the schema, and runs against a real server."""

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

from tests.installation import Client, in_a_loop_of_its_own
from tests.serving.following import over_events
from tests.web.conftest import World

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "web" / "src"
OPERATIONS = sorted((SOURCES / "operations").glob("*.graphql"))
EXAMPLES = sorted((SOURCES / "graphiql" / "examples").glob("*.graphql"))
SAMPLES = sorted((SOURCES / "graphiql" / "sample").glob("*.graphql"))
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


CHILD = "{ viewer { organization { children(first: 1) { nodes { id } } } } }"


def variables_of(clinics: Client) -> dict[str, Any]:
    """A value for each variable that any operation has, but for paging; ids are of what is there."""
    agents = clinics("{ agents { nodes { id name publishedVersion { id } } } }")["agents"]["nodes"]
    (bound,) = (agent for agent in agents if agent["name"] == "Front desk")
    conversation = clinics.queued(agentNumber="+12065550100", agentConfig={})
    owned = clinics('{ phoneNumber(e164: "+12065550101") { id } }')["phoneNumber"]["id"]
    return {
        "organizationId": clinics.organization_id,
        "agentId": bound["id"],
        "agentVersionId": bound["publishedVersion"]["id"],
        "phoneNumberId": owned,
        "agentNumber": "+15551234567",
        "calledNumber": "+12065550101",
        "phoneNumbers": ["+12065550102"],
        "newNumber": "+12065550142",
        "trunkId": dialing_out(clinics),
        "childId": clinics(CHILD)["viewer"]["organization"]["children"]["nodes"][0]["id"],
        "sharedNumber": "+12065550104",
        "conversationId": conversation["id"],
        "liveConversationId": conversation["id"],
        "transferNumber": "+12065550188",
        "e164": "+12065550104",
        "to": "+12065550199",
        "first": 2,
        "withAgents": True,
        "withTrunks": True,
        "filter": {},
        "input": {"allowFallback": True, "agentConfig": {}},
    }


def dialing_out(client: Client) -> str:
    trunks = client("{ trunks { nodes { id name } } }")["trunks"]["nodes"]
    found: str = next(trunk["id"] for trunk in trunks if trunk["name"] == "Harbor carrier")
    return found


IDS = {
    "AgentVersions": "agentId",
    "NameOf": "agentId",
    "ChildOrganizations": "organizationId",
    "Organization": "organizationId",
    "Conversation": "conversationId",
    "ConversationStatus": "conversationId",
    "ConversationUpdated": "conversationId",
    "TransferPlans": "conversationId",
}
# A call that nobody has answered: the table of tests/resolvers/test_transfers.py has what is carried out.
NOT_YET_LIVE = ["CONVERSATION_NOT_LIVE"]


def inputs(variables: dict[str, Any]) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """What each of the page's mutations is sent, and the refusals that are meant."""
    of = {name: variables[name] for name in ("organizationId",)}
    return {
        "CreateOutboundConversation": (of | {"to": "+12065550198", "agentConfig": {}, "allowFallback": True}, []),
        "CreatePhoneNumber": (of | {"e164": "+12065550143", "trunkId": variables["trunkId"]}, []),
        "HangUpConversation": ({"conversationId": variables["conversationId"]}, []),
        "PublishAgentVersion": ({"agentVersionId": variables["agentVersionId"]}, []),
        "SetShareable": ({"phoneNumberId": variables["phoneNumberId"], "shareable": True}, []),
        "TransferConversation": (
            {"conversationId": variables["conversationId"], "kind": "WARM", "transferNumber": "+12065550188"},
            NOT_YET_LIVE,
        ),
    }


def sent(file: Path, variables: dict[str, Any]) -> dict[str, Any]:
    values = variables | {"id": variables.get(IDS.get(name_of(file), ""))}
    names = [each.variable.name.value for each in operation_of(file).variable_definitions or ()]
    return {name: values[name] for name in names if values.get(name) is not None}


def name_of(file: Path) -> str:
    name = operation_of(file).name
    assert name
    return name.value


def of_kind(files: list[Path], *kinds: str) -> list[Path]:
    return [file for file in files if kind(file) in kinds]


@pytest.mark.parametrize("file", OPERATIONS + EXAMPLES + SAMPLES, ids=lambda file: file.stem)
def test_it_fits_the_schema(file: Path) -> None:
    assert [error.message for error in validate(SCHEMA, parse(whole(file)))] == []


@pytest.mark.parametrize("name", FRAGMENTS)
def test_each_fragment_is_taken_by_an_operation(name: str) -> None:
    taken = set().union(*(spreads(parse(whole(file))) for file in OPERATIONS))
    assert name in taken


@pytest.mark.parametrize("file", of_kind(OPERATIONS + EXAMPLES + SAMPLES, "query"), ids=lambda file: file.stem)
def test_its_queries_run(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    data = shared_world["Harbor Clinics"](whole(file), **sent(file, variables))
    assert all(value is not None for value in data.values())
    assert data.get("previewOutboundNumber", {}).get("refusal") is None


@pytest.mark.parametrize("file", of_kind(OPERATIONS, "mutation"), ids=lambda file: file.stem)
def test_its_mutations_run(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    given, refused = inputs(variables)[name_of(file)]
    payloads = shared_world["Harbor Clinics"](whole(file), **sent(file, variables | {"input": given}))
    assert [[error["code"] for error in payload["userErrors"]] for payload in payloads.values()] == [refused]


@pytest.mark.parametrize("file", of_kind(EXAMPLES, "mutation"), ids=lambda file: file.stem)
def test_its_examples_that_change_are_not_refused(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    payloads = shared_world["Harbor Clinics"](whole(file), **sent(file, variables))
    refused = NOT_YET_LIVE if name_of(file).startswith("Transfer") else []
    assert [[error["code"] for error in payload["userErrors"]] for payload in payloads.values()] == [refused]


@pytest.mark.parametrize("file", of_kind(OPERATIONS + EXAMPLES, "subscription"), ids=lambda file: file.stem)
def test_its_subscriptions_are_told_of_changes(shared_world: World, variables: dict[str, Any], file: Path) -> None:
    clinics = shared_world["Harbor Clinics"]
    conversation = clinics.queued(agentNumber="+12065550100", agentConfig={})["id"]

    def change() -> str:
        """Of a number and of a conversation: whichever is followed."""
        clinics.do("setPhoneNumberShareable", "__typename", phoneNumberId=variables["phoneNumberId"], shareable=True)
        clinics.do("setPhoneNumberShareable", "__typename", phoneNumberId=variables["phoneNumberId"], shareable=False)
        clinics.installation.rows("UPDATE conversation SET created_at = created_at WHERE id = ?", conversation)
        return str(variables["phoneNumberId"] if "Number" in name_of(file) else conversation)

    async def follow() -> None:
        async with over_events(clinics, whole(file), **sent(file, variables | {"conversationId": conversation})) as it:
            await it.ready(change)

    in_a_loop_of_its_own(follow())
