"""Check that invisible objects cost the same work as missing ones (R2, R6), so that time tells nothing.

The same statements run, find and change as many rows, and take hardly more of the database's time, however much exists.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlalchemy as sa

from tests.databases import DatabaseForTests, PostgresTestDatabase, SqliteTestDatabase, Template
from tests.installation import Client, Installation, join_stopping
from tests.isolation.places import ACTING_PLACES, BY_ID, World, unknown, world_of
from tests.isolation.probed_argument import ProbedArgument

UNCOUNTED = ("BEGIN", "PRAGMA", "SELECT revision.name")
READS = ("SELECT", "WITH")
# Of SQLite's instructions, about 40 ns each: to find a row by its id, and to walk up from its owner to the root.
MOST_TO_FIND_A_ROW = 320
MUCH = 40


class Work(NamedTuple):
    """The work of a request: each statement, the rows that it read, and the rows that it changed."""

    statements: list[str]
    read: list[int]
    changed: list[int]


class Recorder:
    """Records the statements of the servers in this process."""

    def __init__(self) -> None:
        self._asked: list[tuple[str, Any]] = []
        self._changed: list[int] = []

    def before(self, _connection: Any, _cursor: Any, text: str, values: Any, *_rest: Any) -> None:
        if not text.startswith(UNCOUNTED):
            self._asked.append((text, values))

    def after(self, _connection: Any, cursor: Any, text: str, *_rest: Any) -> None:
        if not text.startswith((*UNCOUNTED, *READS)):
            self._changed.append(cursor.rowcount)

    def work_of(self, request: Callable[[], Any], store: DatabaseForTests) -> tuple[Work, int]:
        """Also how many of SQLite's instructions it took to read; a refused request changes nothing, so that what it
        read can be read again to be counted."""
        self._asked, self._changed = [], []
        request()
        asked, changed = self._asked, self._changed
        reads = [counted(store, *each) for each in asked if each[0].startswith(READS)]
        work = Work([text for text, _ in asked], [rows for rows, _ in reads], changed)
        return work, sum(instructions for _, instructions in reads)


def counted(store: DatabaseForTests, text: str, values: Any) -> tuple[int, int]:
    """Return a statement's rows, and the instructions that SQLite takes; 0 on PostgreSQL."""
    if not isinstance(store, SqliteTestDatabase):
        assert isinstance(store, PostgresTestDatabase)
        with store.connect() as connection:
            return len(psycopg.RawCursor(connection).execute(text, values).fetchall()), 0
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    with closing(sqlite3.connect(store.file)) as database:
        database.execute("SELECT 1 FROM sqlite_master").fetchall()  # reads the schema, which is not to be counted
        database.set_progress_handler(count, 1)
        return len(database.execute(text, values).fetchall()), taken


@pytest.fixture(scope="module")
def world(
    template: Template, tmp_path_factory: pytest.TempPathFactory, running_installations: list[Installation]
) -> Iterator[World]:
    """Install without a response cache, and use the keys so that their use is not recorded during the test."""
    installation = Installation(template.copy_into(tmp_path_factory.mktemp("same")), response_cache_mb=0)
    running_installations.append(installation)
    world = world_of(installation)
    for relation in ("beside", "stranger"):
        crowd(world.owners[relation], world.things[relation])
    installation.rows("UPDATE api_key SET last_used_at = '2099-01-01 00:00:00.000000'")
    for client in world.keys.values():
        client("{ viewer { apiKey { id } } }")
    yield world
    installation.stop()
    installation.store.close()


def crowd(owner: Client, things: dict[str, str]) -> None:
    """Create many rows that refer to what is asked about: numbers of a trunk, versions of an agent, conversations, contacts."""
    for _ in range(MUCH):
        owner.number(trunk=things["trk"])
        owner.publish(owner.draft(things["agt"]))
        owner.create_queued(agentVersionId=things["ver"], agentNumber=things["number"])
    more = [{"e164": owner.installation.new_number()} for _ in range(MUCH)]
    owner.mutate_successfully("addContacts", "accepted", campaignId=things["cmp"], contacts=more)


@pytest.fixture
def recorder(running_installations: list[Installation]) -> Iterator[Recorder]:
    recorder = Recorder()
    before: Callable[..., Any] = recorder.before
    after: Callable[..., Any] = recorder.after
    join_stopping(running_installations)
    sa.event.listen(sa.Engine, "before_cursor_execute", before)
    sa.event.listen(sa.Engine, "after_cursor_execute", after)
    yield recorder
    sa.event.remove(sa.Engine, "before_cursor_execute", before)
    sa.event.remove(sa.Engine, "after_cursor_execute", after)


@pytest.mark.parametrize("key", ["plain", "admin"])
@pytest.mark.parametrize("place", [*ACTING_PLACES, *BY_ID], ids=str)
def test_r6_what_may_not_be_seen_is_looked_for_as_what_does_not_exist(
    world: World, recorder: Recorder, place: ProbedArgument, key: str
) -> None:
    store = world.keys[key].installation.store

    def work(it: str) -> tuple[Work, int]:
        return recorder.work_of(lambda: world.body(key, place, it), store)

    missing, taken = work(unknown(place.kind))
    assert missing.statements or "FORBIDDEN" in world.body(key, place, unknown(place.kind))
    for relation in world.relations(place, key):
        foreign, took = work(world.things[relation][place.kind])
        assert foreign == missing, relation
        assert took - taken <= MOST_TO_FIND_A_ROW, (relation, took, taken)
