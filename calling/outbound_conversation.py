"""Create an outbound conversation: check, resolve the number, queue (R9, R11)."""

from dataclasses import dataclass

from calling.checked_call import CheckedCall, OutboundCallInput, check_call, normalize_call
from calling.idempotency import find_replayed
from calling.outbound_number import not_resolved, resolve
from calling.resolution_result import Resolution, from_json, to_json
from models import ErrorCode, Refusal, Refused
from models.call_rows import ConversationRow
from models.conversation_insert import queue
from models.queue_statements import COUNT_QUEUED
from storage import ReadSession, WriteSession


@dataclass(frozen=True)
class CreateResult:
    """The conversation that a create made or replayed, or a resolution whose refusal says why there is none.

    `stored_bytes` is the growth of the organization's stored bytes, as counted by `models/stored_bytes.py`.
    """

    resolution: Resolution
    conversation: ConversationRow | None = None
    replayed: bool = False
    over_limit: Refusal | None = None
    stored_bytes: int = 0

    @property
    def refusal(self) -> Refusal | None:
        """Why there is no conversation; None if there is one."""
        return self.resolution.refusal or self.over_limit


async def check_and_resolve(
    session: ReadSession, organization_id: str, call_input: OutboundCallInput, allowed_regions: frozenset[str]
) -> Resolution:
    """Return which number the call would go out from and who would speak, or why it may not. Writes nothing.

    Raises nothing: a check that fails before the steps is the refusal of the resolution.
    """
    try:
        call = await check_call(session, organization_id, normalize_call(call_input), allowed_regions)
    except Refused as error:
        return not_resolved(organization_id, call_input, error.refusal)
    return await resolve(session, call)


async def create_conversation(
    session: WriteSession,
    organization_id: str,
    call_input: OutboundCallInput,
    allowed_regions: frozenset[str],
    max_queued: int,
) -> CreateResult:
    """Queue a conversation, or return the one that the idempotency key created before.

    `max_queued` is the most calls that the organization may have in the queue; 0 means no limit. A dry run does not
    check it (R9).
    """
    normalized = normalize_call(call_input)
    try:
        first = await find_replayed(session, organization_id, call_input.idempotency_key, normalized.digest)
        if first:
            return _replay(first)
        call = await check_call(session, organization_id, normalized, allowed_regions)
    except Refused as error:
        return CreateResult(not_resolved(organization_id, call_input, error.refusal))
    resolution = await resolve(session, call)
    if resolution.refusal:
        return CreateResult(resolution)
    if max_queued and await _count_queued(session, organization_id, max_queued) == max_queued:
        return CreateResult(resolution, over_limit=_queue_is_full(max_queued))
    conversation, stored_bytes = await queue_conversation(session, call, resolution)
    return CreateResult(resolution, conversation, stored_bytes=stored_bytes)


def _replay(conversation: ConversationRow) -> CreateResult:
    assert conversation.resolution is not None, "an outbound conversation stores its resolution"
    return CreateResult(from_json(conversation.resolution, conversation), conversation, replayed=True)


async def _count_queued(session: ReadSession, organization_id: str, limit: int) -> int:
    """Count the organization's queued calls, up to `limit`."""
    return int(await session.scalar(COUNT_QUEUED, {"organization_id": organization_id, "limit": limit}) or 0)


def _queue_is_full(max_queued: int) -> Refusal:
    return Refusal(
        ErrorCode.LIMIT_EXCEEDED,
        f"{max_queued} calls of this organization wait to be dialed already, and no more may."
        " Try again when some have been, hang up what is not needed any more, or have the trunk dial faster.",
    )


async def queue_conversation(
    session: WriteSession, call: CheckedCall, resolution: Resolution
) -> tuple[ConversationRow, int]:
    """Store the conversation. Returns its row, and how many bytes it stores."""
    return await queue(session, **conversation_values(call, resolution))


def conversation_values(call: CheckedCall, resolution: Resolution) -> dict[str, object]:
    """Return the columns of a call's conversation."""
    assert call.to is not None, "createOutboundConversation requires a destination"
    return {
        "organization_id": call.organization_id,
        "agent_number": resolution.agent_number,
        "user_number": call.to,
        "phone_number_id": resolution.phone_number_id,
        "agent_version_id": resolution.agent_version_id,
        "agent_config": call.agent.config,
        "resolution": to_json(resolution),
        "initial_context": call.initial_context,
        "custom_metadata": call.metadata,
        "idempotency_key": call.idempotency_key,
        "input_digest": call.input_digest,
    }
