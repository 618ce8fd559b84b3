"""Who answers a call to a number (R14): always its owner's inbound agent, whether the number is shared or not."""

import hashlib
import json
from typing import Any

from calling.e164 import as_e164, e164
from calling.outbound_conversation import idempotency_key, replayed
from calling.weighing import number_not_found
from models import (
    AgentVersion,
    CallDirection,
    Conversation,
    ConversationStatus,
    ErrorCode,
    PhoneNumber,
    Reach,
    Refused,
    WriteSession,
)


async def route(session: WriteSession, router: str, called: str, caller: str | None, key: str | None) -> Any:
    """The inbound conversation, ringing with the owner's agent. `router` is the owner or an organization above it."""
    called = e164(called, "calledNumber")
    caller = None if caller is None else e164(caller, "callerNumber")
    number = await _number_of(session, router, called)
    digest = hashlib.sha256(json.dumps(["inbound", called, caller]).encode()).digest()
    if first := await replayed(session, number.organization_id, idempotency_key(key), digest):
        return first
    version = await _answering(session, number)
    conversation = Conversation(
        organization_id=number.organization_id,
        direction=CallDirection.INBOUND,
        status=ConversationStatus.RINGING,
        agent_number=called,
        user_number=caller,
        phone_number_id=number.id,
        agent_version_id=version.id,
        idempotency_key=key,
        input_digest=digest if key else None,
    )
    session.add(conversation)
    return conversation


async def arrive(session: WriteSession, called: str, caller: str | None, engine_reference: str, server_id: str) -> Any:
    """A call at the engine's own door: the owner's agent answers, whoever's number it is; None: it is here already."""
    if await session.scalar(Conversation.of_engine(engine_reference)):
        return None
    number = (await session.execute(PhoneNumber.called(e164(called, "calledNumber")))).first()
    if number is None:
        raise number_not_found(called, "calledNumber")
    conversation = Conversation(
        organization_id=number.organization_id,
        direction=CallDirection.INBOUND,
        status=ConversationStatus.RINGING,
        agent_number=number.e164,
        user_number=as_e164(caller or ""),
        phone_number_id=number.id,
        agent_version_id=(await _answering(session, number)).id,
        engine_reference=engine_reference,
        server_id=server_id,
    )
    session.add(conversation)
    await session.flush()
    return conversation


async def _number_of(session: WriteSession, router: str, called: str) -> Any:
    number = PhoneNumber.columns()
    owner = PhoneNumber.organizations_of([called])
    within = Reach(router, below=True).covers(number.organization_id, owner)
    found = (await session.execute(PhoneNumber.called(called).where(within))).first()
    if found is None:
        raise number_not_found(called, "calledNumber")
    return found


async def _answering(session: WriteSession, number: Any) -> Any:
    version = None
    if number.inbound_agent_version_id:
        version = (await session.execute(AgentVersion.by_id([number.inbound_agent_version_id]))).one()
    if version is None or not version.agent_active:
        what = f"{version.agent_name!r} is switched off" if version else "its inbound slot is empty"
        raise Refused(
            ErrorCode.NO_INBOUND_AGENT,
            f"Nobody answers {number.e164}: {what}. Publish an active agent's version to it with direction INBOUND.",
            "calledNumber",
        )
    return version
