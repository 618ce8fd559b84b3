"""Read contacts from the records of a CSV, whose header names the columns (R16); it does not check the contacts."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from calling import validation
from calling.csv_records import CsvRecord, UnreadableFile

# The columns by their names in the header, whatever their case; all others are variables.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "e164": "e164",
        "externalid": "external_id",
        "timezone": "time_zone",
        "agentnumber": "agent_number",
        "notbefore": "not_before",
    }
)
MAX_COLUMNS = 200
MAX_NAME_LENGTH = 100
HEADER_HINT = (
    "Begin the file with a line that names its columns, e164 among them: e164,externalId,timeZone,agentNumber,"
    "notBefore; others become variables."
)


class ContactColumns:
    """The columns of a file, in the order of its header."""

    def __init__(self, header: CsvRecord) -> None:
        """Read the header. Raises UnreadableFile."""
        if header.fault:
            raise UnreadableFile(f"The header cannot be read. {header.fault}", header.line)
        names = [cell.strip() for cell in header.cells]
        self._columns = [COLUMNS.get(name.lower()) for name in names]
        self._names = names
        if fault := _fault_of(names, self._columns):
            raise UnreadableFile(fault, header.line)

    def number_of(self, record: CsvRecord) -> str | None:
        """Return what stands where the number should, to show a refused record by."""
        place = self._columns.index("e164")
        return record.cells[place] if place < len(record.cells) else None

    def contact_of(self, record: CsvRecord) -> dict[str, Any]:
        """Return a record as `check_contact` takes it; empty cells are absent. Raises Refused (INVALID_INPUT)."""
        if record.fault:
            raise validation.invalid_input(record.fault)
        if len(record.cells) != len(self._names):
            raise validation.invalid_input(
                f"The line has {len(record.cells)} cells, and the header names {len(self._names)} columns. Write as"
                " many; a cell that contains a comma stands in quotes."
            )
        sent: dict[str, Any] = {"e164": ""}
        variables: dict[str, str] = {}
        for column, name, cell in zip(self._columns, self._names, record.cells, strict=True):
            if column is None and cell:
                variables[name] = cell
            elif column and (value := cell.strip()):
                sent[column] = read_time(value, "notBefore") if column == "not_before" else value
        return sent | {"variables": variables}


def _fault_of(names: list[str], columns: list[str | None]) -> str | None:
    if "e164" not in columns:
        is_separated_otherwise = len(names) == 1 and any(each in names[0] for each in ";\t|")
        separated = " The cells are to be separated by commas." if is_separated_otherwise else ""
        return f"No column of the first line is named e164.{separated} {HEADER_HINT}"
    if len(names) > MAX_COLUMNS:
        return f"The header names {len(names)} columns; at most {MAX_COLUMNS} are read. Leave some out."
    if "" in names:
        return f"Column {names.index('') + 1} of the header has no name. Name it, or leave the column out."
    if long := next((name for name in names if len(name) > MAX_NAME_LENGTH), None):
        return f"The name of a column, {long[:20]!r}…, is longer than {MAX_NAME_LENGTH} characters. Shorten it."
    ((name, most),) = Counter(column or name for column, name in zip(columns, names, strict=True)).most_common(1)
    return f"The header names {name} {most} times. Name each column once." if most > 1 else None


def read_time(text: str, field: str) -> datetime:
    """Read a time in ISO 8601, in UTC if it names no offset, as the API does. Raises Refused (INVALID_INPUT)."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise validation.invalid_input(
            f"{text[:40]!r} is no time. Write ISO 8601, such as 2026-01-31T09:30:00Z.", field
        ) from None
