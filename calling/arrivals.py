"""Somebody calls one of our numbers at the engine's own door: the owner's inbound agent answers (R14)."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling import inbound
from calling.chronicle import Chronicle, Ended
from calling.dialer import speaking
from models import Database, DatabaseGone, EndReason, ErrorCode, Refused, WriteSession
from telephony.engine import Engine, InboundCall, NotPlaced, Unsure

log = structlog.get_logger()

NOT_FOUND, TEMPORARILY_UNAVAILABLE, SERVICE_UNAVAILABLE = 404, 480, 503


class Arrivals:
    def __init__(self, database: Database, engine: Engine, chronicle: Chronicle) -> None:
        self._database = database
        self._engine = engine
        self._chronicle = chronicle

    async def answer(self, knock: InboundCall) -> None:
        """The conversation is committed before the call is accepted. A knock that is heard again is the same call."""

        async def work(session: WriteSession) -> tuple[str, dict[str, object]] | None:
            call = await inbound.arrive(session, knock.called, knock.caller, knock.engine_reference)
            return None if call is None else (call.id, await speaking(session, call))

        try:
            arrived = await self._database.write(work)
        except Refused as refused:
            unknown = refused.refusal.code is not ErrorCode.NO_INBOUND_AGENT
            await self._decline(knock, NOT_FOUND if unknown else TEMPORARILY_UNAVAILABLE)
        except (SQLAlchemyError, DatabaseGone):
            await self._decline(knock, SERVICE_UNAVAILABLE)
        else:
            if arrived:
                await self._accept(knock, *arrived)

    async def _accept(self, knock: InboundCall, reference: str, agent: dict[str, object]) -> None:
        try:
            await self._engine.accept(knock.engine_reference, reference, agent)
        except (NotPlaced, Unsure) as failed:
            self._chronicle.note(Ended(reference, EndReason.ENGINE_LOST, detail=str(failed)))

    async def _decline(self, knock: InboundCall, sip_status: int) -> None:
        log.info("inbound_call_declined", called=knock.called, sip_status=sip_status)
        await self._engine.decline(knock.engine_reference, sip_status)
