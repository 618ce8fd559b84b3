"""Define the trunk table: a carrier's address, credentials and limits; without an address it cannot dial (R4)."""

from datetime import datetime
from enum import unique

import sqlalchemy as sa
from sqlmodel import Field

from models.described_enum import DescribedEnum, text_enum_type
from models.encryption import KEY_ID_BYTES
from models.expressions import Columns
from models.identifier import new_id
from models.number_rows import EncryptionKeyRow, TrunkRow
from models.rows import OwnedRow
from models.table import Table, select_by_id, select_owned_by
from models.utc_datetime import UtcDateTime, now
from storage.statement import Query, query


@unique
class TrunkKind(DescribedEnum):
    MANAGED_TWILIO = "Created and kept by the operator at Twilio; the API neither edits nor deletes it."
    BYOC = "Bring your own carrier: the customer's trunk."


@unique
class TransferMode(DescribedEnum):
    DISABLE_ALL = "Transfers by REFER are refused."
    ENABLE_ALL = "Transfers by REFER to SIP addresses and to telephone numbers."
    SIP_ONLY = "Transfers by REFER, which the carrier documents as for SIP addresses only."


@unique
class TransferCallerId(DescribedEnum):
    FROM_TRANSFEREE = "On a REFER the third party sees the number of the caller who is handed over."
    FROM_TRANSFEROR = "On a REFER the third party sees the agent's number."


@unique
class SipTransport(DescribedEnum):
    UDP = "SIP over UDP."
    TCP = "SIP over TCP."
    TLS = "SIP over TLS."


@unique
class MediaEncryption(DescribedEnum):
    NONE = "Media is not encrypted."
    ALLOW = "Media is encrypted where the other side can."
    REQUIRE = "Calls without encrypted media fail."


class Trunk(Table, table=True):
    """A trunk. `next_start_at`: when its next call may start, by `calls_per_second`."""

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
    kind: TrunkKind = Field(default=TrunkKind.BYOC, sa_type=text_enum_type(TrunkKind))
    transfer_mode: TransferMode = Field(default=TransferMode.ENABLE_ALL, sa_type=text_enum_type(TransferMode))
    transfer_caller_id: TransferCallerId = Field(
        default=TransferCallerId.FROM_TRANSFEREE, sa_type=text_enum_type(TransferCallerId)
    )
    calls_per_second: int = 1
    max_concurrent_calls: int = 10
    outbound_address: str | None = None
    outbound_auth_username: str | None = None
    outbound_auth_password: bytes | None = None
    outbound_transport: SipTransport | None = Field(default=None, sa_type=text_enum_type(SipTransport))
    outbound_media_encryption: MediaEncryption | None = Field(default=None, sa_type=text_enum_type(MediaEncryption))
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    next_start_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_borrower_id: str | None = None

    @classmethod
    def by_id(cls, identifiers: list[str]) -> Query[TrunkRow]:
        return select_by_id(cls, identifiers)

    @classmethod
    def owned_by(cls, organization_id: str | sa.BindParameter[str]) -> Query[TrunkRow]:
        return select_owned_by(cls, organization_id)

    @staticmethod
    def can_dial(trunk: Columns) -> sa.ColumnElement[bool]:
        """Return the condition of R4: a trunk without an outbound address cannot dial. `trunk`: the table's columns."""
        return trunk.outbound_address.is_not(None)

    @classmethod
    def count_by_encryption_key(cls) -> Query[EncryptionKeyRow]:
        """Count the trunks by the key that encrypted their password."""
        password = cls.columns().outbound_auth_password
        key_id = sa.func.substr(password, 1, KEY_ID_BYTES, type_=sa.LargeBinary).label("key_id")
        counted = query(sa.select(key_id, sa.func.count().label("trunks")))
        return counted.where(password.is_not(None)).group_by(key_id)


def password_binding(trunk: OwnedRow) -> str:
    """Return the associated data of a trunk's encrypted password, so that it decrypts for no other trunk."""
    return f"trunk/{trunk.organization_id}/{trunk.id}/outbound_auth_password"
