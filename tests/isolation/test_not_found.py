"""Nothing leaks (R2, R6): wherever a number or an id can be sent, what the organization may not see answers byte for byte
like what does not exist. One table of all those places; a place that the schema has and the table has not is a failure.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
)

from models import Scope
from tests.installation import CREATED, RESOLUTION, Client, Installation

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
ALL_BUT_CHILDREN = [scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE]
TO = "+12125550142"

# By relation to the organization that asks; what is shared belongs to the organization above, too.
FOREIGN = ("above", "shared", "beside", "below", "stranger")
UNKNOWN_NUMBER = "+12125550111"
UNKNOWN_ID = "0123456789abcdefghjkmnpqrs"
NOT_IDS = ("nonsense", f"_{UNKNOWN_ID}", f"num_{UNKNOWN_ID[1:]}", f"org_{UNKNOWN_ID.upper()}", "x" * 5000, "\0")


@dataclass(frozen=True)
class Place:
    """Where a thing of a kind can be sent, as `$it`.

    `seen`: by relation, whose things are rightly answered there. `tells`: one's own is answered otherwise.
    """

    name: str
    kind: str
    call: str
    seen: tuple[str, ...] = ()
    tells: bool = True

    def __str__(self) -> str:
        return f"{self.kind} in {self.call}"


# What belongs to the organization that is acted for; a key that may act for others does not widen that.
ACTING = [
    Place("Query.phoneNumber.e164", "number", "phoneNumber(e164: $it)", ("shared",)),
    Place("PhoneNumberFilter.e164Contains", "number", "phoneNumbers(filter: {e164Contains: $it})", ("shared",)),
    Place("PhoneNumberFilter.trunkId", "trk", "phoneNumbers(filter: {trunkId: $it})"),
    Place("PhoneNumberFilter.agentId", "agt", "phoneNumbers(filter: {agentId: $it})"),
    Place("ConversationFilter.agentNumber", "number", "conversations(filter: {agentNumber: $it})"),
    Place("ConversationFilter.agentId", "agt", "conversations(filter: {agentId: $it})"),
    *(Place("AuditEventFilter.subjectId", kind, "auditEvents(filter: {subjectId: $it})") for kind in ("num", "trk", "ver", "key")),
    *(
        Place(f"{sends}Input.{name}", kind, f"{call}, {name}: $it{more})", seen)
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
    Place("CreateOutboundConversationInput.agentNumber", "number", 'createOutboundConversation(to: $to, agentNumber: $it, idempotencyKey: "1")', ("shared",)),
    Place("CreatePhoneNumberInput.trunkId", "trk", "createPhoneNumber(e164: $new, trunkId: $it)"),
    Place("PublishAgentVersionInput.phoneNumbers", "number", "publishAgentVersion(agentVersionId: $version, phoneNumbers: [$it])"),
    Place("PublishAgentVersionInput.phoneNumbers", "number", "publishAgentVersion(agentVersionId: $draft, phoneNumbers: [$number, $it], direction: BOTH)"),
    Place("PublishAgentVersionInput.unassignPhoneNumbers", "number", "publishAgentVersion(agentVersionId: $version, unassignPhoneNumbers: [$it])"),
    Place("CreateAgentVersionInput.baseVersionId", "ver", "createAgentVersion(agentId: $agent, baseVersionId: $it)", tells=False),
]  # fmt: skip

# What says itself which organization it belongs to.
BY_ID = [
    *(Place("Query.node.id", kind, "node(id: $it)") for kind in ("trk", "agt", "ver", "cnv", "key", "aud")),
    *(Place("Query.nodes.ids", kind, "nodes(ids: [$agent, $it])") for kind in ("trk", "agt", "ver", "cnv", "key", "aud")),
    Place("Query.node.id", "num", "node(id: $it)", ("shared",)),
    Place("Query.node.id", "org", "node(id: $it)", ("above", "shared")),
    Place("Query.organization.id", "org", "organization(id: $it)", ("above", "shared")),
    Place("Query.conversation.id", "cnv", "conversation(id: $it)"),
    Place("RevokeApiKeyInput.apiKeyId", "key", "revokeApiKey(apiKeyId: $it)"),
    Place("UpdateTrunkInput.trunkId", "trk", 'updateTrunk(trunkId: $it, name: "Mine", outbound: null)'),
    Place("DeleteTrunkInput.trunkId", "trk", "deleteTrunk(trunkId: $it)"),
    Place("SetPhoneNumberShareableInput.phoneNumberId", "num", "setPhoneNumberShareable(phoneNumberId: $it, shareable: true)"),
    Place("SetPhoneNumberShareableInput.phoneNumberId", "num", "setPhoneNumberShareable(phoneNumberId: $it, shareable: false)"),
    Place("DeletePhoneNumberInput.phoneNumberId", "num", "deletePhoneNumber(phoneNumberId: $it)"),
    Place("UpdateAgentInput.agentId", "agt", "updateAgent(agentId: $it, active: false)"),
    Place("CreateAgentVersionInput.agentId", "agt", "createAgentVersion(agentId: $it, config: {})"),
    Place("UpdateAgentVersionInput.agentVersionId", "ver", "updateAgentVersion(agentVersionId: $it, config: {})"),
    Place("PublishAgentVersionInput.agentVersionId", "ver", "publishAgentVersion(agentVersionId: $it)"),
    Place("PublishAgentVersionInput.agentVersionId", "ver", "publishAgentVersion(agentVersionId: $it, phoneNumbers: [$number])"),
    Place("HangUpConversationInput.conversationId", "cnv", "hangUpConversation(conversationId: $it)"),
    Place("TransferConversationInput.conversationId", "cnv", "transferConversation(conversationId: $it, kind: COLD, transferNumber: $to)"),
    Place("ReportInboundCallInput.conversationId", "cnv", "reportInboundCall(conversationId: $it, status: IN_PROGRESS)", tells=False),
    Place("RouteInboundCallInput.calledNumber", "number", "routeInboundCall(calledNumber: $it)", ("below",)),
    *(
        Place(f"Query.{name}.organizationId", "org", f"{name}(organizationId: $it)")
        for name in ("phoneNumbers", "trunks", "agents", "apiKeys", "conversations", "auditEvents")
    ),
    Place("Query.phoneNumber.organizationId", "org", "phoneNumber(e164: $number, organizationId: $it)"),
    Place("PreviewOutboundNumberInput.organizationId", "org", "previewOutboundNumber(organizationId: $it, agentNumber: $number, agentConfig: {})"),
    Place("CreateOutboundConversationInput.organizationId", "org", "createOutboundConversation(to: $to, organizationId: $it, agentNumber: $number, agentConfig: {})"),
    Place("CreateTrunkInput.organizationId", "org", 'createTrunk(organizationId: $it, name: "Mine")'),
    Place("CreatePhoneNumberInput.organizationId", "org", "createPhoneNumber(organizationId: $it, e164: $new, trunkId: $trunk)"),
    Place("CreateAgentInput.organizationId", "org", 'createAgent(organizationId: $it, name: "Mine")'),
    Place("CreateApiKeyInput.organizationId", "org", 'createApiKey(organizationId: $it, name: "Mine", scopes: [])'),
    Place("CreateOrganizationInput.parentId", "org", 'createOrganization(parentId: $it, name: "Mine", slug: "mine")'),
]  # fmt: skip

# Numbers that are anybody's to say: whose they are makes no difference, one's own included.
SAID = [
    Place("PreviewOutboundNumberInput.to", "number", "previewOutboundNumber(to: $it, agentNumber: $number)"),
    Place("CreateOutboundConversationInput.to", "number", "createOutboundConversation(to: $it, agentId: $trunk)"),
    Place("ConversationFilter.userNumber", "number", "conversations(filter: {userNumber: $it})"),
    Place("RouteInboundCallInput.callerNumber", "number", "routeInboundCall(calledNumber: $number, callerNumber: $it)"),
    Place("Conversation.transferCallerId.transferNumber", "number", "conversation(id: $conversation)"),
    Place(
        "TransferConversationInput.transferNumber",
        "number",
        "transferConversation(conversationId: $conversation, kind: COLD, transferNumber: $it)",
    ),
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
}
MUTATIONS = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}


def document_of(place: Place) -> str:
    """The whole operation; what is selected of its answer is as much as could leak."""
    name, arguments = place.call.removesuffix(")").split("(", 1)
    answer = ANSWERS.get(name, "totalCount nodes { id }")
    if name in MUTATIONS:
        answer = f"__typename {ANSWERS.get(name, '')} {ERRORS}"
    if name in MUTATIONS or name == "previewOutboundNumber":
        arguments = f"input: {{{arguments}}}"
    if name == "conversation":
        answer %= ", transferNumber: $it" if place.kind == "number" else ""
    call = f"{name}({arguments}) {{ {answer} }}"
    kinds = {"it": place.kind, "number": "number", "new": "number", "to": "number"}
    used = dict.fromkeys(re.findall(r"\$(\w+)", call))
    declared = ", ".join(f"${each}: {'String!' if kinds.get(each) == 'number' else 'ID!'}" for each in used)
    return f"{'mutation' if name in MUTATIONS else 'query'}({declared}) {{ {call} }}"


# ------------------------------------------------------------------------------------------------------- who owns what


def things_of(owner: Client, *, shareable: bool) -> dict[str, str]:
    """One of each kind: a number with an agent in both its slots and a conversation over it."""
    trunk, agent = owner.trunk(), owner.agent()
    number = owner.number(trunk=trunk, shareable=shareable)
    version = owner.version(agent, number, direction="BOTH")
    return {
        "number": number.e164,
        "num": number.id,
        "trk": trunk,
        "agt": agent,
        "ver": version,
        "cnv": owner.queued(agentId=agent)["id"],
        "key": owner.do("createApiKey", "apiKey { id }", name="another", scopes=[])["apiKey"]["id"],
        "org": owner.organization_id,
        "aud": owner("{ auditEvents(first: 1) { nodes { id } } }")["auditEvents"]["nodes"][0]["id"],
    }


@dataclass(frozen=True)
class World:
    """Harbor asks. Northwind is above it, with another client of it beside; a branch is below; Contoso is a stranger."""

    keys: dict[str, Client]
    things: dict[str, dict[str, str]]
    draft: str

    def body(self, key: str, place: Place, it: str) -> str:
        """The whole body of an answer, with what was asked about blotted out."""
        harbor, client = self.things["own"], self.keys[key]
        sent = {
            "number": harbor["number"],
            "trunk": harbor["trk"],
            "agent": harbor["agt"],
            "version": harbor["ver"],
            "conversation": harbor["cnv"],
            "draft": self.draft,
            "new": client.installation.new_number(),
            "to": TO,
        }
        answer = client.post(document_of(place), sent | {"it": it})
        assert answer.status_code == 200
        return answer.text.replace(it, "…")

    def relations(self, place: Place, key: str) -> list[str]:
        """Those whose things must not be seen at the place."""
        mighty = ("below",) if key == "admin" and place not in ACTING else ()
        return [each for each in FOREIGN if each not in (*place.seen, *mighty)]


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    northwind = shared_installation.root("Northwind")
    harbor = northwind.child("Harbor Clinics")
    things = {
        "own": things_of(harbor, shareable=True),
        "another of one's own": things_of(harbor, shareable=False),
        "above": things_of(northwind, shareable=False),
        "shared": things_of(northwind, shareable=True),
        "beside": things_of(northwind.child("Lakeside Clinics"), shareable=True),
        "below": things_of(harbor.child("Harbor Dental"), shareable=True),
        "stranger": things_of(shared_installation.root("Contoso"), shareable=True),
    }
    plain = harbor.with_scopes(*ALL_BUT_CHILDREN)
    return World({"admin": harbor, "plain": plain}, things, harbor.draft(things["own"]["agt"]))


def unknown(kind: str) -> str:
    return UNKNOWN_NUMBER if kind == "number" else f"{kind}_{UNKNOWN_ID}"


# ----------------------------------------------------------------------------------------------------------- the rules


@pytest.mark.parametrize("key", ["plain", "admin"])
@pytest.mark.parametrize("place", [*ACTING, *BY_ID], ids=str)
def test_r6_what_may_not_be_seen_answers_like_what_does_not_exist(world: World, place: Place, key: str) -> None:
    missing = world.body(key, place, unknown(place.kind))
    for relation in world.relations(place, key):
        assert world.body(key, place, world.things[relation][place.kind]) == missing, relation


@pytest.mark.parametrize("place", [each for each in (*ACTING, *BY_ID) if each.kind != "number"], ids=str)
def test_r2_what_is_no_id_answers_like_what_does_not_exist(world: World, place: Place) -> None:
    missing = world.body("admin", place, unknown(place.kind))
    assert [world.body("admin", place, each) for each in NOT_IDS] == [missing] * len(NOT_IDS)


@pytest.mark.parametrize("place", [each for each in (*ACTING, *BY_ID) if each.tells], ids=str)
def test_one_s_own_is_answered_otherwise(world: World, place: Place) -> None:
    """So that the table cannot be right by asking amiss."""
    changes = document_of(place).startswith("mutation")
    things = things_of(world.keys["admin"], shareable=False) if changes else world.things["another of one's own"]
    assert world.body("admin", place, things[place.kind]) != world.body("admin", place, unknown(place.kind))


@pytest.mark.parametrize("place", SAID, ids=str)
def test_r6_whose_number_is_called_or_calls_makes_no_difference(world: World, place: Place) -> None:
    missing = world.body("plain", place, unknown("number"))
    for relation in (*FOREIGN, "another of one's own"):
        assert world.body("plain", place, world.things[relation]["number"]) == missing, relation


@pytest.mark.parametrize("typed", ["{}", "+1 ({0[2]}{0[3]}{0[4]}) {0[5]}{0[6]}{0[7]}-{0[8]}{0[9]}{0[10]}{0[11]}"])
def test_r3_a_taken_number_is_taken_in_the_same_words_whoever_owns_it(world: World, typed: str) -> None:
    """The one exception, and it does not say whose the number is."""
    place = Place("CreatePhoneNumberInput.e164", "number", "createPhoneNumber(e164: $it, trunkId: $trunk)")
    bodies = set()
    for things in world.things.values():
        bodies.add(world.body("plain", place, typed.format(things["number"])).replace(things["number"], "…"))
    (body,) = bodies
    assert '"PHONE_NUMBER_TAKEN"' in body


def test_the_table_has_every_place_of_the_schema() -> None:
    told = {place.name for place in (*ACTING, *BY_ID, *SAID)}
    followed = {place for place in places_of_the_schema() if place.startswith("Subscription.")}  # serving/test_live.py
    assert told == places_of_the_schema() - followed - {"CreatePhoneNumberInput.e164"}


def places_of_the_schema() -> set[str]:
    """Where the schema takes an id, or a string that is a phone number."""
    takes: dict[str, GraphQLArgument | GraphQLInputField] = {}
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            takes |= {f"{kind.name}.{name}": one for name, one in kind.fields.items()}
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            takes |= {
                f"{kind.name}.{field}.{name}": one for field, of in kind.fields.items() for name, one in of.args.items()
            }
    number = re.compile(r"number|e164|\.to$", re.IGNORECASE)
    kinds = {place: get_named_type(one.type).name for place, one in takes.items()}
    return {
        place
        for place, kind in kinds.items()
        if kind == "ID" or (kind == "String" and number.search("." + place.rpartition(".")[2]))
    }
