"""Every refusal that can be reached is provoked through HTTP, teaches what to do next, and changes nothing (R2 to R11)."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from models import ErrorCode, Scope
from schema import schema
from tests.conftest import Install
from tests.installation import Client, Installation, Json, Number

# Somebody asks; a mutation, `previewOutboundNumber` or `transferCallerId`; what is sent.
Request = tuple[Client, str, dict[str, Any]]


@dataclass(frozen=True)
class World:
    """Harbor is who asks: Northwind is above it, Contoso a stranger. What is refused leaves it all as it is."""

    installation: Installation
    northwind: Client
    harbor: Client
    contoso: Client
    people: dict[str, Client]
    numbers: dict[str, Number]
    ids: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.ids[name]


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    return make_world(shared_installation)


def make_world(installation: Installation) -> World:
    northwind, contoso = installation.root("Northwind"), installation.root("Contoso")
    harbor = northwind.child()
    numbers, ids = _numbers(northwind, harbor, contoso), _agents(harbor, contoso)
    ids |= {
        "organization": harbor.organization_id,
        "stranger": contoso.organization_id,
        "carrier": harbor.trunk(),
        "their_trunk": contoso.trunk(),
        "managed": installation.managed_trunk(harbor, installation.new_number()),
        "used": numbers_trunk(harbor, numbers["free"]),
        "their_key": key_of(contoso),
        "spare_key": key_of(harbor.with_scopes(Scope.AGENTS_READ)),
        "spare_trunk": harbor.trunk(),
        "number": numbers["free"].id,
        "their_number": numbers["strange"].id,
    }
    harbor.publish(ids["desk_1"], numbers["bound"], direction="BOTH")
    harbor.publish(ids["moved_1"], numbers["drifted"])
    harbor.publish(ids["moved_2"])
    harbor.publish(ids["off_1"], numbers["off"], direction="BOTH")
    harbor.do("updateAgent", "__typename", agentId=ids["off"], active=False)
    ids |= _conversations(northwind, harbor, numbers, ids)
    ids["their_conversation"] = contoso.queued(agentId=ids["their_agent"], agentNumber=numbers["strange"].e164)["id"]
    return World(installation, northwind, harbor, contoso, _people(harbor), numbers, ids)


def _numbers(northwind: Client, harbor: Client, contoso: Client) -> dict[str, Number]:
    silent = harbor.trunk(outbound=False)
    return {
        "bound": harbor.number(),
        "free": harbor.number(),
        "drifted": harbor.number(),
        "off": harbor.number(),
        "silent": harbor.number(trunk=silent),
        "borrowed": northwind.number(shareable=True),
        "unshared": northwind.number(),
        "strange": contoso.number(shareable=True),
        "unknown": Number("num_00000000000000000000000000", "+12065559999"),
    }


def _agents(harbor: Client, contoso: Client) -> dict[str, str]:
    """Desk has a published version and a draft, Moved two versions, Off is switched off, New has none published."""
    desk, moved, off, new = (harbor.agent(name) for name in ("Desk", "Moved", "Off", "New"))
    theirs = contoso.agent()
    return {
        "desk": desk,
        "desk_1": harbor.version(desk),
        "draft": harbor.draft(desk),
        "moved": moved,
        "moved_1": harbor.draft(moved),
        "moved_2": harbor.draft(moved),
        "off": off,
        "off_1": harbor.draft(off),
        "new": new,
        "new_1": harbor.draft(new),
        "their_agent": theirs,
        "their_version": contoso.version(theirs),
    }


def _conversations(
    northwind: Client, harbor: Client, numbers: dict[str, Number], ids: dict[str, str]
) -> dict[str, str]:
    """One on each trunk that transfers differently, one whose number is gone, and one created under a key."""
    loud, deaf = harbor.trunk(transferCallerId="FROM_TRANSFEROR"), harbor.trunk(transferMode="DISABLE_ALL")
    gone = northwind.number(shareable=True)
    made = {
        "keyed": harbor.queued(agentNumber=numbers["bound"].e164, idempotencyKey="used"),
        "transferor": harbor.queued(agentNumber=harbor.number(trunk=loud).e164, agentConfig={}),
        "disabled": harbor.queued(agentNumber=harbor.number(trunk=deaf).e164, agentConfig={}),
        "orphan": harbor.queued(agentNumber=gone.e164, agentConfig={}),
        "routed": harbor.rung(numbers["bound"], idempotencyKey="rung"),
        "talking": harbor.rung(numbers["bound"]),
    }
    harbor.do("reportInboundCall", "__typename", conversationId=made["talking"]["id"], status="IN_PROGRESS")
    made["ended"] = harbor.rung(numbers["bound"])
    harbor.do("hangUpConversation", "__typename", conversationId=made["ended"]["id"])
    harbor.publish(ids["desk_1"], numbers["silent"], direction="INBOUND")
    made["mute"] = harbor.rung(numbers["silent"])
    northwind.share(gone, False)
    northwind.do("deletePhoneNumber", "__typename", phoneNumberId=gone.id)
    return {name: conversation["id"] for name, conversation in made.items()}


def _people(harbor: Client) -> dict[str, Client]:
    """Keys of Harbor's, an organization without numbers, and the one that nothing can be created below."""
    bare, deep = harbor.child("Harbor Dental"), harbor.child("Level 3")
    for level in range(4, 33):
        deep = deep.child(f"Level {level}")
    return {
        "humble": harbor.with_scopes(Scope.API_KEYS_MANAGE, Scope.AGENTS_READ),
        "alone": harbor.with_scopes(*(scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE)),
        "bare": bare,
        "deepest": deep,
    }


def numbers_trunk(client: Client, number: Number) -> str:
    found = client("query($e: String!) { phoneNumber(e164: $e) { trunk { id } } }", e=number.e164)
    identifier: str = found["phoneNumber"]["trunk"]["id"]
    return identifier


def key_of(client: Client) -> str:
    identifier: str = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    return identifier


# ----------------------------------------------------------------------------------------------- every code

Asking = Callable[[World], Request]
Case = tuple[str, list[str] | None, Asking]


def call(world: World, **sent: Any) -> Request:
    return world.harbor, "createOutboundConversation", {"to": "+12065550199"} | sent


def ask(world: World, **sent: Any) -> Request:
    return world.harbor, "previewOutboundNumber", sent


def hand_over(world: World, conversation: str, **sent: Any) -> Request:
    return world.harbor, "transferCallerId", {"id": world[conversation], "kind": "COLD"} | sent


def publish(world: World, **sent: Any) -> Request:
    return world.harbor, "publishAgentVersion", {"agentVersionId": world["draft"]} | sent


def route(world: World, called: str, **sent: Any) -> Request:
    return world.harbor, "routeInboundCall", {"calledNumber": called} | sent


def register(world: World, e164: str, **sent: Any) -> Request:
    return world.harbor, "createPhoneNumber", {"e164": e164, "trunkId": world["carrier"]} | sent


def report(world: World, conversation: str, **sent: Any) -> Request:
    return world.harbor, "reportInboundCall", {"conversationId": world[conversation]} | sent


def transfer(world: World, conversation: str, **sent: Any) -> Request:
    wanted = {"conversationId": world[conversation], "kind": "COLD", "transferNumber": "+12065550142"}
    return world.harbor, "transferConversation", wanted | sent


def dialing(which: str) -> Asking:
    return lambda world: call(world, agentNumber=world.numbers[which].e164)


def reporting(status: str) -> Asking:
    return lambda world: report(world, "talking", status=status)


def publishing(which: str) -> Asking:
    """The second of two numbers."""
    return lambda world: publish(world, phoneNumbers=[world.numbers["free"].e164, world.numbers[which].e164])


def writing(mutation: str, which: str, **sent: Any) -> Asking:
    return lambda world: (world.harbor, mutation, {"phoneNumberId": world.numbers[which].id} | sent)


def for_a_stranger(mutation: str, **sent: Any) -> Asking:
    return lambda world: (world.harbor, mutation, {"organizationId": world["stranger"]} | sent)


FOR_A_STRANGER: dict[str, dict[str, Any]] = {
    "createApiKey": {"name": "Key", "scopes": []},
    "createTrunk": {"name": "Trunk"},
    "createPhoneNumber": {"e164": "+12065550001", "trunkId": ""},
    "createAgent": {"name": "Agent"},
    "createOutboundConversation": {"to": "+12065550199"},
    "previewOutboundNumber": {},
}

CASES: dict[str, Case] = {
    "a number to call that is none": ("INVALID_PHONE_NUMBER", ["to"], lambda w: call(w, to="911")),
    "a number to dial from that is none": ("INVALID_PHONE_NUMBER", ["agentNumber"], lambda w: ask(w, agentNumber="x")),
    "a number to register that is none": (
        "INVALID_PHONE_NUMBER",
        ["e164"],
        lambda w: (w.harbor, "createPhoneNumber", {"e164": "5551234567", "trunkId": w["carrier"]}),
    ),
    "a number to publish to that is none": (
        "INVALID_PHONE_NUMBER",
        ["phoneNumbers", "1"],
        lambda w: publish(w, phoneNumbers=[w.numbers["free"].e164, "+1"]),
    ),
    "a number to clear that is none": (
        "INVALID_PHONE_NUMBER",
        ["unassignPhoneNumbers", "0"],
        lambda w: publish(w, unassignPhoneNumbers=["+1"]),
    ),
    "a called number that is none": ("INVALID_PHONE_NUMBER", ["calledNumber"], lambda w: route(w, "anonymous")),
    "a caller's number that is none": (
        "INVALID_PHONE_NUMBER",
        ["callerNumber"],
        lambda w: route(w, w.numbers["bound"].e164, callerNumber="anonymous"),
    ),
    "a number to transfer to that is none": (
        "INVALID_PHONE_NUMBER",
        ["transferNumber"],
        lambda w: hand_over(w, "keyed", transferNumber="the boss"),
    ),
    **{
        f"dialing from a number that is {which}": (
            "PHONE_NUMBER_NOT_FOUND",
            ["agentNumber"],
            dialing(which),
        )
        for which in ("unknown", "unshared", "strange")
    },
    **{
        f"publishing to a number that is {which}": (
            "PHONE_NUMBER_NOT_FOUND",
            ["phoneNumbers", "1"],
            publishing(which),
        )
        for which in ("unknown", "borrowed", "unshared", "strange")
    },
    **{
        f"{mutation} of a number that is {which}": (
            "PHONE_NUMBER_NOT_FOUND",
            ["phoneNumberId"],
            writing(mutation, which, **sent),
        )
        for which in ("unknown", "borrowed", "unshared", "strange")
        for mutation, sent in (("setPhoneNumberShareable", {"shareable": False}), ("deletePhoneNumber", {}))
    },
    "a call to a number of somebody above": (
        "PHONE_NUMBER_NOT_FOUND",
        ["calledNumber"],
        lambda w: route(w, w.numbers["borrowed"].e164),
    ),
    "a transfer over a number that is gone": (
        "PHONE_NUMBER_NOT_FOUND",
        None,
        lambda w: hand_over(w, "orphan"),
    ),
    "registering one's own number again": (
        "PHONE_NUMBER_TAKEN",
        ["e164"],
        lambda w: register(w, w.numbers["bound"].e164),
    ),
    "registering a number of somebody above": (
        "PHONE_NUMBER_TAKEN",
        ["e164"],
        lambda w: register(w, w.numbers["unshared"].e164),
    ),
    "registering a stranger's number": (
        "PHONE_NUMBER_TAKEN",
        ["e164"],
        lambda w: register(w, w.numbers["strange"].e164),
    ),
    "deleting a number that is in a call": (
        "PHONE_NUMBER_IN_USE",
        ["phoneNumberId"],
        lambda w: (w.harbor, "deletePhoneNumber", {"phoneNumberId": w.numbers["bound"].id}),
    ),
    "dialing over a trunk without an outbound configuration": (
        "NO_OUTBOUND_CONFIGURATION",
        None,
        lambda w: call(w, agentNumber=w.numbers["silent"].e164, agentConfig={}),
    ),
    "a conference over a trunk without an outbound configuration": (
        "NO_OUTBOUND_CONFIGURATION",
        None,
        lambda w: hand_over(w, "mute", kind="CONFERENCE"),
    ),
    "a version that no number holds": (
        "NO_NUMBER_BOUND",
        ["agentVersionId"],
        lambda w: call(w, agentVersionId=w["moved_2"]),
    ),
    "an agent that no number holds": ("NO_NUMBER_BOUND", ["agentId"], lambda w: ask(w, agentId=w["moved"])),
    "no number at all": ("NO_OUTBOUND_NUMBER", None, lambda w: (w.people["bare"], "previewOutboundNumber", {})),
    "no number, with an agent": (
        "NO_OUTBOUND_NUMBER",
        None,
        lambda w: (w.people["bare"], "createOutboundConversation", {"to": "+12065550199", "agentConfig": {}}),
    ),
    "nobody to speak": ("AGENT_REQUIRED", None, call),
    "nobody to speak from an unbound number": (
        "AGENT_REQUIRED",
        None,
        lambda w: call(w, agentNumber=w.numbers["free"].e164),
    ),
    "nobody to speak from a borrowed number": (
        "AGENT_REQUIRED",
        None,
        lambda w: call(w, agentNumber=w.numbers["borrowed"].e164),
    ),
    "an inline agent beside another": (
        "AGENT_REFERENCE_CONFLICT",
        ["agentConfig"],
        lambda w: call(w, agentConfig={}, agentId=w["desk"]),
    ),
    "a version of another agent": (
        "AGENT_REFERENCE_CONFLICT",
        ["agentVersionId"],
        lambda w: call(w, agentVersionId=w["desk_1"], agentId=w["moved"]),
    ),
    "a stranger's agent": ("AGENT_NOT_FOUND", ["agentId"], lambda w: call(w, agentId=w["their_agent"])),
    "changing a stranger's agent": (
        "AGENT_NOT_FOUND",
        ["agentId"],
        lambda w: (w.harbor, "updateAgent", {"agentId": w["their_agent"], "active": False}),
    ),
    "a draft for a stranger's agent": (
        "AGENT_NOT_FOUND",
        ["agentId"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["their_agent"], "config": {}}),
    ),
    "an agent that is off": ("AGENT_INACTIVE", ["agentId"], lambda w: call(w, agentId=w["off"])),
    "a version whose agent is off": (
        "AGENT_INACTIVE",
        ["agentVersionId"],
        lambda w: call(w, agentVersionId=w["off_1"]),
    ),
    "a number whose agent is off": (
        "AGENT_INACTIVE",
        ["agentNumber"],
        lambda w: call(w, agentNumber=w.numbers["off"].e164),
    ),
    "a stranger's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["agentVersionId"],
        lambda w: call(w, agentVersionId=w["their_version"]),
    ),
    "publishing a stranger's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["agentVersionId"],
        lambda w: publish(w, agentVersionId=w["their_version"]),
    ),
    "changing a stranger's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["agentVersionId"],
        lambda w: (w.harbor, "updateAgentVersion", {"agentVersionId": w["their_version"], "config": {}}),
    ),
    "copying another agent's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["baseVersionId"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["desk"], "baseVersionId": w["moved_1"]}),
    ),
    "a draft that is to speak": (
        "AGENT_VERSION_NOT_PUBLISHED",
        ["agentVersionId"],
        lambda w: call(w, agentVersionId=w["draft"]),
    ),
    "an agent with drafts alone": ("AGENT_VERSION_NOT_PUBLISHED", ["agentId"], lambda w: call(w, agentId=w["new"])),
    "changing a published version": (
        "AGENT_VERSION_PUBLISHED",
        ["agentVersionId"],
        lambda w: (w.harbor, "updateAgentVersion", {"agentVersionId": w["desk_1"], "config": {}}),
    ),
    "calling a premium-rate number": ("DESTINATION_NOT_ALLOWED", ["to"], lambda w: call(w, to="+19005550100")),
    "trying a premium-rate number": ("DESTINATION_NOT_ALLOWED", ["to"], lambda w: ask(w, to="+19005550100")),
    "transferring to a satellite phone": (
        "DESTINATION_NOT_ALLOWED",
        ["transferNumber"],
        lambda w: hand_over(w, "keyed", transferNumber="+881612345678"),
    ),
    "another call under a used key": (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
        lambda w: call(w, to="+12065550198", agentNumber=w.numbers["bound"].e164, idempotencyKey="used"),
    ),
    "another caller under a used key": (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
        lambda w: route(w, w.numbers["bound"].e164, idempotencyKey="rung"),
    ),
    "registering on a stranger's trunk": (
        "TRUNK_NOT_FOUND",
        ["trunkId"],
        lambda w: register(w, "+12065550001", trunkId=w["their_trunk"]),
    ),
    "changing a stranger's trunk": (
        "TRUNK_NOT_FOUND",
        ["trunkId"],
        lambda w: (w.harbor, "updateTrunk", {"trunkId": w["their_trunk"], "name": "Mine"}),
    ),
    "deleting a stranger's trunk": (
        "TRUNK_NOT_FOUND",
        ["trunkId"],
        lambda w: (w.harbor, "deleteTrunk", {"trunkId": w["their_trunk"]}),
    ),
    "registering on a managed trunk": (
        "TRUNK_MANAGED",
        ["trunkId"],
        lambda w: register(w, "+12065550001", trunkId=w["managed"]),
    ),
    "changing a managed trunk": (
        "TRUNK_MANAGED",
        ["trunkId"],
        lambda w: (w.harbor, "updateTrunk", {"trunkId": w["managed"], "name": "Mine"}),
    ),
    "deleting a managed trunk": (
        "TRUNK_MANAGED",
        ["trunkId"],
        lambda w: (w.harbor, "deleteTrunk", {"trunkId": w["managed"]}),
    ),
    "deleting a trunk with numbers": (
        "TRUNK_IN_USE",
        ["trunkId"],
        lambda w: (w.harbor, "deleteTrunk", {"trunkId": w["used"]}),
    ),
    **{
        f"{mutation} for a stranger": (
            "ORGANIZATION_NOT_FOUND",
            ["organizationId"],
            for_a_stranger(mutation, **sent),
        )
        for mutation, sent in FOR_A_STRANGER.items()
    },
    "an organization below a stranger": (
        "ORGANIZATION_NOT_FOUND",
        ["parentId"],
        lambda w: (w.harbor, "createOrganization", {"parentId": w["stranger"], "name": "New", "slug": "new"}),
    ),
    "an agent for the organization above": (
        "ORGANIZATION_NOT_FOUND",
        ["organizationId"],
        lambda w: (w.harbor, "createAgent", {"organizationId": w.northwind.organization_id, "name": "Agent"}),
    ),
    "an agent for one below, without the scope": (
        "ORGANIZATION_NOT_FOUND",
        ["organizationId"],
        lambda w: (w.people["alone"], "createAgent", {"organizationId": w.people["bare"].organization_id, "name": "A"}),
    ),
    "a slug that is taken": (
        "SLUG_TAKEN",
        ["slug"],
        lambda w: (w.harbor, "createOrganization", {"name": "New", "slug": "organization-1"}),
    ),
    "revoking a stranger's key": (
        "API_KEY_NOT_FOUND",
        ["apiKeyId"],
        lambda w: (w.harbor, "revokeApiKey", {"apiKeyId": w["their_key"]}),
    ),
    "handing on a scope that is not held": (
        "SCOPE_NOT_HELD",
        ["scopes"],
        lambda w: (w.people["humble"], "createApiKey", {"name": "Key", "scopes": ["AGENTS_READ", "TRUNKS_READ"]}),
    ),
    "a transfer over a trunk that forbids them": ("TRANSFER_DISABLED", None, lambda w: hand_over(w, "disabled")),
    "the caller's number over a trunk that shows the agent's": (
        "TRANSFER_CALLER_ID_UNAVAILABLE",
        ["displayedNumber"],
        lambda w: hand_over(w, "transferor"),
    ),
    "hanging up a stranger's call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        lambda w: (w.harbor, "hangUpConversation", {"conversationId": w["their_conversation"]}),
    ),
    "transferring a stranger's call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        lambda w: transfer(w, "their_conversation"),
    ),
    "reporting an outbound call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        lambda w: report(w, "keyed", status="IN_PROGRESS"),
    ),
    "hanging up what has ended": (
        "CONVERSATION_NOT_LIVE",
        ["conversationId"],
        lambda w: (w.harbor, "hangUpConversation", {"conversationId": w["ended"]}),
    ),
    "transferring what has ended": ("CONVERSATION_NOT_LIVE", ["conversationId"], lambda w: transfer(w, "ended")),
    "transferring what nobody has answered": (
        "CONVERSATION_NOT_LIVE",
        ["conversationId"],
        lambda w: transfer(w, "routed"),
    ),
    "reporting another end": (
        "CONVERSATION_NOT_LIVE",
        ["conversationId"],
        lambda w: report(w, "ended", status="COMPLETED"),
    ),
    "transferring what somebody else carries": ("TRANSFER_FAILED", None, lambda w: transfer(w, "talking")),
    "a report that goes back": ("INVALID_INPUT", ["status"], lambda w: report(w, "talking", status="RINGING")),
    **{
        f"a report of an inbound call that is {status}": (
            "INVALID_INPUT",
            ["status"],
            reporting(status),
        )
        for status in ("QUEUED", "DIALING")
    },
    "a report of a failure without its reason": (
        "INVALID_INPUT",
        ["endReason"],
        lambda w: report(w, "talking", status="FAILED"),
    ),
    "a report whose reason is of another end": (
        "INVALID_INPUT",
        ["endReason"],
        lambda w: report(w, "talking", status="COMPLETED", endReason="BUSY"),
    ),
    "a report of a live call with a reason": (
        "INVALID_INPUT",
        ["endReason"],
        lambda w: report(w, "routed", status="IN_PROGRESS", endReason="HANGUP"),
    ),
    "instructions for a transfer that is not warm": (
        "INVALID_INPUT",
        ["supervisorInstructions"],
        lambda w: transfer(w, "talking", supervisorInstructions="Say hello."),
    ),
    "a call to a number that nobody answers": (
        "NO_INBOUND_AGENT",
        ["calledNumber"],
        lambda w: route(w, w.numbers["free"].e164),
    ),
    "a call to an agent that is off": (
        "NO_INBOUND_AGENT",
        ["calledNumber"],
        lambda w: route(w, w.numbers["off"].e164),
    ),
    "an organization at the thirty-third level": (
        "LIMIT_EXCEEDED",
        ["parentId"],
        lambda w: (w.people["deepest"], "createOrganization", {"name": "New", "slug": "new"}),
    ),
    "a number both to fill and to clear": (
        "INVALID_INPUT",
        ["unassignPhoneNumbers"],
        lambda w: publish(
            w, phoneNumbers=[w.numbers["free"].e164], unassignPhoneNumbers=[w.numbers["free"].e164.replace("+1", "+1-")]
        ),
    ),
    "a version from a config and a base": (
        "INVALID_INPUT",
        ["config"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["desk"], "config": {}, "baseVersionId": w["desk_1"]}),
    ),
    "a version from nothing": (
        "INVALID_INPUT",
        ["config"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["desk"]}),
    ),
    "a warm transfer to a sip: address": (
        "INVALID_INPUT",
        ["transferNumber"],
        lambda w: hand_over(w, "keyed", kind="WARM", transferNumber="sip:boss@example.com"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_refusal_teaches_and_changes_nothing(world: World, name: str) -> None:
    code, field, request = CASES[name]
    asked = request(world)
    before = dump(world.installation)
    refusal = refused(*asked)
    assert (refusal["code"], refusal["field"]) == (code, field)
    assert teaches(refusal["message"]), refusal["message"]
    assert dump(world.installation) == before


def test_every_code_is_provoked() -> None:
    assert {code for code, _, _ in CASES.values()} == {code.name for code in ErrorCode}


def refused(client: Client, field: str, sent: dict[str, Any]) -> Json:
    """The one refusal, wherever this field answers it; all else that it answers must be empty."""
    if field == "transferCallerId":
        declared = ", ".join(f"${name}: {TRANSFER[name]}" for name in sent)
        passed = ", ".join(f"{name}: ${name}" for name in sent if name != "id")
        plan = f"transferCallerId({passed}) {{ callerId mechanism warnings refusal {{ code message field }} }}"
        answer = client(f"query({declared}) {{ conversation(id: $id) {{ {plan} }} }}", **sent)
        planned: Json = answer["conversation"]["transferCallerId"]
        assert (planned["callerId"], planned["mechanism"], planned["warnings"]) == (None, None, [])
        return planned["refusal"]
    if field == "previewOutboundNumber":
        return client.preview(**sent)["refusal"]
    payload = client.mutate(field, PAYLOADS[field], **sent)
    errors = payload.pop("userErrors")
    assert len(errors) == 1
    resolution = payload.pop("resolution", None)
    assert resolution is None or resolution["refusal"] == errors[0]
    assert [value for value in payload.values() if value] == []
    return errors[0]


TRANSFER = {
    "id": "ID!",
    "kind": "TransferKind!",
    "displayedNumber": "DisplayedNumber!",
    "transferNumber": "String",
}
PAYLOADS = {
    "createOrganization": "organization { id }",
    "createApiKey": "apiKey { id } secret",
    "revokeApiKey": "apiKey { id }",
    "createTrunk": "trunk { id }",
    "updateTrunk": "trunk { id }",
    "deleteTrunk": "deletedTrunkId",
    "createPhoneNumber": "phoneNumber { id }",
    "setPhoneNumberShareable": "phoneNumber { id }",
    "deletePhoneNumber": "deletedPhoneNumberId",
    "createAgent": "agent { id }",
    "updateAgent": "agent { id }",
    "createAgentVersion": "agentVersion { id }",
    "updateAgentVersion": "agentVersion { id }",
    "publishAgentVersion": "agentVersion { id } phoneNumbers { id }",
    "createOutboundConversation": "conversation { id } replayed resolution { refusal { code message field } }",
    "hangUpConversation": "conversation { id }",
    "transferConversation": "conversation { id } transfer { id }",
    "routeInboundCall": "conversation { id } agentVersion { id }",
    "reportInboundCall": "conversation { id }",
}


def dump(installation: Installation) -> dict[str, list[tuple[Any, ...]]]:
    """The whole database, but for when its keys were last used."""
    return installation.contents()


TEACHING = re.compile(
    r"\b([Aa]sk|Call|[Cc]hoose|Copy|Delete|[Gg]ive|[Ll]eave|List|Look|Name|[Pp]ublish|Repeat|[Ss]end|Set|Switch|[Uu]se"
    r"|Wait|Write|must be|it can be|it can have|at most|such as|CHILD_ORGANIZATIONS_MANAGE)\b"
)


def teaches(message: str) -> bool:
    """A sentence, or some, of which one says what to do next: a verb, an example, a limit or a scope."""
    sentence = re.fullmatch(r"[A-Za-z+'\"][^\0]{20,500}\.", message)
    return sentence is not None and TEACHING.search(message) is not None


# ------------------------------------------------------------------------------------------------ bad input


def inputs(world: World) -> dict[str, dict[str, Any]]:
    """For every field that takes an input one that would do, so that a single bad value is all that is wrong."""
    desk, number = world["desk"], world.numbers["bound"].e164
    outbound = {"address": "sip.example.com:5061", "authUsername": "u", "authPassword": "p", "transport": "TLS"}
    trunk = {"name": "Trunk", "outbound": outbound, "transferMode": "SIP_ONLY", "callsPerSecond": 2}
    return {
        "createOrganization": {"parentId": world["organization"], "name": "New", "slug": "brand-new"},
        "createApiKey": {"name": "Key", "scopes": ["AGENTS_READ"], "expiresAt": "2999-01-01T00:00:00Z"},
        "revokeApiKey": {"apiKeyId": world["spare_key"]},
        "createTrunk": {"organizationId": world["organization"], **trunk, "maxConcurrentCalls": 3},
        "updateTrunk": {"trunkId": world["spare_trunk"], **trunk, "transferCallerId": "FROM_TRANSFEROR"},
        "deleteTrunk": {"trunkId": world["spare_trunk"]},
        "createPhoneNumber": {"e164": "+12065550001", "trunkId": world["carrier"], "shareable": True},
        "setPhoneNumberShareable": {"phoneNumberId": world.numbers["free"].id, "shareable": True},
        "deletePhoneNumber": {"phoneNumberId": world.numbers["free"].id},
        "createAgent": {"organizationId": world["organization"], "name": "Agent", "active": False},
        "updateAgent": {"agentId": desk, "name": "Desk", "active": True},
        "createAgentVersion": {"agentId": desk, "config": {"a": [1, 2.5, None]}},
        "updateAgentVersion": {"agentVersionId": world["draft"], "config": {}},
        "publishAgentVersion": {"agentVersionId": world["draft"], "phoneNumbers": [number], "direction": "BOTH"},
        "createOutboundConversation": {"to": "+12065550199", "agentNumber": number, "agentId": desk, "metadata": {}},
        "routeInboundCall": {"calledNumber": number, "callerNumber": "+12065550199", "idempotencyKey": "k"},
        "hangUpConversation": {"conversationId": world["keyed"]},
        "transferConversation": {
            "conversationId": world["talking"],
            "kind": "WARM",
            "transferNumber": "+12065550142",
            "displayedNumber": "AGENT_NUMBER",
            "supervisorInstructions": "Say hello.",
        },
        "reportInboundCall": {
            "conversationId": world["routed"],
            "status": "FAILED",
            "endReason": "CARRIER_ERROR",
            "sipStatus": 503,
        },
        "previewOutboundNumber": {"to": "+12065550199", "agentNumber": number, "agentConfig": {}},
    }


def fields_of(kind: GraphQLInputObjectType, *path: str) -> Iterator[tuple[tuple[str, ...], GraphQLInputField]]:
    """The fields of an input, and of the inputs in it, each with its path."""
    for name, field in kind.fields.items():
        yield (*path, name), field
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from fields_of(inner, *path, name)


def input_of(field: str) -> GraphQLInputObjectType:
    roots = schema._schema
    root = roots.mutation_type if roots.mutation_type and field in roots.mutation_type.fields else roots.query_type
    assert root is not None
    kind = get_named_type(root.fields[field].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    return kind


TAKERS = (*PAYLOADS, "previewOutboundNumber")
PLACES = {(taker, path): field for taker in TAKERS for path, field in fields_of(input_of(taker))}
MISSING = object()
UNSPEAKABLE = {"\0": 1}  # no name of a field in a document
DEEP: Any = json.loads("[" * 33 + "]" * 33)
WRONG: dict[str, list[Any]] = {
    "String": [5, 1.5, True, {}, [[]], {"a": 1}],
    "ID": [True, 1.5, {}, [[]]],
    "Boolean": ["true", 1, 0, {}, [[]]],
    "Int": ["1", 1.5, 2**31, -(2**31) - 1, 10**18, True, {}, [[]]],
    "DateTime": [
        5,
        True,
        {},
        "",
        "soon",
        "2999-13-01T00:00:00Z",
        "2999-02-30",
        "0001-01-01T00:00:00+14:00",
        "2999-01-01\0",
    ],
    "JSON": [{"a": "\0"}, UNSPEAKABLE, "\0", 2**53 + 1, -(10**18), {"a": [1e300]}, DEEP],
}
WRONG_WORD = ["NOPE", "", "trunks_read", 1, True, {}, [[]]]
WRONG_INPUT = ["x", 5, True, [[]], {}, {"address": None}, {"address": "sip.example.com", "nope": 1}]


def wrong_values(field: GraphQLInputField) -> list[Any]:
    """What is of another kind than the field takes."""
    kind = get_named_type(field.type)
    wrong = WRONG_INPUT if isinstance(kind, GraphQLInputObjectType) else WRONG.get(kind.name, WRONG_WORD)
    if is_list_type(get_nullable_type(field.type)):
        wrong = [*wrong, [None], *([each] for each in wrong)]
    if is_required_input_field(field):
        wrong = [*wrong, MISSING]
    return [*wrong, None] if isinstance(field.type, GraphQLNonNull) else wrong


def spoiled(sent: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of the input with another value at the path, or none."""
    copy = deepcopy(sent)
    inner = copy
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value
    if value is MISSING:
        del inner[path[-1]]
    return copy


@pytest.mark.parametrize(("taker", "path"), PLACES, ids=[".".join((taker, *path)) for taker, path in PLACES])
def test_a_value_of_the_wrong_kind_is_refused_beside_its_field(world: World, taker: str, path: tuple[str, ...]) -> None:
    """As a variable BAD_USER_INPUT, in the document GRAPHQL_VALIDATION_FAILED; neither changes anything."""
    before = dump(world.installation)
    operation = "query" if taker == "previewOutboundNumber" else "mutation"
    for value in wrong_values(PLACES[taker, path]):
        sent = spoiled(inputs(world)[taker], path, value)
        by_variable = f"{operation}($input: {input_of(taker).name}!) {{ {taker}(input: $input) {{ __typename }} }}"
        error = only_error(world.harbor.post(by_variable, {"input": sent}))
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}, value
        assert path[-1] in error["message"] or path[0] in error["message"], error["message"]
        by_literal = f"{operation} {{ {taker}(input: {literal(sent)}) {{ __typename }} }}"
        code = "GRAPHQL_PARSE_FAILED" if value == UNSPEAKABLE else "GRAPHQL_VALIDATION_FAILED"
        assert only_error(world.harbor.post(by_literal))["extensions"] == {"code": code}, value
    assert dump(world.installation) == before


def only_error(response: httpx.Response) -> Json:
    body = response.json()
    assert response.status_code == 200
    assert body.keys() == {"errors"}
    assert len(body["errors"]) == 1
    return body["errors"][0]


def literal(value: Any) -> str:
    """As it is written in a document, where words of an enum stand without quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    is_word = isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)*", value)
    return value if is_word else json.dumps(value)


# ---------------------------------------------------------------------------- of the right kind, and bad nonetheless

INVALID, NO_NUMBER = ErrorCode.INVALID_INPUT, ErrorCode.INVALID_PHONE_NUMBER
LONG = "x" * 20_001
NAMES = ["", " \t\n ", "\u2003", "x" * 201, "NUL\0", "\0"]
SLUGS = ["", " ", "A", "a--b", "-a", "a-", "a_b", "a b", "a.b", "ä", "a\n", "a\0", "x" * 64]
PHONES = [
    "",
    " ",
    "+",
    "+1",
    "911",
    "15551234567",
    "0015551234567",
    "+1555123456",
    "+155512345678",
    "+1555123456\0",
    "+15551234567\n",
    "++15551234567",
    "+1 555 CALL NOW",
    "+15551234567;ext=5",
    "tel:+15551234567",
    "sip:+15551234567@example.com",
    "+999123456789",
    "+\u0661\u0665\u0665\u0665\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    "+1" + "5" * 5000,
    "+" + " " * 5000 + "15551234567",
]
ADDRESSES = [
    "",
    " ",
    "sip:sip.example.com",
    "http://sip.example.com",
    "user@sip.example.com",
    "sip.example.com/path",
    "sip example.com",
    "sip.example.com:",
    "sip.example.com:0",
    "sip.example.com:65536",
    "sip.example.com:five",
    "sip..example.com",
    "-sip.example.com",
    "sip_1.example.com",
    "sip.example.com\0",
    "sip.example.com\r\nX: y",
    "x" * 64 + ".example.com",
    "x." * 127 + "com",
    "256.1.1.1",
    "1.2.3",
    "[::1",
    "::1]",
    "[sip.example.com]",
    "[fe80::1%eth0]",
]
CALLS = [0, -1, 10_001, 2**31 - 1, -(2**31)]
NO_OBJECTS = ["text", "", 5, 0, True, False, [], [{}], 1.5]
PAST = ["2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31", "2020-01-01T00:00:00+14:00"]
CREDENTIALS = ["\0", "x" * 201]
KEYS = ["", "x" * 256, "NUL\0"]

# What is bad at each place that takes text, a number, a time or JSON.
BAD: dict[tuple[str, ...], tuple[ErrorCode, list[Any]]] = {
    **{(taker, "name"): (INVALID, NAMES) for taker in TAKERS if (taker, ("name",)) in PLACES},
    ("createOrganization", "slug"): (INVALID, SLUGS),
    ("createApiKey", "expiresAt"): (INVALID, PAST),
    **{
        (taker, *path): (INVALID, values)
        for taker in ("createTrunk", "updateTrunk")
        for path, values in (
            (("outbound", "address"), ADDRESSES),
            (("outbound", "authUsername"), CREDENTIALS),
            (("outbound", "authPassword"), CREDENTIALS),
            (("callsPerSecond",), CALLS),
            (("maxConcurrentCalls",), CALLS),
        )
    },
    ("createPhoneNumber", "e164"): (NO_NUMBER, PHONES),
    ("createAgentVersion", "config"): (INVALID, [*NO_OBJECTS, None]),
    ("updateAgentVersion", "config"): (INVALID, NO_OBJECTS),
    ("publishAgentVersion", "phoneNumbers"): (NO_NUMBER, [[phone] for phone in PHONES]),
    ("publishAgentVersion", "unassignPhoneNumbers"): (NO_NUMBER, [[phone] for phone in PHONES]),
    ("createOutboundConversation", "to"): (NO_NUMBER, PHONES),
    ("createOutboundConversation", "agentNumber"): (NO_NUMBER, PHONES),
    ("createOutboundConversation", "agentConfig"): (INVALID, NO_OBJECTS),
    ("createOutboundConversation", "metadata"): (INVALID, NO_OBJECTS),
    ("createOutboundConversation", "initialContext"): (INVALID, [LONG, "NUL\0"]),
    ("createOutboundConversation", "idempotencyKey"): (INVALID, KEYS),
    ("routeInboundCall", "calledNumber"): (NO_NUMBER, PHONES),
    ("routeInboundCall", "callerNumber"): (NO_NUMBER, PHONES),
    ("routeInboundCall", "idempotencyKey"): (INVALID, KEYS),
    ("transferConversation", "transferNumber"): (
        NO_NUMBER,
        [phone for phone in PHONES if not phone.startswith("sip:")],
    ),
    ("transferConversation", "supervisorInstructions"): (INVALID, [LONG, "NUL\0"]),
    ("reportInboundCall", "sipStatus"): (INVALID, [0, 199, 700, -486, 2**31 - 1]),
    ("previewOutboundNumber", "to"): (NO_NUMBER, PHONES),
    ("previewOutboundNumber", "agentNumber"): (NO_NUMBER, PHONES),
    ("previewOutboundNumber", "agentConfig"): (INVALID, NO_OBJECTS),
}
IDS = {
    "parentId": ErrorCode.ORGANIZATION_NOT_FOUND,
    "organizationId": ErrorCode.ORGANIZATION_NOT_FOUND,
    "apiKeyId": ErrorCode.API_KEY_NOT_FOUND,
    "trunkId": ErrorCode.TRUNK_NOT_FOUND,
    "phoneNumberId": ErrorCode.PHONE_NUMBER_NOT_FOUND,
    "agentId": ErrorCode.AGENT_NOT_FOUND,
    "agentVersionId": ErrorCode.AGENT_VERSION_NOT_FOUND,
    "baseVersionId": ErrorCode.AGENT_VERSION_NOT_FOUND,
    "conversationId": ErrorCode.CONVERSATION_NOT_FOUND,
}
ID_PLACES = [(taker, path[0]) for (taker, path), field in PLACES.items() if get_named_type(field.type).name == "ID"]


@pytest.mark.parametrize("place", BAD, ids=".".join)
def test_a_bad_value_is_refused_at_its_field(world: World, place: tuple[str, ...]) -> None:
    taker, *path = place
    code, values = BAD[place]
    before = dump(world.installation)
    for value in values:
        refusal = refused(world.harbor, taker, spoiled(inputs(world)[taker], tuple(path), value))
        places = [*path, "0"] if isinstance(value, list) and code is NO_NUMBER else path
        assert (refusal["code"], refusal["field"]) == (code.name, places), value
        assert teaches(refusal["message"]), refusal["message"]
    assert dump(world.installation) == before


@pytest.mark.parametrize(("taker", "name"), ID_PLACES)
def test_r2_a_malformed_a_foreign_and_a_missing_id_are_one_and_the_same(world: World, taker: str, name: str) -> None:
    prefix = world[OWN_IDS[name]][:4]
    ids = [
        world[THEIR_IDS[name]],
        prefix + "0" * 26,
        *("", " ", "nope", prefix, prefix + "!" * 26, prefix + "0" * 27, prefix + "0" * 25 + "\0", "x" * 10_000),
        *(world[other] for other in OWN_IDS.values() if not world[other].startswith(prefix)),
        5,
        -(10**30),
        f" {world[OWN_IDS[name]]}",
        world[OWN_IDS[name]].upper(),
    ]
    before = dump(world.installation)
    sent = inputs(world)[taker] | ({"config": None} if name == "baseVersionId" else {})
    if name in ("agentId", "agentVersionId"):
        sent.pop("agentConfig", None)
    answers = [refused(world.harbor, taker, sent | {name: each}) for each in ids]
    assert (answers[0]["code"], answers[0]["field"]) == (IDS[name].name, [name])
    assert [answer for answer in answers if answer != answers[0]] == []
    assert dump(world.installation) == before


OWN_IDS = {
    "parentId": "organization",
    "organizationId": "organization",
    "apiKeyId": "spare_key",
    "trunkId": "carrier",
    "phoneNumberId": "number",
    "agentId": "desk",
    "agentVersionId": "desk_1",
    "baseVersionId": "desk_1",
    "conversationId": "routed",
}
THEIR_IDS = {
    "parentId": "stranger",
    "organizationId": "stranger",
    "apiKeyId": "their_key",
    "trunkId": "their_trunk",
    "phoneNumberId": "their_number",
    "agentId": "their_agent",
    "agentVersionId": "their_version",
    "baseVersionId": "their_version",
    "conversationId": "their_conversation",
}


def test_every_place_of_every_input_has_a_row() -> None:
    """Words, switches and inputs can only be of a wrong kind; all else needs values that are bad of the right kind."""
    roomy = {"String", "Int", "DateTime", "JSON"}
    wanted = {(taker, *path) for (taker, path), field in PLACES.items() if get_named_type(field.type).name in roomy}
    assert wanted == BAD.keys()
    assert {name for _, name in ID_PLACES} == IDS.keys() == OWN_IDS.keys() == THEIR_IDS.keys()
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert PAYLOADS.keys() == mutations.fields.keys()


def test_the_inputs_that_are_spoiled_are_good(install: Install) -> None:
    """Else what is refused above might be refused for another reason."""
    own = make_world(install())
    for taker, sent in inputs(own).items():
        if taker == "previewOutboundNumber":
            assert own.harbor.preview(**sent)["refusal"] is None
        elif taker == "transferConversation":  # nothing is wrong with it but that whoever routed the call carries it
            assert own.harbor.refusals(taker, **sent) == [("TRANSFER_FAILED", None)]
        elif taker != "deleteTrunk":
            own.harbor.do(taker, "__typename", **sent)
    own.harbor.do("deleteTrunk", "__typename", trunkId=own["spare_trunk"])


# ------------------------------------------------------------------------------------------------------ lists

LISTS = ("apiKeys", "phoneNumbers", "trunks", "agents", "conversations")
WINDOWS = [
    {"first": 0},
    {"first": -1},
    {"first": 101},
    {"first": 2**31 - 1},
    {"first": -(2**31)},
    {"last": 0},
    {"last": -1},
    {"last": 101},
    {"first": 1, "last": 1},
]
CURSORS = [
    "",
    "x",
    "!",
    "ä",
    "\0",
    "x" * 10_000,
    *(
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        for text in (
            "null",
            "5",
            "{}",
            "[]",
            '["e164"]',
            '["e164","+1"]',
            '["e164","+1","a","b"]',
            '["e164",5,"num_1"]',
            '["e164",null,"num_1"]',
            '["e164",[],"num_1"]',
            '["e164","+1",5]',
            '["id","+1","num_1"]',
            '["secret_hash","a","key_1"]',
            '["created_at","soon","trk_1"]',
            '["created_at",5,"trk_1"]',
            '["created_at","0001-01-01T00:00:00+14:00","trk_1"]',
            '["created_at","2026-01-01T00:00:00",5]',
            "[" * 5000,
            "9" * 5000,
        )
    ),
]


@pytest.mark.parametrize("field", LISTS)
def test_a_bad_window_is_a_bad_user_input(world: World, field: str) -> None:
    query = f"query($first: Int, $last: Int) {{ {field}(first: $first, last: $last) {{ totalCount }} }}"
    for window in WINDOWS:
        assert world.harbor.errors(query, **window) == ["BAD_USER_INPUT"], window


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("field", LISTS)
def test_a_bad_cursor_is_a_bad_user_input(world: World, field: str, side: str) -> None:
    query = f"query($cursor: String) {{ {field}({side}: $cursor) {{ totalCount }} }}"
    for cursor in CURSORS:
        assert world.harbor.errors(query, cursor=cursor) == ["BAD_USER_INPUT"], cursor


@pytest.mark.parametrize("place", ['"\\ud800","num_1"', '"+1","\\udfff"'])
def test_a_lone_surrogate_in_a_cursor_is_a_bad_user_input(world: World, place: str) -> None:
    cursor = base64.urlsafe_b64encode(f'["e164",{place}]'.encode()).decode()
    query = "query($cursor: String) { phoneNumbers(after: $cursor) { totalCount } }"
    assert world.harbor.errors(query, cursor=cursor) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("field", ["children", "phoneNumbers"])
def test_a_bad_window_below_an_object_is_a_bad_user_input(world: World, field: str) -> None:
    query = f"query($id: ID!, $first: Int, $after: String) {{ organization(id: $id) {{ {field}(first: $first, after: $after) {{ totalCount }} }} }}"
    for window in (window for window in WINDOWS if "last" not in window):
        assert world.harbor.errors(query, id=world["organization"], **window) == ["BAD_USER_INPUT"], window
    for cursor in CURSORS:
        assert world.harbor.errors(query, id=world["organization"], first=5, after=cursor) == ["BAD_USER_INPUT"], cursor


def test_more_than_a_hundred_nodes_are_a_bad_user_input(world: World) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert world.harbor.errors(query, ids=[""] * 101) == ["BAD_USER_INPUT"]
    assert world.harbor(query, ids=[""] * 100) == {"nodes": [None] * 100}


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("ISO 8601", 'createApiKey(input: {name: "K", scopes: [], expiresAt: "soon"}) { __typename }'),
        ("2^53", 'updateAgentVersion(input: {agentVersionId: "", config: {a: 9007199254740993}}) { __typename }'),
        ("NUL", 'updateAgentVersion(input: {agentVersionId: "", config: {a: "\\u0000"}}) { __typename }'),
        ("Int", 'createTrunk(input: {name: "T", callsPerSecond: "1"}) { __typename }'),
    ],
)
def test_a_wrong_literal_is_explained_and_pointed_at(world: World, words: str, place: str) -> None:
    error = only_error(world.harbor.post(f"mutation {{ {place} }}"))
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "locations" in error
    assert words in error["message"]


def test_an_integer_beyond_pythons_limit_is_a_mistake_of_the_clients(world: World) -> None:
    query = f'mutation {{ createTrunk(input: {{name: "T", callsPerSecond: {"9" * 5000}}}) {{ __typename }} }}'
    assert world.harbor.errors(query) == ["GRAPHQL_VALIDATION_FAILED"]


def test_a_variable_that_was_not_sent_is_left_out_of_a_json_literal(world: World) -> None:
    """As everywhere in GraphQL: `{a: $a, b: $b}` without `a` is `{b: $b}`, and in a list it is null."""
    place = "conversations(filter: {metadata: {a: $a, b: [$b, $a]}}) { totalCount }"
    answer = world.harbor.body(f"query($a: Int, $b: Int) {{ {place} }}", b=1)
    assert answer["data"] == {"conversations": {"totalCount": 0}}  # source defect: INTERNAL_SERVER_ERROR
