"""Declare an index of some rows only, alike on both engines."""

import sqlalchemy as sa


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """Declare an index of the rows that meet a condition in SQL."""
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
