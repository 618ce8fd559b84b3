"""Plan the calls of contacts: the number of each by R20, then the four steps (R8, R18, R23)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from calling.checked_call import CheckedCall, check_call, normalize_call
from calling.contact_admission import call_of_contact
from calling.destinations import require_allowed_number
from calling.number_choice import NumberChoice, explain_choice
from calling.number_pool import Called, choose_from_pool
from calling.outbound_number import not_resolved, resolve
from calling.resolution_result import Candidate, CandidateVerdict, Resolution
from models import Refused
from models.called_row import CalledRow
from models.campaign_rows import CampaignRow, ContactRow
from models.number_candidates import find_visible_number
from models.pool_statements import PoolNumberRow
from storage import ReadSession


@dataclass(frozen=True)
class PlannedAttempt:
    """The call of a contact, and how it resolves; `call` is None where it was refused before the steps."""

    resolution: Resolution
    call: CheckedCall | None


async def choose_number(
    session: ReadSession,
    campaign: CampaignRow,
    contact: ContactRow,
    pool: Sequence[PoolNumberRow] | None,
    more_calls: Mapping[str, int],
) -> NumberChoice | None:
    """Return the number that the campaign's pool, or the attempt before, chooses; None: the four steps alone do.

    `pool`: None for a campaign without one. `more_calls`: as in `choose_from_pool`.
    """
    if contact.agent_number or campaign.agent_number:
        return None
    if pool is not None:
        return choose_from_pool(pool, called_of(campaign, contact), more_calls)
    return await choose_last_number(session, campaign, contact.last_agent_number)


def called_of(campaign: CampaignRow, contact: CalledRow) -> Called:
    """Return a contact as the pool's choice needs it, in the campaign's default time zone if it has none."""
    zones = contact.zone_key or campaign.default_time_zone or ""
    time_zones = tuple(each for each in zones.split(",") if each)
    return Called(contact.e164, time_zones, contact.last_agent_number)


async def choose_last_number(
    session: ReadSession, campaign: CampaignRow, last_agent_number: str | None
) -> NumberChoice | None:
    """Choose the number of the attempt before, while it may be dialed from (R18)."""
    if last_agent_number is None:
        return None
    (number,) = await find_visible_number(session, campaign.organization_id, last_agent_number) or (None,)
    if number is None or not number.outbound_capable:
        return None
    reason = f"{number.e164} made the last attempt to reach the contact."
    return NumberChoice(number.e164, reason, (Candidate(number.e164, CandidateVerdict.CHOSEN, reason),))


class AttemptPlanner:
    """Plans attempts in one transaction. What does not depend on whom is called is resolved once."""

    def __init__(self, session: ReadSession, allowed_regions: frozenset[str]) -> None:
        self._session = session
        self._allowed_regions = allowed_regions
        self._plans: dict[tuple[str, str | None], PlannedAttempt] = {}
        self._kept: dict[tuple[str, str | None, str | None], NumberChoice | None] = {}

    async def choose_number(
        self,
        campaign: CampaignRow,
        contact: ContactRow,
        pool: Sequence[PoolNumberRow] | None,
        more_calls: Mapping[str, int],
    ) -> NumberChoice | None:
        """Return what `choose_number` does; without a pool it depends on the contact's numbers alone."""
        if pool is not None:
            return await choose_number(self._session, campaign, contact, pool, more_calls)
        key = campaign.id, contact.agent_number, contact.last_agent_number
        if key not in self._kept:
            self._kept[key] = await choose_number(self._session, campaign, contact, None, more_calls)
        return self._kept[key]

    async def plan(self, campaign: CampaignRow, contact: ContactRow, choice: NumberChoice | None) -> PlannedAttempt:
        """Return how the call of a contact that is not suppressed resolves. Writes nothing, and raises nothing."""
        agent_number = choice.agent_number if choice else contact.agent_number
        try:
            require_allowed_number(contact.e164, self._allowed_regions, "to")
        except Refused as error:
            sent = call_of_contact(campaign, contact.e164, agent_number)
            return PlannedAttempt(not_resolved(contact.organization_id, sent, error.refusal), None)
        plan = await self.plan_from(campaign, agent_number)
        call = plan.call and replace(plan.call, to=contact.e164)
        return PlannedAttempt(explain_choice(plan.resolution, choice), call)

    async def plan_from(self, campaign: CampaignRow, agent_number: str | None) -> PlannedAttempt:
        """Return how the calls of a campaign from a number resolve, whoever is called; None: from the campaign's."""
        if (campaign.id, agent_number) not in self._plans:
            self._plans[campaign.id, agent_number] = await self._plan_from(campaign, agent_number)
        return self._plans[campaign.id, agent_number]

    async def _plan_from(self, campaign: CampaignRow, agent_number: str | None) -> PlannedAttempt:
        sent = call_of_contact(campaign, None, agent_number)
        try:
            call = await check_call(
                self._session, campaign.organization_id, normalize_call(sent), self._allowed_regions
            )
        except Refused as error:
            return PlannedAttempt(not_resolved(campaign.organization_id, sent, error.refusal), None)
        return PlannedAttempt(await resolve(self._session, call), call)
