"""Preview a campaign, created or not, without writing anything (R25)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from calling.campaign import build_campaign
from calling.campaign_estimate import DEFAULT_ASSUMPTIONS, Assumptions
from calling.campaign_pool import read_sent_pool
from calling.campaign_preview import CampaignPreview, Previewed
from calling.campaign_preview import preview_campaign as preview_groups
from calling.campaign_readiness import ReadinessRules
from calling.contact_admission import A_DAY
from calling.contact_group import GroupedContacts, RefusalCount, group_sent, prefix_length
from calling.contact_input import ContactFields, check_contact
from calling.contacts import SentContact
from calling.group_regions import find_mixed_prefixes
from calling.pool_preview import PreviewedPool
from calling.preview_limits import Pace
from calling.turn_sources import SentContacts, StoredContacts
from models import Campaign, ErrorCode, Refused
from models.campaign_rows import CampaignRow
from models.life_statements import find_pool_number
from models.pool_statements import find_pool
from models.preview_rows import ContactGroupRow
from models.preview_statements import (
    RANGE_LENGTH,
    count_contact_groups,
    count_groups_of_prefixes,
    count_refused_contacts,
    find_suppressed_contacts,
    find_suppressing_organizations,
)
from models.server import database_now
from models.statistics_statements import count_calls
from models.suppression import find_suppressed_numbers
from resolvers.contacts import MAX_CONTACTS
from resolvers.context import Info
from resolvers.top_level_error import bad_user_input
from storage import ReadSession

MAX_SECONDS_OF_A_CALL, MAX_SECONDS_OF_RINGING = 86_400, 180


async def preview(root: CampaignRow, info: Info, assume: Mapping[str, Any] | None = None) -> CampaignPreview:
    """Preview a campaign with the contacts that it has."""
    assumptions = _check_assumptions(assume)
    async with info.context.read() as session:
        at = await database_now(session)
        suppressing = [each.id for each in await find_suppressing_organizations(session, root.organization_id)]
        pending = await _count_pending(session, root, _rules(info), suppressing, at)
        refused = [
            RefusalCount(ErrorCode[each.code], each.message or "", each.contacts)
            for each in await count_refused_contacts(session, root.id)
        ]
        pool = None
        if await find_pool_number(session, root.id):
            pool = await _stored_pool(session, root, pending, suppressing, at)
        previewed = _previewed(info, root, pool, assumptions, at)
        return await preview_groups(session, previewed, GroupedContacts(pending, refused))


async def preview_campaign(
    info: Info, input: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]] | None = None
) -> CampaignPreview:
    """Preview a campaign that is not created, with contacts that are not added. A refused input is not ready."""
    if contacts and len(contacts) > MAX_CONTACTS:
        raise bad_user_input(f"contacts has {len(contacts)} entries; at most {MAX_CONTACTS} are previewed at once.")
    sent = dict(input)
    organization_id = sent.pop("organization_id", None)
    sent.pop("idempotency_key", None)  # a preview creates nothing that it could be the key of
    async with info.context.read() as session:
        at = await database_now(session)
        try:
            owner = await info.context.principal.authorize_organization(session, organization_id)
            campaign = await build_campaign(session, owner, sent)
            numbers = await read_sent_pool(session, campaign, sent.get("pool"), at - A_DAY)
        except Refused as error:
            return CampaignPreview(at, DEFAULT_ASSUMPTIONS, not_ready=[error.refusal])
        grouped = await _group_sent(info, session, campaign, contacts or (), at)
        pool = PreviewedPool(numbers, SentContacts(grouped.rows), campaign.max_concurrent_calls) if numbers else None
        return await preview_groups(session, _previewed(info, campaign, pool, DEFAULT_ASSUMPTIONS, at), grouped)


async def _stored_pool(
    session: ReadSession,
    campaign: CampaignRow,
    pending: Sequence[ContactGroupRow],
    suppressing_ids: list[str],
    at: datetime,
) -> PreviewedPool:
    """Read the pool of a campaign, and which of its contacts are not to be given a number."""
    is_any_suppressed = any(each.is_suppressed for each in pending)
    suppressed = await find_suppressed_contacts(session, campaign.id, suppressing_ids, at) if is_any_suppressed else ()
    numbers = await find_pool(session, campaign.organization_id, campaign.id, at - A_DAY)
    expected = sum(each.calls_per_day for each in numbers)
    contacts = StoredContacts(session, campaign.id, {each.e164 for each in suppressed}, expected)
    (calls,) = await count_calls(session, [campaign.id], at)
    return PreviewedPool(numbers, contacts, campaign.max_concurrent_calls - calls.live_calls)


def _previewed(
    info: Info, campaign: CampaignRow, pool: PreviewedPool | None, assumptions: Assumptions, at: datetime
) -> Previewed:
    pace = Pace(assumptions, info.context.deployment.campaign_share)
    return Previewed(campaign, pool, _rules(info), pace, at)


async def _count_pending(
    session: ReadSession, campaign: CampaignRow, rules: ReadinessRules, suppressing: list[str], at: datetime
) -> Sequence[ContactGroupRow]:
    """Count the pending contacts of a campaign in groups that one decision holds for."""
    length = prefix_length(rules)
    groups = await count_contact_groups(session, campaign.id, suppressing, at, length)
    if not rules.allowed_regions or length >= RANGE_LENGTH:
        return groups
    mixed = await asyncio.to_thread(find_mixed_prefixes, groups, rules.allowed_regions)
    if not mixed:
        return groups
    ranges = await count_groups_of_prefixes(session, campaign.id, suppressing, at, length, sorted(mixed))
    return [*(each for each in groups if each.prefix not in mixed), *ranges]


async def _group_sent(
    info: Info, session: ReadSession, campaign: Campaign, sent: Sequence[Mapping[str, Any]], at: datetime
) -> GroupedContacts:
    """Check contacts as an import does, each by itself."""
    regions = info.context.deployment.allowed_regions
    checked = [(str(each["e164"]), _check(each, regions)) for each in sent]
    numbers = list({each.e164 for _, each in checked if isinstance(each, ContactFields)})
    suppressed = await find_suppressed_numbers(session, campaign.organization_id, numbers, at)
    return group_sent(campaign, checked, suppressed, at, prefix_length(_rules(info)))


def _check(sent: Mapping[str, Any], allowed_regions: frozenset[str]) -> SentContact:
    try:
        return check_contact(dict(sent), allowed_regions)
    except Refused as error:
        return error.refusal


def _rules(info: Info) -> ReadinessRules:
    return ReadinessRules(info.context.deployment.calling_hours, info.context.deployment.allowed_regions)


def _check_assumptions(sent: Mapping[str, Any] | None) -> Assumptions:
    """Return what is to be assumed. Raises TopLevelError (BAD_USER_INPUT)."""
    if sent is None:
        return DEFAULT_ASSUMPTIONS
    assumptions = Assumptions(**sent)
    for name, value, low, high in (
        ("answerRate", assumptions.answer_rate, 0, 1),
        ("secondsOfACall", assumptions.seconds_of_a_call, 1, MAX_SECONDS_OF_A_CALL),
        ("secondsOfRinging", assumptions.seconds_of_ringing, 1, MAX_SECONDS_OF_RINGING),
    ):
        if not low <= value <= high:
            raise bad_user_input(f"assume.{name} is {value}; it can be {low} to {high}.")
    return assumptions
