"""Bring campaigns to their end while the worker runs: at their date, or what a cancellation has left to do (R22)."""

import asyncio
from contextlib import suppress
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from calling.campaign_life import end_campaign, expire_some, withdraw_queued_calls
from dialing.worker_context import WorkerContext
from models import Campaign, CampaignStatus
from models.campaign import FINAL_STATUSES
from models.life_statements import find_overdue_campaigns, find_unsettled_campaigns, lock_campaign_unless_locked
from models.server import database_now
from storage import DatabaseUnavailable, WriteSession

INTERVAL_SECONDS = 1.0


class CampaignUpkeep:
    """Ends campaigns that are overdue, and settles those that do not run any more, each second."""

    def __init__(self, context: WorkerContext) -> None:
        self._database = context.database
        self._lease = context.lease

    async def run(self) -> None:
        """Do so until cancelled."""
        while True:
            with suppress(SQLAlchemyError, DatabaseUnavailable):
                if self._lease.server_id:
                    await self._settle_all()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _settle_all(self) -> None:
        async with self._database.read() as session:
            overdue = await find_overdue_campaigns(session, await database_now(session))
            due = {each.id for each in (*overdue, *await find_unsettled_campaigns(session))}
        for campaign_id in sorted(due):
            await self._database.write_locking(partial(settle_campaign, campaign_id=campaign_id))


async def settle_campaign(session: WriteSession, campaign_id: str) -> None:
    """Do one step of what a campaign needs to come to its end; none if another server does."""
    if not (await session.execute(lock_campaign_unless_locked(campaign_id))).first():
        return
    statement = sa.select(Campaign).where(Campaign.columns().id == campaign_id)
    campaign: Campaign = (await session.execute(statement)).scalar_one()
    at = await database_now(session)
    if campaign.status in FINAL_STATUSES:
        await withdraw_queued_calls(session, campaign_id, at)
        await expire_some(session, campaign_id)
    elif campaign.ends_at and campaign.ends_at <= at:
        await end_campaign(session, campaign, at)
    elif campaign.status is CampaignStatus.PAUSED:
        await withdraw_queued_calls(session, campaign_id, at)
