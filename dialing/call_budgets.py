"""Keep, during one transaction, how many calls more the budgets of organizations allow at once (R19).

A call is within the budget of its organization and of each above it. The budgets are locked, so that no two servers
count them at once.
"""

from collections import defaultdict
from collections.abc import Collection

from models.call_budget import find_any_budget, find_budgets_above, lock_budgets_above
from storage import WriteSession


class CallBudgets:
    """What is left of the budgets that hold for some organizations."""

    def __init__(self, session: WriteSession, *, counts_queued: bool) -> None:
        self._session = session
        self._counts_queued = counts_queued
        self._left: dict[str, int] = {}
        self._budgets_of: defaultdict[str, list[str]] = defaultdict(list)
        self._loaded: set[str] = set()
        self._exist: bool | None = None

    async def exist(self) -> bool:
        """Tell whether any organization has a budget; this is read once."""
        if self._exist is None:
            self._exist = bool(await find_any_budget(self._session))
        return self._exist

    async def load(self, organization_ids: Collection[str]) -> None:
        """Lock and read the budgets of these organizations, unless they have been read."""
        missing = sorted(set(organization_ids) - self._loaded)
        self._loaded.update(missing)
        if not missing or not await self.exist():
            return
        await self._session.execute(lock_budgets_above(missing))
        for budget in await find_budgets_above(self._session, missing):
            used = budget.active + (budget.queued if self._counts_queued else 0)
            self._left.setdefault(budget.id, budget.call_budget - used)
            self._budgets_of[budget.organization_id].append(budget.id)

    def has_room(self, organization_id: str) -> bool:
        """Tell whether one of the loaded organizations may make one call more."""
        return all(self._left[budget] > 0 for budget in self._budgets_of[organization_id])

    def take(self, organization_id: str) -> None:
        """Count a call."""
        for budget in self._budgets_of[organization_id]:
            self._left[budget] -= 1
