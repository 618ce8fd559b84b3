"""How a call ended, in the words of the API: from SIP, from what an engine tells, and to the status (R12)."""

from models import ConversationStatus, EndReason
from telephony.engine import Ending

# The final response of the carrier to an INVITE; what is not here is the carrier's failure.
OF_SIP: dict[int, EndReason] = {
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
OF_ENDING: dict[Ending, EndReason] = {
    Ending.HUNG_UP: EndReason.HANGUP,
    Ending.UNANSWERED: EndReason.NO_ANSWER,
    Ending.CANCELLED: EndReason.CANCELLED,
    Ending.TRANSFERRED: EndReason.TRANSFERRED,
    Ending.UNREACHABLE: EndReason.CARRIER_ERROR,
    Ending.LOST: EndReason.ENGINE_LOST,
}
FINAL: dict[EndReason, ConversationStatus] = {
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
}


def end_reason(ending: Ending | None, sip_status: int | None) -> EndReason:
    if ending is None or ending is Ending.REFUSED:
        return OF_SIP.get(sip_status or 0, EndReason.CARRIER_ERROR)
    return OF_ENDING[ending]
