"""Define the change log, which triggers write, and read what was committed after a position."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import unique

import sqlalchemy as sa
from sqlmodel import Field

from models.call_rows import ChangeRow
from models.described_enum import DescribedEnum, text_enum_type
from models.table import Table
from storage.prepared import prepared
from storage.session import ReadSession
from storage.statement import Query, query


@unique
class ChangeKind(DescribedEnum):
    PHONE_NUMBER = "A number was registered, changed or deleted, or something that is shown with it."
    CONVERSATION = "A conversation was created or changed."
    API_KEY = "A key was revoked."


# SQLite assigns ids by itself only to an INTEGER primary key, which has 64 bits there.
BIG_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_TRANSACTION_ID = sa.text("transaction_id IS NOT NULL")


class Change(Table, table=True):
    """`shared`: organizations below the owner saw the number before the change, or see it after.

    For a change of many numbers at once `subject_id` is their organization: all of its numbers may have changed.
    `transaction_id` is PostgreSQL's, None on SQLite.
    """

    __tablename__ = "change"
    __table_args__ = (
        sa.Index(
            "ix_change_transaction_id",
            "transaction_id",
            sqlite_where=HAS_TRANSACTION_ID,
            postgresql_where=HAS_TRANSACTION_ID,
        ),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_INTEGER)
    kind: ChangeKind = Field(sa_type=text_enum_type(ChangeKind))
    subject_id: str
    organization_id: str
    shared: bool
    transaction_id: int | None = Field(default=None, sa_type=sa.BigInteger)


@dataclass(frozen=True)
class ChangePosition:
    """The position up to which changes were read.

    On SQLite, with one writer, ids follow the order of commits, so the id is enough.

    On PostgreSQL a change is new if its transaction was not visible in `snapshot`, or its id is higher. Only the latter
    finds a change whose transaction id was in use before a crash. Rows restored from another PostgreSQL have ids of
    transactions that are yet to come here; they are not new.
    """

    change_id: int
    snapshot: str = ""


SELECT_NEWEST_ID = sa.select(sa.func.coalesce(sa.func.max(Change.columns().id), 0))
SELECT_SNAPSHOT = sa.text("SELECT pg_current_snapshot()::text")
_SNAPSHOT_PARAMETER = "CAST(CAST(:snapshot AS text) AS pg_snapshot)"
UNSEEN_SQL = sa.text(
    f"(transaction_id >= pg_snapshot_xmin({_SNAPSHOT_PARAMETER})::text::bigint"
    f" AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, {_SNAPSHOT_PARAMETER})"
    " AND pg_visible_in_snapshot(transaction_id::text::xid8, pg_current_snapshot())) OR id > :change_id"
)
MAX_CHANGES_READ = 1000
# A trigger deletes older changes; one statement can write more than these.
MAX_CHANGES_KEPT = 10_000


_SELECT_IN_ORDER: Query[ChangeRow] = query(sa.select(Change.__table__)).order_by(Change.columns().id)


@prepared
def _find_after(change_id: int, limit: int) -> Query[ChangeRow]:
    return _SELECT_IN_ORDER.where(Change.columns().id > change_id).limit(limit)


async def read_position(session: ReadSession) -> ChangePosition:
    change_id = int(await session.scalar(SELECT_NEWEST_ID))
    return ChangePosition(change_id, str(await session.scalar(SELECT_SNAPSHOT)) if session.on_postgres else "")


async def read_changes_after(
    session: ReadSession, since: ChangePosition
) -> tuple[Sequence[ChangeRow] | None, ChangePosition]:
    """Return what was committed after a position, and the next position; None if some of it has been deleted.

    On SQLite at most `MAX_CHANGES_READ` at once: there may be more.
    """
    if session.on_postgres:
        rows: Sequence[ChangeRow] = (await session.execute(_SELECT_IN_ORDER.where(UNSEEN_SQL), vars(since))).all()
        position = await read_position(session)
        # Ids of transactions that were rolled back are missing, so a gap alone proves no deletion.
        is_complete = position.change_id - since.change_id <= MAX_CHANGES_KEPT
    else:
        rows = await _find_after(session, since.change_id, MAX_CHANGES_READ)
        position, is_complete = ChangePosition(rows[-1].id) if rows else since, False
    if is_complete or not rows or rows[0].id <= since.change_id + 1:
        return rows, position
    return None, await read_position(session)
