"""Create the conversation of an inbound call with the agent in the number's inbound slot (R14).

The conversation belongs to the number's owner, even if the number is shared.
"""

from calling.e164 import check_e164, normalize_e164
from calling.idempotency import check_idempotency_key, find_replayed, find_routed, input_digest
from calling.refusals import number_not_found
from models import AgentVersion, CallDirection, Conversation, ConversationStatus, ErrorCode, PhoneNumber, Reach, Refused
from models.call_rows import ConversationRow
from models.number_rows import StoredNumber
from models.rows import AgentVersionRow
from storage import WriteSession


async def route_inbound_call(
    session: WriteSession, router_id: str, called: str, caller: str | None, key: str | None
) -> tuple[ConversationRow, bool]:
    """Create the conversation, RINGING, of a call that another system carries. Returns it, and whether it is new.

    `router_id` is the organization that makes the request: the number's owner, or one above it. A `caller` of None is
    a withheld number. Raises Refused: INVALID_PHONE_NUMBER, PHONE_NUMBER_NOT_FOUND, NO_INBOUND_AGENT,
    IDEMPOTENCY_KEY_REUSED.
    """
    called = check_e164(called, "calledNumber")
    caller = None if caller is None else check_e164(caller, "callerNumber")
    digest = input_digest(["inbound", called, caller])
    if first := await find_routed(session, router_id, check_idempotency_key(key), digest):
        return first, False
    number = await _find_routable_number(session, router_id, called)
    await find_replayed(session, number.organization_id, key, digest)  # raises if the key was used with another input
    version = await _require_inbound_version(session, number)
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
    return conversation, True


async def create_arrived_call(
    session: WriteSession, called: str, caller: str | None, engine_reference: str, server_id: str
) -> Conversation | None:
    """Create the conversation, RINGING, of a call that arrived at the engine. Returns None if it exists already.

    A caller that is not a phone number is stored as withheld. Raises Refused: PHONE_NUMBER_NOT_FOUND, NO_INBOUND_AGENT.
    """
    if await session.scalar(Conversation.id_by_engine_reference(engine_reference)):
        return None
    number = (await session.execute(PhoneNumber.by_e164(check_e164(called, "calledNumber")))).first()
    if number is None:
        raise number_not_found(called, "calledNumber")
    conversation = Conversation(
        organization_id=number.organization_id,
        direction=CallDirection.INBOUND,
        status=ConversationStatus.RINGING,
        agent_number=number.e164,
        user_number=normalize_e164(caller or ""),
        phone_number_id=number.id,
        agent_version_id=(await _require_inbound_version(session, number)).id,
        engine_reference=engine_reference,
        server_id=server_id,
    )
    session.add(conversation)
    await session.flush()
    return conversation


async def _find_routable_number(session: WriteSession, router_id: str, called: str) -> StoredNumber:
    number = PhoneNumber.columns()
    owner = PhoneNumber.owner_ids_by_e164([called])
    in_reach = Reach(router_id, includes_descendants=True).covers(number.organization_id, owner)
    found = (await session.execute(PhoneNumber.by_e164(called).where(in_reach))).first()
    if found is None:
        raise number_not_found(called, "calledNumber")
    return found


async def _require_inbound_version(session: WriteSession, number: StoredNumber) -> AgentVersionRow:
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
