"""Generate and check ids: a three-letter prefix and a ULID in lower-case Crockford base32."""

import re
import secrets
import time

BASE32_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PATTERN = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}", re.ASCII)


def new_id(prefix: str) -> str:
    """Generate an id: a prefix and a ULID (48 bits of milliseconds, 80 random bits) in lower case."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(BASE32_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def prefix_of(identifier: str) -> str | None:
    """Return an id's prefix, or None for a malformed id."""
    prefix, underscore, _ = identifier.partition("_")
    return prefix if underscore else None


def is_well_formed(identifier: str) -> bool:
    return _PATTERN.fullmatch(identifier) is not None
