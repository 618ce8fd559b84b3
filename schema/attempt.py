"""Declare the attempts to reach a contact."""

from datetime import datetime

import strawberry

import calling.number_choice
from models import AttemptOutcome
from models.call_rows import ConversationRow
from schema.edges import edge
from schema.fields import column, field
from schema.number_choice import NumberChoice


def choice(root: ConversationRow) -> calling.number_choice.NumberChoice | None:
    """Return what chose the number, as it was stored."""
    return calling.number_choice.choice_of_conversation(root)


@strawberry.type(description="One call to a contact that counts.")
class Attempt:
    attempt_number: int = column("Which attempt it was: 1 is the first.", name="number")
    created_at: datetime = column("When it was queued, to be dialed at once.", name="startedAt")
    attempt_outcome: AttemptOutcome | None = column("What it came to; null: not known yet.", name="outcome")
    conversation = edge("conversation", by="id", to="Conversation", required=True, description="The call.")
    choice = field(choice, NumberChoice | None, "Which number it went out from, and why.")
