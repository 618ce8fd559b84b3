"""Lease blocks of an organization's points from a shared token bucket (PostgreSQL only)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.table import Table
from models.utc_datetime import UtcDateTime
from storage.session import WriteSession


class Budget(Table, table=True):
    """An organization's bucket. `level`: the points in it at `as_of`; `leased`: the size of the last lease."""

    __tablename__ = "budget"

    organization_id: str = Field(primary_key=True)
    level: float
    leased: float
    as_of: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True)
class Lease:
    """A granted lease. `points`: how many, 0 if fewer than needed were left; `level`: how many the bucket has left."""

    points: float
    level: float


# Refills the bucket by the database's clock, which all servers share; a clock that was set back removes no points. The
# level falls below zero where `needed` is more than a full bucket has; then all wait longer.
_LEASE_SQL = sa.text(
    "INSERT INTO budget (organization_id, level, leased, as_of)"
    " VALUES (:organization_id, :per_minute - :block, :block, statement_timestamp())"
    " ON CONFLICT (organization_id) DO UPDATE SET as_of = excluded.as_of, (level, leased) = ("
    "SELECT available - granted, granted FROM ("
    "SELECT available, CASE WHEN available < LEAST(:needed, :per_minute) THEN 0"
    " ELSE GREATEST(:needed, LEAST(:block, available)) END AS granted FROM ("
    "SELECT LEAST(:per_minute, budget.level + :per_minute / 60"
    " * GREATEST(0, EXTRACT(EPOCH FROM excluded.as_of - budget.as_of))) AS available) AS refilled) AS lease)"
    # Not worth an fsync: a crash gives back at most the leases of the last moment.
    " RETURNING leased, level, set_config('synchronous_commit', 'off', TRUE)"
).bindparams(*(sa.bindparam(name, type_=sa.Double()) for name in ("per_minute", "needed", "block")))


async def lease_points(
    session: WriteSession, organization_id: str, needed: float, block: float, per_minute: float
) -> Lease:
    """Lease `block` points, or `needed` if that is more, from a bucket that `per_minute` points fill in a minute.

    A need of more than `per_minute` is granted once the bucket is full, and leaves a negative level.
    """
    points = {"needed": needed, "block": max(block, needed), "per_minute": per_minute}
    row = (await session.execute(_LEASE_SQL, {"organization_id": organization_id, **points})).one()
    return Lease(row.leased, row.level)
