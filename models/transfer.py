"""Define transfers of a call to a third party, one open at a time."""

from datetime import datetime
from enum import unique

import sqlalchemy as sa
from sqlmodel import Field

from models.call_rows import TransferRow
from models.described_enum import DescribedEnum, text_enum_type
from models.identifier import new_id
from models.rows import IdRow
from models.table import Table, select_by_id
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query, RowStatement, query, returning


@unique
class TransferKind(DescribedEnum):
    COLD = "Hands the live caller over; the agent leaves."
    WARM = "The agent briefs the third party first, dialing it from the conversation's number."
    CONFERENCE = "The third party is dialed into the call from the conversation's number."


@unique
class DisplayedNumber(DescribedEnum):
    TRANSFEREE_NUMBER = "The original caller's number."
    AGENT_NUMBER = "The agent's number: the one that the conversation goes over."


@unique
class TransferMechanism(DescribedEnum):
    SIP_REFER = "The carrier is asked to move the caller (SIP REFER)."
    DIAL = "A second call is dialed from the agent's number."


@unique
class TransferStatus(DescribedEnum):
    REQUESTED = "Asked for."
    RINGING = "Rings at the third party."
    COMPLETED = "The third party answered."
    FAILED = "The caller stays where they were."


IS_OPEN_SQL = sa.text("ended_at IS NULL")
OCCUPIES_TRUNK_SQL = sa.text("trunk_id IS NOT NULL")


class Transfer(Table, table=True):
    """A transfer. `asked_at`: when the engine was asked, which happens once; `begun_at`: when the engine began.

    `trunk_id`: the trunk that a dialed leg occupies.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"], ["conversation.organization_id", "conversation.id"]
        ),
        sa.Index("ix_transfer_conversation_id_created_at", "conversation_id", "created_at", "id"),
        sa.Index(
            "ix_transfer_one_at_a_time",
            "conversation_id",
            unique=True,
            sqlite_where=IS_OPEN_SQL,
            postgresql_where=IS_OPEN_SQL,
        ),
        sa.Index(
            "ix_transfer_trunk_id", "trunk_id", sqlite_where=OCCUPIES_TRUNK_SQL, postgresql_where=OCCUPIES_TRUNK_SQL
        ),
    )

    id: str = Field(default_factory=lambda: new_id("trf"), primary_key=True)
    organization_id: str
    conversation_id: str
    kind: TransferKind = Field(sa_type=text_enum_type(TransferKind))
    status: TransferStatus = Field(default=TransferStatus.REQUESTED, sa_type=text_enum_type(TransferStatus))
    transfer_number: str
    displayed_number: DisplayedNumber | None = Field(default=None, sa_type=text_enum_type(DisplayedNumber))
    caller_id: str | None = None
    mechanism: TransferMechanism | None = Field(default=None, sa_type=text_enum_type(TransferMechanism))
    sip_status: int | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    supervisor_instructions: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    begun_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trunk_id: str | None = None

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[TransferRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def select_of_conversations(cls, conversation_ids: list[str]) -> Query[TransferRow]:
        transfer = cls.columns()
        return (
            query(sa.select(cls.__table__))
            .where(transfer.conversation_id.in_(conversation_ids))
            .order_by(transfer.created_at, transfer.id)
        )

    @classmethod
    def delete_of_conversations(cls, conversation_ids: list[str]) -> RowStatement[IdRow]:
        """Delete the transfers of these conversations, and return their ids."""
        transfer = cls.columns()
        deleted = sa.delete(cls.__table__).where(transfer.conversation_id.in_(conversation_ids))
        return returning(deleted.returning(transfer.id))
