"""Define campaigns: whom an agent calls, when, how fast and from which pool of numbers (R17 to R22)."""

from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.campaign_rows import CampaignRow
from models.described_enum import DescribedEnum, text_enum_type
from models.identifier import new_id
from models.partial_index import partial_index
from models.table import Table, select_by_id, select_owned_by
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query

IS_RUNNING_SQL = "status = 'RUNNING'"
HAS_AN_END_SQL = "ended_at IS NULL AND ends_at IS NOT NULL"


@unique
class CampaignStatus(DescribedEnum):
    DRAFT = "Not started: nobody is called."
    RUNNING = "Calls its contacts."
    PAUSED = "Calls nobody until it is started again; the pause reason says why."
    COMPLETED = "Nobody is left to call, or its end has come. Final."
    CANCELLED = "Called off. Final."


@unique
class PauseReason(DescribedEnum):
    ASKED = "Somebody paused it."
    FAILURE_RATE = "Half of its last calls failed within five minutes."
    NO_POOL_NUMBER = "No number of its pool may be dialed from any more."
    AGENT_INACTIVE = "Its agent is switched off."


FINAL_STATUSES = (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED)


class Campaign(Table, table=True):
    """A campaign. `revision` counts its edits; `retry_delays` are minutes by outcome; `windows` are as in the API.

    `audited_pool`: the pool as it was set, for the audit.
    `started_at`: when it was started first. `running_since`: when it was started last.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "id"),
        sa.UniqueConstraint("organization_id", "idempotency_key"),
        sa.ForeignKeyConstraint(
            ["organization_id", "agent_version_id"], ["agent_version.organization_id", "agent_version.id"]
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (status IN ('DRAFT', 'RUNNING', 'PAUSED'))", name="final_once_ended"),
        sa.CheckConstraint("(pause_reason IS NULL) = (status <> 'PAUSED')", name="paused_for_a_reason"),
        sa.CheckConstraint(
            "max_attempts BETWEEN 1 AND 10 AND max_concurrent_calls > 0 AND weight BETWEEN 1 AND 100"
            " AND (calls_per_minute IS NULL OR calls_per_minute > 0)",
            name="limits",
        ),
        sa.Index("ix_campaign_organization_id_created_at", "organization_id", "created_at", "id"),
        partial_index("ix_campaign_running", "id", where=IS_RUNNING_SQL),
        partial_index("ix_campaign_ends_at", "ends_at", where=HAS_AN_END_SQL),
        sa.Index("ix_campaign_status", "organization_id", "status", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("cmp"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    name: str
    status: CampaignStatus = Field(default=CampaignStatus.DRAFT, sa_type=text_enum_type(CampaignStatus))
    pause_reason: PauseReason | None = Field(default=None, sa_type=text_enum_type(PauseReason))
    revision: int = 1
    agent_version_id: str | None = None
    agent_number: str | None = None
    audited_pool: list[dict[str, Any]] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    windows: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    closed_dates: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    default_time_zone: str | None = None
    max_attempts: int = 3
    retry_delays: dict[str, int] = Field(sa_type=sa.JSON)
    max_concurrent_calls: int = 10
    calls_per_minute: int | None = None
    weight: int = 10
    initial_context: str | None = None
    custom_metadata: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    idempotency_key: str | None = None
    input_digest: bytes | None = None
    starts_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    running_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[CampaignRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[CampaignRow]:
        return select_owned_by(cls, organization_id)


class PoolNumber(Table, table=True):
    """A number of a campaign's pool, with its caps (R20). Not a foreign key: the number may be deleted."""

    __tablename__ = "pool_number"
    __table_args__ = (
        sa.ForeignKeyConstraint(["organization_id", "campaign_id"], ["campaign.organization_id", "campaign.id"]),
        sa.CheckConstraint(
            "calls_per_day > 0 AND (max_concurrent_calls IS NULL OR max_concurrent_calls > 0)", name="caps"
        ),
        sa.Index("ix_pool_number_phone_number_id", "phone_number_id"),
    )

    campaign_id: str = Field(primary_key=True)
    phone_number_id: str = Field(primary_key=True)
    organization_id: str
    calls_per_day: int = 100
    max_concurrent_calls: int | None = None
