"""Create the campaigns, contacts, suppressions and imports that the refused requests refer to."""

from tests.installation import Client, Installation, Number

SUPPRESSED = "+12065550666"
# Its area code is in no region, so nothing says in which time zone it is.
OF_NO_ZONE = "+15552000100"
CONTACTS = {"contact": "+12125550100", "contact_in_call": "+12125550101", "contact_of_no_zone": OF_NO_ZONE}


def make_campaigns(harbor: Client, contoso: Client, number: Number, version: str) -> dict[str, str]:
    """Return Harbor's campaigns: one that can start, one that runs, an empty one and one that was called off.

    Harbor and Contoso each have a campaign with contacts, a suppression and an import.
    """
    speaks = {"agentVersionId": version, "agentNumber": number.e164}
    made = {
        **make_contacts(harbor, "", **speaks),
        **make_contacts(contoso, "their_"),
        "empty": create_campaign(harbor, **speaks),
        "running": create_campaign(harbor, **speaks),
        "over": create_campaign(harbor, idempotencyKey="used"),
    }
    add_contacts(harbor, made["running"], {"running_contact": "+12125550102"})
    harbor.mutate_successfully("startCampaign", "__typename", campaignId=made["running"])
    harbor.mutate_successfully("cancelCampaign", "__typename", campaignId=made["over"])
    return made


def make_contacts(client: Client, prefix: str, **speaks: str) -> dict[str, str]:
    campaign = create_campaign(client, **speaks)
    entry = client.mutate_successfully("addSuppressions", "suppressions { id }", e164s=[SUPPRESSED])
    sent = client.mutate_successfully("createContactImport", "contactImport { id }", campaignId=campaign)
    made = {"campaign": campaign, "suppression": entry["suppressions"][0]["id"], "import": sent["contactImport"]["id"]}
    made |= add_contacts(client, campaign, CONTACTS)
    return {prefix + name: each for name, each in made.items()}


def create_campaign(client: Client, **fields: str) -> str:
    made = client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups", **fields)
    identifier: str = made["campaign"]["id"]
    return identifier


def add_contacts(client: Client, campaign: str, e164s: dict[str, str]) -> dict[str, str]:
    """Return the ids of the contacts, by name."""
    contacts = [{"e164": each} for each in e164s.values()]
    added = client.mutate_successfully(
        "addContacts", "results { contact { id } }", campaignId=campaign, contacts=contacts
    )
    return {name: each["contact"]["id"] for name, each in zip(e164s, added["results"], strict=True)}


def answer_contact(installation: Installation, contact: str, number: Number) -> str:
    """Store the answered call of a contact, as the dialing worker would: no carrier is here. Return its id."""
    call = f"cnv_{contact.removeprefix('cnt_')}"
    installation.rows("UPDATE contact SET status = 'IN_CALL', attempt_count = 1 WHERE id = ?", contact)
    installation.rows(
        "INSERT INTO conversation (id, organization_id, direction, status, agent_number, user_number, phone_number_id,"
        " trunk_id, created_at, dialed_at, answered_at, campaign_id, contact_id, attempt_number)"
        " SELECT ?, contact.organization_id, 'OUTBOUND', 'IN_PROGRESS', number.e164, contact.e164, number.id,"
        " number.trunk_id, contact.created_at, contact.created_at, contact.created_at, campaign_id, contact.id, 1"
        " FROM contact JOIN phone_number AS number ON number.e164 = ? WHERE contact.id = ?",
        *(call, number.e164, contact),
    )
    return call
