"""Somebody calls one of our numbers at the engine's own door: the owner's inbound agent answers (R14)."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling import inbound
from calling.chronicle import Ended
from calling.claiming import speaking
from calling.means import Means
from models import DatabaseGone, EndReason, ErrorCode, Refused, WriteSession
from telephony.engine import InboundCall, NotPlaced, Unsure

log = structlog.get_logger()

NOT_FOUND, TEMPORARILY_UNAVAILABLE, SERVICE_UNAVAILABLE = 404, 480, 503


class NotServing(Exception):
    """This server is not known to the others just now, so no call can be its own."""


class Arrivals:
    def __init__(self, means: Means) -> None:
        self._database = means.database
        self._engine = means.engine
        self._chronicle = means.chronicle
        self._owner = means.owner

    async def answer(self, knock: InboundCall) -> None:
        """The conversation is committed before the call is accepted. A knock that is heard again is the same call."""
        self._owner.coming.add(knock.engine_reference)
        try:
            arrived = await self._database.write(lambda session: self._arrived(session, knock))
        except Refused as refused:
            unknown = refused.refusal.code is not ErrorCode.NO_INBOUND_AGENT
            await self._decline(knock, NOT_FOUND if unknown else TEMPORARILY_UNAVAILABLE)
        except (SQLAlchemyError, DatabaseGone, NotServing):
            await self._decline(knock, SERVICE_UNAVAILABLE)
        else:
            if arrived:
                await self._accept(knock, *arrived)
        finally:
            self._owner.coming.discard(knock.engine_reference)

    async def _arrived(self, session: WriteSession, knock: InboundCall) -> tuple[str, dict[str, object]] | None:
        if (server_id := self._owner.id) is None:
            raise NotServing
        call = await inbound.arrive(session, knock.called, knock.caller, knock.engine_reference, server_id)
        return None if call is None else (call.id, await speaking(session, call))

    async def _accept(self, knock: InboundCall, reference: str, agent: dict[str, object]) -> None:
        self._owner.calls.add(reference)
        try:
            await self._engine.accept(knock.engine_reference, reference, agent)
        except (NotPlaced, Unsure) as failed:
            self._chronicle.note(Ended(reference, EndReason.ENGINE_LOST, detail=str(failed)))

    async def _decline(self, knock: InboundCall, sip_status: int) -> None:
        log.info("inbound_call_declined", called=knock.called, sip_status=sip_status)
        await self._engine.decline(knock.engine_reference, sip_status)
