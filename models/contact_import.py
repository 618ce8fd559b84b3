"""Define imports of contacts: a CSV that arrives in an upload, how far it is, and the rows that it lost (R16)."""

from datetime import datetime
from enum import unique

import sqlalchemy as sa
from sqlmodel import Field

from models.contact import DuplicateRule
from models.described_enum import DescribedEnum, text_enum_type
from models.identifier import new_id
from models.table import Table
from models.utc_datetime import UtcDateTime, now

IS_RECEIVING_SQL = "status = 'RECEIVING'"


@unique
class ImportStatus(DescribedEnum):
    WAITING = "Nothing was sent yet: PUT the file to its uploadPath."
    RECEIVING = "The file arrives; the rows that were counted are in the campaign."
    COMPLETED = "The file was read to its end."
    FAILED = "The upload ended before the file did. Send the same file again: what is there already changes nothing."


class ContactImport(Table, table=True):
    """An import. The counts are those of its last upload; `upload_count` says which that is: the newest goes on."""

    __tablename__ = "contact_import"
    __table_args__ = (
        sa.ForeignKeyConstraint(["organization_id", "campaign_id"], ["campaign.organization_id", "campaign.id"]),
        sa.CheckConstraint("rows = accepted + unchanged + refused", name="every_row_counts_once"),
        sa.Index("ix_contact_import_campaign_id_created_at", "campaign_id", "created_at", "id"),
        sa.Index(
            "ix_contact_import_receiving",
            "id",
            sqlite_where=sa.text(IS_RECEIVING_SQL),
            postgresql_where=sa.text(IS_RECEIVING_SQL),
        ),
    )

    id: str = Field(default_factory=lambda: new_id("imp"), primary_key=True)
    organization_id: str
    campaign_id: str
    default_region: str | None = None
    on_duplicate: DuplicateRule = Field(default=DuplicateRule.UPDATE, sa_type=text_enum_type(DuplicateRule))
    status: ImportStatus = Field(default=ImportStatus.WAITING, sa_type=text_enum_type(ImportStatus))
    upload_count: int = 0
    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class ContactRefusal(Table, table=True):
    """A row of an import's last upload that was refused. `e164`: what stood there for a number, shortened."""

    __tablename__ = "contact_refusal"
    __table_args__ = (sa.Index("ix_contact_refusal_import_id", "import_id", "line", "id"),)

    id: str = Field(default_factory=lambda: new_id("rfs"), primary_key=True)
    import_id: str = Field(foreign_key="contact_import.id")
    line: int
    e164: str | None = None
    code: str  # an ErrorCode's name
    message: str
