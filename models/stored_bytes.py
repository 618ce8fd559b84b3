"""How many bytes an organization stores: what counts, the counter that servers lease from in blocks, and its recount.

A conversation counts `ROW_BYTES`, its agentConfig, initialContext, metadata and resolution as they are stored, in bytes
of UTF-8, and `MEMBER_BYTES` for each member of its metadata; a version of an agent counts `ROW_BYTES` and its config, a
contact `ROW_BYTES` and its variables. Nothing else counts: no calls that came in over a trunk, no transfers, no audit
events.

The counter is the sum of the stored bytes and of those that servers have leased and not used yet. A lease is a
transaction of its own, so the transaction that stores rows neither reads nor writes the counter, and two of them never
conflict over it. The lease of a server that was killed counts until the next recount.

A recount does not know the leases that servers hold at that moment: up to two blocks each (`LARGEST_BLOCK`, or a 64th
of the limit if that is less), and those of mutations in progress. An organization can exceed its limit by their sum
until the next recount.
"""

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Field

from models.agent_version import AgentVersion
from models.campaign import Campaign
from models.change import BIG_INTEGER
from models.contact import Contact
from models.conversation import Conversation
from models.json_members import JsonObject, dump_canonical
from models.rows import VersionSizeRow
from models.table import Table
from storage.prepared import prepared
from storage.session import ReadSession, WriteSession
from storage.statement import Query, query

# Estimates the row's other columns, its index entries, and the rows that triggers write about it (changes, audit).
ROW_BYTES = 1000
# Estimates the member's row in the search table (`models/conversation_metadata.py`).
MEMBER_BYTES = 200
# A block is a 64th of what is left: small near the limit, so that every server can use the last bytes.
BLOCK_DIVISOR, LARGEST_BLOCK = 64, 16_000_000
# Stands for no limit: bytes are counted all the same, in case a limit is set later.
NO_LIMIT = 2**62
# A row can have 100 KB, and PostgreSQL's statement_timeout is 20 s.
ROWS_PER_COUNT = 500


class StoredBytes(Table, table=True):
    """An organization's counter. `leased`: the size of the last lease. `recounts`: how often it was corrected."""

    __tablename__ = "stored_bytes"

    organization_id: str = Field(primary_key=True)
    bytes: int = Field(sa_type=BIG_INTEGER)
    leased: int = Field(sa_type=BIG_INTEGER)
    recounts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class OctetLength(GenericFunction[int]):
    """OctetLength(column): the bytes of a text, or of JSON as stored; 0 for NULL."""

    type = sa.Integer()
    inherit_cache = True


@compiles(OctetLength, "sqlite")
def _on_sqlite(element: OctetLength, compiler: SQLCompiler, **kw: object) -> str:
    (column,) = element.clauses
    return f"coalesce(length(CAST({compiler.process(column, **kw)} AS BLOB)), 0)"


@compiles(OctetLength, "postgresql")
def _on_postgres(element: OctetLength, compiler: SQLCompiler, **kw: object) -> str:
    (column,) = element.clauses
    return f"coalesce(octet_length(CAST({compiler.process(column, **kw)} AS text)), 0)"


class MemberCount(GenericFunction[int]):
    """MemberCount(json): the number of top-level members of an object; 0 for NULL."""

    type = sa.Integer()
    inherit_cache = True


@compiles(MemberCount)
def _by_json_each(element: MemberCount, compiler: SQLCompiler, **kw: object) -> str:
    return f"(SELECT count(*) FROM json_each({compiler.process(element.clauses, **kw)}))"  # noqa: S608 - constants


def _row_bytes(*columns: sa.Column[Any]) -> sa.ColumnElement[int]:
    return sum((OctetLength(each) for each in columns), sa.literal_column(str(ROW_BYTES), sa.Integer()))


_conversation, _version = Conversation.columns(), AgentVersion.columns()
_metadata = _conversation.custom_metadata
# Calls that come in over a trunk are never refused, so they do not count. COALESCE, not IS NOT NULL: in a RETURNING,
# SQLite 3.40 evaluates IS NOT NULL to true for any column that has a partial index of this condition.
_over_a_trunk = sa.func.coalesce(_conversation.engine_reference, sa.literal_column("''")) != sa.literal_column("''")
CONVERSATION_BYTES = sa.case(
    (_over_a_trunk, sa.literal_column("0", sa.Integer())),
    else_=_row_bytes(_conversation.agent_config, _conversation.resolution, _conversation.initial_context, _metadata)
    + MemberCount(_metadata) * MEMBER_BYTES,
)
VERSION_BYTES = _row_bytes(_version.config)
_contact = Contact.columns()
CONTACT_BYTES = _row_bytes(_contact.variables)
COUNTED = ((_conversation, CONVERSATION_BYTES), (_version, VERSION_BYTES))


def bytes_of_contact(variables: JsonObject) -> int:
    """Return what a contact counts: `variables` are stored canonical, in ASCII."""
    return ROW_BYTES + len(dump_canonical(variables))


@prepared
def _bytes_of_version(version_id: str) -> Query[VersionSizeRow]:
    return query(sa.select(VERSION_BYTES.label("bytes"))).where(_version.id == version_id)


async def bytes_of_version(session: ReadSession, version_id: str) -> int:
    (row,) = await _bytes_of_version(session, version_id)
    return int(row.bytes)


def _block(left: str) -> str:
    return (
        f"CASE WHEN ({left}) / {BLOCK_DIVISOR} < :needed THEN :needed"
        f" WHEN ({left}) / {BLOCK_DIVISOR} < :largest THEN ({left}) / {BLOCK_DIVISOR} ELSE :largest END"
    )


_MORE = _block(":max_bytes - stored_bytes.bytes")
_LEASE = sa.text(
    f"INSERT INTO stored_bytes (organization_id, bytes, leased)"  # noqa: S608 - constants
    f" SELECT :organization_id, first, first FROM (SELECT {_block(':max_bytes')} AS first) AS lease"
    " WHERE :needed <= :max_bytes"
    f" ON CONFLICT (organization_id) DO UPDATE SET leased = {_MORE}, bytes = stored_bytes.bytes + {_MORE}"
    " WHERE stored_bytes.bytes + :needed <= :max_bytes RETURNING leased"
).bindparams(
    sa.bindparam("organization_id", type_=sa.String),
    *(sa.bindparam(name, type_=sa.BigInteger()) for name in ("needed", "largest", "max_bytes")),
)


async def lease_bytes(session: WriteSession, organization_id: str, needed: int, max_bytes: int) -> int:
    """Lease a block, at least `needed` bytes; return 0 and write nothing if that would exceed `max_bytes`."""
    amounts = {"needed": needed, "largest": max(needed, LARGEST_BLOCK), "max_bytes": max_bytes}
    return int(await session.scalar(_LEASE, {"organization_id": organization_id, **amounts}) or 0)


_ADD = sa.text(
    "INSERT INTO stored_bytes (organization_id, bytes, leased)"
    " SELECT :organization_id, CASE WHEN :difference > 0 THEN :difference ELSE 0 END, 0 WHERE TRUE"
    " ON CONFLICT (organization_id) DO UPDATE SET bytes ="
    " CASE WHEN stored_bytes.bytes + :difference > 0 THEN stored_bytes.bytes + :difference ELSE 0 END"
).bindparams(sa.bindparam("organization_id", type_=sa.String), sa.bindparam("difference", type_=sa.BigInteger()))


async def adjust_counters(session: WriteSession, amounts: dict[str, int]) -> None:
    """Add amounts, which may be negative, to the organizations' counters: ordered by id, so that none deadlock."""
    rows = [
        {"organization_id": each, "difference": difference}
        for each, difference in sorted(amounts.items())
        if difference
    ]
    if rows:
        await session.execute(_ADD, rows)


_CORRECT = sa.text(
    "INSERT INTO stored_bytes (organization_id, bytes, leased, recounts)"
    " SELECT :organization_id, CASE WHEN :difference > 0 THEN :difference ELSE 0 END, 0, 1 WHERE TRUE"
    " ON CONFLICT (organization_id) DO UPDATE SET recounts = stored_bytes.recounts + 1, bytes ="
    " CASE WHEN stored_bytes.bytes + :difference > 0 THEN stored_bytes.bytes + :difference ELSE 0 END"
    " WHERE stored_bytes.recounts = :recounts"
).bindparams(
    sa.bindparam("organization_id", type_=sa.String),
    sa.bindparam("difference", type_=sa.BigInteger()),
    sa.bindparam("recounts", type_=sa.Integer()),
)


@dataclass(frozen=True)
class Recount:
    """The result of a recount. `difference`: the bytes to add; `recounts`: the number of earlier corrections."""

    organization_id: str
    difference: int
    recounts: int

    async def apply(self, session: WriteSession) -> None:
        """Correct the counter, unless another recount has corrected it since this one."""
        if self.difference:
            await session.execute(_CORRECT, asdict(self))


async def recount(session: ReadSession, organization_id: str) -> Recount:
    """Compare the counter with the stored rows in one snapshot.

    The result is a difference, so that amounts that are added before it is applied are not lost.
    """
    columns = StoredBytes.columns()
    found = sa.select(columns.bytes, columns.recounts).where(columns.organization_id == organization_id)
    counter = (await session.execute(found)).first()
    stored = 0
    for columns, size in COUNTED:
        stored += await _stored(session, columns.organization_id == organization_id, columns.id, size)
    campaign = Campaign.columns()
    own = sa.select(campaign.id).where(campaign.organization_id == organization_id)
    for (campaign_id,) in await session.execute(own):
        of_campaign = _contact.campaign_id == campaign_id
        stored += await _stored(session, of_campaign, _contact.e164, CONTACT_BYTES)
    return Recount(organization_id, stored - (counter.bytes if counter else 0), counter.recounts if counter else 0)


async def _stored(
    session: ReadSession, own: sa.ColumnElement[bool], key: sa.ColumnElement[str], size: sa.ColumnElement[int]
) -> int:
    """Sum the sizes of an owner's rows, in the order of a key by which an index has them."""
    after: str | None = ""
    total = 0
    while after is not None:
        rows = sa.select(key.label("key"), size.label("bytes")).order_by(key).limit(ROWS_PER_COUNT)
        batch = rows.where(own, key > after).subquery("batch")
        found = sa.select(sa.func.max(batch.c.key).label("last"), sa.func.sum(batch.c.bytes).label("bytes"))
        row = (await session.execute(found)).one()
        total, after = total + int(row.bytes or 0), row.last
    return total
