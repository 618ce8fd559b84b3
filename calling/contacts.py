"""Add contacts to a campaign: which of those sent are new, the same again, changed, or refused (R16).

`contact_input` checks each by itself. Here stands what depends on the campaign's other contacts, its default time zone
and the suppressions; all of it is read with a few statements, and written with two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

from calling.contact_admission import refuse_unknown_zone
from calling.contact_input import ContactFields
from calling.refusals import number_suppressed
from models import Campaign, ContactStatus, ErrorCode, Refusal, Refused, WaitReason
from models.contact_statements import (
    copy_contact,
    count_contacts,
    find_contacts_of_external_ids,
    find_contacts_of_numbers,
    new_contact,
    write_contacts,
)
from models.stored_bytes import bytes_of_contact
from models.suppression import find_suppressed_numbers
from storage import ReadSession, WriteSession

# A contact that was sent: its checked values, or why they are not acceptable.
SentContact = ContactFields | Refusal


@dataclass(frozen=True)
class AddedContact:
    """What became of a contact that was sent: the row, if it is kept, and why it is not called, if so.

    `growth`: how many more bytes are stored now, as counted by `models/stored_bytes.py`.
    """

    contact: SimpleNamespace | None = None
    refusal: Refusal | None = None
    is_unchanged: bool = False
    growth: int = 0


@dataclass
class KnownContacts:
    """A campaign's contacts that those sent may be, by number and by external id, and those still to be written."""

    campaign: Campaign
    refuses_duplicates: bool
    room: int | None  # how many more the campaign may have; None: any number
    suppressed: set[str]
    at: datetime
    by_number: dict[str, SimpleNamespace] = field(default_factory=dict)
    by_external_id: dict[str, SimpleNamespace] = field(default_factory=dict)
    created: dict[str, SimpleNamespace] = field(default_factory=dict)
    changed: dict[str, SimpleNamespace] = field(default_factory=dict)
    renamed: set[str] = field(default_factory=set)

    def index(self, row: SimpleNamespace) -> None:
        """Have a contact found by its number and its external id."""
        self.by_number[row.e164] = row
        if row.external_id is not None:
            self.by_external_id[row.external_id] = row

    def add(self, fields: ContactFields) -> AddedContact:
        """Add a contact, or change the one that it is. Raises Refused.

        Refusals: NUMBER_SUPPRESSED, DUPLICATE_CONTACT, LIMIT_EXCEEDED.
        """
        if fields.e164 in self.suppressed:
            raise number_suppressed("e164")
        found = self._find(fields)
        if found is None:
            return self._create(fields)
        is_same = all(getattr(found, name) == value for name, value in vars(fields).items())
        if is_same and found.status is not ContactStatus.REFUSED:
            return AddedContact(found, is_unchanged=True)
        if self.refuses_duplicates and not is_same:
            raise _has_other_content(fields)
        growth = bytes_of_contact(fields.variables) - bytes_of_contact(found.variables)
        self._change(found, fields)
        return AddedContact(found, refusal_of(found), growth=growth)

    def _find(self, fields: ContactFields) -> SimpleNamespace | None:
        """Return the contact that has this number. Raises Refused if another has the external id."""
        found = self.by_number.get(fields.e164)
        named = self.by_external_id.get(fields.external_id) if fields.external_id is not None else None
        if named is not None and named is not found:
            raise Refused(
                ErrorCode.DUPLICATE_CONTACT,
                f"The campaign's contact {named.e164} has the externalId {fields.external_id!r}, and a contact's number"
                " never changes. Send another externalId, or remove that contact with removeContacts.",
                "externalId",
            )
        if found is not None and found.status is ContactStatus.REMOVED:
            raise Refused(
                ErrorCode.DUPLICATE_CONTACT,
                f"{fields.e164} was removed from this campaign, which never calls it again."
                " Add it to another campaign, if it is to be called.",
                "e164",
            )
        return found

    def _create(self, fields: ContactFields) -> AddedContact:
        if self.room is not None and len(self.created) >= self.room:
            raise Refused(
                ErrorCode.LIMIT_EXCEEDED,
                "The campaign has as many contacts as it may. Create another with createCampaign, or ask your"
                " operator for more.",
            )
        # In the order in which they were sent, the first is the oldest.
        created_at = self.at + timedelta(microseconds=len(self.created))
        campaign = {"organization_id": self.campaign.organization_id, "campaign_id": self.campaign.id}
        row = new_contact(created_at, **campaign, **vars(fields), due_at=created_at)
        self._judge(row)
        self.index(row)
        self.created[row.id] = row
        return AddedContact(row, refusal_of(row), growth=bytes_of_contact(fields.variables))

    def _change(self, row: SimpleNamespace, fields: ContactFields) -> None:
        """Give a contact the values that were sent. One that waits, or was refused, is judged anew."""
        if row.external_id is not None:
            self.by_external_id.pop(row.external_id)
            self.renamed |= {row.id} - self.created.keys() if fields.external_id != row.external_id else set()
        for name, value in vars(fields).items():
            setattr(row, name, value)
        self.index(row)
        if row.status in (ContactStatus.PENDING, ContactStatus.REFUSED):
            self._judge(row)
        if row.id not in self.created:
            self.changed[row.id] = row

    def _judge(self, row: SimpleNamespace) -> None:
        """Set whether a contact waits, and until when, or is refused because nobody knows its time zone (R17)."""
        if row.attempt_count == 0:
            row.due_at = row.not_before or row.created_at
            row.wait_reason = WaitReason.START if row.not_before else None
        elif row.not_before and row.not_before > row.due_at:
            row.due_at, row.wait_reason = row.not_before, WaitReason.START
        refusal = refuse_unknown_zone(row.zone_key, self.campaign.default_time_zone)
        row.status = ContactStatus.REFUSED if refusal else ContactStatus.PENDING
        row.refusal_code, row.refusal_message = (refusal.code.name, refusal.message) if refusal else (None, None)


def refusal_of(row: SimpleNamespace) -> Refusal | None:
    """Return why a stored contact is not called; None if that is not refused."""
    return Refusal(ErrorCode[row.refusal_code], row.refusal_message) if row.refusal_code else None


def _has_other_content(fields: ContactFields) -> Refused:
    return Refused(
        ErrorCode.DUPLICATE_CONTACT,
        f"The campaign has {fields.e164} already, with other content. Send onDuplicate: UPDATE to change it.",
        "e164",
    )


async def add_contacts(
    session: WriteSession,
    campaign: Campaign,
    sent: Sequence[SentContact],
    *,
    refuses_duplicates: bool,
    max_contacts: int,
    at: datetime,
) -> list[AddedContact]:
    """Add contacts to a campaign whose row is locked; return what became of each, in their order.

    `max_contacts`: how many the campaign may have; 0: any number.
    """
    fields = [each for each in sent if isinstance(each, ContactFields)]
    numbers = list({each.e164 for each in fields})
    known = KnownContacts(
        campaign,
        refuses_duplicates,
        max(0, max_contacts - int(await session.scalar(count_contacts(campaign.id)) or 0)) if max_contacts else None,
        await find_suppressed_numbers(session, campaign.organization_id, numbers, at),
        at,
    )
    await _read_known(session, known, numbers, list({each.external_id for each in fields if each.external_id}))
    added = [each if isinstance(each, Refusal) else _add_one(known, each) for each in sent]
    await write_contacts(session, known.created.values(), known.changed.values(), known.renamed)
    return [AddedContact(refusal=each) if isinstance(each, Refusal) else each for each in added]


async def _read_known(session: ReadSession, known: KnownContacts, numbers: list[str], external_ids: list[str]) -> None:
    rows = {row.id: row for row in await find_contacts_of_numbers(session, known.campaign.id, numbers)}
    if external_ids:
        named = await find_contacts_of_external_ids(session, known.campaign.id, external_ids)
        rows |= {row.id: row for row in named}
    for row in rows.values():
        known.index(copy_contact(row))


def _add_one(known: KnownContacts, fields: ContactFields) -> AddedContact:
    try:
        return known.add(fields)
    except Refused as error:
        return AddedContact(refusal=error.refusal)
