"""Select and lock the next calls of a trunk: its owner's first, then round robin over the borrowers.

The attempts of campaigns come after all single calls, whosever they are (R19).

The round continues after the borrower that was served last, in the order of their ids. At most as many calls and
organizations are read as may be dialed at once, however many wait.
"""

from collections import defaultdict
from itertools import chain, zip_longest
from typing import Any

import sqlalchemy as sa

from models.call_rows import BorrowerRow, ConversationRow
from models.conversation import Conversation
from models.expressions import Condition
from models.index_merge import InLimitedSubquery, RowId, first_row_ids
from models.number_rows import TrunkLimits
from models.organization import Organization
from models.queue_statements import IS_QUEUED
from models.rows import IdRow, OwnedRow
from storage.prepared import prepared
from storage.session import WriteSession
from storage.statement import Query, query

conversation = Conversation.__table__
organization = Organization.__table__
OLDEST_FIRST = [conversation.c.created_at, conversation.c.id]


async def lock_next_calls(session: WriteSession, trunk: TrunkLimits, limit: int) -> list[ConversationRow]:
    """Lock the next calls, in the order of dialing, and skip calls that another server has locked."""
    ids: list[str] = []
    for are_attempts in (False, True):
        if len(ids) < limit:
            own = await _find_queued(session, trunk.id, trunk.organization_id, are_attempts, limit - len(ids))
            ids += [row.id for row in own]
        if len(ids) < limit:
            ids += await _find_borrowed_calls(session, trunk, are_attempts, limit - len(ids))
    found = {row.id: row for row in await _lock_queued(session, ids)} if ids else {}
    return [found[each] for each in ids if each in found]


async def _find_borrowed_calls(session: WriteSession, trunk: TrunkLimits, are_attempts: bool, limit: int) -> list[str]:
    """Find a call of each borrower, then the second of each, and so on."""
    last = trunk.last_borrower_id or ""
    of_trunk = trunk.id, trunk.organization_id, last, are_attempts
    turns = await _find_borrowers_after(session, *of_trunk, limit)
    if len(turns) < limit and last:
        turns += await _find_borrowers_up_to(session, *of_trunk, limit - len(turns))
    borrowers = [row.organization_id for row in turns]
    calls_per_borrower = 1 if len(borrowers) == limit else limit
    calls = defaultdict(list)
    if borrowers:
        for row in await _find_queued_of_each(session, trunk.id, borrowers, are_attempts, calls_per_borrower):
            calls[row.organization_id].append(row.id)
    rounds = zip_longest(*(calls[borrower] for borrower in borrowers))
    return [call for call in chain.from_iterable(rounds) if call is not None][:limit]


@prepared
def _lock_queued(ids: list[str]) -> Query[ConversationRow]:
    waiting = query(sa.select(conversation)).where(conversation.c.id.in_(ids), IS_QUEUED)
    return waiting.with_for_update(key_share=True, skip_locked=True)


def _is_attempt(are_attempts: bool) -> sa.ColumnElement[bool]:
    return conversation.c.campaign_id.is_not(None) == are_attempts


@prepared
def _find_queued(trunk_id: str, organization_id: str, are_attempts: bool, limit: int) -> Query[IdRow]:
    own = sa.and_(
        conversation.c.trunk_id == trunk_id,
        conversation.c.organization_id == organization_id,
        IS_QUEUED,
        _is_attempt(are_attempts),
    )
    return query(sa.select(conversation.c.id)).where(own).order_by(*OLDEST_FIRST).limit(limit)


@prepared
def _find_queued_of_each(trunk_id: str, borrowers: list[str], are_attempts: bool, limit: int) -> Query[OwnedRow]:
    borrower = sa.select(organization.c.id).where(organization.c.id.in_(borrowers)).cte("borrower")
    range_conditions: list[Condition | sa.TextClause] = [
        conversation.c.trunk_id == trunk_id,
        conversation.c.organization_id == borrower.c.id,
        IS_QUEUED,
        _is_attempt(are_attempts),
    ]
    first = first_row_ids(conversation, range_conditions, OLDEST_FIRST, limit)
    rows = borrower.join(conversation, InLimitedSubquery(RowId(conversation.c.id), first))
    selected = sa.select(conversation.c.id, conversation.c.organization_id).select_from(rows)
    return query(selected).order_by(*OLDEST_FIRST)


@prepared
def _find_borrowers_after(trunk_id: str, owner: str, last: str, are_attempts: bool, limit: int) -> Query[BorrowerRow]:
    return _select_borrowers_by_skip_scan(trunk_id, owner, last, limit, [_is_attempt(are_attempts)])


@prepared
def _find_borrowers_up_to(trunk_id: str, owner: str, last: str, are_attempts: bool, limit: int) -> Query[BorrowerRow]:
    bounds = [conversation.c.organization_id <= last, _is_attempt(are_attempts)]
    return _select_borrowers_by_skip_scan(trunk_id, owner, sa.literal(""), limit, bounds)


def _select_borrowers_by_skip_scan(
    trunk_id: Any, owner: Any, after: Any, limit: Any, bounds: list[Any]
) -> Query[BorrowerRow]:
    """Select the borrowers with queued calls by their ids: an index seek for each (a loose index scan)."""

    def select_next(last: Any) -> sa.ScalarSelect[str]:
        borrower_id = conversation.c.organization_id
        waiting = sa.select(borrower_id).where(
            conversation.c.trunk_id == trunk_id, IS_QUEUED, borrower_id > last, borrower_id != owner
        )
        return waiting.where(*bounds).order_by(borrower_id).limit(1).correlate_except(conversation).scalar_subquery()

    turn = sa.select(select_next(after).label("organization_id"), sa.literal(1).label("place")).cte(
        "turn", recursive=True
    )
    more = sa.and_(turn.c.organization_id.is_not(None), turn.c.place < limit)
    turn = turn.union_all(sa.select(select_next(turn.c.organization_id), turn.c.place + 1).where(more))
    found = query(sa.select(turn.c.organization_id)).where(turn.c.organization_id.is_not(None))
    return found.order_by(turn.c.place)
