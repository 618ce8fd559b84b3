"""Give a valid input for each mutation of campaigns, contacts, suppressions and call budgets."""

from typing import Any

from tests.refusals.world import World


def campaign_inputs(world: World) -> dict[str, dict[str, Any]]:
    """Return an accepted input for every such mutation: accepted one after the other, too."""
    campaign = {"campaignId": world["campaign"]}
    contact = {"e164": "+12125550105", "externalId": "5", "timeZone": "America/New_York", "variables": {"name": "Jo"}}
    return {
        "createCampaign": {**settings(world), "organizationId": world["organization"], "idempotencyKey": "new"},
        "updateCampaign": {**campaign, **settings(world), "agentNumber": None, "expectedRevision": 1},
        "startCampaign": campaign,
        "pauseCampaign": campaign,
        "addContacts": {**campaign, "contacts": [contact], "onDuplicate": "UPDATE"},
        "removeContacts": {"contactIds": [world["contact"]]},
        "createContactImport": {**campaign, "onDuplicate": "REFUSE"},
        "reportOutcome": {
            "conversationId": world["answered"],
            "outcome": "CALL_BACK",
            "callBackAt": "2999-01-01T00:00:00Z",
        },
        "cancelCampaign": {**campaign, "hangUpLive": True},
        "addSuppressions": {"e164s": ["+12065550667"], "until": "2999-01-01T00:00:00Z", "source": "A list"},
        "removeSuppressions": {"suppressionIds": [world["suppression"]]},
        "setCallBudget": {
            "organizationId": world.other_clients["bare"].organization_id,
            "maxConcurrentCalls": 5,
        },
    }


def settings(world: World) -> dict[str, Any]:
    """Return what can be set of a campaign, by creating and by changing it."""
    return {
        "name": "Check-ups",
        "agentVersionId": world["desk_1"],
        "pool": [{"e164": world.numbers["bound"].e164, "callsPerDay": 50, "maxConcurrentCalls": 2}],
        "windows": [{"days": ["MONDAY"], "opens": "09:00", "closes": "12:00"}],
        "closedDates": ["2998-12-25"],
        "defaultTimeZone": "America/New_York",
        "retries": {"maxAttempts": 2, "delays": [{"outcome": "BUSY", "minutes": 5}]},
        "maxConcurrentCalls": 5,
        "callsPerMinute": 5,
        "weight": 5,
        "initialContext": "Say hello.",
        "metadata": {},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2999-01-01T00:00:00Z",
    }
