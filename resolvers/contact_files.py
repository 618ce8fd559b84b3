"""Answer requests for the files of imports: who may send one, what became of it, which rows it lost (R15, R16)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from calling.csv_output import write_csv
from calling.csv_records import UnreadableFile
from models import ErrorCode, Refused, Scope
from models.import_rows import ContactImportRow
from models.import_statements import begin_upload, clear_refusals, fail_abandoned_imports, find_refusals, select_import
from resolvers.contact_upload import KeyRevoked, Upload, UploadSuperseded
from resolvers.context import Context
from resolvers.node_types import CAMPAIGN_SCOPES
from resolvers.top_level_error import TopLevelError
from storage import Database, WriteSession
from storage.outage import is_outage

STATUSES = {ErrorCode.IMPORT_NOT_FOUND: 404, ErrorCode.CAMPAIGN_ENDED: 409}
REFUSALS_HEADER = ("line", "e164", "code", "message")
PAGE_ROWS = 1000


@dataclass(frozen=True)
class Answer:
    """What a request came to: an HTTP status with a body or, where it is an error, a code and a message."""

    status: int = 200
    body: dict[str, object] = field(default_factory=dict)
    code: str = ""
    message: str = ""


class ImportFiles:
    """Receives the files of imports, and writes their refused rows."""

    def __init__(self) -> None:
        self._failing: set[asyncio.Task[None]] = set()

    async def receive(self, context: object, import_id: str, parts: AsyncIterator[bytes]) -> Answer:
        """Read a file as far as it can be read. What `parts` raises is raised again once what was read is kept."""
        assert isinstance(context, Context)
        try:
            context.principal.require_scope((Scope.CAMPAIGNS_MANAGE,))
            contact_import = await _begin(context, import_id)
            await self._read(context, contact_import, parts)
        except TopLevelError as error:
            return Answer(403, code=error.extensions["code"], message=str(error))
        except Refused as error:
            return Answer(STATUSES.get(error.refusal.code, 400), code=error.refusal.code.name, message=str(error))
        except UnreadableFile as error:
            return Answer(400, code=ErrorCode.INVALID_INPUT.name, message=f"Line {error.line}: {error.message}")
        except UploadSuperseded:
            return Answer(409, code="CONFLICT", message=SUPERSEDED_MESSAGE)
        except KeyRevoked:
            return Answer(401, code="UNAUTHENTICATED", message=REVOKED_MESSAGE)
        return Answer(body=_body(await _find(context, import_id)))

    async def refusals(self, context: object, import_id: str) -> Answer | AsyncIterator[bytes]:
        """Return the refused rows of an import as parts of a CSV, or an error."""
        assert isinstance(context, Context)
        try:
            context.principal.require_scope(CAMPAIGN_SCOPES)
            await _find(context, import_id)
        except TopLevelError as error:
            return Answer(403, code=error.extensions["code"], message=str(error))
        except Refused as error:
            return Answer(404, code=error.refusal.code.name, message=str(error))
        return _write_refusals(context, import_id)

    async def _read(self, context: Context, contact_import: ContactImportRow, parts: AsyncIterator[bytes]) -> None:
        upload = Upload(context, contact_import)
        try:
            await _forget_refusals(context, contact_import.id)
            async for part in parts:
                await upload.take(part)
            await upload.finish()
        except UnreadableFile as reason:
            await self._fail(upload, reason)
            raise
        except UploadSuperseded:
            raise
        except Exception:
            await self._fail(upload)
            raise

    async def _fail(self, upload: Upload, reason: UnreadableFile | None = None) -> None:
        """Keep what was read. If the database is away, the import is marked once it is back."""
        try:
            await upload.fail(reason)
        except Exception as error:
            if is_outage(error):
                later = asyncio.create_task(upload.fail_after_outage())
                self._failing.add(later)
                later.add_done_callback(self._failing.discard)
            raise


async def _begin(context: Context, import_id: str) -> ContactImportRow:
    """Begin an upload, to which any other of the import gives way: it counts anew. Raises Refused."""

    async def claim(session: WriteSession) -> ContactImportRow:
        return _require((await session.execute(begin_upload(context.principal.reach, import_id))).first())

    return await context.database.write(claim)


async def _forget_refusals(context: Context, import_id: str) -> None:
    """Delete the refusals of an upload before this, some at a time."""

    async def clear(session: WriteSession) -> bool:
        return bool(await clear_refusals(session, import_id))

    while await context.database.write(clear):
        pass


async def _find(context: Context, import_id: str) -> ContactImportRow:
    async with context.read() as session:
        return _require((await session.execute(select_import(context.principal.reach, import_id))).first())


def _require(found: ContactImportRow | None) -> ContactImportRow:
    """Return the import that was found. Raises Refused (IMPORT_NOT_FOUND)."""
    if found is None:
        raise Refused(
            ErrorCode.IMPORT_NOT_FOUND,
            "No such import in an organization that this API key may act for. Create one with createContactImport.",
        )
    return found


def _body(contact_import: ContactImportRow) -> dict[str, object]:
    names = ("id", "rows", "accepted", "unchanged", "refused")
    return {"status": contact_import.status.name} | {name: getattr(contact_import, name) for name in names}


async def _write_refusals(context: Context, import_id: str) -> AsyncIterator[bytes]:
    yield write_csv([REFUSALS_HEADER])
    line = 0
    while True:
        async with context.read() as session:
            rows = await find_refusals(session, import_id, line, PAGE_ROWS)
        if not rows:
            return
        yield write_csv((row.line, row.e164, row.code, row.message) for row in rows)
        line = rows[-1].line


async def fail_abandoned(database: Database) -> None:
    """Mark the uploads as failed that a server left behind when it was killed; during an outage a later start does."""

    async def work(session: WriteSession) -> None:
        await session.execute(fail_abandoned_imports())

    try:
        await database.write(work)
    except Exception as error:
        if not is_outage(error):
            raise


SUPERSEDED_MESSAGE = (
    "Another upload to this import has begun since, and goes on instead of this one. Wait for that one: what this one"
    " brought changes nothing."
)
REVOKED_MESSAGE = (
    "The API key was revoked while the file arrived. Send the same file again with another: what is there already"
    " changes nothing."
)
