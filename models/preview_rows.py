"""Declare the rows that a dry run of a campaign reads: contacts by the thousand, and trunks (R25).

See `models/rows.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from models.called_row import CalledRow


class ContactGroupRow(Protocol):
    """Contacts of a campaign that one decision holds for, and how many they are.

    `example`: the smallest of their numbers; `last_example`: the largest.
    """

    @property
    def zone_key(self) -> str: ...
    @property
    def prefix(self) -> str: ...
    @property
    def agent_number(self) -> str | None: ...
    @property
    def last_agent_number(self) -> str | None: ...
    @property
    def attempt_count(self) -> int: ...
    @property
    def is_due(self) -> bool: ...
    @property
    def is_suppressed(self) -> bool: ...
    @property
    def contacts(self) -> int: ...
    @property
    def example(self) -> str: ...
    @property
    def last_example(self) -> str: ...
    @property
    def first_due_at(self) -> datetime: ...
    @property
    def last_due_at(self) -> datetime: ...


class TurnRow(CalledRow, Protocol):
    """A pending contact, with what decides when it is its turn."""

    @property
    def id(self) -> str: ...
    @property
    def is_fresh(self) -> bool: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def attempt_count(self) -> int: ...


class SuppressedRow(Protocol):
    """A number that must not be called."""

    @property
    def e164(self) -> str: ...


class RefusedContactsRow(Protocol):
    """How many contacts of a campaign are refused in the same words. `code`: an ErrorCode's name."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str | None: ...
    @property
    def contacts(self) -> int: ...


class OwnTrunkRow(Protocol):
    """The limits of a trunk, and how many of the numbers asked for are on it."""

    @property
    def id(self) -> str: ...
    @property
    def calls_per_second(self) -> int: ...
    @property
    def max_concurrent_calls(self) -> int: ...
    @property
    def numbers(self) -> int: ...
