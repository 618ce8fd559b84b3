"""Delete old conversations in small transactions, and recount what each organization stores."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from models import Conversation, Organization, Transfer, stored_bytes
from models.server import delete_ended_servers
from models.stored_bytes import CONVERSATION_BYTES, adjust_counters
from storage import Database, WriteSession

# One transaction holds the writer for some milliseconds; after it other writers have twice that time.
BATCH_SIZE = 250
PAUSE_FACTOR = 2.0


async def prune_conversations(database: Database, before: datetime) -> AsyncIterator[tuple[int, int]]:
    """Delete conversations that ended before then, and their transfers; yield the count of both after each commit."""
    last_id = ""
    while ids := await _find_next(database, before, last_id):
        started = time.monotonic()
        # Locking, as servers lease from the counters that it changes; nothing else that it reads can change.
        yield await database.write_locking(partial(_remove, ids))
        last_id = ids[-1]
        await asyncio.sleep(PAUSE_FACTOR * (time.monotonic() - started))
    await database.write(partial(_delete_servers, before))


async def _remove(ids: list[str], session: WriteSession) -> tuple[int, int]:
    transfers = (await session.execute(Transfer.delete_of_conversations(ids))).all()
    columns = Conversation.columns()
    size = CONVERSATION_BYTES.label("bytes")
    deleted = Conversation.delete_ended(ids).returning(columns.id, columns.organization_id, size)
    conversations = (await session.execute(deleted)).all()
    freed = Counter[str]()
    for row in conversations:
        freed[row.organization_id] -= row.bytes
    await adjust_counters(session, freed)  # last, as leases wait until this is committed
    return len(conversations), len(transfers)


async def _delete_servers(before: datetime, session: WriteSession) -> None:
    """Delete servers that ended before then, and own no call any more."""
    await session.execute(delete_ended_servers(before))


async def _find_next(database: Database, before: datetime, last_id: str) -> list[str]:
    """Return the next ids after `last_id`. Each is read once, outside the transaction that deletes."""
    async with database.read() as session:
        return [row.id for row in await session.execute(Conversation.ids_ended_before(before, last_id, BATCH_SIZE))]


async def recount(database: Database) -> None:
    """Set each organization's counter of stored bytes to what is stored, plus what is leased meanwhile."""
    async with database.read() as session:
        organizations = (await session.execute(sa.select(Organization.columns().id))).all()
    for organization in organizations:
        async with database.read() as session:
            found = await stored_bytes.recount(session, organization.id)
        await database.write_locking(found.apply, independent=True)
