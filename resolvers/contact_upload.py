"""Bring the rows of a file into a campaign while it arrives: in batches, each a short transaction (R16)."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from calling.campaign import load_campaign, require_not_ended
from calling.contact_csv import HEADER_HINT, ContactColumns
from calling.contact_input import check_contact
from calling.contacts import AddedContact, SentContact, add_contacts
from calling.csv_records import CsvReader, CsvRecord, UnreadableFile
from models import ContactRefusal, DuplicateRule, ErrorCode, ImportStatus, Refusal, Refused, now
from models.import_rows import ContactImportRow
from models.import_statements import count_rows, insert_refusals
from resolvers.authentication import is_revoked
from resolvers.context import Context
from resolvers.storage_quota import ByteReservation, StorageExhausted
from storage import WriteSession
from storage.outage import is_outage

# A batch is a write of some milliseconds, for which others wait.
BATCH_ROWS, BATCH_SECONDS = 200, 1.0
# Rows that are checked before other requests have their turn: about a millisecond.
ROWS_AT_ONCE = 8
MAX_ROWS = 500_000
MAX_SHOWN_NUMBER = 64
RETRY_SECONDS = 1.0


class UploadSuperseded(Exception):
    """Another upload to the import has begun since."""


class KeyRevoked(Exception):
    """The API key was revoked while the file arrived."""


@dataclass(frozen=True)
class CheckedRow:
    """A row of the file that was checked by itself: what is to be added, or why not."""

    line: int
    number: str | None
    sent: SentContact


class Upload:
    """A file on its way. No more is held in memory than the batch that is collected, and the one that is committed."""

    def __init__(self, context: Context, contact_import: ContactImportRow) -> None:
        self._context, self._import = context, contact_import
        self._reader = CsvReader()
        self._columns: ContactColumns | None = None
        self._batch: list[CheckedRow] = []
        self._storing: asyncio.Task[None] | None = None
        self._row_count, self._committed_at = 0, time.monotonic()

    async def take(self, part: bytes) -> None:
        """Check the rows that end in this part, and commit full batches. Raises UnreadableFile, UploadSuperseded."""
        await self._check(self._reader.read(part))
        if self._batch and time.monotonic() - self._committed_at > BATCH_SECONDS:
            await self._store_meanwhile()

    async def finish(self) -> None:
        """Take the end of the file, and commit what is left. Raises UnreadableFile, UploadSuperseded."""
        await self._check(self._reader.finish())
        if self._columns is None:
            raise UnreadableFile(f"The file is empty. {HEADER_HINT}", 1)
        await self._store_rest(ImportStatus.COMPLETED)

    async def fail(self, reason: UnreadableFile | None = None) -> None:
        """Commit what was read, with the reason for which the rest cannot be. Raises as `_store` does."""
        if reason:
            refusal = Refusal(ErrorCode.INVALID_INPUT, reason.message)
            self._batch.append(CheckedRow(reason.line, None, refusal))
        try:
            await self._store_rest(ImportStatus.FAILED)
        except (Refused, KeyRevoked):
            await self._store([], ImportStatus.FAILED)
            raise

    async def fail_after_outage(self) -> None:
        """Mark the import as failed as soon as the database takes it; a newer upload to it goes on untouched."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await self._store([], ImportStatus.FAILED)
            except UploadSuperseded:
                return
            except Exception as error:
                if not is_outage(error):
                    raise
            else:
                return

    async def _check(self, records: Iterable[CsvRecord]) -> None:
        for record in records:
            if self._columns is None:
                self._columns = ContactColumns(record)
                continue
            self._row_count += 1
            if self._row_count > MAX_ROWS:
                raise UnreadableFile(
                    f"The file has more than {MAX_ROWS:,} rows; those until then were read. Send the rest in another.",
                    record.line,
                )
            self._batch.append(self._check_row(self._columns, record))
            if len(self._batch) >= BATCH_ROWS:
                await self._store_meanwhile()
            if self._row_count % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _check_row(self, columns: ContactColumns, record: CsvRecord) -> CheckedRow:
        regions = self._context.deployment.allowed_regions
        try:
            sent: SentContact = check_contact(columns.contact_of(record), regions, self._import.default_region)
        except Refused as error:
            sent = error.refusal
        return CheckedRow(record.line, columns.number_of(record), sent)

    async def _store_meanwhile(self) -> None:
        """Commit the batch while the rows that follow are checked. Raises what `_store` did for the batch before."""
        batch, self._batch = self._batch, []
        await self._finish_storing()
        self._storing = asyncio.create_task(self._store(batch, ImportStatus.RECEIVING))

    async def _store_rest(self, status: ImportStatus) -> None:
        """Commit what is left, and the status; nothing once the batch before was lost. Raises as `_store` does."""
        batch, self._batch = self._batch, []
        await self._finish_storing()
        await self._store(batch, status)

    async def _finish_storing(self) -> None:
        storing, self._storing = self._storing, None
        if storing:
            await storing

    async def _store(self, batch: list[CheckedRow], status: ImportStatus) -> None:
        """Commit a batch.

        Raises UploadSuperseded, KeyRevoked, Refused (CAMPAIGN_ENDED, LIMIT_EXCEEDED), DatabaseUnavailable.
        """
        quota = self._context.deployment.storage_quota
        reservation = ByteReservation(quota)

        async def work(session: WriteSession) -> None:
            reservation.reset()
            growth = await self._write(session, batch, status)
            reservation.set_bytes(self._import.organization_id, growth)

        try:
            await reservation.run(lambda: self._context.database.write(work))
        except StorageExhausted as error:
            refusal = quota.refusal(error.missing_bytes)
            raise Refused(refusal.code, refusal.message) from None
        self._committed_at = time.monotonic()

    async def _write(self, session: WriteSession, batch: list[CheckedRow], status: ImportStatus) -> int:
        """Write a batch; return how many more bytes are stored now."""
        if batch and await is_revoked(session, self._context.principal):
            raise KeyRevoked
        added = await self._add(session, batch) if batch else []
        lost = [_refused_values(row, each.refusal) for row, each in zip(batch, added, strict=True) if each.refusal]
        if lost:
            await session.execute(insert_refusals(), [each | {"import_id": self._import.id} for each in lost])
        await self._count(session, status, added)
        return sum(each.growth for each in added)

    async def _add(self, session: WriteSession, batch: list[CheckedRow]) -> list[AddedContact]:
        context = self._context
        campaign = await load_campaign(session, context.principal.reach, self._import.campaign_id)
        require_not_ended(campaign)
        return await add_contacts(
            session,
            campaign,
            [row.sent for row in batch],
            refuses_duplicates=self._import.on_duplicate is DuplicateRule.REFUSE,
            max_contacts=context.deployment.quotas.contacts,
            at=now(),
        )

    async def _count(self, session: WriteSession, status: ImportStatus, added: list[AddedContact]) -> None:
        counts = Counter(
            "refused" if each.refusal else "unchanged" if each.is_unchanged else "accepted" for each in added
        )
        counted = count_rows(self._import.id, self._import.upload_count, status, counts)
        if (await session.execute(counted)).first() is None:
            raise UploadSuperseded


def _refused_values(row: CheckedRow, refusal: Refusal) -> dict[str, object]:
    shown = None if row.number is None else row.number[:MAX_SHOWN_NUMBER]
    values = {"line": row.line, "e164": shown, "code": refusal.code.name, "message": refusal.message}
    return ContactRefusal.with_defaults(**values)
