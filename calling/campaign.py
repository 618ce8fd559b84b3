"""Check the input of a campaign, create it once for its idempotency key, and load it to be changed (R11, R22)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from calling import validation
from calling.agent_reference import AgentReference, resolve_agent_version
from calling.campaign_pool import pool_for_audit
from calling.campaign_settings import (
    DEFAULT_MAX_ATTEMPTS,
    DEFAULT_RETRY_DELAYS,
    MAX_ATTEMPTS,
    MAX_CALLS,
    MAX_WEIGHT,
    check_closed_dates,
    check_retry_delays,
    check_time_zone,
    check_windows,
    stored_default_windows,
)
from calling.e164 import check_e164
from calling.idempotency import check_idempotency_key, input_digest
from models import Campaign, ErrorCode, Reach, Refused, is_well_formed
from models.campaign import FINAL_STATUSES
from models.campaign_rows import CampaignRow
from storage import ReadSession, WriteSession


async def build_campaign(session: ReadSession, organization_id: str, sent: dict[str, Any]) -> Campaign:
    """Return a new campaign with the values of its input, or the one that its idempotency key has created before.

    Raises Refused for the first value that is not acceptable, and IDEMPOTENCY_KEY_REUSED.
    """
    settings = default_settings() | check_settings(sent)
    check_period(settings["starts_at"], settings["ends_at"])
    key = check_idempotency_key(sent.get("idempotency_key"))
    digest = _digest(sent, settings)
    if first := await _find_replayed(session, organization_id, key, digest):
        return first
    reference = AgentReference(sent.get("agent_version_id"), sent.get("agent_id"))
    version = await resolve_agent_version(session, organization_id, reference)
    return Campaign(
        organization_id=organization_id,
        agent_version_id=version.id if version else None,
        audited_pool=pool_for_audit(sent.get("pool")),
        idempotency_key=key,
        input_digest=digest if key else None,
        **settings,
    )


def default_settings() -> dict[str, Any]:
    """Return the columns of the settings of a campaign whose input has none."""
    return {
        "windows": stored_default_windows(),
        "closed_dates": [],
        "max_attempts": DEFAULT_MAX_ATTEMPTS,
        "retry_delays": {outcome.name: minutes for outcome, minutes in DEFAULT_RETRY_DELAYS.items()},
        "starts_at": None,
        "ends_at": None,
    }


def check_period(starts_at: datetime | None, ends_at: datetime | None, field: str = "endsAt") -> None:
    """Raise Refused (INVALID_INPUT) at `field` if a campaign would end before it starts."""
    if starts_at and ends_at and ends_at <= starts_at:
        raise validation.invalid_input("endsAt is not after startsAt. Send one that is, or none.", field)


def _digest(sent: Mapping[str, Any], settings: dict[str, Any]) -> bytes:
    """Return the digest of an input: equal for those that mean the same (R11)."""
    named = {name: sent.get(name) for name in ("agent_id", "agent_version_id", "pool")} | settings
    written = {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in named.items()
        if value is not None
    }
    return input_digest(written)


async def _find_replayed(session: ReadSession, organization_id: str, key: str | None, digest: bytes) -> Campaign | None:
    if key is None:
        return None
    of_key = sa.select(Campaign).where(
        Campaign.columns().organization_id == organization_id, Campaign.columns().idempotency_key == key
    )
    first: Campaign | None = (await session.execute(of_key)).scalar_one_or_none()
    if first and first.input_digest != digest:
        raise Refused(
            ErrorCode.IDEMPOTENCY_KEY_REUSED,
            "This idempotency key has created a campaign from another input."
            " Repeat that input to get it again, or send a new key for a new campaign.",
            "idempotencyKey",
        )
    return first


def check_settings(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of the settings that were sent. Raises Refused for the first that is not acceptable."""
    checks: dict[str, Callable[[Any], object]] = {
        "name": lambda value: validation.check_name(value, "name"),
        "agent_number": lambda value: value if value is None else check_e164(value, "agentNumber"),
        "windows": lambda value: stored_default_windows() if value is None else check_windows(value),
        "closed_dates": lambda value: check_closed_dates(value or ()),
        "default_time_zone": lambda value: check_time_zone(value, "defaultTimeZone"),
        "max_concurrent_calls": lambda value: validation.check_whole_number(value, 1, MAX_CALLS, "maxConcurrentCalls"),
        "calls_per_minute": _check_calls_per_minute,
        "weight": lambda value: validation.check_whole_number(value, 1, MAX_WEIGHT, "weight"),
        "initial_context": lambda value: value if value is None else validation.check_text(value, "initialContext"),
        "metadata": lambda value: value if value is None else validation.check_metadata(value, "metadata"),
        "starts_at": lambda value: value,
        "ends_at": lambda value: value,
    }
    columns = {name: check(sent[name]) for name, check in checks.items() if name in sent}
    if "metadata" in columns:
        columns["custom_metadata"] = columns.pop("metadata")
    return columns | _check_retries(sent.get("retries"))


def _check_calls_per_minute(value: int | None) -> int | None:
    return None if value is None else validation.check_whole_number(value, 1, MAX_CALLS, "callsPerMinute")


def _check_retries(retries: dict[str, Any] | None) -> dict[str, Any]:
    if retries is None:
        return {}
    attempts = validation.check_whole_number(retries["max_attempts"], 1, MAX_ATTEMPTS, "retries", "maxAttempts")
    return {"max_attempts": attempts, "retry_delays": check_retry_delays(retries.get("delays") or ())}


async def load_campaign(session: WriteSession, reach: Reach, campaign_id: str) -> Campaign:
    """Return a campaign in reach, to be changed. Raises Refused (CAMPAIGN_NOT_FOUND)."""
    found = None
    if is_well_formed(campaign_id):
        in_reach = reach.contains_rows(Campaign, [campaign_id])
        locked = sa.select(Campaign).where(in_reach).with_for_update(key_share=True)
        found = (await session.execute(locked)).scalar_one_or_none()
    if found is None:
        raise Refused(
            ErrorCode.CAMPAIGN_NOT_FOUND,
            "No such campaign in this organization. List them with campaigns.",
            "campaignId",
        )
    campaign: Campaign = found
    return campaign


def require_not_ended(campaign: CampaignRow) -> None:
    """Raise Refused (CAMPAIGN_ENDED) if the campaign is completed or cancelled."""
    if campaign.status in FINAL_STATUSES:
        raise Refused(
            ErrorCode.CAMPAIGN_ENDED,
            f"The campaign is {campaign.status.name}, which is final. Create another with createCampaign.",
            "campaignId",
        )
