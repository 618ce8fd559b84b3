"""Declare the rows of organizations, keys, agents and audit events: one read-only Protocol for each.

number_rows.py has those of numbers and trunks, call_rows.py those of conversations and transfers.

A statement declares the type of its rows: `Query[AgentRow]` (`storage/statement.py`). These classes are never
instantiated: the rows of either engine, ORM objects and namespaces in tests match them structurally.
tests/models/test_rows.py compares their members with the columns that are selected.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from models.audit_event import AuditAction
    from models.json_members import JsonObject
    from models.scope import Scope


class IdRow(Protocol):
    """A row of which only the id is selected."""

    @property
    def id(self) -> str: ...


class OwnedRow(Protocol):
    """A row of which only the id and the owner are selected."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...


class OrganizationRow(Protocol):
    """A row of `organization`."""

    @property
    def id(self) -> str: ...
    @property
    def parent_id(self) -> str | None: ...
    @property
    def depth(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def call_budget(self) -> int | None: ...


class AncestorRow(OrganizationRow, Protocol):
    """An ancestor, with the organization that it is an ancestor of."""

    @property
    def descendant_id(self) -> str: ...


class KeyRow(Protocol):
    """A row of `api_key`."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def scopes(self) -> list[Scope]: ...
    @property
    def secret_hash(self) -> bytes: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def last_used_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...


class AgentRow(Protocol):
    """A row of `agent`."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def created_at(self) -> datetime: ...


class AgentVersionRow(Protocol):
    """A row of `agent_version` with its agent's name and state (`AgentVersion.select_with_agent`)."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def agent_id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def config(self) -> JsonObject: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def published(self) -> bool: ...
    @property
    def agent_name(self) -> str: ...
    @property
    def agent_active(self) -> bool: ...


class VersionSizeRow(Protocol):
    """How many bytes a version stores."""

    @property
    def bytes(self) -> int: ...


class AuditEventRow(Protocol):
    """A row of `audit_event`."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def subject_id(self) -> str: ...
    @property
    def action(self) -> AuditAction: ...
    @property
    def api_key_id(self) -> str | None: ...
    @property
    def before(self) -> JsonObject | None: ...
    @property
    def after(self) -> JsonObject | None: ...
    @property
    def created_at(self) -> datetime: ...
