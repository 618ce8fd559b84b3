"""Declare the mutations: one input, one payload, the scope."""

import strawberry

from models import Scope
from resolvers import agents, api_keys, conversations, live_calls, organizations, phone_numbers, trunks
from schema.agent import CreateAgentInput, CreateAgentPayload, UpdateAgentInput, UpdateAgentPayload
from schema.agent_version import (
    CreateAgentVersionInput,
    CreateAgentVersionPayload,
    PublishAgentVersionInput,
    PublishAgentVersionPayload,
    UpdateAgentVersionInput,
    UpdateAgentVersionPayload,
)
from schema.api_key import CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyInput, RevokeApiKeyPayload
from schema.campaign_mutation import CampaignMutation
from schema.conversation import (
    CreateOutboundConversationInput,
    CreateOutboundConversationPayload,
    RouteInboundCallInput,
    RouteInboundCallPayload,
)
from schema.fields import mutation
from schema.live_call import (
    HangUpConversationInput,
    HangUpConversationPayload,
    ReportInboundCallInput,
    ReportInboundCallPayload,
    TransferConversationInput,
    TransferConversationPayload,
)
from schema.organization import (
    CreateOrganizationInput,
    CreateOrganizationPayload,
    SetCallBudgetInput,
    SetCallBudgetPayload,
)
from schema.phone_number import (
    CreatePhoneNumberInput,
    CreatePhoneNumberPayload,
    DeletePhoneNumberInput,
    DeletePhoneNumberPayload,
    SetPhoneNumberShareableInput,
    SetPhoneNumberShareablePayload,
)
from schema.trunk import (
    CreateTrunkInput,
    CreateTrunkPayload,
    DeleteTrunkInput,
    DeleteTrunkPayload,
    UpdateTrunkInput,
    UpdateTrunkPayload,
)

TRUNKS_MANAGE = (Scope.TRUNKS_MANAGE,)
PHONE_NUMBERS_MANAGE = (Scope.PHONE_NUMBERS_MANAGE,)
AGENTS_MANAGE = (Scope.AGENTS_MANAGE,)
API_KEYS_MANAGE = (Scope.API_KEYS_MANAGE,)


@strawberry.type(description="What can be changed.")
class Mutation(CampaignMutation):
    create_organization = mutation(
        organizations.create_organization,
        CreateOrganizationInput,
        CreateOrganizationPayload,
        "Create an organization below another.",
        scope=(Scope.CHILD_ORGANIZATIONS_MANAGE,),
    )
    set_call_budget = mutation(
        organizations.set_call_budget,
        SetCallBudgetInput,
        SetCallBudgetPayload,
        "Limit the calls at once of an organization below, and of all below that one.",
        scope=(Scope.CHILD_ORGANIZATIONS_MANAGE,),
    )
    create_api_key = mutation(
        api_keys.create_api_key,
        CreateApiKeyInput,
        CreateApiKeyPayload,
        "Create an API key, within the scopes and the expiry of this one. Its secret is shown this once.",
        scope=API_KEYS_MANAGE,
    )
    revoke_api_key = mutation(
        api_keys.revoke_api_key,
        RevokeApiKeyInput,
        RevokeApiKeyPayload,
        "Revoke an API key, at once; only one that holds no scope that this one lacks.",
        scope=API_KEYS_MANAGE,
    )
    create_trunk = mutation(
        trunks.create_trunk, CreateTrunkInput, CreateTrunkPayload, "Create a trunk of one's own.", scope=TRUNKS_MANAGE
    )
    update_trunk = mutation(
        trunks.update_trunk, UpdateTrunkInput, UpdateTrunkPayload, "Change a trunk.", scope=TRUNKS_MANAGE
    )
    delete_trunk = mutation(
        trunks.delete_trunk,
        DeleteTrunkInput,
        DeleteTrunkPayload,
        "Delete a trunk without numbers.",
        scope=TRUNKS_MANAGE,
    )
    create_phone_number = mutation(
        phone_numbers.create_phone_number,
        CreatePhoneNumberInput,
        CreatePhoneNumberPayload,
        "Register a number on a trunk of its owner's.",
        scope=PHONE_NUMBERS_MANAGE,
    )
    set_phone_number_shareable = mutation(
        phone_numbers.set_phone_number_shareable,
        SetPhoneNumberShareableInput,
        SetPhoneNumberShareablePayload,
        "The Shareable switch: whether organizations below the owner may dial from the number.",
        scope=PHONE_NUMBERS_MANAGE,
    )
    delete_phone_number = mutation(
        phone_numbers.delete_phone_number,
        DeletePhoneNumberInput,
        DeletePhoneNumberPayload,
        "Delete a number without a live conversation.",
        scope=PHONE_NUMBERS_MANAGE,
    )
    create_agent = mutation(
        agents.create_agent,
        CreateAgentInput,
        CreateAgentPayload,
        "Create an agent, without a version.",
        scope=AGENTS_MANAGE,
    )
    update_agent = mutation(
        agents.update_agent,
        UpdateAgentInput,
        UpdateAgentPayload,
        "Rename an agent, or switch it on or off.",
        scope=AGENTS_MANAGE,
    )
    create_agent_version = mutation(
        agents.create_agent_version,
        CreateAgentVersionInput,
        CreateAgentVersionPayload,
        "Create a draft of an agent's next version.",
        scope=AGENTS_MANAGE,
    )
    update_agent_version = mutation(
        agents.update_agent_version,
        UpdateAgentVersionInput,
        UpdateAgentVersionPayload,
        "Change a draft.",
        scope=AGENTS_MANAGE,
    )
    publish_agent_version = mutation(
        agents.publish_agent_version,
        PublishAgentVersionInput,
        PublishAgentVersionPayload,
        "Publish a version and write the slots of numbers with it: all or nothing.",
        scope=AGENTS_MANAGE,
    )
    create_outbound_conversation = mutation(
        conversations.create_outbound_conversation,
        CreateOutboundConversationInput,
        CreateOutboundConversationPayload,
        "Call somebody: the four steps choose the number, and their explanation is kept.",
        scope=(Scope.CONVERSATIONS_MANAGE,),
        audited=False,
    )
    hang_up_conversation = mutation(
        live_calls.hang_up_conversation,
        HangUpConversationInput,
        HangUpConversationPayload,
        "End a call, whether it waits, rings or goes on.",
        scope=(Scope.CONVERSATIONS_MANAGE,),
        audited=False,
    )
    transfer_conversation = mutation(
        live_calls.transfer_conversation,
        TransferConversationInput,
        TransferConversationPayload,
        "Bring a third party into a call, or hand the call over to them: as transferCallerId plans it.",
        scope=(Scope.CONVERSATIONS_MANAGE,),
        audited=False,
        after_commit=live_calls.wait_for_transfer,
    )
    route_inbound_call = mutation(
        conversations.route_inbound_call,
        RouteInboundCallInput,
        RouteInboundCallPayload,
        "Ask which agent answers a call to a number of one's own, or of an organization below.",
        scope=(Scope.CALLS_ROUTE,),
        audited=False,
    )
    report_inbound_call = mutation(
        live_calls.report_inbound_call,
        ReportInboundCallInput,
        ReportInboundCallPayload,
        "Tell how a call went on that routeInboundCall answered.",
        scope=(Scope.CALLS_ROUTE,),
        audited=False,
    )
