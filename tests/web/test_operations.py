"""Every GraphQL operation of the page is valid, and runs against a real server."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from graphql.language import Visitor, visit

from tests.installation import Client, Number, run_in_new_loop
from tests.serving.subscribers import subscribe_over_sse
from tests.web.conftest import DemoClients

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "web" / "src"
OPERATIONS = sorted((SOURCES / "operations").glob("*.graphql"))
EXAMPLES = sorted((SOURCES / "graphiql" / "examples").glob("*.graphql"))
VARIABLE_QUERIES = sorted((SOURCES / "graphiql" / "example-variables").glob("*.graphql"))
FRAGMENTS = {
    document.definitions[0].name.value: document  # type: ignore[attr-defined]
    for document in (parse(file.read_text()) for file in sorted((SOURCES / "operations" / "fragments").glob("*")))
}
SCHEMA = build_schema((ROOT / "schema.graphql").read_text())


def fragment_spreads(document: DocumentNode) -> set[str]:
    found = set()

    class Names(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_place: Any) -> None:
            found.add(node.name.value)

    visit(document, Names())
    return found


def defined_fragments(document: DocumentNode) -> set[str]:
    return {each.name.value for each in document.definitions if isinstance(each, FragmentDefinitionNode)}


def with_fragments(file: Path) -> str:
    """Return the operation with all fragments that it spreads, directly or indirectly."""
    own = parse(file.read_text())
    text, names, missing = file.read_text(), defined_fragments(own), fragment_spreads(own) - defined_fragments(own)
    while missing:
        name = missing.pop()
        names.add(name)
        document = FRAGMENTS[name]
        assert document.loc
        text += document.loc.source.body
        missing |= fragment_spreads(document) - names
    return text


def operation_of(file: Path) -> OperationDefinitionNode:
    found = [each for each in parse(file.read_text()).definitions if isinstance(each, OperationDefinitionNode)]
    assert len(found) == 1
    return found[0]


def kind(file: Path) -> str:
    return operation_of(file).operation.value


@pytest.fixture(scope="module")
def variables(shared_demo: DemoClients) -> dict[str, Any]:
    return variables_of(shared_demo["Harbor Clinics"])


CHILD = "{ viewer { organization { children(first: 1) { nodes { id } } } } }"


def variables_of(clinics: Client) -> dict[str, Any]:
    """Return a value for each variable of any operation, except for cursors; ids are of existing objects."""
    agents = clinics("{ agents { nodes { id name publishedVersion { id } } } }")["agents"]["nodes"]
    (bound,) = (agent for agent in agents if agent["name"] == "Front desk")
    conversation = clinics.create_queued(agentNumber="+12065550100", agentConfig={})
    owned = clinics('{ phoneNumber(e164: "+12065550101") { id } }')["phoneNumber"]["id"]
    return {
        "organizationId": clinics.organization_id,
        "agentId": bound["id"],
        "agentVersionId": bound["publishedVersion"]["id"],
        "draftVersionId": clinics.draft(bound["id"]),
        "spareNumberId": clinics.number("+12065550144", trunk=harbor_carrier_id(clinics)).id,
        "spareTrunkId": clinics.trunk(),
        "otherKeyId": clinics.mutate_successfully("createApiKey", "apiKey { id }", name="spare", scopes=[])["apiKey"][
            "id"
        ],
        "inboundConversationId": clinics.route_inbound(Number("", "+12065550101"))["id"],
        "phoneNumberId": owned,
        "agentNumber": "+15551234567",
        "calledNumber": "+12065550101",
        "phoneNumbers": ["+12065550102"],
        "newNumber": "+12065550142",
        "trunkId": harbor_carrier_id(clinics),
        "childId": clinics(CHILD)["viewer"]["organization"]["children"]["nodes"][0]["id"],
        "sharedNumber": "+12065550104",
        "conversationId": conversation["id"],
        "liveConversationId": clinics.create_queued(agentNumber="+12065550100", agentConfig={})["id"],
        "transferNumber": "+12065550188",
        **campaign_variables(clinics, bound["id"]),
        "e164": "+12065550104",
        "to": "+12065550199",
        "first": 2,
        "withNumbers": True,
        "withAgents": True,
        "withTrunks": True,
        "withCampaigns": True,
        "withConversations": True,
        "filter": {},
        "input": {"allowFallback": True, "agentConfig": {}},
    }


def campaign_variables(client: Client, agent: str) -> dict[str, str]:
    """Return ids of a campaign that can be started, of what it has, and of two to cancel."""
    campaign = create_campaign(client, agent)
    contacts = [{"e164": "+12065550145"}]
    added = client.mutate_successfully(
        "addContacts", "results { contact { id } }", campaignId=create_campaign(client, agent), contacts=contacts
    )
    client.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    suppressed = client.mutate_successfully("addSuppressions", "suppressions { id }", e164s=["+12065550146"])
    return {
        "campaignId": campaign,
        "contactId": added["results"][0]["contact"]["id"],
        "suppressionId": suppressed["suppressions"][0]["id"],
        "importId": create_import(client, campaign),
        "cancelledCampaignId": create_campaign(client, agent),
        "spareCampaignId": create_campaign(client, agent),
    }


def create_campaign(client: Client, agent: str) -> str:
    made = client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups", agentId=agent)
    return str(made["campaign"]["id"])


def create_import(client: Client, campaign: str) -> str:
    made = client.mutate_successfully("createContactImport", "contactImport { id }", campaignId=campaign)
    return str(made["contactImport"]["id"])


def harbor_carrier_id(client: Client) -> str:
    trunks = client("{ trunks { nodes { id name } } }")["trunks"]["nodes"]
    found: str = next(trunk["id"] for trunk in trunks if trunk["name"] == "Harbor carrier")
    return found


IDS = {
    "AgentVersions": "agentId",
    "Campaign": "campaignId",
    "CampaignPreview": "campaignId",
    "Contact": "contactId",
    "ContactImport": "importId",
    "ContactImportProgress": "importId",
    "ContactImports": "campaignId",
    "CampaignUpdated": "campaignId",
    "CampaignWaiting": "campaignId",
    "EntityName": "agentId",
    "ChildOrganizations": "organizationId",
    "Organization": "organizationId",
    "Conversation": "conversationId",
    "ConversationStatus": "conversationId",
    "ConversationUpdated": "conversationId",
    "TransferPlans": "conversationId",
}
# A call that nobody has answered: the table of tests/resolvers/test_transfers.py has what is carried out.
NOT_YET_LIVE = ["CONVERSATION_NOT_LIVE"]
# tests/campaigns/test_report_outcome.py has what is reported of a campaign's call.
NO_CAMPAIGN_CALL = {"ReportOutcome": ["INVALID_INPUT"]}


def inputs(variables: dict[str, Any]) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Return each mutation's input and the codes of the refusals expected."""
    of = {name: variables[name] for name in ("organizationId",)}
    campaign = {"campaignId": variables["campaignId"]}
    return {
        "AddContacts": (campaign | {"contacts": []}, ["INVALID_INPUT"]),
        "CancelCampaign": ({"campaignId": variables["cancelledCampaignId"]}, []),
        "CreateCampaign": (of | {"name": "Reminders"}, []),
        "CreateContactImport": (campaign, []),
        "CreateOutboundConversation": (of | {"to": "+12065550198", "agentConfig": {}, "allowFallback": True}, []),
        "CreatePhoneNumber": (of | {"e164": "+12065550143", "trunkId": variables["trunkId"]}, []),
        "HangUpConversation": ({"conversationId": variables["conversationId"]}, []),
        "PauseCampaign": (campaign, []),
        "PublishAgentVersion": ({"agentVersionId": variables["agentVersionId"]}, []),
        "RemoveContacts": ({"contactIds": []}, ["INVALID_INPUT"]),
        "ReportOutcome": (
            {"conversationId": variables["conversationId"], "outcome": "VOICEMAIL"},
            NO_CAMPAIGN_CALL["ReportOutcome"],
        ),
        "SetAgentActive": ({"agentId": variables["agentId"], "active": True}, []),
        "StartCampaign": (campaign, []),
        "SetShareable": ({"phoneNumberId": variables["phoneNumberId"], "shareable": True}, []),
        "TransferConversation": (
            {"conversationId": variables["conversationId"], "kind": "WARM", "transferNumber": "+12065550188"},
            NOT_YET_LIVE,
        ),
        "UpdateCampaign": (campaign | {"name": "Check-ups"}, []),
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


@pytest.mark.parametrize("file", OPERATIONS + EXAMPLES + VARIABLE_QUERIES, ids=lambda file: file.stem)
def test_it_fits_the_schema(file: Path) -> None:
    assert [error.message for error in validate(SCHEMA, parse(with_fragments(file)))] == []


@pytest.mark.parametrize("name", FRAGMENTS)
def test_each_fragment_is_taken_by_an_operation(name: str) -> None:
    taken = set().union(*(fragment_spreads(parse(with_fragments(file))) for file in OPERATIONS))
    assert name in taken


@pytest.mark.parametrize("file", of_kind(OPERATIONS + EXAMPLES + VARIABLE_QUERIES, "query"), ids=lambda file: file.stem)
def test_its_queries_run(shared_demo: DemoClients, variables: dict[str, Any], file: Path) -> None:
    data = shared_demo["Harbor Clinics"](with_fragments(file), **sent(file, variables))
    assert all(value is not None for value in data.values())
    assert data.get("previewOutboundNumber", {}).get("refusal") is None


@pytest.mark.parametrize("file", of_kind(OPERATIONS, "mutation"), ids=lambda file: file.stem)
def test_its_mutations_run(shared_demo: DemoClients, variables: dict[str, Any], file: Path) -> None:
    given, refused = inputs(variables)[name_of(file)]
    payloads = shared_demo["Harbor Clinics"](with_fragments(file), **sent(file, variables | {"input": given}))
    assert [[error["code"] for error in payload["userErrors"]] for payload in payloads.values()] == [refused]


@pytest.mark.parametrize("file", of_kind(EXAMPLES, "mutation"), ids=lambda file: file.stem)
def test_its_examples_that_change_are_not_refused(
    shared_demo: DemoClients, variables: dict[str, Any], file: Path
) -> None:
    payloads = shared_demo["Harbor Clinics"](with_fragments(file), **sent(file, variables))
    is_transfer = name_of(file).startswith("Transfer")
    refused = NOT_YET_LIVE if is_transfer else NO_CAMPAIGN_CALL.get(name_of(file), [])
    assert [[error["code"] for error in payload["userErrors"]] for payload in payloads.values()] == [refused]


@pytest.mark.parametrize("root", ["query_type", "mutation_type", "subscription_type"])
def test_each_root_field_has_an_example(root: str) -> None:
    shown = {
        field.name.value
        for file in EXAMPLES
        for field in operation_of(file).selection_set.selections
        if isinstance(field, FieldNode)
    }
    assert set(getattr(SCHEMA, root).fields) - shown == set()


@pytest.mark.parametrize("file", of_kind(OPERATIONS + EXAMPLES, "subscription"), ids=lambda file: file.stem)
def test_its_subscriptions_are_told_of_changes(shared_demo: DemoClients, variables: dict[str, Any], file: Path) -> None:
    clinics = shared_demo["Harbor Clinics"]
    conversation = clinics.create_queued(agentNumber="+12065550100", agentConfig={})["id"]
    campaign = variables["campaignId"]

    def change() -> str:
        """Change a number, a campaign and a conversation; return the id that the subscription is about."""
        clinics.mutate_successfully(
            "setPhoneNumberShareable", "__typename", phoneNumberId=variables["phoneNumberId"], shareable=True
        )
        clinics.mutate_successfully(
            "setPhoneNumberShareable", "__typename", phoneNumberId=variables["phoneNumberId"], shareable=False
        )
        clinics.mutate_successfully("updateCampaign", "__typename", campaignId=campaign, name="Check-ups")
        clinics.installation.rows("UPDATE conversation SET created_at = created_at WHERE id = ?", conversation)
        followed = {"Number": variables["phoneNumberId"], "Campaign": campaign}
        return str(next((followed[kind] for kind in followed if kind in name_of(file)), conversation))

    async def follow() -> None:
        async with subscribe_over_sse(
            clinics, with_fragments(file), **sent(file, variables | {"conversationId": conversation})
        ) as it:
            await it.wait_until_subscribed(change)

    run_in_new_loop(follow())
