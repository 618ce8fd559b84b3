"""Suppress numbers for an organization and all below it, and end at once what waits to call them (R21).

`models/suppression.py` tells whether a number is suppressed; whoever is about to call asks that itself.
"""

from datetime import datetime

import sqlalchemy as sa

from calling import validation
from calling.refusals import NUMBER_SUPPRESSED
from models import ErrorCode, Refused, Suppression
from models.campaign_rows import SuppressionRow
from models.conversation_status import EndReason
from models.queue_statements import count_ended_calls
from models.suppression import find_entries
from models.suppression_statements import (
    count_entries,
    end_queued_to_numbers,
    extend_entries,
    refuse_pending_contacts,
)
from storage import WriteSession
from storage.session import count_rows_written


def check_until(until: datetime | None, at: datetime) -> datetime | None:
    """Return when an entry ends. Raises Refused (INVALID_INPUT) if that is past."""
    if until is not None and until <= at:
        raise validation.invalid_input("until is past. Send a time to come, or none: for ever.", "until")
    return until


def check_source(source: str | None) -> str | None:
    """Return where an entry comes from. Raises Refused (INVALID_INPUT)."""
    return None if source is None else validation.check_line(source, "source")


async def suppress(
    session: WriteSession,
    organization_id: str,
    e164s: list[str],
    *,
    until: datetime | None,
    source: str | None,
    at: datetime,
    max_entries: int,
) -> list[SuppressionRow]:
    """Suppress numbers, and end what waits to call them; return the entries, in the order of the numbers.

    Of a number that is suppressed already the later end holds. `max_entries`: how many the organization may have; 0:
    any number. Raises Refused (LIMIT_EXCEEDED).
    """
    known = {each.e164: each for each in await find_entries(session, organization_id, e164s)}
    new = [each for each in dict.fromkeys(e164s) if each not in known]
    await _require_room(session, organization_id, len(new), max_entries)
    if new:
        values = {"organization_id": organization_id, "until": until, "source": source, "created_at": at}
        rows = [Suppression.with_defaults(**values, e164=each) for each in new]
        await session.execute(sa.insert(Suppression.__table__), rows)
    extended = [each.id for each in known.values() if _ends_before(each, until)]
    if extended:
        await session.execute(extend_entries(extended, until, source))
    count_rows_written(session, len(new) + len(extended))
    await _stop_what_waits(session, organization_id, e164s, at)
    stored = {each.e164: each for each in await find_entries(session, organization_id, e164s)}
    return [stored[each] for each in e164s]


def _ends_before(entry: SuppressionRow, until: datetime | None) -> bool:
    return entry.until is not None and (until is None or entry.until < until)


async def _require_room(session: WriteSession, organization_id: str, new: int, max_entries: int) -> None:
    if not max_entries or not new:
        return
    limit = max_entries - new + 1
    if limit <= 0 or int(await session.scalar(count_entries(organization_id, limit)) or 0) == limit:
        raise Refused(
            ErrorCode.LIMIT_EXCEEDED,
            f"The organization may suppress {max_entries:,} numbers, and these would be more."
            " Remove some that have ended with removeSuppressions, or ask your operator for more.",
            "e164s",
        )


async def _stop_what_waits(session: WriteSession, organization_id: str, e164s: list[str], at: datetime) -> None:
    """End the queued calls to these numbers, which triggers settle, and refuse the contacts that wait."""
    ended = await session.execute(end_queued_to_numbers(organization_id, e164s, at))
    count_ended_calls(session, EndReason.NUMBER_SUPPRESSED, ended.rowcount)
    refused = await session.execute(refuse_pending_contacts(organization_id, e164s, NUMBER_SUPPRESSED))
    count_rows_written(session, ended.rowcount + refused.rowcount)
