"""Declare the root query fields."""

import strawberry

from models import Scope
from resolvers.agents import agents
from resolvers.api_keys import api_keys, viewer
from resolvers.audit_events import audit_events
from resolvers.campaign_preview import preview_campaign
from resolvers.campaigns import campaign, campaigns
from resolvers.conversations import conversation, conversations
from resolvers.nodes import node, nodes
from resolvers.organizations import organization
from resolvers.outbound_number_preview import preview_outbound_number
from resolvers.phone_numbers import phone_number, phone_numbers
from resolvers.suppressions import suppressions
from resolvers.trunks import trunks
from schema.agent import Agent
from schema.api_key import ApiKey, Viewer
from schema.audit_event import AuditEvent, AuditEventFilter
from schema.campaign import Campaign, CreateCampaignInput
from schema.campaign_preview import CampaignPreview
from schema.connection import CONNECTION_ARGUMENTS, Connection
from schema.contact_changes import ContactInput
from schema.contact_filter import CampaignFilter
from schema.conversation import Conversation, ConversationFilter
from schema.fields import field, read_scopes
from schema.node import Node
from schema.organization import Organization
from schema.outbound_number_resolution import OutboundNumberResolution, PreviewOutboundNumberInput
from schema.phone_number import PhoneNumber, PhoneNumberFilter, PhoneNumberOrder
from schema.signatures import Argument
from schema.suppression import Suppression
from schema.trunk import Trunk

ACTING_ORGANIZATION: dict[str, Argument] = {
    "organization_id": (strawberry.ID | None, "The acting organization; the key's own where absent.")
}


@strawberry.type(description="The root of all queries.")
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
        scope=read_scopes("PHONE_NUMBERS"),
        arguments={"e164": (str, "The number in international format; separators are ignored."), **ACTING_ORGANIZATION},
    )
    api_keys = field(
        api_keys,
        Connection[ApiKey],
        "The organization's API keys, newest first.",
        scope=(Scope.API_KEYS_MANAGE,),
        arguments=ACTING_ORGANIZATION | CONNECTION_ARGUMENTS,
    )
    phone_numbers = field(
        phone_numbers,
        Connection[PhoneNumber],
        "The numbers that the organization owns or may dial from, by E.164 unless asked otherwise.",
        scope=read_scopes("PHONE_NUMBERS"),
        arguments=ACTING_ORGANIZATION
        | CONNECTION_ARGUMENTS
        | {
            "filter": (PhoneNumberFilter | None, "Which numbers."),
            "order_by": (PhoneNumberOrder | None, "In which order."),
        },
    )
    trunks = field(
        trunks,
        Connection[Trunk],
        "The organization's trunks, newest first.",
        scope=read_scopes("TRUNKS"),
        arguments=ACTING_ORGANIZATION | CONNECTION_ARGUMENTS,
    )
    agents = field(
        agents,
        Connection[Agent],
        "The organization's agents, newest first.",
        scope=read_scopes("AGENTS"),
        arguments=ACTING_ORGANIZATION | CONNECTION_ARGUMENTS,
    )
    conversation = field(
        conversation,
        Conversation | None,
        "A conversation by its id; null for what is malformed, foreign or missing.",
        scope=read_scopes("CONVERSATIONS"),
        arguments={"id": (strawberry.ID, "The id.")},
    )
    conversations = field(
        conversations,
        Connection[Conversation],
        "The organization's conversations, newest first.",
        scope=read_scopes("CONVERSATIONS"),
        arguments=ACTING_ORGANIZATION
        | CONNECTION_ARGUMENTS
        | {"filter": (ConversationFilter | None, "Which conversations.")},
    )
    campaign = field(
        campaign,
        Campaign | None,
        "A campaign by its id; null for what is malformed, foreign or missing.",
        scope=read_scopes("CAMPAIGNS"),
        arguments={"id": (strawberry.ID, "The id.")},
    )
    campaigns = field(
        campaigns,
        Connection[Campaign],
        "The organization's campaigns, newest first.",
        scope=read_scopes("CAMPAIGNS"),
        arguments=ACTING_ORGANIZATION | CONNECTION_ARGUMENTS | {"filter": (CampaignFilter | None, "Which campaigns.")},
    )
    suppressions = field(
        suppressions,
        Connection[Suppression],
        "The numbers that the organization has suppressed, newest first; also those whose suppression has ended.",
        scope=(Scope.SUPPRESSIONS_MANAGE,),
        arguments=ACTING_ORGANIZATION
        | CONNECTION_ARGUMENTS
        | {"e164": (str | None, "Only this number, in international format.")},
    )
    preview_campaign = field(
        preview_campaign,
        CampaignPreview,
        "The dry run of a campaign that is not created yet. Writes nothing.",
        scope=read_scopes("CAMPAIGNS"),
        arguments={
            "input": (CreateCampaignInput, "What would be sent to createCampaign."),
            "contacts": (list[ContactInput] | None, "At most 500 of the contacts that it would call."),
        },
    )
    preview_outbound_number = field(
        preview_outbound_number,
        OutboundNumberResolution,
        "The dry run: which number a call would go out from, whether it may, and why. Writes nothing.",
        scope=read_scopes("CONVERSATIONS"),
        arguments={"input": (PreviewOutboundNumberInput, "What would be sent.")},
    )
    audit_events = field(
        audit_events,
        Connection[AuditEvent],
        "Who changed what of the organization, newest first.",
        scope=(Scope.AUDIT_READ,),
        arguments=ACTING_ORGANIZATION | CONNECTION_ARGUMENTS | {"filter": (AuditEventFilter | None, "Which events.")},
    )
