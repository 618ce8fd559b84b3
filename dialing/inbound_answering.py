"""Answer or decline a call that arrives at the engine (R14; RFC 3261: 404, 480, 503)."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling import inbound_conversation
from dialing.agent_dispatch import load_agent_dispatch
from dialing.call_updates import CallEnded
from dialing.worker_context import WorkerContext
from models import EndReason, ErrorCode, Refused
from storage import DatabaseUnavailable, WriteSession
from telephony.engine import AgentDispatch, CallNotPlaced, InboundCall, OutcomeUnknown

log = structlog.get_logger()

NOT_FOUND, TEMPORARILY_UNAVAILABLE, SERVICE_UNAVAILABLE = 404, 480, 503


class ServerNotRegistered(Exception):
    """The server holds no lease, so it cannot own a call."""


class InboundAnswerer:
    """Answers calls with the agent in the inbound slot of the number that was called."""

    def __init__(self, context: WorkerContext) -> None:
        self._database = context.database
        self._engine = context.engine
        self._status_writer = context.status_writer
        self._lease = context.lease

    async def answer(self, call: InboundCall) -> None:
        """Commit the conversation, then accept the call. A call that the engine reports twice is answered once."""
        self._lease.pending_claims.add(call.engine_reference)
        try:
            created = await self._database.write(lambda session: self._create_conversation(session, call))
        except Refused as error:
            is_unknown = error.refusal.code is not ErrorCode.NO_INBOUND_AGENT
            await self._decline(call, NOT_FOUND if is_unknown else TEMPORARILY_UNAVAILABLE)
        except (SQLAlchemyError, DatabaseUnavailable, ServerNotRegistered):
            await self._decline(call, SERVICE_UNAVAILABLE)
        else:
            if created:
                await self._accept(call, *created)
        finally:
            self._lease.pending_claims.discard(call.engine_reference)

    async def _create_conversation(
        self, session: WriteSession, inbound_call: InboundCall
    ) -> tuple[str, AgentDispatch] | None:
        if (server_id := self._lease.server_id) is None:
            raise ServerNotRegistered
        call = await inbound_conversation.create_arrived_call(
            session, inbound_call.called, inbound_call.caller, inbound_call.engine_reference, server_id
        )
        return None if call is None else (call.id, await load_agent_dispatch(session, call))

    async def _accept(self, call: InboundCall, reference: str, agent_dispatch: AgentDispatch) -> None:
        self._lease.call_ids.add(reference)
        try:
            await self._engine.accept(call.engine_reference, reference, agent_dispatch)
        except (CallNotPlaced, OutcomeUnknown) as error:
            self._status_writer.record(CallEnded(reference, EndReason.ENGINE_LOST, detail=str(error)))

    async def _decline(self, call: InboundCall, sip_status: int) -> None:
        log.info("inbound_call_declined", called=call.called, sip_status=sip_status)
        await self._engine.decline(call.engine_reference, sip_status)
