"""The world that every server of the bench reads: one SQLite file in our own schema, of any number of phone numbers.

The key belongs to an organization three levels down. Of every twenty numbers it owns fifteen, three are lent to it by
organizations above, one is above and not shared, one is a stranger's.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrations import migrate
from models import Scope
from models.secret_key import digest, new_secret


def identifier(prefix: str, place: int) -> str:
    return f"{prefix}_{place:026d}"


ROOT, MIDDLE, OURS, OTHER = (identifier("org", place) for place in range(1, 5))
OWNERS = (ROOT, MIDDLE, OURS, OTHER)
KEY = identifier("key", 1)
TRUNKS, AGENTS = 20, 500
MADE = "2026-01-01 00:00:00.000000"
TIME = "strftime('%Y-%m-%d %H:%M:%S.000000', '2026-01-01', '+' || i || ' seconds')"

# In SQL over i: who owns number i, and by which trunk and agent versions. Ours are 15 of 20.
MINE = "(i % 20 < 15)"
OWNER = (
    f"CASE WHEN {MINE} THEN '{OURS}' WHEN i % 20 < 17 THEN '{MIDDLE}' WHEN i % 20 < 19 THEN '{ROOT}' ELSE '{OTHER}' END"
)
LENT = "(i % 20 IN (3, 15, 16, 17))"


def sql_id(prefix: str, place: str) -> str:
    return f"printf('{prefix}_%026d', {place})"


@dataclass(frozen=True)
class World:
    file: Path
    secret: str
    numbers: int

    @property
    def url(self) -> str:
        return f"sqlite+aiosqlite:///{self.file}"


def e164(place: int) -> str:
    return f"+1{2_060_000_000 + place}"


def make_world(file: Path, numbers: int, conversations: int = 0) -> World:
    """A new file; a million numbers take about half a minute."""
    migrate(f"sqlite+aiosqlite:///{file}")
    secret = new_secret(KEY)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=0")
        triggers = _without_triggers(database)
        database.execute("BEGIN")
        _organizations(database, secret)
        _trunks_and_agents(database)
        _numbers(database, numbers)
        _conversations(database, conversations, numbers)
        for statement in triggers:
            database.execute(statement)
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return World(file, secret, numbers)


def _without_triggers(database: sqlite3.Connection) -> list[str]:
    """What notes every change would note a million: away with it until the world is there."""
    triggers = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'search_%'"
    ).fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in triggers]


def _organizations(database: sqlite3.Connection, secret: str) -> None:
    for place, (owner, parent, depth) in enumerate(zip(OWNERS, (None, ROOT, MIDDLE, None), (1, 2, 3, 1), strict=True)):
        names = {"name": f"Organization {place}", "slug": f"organization-{place}"}
        _insert(database, "organization", id=owner, parent_id=parent, depth=depth, created_at=MADE, **names)
    scopes = json.dumps([scope.name for scope in Scope])
    known = {"secret_hash": digest(secret), "created_at": MADE, "last_used_at": "2099-01-01 00:00:00.000000"}
    _insert(database, "api_key", id=KEY, organization_id=OURS, name="bench", scopes=scopes, **known)


def _trunks_and_agents(database: sqlite3.Connection) -> None:
    """Every fifth trunk of ours cannot dial out; an agent has two published versions."""
    for place in range(TRUNKS + len(OWNERS)):
        owner = OURS if place < TRUNKS else OWNERS[place - TRUNKS]
        dials = place % 5 != 1
        outbound = {
            "outbound_address": "sip.example.com",
            "outbound_transport": "UDP",
            "outbound_media_encryption": "NONE",
        }
        ways = {"kind": "BYOC", "transfer_mode": "ENABLE_ALL", "transfer_caller_id": "FROM_TRANSFEREE"}
        limits = {"calls_per_second": 1, "max_concurrent_calls": 10, "created_at": MADE}
        row = {"id": identifier("trk", place), "organization_id": owner, "name": f"Carrier {place}"}
        _insert(database, "trunk", **row, **ways, **limits, **(outbound if dials else {}))
    _every(database, "agent", AGENTS, id=sql_id("agt", "i"), organization_id=f"'{OURS}'", name="'Agent ' || i",
           active="1", created_at=TIME)  # fmt: skip
    _every(database, "agent_version", AGENTS * 2, id=sql_id("ver", "i"), organization_id=f"'{OURS}'",
           agent_id=sql_id("agt", "i / 2"), number="i % 2 + 1", config="'{}'", published_at=TIME,
           created_at=TIME)  # fmt: skip


def _numbers(database: sqlite3.Connection, count: int) -> None:
    """Two of three of ours answer, every second dials by an agent of its own."""
    held = {"inbound": f"{MINE} AND i % 3 > 0", "outbound": f"{MINE} AND i % 2 = 0"}
    slots = {}
    for direction, filled in held.items():
        slots[f"{direction}_agent_version_id"] = f"CASE WHEN {filled} THEN {sql_id('ver', f'i % {AGENTS * 2}')} END"
        slots[f"{direction}_assigned_at"] = f"CASE WHEN {filled} THEN {TIME} END"
    other = f"CASE WHEN i % 20 < 17 THEN {TRUNKS + 1} WHEN i % 20 < 19 THEN {TRUNKS} ELSE {TRUNKS + 3} END"
    trunk = sql_id("trk", f"CASE WHEN {MINE} THEN i % {TRUNKS} ELSE {other} END")
    _every(database, "phone_number", count, id=sql_id("num", "i"), organization_id=OWNER, trunk_id=trunk,
           e164="'+1' || (2060000000 + i)", shareable=LENT, created_at=TIME, updated_at=TIME, **slots)  # fmt: skip


def _conversations(database: sqlite3.Connection, count: int, numbers: int) -> None:
    """Ended ones of ours, inbound and outbound."""
    if not count:
        return
    place = f"(i * 7919) % {numbers}"
    _every(database, "conversation", count, id=sql_id("cnv", "i"), organization_id=f"'{OURS}'",
           direction="CASE WHEN i % 3 = 0 THEN 'INBOUND' ELSE 'OUTBOUND' END",
           status="CASE WHEN i % 5 = 0 THEN 'UNANSWERED' ELSE 'COMPLETED' END",
           end_reason="CASE WHEN i % 5 = 0 THEN 'BUSY' ELSE 'HANGUP' END", ended_at=TIME, created_at=TIME,
           agent_number=f"'+1' || (2060000000 + {place})", user_number="'+1' || (2080000000 + i / 3)",
           phone_number_id=sql_id("num", place), agent_version_id=sql_id("ver", f"i % {AGENTS * 2}"),
           idempotency_key="'key ' || i", custom_metadata="""json_object('customer', 'c' || i % 1000)""")  # fmt: skip


def _insert(database: sqlite3.Connection, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _every(database: sqlite3.Connection, table: str, count: int, **columns: str) -> None:
    """A row for each i below count; a column is SQL over i."""
    database.execute(
        f"WITH RECURSIVE each(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each WHERE i + 1 < {count})"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM each"
    )
