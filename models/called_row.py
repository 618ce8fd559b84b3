"""Declare what of a contact decides from which number it is called. See `models/rows.py`."""

from typing import Protocol


class CalledRow(Protocol):
    """A contact as far as it decides from which number it is called."""

    @property
    def e164(self) -> str: ...
    @property
    def zone_key(self) -> str: ...
    @property
    def agent_number(self) -> str | None: ...
    @property
    def last_agent_number(self) -> str | None: ...
