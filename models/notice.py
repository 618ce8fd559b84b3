"""What a server was told of a call that another one carries, such as by webhook: kept until its owner has heard it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.conversation import CALLED, Conversation
from models.instant import Instant, now
from models.prepared import prepared
from models.table import Table


class Notice(Table, table=True):
    """`id` is the teller's: what is told twice, to whichever server, is one notice."""

    __tablename__ = "notice"

    id: str = Field(primary_key=True)
    conversation_id: str
    body: bytes
    heard_at: datetime = Field(default_factory=now, sa_type=Instant)


notice = Notice.__table__
conversation = Conversation.__table__


def called_as(engine_reference: str) -> sa.Select[Any]:
    """The id of the call that an engine knows by this name."""
    name = sa.or_(conversation.c.id == engine_reference, conversation.c.engine_reference == engine_reference)
    return sa.select(conversation.c.id).where(name, sa.text(f"conversation.{CALLED}"))


def heard_before(notice_id: str) -> sa.Select[Any]:
    return sa.select(notice.c.id).where(notice.c.id == notice_id)


@prepared
def notices_for(server_id: str) -> sa.Select[Any]:
    mine = notice.join(conversation, conversation.c.id == notice.c.conversation_id)
    return sa.select(notice).select_from(mine).where(conversation.c.server_id == server_id).order_by(notice.c.heard_at)


@prepared
def older_notices(before: datetime) -> sa.Select[Any]:
    return sa.select(notice.c.id).where(notice.c.heard_at < before).limit(1)


def taken(notice_ids: list[str]) -> sa.Executable:
    return sa.delete(notice).where(notice.c.id.in_(notice_ids))


def forgotten(before: datetime) -> sa.Executable:
    """Of calls that are over, nobody takes it any more."""
    return sa.delete(notice).where(notice.c.heard_at < before)
