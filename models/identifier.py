"""Opaque ids: a prefix that tells the kind, then 26 characters that sort by the time they were made."""

import re
import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_FORM = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}", re.ASCII)


def new_id(prefix: str) -> str:
    """48 bits of milliseconds and 80 random bits, as a ULID has them, in lower case."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def prefix_of(identifier: str) -> str | None:
    """The kind that an id claims, or None where it claims none."""
    prefix, underscore, _ = identifier.partition("_")
    return prefix if underscore else None


def well_formed(identifier: str) -> bool:
    return _FORM.fullmatch(identifier) is not None
