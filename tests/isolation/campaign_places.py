"""List every argument of campaigns, contacts, imports and suppressions that takes a number or an id."""

from tests.installation import Client
from tests.isolation.probed_argument import ProbedArgument

KINDS = ("cmp", "cnt", "imp", "sup")

# What belongs to the organization that is acted for. An entry of an organization above is not listed, though it holds.
ACTING = [
    ProbedArgument("ConversationFilter.campaignId", "cmp", "conversations(filter: {campaignId: $it})", tells=False),
    ProbedArgument("ConversationFilter.contactId", "cnt", "conversations(filter: {contactId: $it})", tells=False),
    ProbedArgument("Query.suppressions.e164", "suppressed", "suppressions(e164: $it)"),
    ProbedArgument("CreateCampaignInput.agentId", "agt", 'createCampaign(name: "C", agentId: $it)'),
    ProbedArgument("CreateCampaignInput.agentId", "agt", 'previewCampaign(name: "C", agentId: $it)'),
    ProbedArgument("CreateCampaignInput.agentVersionId", "ver", 'createCampaign(name: "C", agentVersionId: $it)'),
    ProbedArgument("CreateCampaignInput.agentNumber", "number", 'previewCampaign(name: "C", agentVersionId: $version, agentNumber: $it)', ("shared",)),
    ProbedArgument("PoolNumberInput.e164", "number", 'createCampaign(name: "C", pool: [{e164: $it}])', ("shared",)),
    ProbedArgument("PoolNumberInput.e164", "number", "updateCampaign(campaignId: $campaign, pool: [{e164: $number}, {e164: $it}])", ("shared",)),
    ProbedArgument("UpdateCampaignInput.agentVersionId", "ver", "updateCampaign(campaignId: $campaign, agentVersionId: $it)"),
]  # fmt: skip

# What says itself which organization it belongs to.
BY_ID = [
    *(ProbedArgument("Query.node.id", kind, "node(id: $it)") for kind in KINDS),
    *(ProbedArgument("Query.nodes.ids", kind, "nodes(ids: [$campaign, $it])") for kind in KINDS),
    ProbedArgument("Query.campaign.id", "cmp", "campaign(id: $it)"),
    ProbedArgument("StartCampaignInput.campaignId", "cmp", "startCampaign(campaignId: $it)"),
    ProbedArgument("PauseCampaignInput.campaignId", "cmp", "pauseCampaign(campaignId: $it)"),
    ProbedArgument("CancelCampaignInput.campaignId", "cmp", "cancelCampaign(campaignId: $it, hangUpLive: true)"),
    ProbedArgument("UpdateCampaignInput.campaignId", "cmp", 'updateCampaign(campaignId: $it, name: "Mine")'),
    ProbedArgument("UpdateCampaignInput.campaignId", "cmp", "updateCampaign(campaignId: $it, expectedRevision: 99)"),
    ProbedArgument("AddContactsInput.campaignId", "cmp", "addContacts(campaignId: $it, contacts: [{e164: $to}])"),
    ProbedArgument("CreateContactImportInput.campaignId", "cmp", "createContactImport(campaignId: $it)"),
    ProbedArgument("RemoveContactsInput.contactIds", "cnt", "removeContacts(contactIds: [$it])"),
    ProbedArgument("RemoveSuppressionsInput.suppressionIds", "sup", "removeSuppressions(suppressionIds: [$it])"),
    ProbedArgument("ReportOutcomeInput.conversationId", "cnv", "reportOutcome(conversationId: $it, outcome: VOICEMAIL)"),
    *(ProbedArgument(f"Query.{name}.organizationId", "org", f"{name}(organizationId: $it)") for name in ("campaigns", "suppressions")),
    ProbedArgument("CreateCampaignInput.organizationId", "org", 'createCampaign(organizationId: $it, name: "Mine")'),
    ProbedArgument("AddSuppressionsInput.organizationId", "org", "addSuppressions(organizationId: $it, e164s: [$number])"),
    ProbedArgument("SetCallBudgetInput.organizationId", "org", "setCallBudget(organizationId: $it, maxConcurrentCalls: 9)", tells=False),
]  # fmt: skip

# Numbers that are anybody's to say. Whether a campaign may dial from its number is asked when it dials, or is previewed.
UNRESTRICTED = [
    ProbedArgument("ContactInput.e164", "number", "addContacts(campaignId: $campaign, contacts: [{e164: $it}])"),
    ProbedArgument(
        "ContactInput.agentNumber",
        "number",
        "addContacts(campaignId: $campaign, contacts: [{e164: $to, agentNumber: $it}])",
    ),
    ProbedArgument("ContactFilter.e164Contains", "number", "campaign(id: $campaign)"),
    ProbedArgument("AddSuppressionsInput.e164s", "number", "addSuppressions(e164s: [$it])"),
    ProbedArgument(
        "UpdateCampaignInput.agentNumber",
        "number",
        "updateCampaign(campaignId: $campaign, pool: null, agentNumber: $it)",
    ),
]

CAMPAIGN = "name status agentNumber pool { e164 }"
ANSWERS = {
    "campaign": "status contacts%s { totalCount nodes { e164 } }",
    "createCampaign": f"campaign {{ {CAMPAIGN} }}",
    "updateCampaign": f"campaign {{ {CAMPAIGN} }}",
    "previewCampaign": "contacts dialable byNumber { e164 } warnings notReady { code message field }",
    "addContacts": "refused",
    "addSuppressions": "suppressions { until source }",
}


def one_of_each(owner: Client) -> dict[str, str]:
    """Create a campaign with a contact and an import, and a suppression of another number."""
    campaign: str = owner.mutate_successfully("createCampaign", "campaign { id }", name="Mine")["campaign"]["id"]
    contact, suppressed = {"e164": owner.installation.new_number()}, owner.installation.new_number()
    added = owner.mutate_successfully(
        "addContacts", "results { contact { id } }", campaignId=campaign, contacts=[contact]
    )
    created = owner.mutate_successfully("createContactImport", "contactImport { id }", campaignId=campaign)
    entries = owner.mutate_successfully("addSuppressions", "suppressions { id }", e164s=[suppressed])
    return {
        "cmp": campaign,
        "cnt": added["results"][0]["contact"]["id"],
        "imp": created["contactImport"]["id"],
        "sup": entries["suppressions"][0]["id"],
        "suppressed": suppressed,
    }
