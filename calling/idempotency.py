"""Find the conversation that an idempotency key has created, and refuse the key with another input (R11)."""

import hashlib

from calling import validation
from models import Conversation, ErrorCode, Reach, Refused
from models.call_rows import ConversationRow
from models.conversation import find_by_idempotency_key
from models.json_members import dump_canonical
from storage import ReadSession

MAX_KEY_LENGTH = 255


def check_idempotency_key(key: str | None) -> str | None:
    """Return the key; raise Refused (INVALID_INPUT) unless it has 1 to 255 characters, none of them NUL."""
    if key is not None and not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise validation.invalid_input(
            f"idempotencyKey has {len(key)} characters; it can have 1 to {MAX_KEY_LENGTH}.", "idempotencyKey"
        )
    return key and validation.check_text(key, "idempotencyKey")


def input_digest(value: object) -> bytes:
    """Return the SHA-256 of the input as canonical JSON.

    The digest is stored with the key: a change to how it is computed breaks retries across an upgrade.
    """
    return hashlib.sha256(dump_canonical(value).encode()).digest()


async def find_replayed(
    session: ReadSession, organization_id: str, key: str | None, digest: bytes
) -> ConversationRow | None:
    """Return the conversation that the key created in the organization, or None.

    Raises Refused (IDEMPOTENCY_KEY_REUSED) if it was created from another input.
    """
    if key is None:
        return None
    (first,) = await find_by_idempotency_key(session, organization_id, key) or (None,)
    if first and first.input_digest != digest:
        raise Refused(
            ErrorCode.IDEMPOTENCY_KEY_REUSED,
            "This idempotency key has created a conversation from another input."
            " Repeat that input to get it again, or send a new key for a new call.",
            "idempotencyKey",
        )
    return first


async def find_routed(session: ReadSession, router_id: str, key: str | None, digest: bytes) -> ConversationRow | None:
    """Return the inbound conversation that this router created with the key and the same input, or None.

    A retry finds it even if the number has since been deleted, or registered by another organization.
    """
    if key is None:
        return None
    return (
        await session.execute(Conversation.routed_with_key(Reach(router_id, includes_descendants=True), key, digest))
    ).first()
