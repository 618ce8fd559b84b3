"""Clean an engine's description of the end of a call into one short printable line."""

import unicodedata

MAX_DETAIL_LENGTH = 200
CALL_UNKNOWN = "the telephony engine knows no such call"
CALL_OVERDUE = "nothing was heard of its end, long after it had to be over"


def clean_detail(text: str) -> str | None:
    """Return the text without control, format and other invisible characters: parts of it come from the carrier."""
    shown = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text[: MAX_DETAIL_LENGTH * 4])
    line = " ".join(shown.split())
    return (line if len(line) <= MAX_DETAIL_LENGTH else f"{line[: MAX_DETAIL_LENGTH - 1]}…") or None
