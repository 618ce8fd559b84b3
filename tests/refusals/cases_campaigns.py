"""Refusals about campaigns, contacts, imports, suppressions and call budgets (R16 to R22)."""

from typing import Any

from tests.refusals.campaign_world import CONTACTS, OF_NO_ZONE, SUPPRESSED
from tests.refusals.requests import RefusalCase, RequestFactory, SentRequest, create_conversation, preview_number
from tests.refusals.world import World

CONTACT = {"contacts": [{"e164": "+12125550103"}]}
# What else the mutations need that change a campaign.
CAMPAIGN_CHANGES: dict[str, dict[str, Any]] = {
    "startCampaign": {},
    "pauseCampaign": {},
    "cancelCampaign": {},
    "updateCampaign": {"name": "Check-ups 2"},
    "addContacts": CONTACT,
    "createContactImport": {},
}


def change(mutation: str, campaign: str, **sent: Any) -> RequestFactory:
    return lambda world: (world.harbor, mutation, {"campaignId": world[campaign]} | sent)


def update(**sent: Any) -> RequestFactory:
    return change("updateCampaign", "campaign", **sent)


def add_contact(**contact: Any) -> RequestFactory:
    return change("addContacts", "campaign", contacts=[contact], onDuplicate="REFUSE")


def remove_contact(contact: str) -> RequestFactory:
    return lambda world: (world.harbor, "removeContacts", {"contactIds": [world["contact"], world[contact]]})


def upload(which: str) -> RequestFactory:
    return lambda world: (world.harbor, "PUT", {"path": f"/contact-imports/{world[which]}"})


def report_outcome(conversation: str, **sent: Any) -> RequestFactory:
    return lambda world: (
        world.harbor,
        "reportOutcome",
        {"conversationId": world[conversation], "outcome": "VOICEMAIL"} | sent,
    )


def change_agent_of_running(world: World) -> SentRequest:
    return world.harbor, "updateCampaign", {"campaignId": world["running"], "agentVersionId": world["moved_1"]}


CAMPAIGN_CASES: dict[str, RefusalCase] = {
    **{
        f"{mutation} of a stranger's campaign": (
            "CAMPAIGN_NOT_FOUND",
            ["campaignId"],
            change(mutation, "their_campaign", **sent),
        )
        for mutation, sent in CAMPAIGN_CHANGES.items()
    },
    **{
        f"{mutation} of a campaign that is over": ("CAMPAIGN_ENDED", ["campaignId"], change(mutation, "over", **sent))
        for mutation, sent in CAMPAIGN_CHANGES.items()
    },
    "starting with nobody to call": ("CAMPAIGN_NOT_READY", ["campaignId"], change("startCampaign", "empty")),
    "another agent for a campaign that runs": ("CAMPAIGN_NOT_EDITABLE", ["agentVersionId"], change_agent_of_running),
    "a change of what somebody else has changed": (
        "CAMPAIGN_CHANGED",
        ["expectedRevision"],
        update(expectedRevision=99, weight=20),
    ),
    "another campaign under a used key": (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
        lambda w: (w.harbor, "createCampaign", {"name": "Other", "idempotencyKey": "used"}),
    ),
    "both a number and a pool": (
        "INVALID_INPUT",
        ["pool"],
        lambda w: update(pool=[{"e164": w.numbers["bound"].e164}])(w),
    ),
    "a stranger's number in a pool": (
        "PHONE_NUMBER_NOT_FOUND",
        ["pool", "1", "e164"],
        lambda w: update(agentNumber=None, pool=[{"e164": w.numbers[each].e164} for each in ("bound", "strange")])(w),
    ),
    "a contact with other content": (
        "DUPLICATE_CONTACT",
        ["contacts", "0", "e164"],
        add_contact(e164=CONTACTS["contact"], variables={"x": 1}),
    ),
    "a contact of no known time zone": ("TIME_ZONE_UNKNOWN", ["contacts", "0"], add_contact(e164=OF_NO_ZONE)),
    "a contact that is suppressed": ("NUMBER_SUPPRESSED", ["contacts", "0", "e164"], add_contact(e164=SUPPRESSED)),
    "no contact": ("INVALID_INPUT", ["contacts"], change("addContacts", "campaign", contacts=[])),
    "a call to a suppressed number": ("NUMBER_SUPPRESSED", ["to"], lambda w: create_conversation(w, to=SUPPRESSED)),
    "a dry run to a suppressed number": ("NUMBER_SUPPRESSED", ["to"], lambda w: preview_number(w, to=SUPPRESSED)),
    "removing a stranger's contact": ("CONTACT_NOT_FOUND", ["contactIds", "1"], remove_contact("their_contact")),
    "removing a contact in a call": ("CONTACT_IN_CALL", ["contactIds", "1"], remove_contact("contact_in_call")),
    "a file for a stranger's import": ("IMPORT_NOT_FOUND", None, upload("their_import")),
    "a file for what is no import": ("IMPORT_NOT_FOUND", None, upload("campaign")),
    "removing a stranger's suppression": (
        "SUPPRESSION_NOT_FOUND",
        ["suppressionIds", "1"],
        lambda w: (w.harbor, "removeSuppressions", {"suppressionIds": [w["suppression"], w["their_suppression"]]}),
    ),
    "the outcome of a stranger's call": (
        "CONVERSATION_NOT_FOUND",
        ["conversationId"],
        report_outcome("their_conversation"),
    ),
    "the outcome of a call of no campaign": ("INVALID_INPUT", ["conversationId"], report_outcome("talking")),
    "an outcome that is not reported": ("INVALID_INPUT", ["outcome"], report_outcome("answered", outcome="REACHED")),
    "calling back at no time": ("INVALID_INPUT", ["callBackAt"], report_outcome("answered", outcome="CALL_BACK")),
    "a call budget of one's own": (
        "ORGANIZATION_NOT_FOUND",
        ["organizationId"],
        lambda w: (w.harbor, "setCallBudget", {"organizationId": w["organization"], "maxConcurrentCalls": 5}),
    ),
}
