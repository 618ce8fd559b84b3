"""Record what whoever speaks in a campaign's call tells of it: a voicemail, a later date, a wish.

The triggers of attempts settle the contact: at the end of the call, or at once if it has ended (R18, R24).
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from calling import validation
from calling.live_call import reload_conversation
from calling.refusals import conversation_not_found
from calling.suppression import suppress
from models import AttemptOutcome, Contact, Conversation, Reach, now
from models.call_rows import ConversationRow
from storage import WriteSession
from storage.session import count_rows_written
from storage.statement import Query, query

REPORTED = (AttemptOutcome.VOICEMAIL, AttemptOutcome.CALL_BACK, AttemptOutcome.DO_NOT_CALL)
SOURCE = "reportOutcome"


@dataclass(frozen=True)
class OutcomeReport:
    """What is told of a call; `call_back_at` with CALL_BACK alone."""

    outcome: AttemptOutcome
    call_back_at: datetime | None = None


async def report_outcome(
    session: WriteSession, reach: Reach, conversation_id: str, report: OutcomeReport
) -> ConversationRow:
    """Store the outcome of an attempt, and suppress the number of who is not to be called again, whatever the quota.

    Raises Refused: CONVERSATION_NOT_FOUND, INVALID_INPUT.
    """
    _check(report, now())
    call = await _load_attempt(session, reach, conversation_id)
    if report.call_back_at:
        contact = Contact.__table__
        wanted = sa.update(contact).where(contact.c.id == call.contact_id).values(not_before=report.call_back_at)
        await session.execute(wanted)
    conversation = Conversation.__table__
    told = sa.update(conversation).where(conversation.c.id == call.id).values(attempt_outcome=report.outcome)
    await session.execute(told)
    count_rows_written(session, 2)
    if report.outcome is AttemptOutcome.DO_NOT_CALL:
        assert call.user_number is not None, "an attempt has a destination"
        await suppress(
            session,
            call.organization_id,
            [call.user_number],
            until=None,
            source=SOURCE,
            at=now(),
            max_entries=0,
        )
    return await reload_conversation(session, call.id)


def _check(report: OutcomeReport, at: datetime) -> None:
    if report.outcome not in REPORTED:
        raise validation.invalid_input(
            f"outcome is {report.outcome.name}, which the engine tells. Report"
            f" {', '.join(each.name for each in REPORTED)}.",
            "outcome",
        )
    if (report.outcome is AttemptOutcome.CALL_BACK) is (report.call_back_at is None):
        raise validation.invalid_input(
            "callBackAt goes with CALL_BACK, and with nothing else. Send both, or neither.", "callBackAt"
        )
    if report.call_back_at and report.call_back_at <= at:
        raise validation.invalid_input("callBackAt is past. Send a time to come.", "callBackAt")


async def _load_attempt(session: WriteSession, reach: Reach, conversation_id: str) -> ConversationRow:
    """Return an answered call of a campaign. Raises Refused: CONVERSATION_NOT_FOUND, INVALID_INPUT."""
    conversations: Query[ConversationRow] = query(sa.select(Conversation.__table__))
    in_reach = conversations.where(reach.contains_rows(Conversation, [conversation_id]))
    call = (await session.execute(in_reach)).first()
    if call is None:
        raise conversation_not_found()
    if call.contact_id is None:
        raise validation.invalid_input(
            "No campaign made this call, so nobody waits for its outcome. Report those of campaigns' calls; a number"
            " that is not to be called again goes to addSuppressions.",
            "conversationId",
        )
    if call.answered_at is None:
        raise validation.invalid_input(
            "Nobody has answered this call, so nobody can have told its outcome. Report it once the call is answered.",
            "conversationId",
        )
    return call
