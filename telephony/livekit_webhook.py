"""What LiveKit tells by webhook: believed where it is signed over these very bytes, and heard once."""

import hashlib
import hmac
from base64 import b64decode
from collections import OrderedDict

from google.protobuf.json_format import Parse
from jwt import PyJWTError
from livekit import api
from livekit.protocol.webhook import WebhookEvent

REMEMBERED = 10_000


class NotFromLiveKit(Exception):
    """The signature is missing, expired, of another key, or over other bytes."""


class Webhooks:
    def __init__(self, key: str, secret: str) -> None:
        self._verifier = api.TokenVerifier(key, secret)
        self._heard: OrderedDict[str, None] = OrderedDict()

    def heard(self, body: bytes, token: str) -> WebhookEvent | None:
        """The event; None where it was heard before. Raises NotFromLiveKit."""
        try:
            signed = b64decode(self._verifier.verify(token).sha256 or "")
        except (PyJWTError, ValueError, TypeError):
            raise NotFromLiveKit from None
        if not hmac.compare_digest(signed, hashlib.sha256(body).digest()):
            raise NotFromLiveKit
        return self.passed_on(body)

    def passed_on(self, body: bytes) -> WebhookEvent | None:
        """The event in a body that was believed where it came; None where it was heard before."""
        event = Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True)
        return event if self._is_new(event.id) else None

    def _is_new(self, identifier: str) -> bool:
        new = identifier not in self._heard
        self._heard[identifier] = None
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        return new
