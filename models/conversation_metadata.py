"""By which metadata conversations are found: kept by triggers beside them, as their metadata never changes."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.instant import Instant
from models.table import Table


class ConversationMetadata(Table, table=True):
    """A row for each member of a conversation's metadata, shortened as `models/members.py` says for each engine."""

    __tablename__ = "conversation_metadata"
    __table_args__ = (
        sa.PrimaryKeyConstraint("organization_id", "key", "value", "created_at", "id"),
        {"sqlite_with_rowid": False},
    )

    organization_id: str
    key: str
    value: str
    created_at: datetime = Field(sa_type=Instant)
    id: str
