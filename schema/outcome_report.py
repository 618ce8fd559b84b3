"""Declare the report of a call's outcome by whoever speaks in it."""

from datetime import datetime

import strawberry

from models import AttemptOutcome
from schema.conversation import Conversation
from schema.fields import column, optional
from schema.user_error import UserError, user_errors


@strawberry.input(description="What became of a campaign's call, which only its agent knows.")
class ReportOutcomeInput:
    conversation_id: strawberry.ID = column("An answered call of a campaign, live or ended.")
    outcome: AttemptOutcome = column("VOICEMAIL, CALL_BACK or DO_NOT_CALL.")
    call_back_at: datetime | None = optional("When to call again, with CALL_BACK alone.")


@strawberry.type(description="What reportOutcome answers.")
class ReportOutcomePayload:
    conversation: Conversation | None = column("The conversation; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
