"""Maps from SIP statuses and an engine's endings to the end reason and final status of a conversation (R12).

SIP statuses: RFC 3261, 21; 607 is RFC 8197, 608 is RFC 8688.
"""

from models import ConversationStatus, EndReason
from telephony.engine import Ending

# The end reason by the SIP status of the carrier's final response to an INVITE; any other status is CARRIER_ERROR.
END_REASON_BY_SIP_STATUS: dict[int, EndReason] = {
    401: EndReason.TRUNK_AUTHENTICATION,
    403: EndReason.BLOCKED,
    404: EndReason.INVALID_NUMBER,
    407: EndReason.TRUNK_AUTHENTICATION,
    408: EndReason.NO_ANSWER,
    410: EndReason.INVALID_NUMBER,
    480: EndReason.NO_ANSWER,
    484: EndReason.INVALID_NUMBER,
    486: EndReason.BUSY,
    487: EndReason.NO_ANSWER,
    600: EndReason.BUSY,
    603: EndReason.REJECTED,
    604: EndReason.INVALID_NUMBER,
    607: EndReason.REJECTED,
    608: EndReason.BLOCKED,
}
END_REASON_BY_ENDING: dict[Ending, EndReason] = {
    Ending.HUNG_UP: EndReason.HANGUP,
    Ending.UNANSWERED: EndReason.NO_ANSWER,
    Ending.CANCELLED: EndReason.CANCELLED,
    Ending.TRANSFERRED: EndReason.TRANSFERRED,
    Ending.UNREACHABLE: EndReason.CARRIER_ERROR,
    Ending.NO_MEDIA: EndReason.CARRIER_ERROR,
    Ending.LOST: EndReason.ENGINE_LOST,
    Ending.AGENT_UNREACHABLE: EndReason.AGENT_UNREACHABLE,
}
STATUS_BY_END_REASON: dict[EndReason, ConversationStatus] = {
    EndReason.HANGUP: ConversationStatus.COMPLETED,
    EndReason.BUSY: ConversationStatus.UNANSWERED,
    EndReason.NO_ANSWER: ConversationStatus.UNANSWERED,
    EndReason.REJECTED: ConversationStatus.UNANSWERED,
    EndReason.BLOCKED: ConversationStatus.FAILED,
    EndReason.INVALID_NUMBER: ConversationStatus.FAILED,
    EndReason.TRUNK_AUTHENTICATION: ConversationStatus.FAILED,
    EndReason.CARRIER_ERROR: ConversationStatus.FAILED,
    EndReason.CANCELLED: ConversationStatus.CANCELLED,
    EndReason.TRANSFERRED: ConversationStatus.TRANSFERRED,
    EndReason.NUMBER_NO_LONGER_AVAILABLE: ConversationStatus.FAILED,
    EndReason.ENGINE_LOST: ConversationStatus.FAILED,
    EndReason.AGENT_UNREACHABLE: ConversationStatus.FAILED,
    EndReason.NUMBER_SUPPRESSED: ConversationStatus.CANCELLED,
    EndReason.WINDOW_CLOSED: ConversationStatus.CANCELLED,
}


def end_reason_for(ending: Ending | None, sip_status: int | None) -> EndReason:
    """Return the end reason of a call: that of its ending if it has one, else that of the SIP status."""
    if ending is None or ending is Ending.REFUSED:
        return END_REASON_BY_SIP_STATUS.get(sip_status or 0, EndReason.CARRIER_ERROR)
    return END_REASON_BY_ENDING[ending]
