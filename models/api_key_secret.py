"""Generate and parse API key secrets (`ak_<id>.<256 bits><CRC32>`), of which only the SHA-256 is stored."""

import hashlib
import re
import secrets
import zlib

_PATTERN = re.compile(r"ak_([0-9a-hjkmnp-tv-z]{26})\.([A-Za-z0-9_-]{43})([0-9a-f]{8})", re.ASCII)


def generate_secret(key_id: str) -> str:
    """Generate the secret of the key with this id, which is shown once."""
    unchecked = f"ak_{key_id.removeprefix('key_')}.{secrets.token_urlsafe(32)}"
    return unchecked + _checksum(unchecked)


def parse_key_id(secret: str) -> str | None:
    """Return the id of the key that a secret belongs to; None for a malformed secret."""
    match = _PATTERN.fullmatch(secret)
    if match is None or _checksum(secret[:-8]) != match[3]:
        return None
    return f"key_{match[1]}"


def hash_secret(secret: str) -> bytes:
    """Hash a secret by SHA-256: a fast hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
