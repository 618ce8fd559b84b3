"""Define notices: events of a call that arrived at another server than the one that carries it."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.call_rows import NoticeRow
from models.conversation import Conversation
from models.conversation_status import IS_ACTIVE_SQL
from models.rows import IdRow
from models.table import Table
from models.utc_datetime import UtcDateTime, now
from storage.prepared import prepared
from storage.statement import Query, query


class Notice(Table, table=True):
    """An event. `id` is the sender's, so an event that is sent to several servers is stored once."""

    __tablename__ = "notice"

    id: str = Field(primary_key=True)
    conversation_id: str
    body: bytes
    heard_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


notice = Notice.__table__
conversation = Conversation.__table__


def select_active_call_id(engine_reference: str) -> Query[IdRow]:
    """Select the id of the active call that an engine knows by this name."""
    name = sa.or_(conversation.c.id == engine_reference, conversation.c.engine_reference == engine_reference)
    return query(sa.select(conversation.c.id)).where(name, sa.text(f"conversation.{IS_ACTIVE_SQL}"))


def select_notice_id(notice_id: str) -> Query[IdRow]:
    return query(sa.select(notice.c.id)).where(notice.c.id == notice_id)


@prepared
def find_notices_for_server(server_id: str) -> Query[NoticeRow]:
    mine = notice.join(conversation, conversation.c.id == notice.c.conversation_id)
    rows = query(sa.select(notice)).select_from(mine)
    return rows.where(conversation.c.server_id == server_id).order_by(notice.c.heard_at)


@prepared
def find_notice_before(before: datetime) -> Query[IdRow]:
    return query(sa.select(notice.c.id)).where(notice.c.heard_at < before).limit(1)


def delete_notices(notice_ids: list[str]) -> sa.Executable:
    return sa.delete(notice).where(notice.c.id.in_(notice_ids))


def delete_notices_before(before: datetime) -> sa.Executable:
    """Delete old notices, of calls that have ended: no server processes those."""
    return sa.delete(notice).where(notice.c.heard_at < before)
