"""Ask again, when calls are claimed, whether each may still be dialed, and end those that may not (R6, R21, R23).

What the answers depend on is read for all calls at once; a call is judged when its turn comes.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from calling.attempt_claim import Attempt, find_attempt_obstacle
from calling.end_reasons import STATUS_BY_END_REASON
from dialing.claim_counts import ClaimCounts
from models import ConversationStatus, EndReason
from models.call_rows import ConversationRow
from models.campaign_rows import CampaignRow
from models.claim_statements import find_running_among, lock_campaigns_to_claim
from models.queue_statements import count_ended_calls, end_queued, find_dialable_numbers
from models.suppression import find_suppressed_calls
from storage import WriteSession


class ClaimChecks:
    """What is asked of the calls that one claim considers, at one time. `allowed_regions`: where calls may go (R10)."""

    def __init__(self, at: datetime, allowed_regions: frozenset[str]) -> None:
        self._at = at
        self._allowed_regions = allowed_regions
        self._dialable: set[tuple[str, str | None]] = set()
        self._suppressed: set[tuple[str, str | None]] = set()
        self._campaigns: dict[str, CampaignRow] = {}
        self._changing_campaigns: set[str] = set()
        self._counts = ClaimCounts(at)
        self._ended: defaultdict[tuple[ConversationStatus, EndReason], list[str]] = defaultdict(list)

    async def load(self, session: WriteSession, calls: Sequence[ConversationRow]) -> None:
        """Read what the calls are judged by, and keep their campaigns from being changed meanwhile."""
        organization_ids = sorted({each.organization_id for each in calls})
        number_ids = sorted({each.phone_number_id for each in calls if each.phone_number_id})
        called = sorted({each.user_number for each in calls if each.user_number})
        dialable = await find_dialable_numbers(session, organization_ids, number_ids)
        self._dialable = {(row.viewer_id, row.id) for row in dialable}
        suppressed = await find_suppressed_calls(session, organization_ids, called, self._at)
        self._suppressed = {(row.organization_id, row.e164) for row in suppressed}
        if attempts := [each for each in calls if each.campaign_id]:
            await self._load_campaigns(session, attempts)
            await self._counts.load(session, attempts)

    async def _load_campaigns(self, session: WriteSession, attempts: Sequence[ConversationRow]) -> None:
        campaign_ids = {each.campaign_id for each in attempts if each.campaign_id}
        locked = await lock_campaigns_to_claim(session, sorted(campaign_ids))
        self._campaigns = {row.id: row for row in locked}
        if missing := campaign_ids - self._campaigns.keys():
            self._changing_campaigns = {row.id for row in await find_running_among(session, sorted(missing))}

    def may_be_dialed(self, call: ConversationRow) -> bool:
        """Tell whether the call may be dialed now. If it may not be any more, it ends with `write_ends`."""
        reason = self._find_obstacle(call)
        if reason is None and call.campaign_id in self._changing_campaigns:
            return False  # whoever changes the campaign now ends its queued calls
        if reason is None and call.campaign_id is not None:
            reason = self._find_attempt_obstacle(call, self._campaigns.get(call.campaign_id))
        if reason is None:
            self._counts.on_claimed(call)
            return True
        self._end(call, reason)
        return False

    def withdraw_if_attempt(self, call: ConversationRow) -> None:
        """End a campaign's call for which there is no budget: its contact waits. A single call waits in the queue."""
        if call.campaign_id:
            self._end(call, EndReason.CANCELLED)

    async def write_ends(self, session: WriteSession) -> None:
        """End the calls that may not be dialed, with a statement for each status and reason."""
        for (status, reason), ids in self._ended.items():
            ended = await end_queued(session, ids, status, reason, self._at)
            count_ended_calls(session, reason, len(ended))

    def _end(self, call: ConversationRow, reason: EndReason) -> None:
        """End a call: a single one has failed, and an attempt, which is made again or refused, is called off (R23)."""
        self._counts.on_withdrawn(call)
        status = ConversationStatus.CANCELLED if call.campaign_id else STATUS_BY_END_REASON[reason]
        self._ended[status, reason].append(call.id)

    def _find_obstacle(self, call: ConversationRow) -> EndReason | None:
        """Return why a call may not be dialed any more, by R6 and R21."""
        if (call.organization_id, call.phone_number_id) not in self._dialable:
            return EndReason.NUMBER_NO_LONGER_AVAILABLE
        if (call.organization_id, call.user_number) in self._suppressed:
            return EndReason.NUMBER_SUPPRESSED
        return None

    def _find_attempt_obstacle(self, call: ConversationRow, campaign: CampaignRow | None) -> EndReason | None:
        """Return why an attempt may not be dialed any more (R23). `campaign`: None if it does not run."""
        if campaign is None:
            return EndReason.CANCELLED
        return find_attempt_obstacle(Attempt(call, campaign, self._counts.of(call)), self._at, self._allowed_regions)
