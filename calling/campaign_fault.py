"""Tell a campaign's own fault from a contact's: by the first nobody is refused, and the campaign pauses (R20, R22)."""

from collections.abc import Mapping
from types import MappingProxyType

from models import ErrorCode, PauseReason, Refusal

# Refusals that the next contact would meet, too.
REASON_BY_REFUSAL: Mapping[ErrorCode, PauseReason] = MappingProxyType(
    {
        ErrorCode.AGENT_INACTIVE: PauseReason.AGENT_INACTIVE,
        ErrorCode.AGENT_REQUIRED: PauseReason.AGENT_INACTIVE,
        ErrorCode.AGENT_VERSION_NOT_FOUND: PauseReason.AGENT_INACTIVE,
        ErrorCode.PHONE_NUMBER_NOT_FOUND: PauseReason.NO_POOL_NUMBER,
        ErrorCode.NO_OUTBOUND_CONFIGURATION: PauseReason.NO_POOL_NUMBER,
        ErrorCode.NO_NUMBER_BOUND: PauseReason.NO_POOL_NUMBER,
        ErrorCode.NO_OUTBOUND_NUMBER: PauseReason.NO_POOL_NUMBER,
    }
)


def fault_of_campaign(refusal: Refusal, own_number: str | None) -> PauseReason | None:
    """Return why the campaign pauses if a call is refused like that; None: the contact is refused.

    `own_number`: the contact's own agentNumber, whose fault is the contact's.
    """
    reason = REASON_BY_REFUSAL.get(refusal.code)
    return reason if reason is PauseReason.AGENT_INACTIVE or own_number is None else None
