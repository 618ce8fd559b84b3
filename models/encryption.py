"""Encrypt trunk passwords with AES-256-GCM, bound to their row; several keys decrypt, the first encrypts."""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_TO_STANDARD_BASE64 = str.maketrans("-_", "+/")
_NONCE_BYTES = 12
KEY_ID_BYTES = 4
_KEY_BYTES = 32


@dataclass(frozen=True)
class SecretBox:
    """Encrypts with the first key and decrypts with any, so that a new key in front rotates them."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> "SecretBox":
        """Parse keys: base64 of 32 bytes, in either alphabet, separated by commas. Raises ValueError."""
        try:
            keys = tuple(
                base64.b64decode(key.strip().translate(_TO_STANDARD_BASE64), validate=True) for key in text.split(",")
            )
        except binascii.Error:
            raise ValueError("must be base64") from None
        if any(len(key) != _KEY_BYTES for key in keys):
            raise ValueError("must be 32 bytes each")
        return cls(keys)

    @staticmethod
    def generate_key() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    def has_key(self, key_id: bytes) -> bool:
        """Return whether a key with this id (the first `KEY_ID_BYTES` of what it encrypted) is among the keys."""
        return any(_key_id(key) == key_id for key in self.keys)

    def is_encrypted_with_first_key(self, sealed: bytes) -> bool:
        """Return whether the first key encrypted the value."""
        return sealed[:KEY_ID_BYTES] == _key_id(self.keys[0])

    def encrypt(self, text: str, *, row: str) -> bytes:
        """Return the key's id, a nonce and the ciphertext. `row`: table, organization, id and column, authenticated."""
        key, nonce = self.keys[0], os.urandom(_NONCE_BYTES)
        return _key_id(key) + nonce + AESGCM(key).encrypt(nonce, text.encode(), row.encode())

    def decrypt(self, sealed: bytes, *, row: str) -> str:
        """Return the secret. Raises ValueError where no key fits, or where the value belongs to another row."""
        key = next((key for key in self.keys if _key_id(key) == sealed[:KEY_ID_BYTES]), None)
        if key is None:
            raise ValueError(
                f"no secret key opens {row}: put the key it was sealed with back into DIALTREE_SECRET_KEYS"
            )
        nonce, text = sealed[KEY_ID_BYTES : KEY_ID_BYTES + _NONCE_BYTES], sealed[KEY_ID_BYTES + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, text, row.encode()).decode()
        except InvalidTag:
            raise ValueError(f"the sealed value does not belong to {row}") from None


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:KEY_ID_BYTES]
