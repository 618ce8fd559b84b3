"""Insert outbound conversations into the queue of their trunk."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from models.call_rows import ConversationRow
from models.conversation import Conversation
from models.conversation_status import ConversationStatus
from models.phone_number import CallDirection, PhoneNumber
from models.stored_bytes import CONVERSATION_BYTES
from storage.session import WriteSession
from storage.statement import Statement

number = PhoneNumber.__table__


async def queue_all(session: WriteSession, calls: Sequence[Mapping[str, object]]) -> None:
    """Insert outbound calls with one statement. Each call: its columns, as `queue` takes them."""
    rows = [_row(call) for call in calls]
    await session.execute(_insert, [{f"its_{name}": row[name] for name in _COLUMNS} for row in rows])


async def queue(session: WriteSession, **values: Any) -> tuple[ConversationRow, int]:
    """Insert an outbound call into the queue of its number's trunk.

    `values`: its columns. Returns the row, which no session tracks, and how many stored bytes it counts.
    """
    row = _row(values)
    (stored,) = await session.rows(_QUEUED, **{f"its_{name}": row[name] for name in _COLUMNS})
    return SimpleNamespace(**row), int(stored.bytes)


def _row(values: Mapping[str, object]) -> dict[str, object]:
    queued = {"direction": CallDirection.OUTBOUND, "status": ConversationStatus.QUEUED}
    return Conversation.with_defaults(**queued | dict(values))


_COLUMNS = tuple(each.name for each in Conversation.__table__.columns if each.name != "trunk_id")
_trunk = sa.select(number.c.trunk_id).where(number.c.id == sa.bindparam("its_phone_number_id")).scalar_subquery()
_its = {name: sa.bindparam(f"its_{name}", type_=Conversation.columns()[name].type) for name in _COLUMNS}
_insert = sa.insert(Conversation.__table__).values(_its | {"trunk_id": _trunk})
_QUEUED: Statement[Any] = Statement(_insert.returning(CONVERSATION_BYTES.label("bytes")))
