"""Build the refusals that several rules share."""

from models import ErrorCode, Refused
from models.call_rows import ConversationRow


def number_not_found(e164: str, *field: str) -> Refused:
    """Refuse a number that the organization may not see, alike whether it is unknown or another organization's (R6)."""
    return Refused(
        ErrorCode.PHONE_NUMBER_NOT_FOUND,
        f"{e164} is not a number that this organization owns or may dial from."
        " List those it may with phoneNumbers, or ask the owner above it to switch sharing on.",
        *field,
    )


# Also in migrations/versions/0025_attempts.py.
NUMBER_SUPPRESSED = "The number must not be called. Call another, or ask whoever manages the suppressions."


def number_suppressed(*field: str) -> Refused:
    """Refuse a number that must not be called: the message says neither whose entry it is, nor why (R21)."""
    return Refused(ErrorCode.NUMBER_SUPPRESSED, NUMBER_SUPPRESSED, *field)


def no_outbound_configuration(e164: str) -> Refused:
    """Refuse to dial from a number whose trunk has no outbound configuration."""
    return Refused(
        ErrorCode.NO_OUTBOUND_CONFIGURATION,
        f"{e164} cannot dial out: its trunk has no outbound configuration."
        " Whoever owns the trunk gives it one with updateTrunk(outbound: …); or choose another number.",
    )


def agent_not_found(*field: str) -> Refused:
    """Refuse an agent that does not exist in the acting organization."""
    return Refused(ErrorCode.AGENT_NOT_FOUND, "No such agent in this organization. List them with agents.", *field)


def agent_version_not_found(*field: str) -> Refused:
    """Refuse an agent version that does not exist in the acting organization."""
    return Refused(
        ErrorCode.AGENT_VERSION_NOT_FOUND,
        "No such agent version in this organization. List an agent's versions with agents { nodes { versions } }.",
        *field,
    )


def conversation_not_found() -> Refused:
    """Refuse a conversation that does not exist, or is outside the reach of the API key."""
    return Refused(
        ErrorCode.CONVERSATION_NOT_FOUND,
        "No such conversation among those of the organizations that this API key may act for."
        " List them with conversations.",
        "conversationId",
    )


def routed_conversation_not_found() -> Refused:
    """Refuse a conversation that routeInboundCall did not create for this organization or one below it."""
    return Refused(
        ErrorCode.CONVERSATION_NOT_FOUND,
        "No such conversation among those that routeInboundCall answered for this organization or one below it."
        " Send the id that it answered.",
        "conversationId",
    )


def conversation_not_live(conversation: ConversationRow) -> Refused:
    """Refuse to change a conversation that has ended; the message says how."""
    return Refused(
        ErrorCode.CONVERSATION_NOT_LIVE,
        f"The conversation has ended ({conversation.status}, {conversation.end_reason}), and nothing changes it any"
        " more. Call again with another conversation.",
        "conversationId",
    )


def transfer_failed(message: str, *field: str) -> Refused:
    """Refuse a transfer that cannot begin; the call goes on with the agent."""
    return Refused(ErrorCode.TRANSFER_FAILED, message, *field)
