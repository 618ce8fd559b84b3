"""What all tables share, and no statement."""

from collections.abc import Callable
from functools import cache
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

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What a new row holds where nothing else is said."""
        constant, made = _defaults(cls)
        return constant | {name: make() for name, make in made.items()}


@cache
def _defaults(table: type[Table]) -> tuple[dict[str, Any], dict[str, Callable[[], Any]]]:
    fields = {name: field for name, field in table.model_fields.items() if not field.is_required()}
    made: dict[str, Any] = {name: each.default_factory for name, each in fields.items() if each.default_factory}
    return {name: each.default for name, each in fields.items() if name not in made}, made
