"""List every argument of the schema that takes a number or an id, and make organizations to ask about."""

import re
from dataclasses import dataclass
from pathlib import Path

from graphql import build_schema

from models import Scope
from tests.installation import CREATED, RESOLUTION, Client, Installation
from tests.isolation import campaign_places
from tests.isolation.probed_argument import ProbedArgument

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
ALL_BUT_CHILDREN = [scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE]
TO = "+12125550142"

# By relation to the organization that asks; what is shared belongs to the organization above, too.
FOREIGN = ("above", "shared", "beside", "below", "stranger")
UNKNOWN_NUMBER = "+12125550111"
NUMBERS_SENT = ("number", "suppressed")
UNKNOWN_ID = "0123456789abcdefghjkmnpqrs"
NOT_IDS = ("nonsense", f"_{UNKNOWN_ID}", f"num_{UNKNOWN_ID[1:]}", f"org_{UNKNOWN_ID.upper()}", "x" * 5000, "\0")


# What belongs to the organization that is acted for; a key that may act for others does not widen that.
ACTING_PLACES = [
    ProbedArgument("Query.phoneNumber.e164", "number", "phoneNumber(e164: $it)", ("shared",)),
    ProbedArgument("PhoneNumberFilter.e164Contains", "number", "phoneNumbers(filter: {e164Contains: $it})", ("shared",)),
    ProbedArgument("PhoneNumberFilter.trunkId", "trk", "phoneNumbers(filter: {trunkId: $it})"),
    ProbedArgument("PhoneNumberFilter.agentId", "agt", "phoneNumbers(filter: {agentId: $it})"),
    ProbedArgument("ConversationFilter.agentNumber", "number", "conversations(filter: {agentNumber: $it})"),
    ProbedArgument("ConversationFilter.agentId", "agt", "conversations(filter: {agentId: $it})"),
    *(ProbedArgument("AuditEventFilter.subjectId", kind, "auditEvents(filter: {subjectId: $it})") for kind in ("num", "trk", "ver", "key")),
    *(
        ProbedArgument(f"{sends}Input.{name}", kind, f"{call}, {name}: $it{more})", seen)
        for sends, call in (
            ("PreviewOutboundNumber", "previewOutboundNumber(to: $to"),
            ("CreateOutboundConversation", "createOutboundConversation(to: $to"),
        )
        for name, kind, seen, others in (
            ("agentNumber", "number", ("shared",), (", agentVersionId: $version", ", agentId: $agent", ", agentConfig: {}")),
            ("agentVersionId", "ver", (), (", agentId: $agent", ", agentNumber: $number", "")),
            ("agentId", "agt", (), (", agentVersionId: $version", ", agentNumber: $number", "")),
        )
        for more in (*others, f"{others[1]}, allowFallback: true")
    ),
    ProbedArgument("CreateOutboundConversationInput.agentNumber", "number", 'createOutboundConversation(to: $to, agentNumber: $it, idempotencyKey: "1")', ("shared",)),
    ProbedArgument("CreatePhoneNumberInput.trunkId", "trk", "createPhoneNumber(e164: $new, trunkId: $it)"),
    ProbedArgument("PublishAgentVersionInput.phoneNumbers", "number", "publishAgentVersion(agentVersionId: $version, phoneNumbers: [$it])"),
    ProbedArgument("PublishAgentVersionInput.phoneNumbers", "number", "publishAgentVersion(agentVersionId: $draft, phoneNumbers: [$number, $it], direction: BOTH)"),
    ProbedArgument("PublishAgentVersionInput.unassignPhoneNumbers", "number", "publishAgentVersion(agentVersionId: $version, unassignPhoneNumbers: [$it])"),
    ProbedArgument("CreateAgentVersionInput.baseVersionId", "ver", "createAgentVersion(agentId: $agent, baseVersionId: $it)", tells=False),
    *campaign_places.ACTING,
]  # fmt: skip

# What says itself which organization it belongs to.
BY_ID = [
    *(ProbedArgument("Query.node.id", kind, "node(id: $it)") for kind in ("trk", "agt", "ver", "cnv", "key", "aud")),
    *(ProbedArgument("Query.nodes.ids", kind, "nodes(ids: [$agent, $it])") for kind in ("trk", "agt", "ver", "cnv", "key", "aud")),
    ProbedArgument("Query.node.id", "num", "node(id: $it)", ("shared",)),
    ProbedArgument("Query.node.id", "org", "node(id: $it)", ("above", "shared")),
    ProbedArgument("Query.organization.id", "org", "organization(id: $it)", ("above", "shared")),
    ProbedArgument("Query.conversation.id", "cnv", "conversation(id: $it)"),
    ProbedArgument("RevokeApiKeyInput.apiKeyId", "key", "revokeApiKey(apiKeyId: $it)"),
    ProbedArgument("UpdateTrunkInput.trunkId", "trk", 'updateTrunk(trunkId: $it, name: "Mine", outbound: null)'),
    ProbedArgument("DeleteTrunkInput.trunkId", "trk", "deleteTrunk(trunkId: $it)"),
    ProbedArgument("SetPhoneNumberShareableInput.phoneNumberId", "num", "setPhoneNumberShareable(phoneNumberId: $it, shareable: true)"),
    ProbedArgument("SetPhoneNumberShareableInput.phoneNumberId", "num", "setPhoneNumberShareable(phoneNumberId: $it, shareable: false)"),
    ProbedArgument("DeletePhoneNumberInput.phoneNumberId", "num", "deletePhoneNumber(phoneNumberId: $it)"),
    ProbedArgument("UpdateAgentInput.agentId", "agt", "updateAgent(agentId: $it, active: false)"),
    ProbedArgument("CreateAgentVersionInput.agentId", "agt", "createAgentVersion(agentId: $it, config: {})"),
    ProbedArgument("UpdateAgentVersionInput.agentVersionId", "ver", "updateAgentVersion(agentVersionId: $it, config: {})"),
    ProbedArgument("PublishAgentVersionInput.agentVersionId", "ver", "publishAgentVersion(agentVersionId: $it)"),
    ProbedArgument("PublishAgentVersionInput.agentVersionId", "ver", "publishAgentVersion(agentVersionId: $it, phoneNumbers: [$number])"),
    ProbedArgument("HangUpConversationInput.conversationId", "cnv", "hangUpConversation(conversationId: $it)"),
    ProbedArgument("TransferConversationInput.conversationId", "cnv", "transferConversation(conversationId: $it, kind: COLD, transferNumber: $to)"),
    ProbedArgument("ReportInboundCallInput.conversationId", "cnv", "reportInboundCall(conversationId: $it, status: IN_PROGRESS)", tells=False),
    ProbedArgument("RouteInboundCallInput.calledNumber", "number", "routeInboundCall(calledNumber: $it)", ("below",)),
    *(
        ProbedArgument(f"Query.{name}.organizationId", "org", f"{name}(organizationId: $it)")
        for name in ("phoneNumbers", "trunks", "agents", "apiKeys", "conversations", "auditEvents")
    ),
    ProbedArgument("Query.phoneNumber.organizationId", "org", "phoneNumber(e164: $number, organizationId: $it)"),
    ProbedArgument("PreviewOutboundNumberInput.organizationId", "org", "previewOutboundNumber(organizationId: $it, agentNumber: $number, agentConfig: {})"),
    ProbedArgument("CreateOutboundConversationInput.organizationId", "org", "createOutboundConversation(to: $to, organizationId: $it, agentNumber: $number, agentConfig: {})"),
    ProbedArgument("CreateTrunkInput.organizationId", "org", 'createTrunk(organizationId: $it, name: "Mine")'),
    ProbedArgument("CreatePhoneNumberInput.organizationId", "org", "createPhoneNumber(organizationId: $it, e164: $new, trunkId: $trunk)"),
    ProbedArgument("CreateAgentInput.organizationId", "org", 'createAgent(organizationId: $it, name: "Mine")'),
    ProbedArgument("CreateApiKeyInput.organizationId", "org", 'createApiKey(organizationId: $it, name: "Mine", scopes: [])'),
    ProbedArgument("CreateOrganizationInput.parentId", "org", 'createOrganization(parentId: $it, name: "Mine", slug: "mine")'),
    *campaign_places.BY_ID,
]  # fmt: skip

# Numbers that are anybody's to say: whose they are makes no difference, one's own included.
UNRESTRICTED_NUMBERS = [
    ProbedArgument("PreviewOutboundNumberInput.to", "number", "previewOutboundNumber(to: $it, agentNumber: $number)"),
    ProbedArgument(
        "CreateOutboundConversationInput.to", "number", "createOutboundConversation(to: $it, agentId: $trunk)"
    ),
    ProbedArgument("ConversationFilter.userNumber", "number", "conversations(filter: {userNumber: $it})"),
    ProbedArgument(
        "RouteInboundCallInput.callerNumber", "number", "routeInboundCall(calledNumber: $number, callerNumber: $it)"
    ),
    ProbedArgument("Conversation.transferCallerId.transferNumber", "number", "conversation(id: $conversation)"),
    ProbedArgument(
        "TransferConversationInput.transferNumber",
        "number",
        "transferConversation(conversationId: $conversation, kind: COLD, transferNumber: $it)",
    ),
    *campaign_places.UNRESTRICTED,
]

NUMBER = """id e164 access shareable outboundCapable createdAt updatedAt organization { id name slug } trunk { id }
  inboundSlot { agentVersion { id } } outboundSlot { agentVersion { id } } sharing { organizationsBelow }"""
ERRORS = "userErrors { code message field }"
NUMBERS = f"totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {NUMBER} }}"
ANSWERS = {
    "phoneNumber": NUMBER,
    "phoneNumbers": NUMBERS,
    "organization": f"id name slug createdAt ancestors {{ id }} children {{ totalCount }} phoneNumbers {{ {NUMBERS} }}",
    "node": "__typename id",
    "nodes": "__typename id",
    "conversation": "transferCallerId(kind: COLD%s) { callerId mechanism warnings refusal { code message } }",
    "previewOutboundNumber": RESOLUTION,
    "createOutboundConversation": CREATED,
    "createPhoneNumber": f"phoneNumber {{ {NUMBER} }}",
    "setPhoneNumberShareable": f"phoneNumber {{ {NUMBER} }}",
    "publishAgentVersion": "phoneNumbers { id } agentVersion { id }",
    "routeInboundCall": "agentVersion { id }",
    **campaign_places.ANSWERS,
}
MUTATIONS = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}


def document_of(place: ProbedArgument) -> str:
    """Return the operation, which selects everything that could leak."""
    name, arguments = place.call.removesuffix(")").split("(", 1)
    answer = ANSWERS.get(name, "totalCount nodes { id }")
    if name in MUTATIONS:
        answer = f"__typename {ANSWERS.get(name, '')} {ERRORS}"
    if name in (*MUTATIONS, "previewOutboundNumber", "previewCampaign"):
        arguments = f"input: {{{arguments}}}"
    if name == "conversation":
        answer %= ", transferNumber: $it" if place.kind == "number" else ""
    if name == "campaign":
        answer %= "(filter: {e164Contains: $it})" if place.kind == "number" else ""
    call = f"{name}({arguments}) {{ {answer} }}"
    kinds = {"it": place.kind, "number": "number", "new": "number", "to": "number"}
    used = dict.fromkeys(re.findall(r"\$(\w+)", call))
    declared = ", ".join(f"${each}: {'String!' if kinds.get(each) in NUMBERS_SENT else 'ID!'}" for each in used)
    return f"{'mutation' if name in MUTATIONS else 'query'}({declared}) {{ {call} }}"


# ------------------------------------------------------------------------------------------------------- who owns what


def one_of_each(owner: Client, *, shareable: bool) -> dict[str, str]:
    """Create an object of each type, such as a number with an agent in both slots and a conversation over it."""
    trunk, agent = owner.trunk(), owner.agent()
    number = owner.number(trunk=trunk, shareable=shareable)
    version = owner.version(agent, number, direction="BOTH")
    return {
        "number": number.e164,
        "num": number.id,
        "trk": trunk,
        "agt": agent,
        "ver": version,
        "cnv": owner.create_queued(agentId=agent)["id"],
        "key": owner.mutate_successfully("createApiKey", "apiKey { id }", name="another", scopes=[])["apiKey"]["id"],
        "org": owner.organization_id,
        "aud": owner("{ auditEvents(first: 1) { nodes { id } } }")["auditEvents"]["nodes"][0]["id"],
        **campaign_places.one_of_each(owner),
    }


@dataclass(frozen=True)
class World:
    """Harbor asks. Northwind is its parent, with another child; a branch is below Harbor; Contoso is unrelated."""

    keys: dict[str, Client]
    owners: dict[str, Client]
    things: dict[str, dict[str, str]]
    draft: str

    def body(self, key: str, place: ProbedArgument, it: str) -> str:
        """Return the body of an answer, with what was asked about replaced by a placeholder."""
        harbor, client = self.things["own"], self.keys[key]
        sent = {
            "number": harbor["number"],
            "trunk": harbor["trk"],
            "agent": harbor["agt"],
            "version": harbor["ver"],
            "conversation": harbor["cnv"],
            "campaign": harbor["cmp"],
            "draft": self.draft,
            "new": client.installation.new_number(),
            "to": TO,
        }
        answer = client.post(document_of(place), sent | {"it": it})
        assert answer.status_code == 200
        return answer.text.replace(it, "…")

    def relations(self, place: ProbedArgument, key: str) -> list[str]:
        """Return the clients whose objects must not be visible here."""
        mighty = ("below",) if key == "admin" and place not in ACTING_PLACES else ()
        return [each for each in FOREIGN if each not in (*place.seen, *mighty)]


def world_of(installation: Installation) -> World:
    northwind = installation.root("Northwind")
    harbor = northwind.child("Harbor Clinics")
    owners = {
        "above": northwind,
        "shared": northwind,
        "beside": northwind.child("Lakeside Clinics"),
        "below": harbor.child("Harbor Dental"),
        "stranger": installation.root("Contoso"),
    }
    things = {
        "own": one_of_each(harbor, shareable=True),
        "another of one's own": one_of_each(harbor, shareable=False),
        **{name: one_of_each(owner, shareable=name != "above") for name, owner in owners.items()},
    }
    plain = harbor.with_scopes(*ALL_BUT_CHILDREN)
    return World({"admin": harbor, "plain": plain}, owners, things, harbor.draft(things["own"]["agt"]))


def unknown(kind: str) -> str:
    return UNKNOWN_NUMBER if kind in NUMBERS_SENT else f"{kind}_{UNKNOWN_ID}"
