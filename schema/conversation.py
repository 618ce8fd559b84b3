"""Declare conversations, their filter, creating outbound ones and routing inbound calls."""

from datetime import datetime

import strawberry

from models import CallDirection, ConversationStatus, DisplayedNumber, EndReason, TransferKind
from resolvers.conversations import resolution, transfer_caller_id
from schema.agent_version import AgentVersion
from schema.edges import edge
from schema.fields import column, field, optional
from schema.node import Node
from schema.outbound_number_resolution import OutboundNumberResolution
from schema.scalars import E164, JSON
from schema.signatures import Argument
from schema.transfer import TransferCallerIdPlan
from schema.user_error import UserError, user_errors

TRANSFER_CALLER_ID_ARGUMENTS: dict[str, Argument] = {
    "kind": (TransferKind, "How the third party is to join."),
    "displayed_number": (
        DisplayedNumber,
        "Whose number a cold transfer is to show; otherwise ignored.",
        DisplayedNumber.TRANSFEREE_NUMBER,
    ),
    "transfer_number": (str | None, "The third party in E.164, or a sip: address; some telephone where absent."),
}


@strawberry.type(description="A conversation: one call of an agent with somebody.")
class Conversation(Node):
    direction: CallDirection = column("Who called whom.")
    status: ConversationStatus = column("Where it is in its life.")
    end_reason: EndReason | None = column("Why it ended; null while it is live.")
    sip_status: int | None = column("The final SIP response, such as 486; null where there was none.")
    agent_number: E164 = column("The number it goes over, as it was when created; what the callee sees.")
    user_number: E164 | None = column("The other side; null: withheld.")
    agent_config: JSON | None = column("The inline agent, as it was sent.")
    initial_context: str | None = column("What the agent was told about this call.")
    custom_metadata: JSON | None = column("The caller's own notes, as it was sent.", name="metadata")
    idempotency_key: str | None = column("The key it was created under.")
    created_at: datetime = column("When it was created.")
    answered_at: datetime | None = column("When it was answered; null: it was not yet.")
    ended_at: datetime | None = column("When it ended; null while it is live.")
    end_detail: str | None = column(
        "What the engine said of the end, in a sentence for people; null where there is nothing to explain."
    )
    organization = edge(
        "organization",
        by="organization_id",
        to="Organization",
        required=True,
        description="Whose conversation it is: the borrower's, not the number's owner's.",
    )
    phone_number = edge(
        "phone_number",
        by=("phone_number_id", "organization_id"),
        to="PhoneNumber",
        description="The number as it is now; null once deleted or no longer visible.",
    )
    agent_version = edge(
        "agent_version",
        by="agent_version_id",
        to="AgentVersion",
        description="Who speaks; null with an inline agentConfig.",
    )
    contact = edge(
        "contact", by="contact_id", to="Contact", description="Whom a campaign called; null: no campaign did."
    )
    resolution = field(
        resolution, OutboundNumberResolution | None, "Why it goes over this number, as decided then; null on inbound."
    )
    transfer_caller_id = field(
        transfer_caller_id,
        TransferCallerIdPlan,
        "What a third party would see, over the trunk as it is now.",
        arguments=TRANSFER_CALLER_ID_ARGUMENTS,
    )
    transfers = edge(
        "transfers", by="id", to="Transfer", many=True, required=True, description="Its transfers, oldest first."
    )


@strawberry.input(description="Which conversations to list; what is absent does not narrow the list.")
class ConversationFilter:
    direction: CallDirection | None = optional("Who called whom.")
    status: list[ConversationStatus] | None = optional("In one of these statuses.")
    agent_number: str | None = optional("Over this number.")
    user_number: str | None = optional("With this other side.")
    agent_id: strawberry.ID | None = optional("With any version of this agent.")
    campaign_id: strawberry.ID | None = optional("Of this campaign.")
    contact_id: strawberry.ID | None = optional("To this contact of a campaign.")
    idempotency_key: str | None = optional("Created under this key.")
    metadata: JSON | None = optional("With these top-level keys of metadata, equal: a JSON object.")
    created_after: datetime | None = optional("Created after this time.")
    created_before: datetime | None = optional("Created before this time.")


@strawberry.input(description="A call to make.")
class CreateOutboundConversationInput:
    organization_id: strawberry.ID | None = optional("The acting organization; the key's own where absent.")
    to: str = column("Whom to call; never an emergency, premium-rate, N11 or satellite number.")
    agent_number: str | None = optional("Dial from exactly this number: an owned one, or one shared from above.")
    agent_version_id: strawberry.ID | None = optional("The agent version that is to speak.")
    agent_id: strawberry.ID | None = optional("The agent that is to speak, in its newest published version.")
    agent_config: JSON | None = optional("An inline agent that is to speak: a JSON object.")
    allow_fallback: bool = column("Whether any own number will do where none is bound to the agent.", default=False)
    initial_context: str | None = optional("What the agent is to know about this call: at most 20000 characters.")
    metadata: JSON | None = optional("Notes of your own: a JSON object.")
    idempotency_key: str | None = optional("1 to 255 characters: the same input again under it dials nothing new.")


@strawberry.type(description="What createOutboundConversation answers.")
class CreateOutboundConversationPayload:
    conversation: Conversation | None = column("The conversation, queued; null where refused.", default=None)
    resolution: OutboundNumberResolution | None = column("Which number and why, also where refused.", default=None)
    replayed: bool = column("The idempotency key had been used: nothing new is dialed.", default=False)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="An inbound call that asks who answers.")
class RouteInboundCallInput:
    called_number: str = column("The number that was called.")
    caller_number: str | None = optional("Who calls; absent: withheld.")
    idempotency_key: str | None = optional("1 to 255 characters: asking again under it gives the same conversation.")


@strawberry.type(description="What routeInboundCall answers.")
class RouteInboundCallPayload:
    conversation: Conversation | None = column("The conversation, ringing; null where refused.", default=None)
    agent_version: AgentVersion | None = column("Who answers; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
