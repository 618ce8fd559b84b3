"""Refusals about phone numbers: their form, who owns them, whether they can dial, who would speak (R3 to R9)."""

from tests.refusals.requests import (
    RefusalCase,
    create_conversation,
    dialing,
    preview_number,
    publish,
    publishing,
    register,
    route,
    transfer_caller_id,
    writing,
)

NUMBER_CASES: dict[str, RefusalCase] = {
    "a number to call that is none": ("INVALID_PHONE_NUMBER", ["to"], lambda w: create_conversation(w, to="911")),
    "a number to dial from that is none": (
        "INVALID_PHONE_NUMBER",
        ["agentNumber"],
        lambda w: preview_number(w, agentNumber="x"),
    ),
    "a number to register that is none": (
        "INVALID_PHONE_NUMBER",
        ["e164"],
        lambda w: (w.harbor, "createPhoneNumber", {"e164": "5551234567", "trunkId": w["carrier"]}),
    ),
    "a number to publish to that is none": (
        "INVALID_PHONE_NUMBER",
        ["phoneNumbers", "1"],
        lambda w: publish(w, phoneNumbers=[w.numbers["free"].e164, "+1"]),
    ),
    "a number to clear that is none": (
        "INVALID_PHONE_NUMBER",
        ["unassignPhoneNumbers", "0"],
        lambda w: publish(w, unassignPhoneNumbers=["+1"]),
    ),
    "a called number that is none": ("INVALID_PHONE_NUMBER", ["calledNumber"], lambda w: route(w, "anonymous")),
    "a caller's number that is none": (
        "INVALID_PHONE_NUMBER",
        ["callerNumber"],
        lambda w: route(w, w.numbers["bound"].e164, callerNumber="anonymous"),
    ),
    "a number to transfer to that is none": (
        "INVALID_PHONE_NUMBER",
        ["transferNumber"],
        lambda w: transfer_caller_id(w, "keyed", transferNumber="the boss"),
    ),
    **{
        f"dialing from a number that is {which}": (
            "PHONE_NUMBER_NOT_FOUND",
            ["agentNumber"],
            dialing(which),
        )
        for which in ("unknown", "unshared", "strange")
    },
    **{
        f"publishing to a number that is {which}": (
            "PHONE_NUMBER_NOT_FOUND",
            ["phoneNumbers", "1"],
            publishing(which),
        )
        for which in ("unknown", "borrowed", "unshared", "strange")
    },
    **{
        f"{mutation} of a number that is {which}": (
            "PHONE_NUMBER_NOT_FOUND",
            ["phoneNumberId"],
            writing(mutation, which, **sent),
        )
        for which in ("unknown", "borrowed", "unshared", "strange")
        for mutation, sent in (("setPhoneNumberShareable", {"shareable": False}), ("deletePhoneNumber", {}))
    },
    "a call to a number of somebody above": (
        "PHONE_NUMBER_NOT_FOUND",
        ["calledNumber"],
        lambda w: route(w, w.numbers["borrowed"].e164),
    ),
    "a transfer over a number that is gone": (
        "PHONE_NUMBER_NOT_FOUND",
        None,
        lambda w: transfer_caller_id(w, "orphan"),
    ),
    "registering one's own number again": (
        "PHONE_NUMBER_TAKEN",
        ["e164"],
        lambda w: register(w, w.numbers["bound"].e164),
    ),
    "registering a number of somebody above": (
        "PHONE_NUMBER_TAKEN",
        ["e164"],
        lambda w: register(w, w.numbers["unshared"].e164),
    ),
    "registering a stranger's number": (
        "PHONE_NUMBER_TAKEN",
        ["e164"],
        lambda w: register(w, w.numbers["strange"].e164),
    ),
    "deleting a number that is in a call": (
        "PHONE_NUMBER_IN_USE",
        ["phoneNumberId"],
        lambda w: (w.harbor, "deletePhoneNumber", {"phoneNumberId": w.numbers["bound"].id}),
    ),
    "dialing over a trunk without an outbound configuration": (
        "NO_OUTBOUND_CONFIGURATION",
        None,
        lambda w: create_conversation(w, agentNumber=w.numbers["silent"].e164, agentConfig={}),
    ),
    "a conference over a trunk without an outbound configuration": (
        "NO_OUTBOUND_CONFIGURATION",
        None,
        lambda w: transfer_caller_id(w, "mute", kind="CONFERENCE"),
    ),
    "a version that no number holds": (
        "NO_NUMBER_BOUND",
        ["agentVersionId"],
        lambda w: create_conversation(w, agentVersionId=w["moved_2"]),
    ),
    "an agent that no number holds": ("NO_NUMBER_BOUND", ["agentId"], lambda w: preview_number(w, agentId=w["moved"])),
    "no number at all": ("NO_OUTBOUND_NUMBER", None, lambda w: (w.other_clients["bare"], "previewOutboundNumber", {})),
    "no number, with an agent": (
        "NO_OUTBOUND_NUMBER",
        None,
        lambda w: (w.other_clients["bare"], "createOutboundConversation", {"to": "+12065550199", "agentConfig": {}}),
    ),
    "nobody to speak": ("AGENT_REQUIRED", None, create_conversation),
    "nobody to speak from an unbound number": (
        "AGENT_REQUIRED",
        None,
        lambda w: create_conversation(w, agentNumber=w.numbers["free"].e164),
    ),
    "nobody to speak from a borrowed number": (
        "AGENT_REQUIRED",
        None,
        lambda w: create_conversation(w, agentNumber=w.numbers["borrowed"].e164),
    ),
}
