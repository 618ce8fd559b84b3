"""Read the operator's calling hours: by the prefix of the number called, the longest first (R17).

`calling_hours.csv` has the hours that Dialtree ships, each with its source and date; DIALTREE_CALLING_HOURS names
another file. Campaigns only narrow them.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from calling.local_hours import MIDNIGHT, WEEKDAYS, Hours, Weekday, Window, overlaps

SHIPPED_FILE = Path(__file__).with_suffix(".csv")
_PREFIX = re.compile(r"\+[0-9]{0,15}", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
COLUMNS = ["prefix", "days", "opens", "closes", "source", "as_of"]


class InvalidCallingHours(Exception):
    """Raised with a message of one line that names the file and its line."""


@dataclass(frozen=True)
class CallingHours:
    """The hours in which numbers may be called, by prefix: "+" for all, "+1" for a country, "+1305" for a code."""

    by_prefix: dict[str, Hours]

    def hours_of(self, e164: str) -> Hours:
        """Return the hours of the longest prefix of a number."""
        prefixes = (e164[:length] for length in range(len(e164), 0, -1))
        return next(self.by_prefix[each] for each in prefixes if each in self.by_prefix)


def read_calling_hours(file: Path = SHIPPED_FILE) -> CallingHours:
    """Read a file of calling hours: CSV in UTF-8, with or without a byte order mark. Raises InvalidCallingHours."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidCallingHours(f"{file}: it is not UTF-8, at byte {error.start}") from None
    except OSError as error:
        raise InvalidCallingHours(f"{file}, which cannot be read: {error.strerror}") from None
    windows: dict[str, list[Window]] = defaultdict(list)
    for line, prefix, window in _parse_rows(file, text):
        if day := next(iter(overlaps([*windows[prefix], window])), None):
            raise InvalidCallingHours(f"{file}, line {line}: two windows of {prefix} overlap on {day.name}")
        windows[prefix].append(window)
    if "+" not in windows:
        raise InvalidCallingHours(f"{file}: a row with the prefix + must say when all other numbers may be called")
    return CallingHours({prefix: Hours(tuple(each)) for prefix, each in windows.items()})


def _parse_rows(file: Path, text: str) -> Iterator[tuple[int, str, Window]]:
    """Yield the line, the prefix and the window of each row. Raises InvalidCallingHours."""
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if rows.fieldnames != COLUMNS:
            raise InvalidCallingHours(f"{file}: the first line must be {','.join(COLUMNS)}")
        for row in rows:
            if None in row or None in row.values():
                raise ValueError(f"a row has {len(COLUMNS)} fields: {', '.join(COLUMNS)}")
            yield rows.line_num, _parse_prefix(row["prefix"]), _parse_window(row)
    except (ValueError, csv.Error) as error:
        raise InvalidCallingHours(f"{file}, line {rows.reader.line_num}: {error}") from None


def _parse_prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise ValueError(f"{text!r} is no prefix of an E.164 number, such as +1 or +")
    return text


def _parse_window(row: dict[str, str]) -> Window:
    days = frozenset(WEEKDAYS) if row["days"] == "all" else frozenset(_parse_day(each) for each in row["days"].split())
    opens, closes = _parse_time(row["opens"]), _parse_time(row["closes"])
    if not days or (opens >= closes and closes != MIDNIGHT):
        raise ValueError("a window needs days, and must close after it opens, on the same day")
    if not row["source"].strip():
        raise ValueError("a source is missing: who says so?")
    try:
        date.fromisoformat(row["as_of"])
    except ValueError:
        raise ValueError(f"as_of is {row['as_of']!r}, which is no date such as 2026-01-31") from None
    return Window(days, opens, closes)


def _parse_day(name: str) -> Weekday:
    if name not in Weekday.__members__:
        raise ValueError(f"{name!r} is no weekday: write all, or names such as MONDAY TUESDAY")
    return Weekday[name]


def _parse_time(text: str) -> time:
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!r} is no time such as 09:00; 00:00 closes at the end of the day")
    return time.fromisoformat(text)
