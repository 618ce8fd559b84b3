"""Create a transfer by its plan; a conversation has one open transfer at a time (R13).

The engine is asked after the commit; `dialing.transfer_wait` waits for its answer.
"""

from dataclasses import dataclass

from calling import validation
from calling.e164 import normalize_e164
from calling.live_call import load_live_call
from calling.refusals import transfer_failed
from calling.transfer_plan import TransferCapabilities, TransferRequest, is_target_suppressed, plan_transfer
from models import ConversationStatus, DisplayedNumber, ErrorCode, Reach, Refused, Transfer, TransferKind
from models.active_call_statements import is_carried_elsewhere
from models.call_rows import ConversationRow
from models.queue_statements import select_trunk_of_number
from models.transfer_statements import select_open_transfer_id
from storage import WriteSession


@dataclass(frozen=True)
class TransferInput:
    """The unchecked input of a transfer. A `displayed_number` of None means the default."""

    kind: TransferKind
    transfer_number: str
    displayed_number: DisplayedNumber | None = None
    supervisor_instructions: str | None = None

    def to_request(self) -> TransferRequest:
        """Convert the input to the argument of `plan_transfer`, with the default of the displayed number."""
        return TransferRequest(
            self.kind, self.displayed_number or DisplayedNumber.TRANSFEREE_NUMBER, self.transfer_number
        )


async def request_transfer(
    session: WriteSession,
    reach: Reach,
    conversation_id: str,
    transfer_input: TransferInput,
    capabilities: TransferCapabilities,
) -> Transfer:
    """Create a transfer in status REQUESTED, planned for the current trunk of the number.

    Raises Refused: CONVERSATION_NOT_FOUND, CONVERSATION_NOT_LIVE, INVALID_INPUT, the refusal of the plan, and
    TRANSFER_FAILED if another transfer is open or another system carries the call.
    """
    call = await load_live_call(session, reach, conversation_id)
    _require_talking(call)
    _check_form(transfer_input)
    trunk = (await session.execute(select_trunk_of_number(call.phone_number_id))).first()
    suppressed = await is_target_suppressed(session, call, transfer_input.transfer_number, capabilities)
    planned = plan_transfer(call, trunk, transfer_input.to_request(), capabilities, is_suppressed=suppressed)
    if planned.refusal:
        raise Refused(planned.refusal.code, planned.refusal.message, *(planned.refusal.field or ()))
    if is_carried_elsewhere(call):
        raise transfer_failed(
            "Whoever routed this call carries it: ask there. transferCallerId says what the third party is to see."
        )
    if await session.scalar(select_open_transfer_id(call.id)):
        raise transfer_failed("Another transfer of this conversation is still going on. Ask again once it has ended.")
    transfer = Transfer(
        organization_id=call.organization_id,
        conversation_id=call.id,
        kind=transfer_input.kind,
        transfer_number=normalize_e164(transfer_input.transfer_number) or _lower_scheme(transfer_input.transfer_number),
        displayed_number=planned.requested,
        caller_id=planned.caller_id,
        mechanism=planned.mechanism,
        supervisor_instructions=transfer_input.supervisor_instructions,
    )
    session.add(transfer)
    return transfer


def _lower_scheme(address: str) -> str:
    """Write the scheme of a SIP address in lower case, as engines expect it."""
    scheme, colon, rest = address.partition(":")
    return scheme.lower() + colon + rest


def _require_talking(call: ConversationRow) -> None:
    if call.status is not ConversationStatus.IN_PROGRESS:
        raise Refused(
            ErrorCode.CONVERSATION_NOT_LIVE,
            f"Nobody has answered yet ({call.status}), so there is nobody to transfer."
            " Ask again when the conversation is IN_PROGRESS.",
            "conversationId",
        )


def _check_form(transfer_input: TransferInput) -> None:
    if transfer_input.supervisor_instructions is None:
        return
    if transfer_input.kind is not TransferKind.WARM:
        raise validation.invalid_input(
            "supervisorInstructions are for a WARM transfer, where the agent briefs the third party. Leave them out.",
            "supervisorInstructions",
        )
    validation.check_text(transfer_input.supervisor_instructions, "supervisorInstructions")
