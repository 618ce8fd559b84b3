"""Transfers of conversations: a third party joins, or takes over."""

from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningDelete
from sqlmodel import Field

from models.identifier import new_id
from models.instant import Instant, now
from models.table import Table
from models.word import Word, stored_as_text


@unique
class TransferKind(Word):
    COLD = "Hands the live caller over; the agent leaves."
    WARM = "The agent briefs the third party first, dialing it from the conversation's number."
    CONFERENCE = "The third party is dialed into the call from the conversation's number."


@unique
class DisplayedNumber(Word):
    TRANSFEREE_NUMBER = "The original caller's number."
    AGENT_NUMBER = "The agent's number: the one that the conversation goes over."


@unique
class TransferMechanism(Word):
    SIP_REFER = "The carrier is asked to move the caller (SIP REFER)."
    DIAL = "A second call is dialed from the agent's number."


@unique
class TransferStatus(Word):
    REQUESTED = "Asked for."
    RINGING = "Rings at the third party."
    COMPLETED = "The third party answered."
    FAILED = "The caller stays where they were."


OPEN = sa.text("ended_at IS NULL")
COUNTED = sa.text("trunk_id IS NOT NULL")


class Transfer(Table, table=True):
    """`asked_at`: an engine is asked, which happens once; `begun_at`: it has begun, so it did not refuse.

    `trunk_id`: what a leg that was dialed is live over.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"], ["conversation.organization_id", "conversation.id"]
        ),
        sa.Index("ix_transfer_conversation_id_created_at", "conversation_id", "created_at", "id"),
        sa.Index("ix_transfer_one_at_a_time", "conversation_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        sa.Index("ix_transfer_trunk_id", "trunk_id", sqlite_where=COUNTED, postgresql_where=COUNTED),
    )

    id: str = Field(default_factory=lambda: new_id("trf"), primary_key=True)
    organization_id: str
    conversation_id: str
    kind: TransferKind = Field(sa_type=stored_as_text(TransferKind))
    status: TransferStatus = Field(default=TransferStatus.REQUESTED, sa_type=stored_as_text(TransferStatus))
    transfer_number: str
    displayed_number: DisplayedNumber | None = Field(default=None, sa_type=stored_as_text(DisplayedNumber))
    caller_id: str | None = None
    mechanism: TransferMechanism | None = Field(default=None, sa_type=stored_as_text(TransferMechanism))
    sip_status: int | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    supervisor_instructions: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    begun_at: datetime | None = Field(default=None, sa_type=Instant)
    trunk_id: str | None = None

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().id.in_(identifiers))

    @classmethod
    def of_conversations(cls, conversation_ids: list[str]) -> sa.Select[Any]:
        transfer = cls.columns()
        return (
            sa.select(cls.__table__)
            .where(transfer.conversation_id.in_(conversation_ids))
            .order_by(transfer.created_at, transfer.id)
        )

    @classmethod
    def removed_with(cls, conversation_ids: list[str]) -> ReturningDelete[Any]:
        """Answers their ids."""
        transfer = cls.columns()
        return sa.delete(cls.__table__).where(transfer.conversation_id.in_(conversation_ids)).returning(transfer.id)
