"""Keep, during one admission, how much room is left in trunks, call budgets and numbers (R19, R20).

It is read once and counted down with each call that is queued, as the transaction alone admits.
"""

from collections import Counter

from calling.trunk_room import trunk_room
from dialing.call_budgets import CallBudgets
from models import WaitReason
from models.trunk_load import find_trunk_load
from storage import WriteSession


class AdmissionRoom:
    """The room that the calls of this admission leave. `calls_by_number`: those queued in it, by their number's id."""

    def __init__(self, session: WriteSession, campaign_share: float) -> None:
        self._session = session
        self._share = campaign_share
        self._budgets = CallBudgets(session, counts_queued=True)
        self._trunk_of_number: dict[str, str | None] = {}
        self._left_in_trunk: dict[str, int] = {}
        self.calls_by_number: Counter[str] = Counter()

    async def find_obstacle(self, organization_id: str, phone_number_id: str) -> WaitReason | None:
        """Return what an organization's call from a number would have to wait for; None if there is room for it."""
        await self._budgets.load([organization_id])
        if not self._budgets.has_room(organization_id):
            return WaitReason.BUDGET
        trunk_id = await self._find_trunk(phone_number_id)
        if trunk_id is not None and self._left_in_trunk[trunk_id] <= 0:
            return WaitReason.TRUNK
        return None

    def take(self, organization_id: str, phone_number_id: str) -> None:
        """Count a call that was queued."""
        self._budgets.take(organization_id)
        self.calls_by_number[phone_number_id] += 1
        if (trunk_id := self._trunk_of_number.get(phone_number_id)) is not None:
            self._left_in_trunk[trunk_id] -= 1

    async def _find_trunk(self, phone_number_id: str) -> str | None:
        if phone_number_id not in self._trunk_of_number:
            (load,) = await find_trunk_load(self._session, phone_number_id) or (None,)
            self._trunk_of_number[phone_number_id] = load.id if load else None
            if load is not None:
                self._left_in_trunk.setdefault(load.id, trunk_room(load, self._share))
        return self._trunk_of_number[phone_number_id]
