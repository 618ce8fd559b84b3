"""Read the operator's calling hours from the file that a setting names (R17)."""

from pathlib import Path

from calling.calling_hours import SHIPPED_FILE, CallingHours, InvalidCallingHours, read_calling_hours
from serving.settings import InvalidSetting, Settings


def read_operators_hours(settings: Settings) -> CallingHours:
    """Return the hours of DIALTREE_CALLING_HOURS, or those that Dialtree ships. Raises InvalidSetting."""
    try:
        return read_calling_hours(Path(settings.calling_hours) if settings.calling_hours else SHIPPED_FILE)
    except InvalidCallingHours as error:
        raise InvalidSetting(f"DIALTREE_CALLING_HOURS names {error}") from None
