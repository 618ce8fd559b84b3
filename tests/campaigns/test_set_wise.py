"""R23: contacts are admitted, calls claimed and ended many at once, and what is due is found as fast out of many.

The worker's own functions run over databases that are filled by SQL, as no carrier is needed to count statements.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from calling.calling_hours import SHIPPED_FILE, read_calling_hours
from dialing.admission import AdmissionLimits, admit_contacts
from dialing.call_updates import RecordedUpdate
from dialing.campaign_queue import MAX_ADMITTED
from dialing.claims import MAX_CLAIMED_CALLS, claim_calls
from dialing.status_updates import write_updates
from models import now
from models.admission_statements import find_due_contacts, find_due_contacts_after
from models.server import database_now, insert_server
from models.statistics_statements import find_pending_zones
from models.utc_datetime import set_test_clock
from storage import Database, WriteSession
from telephony.engine import CallEvent, Ending, Progress
from tests.campaigns.filled_campaign import Caller, create_caller
from tests.campaigns.test_campaign import Clock
from tests.databases import PostgresTestDatabase, Template
from tests.installation import Installation, join_stopping

A_DAY = timedelta(days=1)
POSTGRES_DIALECT: Any = postgresql.dialect
LIMITS = AdmissionLimits(read_calling_hours(SHIPPED_FILE), frozenset(), 1.0)
FEW, MANY = 150, 3000
# How much more finding may cost out of MANY: an index is a level deeper. Reading all would be twenty times as much.
MAX_COST_RATIO, FREE_STEPS = 1.25, 60


@pytest.fixture(autouse=True)
def noon(tmp_path: Path) -> Iterator[None]:
    """Have this process's clock say noon in New York, for which contacts may be called."""
    Clock(tmp_path / "clock")
    set_test_clock(tmp_path / "clock")
    yield
    set_test_clock(None)


@pytest.fixture
def caller(template: Template, tmp_path: Path, running_installations: list[Installation]) -> Iterator[Caller]:
    join_stopping(running_installations)
    store = template.copy_into(tmp_path)
    yield create_caller(store)
    store.close()


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


async def call_everybody(caller: Caller, server: str) -> dict[str, tuple[int, int]]:
    """Admit, claim and end one batch; return how many calls and how many statements each took."""
    database = Database(caller.store.url)
    counts: dict[str, tuple[int, int]] = {}

    async def begin(session: WriteSession) -> None:
        await session.execute(insert_server(server, now()))

    async def admit(session: WriteSession) -> int:
        return await admit_contacts(session, LIMITS)

    async def claim(session: WriteSession) -> list[str]:
        ((trunk,),) = caller.store.rows("SELECT id FROM trunk")
        return [each.call.id for each in (await claim_calls(session, server, trunk)).calls]

    async def end(session: WriteSession) -> None:
        answers = [CallEvent(each, Progress.ANSWERED) for each in claimed]
        ends = [CallEvent(each, Progress.ENDED, Ending.HUNG_UP) for each in claimed]
        await write_updates(session, [RecordedUpdate(each, now(), server) for each in (*answers, *ends)])

    try:
        await database.write(begin)
        with recorded_statements() as asked:
            counts["admitted"] = await database.write_locking(admit), len(asked)
        with recorded_statements() as asked:
            claimed = await database.write_locking(claim)
            counts["claimed"] = len(claimed), len(asked)
        with recorded_statements() as asked:
            await database.write(end)
            counts["ended"] = len(claimed), len(asked)
    finally:
        await database.close()
    return counts


async def test_r23_many_calls_take_as_many_statements_as_few(caller: Caller) -> None:
    few_campaign = caller.campaign(2)
    few = await call_everybody(caller, "srv_first")
    assert {name: calls for name, (calls, _) in few.items()} == {"admitted": 2, "claimed": 2, "ended": 2}
    caller.store.rows(f"UPDATE campaign SET status = 'COMPLETED', ended_at = created_at WHERE id = '{few_campaign}'")
    caller.campaign(MAX_ADMITTED, first=100)
    many = await call_everybody(caller, "srv_second")
    assert many["admitted"][0] == MAX_ADMITTED
    assert many["claimed"][0] == many["ended"][0] == MAX_CLAIMED_CALLS
    for name, (_, statements) in many.items():
        assert statements <= few[name][1] + 2, (name, few, many)  # contacts are read for each zone
    reached = caller.store.rows("SELECT count(*) FROM contact WHERE status = 'REACHED' AND attempt_count = 1")
    assert reached == [(2 + MAX_CLAIMED_CALLS,)]


async def test_r23_the_updates_of_one_call_are_written_in_their_order(caller: Caller) -> None:
    """An answer that comes after the end, such as of a call that was hung up meanwhile, changes nothing."""
    caller.campaign(1)
    server = "srv_only"
    database = Database(caller.store.url)
    try:
        await database.write_locking(lambda session: admit_contacts(session, LIMITS))
        ((call, trunk),) = caller.store.rows("SELECT id, trunk_id FROM conversation")

        async def work(session: WriteSession) -> None:
            await session.execute(insert_server(server, now()))
            assert (await claim_calls(session, server, trunk)).calls
            updates = (
                CallEvent(call, Progress.RINGING),
                CallEvent(call, Progress.ENDED, Ending.REFUSED, 486),
                CallEvent(call, Progress.ANSWERED),
                CallEvent(call, Progress.ENDED, Ending.HUNG_UP),
            )
            committed = await write_updates(session, [RecordedUpdate(each, now(), server) for each in updates])
            assert [each.sip_status for each in committed.ended] == [486]

        await database.write_locking(work)
    finally:
        await database.close()
    stored = caller.store.rows("SELECT status, end_reason, sip_status, answered_at FROM conversation")
    assert stored == [("UNANSWERED", "BUSY", 486, None)]


def due_statements(campaign: str, at: Any) -> list[sa.Executable]:
    """Return the statements that pick who is due: of which zones, and who in one of them, from the first and after one."""
    build_zones: Any = find_pending_zones.__wrapped__  # type: ignore[attr-defined]
    build_due: Any = find_due_contacts.__wrapped__  # type: ignore[attr-defined]
    build_more: Any = find_due_contacts_after.__wrapped__  # type: ignore[attr-defined]
    due = [build_due(campaign, "America/Denver", fresh, at, 20) for fresh in (True, False)]
    return [build_zones([campaign]), *due, build_more(campaign, "America/Denver", True, at, at - A_DAY, "ctc_", 20)]


async def read_time(caller: Caller) -> Any:
    database = Database(caller.store.url)
    async with database.read() as session:
        at = await database_now(session)
    await database.close()
    return at


def steps_of(caller: Caller, statement: Any) -> int:
    """Count the instructions of SQLite's virtual machine, in tens."""
    text = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    steps: list[None] = []
    with closing(sqlite3.connect(caller.store.url.partition("///")[2])) as database:
        database.set_progress_handler(lambda: steps.append(None), 10)
        database.execute(text).fetchall()
    return len(steps)


@pytest.mark.sqlite
async def test_r19_who_is_due_is_found_as_fast_out_of_many_contacts(caller: Caller) -> None:
    few, many = caller.campaign(FEW), caller.campaign(MANY, first=10_000)
    at = await read_time(caller)
    for of_few, of_many in zip(due_statements(few, at), due_statements(many, at), strict=True):
        assert steps_of(caller, of_many) <= MAX_COST_RATIO * steps_of(caller, of_few) + FREE_STEPS, str(of_many)


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parts of a plan that read contacts."""
    if plan.get("Relation Name") == "contact":
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


@pytest.fixture
def postgres_caller() -> Iterator[Caller]:
    store = PostgresTestDatabase("who_is_due")
    store.migrate()
    yield create_caller(store)
    store.close()


async def test_r19_postgresql_reads_no_more_contacts_than_it_picks(postgres_caller: Caller) -> None:
    """Each scan goes by the index of who is due, and ends after the rows that are wanted."""
    caller = postgres_caller
    campaign = caller.campaign(MANY)
    caller.store.rows("ANALYZE contact")
    at = await read_time(caller)
    for statement in due_statements(campaign, at):
        built: Any = statement
        text = str(built.compile(dialect=POSTGRES_DIALECT(), compile_kwargs={"literal_binds": True}))
        ((explained,),) = caller.store.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}")
        (top,) = json.loads(explained) if isinstance(explained, str) else explained
        found = list(scans(top["Plan"]))
        assert found, text
        for scan in found:
            assert scan.get("Index Name") == "ix_contact_due", scan
            assert "campaign_id" in scan["Index Cond"], scan
            assert scan["Actual Rows"] <= 20, scan
            assert not scan.get("Rows Removed by Filter"), scan
