"""Refusals about live calls: transfers, hanging up, reports and routing."""

from tests.refusals.requests import RefusalCase, publish, report, reporting, route, transfer, transfer_caller_id

CALL_CASES: dict[str, RefusalCase] = {
    "a transfer over a trunk that forbids them": (
        "TRANSFER_DISABLED",
        None,
        lambda w: transfer_caller_id(w, "disabled"),
    ),
    "the caller's number over a trunk that shows the agent's": (
        "TRANSFER_CALLER_ID_UNAVAILABLE",
        ["displayedNumber"],
        lambda w: transfer_caller_id(w, "transferor"),
    ),
    "hanging up a stranger's call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        lambda w: (w.harbor, "hangUpConversation", {"conversationId": w["their_conversation"]}),
    ),
    "transferring a stranger's call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        lambda w: transfer(w, "their_conversation"),
    ),
    "reporting an outbound call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        lambda w: report(w, "keyed", status="IN_PROGRESS"),
    ),
    "hanging up what has ended": (
        "CONVERSATION_NOT_LIVE",
        ["conversationId"],
        lambda w: (w.harbor, "hangUpConversation", {"conversationId": w["ended"]}),
    ),
    "transferring what has ended": ("CONVERSATION_NOT_LIVE", ["conversationId"], lambda w: transfer(w, "ended")),
    "transferring what nobody has answered": (
        "CONVERSATION_NOT_LIVE",
        ["conversationId"],
        lambda w: transfer(w, "routed"),
    ),
    "reporting another end": (
        "CONVERSATION_NOT_LIVE",
        ["conversationId"],
        lambda w: report(w, "ended", status="COMPLETED"),
    ),
    "transferring what somebody else carries": ("TRANSFER_FAILED", None, lambda w: transfer(w, "talking")),
    "a report that goes back": ("INVALID_INPUT", ["status"], lambda w: report(w, "talking", status="RINGING")),
    **{
        f"a report of an inbound call that is {status}": (
            "INVALID_INPUT",
            ["status"],
            reporting(status),
        )
        for status in ("QUEUED", "DIALING")
    },
    "a report of a failure without its reason": (
        "INVALID_INPUT",
        ["endReason"],
        lambda w: report(w, "talking", status="FAILED"),
    ),
    "a report whose reason is of another end": (
        "INVALID_INPUT",
        ["endReason"],
        lambda w: report(w, "talking", status="COMPLETED", endReason="BUSY"),
    ),
    "a report of a live call with a reason": (
        "INVALID_INPUT",
        ["endReason"],
        lambda w: report(w, "routed", status="IN_PROGRESS", endReason="HANGUP"),
    ),
    "instructions for a transfer that is not warm": (
        "INVALID_INPUT",
        ["supervisorInstructions"],
        lambda w: transfer(w, "talking", supervisorInstructions="Say hello."),
    ),
    "a call to a number that nobody answers": (
        "NO_INBOUND_AGENT",
        ["calledNumber"],
        lambda w: route(w, w.numbers["free"].e164),
    ),
    "a call to an agent that is off": (
        "NO_INBOUND_AGENT",
        ["calledNumber"],
        lambda w: route(w, w.numbers["off"].e164),
    ),
    "an organization at the thirty-third level": (
        "LIMIT_EXCEEDED",
        ["parentId"],
        lambda w: (w.other_clients["deepest"], "createOrganization", {"name": "New", "slug": "new"}),
    ),
    "a number both to fill and to clear": (
        "INVALID_INPUT",
        ["unassignPhoneNumbers"],
        lambda w: publish(
            w, phoneNumbers=[w.numbers["free"].e164], unassignPhoneNumbers=[w.numbers["free"].e164.replace("+1", "+1-")]
        ),
    ),
    "a version from a config and a base": (
        "INVALID_INPUT",
        ["config"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["desk"], "config": {}, "baseVersionId": w["desk_1"]}),
    ),
    "a version from nothing": (
        "INVALID_INPUT",
        ["config"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["desk"]}),
    ),
    "a warm transfer to a sip: address": (
        "INVALID_INPUT",
        ["transferNumber"],
        lambda w: transfer_caller_id(w, "keyed", kind="WARM", transferNumber="sip:boss@example.com"),
    ),
}
