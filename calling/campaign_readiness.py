"""Say all that a campaign lacks to start: agent, numbers, windows, contacts (R22)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from calling.agent_reference import AgentReference, resolve_agent_version
from calling.calling_hours import CallingHours
from calling.campaign_settings import local_hours
from calling.checked_call import OutboundCallInput
from calling.outbound_conversation import check_and_resolve
from models import ErrorCode, Refusal, Refused
from models.admission_statements import find_due_contacts, find_zone_keys
from models.campaign_rows import CampaignRow
from models.life_statements import find_dialable_pool_number, find_pending_contact, find_pool_number
from storage import ReadSession

# No contact is due later.
LATEST_DUE = datetime(9999, 1, 1, tzinfo=UTC)
AGENT_REFUSALS = (ErrorCode.AGENT_REQUIRED, ErrorCode.AGENT_INACTIVE, ErrorCode.AGENT_VERSION_NOT_PUBLISHED)

NO_POOL_NUMBER = (
    "No number of the pool may be dialed from, or can dial out."
    " Set a pool of numbers that phoneNumbers lists, on trunks with an outbound configuration, with updateCampaign."
)


@dataclass(frozen=True)
class ReadinessRules:
    """What the operator decides of calls: their hours, and the regions that may be called."""

    calling_hours: CallingHours
    allowed_regions: frozenset[str]


@dataclass(frozen=True)
class PendingContacts:
    """What counts of a campaign's pending contacts: whether there are any, and when the hours of some open next.

    `zone_is_unknown`: nothing says in which time zone some of them are.
    """

    exist: bool
    zone_is_unknown: bool
    openings: tuple[datetime | None, ...]


@dataclass(frozen=True)
class NumberSource:
    """Where a campaign's numbers come from: its pool, of which some number can call, or else the four steps."""

    has_pool: bool
    pool_can_call: bool
    allowed_regions: frozenset[str]


async def find_missing(
    session: ReadSession, campaign: CampaignRow, rules: ReadinessRules, at: datetime
) -> list[Refusal]:
    """Return a refusal (CAMPAIGN_NOT_READY) for each thing that the campaign lacks; none if it can start."""
    contacts = await _read_contacts(session, campaign, rules.calling_hours, at)
    has_pool = bool(await find_pool_number(session, campaign.id))
    pool_can_call = has_pool and bool(await find_dialable_pool_number(session, campaign.id, campaign.organization_id))
    numbers = NumberSource(has_pool, pool_can_call, rules.allowed_regions)
    return await find_missing_with(session, campaign, contacts, numbers, at)


async def find_missing_with(
    session: ReadSession,
    campaign: CampaignRow,
    contacts: PendingContacts,
    numbers: NumberSource,
    at: datetime,
) -> list[Refusal]:
    """Return the same for contacts and a pool that are known already, which need not be stored (R25)."""
    messages = [
        *await _missing_agent_and_number(session, campaign, numbers),
        *_missing_contacts(campaign, contacts),
        *_missing_windows(campaign, contacts, at),
    ]
    return [Refusal(ErrorCode.CAMPAIGN_NOT_READY, each, ["campaignId"]) for each in messages]


async def _missing_agent_and_number(session: ReadSession, campaign: CampaignRow, numbers: NumberSource) -> list[str]:
    """Return what is wrong with the agent and with the numbers, each asked by itself: one fault hides no other."""
    agent_fault = await _agent_fault(session, campaign)
    if numbers.has_pool:
        number_fault = None if numbers.pool_can_call else NO_POOL_NUMBER
        return [each for each in (agent_fault or _no_agent(campaign), number_fault) if each]
    asked = OutboundCallInput(
        agent_number=campaign.agent_number, agent_version_id=None if agent_fault else campaign.agent_version_id
    )
    refusal = (await check_and_resolve(session, campaign.organization_id, asked, numbers.allowed_regions)).refusal
    if refusal and agent_fault and refusal.code in AGENT_REFUSALS:
        refusal = None
    return [each for each in (agent_fault, refusal and refusal.message) if each]


async def _agent_fault(session: ReadSession, campaign: CampaignRow) -> str | None:
    try:
        await resolve_agent_version(session, campaign.organization_id, AgentReference(campaign.agent_version_id))
    except Refused as error:
        return error.refusal.message
    return None


def _no_agent(campaign: CampaignRow) -> str | None:
    if campaign.agent_version_id is not None:
        return None
    return "Nothing says which agent is to speak. Set the campaign's agentVersionId with updateCampaign."


async def _read_contacts(
    session: ReadSession, campaign: CampaignRow, calling_hours: CallingHours, at: datetime
) -> PendingContacts:
    starts_at = max(at, campaign.starts_at or at)
    zones = [each.zone_key for each in await find_zone_keys(session, campaign.id)]
    names = {zone: zone or campaign.default_time_zone for zone in zones}
    openings = [
        await _next_opening(session, campaign, calling_hours, (zone, name), starts_at)
        for zone, name in names.items()
        if name
    ]
    exist = bool(await find_pending_contact(session, campaign.id))
    return PendingContacts(exist, "" in zones and not campaign.default_time_zone, tuple(openings))


def _missing_contacts(campaign: CampaignRow, contacts: PendingContacts) -> list[str]:
    if contacts.exist or campaign.started_at:
        return []  # one that goes on completes itself where nobody is left
    return ["The campaign has nobody to call. Add contacts with addContacts."]


def _missing_windows(campaign: CampaignRow, contacts: PendingContacts, at: datetime) -> list[str]:
    """Return what is wrong with the hours: the end, no time zone for some contacts, no opening before the end."""
    if campaign.ends_at and campaign.ends_at <= at:
        return ["endsAt has passed. Set another, or none, with updateCampaign."]
    missing: list[str] = []
    if contacts.zone_is_unknown:
        missing.append(
            "Nothing says in which time zone some contacts are. Set the campaign's defaultTimeZone with updateCampaign,"
            " or the timeZone of each contact."
        )
    openings = contacts.openings
    if openings and not any(each and (not campaign.ends_at or each < campaign.ends_at) for each in openings):
        missing.append(
            "No window opens within the calling hours of any contact before the campaign ends, or within a year."
            " Set other windows, closedDates or endsAt with updateCampaign."
        )
    return missing


async def _next_opening(
    session: ReadSession, campaign: CampaignRow, calling_hours: CallingHours, zone: tuple[str, str], at: datetime
) -> datetime | None:
    """Return when a contact of a zone may be called next, by the hours of the first number in it."""
    key, name = zone
    for is_fresh in (True, False):
        for contact in await find_due_contacts(session, campaign.id, key, is_fresh, LATEST_DUE, 1):
            return local_hours(campaign, calling_hours, contact.e164, tuple(name.split(","))).next_opening(at)
    return None
