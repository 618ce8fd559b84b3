"""The servers on a database: each says again and again that it lives, and calls belong to one that does."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.instant import Instant, now
from models.session import ReadSession
from models.table import Table


class Server(Table, table=True):
    """`seen_at`: its last beat. Once it has ended, for whatever reason, it never comes back."""

    __tablename__ = "server"

    id: str = Field(default_factory=lambda: new_id("srv"), primary_key=True)
    started_at: datetime = Field(default_factory=now, sa_type=Instant)
    seen_at: datetime = Field(default_factory=now, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


server = Server.__table__
SERVING = server.c.ended_at.is_(None)


async def clock(session: ReadSession) -> datetime:
    """What time it is for all servers on the database, whatever their own clocks say."""
    if not session.on_postgres:
        return now()
    at: datetime = await session.scalar(sa.select(sa.func.clock_timestamp(type_=Instant)))
    return at


def started(server_id: str, at: datetime) -> sa.Executable:
    return sa.insert(server).values(id=server_id, started_at=at, seen_at=at)


def beat(server_id: str, at: datetime) -> sa.Executable:
    """No row: somebody has taken this server for dead, and its calls with it."""
    return sa.update(server).where(server.c.id == server_id, SERVING).values(seen_at=at).returning(server.c.id)


def others(server_id: str) -> sa.Select[Any]:
    return sa.select(server.c.id, server.c.seen_at).where(server.c.id != server_id, SERVING)


def reaped(server_id: str, seen_at: datetime, at: datetime) -> sa.Executable:
    """End a server that has not been seen since."""
    silent = sa.and_(server.c.id == server_id, server.c.seen_at == seen_at, SERVING)
    return sa.update(server).where(silent).values(ended_at=at)


def stopped(server_id: str, at: datetime) -> sa.Executable:
    return sa.update(server).where(server.c.id == server_id, SERVING).values(ended_at=at)


def others_stopped(server_id: str, at: datetime) -> sa.Executable:
    """A SQLite file has one server: whoever else is there has ended, and could not say so."""
    return sa.update(server).where(server.c.id != server_id, SERVING).values(ended_at=at)


def held(server_id: str) -> sa.Select[Any]:
    """Nobody takes the server for dead before this transaction has ended; None: somebody has."""
    return sa.select(server.c.id).where(server.c.id == server_id, SERVING).with_for_update(read=True)


def removed(before: datetime) -> sa.Executable:
    return sa.delete(server).where(server.c.ended_at < before)
