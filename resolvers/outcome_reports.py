"""Record the outcome of a campaign's call, as whoever speaks in it tells (R18)."""

from datetime import datetime

from calling import outcome_report
from calling.outcome_report import OutcomeReport
from models import AttemptOutcome
from resolvers.context import Payload, Transaction


async def report_outcome(
    transaction: Transaction, *, conversation_id: str, outcome: AttemptOutcome, call_back_at: datetime | None = None
) -> Payload:
    report, reach = OutcomeReport(outcome, call_back_at), transaction.principal.reach
    return {"conversation": await outcome_report.report_outcome(transaction.session, reach, conversation_id, report)}
