"""Say from which number a contact would be called now, and why: by the functions that admit it (R20).

It writes nothing. Contacts of a campaign share what is read: its pool, and how each number resolves.
"""

from collections.abc import Sequence

from calling.attempt import AttemptPlanner
from calling.number_choice import NumberChoice, choice_of_resolution, explain_choice
from models.campaign_rows import CampaignRow, ContactRow
from models.pool_statements import PoolNumberRow
from storage import ReadSession


class NextNumbers:
    """The numbers that the contacts of one campaign would be called from. `pool`: None for a campaign without one."""

    def __init__(
        self,
        session: ReadSession,
        campaign: CampaignRow,
        pool: Sequence[PoolNumberRow] | None,
        allowed_regions: frozenset[str],
    ) -> None:
        self._campaign, self._pool = campaign, pool
        self._planner = AttemptPlanner(session, allowed_regions)

    async def choose(self, contact: ContactRow) -> NumberChoice:
        """Return the number of a contact's next attempt; none, with the reason, where it cannot be called now."""
        choice = await self._planner.choose_number(self._campaign, contact, self._pool, {})
        if choice and choice.agent_number is None:
            return choice
        planned = await self._planner.plan_from(self._campaign, choice.agent_number if choice else contact.agent_number)
        resolution = explain_choice(planned.resolution, choice)
        decided = choice_of_resolution(resolution)
        if resolution.refusal:
            return NumberChoice(None, resolution.refusal.message, decided.candidates if decided else ())
        assert decided, "a call that is not refused has a number"
        return decided
