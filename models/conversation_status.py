"""Define the statuses and end reasons of conversations, and the conditions of their partial indexes."""

from enum import unique

from models.described_enum import DescribedEnum


@unique
class ConversationStatus(DescribedEnum):
    QUEUED = "Created, and waits to be dialed."
    DIALING = "Handed to the carrier."
    RINGING = "Rings at the other side."
    IN_PROGRESS = "The two sides talk."
    COMPLETED = "Ended by hanging up. Final."
    FAILED = "Could not be carried out; the end reason says why. Final."
    CANCELLED = "Called off before it was answered. Final."
    TRANSFERRED = "Handed over to a third party. Final."
    UNANSWERED = "Busy, not answered or declined. Final."


# As text: a partial index serves only statements with the same literals, not with parameters.
IS_QUEUED_SQL = "status = 'QUEUED'"
IS_ACTIVE_SQL = "status IN ('DIALING', 'RINGING', 'IN_PROGRESS')"
IS_INBOUND_SQL = "direction = 'INBOUND'"
LIVE_STATUSES = (
    ConversationStatus.QUEUED,
    ConversationStatus.DIALING,
    ConversationStatus.RINGING,
    ConversationStatus.IN_PROGRESS,
)


@unique
class EndReason(DescribedEnum):
    HANGUP = "One of the two sides hung up."
    BUSY = "The other side was busy."
    NO_ANSWER = "Nobody answered in time."
    REJECTED = "The other side declined."
    BLOCKED = "The call was blocked, such as for its caller ID."
    INVALID_NUMBER = "The carrier does not know the number called."
    TRUNK_AUTHENTICATION = "The carrier refused the trunk's credentials."
    CARRIER_ERROR = "The carrier failed."
    CANCELLED = "Called off before it was answered."
    TRANSFERRED = "Handed over to a third party."
    NUMBER_NO_LONGER_AVAILABLE = "The number could no longer be dialed from when the call's turn came."
    ENGINE_LOST = "The telephony engine lost the call."
    AGENT_UNREACHABLE = "The agent could not be reached, so nobody was called; or it was lost during the call."
    NUMBER_SUPPRESSED = "The number called was suppressed while the call waited; nobody was called."
    WINDOW_CLOSED = "The campaign's window closed, or it was paused, while the call waited; nobody was called."
