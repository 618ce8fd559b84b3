"""What changed lately: noted by triggers, so that no write is forgotten; read by whoever follows, each change once."""

from dataclasses import dataclass
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.prepared import prepared
from models.session import ReadSession
from models.table import Table
from models.word import Word, stored_as_text


@unique
class ChangeKind(Word):
    PHONE_NUMBER = "A number was registered, changed or deleted, or something that is shown with it."
    CONVERSATION = "A conversation was created or changed."
    API_KEY = "A key was revoked."


# SQLite numbers rows by themselves where their id is an INTEGER, which is as big there.
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOTED = sa.text("transaction_id IS NOT NULL")


class Change(Table, table=True):
    """`shared`: organizations below the owner saw the number before the change, or see it after.

    `transaction_id` is PostgreSQL's, None on SQLite.
    """

    __tablename__ = "change"
    __table_args__ = (
        sa.Index("ix_change_transaction_id", "transaction_id", sqlite_where=NOTED, postgresql_where=NOTED),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    kind: ChangeKind = Field(sa_type=stored_as_text(ChangeKind))
    subject_id: str
    organization_id: str
    shared: bool
    transaction_id: int | None = Field(default=None, sa_type=sa.BigInteger)


@dataclass(frozen=True)
class Mark:
    """Up to where changes were read. On SQLite, with one writer, ids are in the order of commits: the newest will do.

    On PostgreSQL they are not: a change is new where its transaction was not in the `snapshot` that was read, or its id
    is beyond. The latter alone tells of one whose number was given to a transaction before, that a crash undid. What
    was restored from another PostgreSQL has numbers of transactions that are yet to come here: it is not new.
    """

    change_id: int
    snapshot: str = ""


NEWEST = sa.select(sa.func.coalesce(sa.func.max(Change.columns().id), 0))
SNAPSHOT = sa.text("SELECT pg_current_snapshot()::text")
_LAST = "CAST(CAST(:snapshot AS text) AS pg_snapshot)"
UNSEEN = sa.text(
    f"(transaction_id >= pg_snapshot_xmin({_LAST})::text::bigint"
    f" AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, {_LAST})"
    " AND pg_visible_in_snapshot(transaction_id::text::xid8, pg_current_snapshot())) OR id > :change_id"
)
MOST = 1000
# The last so many are kept, by a trigger: one statement can make more.
KEPT = 10_000


_IN_ORDER = sa.select(Change.__table__).order_by(Change.columns().id)


@prepared
def _after(change_id: int, most: int) -> sa.Select[Any]:
    return _IN_ORDER.where(Change.columns().id > change_id).limit(most)


async def newest(session: ReadSession) -> Mark:
    change_id = int(await session.scalar(NEWEST))
    return Mark(change_id, str(await session.scalar(SNAPSHOT)) if session.on_postgres else "")


async def changes_after(session: ReadSession, mark: Mark) -> tuple[list[Any] | None, Mark]:
    """What was committed after the mark, and the next mark; None where some of it is no longer kept.

    On SQLite at most 1,000: there may be more behind it.
    """
    if session.on_postgres:
        rows = (await session.execute(_IN_ORDER.where(UNSEEN), vars(mark))).all()
        heard = await newest(session)
        # Numbers that were given out and not used leave gaps too.
        kept = heard.change_id - mark.change_id <= KEPT
    else:
        rows = await _after(session, mark.change_id, MOST)
        heard, kept = Mark(rows[-1].id) if rows else mark, False
    if kept or not rows or rows[0].id <= mark.change_id + 1:
        return rows, heard
    return None, await newest(session)
