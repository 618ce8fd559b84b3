"""Define the base class of all tables: naming convention, defaults, selection by id."""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import SQLModel

from models.expressions import Columns
from storage.statement import Query, query

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
SQLModel.metadata.naming_convention = NAMING_CONVENTION


class Table(SQLModel):
    """The base class of all tables. None declares a Relationship, so that no row is loaded implicitly."""

    __table__: ClassVar[sa.Table]

    @classmethod
    def columns(cls) -> Columns:
        """Return the columns by their names."""
        return cls.__table__.c

    @classmethod
    def with_defaults(cls, **values: object) -> dict[str, object]:
        """Return the values of a new row, with the defaults of the columns that are not given."""
        constants, factories = _split_defaults(cls)
        return constants | {name: make() for name, make in factories.items() if name not in values} | values


def select_by_id(table: type[Table], identifiers: list[str]) -> Query[Any]:
    """Select the rows of a table that have these ids."""
    return query(sa.select(table.__table__)).where(table.columns().id.in_(identifiers))


def select_owned_by(table: type[Table], organization_id: str | sa.BindParameter[str]) -> Query[Any]:
    """Select the rows of a table that the organization owns."""
    return query(sa.select(table.__table__)).where(table.columns().organization_id == organization_id)


@cache
def _split_defaults(table: type[Table]) -> tuple[dict[str, object], dict[str, Callable[[], object]]]:
    """Return the constant defaults of a table's columns, and the functions that make the others."""
    fields = {name: field for name, field in table.model_fields.items() if not field.is_required()}
    factories: dict[str, Any] = {name: each.default_factory for name, each in fields.items() if each.default_factory}
    return {name: each.default for name, each in fields.items() if name not in factories}, factories
