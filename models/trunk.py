"""Trunks: the way to a carrier, and whether numbers on it can dial out (R4)."""

from datetime import datetime
from enum import unique
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from models.identifier import new_id
from models.instant import Instant, now
from models.sealed import KEY_ID
from models.table import Table
from models.word import Word, stored_as_text


@unique
class TrunkKind(Word):
    MANAGED_TWILIO = "Created and kept by the operator at Twilio; the API neither edits nor deletes it."
    BYOC = "Bring your own carrier: the customer's trunk."


@unique
class TransferMode(Word):
    DISABLE_ALL = "Transfers by REFER are refused."
    ENABLE_ALL = "Transfers by REFER to SIP addresses and to telephone numbers."
    SIP_ONLY = "Transfers by REFER, which the carrier documents as for SIP addresses only."


@unique
class TransferCallerId(Word):
    FROM_TRANSFEREE = "On a REFER the third party sees the number of the caller who is handed over."
    FROM_TRANSFEROR = "On a REFER the third party sees the agent's number."


@unique
class SipTransport(Word):
    UDP = "SIP over UDP."
    TCP = "SIP over TCP."
    TLS = "SIP over TLS."


@unique
class MediaEncryption(Word):
    NONE = "Media is not encrypted."
    ALLOW = "Media is encrypted where the other side can."
    REQUIRE = "Calls without encrypted media fail."


class Trunk(Table, table=True):
    """`next_start_at`: when the next call may start over it, so that no second has more of them than it may."""

    __tablename__ = "trunk"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "id"),
        sa.CheckConstraint(
            "(outbound_address IS NULL) = (outbound_transport IS NULL)"
            " AND (outbound_address IS NULL) = (outbound_media_encryption IS NULL)"
            " AND (outbound_address IS NOT NULL"
            " OR (outbound_auth_username IS NULL AND outbound_auth_password IS NULL))",
            name="outbound_whole_or_absent",
        ),
        sa.CheckConstraint("calls_per_second > 0 AND max_concurrent_calls > 0", name="limits"),
        sa.Index("ix_trunk_organization_id_created_at", "organization_id", "created_at", "id"),
    )

    id: str = Field(default_factory=lambda: new_id("trk"), primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    name: str
    kind: TrunkKind = Field(default=TrunkKind.BYOC, sa_type=stored_as_text(TrunkKind))
    transfer_mode: TransferMode = Field(default=TransferMode.ENABLE_ALL, sa_type=stored_as_text(TransferMode))
    transfer_caller_id: TransferCallerId = Field(
        default=TransferCallerId.FROM_TRANSFEREE, sa_type=stored_as_text(TransferCallerId)
    )
    calls_per_second: int = 1
    max_concurrent_calls: int = 10
    outbound_address: str | None = None
    outbound_auth_username: str | None = None
    outbound_auth_password: bytes | None = None
    outbound_transport: SipTransport | None = Field(default=None, sa_type=stored_as_text(SipTransport))
    outbound_media_encryption: MediaEncryption | None = Field(default=None, sa_type=stored_as_text(MediaEncryption))
    created_at: datetime = Field(default_factory=now, sa_type=Instant)
    next_start_at: datetime | None = Field(default=None, sa_type=Instant)

    @classmethod
    def by_id(cls, identifiers: list[str]) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().id.in_(identifiers))

    @classmethod
    def of(cls, organization_id: str) -> sa.Select[Any]:
        return sa.select(cls.__table__).where(cls.columns().organization_id == organization_id)

    @classmethod
    def sealing_keys(cls) -> sa.Select[bytes, int]:
        """The ids of the keys that passwords are sealed with, and how many trunks each."""
        password = cls.columns().outbound_auth_password
        key_id = sa.func.substr(password, 1, KEY_ID, type_=sa.LargeBinary).label("key_id")
        return sa.select(key_id, sa.func.count().label("trunks")).where(password.is_not(None)).group_by(key_id)


def password_row(trunk: Any) -> str:
    """What a sealed password is bound to: moved to another trunk it does not open."""
    return f"trunk/{trunk.organization_id}/{trunk.id}/outbound_auth_password"
