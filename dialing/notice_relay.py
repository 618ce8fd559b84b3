"""Store engine notices about calls of other servers, and deliver those about calls of this server."""

from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dialing.worker_context import WorkerContext
from models import Notice, now
from models.notice import (
    delete_notices,
    delete_notices_before,
    find_notice_before,
    find_notices_for_server,
    select_active_call_id,
    select_notice_id,
)
from storage import DatabaseUnavailable, WriteSession
from telephony.engine import ForeignNotice

log = structlog.get_logger()

MAX_NOTICE_AGE = timedelta(minutes=5)


class NoticeRelay:
    """Relays engine notices, such as webhooks, from the server that received them to the one that carries the call."""

    def __init__(self, context: WorkerContext) -> None:
        self._database = context.database
        self._engine = context.engine

    async def store(self, foreign: ForeignNotice) -> None:
        """Store a notice, once. If the database is unavailable, it is dropped, as engines also poll."""

        async def work(session: WriteSession) -> None:
            reference = await session.scalar(select_active_call_id(foreign.engine_reference))
            if reference and not await session.scalar(select_notice_id(foreign.notice_id)):
                session.add(Notice(id=foreign.notice_id, conversation_id=reference, body=foreign.body))

        try:
            await self._database.write(work)
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            log.warning("notice_not_stored", error=type(error).__name__)

    async def deliver(self, server_id: str) -> None:
        """Pass stored notices about calls of this server to its engine; then delete these and outdated ones."""
        before = now() - MAX_NOTICE_AGE
        async with self._database.read() as session:
            notices = await find_notices_for_server(session, server_id)
            old = await find_notice_before(session, before)
        for notice in notices:
            await self._engine.handle_notice(notice.body)
        if notices or old:

            async def work(session: WriteSession) -> None:
                await session.execute(delete_notices([notice.id for notice in notices]))
                await session.execute(delete_notices_before(before))

            await self._database.write(work)
