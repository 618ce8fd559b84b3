"""Creating an outbound conversation: what was sent is checked, the steps decide, the answer is kept (R9, R11)."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from calling import form
from calling.agent_reference import AgentReference, referenced_version
from calling.destinations import destination
from calling.e164 import as_e164, e164
from calling.outbound_number import Question, not_resolved, resolve
from calling.resolution import Resolution, from_json, to_json
from models import (
    ErrorCode,
    ReadSession,
    Refusal,
    Refused,
    WriteSession,
)
from models.conversation import created_under_key, queue
from models.dialing import QUEUED_OF

LONGEST_KEY = 255


@dataclass(frozen=True)
class OutboundCall:
    """What the caller sent, as it was sent; None is what was not sent."""

    to: str | None = None
    agent_number: str | None = None
    agent_version_id: str | None = None
    agent_id: str | None = None
    agent_config: Any = None
    allow_fallback: bool = False
    initial_context: str | None = None
    metadata: Any = None
    idempotency_key: str | None = None

    @property
    def agent(self) -> AgentReference:
        return AgentReference(self.agent_version_id, self.agent_id, self.agent_config)

    def question(self, organization_id: str) -> Question:
        return Question(organization_id, self.agent_number, self.agent, allow_fallback=self.allow_fallback)

    def digest(self) -> bytes:
        """Equal for inputs that ask for the same: numbers count in E.164, absent as null (R11)."""
        sent = {name: value for name, value in vars(self).items() if value is not None and name != "idempotency_key"}
        for name in ("to", "agent_number"):
            sent[name] = as_e164(sent.get(name, "")) or sent.get(name)
        return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).digest()


@dataclass(frozen=True)
class Outcome:
    """What a create did: a conversation, or a resolution whose refusal says why there is none."""

    resolution: Resolution
    conversation: Any = None
    replayed: bool = False
    over_limit: Refusal | None = None

    @property
    def refusal(self) -> Refusal | None:
        return self.resolution.refusal or self.over_limit


async def decide(
    session: ReadSession, organization_id: str, call: OutboundCall, allowed_regions: frozenset[str]
) -> Resolution:
    """Which number the call would go out from, may it, and why. Writes nothing."""
    try:
        number = _well_formed(call)
        if call.to is not None:
            destination(call.to, allowed_regions, "to")
        version = await referenced_version(session, organization_id, call.agent)
    except Refused as refused:
        return not_resolved(call.question(organization_id), refused.refusal)
    return await resolve(session, replace(call.question(organization_id), agent_number=number, version=version))


async def create(
    session: WriteSession, organization_id: str, call: OutboundCall, allowed_regions: frozenset[str], most_queued: int
) -> Outcome:
    """Queue a conversation, or answer with the one that the idempotency key has created already.

    `most_queued`: how many calls of one organization may wait, 0: any number. The dry run never asks (R9).
    """
    try:
        first = await replayed(session, organization_id, call.idempotency_key, call.digest())
    except Refused as refused:
        return Outcome(not_resolved(call.question(organization_id), refused.refusal))
    if first:
        return Outcome(from_json(first.resolution, first), first, replayed=True)
    resolution = await decide(session, organization_id, call, allowed_regions)
    if resolution.refusal:
        return Outcome(resolution)
    if most_queued and await _waiting(session, organization_id, most_queued) == most_queued:
        return Outcome(resolution, over_limit=_too_many(most_queued))
    return Outcome(resolution, await _queued(session, organization_id, call, resolution))


async def replayed(session: ReadSession, organization_id: str, key: str | None, digest: bytes) -> Any:
    """The conversation that the key created, None where it created none; refuses another input under the same key."""
    if key is None:
        return None
    (first,) = await created_under_key(session, organization_id, key) or (None,)
    if first and first.input_digest != digest:
        raise Refused(
            ErrorCode.IDEMPOTENCY_KEY_REUSED,
            "This idempotency key has created a conversation from another input."
            " Repeat that input to get it again, or send a new key for a new call.",
            "idempotencyKey",
        )
    return first


def idempotency_key(key: str | None) -> str | None:
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise form.invalid(
            f"idempotencyKey has {len(key)} characters; it can have 1 to {LONGEST_KEY}.", "idempotencyKey"
        )
    return key and form.text(key, "idempotencyKey")


async def _waiting(session: ReadSession, organization_id: str, most: int) -> int:
    """How many calls of the organization wait, counted up to `most`."""
    return int(await session.scalar(QUEUED_OF, {"organization_id": organization_id, "most": most}) or 0)


def _too_many(most_queued: int) -> Refusal:
    return Refusal(
        ErrorCode.LIMIT_EXCEEDED,
        f"{most_queued} calls of this organization wait to be dialed already, and no more may."
        " Try again when some have been, hang up what is not needed any more, or have the trunk dial faster.",
    )


def _well_formed(call: OutboundCall) -> str | None:
    """The agent number in E.164, where one was sent; refuses what no rule needs to look at."""
    number = None if call.agent_number is None else e164(call.agent_number, "agentNumber")
    if call.agent_config is not None:
        form.json_object(call.agent_config, "agentConfig")
    if call.metadata is not None:
        form.json_object(call.metadata, "metadata")
    if call.initial_context is not None:
        form.text(call.initial_context, "initialContext")
    idempotency_key(call.idempotency_key)
    return number


async def _queued(session: WriteSession, organization_id: str, call: OutboundCall, resolution: Resolution) -> Any:
    return await queue(
        session,
        organization_id=organization_id,
        agent_number=str(resolution.agent_number),
        user_number=e164(call.to or "", "to"),
        phone_number_id=resolution.phone_number_id,
        agent_version_id=resolution.agent_version_id,
        agent_config=call.agent_config,
        resolution=to_json(resolution),
        initial_context=call.initial_context,
        custom_metadata=call.metadata and json.loads(json.dumps(call.metadata, sort_keys=True)),
        idempotency_key=call.idempotency_key,
        input_digest=call.digest() if call.idempotency_key else None,
    )
