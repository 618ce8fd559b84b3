"""What can be asked."""

import strawberry

from models import Scope
from resolvers.agents import agents
from resolvers.api_keys import api_keys, viewer
from resolvers.audit_events import audit_events
from resolvers.conversations import conversation, conversations
from resolvers.nodes import node, nodes
from resolvers.organizations import organization
from resolvers.outbound_numbers import preview_outbound_number
from resolvers.phone_numbers import phone_number, phone_numbers
from resolvers.trunks import trunks
from schema.agent import Agent
from schema.api_key import ApiKey, Viewer
from schema.audit_event import AuditEvent, AuditEventFilter
from schema.connection import WINDOW, Connection
from schema.conversation import Conversation, ConversationFilter
from schema.declare import field, reading
from schema.node import Node
from schema.organization import Organization
from schema.outbound_number_resolution import OutboundNumberResolution, PreviewOutboundNumberInput
from schema.phone_number import PhoneNumber, PhoneNumberFilter, PhoneNumberOrder
from schema.signatures import Argument
from schema.trunk import Trunk

ACTING: dict[str, Argument] = {
    "organization_id": (strawberry.ID | None, "The acting organization; the key's own where absent.")
}


@strawberry.type(description="What can be asked.")
class Query:
    viewer = field(viewer, Viewer, "Who is asking: the key, its scopes and its organization.")
    node = field(
        node,
        Node | None,
        "Any object by its id; null for what is malformed, foreign or missing. Needs the scope of its kind.",
        arguments={"id": (strawberry.ID, "The id.")},
    )
    nodes = field(
        nodes,
        list[Node | None],
        "Objects by their ids, in that order; at most 100. Needs the scopes of their kinds.",
        arguments={"ids": (list[strawberry.ID], "The ids.")},
    )
    organization = field(
        organization,
        Organization | None,
        "The key's own organization, one above it or, with CHILD_ORGANIZATIONS_MANAGE, one below it; else null.",
        arguments={"id": (strawberry.ID, "The id.")},
    )
    phone_number = field(
        phone_number,
        PhoneNumber | None,
        "A number that the acting organization owns or may dial from; else null.",
        scope=reading("PHONE_NUMBERS"),
        arguments={"e164": (str, "The number, as people write it after its plus sign."), **ACTING},
    )
    api_keys = field(
        api_keys,
        Connection[ApiKey],
        "The organization's API keys, newest first.",
        scope=(Scope.API_KEYS_MANAGE,),
        arguments=ACTING | WINDOW,
    )
    phone_numbers = field(
        phone_numbers,
        Connection[PhoneNumber],
        "The numbers that the organization owns or may dial from, by E.164 unless asked otherwise.",
        scope=reading("PHONE_NUMBERS"),
        arguments=ACTING
        | WINDOW
        | {
            "filter": (PhoneNumberFilter | None, "Which numbers."),
            "order_by": (PhoneNumberOrder | None, "In which order."),
        },
    )
    trunks = field(
        trunks,
        Connection[Trunk],
        "The organization's trunks, newest first.",
        scope=reading("TRUNKS"),
        arguments=ACTING | WINDOW,
    )
    agents = field(
        agents,
        Connection[Agent],
        "The organization's agents, newest first.",
        scope=reading("AGENTS"),
        arguments=ACTING | WINDOW,
    )
    conversation = field(
        conversation,
        Conversation | None,
        "A conversation by its id; null for what is malformed, foreign or missing.",
        scope=reading("CONVERSATIONS"),
        arguments={"id": (strawberry.ID, "The id.")},
    )
    conversations = field(
        conversations,
        Connection[Conversation],
        "The organization's conversations, newest first.",
        scope=reading("CONVERSATIONS"),
        arguments=ACTING | WINDOW | {"filter": (ConversationFilter | None, "Which conversations.")},
    )
    preview_outbound_number = field(
        preview_outbound_number,
        OutboundNumberResolution,
        "The dry run: which number a call would go out from, may it, and why. Writes nothing.",
        scope=reading("CONVERSATIONS"),
        arguments={"input": (PreviewOutboundNumberInput, "What would be sent.")},
    )
    audit_events = field(
        audit_events,
        Connection[AuditEvent],
        "Who changed what of the organization, newest first.",
        scope=(Scope.AUDIT_READ,),
        arguments=ACTING | WINDOW | {"filter": (AuditEventFilter | None, "Which events.")},
    )
