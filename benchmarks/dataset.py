"""Create the SQLite file that all compared servers read.

The API key belongs to an organization three levels down. Of every twenty numbers it owns fifteen; three are shared by
its ancestors, one is an ancestor's and not shared, one is an unrelated organization's.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from migrations import migrate
from models import Scope
from models.api_key_secret import generate_secret, hash_secret


def make_id(prefix: str, index: int) -> str:
    return f"{prefix}_{index:026d}"


ROOT, PARENT, OUR_ORGANIZATION, STRANGER = (make_id("org", index) for index in range(1, 5))
ORGANIZATIONS = (ROOT, PARENT, OUR_ORGANIZATION, STRANGER)
KEY = make_id("key", 1)
TRUNKS, AGENTS = 20, 500
CREATED_AT = "2026-01-01 00:00:00.000000"
TIME_SQL = "strftime('%Y-%m-%d %H:%M:%S.000000', '2026-01-01', '+' || i || ' seconds')"

# SQL over i: who owns number i.
IS_OURS = "(i % 20 < 15)"
OWNER_SQL = (
    f"CASE WHEN {IS_OURS} THEN '{OUR_ORGANIZATION}' WHEN i % 20 < 17 THEN '{PARENT}'"
    f" WHEN i % 20 < 19 THEN '{ROOT}' ELSE '{STRANGER}' END"
)
METADATA_SQL = "json_object('customer', 'c' || i % 1000, 'kind', 'call')"
IS_SHARED = "(i % 20 IN (3, 15, 16, 17))"


def sql_id(prefix: str, index: str) -> str:
    return f"printf('{prefix}_%026d', {index})"


@dataclass(frozen=True)
class Dataset:
    file: Path
    api_key: str
    numbers: int

    @property
    def url(self) -> str:
        return f"sqlite+aiosqlite:///{self.file}"


def e164(index: int) -> str:
    return f"+1{2_060_000_000 + index}"


def create_dataset(file: Path, numbers: int, conversations: int = 0) -> Dataset:
    """Create the file; a million numbers take about half a minute."""
    migrate(f"sqlite+aiosqlite:///{file}")
    secret = generate_secret(KEY)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=0")
        triggers = _drop_triggers(database)
        database.execute("BEGIN")
        _insert_organizations(database, secret)
        _insert_trunks_and_agents(database)
        _insert_numbers(database, numbers)
        _insert_conversations(database, conversations, numbers)
        for statement in triggers:
            database.execute(statement)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Dataset(file, secret, numbers)


def _drop_triggers(database: sqlite3.Connection) -> list[str]:
    """Drop the triggers that record changes, as they would record a million; return the statements that create them."""
    triggers = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'search_%'"
    ).fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


def _insert_organizations(database: sqlite3.Connection, secret: str) -> None:
    for index, (owner, parent, depth) in enumerate(
        zip(ORGANIZATIONS, (None, ROOT, PARENT, None), (1, 2, 3, 1), strict=True)
    ):
        names = {"name": f"Organization {index}", "slug": f"organization-{index}"}
        _insert(database, "organization", id=owner, parent_id=parent, depth=depth, created_at=CREATED_AT, **names)
    scopes = json.dumps([scope.name for scope in Scope])
    secrets: dict[str, str | bytes] = {
        "secret_hash": hash_secret(secret),
        "created_at": CREATED_AT,
        "last_used_at": "2099-01-01 00:00:00.000000",
    }
    _insert(database, "api_key", id=KEY, organization_id=OUR_ORGANIZATION, name="bench", scopes=scopes, **secrets)


def _insert_trunks_and_agents(database: sqlite3.Connection) -> None:
    """Insert trunks, of which every fifth of ours cannot dial out, and agents with two published versions each."""
    for index in range(TRUNKS + len(ORGANIZATIONS)):
        owner = OUR_ORGANIZATION if index < TRUNKS else ORGANIZATIONS[index - TRUNKS]
        dials = index % 5 != 1
        outbound = {
            "outbound_address": "sip.example.com",
            "outbound_transport": "UDP",
            "outbound_media_encryption": "NONE",
        }
        ways = {"kind": "BYOC", "transfer_mode": "ENABLE_ALL", "transfer_caller_id": "FROM_TRANSFEREE"}
        limits: dict[str, str | int] = {"calls_per_second": 1, "max_concurrent_calls": 10, "created_at": CREATED_AT}
        row = {"id": make_id("trk", index), "organization_id": owner, "name": f"Carrier {index}"}
        _insert(database, "trunk", **row, **ways, **limits, **(outbound if dials else {}))
    ours = {"organization_id": f"'{OUR_ORGANIZATION}'", "created_at": TIME_SQL}
    _insert_many(database, "agent", AGENTS, id=sql_id("agt", "i"), name="'Agent ' || i", active="1", **ours)
    published = {"number": "i % 2 + 1", "config": "'{}'", "published_at": TIME_SQL}
    version_id, agent_id = sql_id("ver", "i"), sql_id("agt", "i / 2")
    _insert_many(database, "agent_version", AGENTS * 2, id=version_id, agent_id=agent_id, **published, **ours)


def _insert_numbers(database: sqlite3.Connection, count: int) -> None:
    """Insert numbers: two thirds of ours have an inbound agent, half an outbound one."""
    slot_filters = {"inbound": f"{IS_OURS} AND i % 3 > 0", "outbound": f"{IS_OURS} AND i % 2 = 0"}
    slots = {}
    for direction, filled in slot_filters.items():
        slots[f"{direction}_agent_version_id"] = f"CASE WHEN {filled} THEN {sql_id('ver', f'i % {AGENTS * 2}')} END"
        slots[f"{direction}_assigned_at"] = f"CASE WHEN {filled} THEN {TIME_SQL} END"
    other = f"CASE WHEN i % 20 < 17 THEN {TRUNKS + 1} WHEN i % 20 < 19 THEN {TRUNKS} ELSE {TRUNKS + 3} END"
    trunk = sql_id("trk", f"CASE WHEN {IS_OURS} THEN i % {TRUNKS} ELSE {other} END")
    row = {"id": sql_id("num", "i"), "organization_id": OWNER_SQL, "trunk_id": trunk, "shareable": IS_SHARED}
    times = {"created_at": TIME_SQL, "updated_at": TIME_SQL}
    _insert_many(database, "phone_number", count, e164="'+1' || (2060000000 + i)", **row, **times, **slots)


def _insert_conversations(database: sqlite3.Connection, count: int, numbers: int) -> None:
    """Insert ended conversations of ours, inbound and outbound."""
    if not count:
        return
    index = f"(i * 7919) % {numbers}"
    _insert_many(database, "conversation", count, id=sql_id("cnv", "i"), organization_id=f"'{OUR_ORGANIZATION}'",
           direction="CASE WHEN i % 3 = 0 THEN 'INBOUND' ELSE 'OUTBOUND' END",
           status="CASE WHEN i % 5 = 0 THEN 'UNANSWERED' ELSE 'COMPLETED' END",
           end_reason="CASE WHEN i % 5 = 0 THEN 'BUSY' ELSE 'HANGUP' END", ended_at=TIME_SQL, created_at=TIME_SQL,
           agent_number=f"'+1' || (2060000000 + {index})", user_number="'+1' || (2080000000 + i / 3)",
           phone_number_id=sql_id("num", index), agent_version_id=sql_id("ver", f"i % {AGENTS * 2}"),
           idempotency_key="'key ' || i", custom_metadata=METADATA_SQL)  # fmt: skip


def _insert(database: sqlite3.Connection, table: str, **values: str | int | bytes | None) -> None:
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _insert_many(database: sqlite3.Connection, table: str, count: int, **columns: str) -> None:
    """Insert a row for each i below `count`; a column is SQL over i."""
    database.execute(
        f"WITH RECURSIVE each(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each WHERE i + 1 < {count})"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM each"
    )
