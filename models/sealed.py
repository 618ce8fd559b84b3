"""Secrets that must be read again, such as a trunk's password: AES-256-GCM, bound to the row they belong to."""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_STANDARD = str.maketrans("-_", "+/")
_NONCE = 12
KEY_ID = 4
_KEY = 32


@dataclass(frozen=True)
class Seal:
    """The first key seals; all of them open, so that keys can be rotated by putting a new one in front."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> "Seal":
        """Keys as base64 of 32 bytes, in either alphabet, separated by commas. Raises ValueError."""
        try:
            keys = tuple(base64.b64decode(key.strip().translate(_STANDARD), validate=True) for key in text.split(","))
        except binascii.Error:
            raise ValueError("must be base64") from None
        if any(len(key) != _KEY for key in keys):
            raise ValueError("must be 32 bytes each")
        return cls(keys)

    @staticmethod
    def new_key() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    def has(self, key_id: bytes) -> bool:
        """Whether what the key with this id has sealed, its first bytes say which, can be opened."""
        return any(_key_id(key) == key_id for key in self.keys)

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it was sealed with the first key."""
        return sealed[:KEY_ID] == _key_id(self.keys[0])

    def close(self, text: str, *, row: str) -> bytes:
        """What is stored: the key's id, a nonce and the sealed text. `row`: table, organization, id and column."""
        key, nonce = self.keys[0], os.urandom(_NONCE)
        return _key_id(key) + nonce + AESGCM(key).encrypt(nonce, text.encode(), row.encode())

    def open(self, sealed: bytes, *, row: str) -> str:
        """Raises ValueError where no key fits, or where the value was moved here from another row."""
        key = next((key for key in self.keys if _key_id(key) == sealed[:KEY_ID]), None)
        if key is None:
            raise ValueError(
                f"no secret key opens {row}: put the key it was sealed with back into DIALTREE_SECRET_KEYS"
            )
        nonce, text = sealed[KEY_ID : KEY_ID + _NONCE], sealed[KEY_ID + _NONCE :]
        try:
            return AESGCM(key).decrypt(nonce, text, row.encode()).decode()
        except InvalidTag:
            raise ValueError(f"the sealed value does not belong to {row}") from None


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:KEY_ID]
