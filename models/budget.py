"""Budgets that several servers spend from: each leases a block of a key's points, and spends it by itself."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from models.instant import Instant
from models.session import WriteSession
from models.table import Table


class Budget(Table, table=True):
    """`level`: what was left at `as_of`, from when on points flow back; `leased`: what the last to ask was given."""

    __tablename__ = "budget"

    api_key_id: str = Field(primary_key=True)
    level: float
    leased: float
    as_of: datetime = Field(sa_type=Instant)


@dataclass(frozen=True)
class Lease:
    """`points` are the asker's, none where what it needs is not there; `level` is left for others."""

    points: float
    level: float


# By the database's clock, which all servers share. A lease may be larger than what is left: then all wait longer.
_LEASE = sa.text(
    "INSERT INTO budget (api_key_id, level, leased, as_of)"
    " VALUES (:api_key_id, :most - :block, :block, statement_timestamp())"
    " ON CONFLICT (api_key_id) DO UPDATE SET as_of = excluded.as_of, (level, leased) = ("
    "SELECT there - given, given FROM (SELECT there, CASE WHEN there < LEAST(:needed, :most) THEN 0"
    " ELSE GREATEST(:needed, LEAST(:block, there)) END AS given FROM (SELECT LEAST(:most, budget.level"
    " + :most / 60 * EXTRACT(EPOCH FROM excluded.as_of - budget.as_of)) AS there) AS flowed) AS lease)"
    # Not worth a sync: a crash gives back at most what was leased a moment ago.
    " RETURNING leased, level, set_config('synchronous_commit', 'off', TRUE)"
).bindparams(*(sa.bindparam(name, type_=sa.Double()) for name in ("most", "needed", "block")))


async def lease(session: WriteSession, api_key_id: str, needed: float, block: float, per_minute: float) -> Lease:
    """A block, or more where more is needed at once; more than a whole budget is taken from a full one."""
    points = {"needed": needed, "block": max(block, needed), "most": per_minute}
    row = (await session.execute(_LEASE, {"api_key_id": api_key_id} | points)).one()
    return Lease(row.leased, row.level)
