"""Conversations: calls that were created or routed, with the reason for their number kept as it stood (R9, R12)."""

from collections.abc import Callable
from datetime import datetime
from enum import unique
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningDelete
from sqlmodel import Field

from models.agent_version import AgentVersion
from models.conversation_metadata import ConversationMetadata
from models.identifier import new_id
from models.instant import Instant, now
from models.members import HasMembers, MemberKey, MemberValue
from models.phone_number import CallDirection, PhoneNumber
from models.prepared import prepared
from models.session import WriteSession
from models.statement import Statement
from models.streams import Checked, merged, words
from models.table import Table
from models.word import Word, stored_as_text

number = PhoneNumber.__table__


@unique
class ConversationStatus(Word):
    QUEUED = "Created, and waits to be dialed."
    DIALING = "Handed to the carrier."
    RINGING = "Rings at the other side."
    IN_PROGRESS = "The two sides talk."
    COMPLETED = "Ended by hanging up. Final."
    FAILED = "Could not be carried out; the end reason says why. Final."
    CANCELLED = "Called off before it was answered. Final."
    TRANSFERRED = "Handed over to a third party. Final."
    UNANSWERED = "Busy, not answered or declined. Final."


# As SQL: a partial index serves a statement that says the same, not one whose words are parameters.
QUEUED = "status = 'QUEUED'"
CALLED = "status IN ('DIALING', 'RINGING', 'IN_PROGRESS')"
LIVE = (
    ConversationStatus.QUEUED,
    ConversationStatus.DIALING,
    ConversationStatus.RINGING,
    ConversationStatus.IN_PROGRESS,
)


@unique
class EndReason(Word):
    HANGUP = "One of the two sides hung up."
    BUSY = "The other side was busy."
    NO_ANSWER = "Nobody answered in time."
    REJECTED = "The other side declined."
    BLOCKED = "The call was blocked, such as for its caller ID."
    INVALID_NUMBER = "The carrier does not know the number called."
    TRUNK_AUTHENTICATION = "The carrier refused the trunk's credentials."
    CARRIER_ERROR = "The carrier failed."
    CANCELLED = "Called off before it was answered."
    TRANSFERRED = "Handed over to a third party."
    NUMBER_NO_LONGER_AVAILABLE = "The number could no longer be dialed from when the call's turn came."
    ENGINE_LOST = "The telephony engine lost the call."


def _index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Conversation(Table, table=True):
    """`engine_reference`: what an engine calls an inbound call that it took; None: it was routed through the API.

    `server_id`: whose it is, once it is dialed or here; `trunk_id`: what an outbound one waits for and goes over.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "idempotency_key"),
        sa.UniqueConstraint("organization_id", "id"),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_version_id"], ["agent_version.organization_id", "agent_version.id"]
        ),
        sa.CheckConstraint("direction = 'OUTBOUND' OR status NOT IN ('QUEUED', 'DIALING')", name="queued_is_outbound"),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ends_with_a_reason"),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (status IN ('QUEUED', 'DIALING', 'RINGING', 'IN_PROGRESS'))", name="live_until_ended"
        ),
        sa.Index("ix_conversation_organization_id_created_at", "organization_id", "created_at", "id"),
        *(
            sa.Index(f"ix_conversation_{by}", "organization_id", by, "created_at", "id")
            for by in ("agent_number", "user_number")
        ),
        sa.Index("ix_conversation_phone_number_id_status", "phone_number_id", "status"),
        sa.Index("ix_conversation_agent_version_id", "agent_version_id", "created_at", "id"),
        sa.Index("ix_conversation_direction_status", "organization_id", "direction", "status", "created_at", "id"),
        _index("ix_conversation_queued", "organization_id", "created_at", "id", where=QUEUED),
        _index("ix_conversation_called", "dialed_at", "created_at", where=CALLED),
        _index("ix_conversation_lane", "trunk_id", "created_at", "id", where=QUEUED),
        *(_index(f"ix_conversation_{by}", by, where=CALLED) for by in ("server_id", "trunk_id")),
        _index(
            "ix_conversation_engine_reference", "engine_reference", where="engine_reference IS NOT NULL", unique=True
        ),
    )

    id: str = Field(default_factory=lambda: new_id("cnv"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    direction: CallDirection = Field(sa_type=stored_as_text(CallDirection))
    status: ConversationStatus = Field(sa_type=stored_as_text(ConversationStatus))
    end_reason: EndReason | None = Field(default=None, sa_type=stored_as_text(EndReason))
    sip_status: int | None = None
    agent_number: str
    user_number: str | None = None
    phone_number_id: str | None = Field(default=None, foreign_key="phone_number.id", ondelete="SET NULL")
    agent_version_id: str | None = None
    agent_config: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    resolution: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    initial_context: str | None = None
    custom_metadata: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    idempotency_key: str | None = None
    input_digest: bytes | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    engine_reference: str | None = None
    dialed_at: datetime | None = Field(default=None, sa_type=Instant)
    hang_up_requested_at: datetime | None = Field(default=None, sa_type=Instant)
    server_id: str | None = None
    trunk_id: str | None = None

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().id.in_(identifiers))

    @classmethod
    def of(cls, organization_id: str) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().organization_id == organization_id)

    @classmethod
    def of_engine(cls, engine_reference: str) -> sa.Select[Any]:
        """What an engine knows by this name: the one that came in so, or the one that was dialed under its own id."""
        named = sa.or_(cls.columns().engine_reference == engine_reference, cls.columns().id == engine_reference)
        return sa.select(cls.columns().id).where(named)

    @classmethod
    def first_of_agent(cls, organization_id: Any, agent_id: Any, conditions: list[Any], *page: Any) -> sa.Select[Any]:
        """Each version of the agent is a stream. `page`: the order, and how many at most."""
        conversation, stream = cls.columns(), AgentVersion.of_agent(agent_id).cte("stream")
        own = Checked(conversation.organization_id, type_=sa.String) == organization_id
        within = [conversation.agent_version_id == stream.c.id, own, *conditions]
        return merged(cls.__table__, stream, within, *page)

    @classmethod
    def first_of_statuses(
        cls, organization_id: Any, chosen: Callable[[Any], list[Any]], conditions: list[Any], *page: Any
    ) -> sa.Select[Any]:
        """Each direction with each status is a stream, so that one index serves either and both."""
        conversation = cls.columns()
        every = words("every_pair", direction=CallDirection, status=ConversationStatus)
        stream = sa.select(every).where(*chosen(every.c)).cte("stream")
        which = [conversation[name] == stream.c[name] for name in ("direction", "status")]
        return merged(
            cls.__table__, stream, [conversation.organization_id == organization_id, *which, *conditions], *page
        )

    @classmethod
    def with_member(cls, organization_id: Any, member: Any) -> sa.Select[Any]:
        """Those that may have this one member, as JSON, in their metadata: found by how it begins."""
        brief = ConversationMetadata.columns()
        rows = sa.select(cls.__table__).join(ConversationMetadata.__table__, brief.id == cls.columns().id)
        return rows.where(
            brief.organization_id == organization_id, brief.key == MemberKey(member), brief.value == MemberValue(member)
        )

    @classmethod
    def has_metadata(cls, wanted: Any) -> sa.ColumnElement[bool]:
        """True where each top-level key of `wanted` is there and equal; both are JSON with sorted keys."""
        return HasMembers(cls.columns().custom_metadata, wanted)

    @classmethod
    def live_on(cls, phone_number_id: str) -> sa.Select[Any]:
        conversation = cls.columns()
        live = sa.select(conversation.id).where(conversation.status.in_(LIVE))
        return live.where(conversation.phone_number_id == phone_number_id).limit(1)

    @classmethod
    def counted(cls) -> dict[str, sa.Select[Any]]:
        """How many wait to be dialed, and how many are live: each of an index that holds no others."""
        conversation = sa.select(sa.func.count()).select_from(cls.__table__)
        return {"queued": conversation.where(sa.text(QUEUED)), "live": conversation.where(sa.text(CALLED))}

    @classmethod
    def borrowed_and_queued(cls, phone_number_id: Any) -> sa.ColumnElement[bool]:
        """What switching sharing off ends: not yet dialed, from a number of somebody else's (R6)."""
        conversation = cls.columns()
        owner = sa.select(number.c.organization_id).where(number.c.id == conversation.phone_number_id)
        return sa.and_(
            conversation.phone_number_id == phone_number_id,
            conversation.status == ConversationStatus.QUEUED,
            conversation.organization_id != owner.scalar_subquery(),
        )

    @classmethod
    def ended_before(cls, instant: datetime, after_id: str, most: int) -> sa.Select[Any]:
        """The ids of the next of them, in the order in which they were created."""
        conversation = cls.columns()
        ended = sa.select(conversation.id).where(conversation.id > after_id, conversation.ended_at < instant)
        return ended.order_by(conversation.id).limit(most)

    @classmethod
    def removed(cls, identifiers: list[str]) -> ReturningDelete[Any]:
        """Never a live one, whatever is asked for. Answers their ids."""
        conversation = cls.columns()
        final = sa.delete(cls.__table__).where(conversation.id.in_(identifiers), conversation.ended_at.is_not(None))
        return final.returning(conversation.id)


@prepared
def created_under_key(organization_id: Any, idempotency_key: Any) -> sa.Select[Any]:
    return Conversation.of(organization_id).where(Conversation.columns().idempotency_key == idempotency_key)


async def queue(session: WriteSession, **values: Any) -> Any:
    """The row as it is kept from now on, which no session looks after; it waits for the trunk of its number."""
    row = Conversation.defaults() | {"direction": CallDirection.OUTBOUND, "status": ConversationStatus.QUEUED} | values
    await session.rows(_QUEUED, **{f"its_{name}": row[name] for name in _COLUMNS})
    return SimpleNamespace(**row)


_COLUMNS = tuple(each.name for each in Conversation.__table__.columns if each.name != "trunk_id")
_trunk = sa.select(number.c.trunk_id).where(number.c.id == sa.bindparam("its_phone_number_id")).scalar_subquery()
_its = {name: sa.bindparam(f"its_{name}", type_=Conversation.columns()[name].type) for name in _COLUMNS}
_QUEUED = Statement(sa.insert(Conversation.__table__).values(_its | {"trunk_id": _trunk}).returning(sa.literal(1)))
