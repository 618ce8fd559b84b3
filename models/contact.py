"""Define the contacts of campaigns: a number to call, what is known of it, and how its calls went (R16, R18, R24)."""

from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.campaign_rows import ContactRow
from models.described_enum import DescribedEnum, text_enum_type
from models.identifier import new_id
from models.partial_index import partial_index
from models.table import Table, select_by_id
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query

IS_PENDING_SQL = "status = 'PENDING'"
IS_WAITING_SQL = f"{IS_PENDING_SQL} AND wait_reason IS NOT NULL"
HAS_EXTERNAL_ID_SQL = "external_id IS NOT NULL"


@unique
class ContactStatus(DescribedEnum):
    PENDING = "Waits to be called, or called again; waitsFor says for what."
    IN_CALL = "Is being called, or talks."
    REACHED = "Was reached. Final."
    EXHAUSTED = "Was not reached within the attempts. Final."
    REFUSED = "May not be called; the refusal says why."
    REMOVED = "Was removed from the campaign. Final."
    EXPIRED = "The campaign ended before it was reached. Final."


@unique
class DuplicateRule(DescribedEnum):
    UPDATE = "It is changed to what was sent; what is absent there is absent then."
    REFUSE = "It stays, and what was sent is refused: DUPLICATE_CONTACT."


@unique
class WaitReason(DescribedEnum):
    CAMPAIGN = "The campaign does not run."
    START = "The campaign's start, or the contact's notBefore."
    WINDOW = "An open window in the contact's time zones."
    RETRY = "The delay after the last attempt."
    ATTEMPT_LIMIT = "At most three attempts to one number in 24 hours."
    NUMBER = "A number of the pool that is below its caps."
    TRUNK = "Room in the trunk."
    BUDGET = "Room in the call budget of the organization or of one above it."
    PACE = "Room in the campaign: its calls at once, or a minute."


@unique
class AttemptOutcome(DescribedEnum):
    REACHED = "Somebody talked with the agent."
    TRANSFERRED = "The call was handed over to a third party."
    BUSY = "Busy."
    NO_ANSWER = "Nobody answered in time."
    REJECTED = "Declined."
    VOICEMAIL = "A voicemail answered, as whoever speaks reported."
    CALL_BACK = "Asked to be called later, as whoever speaks reported."
    DO_NOT_CALL = "Asked never to be called again, as whoever speaks reported."
    CARRIER_ERROR = "The carrier, the trunk or the agent failed; nobody talked."
    INVALID_NUMBER = "The carrier does not know the number."
    BLOCKED = "The call was blocked."
    LOST = "The call was lost: the person may have been called, so it is never retried."
    CANCELLED = "Called off after it was dialed."


class Contact(Table, table=True):
    """A contact. `zone_key`: its time zones by their names, joined by commas; empty: the campaign's default counts.

    `due_at`: when it may be called next. `wait_reason`: what that was set for. `is_fresh`: never called.
    `last_outcome`: of its last attempt that has one.
    """

    __tablename__ = "contact"
    __table_args__ = (
        sa.ForeignKeyConstraint(["organization_id", "campaign_id"], ["campaign.organization_id", "campaign.id"]),
        sa.UniqueConstraint("campaign_id", "e164"),
        sa.CheckConstraint("(refusal_code IS NULL) = (status <> 'REFUSED')", name="refused_for_a_reason"),
        partial_index("ix_contact_external_id", "campaign_id", "external_id", where=HAS_EXTERNAL_ID_SQL, unique=True),
        partial_index("ix_contact_due", "campaign_id", "zone_key", "is_fresh", "due_at", "id", where=IS_PENDING_SQL),
        sa.Index("ix_contact_campaign_id_created_at", "campaign_id", "created_at", "id"),
        partial_index(
            "ix_contact_outcome",
            *("campaign_id", "last_outcome", "status", "created_at", "id"),
            where="last_outcome IS NOT NULL",
        ),
        partial_index("ix_contact_waiting", "campaign_id", "wait_reason", "created_at", "id", where=IS_WAITING_SQL),
        sa.Index("ix_contact_status", "campaign_id", "status", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("cnt"), primary_key=True)
    organization_id: str
    campaign_id: str
    e164: str
    external_id: str | None = None
    time_zone: str | None = None
    zone_key: str = ""
    agent_number: str | None = None
    variables: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    status: ContactStatus = Field(default=ContactStatus.PENDING, sa_type=text_enum_type(ContactStatus))
    refusal_code: str | None = None  # an ErrorCode's name
    refusal_message: str | None = None
    is_fresh: bool = True
    due_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    wait_reason: WaitReason | None = Field(default=None, sa_type=text_enum_type(WaitReason))
    attempt_count: int = 0
    last_agent_number: str | None = None
    last_outcome: AttemptOutcome | None = Field(default=None, sa_type=text_enum_type(AttemptOutcome))
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[ContactRow]:
        return select_by_id(cls, identifiers)


class ContactCount(Table, table=True):
    """How many contacts or attempts of a campaign have a status or an outcome: kept by triggers (R24).

    Several rows (`shard`) add up to one count, so that servers seldom wait for each other.
    """

    __tablename__ = "contact_count"

    campaign_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    shard: int = Field(primary_key=True)
    count: int
