"""Name the types of the SQL expressions that statements are composed of."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import ReadOnlyColumnCollection

# The columns of a table, an alias or a subquery. An unknown name raises AttributeError when the statement is built.
Columns = ReadOnlyColumnCollection[str, sa.Column[Any]]
Condition = sa.ColumnElement[bool]
# Returns the conditions of a filter, given the columns of a table or of index ranges.
ColumnFilter = Callable[[Any], list[Any]]
BoolExpression = bool | sa.ColumnElement[bool]
TextExpression = str | sa.ColumnElement[str]
Order = Sequence[sa.UnaryExpression[Any]]
Limit = int | sa.ColumnElement[int]
