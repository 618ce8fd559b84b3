"""Read suppressions from the records of a CSV, whose header names the columns (R21)."""

from dataclasses import dataclass
from datetime import datetime

from calling import validation
from calling.contact_csv import read_time
from calling.csv_records import CsvRecord, UnreadableFile
from calling.e164 import check_e164, refuse_quantity
from calling.suppression import check_source, check_until

COLUMNS = ("e164", "until", "source")
HEADER_HINT = "Begin the file with a line that names its columns, such as e164,until,source; only e164 must be there."


@dataclass(frozen=True)
class SuppressionEntry:
    """A number that is not to be called, until when (None: for ever), and where the entry comes from."""

    e164: str
    until: datetime | None
    source: str | None


class SuppressionColumns:
    """The columns of a file, in the order of its header. Those of other names are left out."""

    def __init__(self, header: CsvRecord) -> None:
        """Read the header. Raises UnreadableFile."""
        if header.fault:
            raise UnreadableFile(f"The header cannot be read. {header.fault}", header.line)
        self._names = [cell.strip().lower() for cell in header.cells]
        if self._names.count("e164") != 1:
            raise UnreadableFile(
                f"No column of the first line is named e164, or several are. {HEADER_HINT}", header.line
            )

    def number_of(self, record: CsvRecord) -> str | None:
        """Return what stands where the number should, to show a refused record by."""
        place = self._names.index("e164")
        return record.cells[place] if place < len(record.cells) else None

    def entry_of(self, record: CsvRecord, at: datetime) -> SuppressionEntry:
        """Check a record. Raises Refused: INVALID_PHONE_NUMBER, INVALID_INPUT."""
        if record.fault:
            raise validation.invalid_input(record.fault)
        if len(record.cells) != len(self._names):
            raise validation.invalid_input(
                f"The line has {len(record.cells)} cells, and the header names {len(self._names)} columns. Write as"
                " many; a cell that contains a comma stands in quotes."
            )
        cells = dict(zip(self._names, (cell.strip() for cell in record.cells), strict=True))
        until = cells.get("until")
        refuse_quantity(cells["e164"], "e164")
        return SuppressionEntry(
            check_e164(cells["e164"], "e164"),
            check_until(read_time(until, "until") if until else None, at),
            check_source(cells.get("source") or None),
        )
