"""Count, during one claim, the calls that limit the attempts of campaigns among those that it considers (R18, R19).

They are read once for all of them, and follow what the claim does to each.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from calling.attempt_claim import AttemptCounts
from calling.contact_admission import A_DAY, A_MINUTE
from models.call_rows import ConversationRow
from models.claim_statements import count_calls_of_campaigns, find_attempts_to_numbers
from storage import ReadSession

Called = tuple[str, str | None]


class ClaimCounts:
    """The live and the recent calls of campaigns, and the attempts to numbers of the last 24 hours by their ids."""

    def __init__(self, at: datetime) -> None:
        self._minute_ago, self._day_ago = at - A_MINUTE, at - A_DAY
        self._live: Counter[str] = Counter()
        self._last_minute: Counter[str] = Counter()
        self._was_dialed: defaultdict[Called, dict[str, bool]] = defaultdict(dict)

    async def load(self, session: ReadSession, attempts: Sequence[ConversationRow]) -> None:
        """Read what limits these calls of campaigns."""
        campaign_ids = sorted({each.campaign_id for each in attempts if each.campaign_id})
        for row in await count_calls_of_campaigns(session, campaign_ids, self._minute_ago):
            self._live[row.id], self._last_minute[row.id] = row.live_calls, row.calls_last_minute
        organization_ids = sorted({each.organization_id for each in attempts})
        numbers = sorted({each.user_number for each in attempts if each.user_number})
        for attempt in await find_attempts_to_numbers(session, organization_ids, numbers, self._day_ago):
            called = (attempt.organization_id, attempt.user_number)
            self._was_dialed[called][attempt.id] = attempt.dialed_at is not None

    def of(self, call: ConversationRow) -> AttemptCounts:
        """Count what limits a call. Of two that wait to be dialed to one number, the earlier goes first."""
        assert call.campaign_id is not None, "an attempt has a campaign"
        to_number = self._was_dialed[_called(call)]
        return AttemptCounts(
            attempts_to_number=sum(was_dialed or each <= call.id for each, was_dialed in to_number.items()),
            live_calls=self._live[call.campaign_id],
            calls_last_minute=self._last_minute[call.campaign_id],
        )

    def on_claimed(self, call: ConversationRow) -> None:
        """Count a call as dialed."""
        if call.id in self._was_dialed[_called(call)]:
            self._was_dialed[_called(call)][call.id] = True

    def on_withdrawn(self, call: ConversationRow) -> None:
        """Stop counting a call that ends without having been dialed."""
        self._was_dialed[_called(call)].pop(call.id, None)
        if call.campaign_id is not None:
            self._live[call.campaign_id] -= 1
            self._last_minute[call.campaign_id] -= call.created_at > self._minute_ago


def _called(call: ConversationRow) -> Called:
    return call.organization_id, call.user_number
