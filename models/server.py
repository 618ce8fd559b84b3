"""Define the servers on a database, and update their leases."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.call_rows import ServerRow
from models.identifier import new_id
from models.rows import IdRow
from models.table import Table
from models.utc_datetime import UtcDateTime, clock_offset, now
from storage.prepared import prepared
from storage.session import ReadSession
from storage.statement import Query, RowStatement, query, returning
from storage.table_revisions import record_time


class Server(Table, table=True):
    """A server process. `seen_at`: its last heartbeat. A server that has ended never comes back."""

    __tablename__ = "server"

    id: str = Field(default_factory=lambda: new_id("srv"), primary_key=True)
    started_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    seen_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


server = Server.__table__
IS_SERVING = server.c.ended_at.is_(None)


async def database_now(session: ReadSession) -> datetime:
    """Return the time of the database, which is the same for all servers. What was read with it is not cached."""
    record_time()
    if not session.on_postgres:
        return now()
    at: datetime = await session.scalar(sa.select(sa.func.clock_timestamp(type_=UtcDateTime)))
    return at + clock_offset()


def insert_server(server_id: str, at: datetime) -> sa.Executable:
    return sa.insert(server).values(id=server_id, started_at=at, seen_at=at)


def record_heartbeat(server_id: str, at: datetime) -> RowStatement[IdRow]:
    """Store a heartbeat. No row: another server has ended this one and adopts its calls."""
    seen = sa.update(server).where(server.c.id == server_id, IS_SERVING).values(seen_at=at)
    return returning(seen.returning(server.c.id))


def select_other_servers(server_id: str) -> Query[ServerRow]:
    return query(sa.select(server.c.id, server.c.seen_at)).where(server.c.id != server_id, IS_SERVING)


def end_silent_server(server_id: str, seen_at: datetime, at: datetime) -> sa.Executable:
    """End a server that has not been seen since `seen_at`."""
    silent = sa.and_(server.c.id == server_id, server.c.seen_at == seen_at, IS_SERVING)
    return sa.update(server).where(silent).values(ended_at=at)


def end_server(server_id: str, at: datetime) -> sa.Executable:
    return sa.update(server).where(server.c.id == server_id, IS_SERVING).values(ended_at=at)


def end_other_servers(server_id: str, at: datetime) -> sa.Executable:
    """End all other servers: a SQLite file has one, so the others were killed."""
    return sa.update(server).where(server.c.id != server_id, IS_SERVING).values(ended_at=at)


@prepared
def lock_server(server_id: str) -> Query[IdRow]:
    """Lock a server's row: no other server can end it before the transaction has ended. No row: it has ended."""
    return query(sa.select(server.c.id)).where(server.c.id == server_id, IS_SERVING).with_for_update(read=True)


def delete_ended_servers(before: datetime) -> sa.Executable:
    return sa.delete(server).where(server.c.ended_at < before)
