"""Claim the calls of one trunk that may start now, within its rate and its concurrency, while its row is locked.

The lock makes servers claim one after another, so that no call is claimed twice and no limit is exceeded.
"""

from dataclasses import dataclass, field

from dialing.agent_dispatch import load_agent_dispatches
from dialing.call_budgets import CallBudgets
from dialing.call_pacer import CallPacer
from dialing.claim_checks import ClaimChecks
from models.call_rows import ConversationRow
from models.number_rows import TrunkLimits, TrunkRow
from models.queue_statements import (
    count_active_calls,
    lock_trunk,
    mark_claimed,
    set_next_start,
)
from models.server import database_now, lock_server
from models.trunk_queue import lock_next_calls
from storage import WriteSession
from telephony.engine import AgentDispatch

MAX_CLAIMED_CALLS = 20
# A call that waits for a budget is asked for again: what frees it may be a call over another trunk.
BUDGET_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class ClaimLimits:
    """What limits the calls of every trunk.

    `allowed_regions`: where calls may go (R10). `campaign_share`: how much of a trunk's rate campaigns may use (R19).
    """

    allowed_regions: frozenset[str] = frozenset()
    campaign_share: float = 1


@dataclass(frozen=True)
class ClaimedCall:
    """A call that only this server dials, with the trunk to dial over and the dispatch of its agent."""

    call: ConversationRow
    server_id: str
    trunk: TrunkRow
    agent_dispatch: AgentDispatch
    starts_at: float  # by time.monotonic()


@dataclass(frozen=True)
class ClaimedBatch:
    """The calls of one claim. `next_in_seconds` is the delay until more may start; None until the queue changes."""

    calls: list[ClaimedCall] = field(default_factory=list)
    next_in_seconds: float | None = None


@dataclass
class Turns:
    """Decides which calls of a queue start now. `starts_at`: when, by their ids and time.monotonic()."""

    free_calls: int
    pacer: CallPacer
    checks: ClaimChecks
    budgets: CallBudgets
    campaign_share: float
    starts_at: dict[str, float] = field(default_factory=dict)
    waits_for_budget: bool = False

    def take(self, queued: list[ConversationRow]) -> list[ConversationRow]:
        """Return the calls that start now, in order."""
        for call in queued:
            if self.pacer.seconds_until_claimable or len(self.starts_at) == self.free_calls:
                break
            if not self.budgets.has_room(call.organization_id):
                self.waits_for_budget = True
                self.checks.withdraw_if_attempt(call)
            elif self.checks.may_be_dialed(call):
                self.budgets.take(call.organization_id)
                self.starts_at[call.id] = self.pacer.reserve_start(self.campaign_share if call.campaign_id else 1)
        return [call for call in queued if call.id in self.starts_at]


async def claim_calls(
    session: WriteSession, server_id: str, trunk_id: str, limits: ClaimLimits = ClaimLimits()
) -> ClaimedBatch:
    """Claim calls of the trunk's queue for this server, in the transaction of `session`.

    Claims none if the server's lease has ended, the trunk was deleted, or another server is claiming.
    """
    if not await lock_server(session, server_id):
        return ClaimedBatch()
    (trunk,) = await lock_trunk(session, trunk_id) or (None,)
    if trunk is None:
        return ClaimedBatch()
    at = await database_now(session)
    (active,) = await count_active_calls(session, trunk_id)
    free_calls = trunk.max_concurrent_calls - active.calls
    checks, budgets = ClaimChecks(at, limits.allowed_regions), CallBudgets(session, counts_queued=False)
    if not (queued := await _next_queued(session, trunk, free_calls, budgets)):
        return ClaimedBatch()
    await checks.load(session, queued)
    await budgets.load([call.organization_id for call in queued])
    pacer = CallPacer(trunk, at)
    turns = Turns(free_calls, pacer, checks, budgets, limits.campaign_share)
    claimed = turns.take(queued)
    await checks.write_ends(session)
    if claimed:
        await mark_claimed(session, [call.id for call in claimed], server_id, at)
        await set_next_start(session, trunk_id, pacer.next_start_at, _last_borrower(trunk, claimed))
    dispatches = await load_agent_dispatches(session, claimed)
    calls = [ClaimedCall(each, server_id, trunk, dispatches[each.id], turns.starts_at[each.id]) for each in claimed]
    if turns.waits_for_budget:
        return ClaimedBatch(calls, max(pacer.seconds_until_claimable, BUDGET_POLL_SECONDS))
    more = len(queued) == MAX_CLAIMED_CALLS or pacer.seconds_until_claimable
    return ClaimedBatch(calls, pacer.seconds_until_claimable if more and len(calls) < free_calls else None)


async def _next_queued(
    session: WriteSession, trunk: TrunkLimits, free_calls: int, budgets: CallBudgets
) -> list[ConversationRow]:
    """Lock calls that may be dialed next: more than are free where some may have to wait for a budget."""
    if free_calls <= 0:
        return []
    most = MAX_CLAIMED_CALLS if await budgets.exist() else min(free_calls, MAX_CLAIMED_CALLS)
    return await lock_next_calls(session, trunk, most)


def _last_borrower(trunk: TrunkLimits, calls: list[ConversationRow]) -> str | None:
    """Return the borrower of the last borrowed call; None if all calls are the owner's, which take no turns."""
    owners = [each.organization_id for each in calls]
    return next((each for each in reversed(owners) if each != trunk.organization_id), None)
