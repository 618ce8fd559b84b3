"""Bring a file of suppressions into an organization while it arrives: in batches, each a short transaction (R21)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from calling.csv_records import CsvReader, CsvRecord, UnreadableFile
from calling.suppression import suppress
from calling.suppression_csv import HEADER_HINT, SuppressionColumns, SuppressionEntry
from models import ErrorCode, Refused, Scope, now
from models.audit_event import record_as_actor
from models.suppression_statements import count_entries
from resolvers.authentication import is_revoked
from resolvers.contact_files import REVOKED_MESSAGE, Answer
from resolvers.contact_upload import KeyRevoked
from resolvers.context import Context
from resolvers.top_level_error import TopLevelError
from storage import WriteSession

SUPPRESSIONS_PATH = "/suppressions/{organization_id}"
# A batch is a write of some milliseconds, for which others wait.
BATCH_ROWS = 200
# An organization's entries are counted outside of the transactions: a million take a tenth of a second.
BATCHES_PER_COUNT = 100
# Rows that are checked before other requests have their turn.
ROWS_AT_ONCE = 8
MAX_SHOWN_REFUSALS = 100
MAX_SHOWN_NUMBER = 64


class SuppressionFiles:
    """Receives the files of suppressions. Whoever is cut off sends the same again: what is there already stays."""

    async def receive(self, context: object, organization_id: str, parts: AsyncIterator[bytes]) -> Answer:
        """Read a file as far as it can be read. What `parts` raises is raised again."""
        assert isinstance(context, Context)
        try:
            context.principal.require_scope((Scope.SUPPRESSIONS_MANAGE,))
            async with context.read() as session:
                owner = await context.principal.authorize_organization(session, organization_id)
            upload = SuppressionUpload(context, owner)
            await upload.read(parts)
        except TopLevelError as error:
            return Answer(403, code=error.extensions["code"], message=str(error))
        except Refused as error:
            is_missing = error.refusal.code is ErrorCode.ORGANIZATION_NOT_FOUND
            return Answer(404 if is_missing else 400, code=error.refusal.code.name, message=str(error))
        except UnreadableFile as error:
            return Answer(400, code=ErrorCode.INVALID_INPUT.name, message=f"Line {error.line}: {error.message}")
        except KeyRevoked:
            return Answer(401, code="UNAUTHENTICATED", message=REVOKED_MESSAGE)
        return Answer(body=upload.body)


class SuppressionUpload:
    """A file on its way into an organization. Nothing but the batch that is being collected is held in memory."""

    def __init__(self, context: Context, owner: str) -> None:
        self._context, self._owner, self._at = context, owner, now()
        self._reader = CsvReader()
        self._columns: SuppressionColumns | None = None
        self._batch: list[SuppressionEntry] = []
        self._row_count, self._refused, self._shown = 0, 0, list[dict[str, object]]()
        self._batch_count, self._room = 0, 0

    @property
    def body(self) -> dict[str, object]:
        """How many rows were accepted and refused, and the first that were refused."""
        counts = {"rows": self._row_count, "accepted": self._row_count - self._refused, "refused": self._refused}
        return {**counts, "refusals": self._shown}

    async def read(self, parts: AsyncIterator[bytes]) -> None:
        """Read a file to its end. Raises UnreadableFile, Refused (LIMIT_EXCEEDED), KeyRevoked."""
        try:
            async for part in parts:
                await self._take(self._reader.read(part))
            await self._take(self._reader.finish())
        finally:
            await self._store()
        if self._columns is None:
            raise UnreadableFile(f"The file is empty. {HEADER_HINT}", 1)

    async def _take(self, records: Iterable[CsvRecord]) -> None:
        for record in records:
            if self._columns is None:
                self._columns = SuppressionColumns(record)
                continue
            self._row_count += 1
            self._check(self._columns, record)
            if len(self._batch) >= BATCH_ROWS:
                await self._store()
            if self._row_count % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _check(self, columns: SuppressionColumns, record: CsvRecord) -> None:
        try:
            self._batch.append(columns.entry_of(record, self._at))
        except Refused as error:
            self._refused += 1
            if len(self._shown) < MAX_SHOWN_REFUSALS:
                number = (columns.number_of(record) or "")[:MAX_SHOWN_NUMBER]
                told = {"code": error.refusal.code.name, "message": error.refusal.message}
                self._shown.append({"line": record.line, "e164": number, **told})

    async def _store(self) -> None:
        """Commit the batch."""
        batch, self._batch = self._batch, []
        if batch:
            most = 0 if await self._has_room(len(batch)) else self._context.deployment.quotas.suppressions
            await self._context.database.write(lambda session: self._write(session, batch, most))

    async def _has_room(self, rows: int) -> bool:
        """Tell whether so many rows fit, but for what others add meanwhile; if not, the entries are counted."""
        if not (most := self._context.deployment.quotas.suppressions):
            return True
        if self._batch_count % BATCHES_PER_COUNT == 0:
            async with self._context.read() as session:
                self._room = most - int(await session.scalar(count_entries(self._owner, most)) or 0)
        self._batch_count += 1
        self._room -= rows
        return self._room >= 0

    async def _write(self, session: WriteSession, batch: list[SuppressionEntry], max_entries: int) -> None:
        if await is_revoked(session, self._context.principal):
            raise KeyRevoked
        alike: dict[tuple[datetime | None, str | None], list[str]] = defaultdict(list)
        for each in batch:
            alike[each.until, each.source].append(each.e164)
        async with record_as_actor(session, self._context.principal.api_key.id):
            for (until, source), e164s in alike.items():
                await suppress(
                    session, self._owner, e164s, until=until, source=source, at=now(), max_entries=max_entries
                )
