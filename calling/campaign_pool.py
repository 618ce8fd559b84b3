"""Check the pool that a campaign is given, and store it instead of the one before (R20)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from calling import validation
from calling.campaign_settings import MAX_CALLS
from calling.e164 import check_e164
from calling.refusals import number_not_found
from models import Campaign, PoolNumber
from models.life_statements import find_pool_number
from models.number_candidates import find_visible_number
from models.pool_statements import NumberUseRow, PoolNumberRow, delete_pool, find_number_uses
from storage import ReadSession, WriteSession

MAX_POOL_NUMBERS, MAX_CALLS_PER_DAY = 100, 100_000


async def replace_pool(session: WriteSession, campaign: Campaign, sent: Sequence[Mapping[str, Any]] | None) -> None:
    """Give a stored campaign these numbers; none, or None, is no pool.

    Raises Refused: INVALID_PHONE_NUMBER, PHONE_NUMBER_NOT_FOUND (R6), INVALID_INPUT.
    """
    numbers = await check_pool(session, campaign, sent)
    await session.execute(delete_pool(campaign.id))
    for number in numbers:
        session.add(number)
    await session.flush()


def pool_for_audit(sent: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Return a sent pool as audit events show it; None: no pool. Raises Refused (INVALID_PHONE_NUMBER)."""
    return [
        {
            "e164": check_e164(each["e164"], "pool", str(place), "e164"),
            "callsPerDay": each["calls_per_day"],
            "maxConcurrentCalls": each.get("max_concurrent_calls"),
        }
        for place, each in enumerate((sent or ())[:MAX_POOL_NUMBERS])
    ] or None


async def check_pool(
    session: ReadSession, campaign: Campaign, sent: Sequence[Mapping[str, Any]] | None
) -> list[PoolNumber]:
    """Return the pool that a campaign is given, and write nothing. Raises Refused as `replace_pool` does."""
    entries = sent or ()
    if len(entries) > MAX_POOL_NUMBERS:
        raise validation.invalid_input(
            f"pool has {len(entries)} numbers; it can have at most {MAX_POOL_NUMBERS}.", "pool"
        )
    numbers = [await _check_number(session, campaign, entry, str(place)) for place, entry in enumerate(entries)]
    _require_each_once(numbers, entries)
    if numbers:
        _require_no_agent_number(campaign, "pool")
    return numbers


async def read_sent_pool(
    session: ReadSession, campaign: Campaign, sent: Sequence[Mapping[str, Any]] | None, since: datetime
) -> list[PoolNumberRow]:
    """Return a pool that is not stored as `find_pool` would. Raises Refused as `replace_pool` does."""
    caps = {each.phone_number_id: each for each in await check_pool(session, campaign, sent)}
    if not caps:
        return []
    uses = await find_number_uses(session, campaign.organization_id, list(caps), since)
    return [_with_caps(each, caps[each.id]) for each in uses]


def _with_caps(row: NumberUseRow, caps: PoolNumber) -> PoolNumberRow:
    """Return a number as a row of a pool, as far as the choice reads it."""
    read = ("id", "organization_id", "e164", "created_at", "owned", "outbound_capable", "recent_calls", "live_calls")
    values = {name: getattr(row, name) for name in read}
    limits = {"calls_per_day": caps.calls_per_day, "max_concurrent_calls": caps.max_concurrent_calls}
    return SimpleNamespace(**values, **limits)


async def require_one_source(session: WriteSession, campaign: Campaign, field: str) -> None:
    """Raise Refused (INVALID_INPUT) at `field` if a campaign has both an agentNumber and a pool."""
    if await find_pool_number(session, campaign.id):
        _require_no_agent_number(campaign, field)


def _require_no_agent_number(campaign: Campaign, field: str) -> None:
    if campaign.agent_number is not None:
        raise validation.invalid_input(
            "A campaign calls from its agentNumber or from its pool. Send one of them, and null for the other.", field
        )


async def _check_number(session: ReadSession, campaign: Campaign, entry: Mapping[str, Any], place: str) -> PoolNumber:
    """Return an entry as it is stored. Raises Refused."""
    e164 = check_e164(entry["e164"], "pool", place, "e164")
    (number,) = await find_visible_number(session, campaign.organization_id, e164) or (None,)
    if number is None:
        raise number_not_found(e164, "pool", place, "e164")
    at_once = entry.get("max_concurrent_calls")
    return PoolNumber(
        campaign_id=campaign.id,
        organization_id=campaign.organization_id,
        phone_number_id=number.id,
        calls_per_day=validation.check_whole_number(
            entry["calls_per_day"], 1, MAX_CALLS_PER_DAY, "pool", place, "callsPerDay"
        ),
        max_concurrent_calls=None
        if at_once is None
        else validation.check_whole_number(at_once, 1, MAX_CALLS, "pool", place, "maxConcurrentCalls"),
    )


def _require_each_once(numbers: Sequence[PoolNumber], entries: Sequence[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for place, number in enumerate(numbers):
        if number.phone_number_id in seen:
            raise validation.invalid_input(
                f"{entries[place]['e164'][:40]} is in the pool twice. Name each number once.",
                *("pool", str(place), "e164"),
            )
        seen.add(number.phone_number_id)
