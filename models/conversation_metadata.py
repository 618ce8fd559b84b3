"""Define the search table of conversations' metadata, which triggers fill."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.table import Table
from models.utc_datetime import UtcDateTime


class ConversationMetadata(Table, table=True):
    """One member of a conversation's metadata, shortened as `models/json_members.py` says for each engine."""

    __tablename__ = "conversation_metadata"
    __table_args__ = (
        sa.PrimaryKeyConstraint("organization_id", "key", "value", "created_at", "id"),
        {"sqlite_with_rowid": False},
    )

    organization_id: str
    key: str
    value: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    id: str
