"""Build the statements of an upload: begin it, count its rows, keep what was refused, end it (R16)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from models.contact_import import IS_RECEIVING_SQL, ContactImport, ContactRefusal, ImportStatus
from models.import_rows import ContactRefusalRow
from models.organization_tree import Reach
from models.rows import IdRow
from storage.prepared import prepared
from storage.statement import Query, RowStatement, query, returning

imports, refusal = ContactImport.__table__, ContactRefusal.__table__
MAX_CLEARED = 500


def select_import(reach: Reach, import_id: str) -> sa.Select[Any]:
    """Select an import within reach."""
    return sa.select(imports).where(reach.contains_rows(ContactImport, [import_id]))


def begin_upload(reach: Reach, import_id: str) -> sa.Executable:
    """Begin an upload to an import within reach: it counts anew, and any other upload to it gives way."""
    anew = {"status": ImportStatus.RECEIVING, "upload_count": imports.c.upload_count + 1}
    counts = dict.fromkeys(("rows", "accepted", "unchanged", "refused"), 0)
    in_reach = reach.contains_rows(ContactImport, [import_id])
    return sa.update(imports).where(in_reach).values(anew | counts).returning(*imports.c)


def count_rows(import_id: str, upload: int, status: ImportStatus, counts: Mapping[str, int]) -> sa.Executable:
    """Add a batch to the counts of an import. No row: another upload has begun since, and goes on instead."""
    columns = imports.c
    grown = {name: columns[name] + count for name, count in counts.items()}
    current = sa.and_(columns.id == import_id, columns.upload_count == upload)
    rows = columns.rows + sum(counts.values())
    return returning(
        sa.update(imports).where(current).values(grown | {"status": status, "rows": rows}).returning(columns.id)
    )


@prepared
def clear_refusals(import_id: str) -> RowStatement[IdRow]:
    """Delete some refusals of an import; none are left when no row is returned."""
    some = sa.select(refusal.c.id).where(refusal.c.import_id == import_id).limit(MAX_CLEARED)
    return returning(sa.delete(refusal).where(refusal.c.id.in_(some)).returning(refusal.c.id))


def insert_refusals() -> sa.Insert:
    """Insert refusals: executed with the values of each."""
    return sa.insert(refusal)


@prepared
def find_refusals(import_id: str, after_line: int, limit: int) -> Query[ContactRefusalRow]:
    """Select the refusals of an import from after a line on, in the order of the file."""
    later = query(sa.select(refusal)).where(refusal.c.import_id == import_id, refusal.c.line > after_line)
    return later.order_by(refusal.c.line, refusal.c.id).limit(limit)


def fail_abandoned_imports() -> sa.Update:
    """Mark the uploads as failed that a server left behind; one that goes on elsewhere says so with its next batch."""
    abandoned = sa.update(imports).where(sa.text(f"contact_import.{IS_RECEIVING_SQL}"))
    return abandoned.values(status=ImportStatus.FAILED)
