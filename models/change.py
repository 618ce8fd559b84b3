"""What changed lately, in the order of the commits: noted by triggers, so that no write is forgotten."""

from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.table import Table
from models.word import Word, stored_as_text


@unique
class ChangeKind(Word):
    PHONE_NUMBER = "A number was registered, changed or deleted, or something that is shown with it."
    CONVERSATION = "A conversation was created or changed."
    API_KEY = "A key was revoked."


class Change(Table, table=True):
    """`shared`: organizations below the owner saw the number before the change, or see it after."""

    __tablename__ = "change"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's declaration

    id: int | None = Field(default=None, primary_key=True)
    kind: ChangeKind = Field(sa_type=stored_as_text(ChangeKind))
    subject_id: str
    organization_id: str
    shared: bool

    @classmethod
    def newest(cls) -> sa.Select[Any]:
        return sa.select(sa.func.coalesce(sa.func.max(cls.columns().id), 0))

    @classmethod
    def after(cls, change_id: int) -> sa.Select[Any]:
        """The next of them, at most 1,000."""
        return sa.select(cls.__table__).where(cls.columns().id > change_id).order_by(cls.columns().id).limit(1000)
