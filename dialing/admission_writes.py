"""Collect what one admission decides of contacts, and write it with a statement for each kind of decision (R23)."""

import json
from collections import defaultdict
from datetime import datetime, timedelta

from calling.attempt import PlannedAttempt
from calling.contact_admission import Postponement
from calling.outbound_conversation import conversation_values
from dialing.due_contacts import DueContact
from models import Refusal, WaitReason
from models.admission_statements import rewrite_campaigns
from models.attempt_statements import mark_exhausted, mark_in_call, mark_waiting, postpone, refuse_contact
from models.campaign_rows import ContactRow
from models.conversation_insert import queue_all
from storage import WriteSession

A_MICROSECOND = timedelta(microseconds=1)


class AdmissionWrites:
    """The decisions of an admission at one time, until `write`."""

    def __init__(self, session: WriteSession, at: datetime) -> None:
        self._session = session
        self._at = at
        self._calls: dict[str, tuple[DueContact, PlannedAttempt]] = {}
        self._waiting: defaultdict[WaitReason, list[str]] = defaultdict(list)
        self._postponed: dict[str, Postponement] = {}
        self._refused: dict[str, Refusal] = {}
        self._exhausted: list[str] = []

    def call(self, due: DueContact, planned: PlannedAttempt) -> None:
        """Have a contact called as planned."""
        self._calls[due.contact.id] = (due, planned)

    def wait(self, contact: ContactRow, reason: WaitReason) -> None:
        """Have a contact wait that is due; it stays due, so that it is called as soon as there is room."""
        if contact.wait_reason is not reason:
            self._waiting[reason].append(contact.id)

    def postpone(self, contact: ContactRow, postponement: Postponement) -> None:
        self._postponed[contact.id] = postponement

    def refuse(self, contact: ContactRow, refusal: Refusal) -> None:
        self._refused[contact.id] = refusal

    def exhaust(self, contact: ContactRow) -> None:
        """Store that a contact has no attempts left."""
        self._exhausted.append(contact.id)

    async def write(self) -> None:
        """Write what was decided since the last time."""
        for reason, ids in self._waiting.items():
            await mark_waiting(self._session, ids, reason)
        for contact_id, postponement in self._postponed.items():
            await postpone(self._session, contact_id, postponement.until, postponement.reason)
        for contact_id, refusal in self._refused.items():
            await refuse_contact(self._session, contact_id, refusal.code.name, refusal.message)
        if self._exhausted:
            await mark_exhausted(self._session, self._exhausted)
        if self._calls:
            await self._queue_calls()
        for written in (self._waiting, self._postponed, self._refused, self._exhausted, self._calls):
            written.clear()

    async def _queue_calls(self) -> None:
        """Queue the calls of those contacts that are pending still."""
        numbers = {each: {"agent_number": plan.resolution.agent_number} for each, (_, plan) in self._calls.items()}
        admitted = await mark_in_call(self._session, json.dumps(numbers))
        attempt_numbers = {row.id: row.attempt_count for row in admitted}
        # They are claimed in the order of their creation, and one pass creates all at once.
        first = self._at - len(self._calls) * A_MICROSECOND
        calls = [
            self._attempt(due, planned, attempt_numbers[contact_id]) | {"created_at": first + place * A_MICROSECOND}
            for place, (contact_id, (due, planned)) in enumerate(self._calls.items())
            if contact_id in attempt_numbers
        ]
        if calls:
            await queue_all(self._session, calls)
            if self._session.on_postgres:
                await rewrite_campaigns(
                    self._session, sorted({due.contact.campaign_id for due, _ in self._calls.values()})
                )

    def _attempt(self, due: DueContact, planned: PlannedAttempt, attempt_number: int) -> dict[str, object]:
        """Return the columns of an attempt's conversation."""
        assert planned.call is not None, "a refused call is not queued"
        return conversation_values(planned.call, planned.resolution) | {
            "campaign_id": due.contact.campaign_id,
            "contact_id": due.contact.id,
            "attempt_number": attempt_number,
            "window_ends_at": due.window_ends_at,
        }
