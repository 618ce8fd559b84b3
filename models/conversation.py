"""Define conversations, one row a call, with its status, end reason and stored explanation (R9, R11, R12)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.agent_version import AgentVersion
from models.call_rows import ConversationRow
from models.contact import AttemptOutcome
from models.conversation_metadata import ConversationMetadata
from models.conversation_status import (
    IS_ACTIVE_SQL,
    IS_INBOUND_SQL,
    IS_QUEUED_SQL,
    LIVE_STATUSES,
    ConversationStatus,
    EndReason,
)
from models.described_enum import text_enum_type
from models.expressions import ColumnFilter, Condition, Limit, Order, TextExpression
from models.identifier import new_id
from models.index_merge import WithoutIndex, enum_values, merge_first
from models.json_members import JsonContainsMembers, StoredMemberKey, StoredMemberValue
from models.organization_tree import Reach
from models.partial_index import partial_index
from models.phone_number import CallDirection, PhoneNumber
from models.rows import IdRow
from models.table import Table, select_by_id, select_owned_by
from models.utc_datetime import UtcDateTime, now
from storage.prepared import prepared
from storage.statement import Query, query

number = PhoneNumber.__table__


class Conversation(Table, table=True):
    """A call. `engine_reference`: an engine's name for an inbound call that it answered; None: routed by the API.

    `server_id`: the server that carries it, from dialing or answering on. `trunk_id`: the trunk that an outbound call
    is queued for and dialed over.
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
        partial_index("ix_conversation_queued", "organization_id", "created_at", "id", where=IS_QUEUED_SQL),
        partial_index("ix_conversation_called", "dialed_at", "created_at", where=IS_ACTIVE_SQL),
        partial_index("ix_conversation_lane", "trunk_id", "organization_id", "created_at", "id", where=IS_QUEUED_SQL),
        *(partial_index(f"ix_conversation_{by}", by, where=IS_ACTIVE_SQL) for by in ("server_id", "trunk_id")),
        partial_index(
            "ix_conversation_routed_under_key",
            "idempotency_key",
            where=f"{IS_INBOUND_SQL} AND idempotency_key IS NOT NULL",
        ),
        sa.Index("ix_conversation_phone_number_id_created_at", "phone_number_id", "created_at"),
        *(
            partial_index(f"ix_conversation_{by}", by, "created_at", "id", where=f"{by} IS NOT NULL")
            for by in ("campaign_id", "contact_id")
        ),
        partial_index(
            "ix_conversation_attempt", "contact_id", "attempt_number", where="attempt_number IS NOT NULL", unique=True
        ),
        partial_index(
            "ix_conversation_campaign_live", "campaign_id", where="campaign_id IS NOT NULL AND ended_at IS NULL"
        ),
        partial_index(
            "ix_conversation_campaign_ended",
            "campaign_id",
            "ended_at",
            where="campaign_id IS NOT NULL AND ended_at IS NOT NULL",
        ),
        partial_index(
            "ix_conversation_engine_reference", "engine_reference", where="engine_reference IS NOT NULL", unique=True
        ),
    )

    id: str = Field(default_factory=lambda: new_id("cnv"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    direction: CallDirection = Field(sa_type=text_enum_type(CallDirection))
    status: ConversationStatus = Field(sa_type=text_enum_type(ConversationStatus))
    end_reason: EndReason | None = Field(default=None, sa_type=text_enum_type(EndReason))
    sip_status: int | None = None
    agent_number: str
    user_number: str | None = None
    phone_number_id: str | None = None  # not a foreign key: the number may have been deleted
    agent_version_id: str | None = None
    agent_config: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    resolution: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    initial_context: str | None = None
    custom_metadata: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    idempotency_key: str | None = None
    input_digest: bytes | None = None
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    engine_reference: str | None = None
    dialed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    hang_up_requested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    server_id: str | None = None
    trunk_id: str | None = None
    end_detail: str | None = None  # the engine's description of the end: of limited length, without secrets
    campaign_id: str | None = None
    contact_id: str | None = None
    attempt_number: int | None = None  # None: it was not dialed, and does not count
    attempt_outcome: AttemptOutcome | None = Field(default=None, sa_type=text_enum_type(AttemptOutcome))
    window_ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[ConversationRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[ConversationRow]:
        return select_owned_by(cls, organization_id)

    @classmethod
    def id_by_engine_reference(cls, engine_reference: str) -> Query[IdRow]:
        """Select the call that an engine refers to by an inbound call's `engine_reference` or an outbound call's id."""
        named = sa.or_(cls.columns().engine_reference == engine_reference, cls.columns().id == engine_reference)
        return query(sa.select(cls.columns().id)).where(named)

    @classmethod
    def routed_with_key(cls, reach: Reach, idempotency_key: str, digest: bytes) -> Query[ConversationRow]:
        """Select the inbound call that this idempotency key and input created, even if its number has been deleted."""
        conversation = cls.columns()
        same = sa.and_(
            conversation.idempotency_key == idempotency_key,
            conversation.input_digest == digest,
            sa.text(IS_INBOUND_SQL),
        )
        in_reach = reach.covers(conversation.organization_id, sa.select(conversation.organization_id).where(same))
        first = query(sa.select(cls.__table__)).where(same, in_reach)
        return first.order_by(conversation.created_at, conversation.id).limit(1)

    @classmethod
    def first_of_agent(
        cls,
        organization_id: TextExpression,
        agent_id: TextExpression,
        conditions: list[Condition],
        order: Order,
        limit: Limit,
    ) -> Query[ConversationRow]:
        """Select the first calls of an own agent: merged from a range for each of its versions."""
        conversation, ranges = cls.columns(), AgentVersion.of_own_agent(organization_id, agent_id).cte("ranges")
        own = WithoutIndex(conversation.organization_id, type_=sa.String) == organization_id
        range_conditions = [conversation.agent_version_id == ranges.c.id, own, *conditions]
        return query(merge_first(cls.__table__, ranges, range_conditions, order, limit))

    @classmethod
    def first_of_statuses(
        cls,
        organization_id: TextExpression,
        condition: ColumnFilter,
        conditions: list[Condition],
        order: Order,
        limit: Limit,
    ) -> Query[ConversationRow]:
        """Select the first calls of some directions and statuses: merged from a range for each pair.

        `condition` chooses among all pairs by their columns `direction` and `status`: one index serves either and both.
        """
        conversation = cls.columns()
        all_pairs = enum_values("all_pairs", direction=CallDirection, status=ConversationStatus)
        ranges = sa.select(all_pairs).where(*condition(all_pairs.c)).cte("ranges")
        in_range = [conversation[name] == ranges.c[name] for name in ("direction", "status")]
        range_conditions = [conversation.organization_id == organization_id, *in_range, *conditions]
        return query(merge_first(cls.__table__, ranges, range_conditions, order, limit))

    @classmethod
    def with_metadata_member(cls, organization_id: TextExpression, member: TextExpression) -> Query[ConversationRow]:
        """Select calls whose metadata may have this member, a JSON object of one: only prefixes are compared."""
        stored = ConversationMetadata.columns()
        rows = query(sa.select(cls.__table__)).join(ConversationMetadata.__table__, stored.id == cls.columns().id)
        return rows.where(
            stored.organization_id == organization_id,
            stored.key == StoredMemberKey(member),
            stored.value == StoredMemberValue(member),
        )

    @classmethod
    def has_metadata(cls, members: TextExpression) -> sa.ColumnElement[bool]:
        """Return whether the metadata has every top-level member of `members`, both canonical JSON."""
        return JsonContainsMembers(cls.columns().custom_metadata, members)

    @classmethod
    def id_of_live_call_on(cls, phone_number_id: str) -> Query[IdRow]:
        conversation = cls.columns()
        live = query(sa.select(conversation.id)).where(conversation.status.in_(LIVE_STATUSES))
        return live.where(conversation.phone_number_id == phone_number_id).limit(1)

    @classmethod
    def count_by_state(cls) -> dict[str, sa.Select[Any]]:
        """Count queued and active calls, each by a partial index that holds no others."""
        conversation = sa.select(sa.func.count()).select_from(cls.__table__)
        return {
            "queued": conversation.where(sa.text(IS_QUEUED_SQL)),
            "live": conversation.where(sa.text(IS_ACTIVE_SQL)),
        }

    @classmethod
    def is_borrowed_and_queued(cls, phone_number_id: TextExpression) -> sa.ColumnElement[bool]:
        """Return the condition of the calls that switching sharing off ends: queued, from a borrowed number (R6)."""
        conversation = cls.columns()
        owner = sa.select(number.c.organization_id).where(number.c.id == conversation.phone_number_id)
        return sa.and_(
            conversation.phone_number_id == phone_number_id,
            conversation.status == ConversationStatus.QUEUED,
            conversation.organization_id != owner.scalar_subquery(),
        )

    @classmethod
    def ids_ended_before(cls, instant: datetime, after_id: str, limit: int) -> Query[IdRow]:
        """Select the next ids after `after_id` of calls that ended before `instant`, in the order of creation."""
        conversation = cls.columns()
        ended = query(sa.select(conversation.id)).where(conversation.id > after_id, conversation.ended_at < instant)
        return ended.order_by(conversation.id).limit(limit)

    @classmethod
    def delete_ended(cls, identifiers: list[str]) -> sa.Delete:
        """Delete the calls among these ids that have ended."""
        conversation = cls.columns()
        return sa.delete(cls.__table__).where(conversation.id.in_(identifiers), conversation.ended_at.is_not(None))


@prepared
def find_by_idempotency_key(organization_id: str, idempotency_key: str) -> Query[ConversationRow]:
    return Conversation.owned_by(organization_id).where(Conversation.columns().idempotency_key == idempotency_key)
