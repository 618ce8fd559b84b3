"""Build the requests that must be refused, each from the names of the world."""

from collections.abc import Callable
from typing import Any

from tests.installation import Client
from tests.refusals.world import World

# Who sends it; a mutation, `previewOutboundNumber` or `transferCallerId`; its input.
SentRequest = tuple[Client, str, dict[str, Any]]


RequestFactory = Callable[[World], SentRequest]


RefusalCase = tuple[str, list[str] | None, RequestFactory]


def create_conversation(world: World, **sent: Any) -> SentRequest:
    return world.harbor, "createOutboundConversation", {"to": "+12065550199"} | sent


def preview_number(world: World, **sent: Any) -> SentRequest:
    return world.harbor, "previewOutboundNumber", sent


def transfer_caller_id(world: World, conversation: str, **sent: Any) -> SentRequest:
    return world.harbor, "transferCallerId", {"id": world[conversation], "kind": "COLD"} | sent


def publish(world: World, **sent: Any) -> SentRequest:
    return world.harbor, "publishAgentVersion", {"agentVersionId": world["draft"]} | sent


def route(world: World, called: str, **sent: Any) -> SentRequest:
    return world.harbor, "routeInboundCall", {"calledNumber": called} | sent


def register(world: World, e164: str, **sent: Any) -> SentRequest:
    return world.harbor, "createPhoneNumber", {"e164": e164, "trunkId": world["carrier"]} | sent


def report(world: World, conversation: str, **sent: Any) -> SentRequest:
    return world.harbor, "reportInboundCall", {"conversationId": world[conversation]} | sent


def transfer(world: World, conversation: str, **sent: Any) -> SentRequest:
    wanted = {"conversationId": world[conversation], "kind": "COLD", "transferNumber": "+12065550142"}
    return world.harbor, "transferConversation", wanted | sent


def dialing(which: str) -> RequestFactory:
    return lambda world: create_conversation(world, agentNumber=world.numbers[which].e164)


def reporting(status: str) -> RequestFactory:
    return lambda world: report(world, "talking", status=status)


def publishing(which: str) -> RequestFactory:
    """Publish to two numbers, of which the second is `which`."""
    return lambda world: publish(world, phoneNumbers=[world.numbers["free"].e164, world.numbers[which].e164])


def writing(mutation: str, which: str, **sent: Any) -> RequestFactory:
    return lambda world: (world.harbor, mutation, {"phoneNumberId": world.numbers[which].id} | sent)


def for_another_organization(mutation: str, **sent: Any) -> RequestFactory:
    return lambda world: (world.harbor, mutation, {"organizationId": world["stranger"]} | sent)


INPUTS_WITH_ORGANIZATION: dict[str, dict[str, Any]] = {
    "createApiKey": {"name": "Key", "scopes": []},
    "createTrunk": {"name": "Trunk"},
    "createPhoneNumber": {"e164": "+12065550001", "trunkId": ""},
    "createAgent": {"name": "Agent"},
    "createOutboundConversation": {"to": "+12065550199"},
    "previewOutboundNumber": {},
}
