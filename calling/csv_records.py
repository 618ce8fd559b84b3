"""Read the records of a CSV (RFC 4180, UTF-8) from bytes as they arrive, with the line that each begins on.

Knows no columns: calling/contact_csv.py does. Of a file it holds the record that has not ended yet, and nothing else.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_RECORD_BYTES = 65_536
BOM = b"\xef\xbb\xbf"
# How a file begins that is no CSV in UTF-8, and what to do with it.
FOREIGN_FORMATS = {
    b"\xff\xfe": "The file is in UTF-16. Save it as CSV in UTF-8, and send it again.",
    b"\xfe\xff": "The file is in UTF-16. Save it as CSV in UTF-8, and send it again.",
    b"PK\x03\x04": "The file is a workbook or a ZIP archive. Save its sheet as CSV in UTF-8, and send that.",
    b"\xd0\xcf\x11\xe0": "The file is a workbook. Save its sheet as CSV in UTF-8, and send that.",
    b"\x1f\x8b": "The file is compressed with gzip. Unpack it, and send the CSV itself.",
}
# What a quoted cell has left up to and with its closing quote; two quotes are one of its characters.
_TO_CLOSING_QUOTE = re.compile(rb'[^"]*+(?:""[^"]*+)*+"')


class UnreadableFile(Exception):
    """Nothing after this line can be read. The message says what to do; it is not the message of a record."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(frozen=True)
class CsvRecord:
    """A record: its cells, or why it cannot be read."""

    line: int
    cells: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def is_blank(self) -> bool:
        return self.fault is None and not any(self.cells)


class CsvReader:
    """Takes a file in parts. Records without any character in any cell are left out."""

    def __init__(self) -> None:
        self._unfinished = b""  # of the line that has not ended
        self._quoted = b""  # lines of the record that goes on inside quotes
        self._line, self._first_line = 0, 1
        self._skips_line = False

    def read(self, part: bytes) -> Iterator[CsvRecord]:
        """Yield the records that end in this part. Raises UnreadableFile."""
        if self._line == 0:
            _require_csv(self._unfinished + part)
        *lines, self._unfinished = (self._unfinished + part).split(b"\n")
        for line in lines:
            yield from self._end_line(line + b"\n")
        if len(self._unfinished) + len(self._quoted) > MAX_RECORD_BYTES:
            self._require_no_open_quote()
            self._skips_line, self._unfinished = True, b""

    def finish(self) -> Iterator[CsvRecord]:
        """Yield the record that the end of the file ends, if there is one. Raises UnreadableFile."""
        if self._unfinished or self._skips_line:
            yield from self._end_line(self._unfinished)
        self._require_no_open_quote()

    @property
    def line(self) -> int:
        """How many lines have ended."""
        return self._line

    def _end_line(self, line: bytes) -> Iterator[CsvRecord]:
        self._line += 1
        if self._line == 1:
            line = line.removeprefix(BOM)
        if not self._quoted:
            self._first_line = self._line
        if self._skips_line or len(line) + len(self._quoted) > MAX_RECORD_BYTES:
            self._require_no_open_quote()
            self._skips_line = False
            yield CsvRecord(self._first_line, fault=f"The line is longer than {MAX_RECORD_BYTES:,} bytes. Shorten it.")
            return
        is_open = _ends_inside_quotes(line, is_open=bool(self._quoted))
        record, self._quoted = self._quoted + line, b""
        if is_open:
            self._quoted = record
        elif not (parsed := _parse(record, self._first_line)).is_blank:
            yield parsed

    def _require_no_open_quote(self) -> None:
        if self._quoted:
            raise UnreadableFile(
                f"A cell of line {self._first_line} begins with a quote that is not closed within"
                f" {MAX_RECORD_BYTES:,} bytes, nor before the end of the file. Close it, and write a quote inside a"
                " quoted cell twice; then send the file again.",
                self._first_line,
            )


def _require_csv(beginning: bytes) -> None:
    for start, message in FOREIGN_FORMATS.items():
        if beginning.startswith(start):
            raise UnreadableFile(message, 1)


def _ends_inside_quotes(line: bytes, *, is_open: bool) -> bool:
    """Tell whether a quoted cell goes on after this line. `is_open`: one went on before it."""
    at = 0
    if not is_open and line.startswith(b'"'):
        is_open, at = True, 1
    while True:
        if is_open:
            closed = _TO_CLOSING_QUOTE.match(line, at)
            if closed is None:
                return True
            at = closed.end()
        opened = line.find(b',"', at)
        if opened < 0:
            return False
        is_open, at = True, opened + 2


def _parse(record: bytes, line: int) -> CsvRecord:
    try:
        text = record.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return CsvRecord(line, fault="The line is not UTF-8, such as Latin-1. Save the file as CSV in UTF-8.")
    if "\0" in text:
        return CsvRecord(line, fault="The line contains a NUL character. Send it without.")
    if '"' not in text and "\r" not in text:
        return CsvRecord(line, tuple(text.split(",")))
    try:
        return CsvRecord(line, tuple(next(csv.reader([text], strict=True))))
    except (csv.Error, StopIteration):
        return CsvRecord(
            line,
            fault="The line is not CSV (RFC 4180): put a cell that contains a quote or the end of a line into quotes,"
            " and write each quote inside it twice.",
        )
