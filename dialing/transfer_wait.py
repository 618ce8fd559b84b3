"""Wait until an engine has begun a transfer, or cancel it after a timeout."""

import asyncio
from contextlib import suppress

from calling.refusals import transfer_failed
from models import Transfer, now
from models.call_rows import TransferRow
from models.transfer_statements import cancel_unclaimed_transfer
from storage import Database, ReadSession, WriteSession

# How long the engine may take to begin after the commit.
BEGIN_TIMEOUT_SECONDS = 8.0
POLL_INTERVAL_SECONDS = 0.5


async def wait_until_begun(database: Database, transfer_id: str) -> TransferRow:
    """Return the transfer once an engine has begun it.

    Raises Refused (TRANSFER_FAILED) if no engine did within BEGIN_TIMEOUT_SECONDS, or if the engine refused. The
    transfer has ended then, and the caller still talks to the agent.
    """
    commit_event = database.commit_event()
    with suppress(TimeoutError):
        async with asyncio.timeout(BEGIN_TIMEOUT_SECONDS):
            while True:
                commit_event.clear()
                async with database.read() as session:
                    transfer = await _reload_transfer(session, transfer_id)
                if transfer.begun_at or transfer.ended_at:
                    return _require_begun(transfer)
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                        await commit_event.wait()

    async def give_up(session: WriteSession) -> TransferRow:
        await session.execute(cancel_unclaimed_transfer(transfer_id, now()))
        return await _reload_transfer(session, transfer_id)

    return _require_begun(await database.write(give_up))


def _require_begun(transfer: TransferRow) -> TransferRow:
    if transfer.ended_at and not transfer.begun_at:
        raise transfer_failed(
            "The telephony engine did not begin the transfer; the caller is where they were. Ask again."
        )
    return transfer


async def _reload_transfer(session: ReadSession, transfer_id: str) -> TransferRow:
    return (await session.execute(Transfer.by_id([transfer_id]))).one()
