"""What the third party of a transfer sees as caller ID, and how the transfer would be carried out (R13)."""

import re
from dataclasses import dataclass
from typing import Any

from calling import form
from calling.destinations import destination
from calling.weighing import no_outbound_configuration
from models import (
    DisplayedNumber,
    ErrorCode,
    Refusal,
    Refused,
    TransferCallerId,
    TransferKind,
    TransferMechanism,
    TransferMode,
)

_SIP_ADDRESS = re.compile(r"sips?:(?=\S)(?P<number>\+[0-9.-]+(?=[@;]|$))?[^\s<>\"\x00]{0,250}", re.IGNORECASE)


@dataclass(frozen=True)
class TransferPlan:
    requested: DisplayedNumber | None
    caller_id: str | None = None
    mechanism: TransferMechanism | None = None
    warnings: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class TransferRequest:
    """What a transfer is asked to be; `target` None stands for some telephone number."""

    kind: TransferKind
    displayed: DisplayedNumber
    target: str | None = None

    @property
    def requested(self) -> DisplayedNumber | None:
        """Only a cold transfer leaves a choice: the others are dialed from the agent's number, always."""
        return self.displayed if self.kind is TransferKind.COLD else None


def plan(conversation: Any, trunk: Any, asked: TransferRequest, allowed_regions: frozenset[str]) -> TransferPlan:
    """The plan for `conversation` over the trunk of its number as that is now; `trunk` None: the number is deleted."""
    requested = asked.requested
    try:
        telephone = _is_telephone(asked.target, allowed_regions)
        if trunk is None:
            raise _number_deleted(conversation.agent_number)
        if requested and MECHANISMS[requested, trunk.transfer_caller_id] is not TransferMechanism.DIAL:
            return _refer(conversation, trunk, requested, telephone)
        return _dial(conversation, trunk, requested, telephone)
    except Refused as refused:
        return TransferPlan(requested, refusal=refused.refusal)


# What is displayed, and what the trunk's carrier presents on a REFER; None: nothing can.
MECHANISMS = {
    (DisplayedNumber.TRANSFEREE_NUMBER, TransferCallerId.FROM_TRANSFEREE): TransferMechanism.SIP_REFER,
    (DisplayedNumber.TRANSFEREE_NUMBER, TransferCallerId.FROM_TRANSFEROR): None,
    (DisplayedNumber.AGENT_NUMBER, TransferCallerId.FROM_TRANSFEROR): TransferMechanism.SIP_REFER,
    (DisplayedNumber.AGENT_NUMBER, TransferCallerId.FROM_TRANSFEREE): TransferMechanism.DIAL,
}


def _refer(conversation: Any, trunk: Any, requested: DisplayedNumber, telephone: bool) -> TransferPlan:
    """Cold transfer: the carrier moves the live caller, and the trunk says whose number it presents."""
    if MECHANISMS[requested, trunk.transfer_caller_id] is None:
        raise Refused(
            ErrorCode.TRANSFER_CALLER_ID_UNAVAILABLE,
            "The trunk presents the agent's number on a transfer (transferCallerId FROM_TRANSFEROR), so the caller's"
            " cannot be shown. Ask for AGENT_NUMBER, or set the trunk to FROM_TRANSFEREE.",
            "displayedNumber",
        )
    if trunk.transfer_mode is TransferMode.DISABLE_ALL:
        raise Refused(
            ErrorCode.TRANSFER_DISABLED,
            "The trunk refuses transfers by REFER (transferMode DISABLE_ALL)."
            " Set it to ENABLE_ALL or SIP_ONLY with updateTrunk, or dial the third party with CONFERENCE.",
        )
    shown = conversation.agent_number
    warnings = []
    if requested is DisplayedNumber.TRANSFEREE_NUMBER:
        shown = conversation.user_number
        if shown is None:
            warnings.append("The caller withheld their number: the third party may see none, or one of the carrier's.")
    if telephone and trunk.transfer_mode is TransferMode.SIP_ONLY:
        warnings.append(
            "The trunk's transferMode is SIP_ONLY, which the carrier documents as refusing telephone numbers."
        )
    return TransferPlan(requested, shown, TransferMechanism.SIP_REFER, tuple(warnings))


def _dial(conversation: Any, trunk: Any, requested: DisplayedNumber | None, telephone: bool) -> TransferPlan:
    """Warm transfer, conference, and the cold one that shows the agent's number: a second call from that number."""
    if not telephone:
        raise form.invalid(
            "A third party is dialed here, so it must be a telephone number in E.164."
            " A sip: address can only be the target of a cold transfer that is carried out by REFER.",
            "transferNumber",
        )
    if trunk.outbound_address is None:
        raise no_outbound_configuration(conversation.agent_number)
    return TransferPlan(requested, conversation.agent_number, TransferMechanism.DIAL)


def _is_telephone(target: str | None, allowed_regions: frozenset[str]) -> bool:
    """A SIP address is none; one that names a telephone number is no way around the rule for destinations."""
    if target is None:
        return True
    address = _SIP_ADDRESS.fullmatch(target)
    if address is None or address["number"]:
        destination(address["number"] if address else target, allowed_regions, "transferNumber")
    return address is None


def _number_deleted(agent_number: str) -> Refused:
    return Refused(
        ErrorCode.PHONE_NUMBER_NOT_FOUND,
        f"{agent_number} has been deleted since, and a transfer goes over its trunk. Call again from another number.",
    )
