"""What this server is told of calls that another one carries: it is kept until that one has heard it."""

from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.means import Means
from models import DatabaseGone, Notice, WriteSession, now
from models.notice import called_as, forgotten, heard_before, notices_for, older_notices, taken
from telephony.engine import Overheard

log = structlog.get_logger()

KEPT = timedelta(minutes=5)


class Overhearing:
    def __init__(self, means: Means) -> None:
        self._database = means.database
        self._engine = means.engine

    async def keep(self, overheard: Overheard) -> None:
        """Once, however often and wherever it is told. What is lost for want of a database, engines look up."""

        async def work(session: WriteSession) -> None:
            reference = await session.scalar(called_as(overheard.engine_reference))
            if reference and not await session.scalar(heard_before(overheard.notice_id)):
                session.add(Notice(id=overheard.notice_id, conversation_id=reference, body=overheard.notice))

        try:
            await self._database.write(work)
        except (SQLAlchemyError, DatabaseGone) as failed:
            log.warning("notice_not_kept", error=type(failed).__name__)

    async def pass_on(self, server_id: str) -> None:
        """To the engine, what was kept for calls of this server."""
        before = now() - KEPT
        async with self._database.read() as session:
            notices = await notices_for(session, server_id)
            old = await older_notices(session, before)
        for notice in notices:
            await self._engine.hear(notice.body)
        if notices or old:

            async def work(session: WriteSession) -> None:
                await session.execute(taken([notice.id for notice in notices]))
                await session.execute(forgotten(before))

            await self._database.write(work)
