"""The secret of an API key: `ak_<id>.<256 random bits><checksum>`. Only its SHA-256 is ever stored."""

import hashlib
import re
import secrets
import zlib

_FORM = re.compile(r"ak_([0-9a-hjkmnp-tv-z]{26})\.([A-Za-z0-9_-]{43})([0-9a-f]{8})", re.ASCII)


def new_secret(key_id: str) -> str:
    """The whole secret of the key with this id, which is shown once."""
    stem = f"ak_{key_id.removeprefix('key_')}.{secrets.token_urlsafe(32)}"
    return stem + _checksum(stem)


def key_id_of(secret: str) -> str | None:
    """The id of the key that a secret belongs to; None where it is none of ours, told without the database."""
    form = _FORM.fullmatch(secret)
    if form is None or _checksum(secret[:-8]) != form[3]:
        return None
    return f"key_{form[1]}"


def digest(secret: str) -> bytes:
    """A fast hash is enough: the secret has 256 random bits, so nothing can be guessed."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
