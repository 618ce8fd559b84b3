"""Plan a transfer: which caller ID the third party sees, and whether by REFER (RFC 3515) or a second call (R13)."""

from dataclasses import dataclass

from calling import validation
from calling.destinations import check_destination, numbers_dialed_for, require_allowed_sip_uri
from calling.refusals import no_outbound_configuration, number_suppressed, transfer_failed
from calling.sip_uri import parse_sip_uri
from models import (
    DisplayedNumber,
    ErrorCode,
    Refusal,
    Refused,
    TransferCallerId,
    TransferKind,
    TransferMechanism,
    TransferMode,
    now,
)
from models.active_call_statements import is_carried_elsewhere
from models.call_rows import ConversationRow
from models.number_rows import TransferPolicy
from models.suppression import find_suppressed_numbers
from storage import ReadSession


@dataclass(frozen=True)
class TransferPlan:
    """How a transfer would be carried out, or why it cannot be. `caller_id` is what the third party sees."""

    requested: DisplayedNumber | None
    caller_id: str | None = None
    mechanism: TransferMechanism | None = None
    warnings: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class TransferRequest:
    """The transfer to plan. A `target` of None stands for any telephone number."""

    kind: TransferKind
    displayed_number: DisplayedNumber
    target: str | None = None

    @property
    def chosen_number(self) -> DisplayedNumber | None:
        """The number to display in a cold transfer; None for others, which are dialed from the agent's number."""
        return self.displayed_number if self.kind is TransferKind.COLD else None


@dataclass(frozen=True)
class TransferCapabilities:
    """What the installation allows: target regions, and whether its engine mixes a third party's audio into a call."""

    allowed_regions: frozenset[str] = frozenset()
    mixes_media: bool = False


def plan_transfer(
    conversation: ConversationRow,
    trunk: TransferPolicy | None,
    request: TransferRequest,
    capabilities: TransferCapabilities,
    *,
    is_suppressed: bool,
) -> TransferPlan:
    """Return the plan for a conversation. `trunk` is the current trunk of its number; None if the number was deleted.

    `is_suppressed`: whether the target must not be called (R21). Raises nothing: a refusal is part of the plan. A
    conversation that another system carries is planned with that system's capabilities.
    """
    requested = request.chosen_number
    has_mixed_media = capabilities.mixes_media or is_carried_elsewhere(conversation)
    try:
        to_telephone = _check_target(request.target, capabilities.allowed_regions, conversation.agent_number)
        if is_suppressed:
            raise number_suppressed("transferNumber")
        if trunk is None:
            raise _number_deleted(conversation.agent_number)
        if requested and MECHANISMS[requested, trunk.transfer_caller_id] is not TransferMechanism.DIAL:
            return _plan_refer(conversation, trunk, requested, to_telephone, has_mixed_media=has_mixed_media)
        return _plan_dial(conversation, trunk, requested, to_telephone, has_mixed_media=has_mixed_media)
    except Refused as error:
        return TransferPlan(requested, refusal=error.refusal)


async def is_target_suppressed(
    session: ReadSession, conversation: ConversationRow, target: str | None, capabilities: TransferCapabilities
) -> bool:
    """Tell whether the target of a transfer must not be called (R21). One that is malformed is refused by the plan."""
    try:
        regions, agent_number = capabilities.allowed_regions, conversation.agent_number
        numbers = numbers_dialed_for(target, regions, agent_number) if target else set()
    except Refused:
        return False
    return bool(await find_suppressed_numbers(session, conversation.organization_id, sorted(numbers), now()))


# The mechanism by the number to display and the number that the carrier presents on a REFER. None: not possible.
MECHANISMS = {
    (DisplayedNumber.TRANSFEREE_NUMBER, TransferCallerId.FROM_TRANSFEREE): TransferMechanism.SIP_REFER,
    (DisplayedNumber.TRANSFEREE_NUMBER, TransferCallerId.FROM_TRANSFEROR): None,
    (DisplayedNumber.AGENT_NUMBER, TransferCallerId.FROM_TRANSFEROR): TransferMechanism.SIP_REFER,
    (DisplayedNumber.AGENT_NUMBER, TransferCallerId.FROM_TRANSFEREE): TransferMechanism.DIAL,
}


def _plan_refer(
    conversation: ConversationRow,
    trunk: TransferPolicy,
    requested: DisplayedNumber,
    to_telephone: bool,
    *,
    has_mixed_media: bool,
) -> TransferPlan:
    """Plan a cold transfer by REFER: the carrier moves the caller, and the trunk says which number it presents."""
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
            " Set it to ENABLE_ALL or SIP_ONLY with updateTrunk"
            f"{', or dial the third party with CONFERENCE' if has_mixed_media else ''}.",
        )
    shown: str | None = conversation.agent_number
    warnings = []
    if requested is DisplayedNumber.TRANSFEREE_NUMBER:
        shown = conversation.user_number
        if shown is None:
            warnings.append("The caller withheld their number: the third party may see none, or one of the carrier's.")
    if to_telephone and trunk.transfer_mode is TransferMode.SIP_ONLY:
        warnings.append(
            "The trunk's transferMode is SIP_ONLY, which the carrier documents as refusing telephone numbers."
        )
    return TransferPlan(requested, shown, TransferMechanism.SIP_REFER, tuple(warnings))


def _plan_dial(
    conversation: ConversationRow,
    trunk: TransferPolicy,
    requested: DisplayedNumber | None,
    to_telephone: bool,
    *,
    has_mixed_media: bool,
) -> TransferPlan:
    """Plan a second call from the agent's number: warm transfer, conference, or cold if a REFER cannot display it."""
    if not to_telephone:
        raise validation.invalid_input(
            "A third party is dialed here, so it must be a telephone number in E.164."
            " A sip: address can only be the target of a cold transfer that is carried out by REFER.",
            "transferNumber",
        )
    if trunk.outbound_address is None:
        raise no_outbound_configuration(conversation.agent_number)
    if not has_mixed_media:
        raise _media_not_mixed(trunk, requested)
    return TransferPlan(requested, conversation.agent_number, TransferMechanism.DIAL)


def _media_not_mixed(trunk: TransferPolicy, requested: DisplayedNumber | None) -> Refused:
    """Refuse to dial by an engine that does not mix media: each side would hear a test tone."""
    displayable = next(
        displayed
        for (displayed, presented), mechanism in MECHANISMS.items()
        if presented is trunk.transfer_caller_id and mechanism is TransferMechanism.SIP_REFER
    )
    return transfer_failed(
        "The engine sip does not connect a third party that it dials: each side would hear a tone. Ask for COLD with"
        f" displayedNumber {displayable}, which the carrier carries out by REFER, or use LiveKit (LIVEKIT_URL).",
        "displayedNumber" if requested else "kind",
    )


def _check_target(target: str | None, allowed_regions: frozenset[str], agent_number: str) -> bool:
    """Check the target, and tell whether it is a telephone number; None stands for one.

    A SIP address is checked too, as a carrier may dial its user part. Raises Refused.
    """
    if target is None:
        return True
    address = parse_sip_uri(target, "transferNumber")
    if address is None:
        check_destination(target, allowed_regions, "transferNumber")
        return True
    require_allowed_sip_uri(address, allowed_regions, agent_number, "transferNumber")
    return False


def _number_deleted(agent_number: str) -> Refused:
    return Refused(
        ErrorCode.PHONE_NUMBER_NOT_FOUND,
        f"{agent_number} has been deleted since, and a transfer goes over its trunk. Call again from another number.",
    )
