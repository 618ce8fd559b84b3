"""Admit contacts: decide of each whether it is called now, with what was read for all of them (R18 to R21, R23)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from calling.attempt import AttemptPlanner
from calling.contact_admission import A_DAY, postpone_by_attempts, refuse_suppressed
from dialing.admission_room import AdmissionRoom
from dialing.admission_writes import AdmissionWrites
from dialing.campaign_pauses import raise_if_campaign_is_unable
from dialing.campaign_queue import CampaignQueue
from dialing.due_contacts import DueContact
from models import WaitReason
from models.campaign_rows import CampaignRow, ContactRow
from models.claim_statements import find_attempts_to_numbers
from models.suppression import find_suppressed_calls
from storage import WriteSession


class AttemptAdmission:
    """Admits contacts in one transaction, at one time, into the room that is left. `writes`: what was decided."""

    def __init__(
        self, session: WriteSession, at: datetime, room: AdmissionRoom, allowed_regions: frozenset[str]
    ) -> None:
        self._session = session
        self._at = at
        self._room = room
        self._planner = AttemptPlanner(session, allowed_regions)
        self._loaded: set[tuple[str, str]] = set()
        self._suppressed: set[tuple[str, str]] = set()
        self._recent: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        self.writes = AdmissionWrites(session, at)

    async def load(self, contacts: Sequence[ContactRow]) -> None:
        """Read what decides whether these contacts may be called."""
        unread = {(each.organization_id, each.e164) for each in contacts} - self._loaded
        self._loaded |= unread
        organization_ids = sorted({organization_id for organization_id, _ in unread})
        e164s = sorted({e164 for _, e164 in unread})
        for row in await find_suppressed_calls(self._session, organization_ids, e164s, self._at):
            self._suppressed.add((row.organization_id, row.e164))
        for attempt in await find_attempts_to_numbers(self._session, organization_ids, e164s, self._at - A_DAY):
            if (called := (attempt.organization_id, attempt.user_number)) in unread:
                self._recent[called].append(attempt.created_at)

    async def admit(self, queue: CampaignQueue, due: DueContact) -> bool:
        """Decide to call a contact, or why it is not called now; return whether it is called.

        Raises CampaignUnable where nobody can be called for the campaign.
        """
        contact = due.contact
        if not self._may_be_called(queue.campaign, contact):
            return False
        choice = await self._planner.choose_number(queue.campaign, contact, queue.pool, self._room.calls_by_number)
        if choice and choice.agent_number is None:
            self._pass_over(queue, contact, WaitReason.NUMBER)
            return False
        planned = await self._planner.plan(queue.campaign, contact, choice)
        if planned.resolution.refusal:
            raise_if_campaign_is_unable(planned.resolution.refusal, contact)
            self.writes.refuse(contact, planned.resolution.refusal)
            return False
        number_id = planned.resolution.phone_number_id
        assert number_id, "a call that is not refused has a number"
        if obstacle := await self._room.find_obstacle(contact.organization_id, number_id):
            self._pass_over(queue, contact, obstacle)
            return False
        self.writes.call(due, planned)
        self._recent[contact.organization_id, contact.e164].append(self._at)
        self._room.take(contact.organization_id, number_id)
        return True

    def _pass_over(self, queue: CampaignQueue, contact: ContactRow, reason: WaitReason) -> None:
        """Have a contact wait; whoever comes after it may be called, but where the campaign's budget is used up."""
        self.writes.wait(contact, reason)
        queue.may_read_on = reason is not WaitReason.BUDGET

    def _may_be_called(self, campaign: CampaignRow, contact: ContactRow) -> bool:
        """Tell whether a contact is not suppressed, and below its attempts; have it stored where not."""
        called = (contact.organization_id, contact.e164)
        if refusal := refuse_suppressed(called in self._suppressed):
            self.writes.refuse(contact, refusal)
            return False
        if postponement := postpone_by_attempts(self._recent[called]):
            self.writes.postpone(contact, postponement)
            return False
        if contact.attempt_count >= campaign.max_attempts:
            self.writes.exhaust(contact)
            return False
        return True
