"""Verify LiveKit's webhooks against their raw body, and read each once."""

import hashlib
import hmac
from base64 import b64decode
from collections import OrderedDict

from google.protobuf.json_format import Parse
from jwt import PyJWTError
from livekit import api
from livekit.protocol.webhook import WebhookEvent

MAX_SEEN_IDS = 10_000


class NotFromLiveKit(Exception):
    """The token is missing, expired, signed with another key, or for another body."""


class WebhookReader:
    """Reads the webhooks of one API key, and remembers the last MAX_SEEN_IDS ids."""

    def __init__(self, key: str, secret: str) -> None:
        self._verifier = api.TokenVerifier(key, secret)
        self._seen_ids: OrderedDict[str, None] = OrderedDict()

    def verify(self, body: bytes, token: str) -> WebhookEvent | None:
        """Return the event, or None if it was read before. Raises NotFromLiveKit.

        The token is a JWT (RFC 7519) with the body's SHA-256.
        """
        try:
            signed = b64decode(self._verifier.verify(token).sha256 or "")
        except (PyJWTError, ValueError, TypeError):
            raise NotFromLiveKit from None
        if not hmac.compare_digest(signed, hashlib.sha256(body).digest()):
            raise NotFromLiveKit
        return self.parse_new(body)

    def parse_new(self, body: bytes) -> WebhookEvent | None:
        """Return the event in a body that is verified already, or None if it was read before."""
        event = Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True)
        return event if self._is_new(event.id) else None

    def _is_new(self, identifier: str) -> bool:
        """Store an id, and tell whether it is new."""
        new = identifier not in self._seen_ids
        self._seen_ids[identifier] = None
        if len(self._seen_ids) > MAX_SEEN_IDS:
            self._seen_ids.popitem(last=False)
        return new
