"""Declare the mutations of campaigns, their contacts and suppressions, which `Mutation` inherits."""

import strawberry

from models import Scope
from resolvers import campaign_life, campaigns, contact_imports, contacts, outcome_reports, suppressions
from schema.campaign import (
    CreateCampaignInput,
    CreateCampaignPayload,
)
from schema.campaign_life import (
    CancelCampaignInput,
    CancelCampaignPayload,
    PauseCampaignInput,
    PauseCampaignPayload,
    StartCampaignInput,
    StartCampaignPayload,
    UpdateCampaignInput,
    UpdateCampaignPayload,
)
from schema.contact_changes import (
    AddContactsInput,
    AddContactsPayload,
    RemoveContactsInput,
    RemoveContactsPayload,
)
from schema.contact_import import CreateContactImportInput, CreateContactImportPayload
from schema.fields import mutation
from schema.outcome_report import ReportOutcomeInput, ReportOutcomePayload
from schema.suppression import (
    AddSuppressionsInput,
    AddSuppressionsPayload,
    RemoveSuppressionsInput,
    RemoveSuppressionsPayload,
)

CAMPAIGNS_MANAGE = (Scope.CAMPAIGNS_MANAGE,)
SUPPRESSIONS_MANAGE = (Scope.SUPPRESSIONS_MANAGE,)


@strawberry.type(description="What can be changed in campaigns.")
class CampaignMutation:
    create_campaign = mutation(
        campaigns.create_campaign,
        CreateCampaignInput,
        CreateCampaignPayload,
        "Create a campaign, as a draft.",
        scope=CAMPAIGNS_MANAGE,
    )
    start_campaign = mutation(
        campaign_life.start_campaign,
        StartCampaignInput,
        StartCampaignPayload,
        "Start a campaign, or go on with a paused one.",
        scope=CAMPAIGNS_MANAGE,
    )
    pause_campaign = mutation(
        campaign_life.pause_campaign,
        PauseCampaignInput,
        PauseCampaignPayload,
        "Pause a campaign: nobody is called from then on; live calls go on.",
        scope=CAMPAIGNS_MANAGE,
    )
    cancel_campaign = mutation(
        campaign_life.cancel_campaign,
        CancelCampaignInput,
        CancelCampaignPayload,
        "Call a campaign off, for good: whom it has not reached expires.",
        scope=CAMPAIGNS_MANAGE,
    )
    update_campaign = mutation(
        campaign_life.update_campaign,
        UpdateCampaignInput,
        UpdateCampaignPayload,
        "Change a campaign, for the calls that were not dialed yet.",
        scope=CAMPAIGNS_MANAGE,
    )
    report_outcome = mutation(
        outcome_reports.report_outcome,
        ReportOutcomeInput,
        ReportOutcomePayload,
        "Tell that a campaign's call reached a voicemail, is to be repeated, or must never be.",
        scope=(Scope.CONVERSATIONS_MANAGE, Scope.CALLS_ROUTE),
    )
    add_contacts = mutation(
        contacts.add_contacts,
        AddContactsInput,
        AddContactsPayload,
        "Add contacts to a campaign, each accepted or refused by itself.",
        scope=CAMPAIGNS_MANAGE,
    )
    remove_contacts = mutation(
        contacts.remove_contacts,
        RemoveContactsInput,
        RemoveContactsPayload,
        "Remove contacts from their campaigns, which never call them again: all or none.",
        scope=CAMPAIGNS_MANAGE,
    )
    create_contact_import = mutation(
        contact_imports.create_contact_import,
        CreateContactImportInput,
        CreateContactImportPayload,
        "Create an import: its CSV is then sent by PUT to its uploadPath.",
        scope=CAMPAIGNS_MANAGE,
    )
    add_suppressions = mutation(
        suppressions.add_suppressions,
        AddSuppressionsInput,
        AddSuppressionsPayload,
        "Suppress numbers: neither the organization nor any below it calls them. What waits to be dialed is ended.",
        scope=SUPPRESSIONS_MANAGE,
    )
    remove_suppressions = mutation(
        suppressions.remove_suppressions,
        RemoveSuppressionsInput,
        RemoveSuppressionsPayload,
        "Remove suppressions: all or none.",
        scope=SUPPRESSIONS_MANAGE,
    )
