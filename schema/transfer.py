"""Declare transfers, and the plan of what their third party sees."""

from datetime import datetime

import strawberry

from models import DisplayedNumber, TransferKind, TransferMechanism, TransferStatus
from schema.fields import column
from schema.node import Node
from schema.scalars import E164
from schema.user_error import UserError


@strawberry.type(description="What the third party of a transfer will see as caller ID, and how.")
class TransferCallerIdPlan:
    requested: DisplayedNumber | None = column(
        "What was asked for; null where there is no choice: not a cold transfer."
    )
    caller_id: E164 | None = column("What the third party will see; null where refused, or withheld.")
    mechanism: TransferMechanism | None = column("How it would be carried out; null where refused.")
    warnings: list[str] = column("What the carrier may do to the plan.")
    refusal: UserError | None = column("Why it cannot be done; null where it can.")


@strawberry.type(description="A transfer of a conversation.")
class Transfer(Node):
    kind: TransferKind = column("How the third party joins.")
    status: TransferStatus = column("How far it has come.")
    transfer_number: str = column("The third party: E.164, or a sip: address.")
    displayed_number: DisplayedNumber | None = column("Whose number a cold transfer was to show.")
    caller_id: E164 | None = column("What the third party sees; null: withheld.")
    mechanism: TransferMechanism | None = column("How it is carried out.")
    sip_status: int | None = column("The final SIP response; null where there was none.")
    created_at: datetime = column("When it was asked for.")
    ended_at: datetime | None = column("When it succeeded or failed; null before.")
