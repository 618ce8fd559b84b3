"""Compare the row Protocols with what the statements select: names, Python types, and where NULL can come."""

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

import models
from models import call_rows, campaign_rows, number_rows, preview_rows, rows
from models.api_key import ScopesType
from models.call_rows import ChangeRow, ConversationRow, NoticeRow, TransferRow
from models.json_members import JsonObject
from models.number_rows import StoredNumber, TrunkRow
from models.organization_tree import Reach
from models.phone_number import OWNER_ONLY_COLUMNS
from models.rows import AgentRow, AuditEventRow, KeyRow, OrganizationRow
from models.scope import Scope
from models.table import Table
from storage.statement import Query, RowStatement, list_parameter

MODULES = (rows, number_rows, call_rows, campaign_rows, preview_rows)
PROTOCOLS = {name: each for module in MODULES for name, each in vars(module).items()}
# The rows' modules import these for mypy alone.
NAMES = {**vars(models), **PROTOCOLS, "JsonObject": JsonObject, "Any": Any}
# Arguments that are neither a value nor a list of values.
ARGUMENTS: dict[str, Any] = {
    "reach": Reach("org_1", includes_descendants=True),
    "identifiers": ["cnt_1"],
    "queued": sa.select(sa.func.count()).scalar_subquery(),
    "campaigns": sa.select(sa.func.count()).scalar_subquery(),
    "slot": sa.true(),
    "conditions": [],
    "bounds": [],
    "condition": lambda _columns: [],
}
# They take a page, or are parts of others: their rows are those of the builders beside them.
PARTS = {
    "first_visible_to",
    "first_of_agent",
    "first_of_statuses",
    "first_of_actions",
    "_columns_visible_to",
    "select_by_id",
    "select_owned_by",
    "_count_groups",
}
# None on a borrowed number alone, so never where owners select their own.
OWNER_ONLY = {*OWNER_ONLY_COLUMNS, "owned_id"}
# The statement's condition leaves out NULL, or its outer join adds it.
OTHER_NULLS = {
    ("CallBudgetRow", "call_budget"),
    ("AttemptRow", "user_number"),
    ("StartsRow", "campaign_id"),
    *(("TrunkInUseRow", name) for name in ("trunk_id", "calls_per_second", "max_concurrent_calls")),
}


def builders() -> Iterator[tuple[str, Any, Any]]:
    """Each function of `models` that is annotated with the rows of the statement it builds; with the row's Protocol."""
    for info in pkgutil.iter_modules(models.__path__, "models."):
        module = importlib.import_module(info.name)
        owners = [each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == info.name]
        for owner in (module, *owners):
            for name, found in vars(owner).items():
                function = found.__func__ if isinstance(found, classmethod) else found
                build = getattr(function, "__wrapped__", function)
                if inspect.isfunction(build) and build.__module__ == info.name and name not in PARTS:
                    returned = build.__annotations__.get("return")
                    if typing.get_origin(returned) in (Query, RowStatement):
                        bound = partial(build, owner) if isinstance(found, classmethod) else build
                        yield f"{info.name}.{name}", bound, *typing.get_args(returned)


BUILDERS = {name: (build, row) for name, build, row in builders()}


def _argument(parameter: inspect.Parameter) -> Any:
    if parameter.name in ARGUMENTS:
        return ARGUMENTS[parameter.name]
    if typing.get_origin(parameter.annotation) is list:
        return list_parameter(parameter.name)
    return sa.bindparam(parameter.name)


def _columns(builder: Any) -> dict[str, sa.ColumnElement[Any]]:
    parameters = inspect.signature(builder).parameters.values()
    statement = builder(**{each.name: _argument(each) for each in parameters})
    columns = statement.selected_columns if isinstance(statement, sa.Select) else statement.exported_columns
    return {str(each.key): each for each in columns}


def _members(row: type) -> dict[str, tuple[Any, bool]]:
    """Each member with its type, and whether it can be None."""
    properties = {name: each.fget for name, each in inspect.getmembers(row) if isinstance(each, property)}
    hints = {name: typing.get_type_hints(getter, NAMES)["return"] for name, getter in properties.items()}
    return {name: _split_optional(hint) for name, hint in hints.items()}


def _split_optional(hint: Any) -> tuple[Any, bool]:
    if not isinstance(hint, types.UnionType):
        return hint, False
    (kind,) = (each for each in typing.get_args(hint) if each is not types.NoneType)
    return kind, True


def _python_types(column: sa.ColumnElement[Any]) -> tuple[Any, ...]:
    """Return what a column may be read as: JSON as an object, or as a list."""
    if isinstance(column.type, sa.JSON):
        return JsonObject, dict[str, int], list[str], list[dict[str, Any]]
    if isinstance(column.type, ScopesType):
        return (list[Scope],)
    return (column.type.impl.python_type if isinstance(column.type, sa.TypeDecorator) else column.type.python_type,)


def test_builders_are_found() -> None:
    assert len(BUILDERS) > 60
    declared = {each for each in PROTOCOLS.values() if inspect.isclass(each) and _members_of_protocol(each)}
    parts = {"ChosenNumberRow", "TrunkLimits", "TransferPolicy", "EncryptedPassword", "TrunkOfNumberRow"}
    assert {each.__name__ for each in declared} - {row.__name__ for _, row in BUILDERS.values()} == parts


def _members_of_protocol(row: type) -> bool:
    return row.__module__.startswith("models.") and row.__module__.endswith("rows")


@pytest.mark.parametrize("name", BUILDERS)
def test_a_statement_selects_what_its_row_declares(name: str) -> None:
    build, row = BUILDERS[name]
    columns = _columns(build)
    for member, (kind, can_be_none) in _members(row).items():
        assert member in columns, f"{row.__name__}.{member} is not selected"
        column = columns[member]
        assert kind in _python_types(column), member
        is_plain = isinstance(getattr(column, "table", None), sa.Table) and (row.__name__, member) not in OTHER_NULLS
        if is_plain and (row is StoredNumber or member not in OWNER_ONLY):
            assert column.nullable == can_be_none, member


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (models.Organization, OrganizationRow),
        (models.ApiKey, KeyRow),
        (models.Trunk, TrunkRow),
        (models.Agent, AgentRow),
        (models.PhoneNumber, StoredNumber),
        (models.AuditEvent, AuditEventRow),
        (models.Conversation, ConversationRow),
        (models.Transfer, TransferRow),
        (models.Notice, NoticeRow),
        (models.Change, ChangeRow),
    ],
)
def test_a_row_declares_every_column_of_its_table(table: type[Table], row: type) -> None:
    assert _members(row).keys() == {each.name for each in table.__table__.columns}
