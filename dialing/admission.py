"""Admit contacts of running campaigns: queue a call for whoever is due, where there is room at once (R18 to R20, R23).

A contact's call, its state and the counts are one commit, so a crash loses nothing and calls nobody twice. A call is
queued only for room that is there now, so the queue stays short however many contacts wait. Campaigns take turns by
their weights.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from calling.calling_hours import CallingHours
from calling.contact_admission import A_MINUTE
from dialing.admission_room import AdmissionRoom
from dialing.attempt_admission import AttemptAdmission
from dialing.campaign_pauses import CampaignUnable, pause_campaign
from dialing.campaign_queue import MAX_ADMITTED, CampaignQueue, line_up_all
from dialing.due_contacts import Place
from dialing.worker_context import WorkerContext
from models.admission_statements import find_running_campaigns, lock_running_campaigns
from models.server import database_now
from models.trunk_load import find_starts, lock_admission
from storage import DatabaseUnavailable, WriteSession

log = structlog.get_logger()

POLL_INTERVAL_SECONDS = 1.0
# Of many commits one after another, each calls for a pass: one serves several.
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class AdmissionLimits:
    """What the operator allows: when and whither to call, and which share of a trunk campaigns may use."""

    calling_hours: CallingHours
    allowed_regions: frozenset[str]
    campaign_share: float


class CampaignAdmission:
    """Admits contacts as long as the worker runs: after each commit of others, and each second."""

    def __init__(self, context: WorkerContext) -> None:
        self._database = context.database
        self._lease = context.lease
        self._limits = AdmissionLimits(
            context.limits.calling_hours, context.limits.allowed_regions, context.limits.campaign_share
        )
        self._reached: dict[str, Place] = {}

    async def run(self) -> None:
        """Admit contacts until cancelled."""
        committed = self._database.commit_event()
        while True:
            committed.clear()
            with suppress(SQLAlchemyError, DatabaseUnavailable):
                if self._lease.server_id and await self._admit(committed):
                    committed.set()
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                    await committed.wait()

    async def _admit(self, own_event: asyncio.Event) -> bool:
        """Admit contacts in one pass, whose commit does not set `own_event`.

        Return whether another pass is to follow at once: this one was full, or has read on to a new place.
        """
        async with self._database.read() as session:
            if not await find_running_campaigns(session):
                return False
        work = partial(admit_contacts, limits=self._limits, reached=self._reached)
        before = dict(self._reached)
        admitted = await self._database.write_locking(work, own_event=own_event)
        return admitted == MAX_ADMITTED or bool(self._reached.items() - before.items())


async def admit_contacts(
    session: WriteSession, limits: AdmissionLimits, reached: dict[str, Place] | None = None
) -> int:
    """Queue calls to the contacts of all campaigns that are due, as many as there is room for; return how many.

    One server at a time does; the others find nothing to do. `reached`: where the pass before ended, by campaign, past
    contacts that wait; it is changed to where this one did.
    """
    reached = {} if reached is None else reached
    if not await lock_admission(session):
        return 0
    at = await database_now(session)
    queues = await _line_up_all(session, limits.calling_hours, at, reached)
    if not queues:
        return 0
    admission = AttemptAdmission(session, at, AdmissionRoom(session, limits.campaign_share), limits.allowed_regions)
    await admission.load([due.contact for queue in queues for due in queue.due])
    admitted = 0
    while admitted < MAX_ADMITTED and (
        waiting := [each for each in queues if each.due or await _read_on(each, admission)]
    ):
        queue = min(waiting, key=lambda each: each.turn)
        try:
            is_called = await admission.admit(queue, queue.due.popleft())
        except CampaignUnable as unable:
            await admission.writes.write()
            await pause_campaign(session, queue.campaign.id, unable.reason)
            queue.stop()
        else:
            if is_called:
                queue.count_start()
            admitted += is_called
    await admission.writes.write()
    reached.clear()
    reached.update({each.campaign.id: place for each in queues if (place := each.line.next_place)})
    return admitted


async def _read_on(queue: CampaignQueue, admission: AttemptAdmission) -> bool:
    """Read on past contacts that wait, if there is room to call others; tell whether there are any."""
    if queue.room > 0 and queue.may_read_on:
        queue.may_read_on = False
        queue.due.extend(await queue.line.read_on())
        await admission.load([due.contact for due in queue.due])
    return bool(queue.due)


async def _line_up_all(
    session: WriteSession, calling_hours: CallingHours, at: datetime, reached: dict[str, Place]
) -> list[CampaignQueue]:
    """Return the running campaigns that have somebody to call now, with their starts of the last minute."""
    running = [each.id for each in await find_running_campaigns(session)]
    queues = await line_up_all(session, await lock_running_campaigns(session, running), calling_hours, at, reached)
    if len(queues) > 1:
        starts = {
            row.campaign_id: row.starts
            for row in await find_starts(session, [each.campaign.id for each in queues], at - A_MINUTE)
        }
        for queue in queues:
            queue.starts = starts.get(queue.campaign.id, 0)
    return queues
