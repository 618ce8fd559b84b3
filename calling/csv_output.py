"""Write rows as CSV (RFC 4180) of which no spreadsheet takes a cell for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

# What begins a formula in a spreadsheet, or is skipped before one (OWASP, CSV Injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# A number in E.164 calculates nothing, and stays as it is to be sent again.
_E164 = re.compile(r"\+[0-9]{1,15}", re.ASCII)


def write_csv(rows: Iterable[Sequence[str | int | None]]) -> bytes:
    """Return rows as CSV in UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _safe_cell(cell: str | int | None) -> str | int | None:
    """Put an apostrophe before what could be a formula."""
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_STARTS) and not _E164.fullmatch(cell)
    return f"'{cell}" if is_formula else cell
