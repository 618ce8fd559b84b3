"""What all tables share, and no statement."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import SQLModel

sa_naming = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
SQLModel.metadata.naming_convention = sa_naming


class Table(SQLModel):
    """Columns only: no Relationship, so nothing is ever loaded by accident."""

    __table__: ClassVar[sa.Table]

    @classmethod
    def columns(cls) -> Any:
        return cls.__table__.c
