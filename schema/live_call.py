"""Declare hanging up, transferring and reporting calls in progress."""

import strawberry

from models import ConversationStatus, DisplayedNumber, EndReason, TransferKind
from schema.conversation import Conversation
from schema.fields import column, optional
from schema.transfer import Transfer
from schema.user_error import UserError, user_errors


@strawberry.input(description="A conversation to end.")
class HangUpConversationInput:
    conversation_id: strawberry.ID = column("A live conversation.")


@strawberry.type(description="What hangUpConversation answers.")
class HangUpConversationPayload:
    conversation: Conversation | None = column(
        "The conversation: CANCELLED where it was not dialed yet; else its end follows as soon as the engine tells it."
        " Null where refused.",
        default=None,
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A third party to bring into a conversation.")
class TransferConversationInput:
    conversation_id: strawberry.ID = column("A conversation that is IN_PROGRESS.")
    kind: TransferKind = column("How the third party joins.")
    transfer_number: str = column(
        "The third party: E.164, or a sip: address (no password, no headers) for a cold transfer that is a REFER."
    )
    displayed_number: DisplayedNumber | None = optional(
        "Whose number a cold transfer is to show: TRANSFEREE_NUMBER where absent. Otherwise ignored."
    )
    supervisor_instructions: str | None = optional(
        "What the agent is to tell the third party of a warm transfer: at most 20000 characters."
    )


@strawberry.type(description="What transferConversation answers.")
class TransferConversationPayload:
    conversation: Conversation | None = column("The conversation; null where refused.", default=None)
    transfer: Transfer | None = column(
        "The transfer, which the telephony engine has begun; null where refused. A failed one leaves the caller where"
        " they were.",
        default=None,
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="How a call went on that routeInboundCall answered.")
class ReportInboundCallInput:
    conversation_id: strawberry.ID = column("The conversation that routeInboundCall answered.")
    status: ConversationStatus = column(
        "RINGING, IN_PROGRESS or a final status; never backwards. The same again changes nothing."
    )
    end_reason: EndReason | None = optional(
        "Why it ended, with a final status alone; needed for FAILED. Absent: HANGUP, NO_ANSWER, CANCELLED or"
        " TRANSFERRED, as the status means."
    )
    sip_status: int | None = optional("The final SIP response: 200 to 699.")


@strawberry.type(description="What reportInboundCall answers.")
class ReportInboundCallPayload:
    conversation: Conversation | None = column("The conversation as it is now; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
