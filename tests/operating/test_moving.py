"""`copy --to`: a whole installation moves to PostgreSQL, equal row by row, or nothing of it does."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from demo import plant
from models.sealed import Seal
from tests.processes import Outcome, kept_in, run, served_in, start
from tests.stores import PostgresStore, SqliteStore

pytestmark = pytest.mark.sqlite


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PostgresStore]:
    created = PostgresStore(f"moved_{abs(hash(tmp_path))}")
    yield created
    created.close()


def lived_in(folder: Path) -> tuple[str, str, str]:
    """Something of everything, as a server left it: a key's secret, a sealed trunk, a conversation."""
    with served_in(folder) as served:
        served.operator(lambda session: plant(session, served.settings.seal()))
        northwind = served.root("Eastwind")
        trunk = northwind.sealed_trunk("open sesame")
        number = northwind.number(trunk=trunk)
        northwind.version(northwind.agent(), number)
        northwind.child()
        made = northwind.queued(agentNumber=number.e164, metadata={"a": [1, 1.0, None, "é"]}, idempotencyKey="once")
        return str(northwind.secret), trunk, made["id"]


def copied(folder: Path, store: PostgresStore, **environment: str) -> Outcome:
    return run(folder, "copy", "--to", store.url, **environment)


def copied_at_a_terminal(folder: Path, store: PostgresStore) -> tuple[int, str]:
    """What a person sees of errors and progress."""
    terminal, errors = os.openpty()
    process = start(folder, "copy", "--to", store.url, errors=errors)
    os.close(errors)
    seen = b""
    with suppress(OSError):  # Linux' way to say that nobody has the terminal any more
        while part := os.read(terminal, 65536):
            seen += part
    os.close(terminal)
    process.communicate(timeout=120)
    return process.returncode, seen.decode()


def percents(seen: str) -> list[int]:
    return [int(each) for each in re.findall(r"(\d+)%", seen)]


def test_all_of_an_installation_is_there_and_goes_on(tmp_path: Path, store: PostgresStore) -> None:
    secret, trunk, conversation = lived_in(tmp_path)
    status, said, complaints = copied(tmp_path, store)
    assert status == 0, complaints
    counts = {line.split()[0]: int(line.split()[1]) for line in said[:-1]}
    here = SqliteStore(tmp_path / "dialtree.db")
    for table, rows in counts.items():
        assert here.rows(f"SELECT count(*) FROM {table}") == store.rows(f"SELECT count(*) FROM {table}") == [(rows,)]
        assert rows > 0 or table == "transfer"
    keys = (tmp_path / "dialtree.key").read_text().strip()
    with served_in(tmp_path, store=store, DIALTREE_SECRET_KEYS=keys) as moved:
        client = moved.client(secret)
        assert client.conversation(conversation)["metadata"] == {"a": [1, 1.0, None, "é"]}
        assert moved.password(trunk, Seal.from_text(keys)) == "open sesame"
        assert client.agent()
        assert client.call(agentNumber="+1", idempotencyKey="once")["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_a_database_that_holds_something_is_left_alone(tmp_path: Path, store: PostgresStore) -> None:
    lived_in(tmp_path)
    assert copied(tmp_path, store)[0] == 0
    before = store.rows("SELECT * FROM organization ORDER BY id")
    status, _, complaints = copied(tmp_path, store)
    assert (status, complaints[-1][:50]) == (1, "server.py: the database to copy to holds data alre")
    assert store.rows("SELECT * FROM organization ORDER BY id") == before


def test_a_copy_that_fails_leaves_nothing_and_can_be_repeated(tmp_path: Path, store: PostgresStore) -> None:
    """It fails at the last of what it copies: a conversation that the other database does not take."""
    lived_in(tmp_path)
    assert run(tmp_path, "migrate", DIALTREE_DATABASE_URL=store.url, DIALTREE_SECRET_KEYS=Seal.new_key())[0] == 0
    store.rows("ALTER TABLE conversation ADD CONSTRAINT none_at_all CHECK (idempotency_key IS NULL)")
    status, seen = copied_at_a_terminal(tmp_path, store)
    assert (status, "none_at_all" in seen) == (1, True)
    assert percents(seen) == sorted(percents(seen))  # it is tried once
    assert percents(seen)[-1] < 100
    assert store.rows("SELECT id FROM organization") == []
    store.rows("ALTER TABLE conversation DROP CONSTRAINT none_at_all")
    status, seen = copied_at_a_terminal(tmp_path, store)
    assert (status, percents(seen)[-1]) == (0, 100)
    assert percents(seen) == sorted(percents(seen))
    noted = store.rows("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'")
    assert noted == []


def test_an_installation_that_is_served_is_not_copied(tmp_path: Path, store: PostgresStore) -> None:
    with served_in(tmp_path) as served:
        status, _, complaints = copied(tmp_path, store)
        assert (status, str(served.process.pid) in complaints[-1]) == (1, True)


BROKEN = {
    "organizations that do not stand below": "UPDATE organization SET depth = 7 WHERE parent_id IS NOT NULL",
    "numbers with an unpublished version": "UPDATE agent_version SET published_at = NULL",
    "conversations that show another number": "UPDATE conversation SET agent_number = '+12065559999'",
    "neither their own nor from above": "UPDATE organization SET parent_id = NULL, depth = 1",
    "conversations that wait though they were dialed": "UPDATE conversation SET dialed_at = created_at",
    "transfers that are over": """INSERT INTO transfer (id, organization_id, conversation_id, kind, status,
        transfer_number, created_at) SELECT 'trf_x', organization_id, id, 'COLD', 'COMPLETED', agent_number, created_at
        FROM conversation""",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_a_rule_is_not_copied(lived: Path, tmp_path: Path, store: PostgresStore, what: str) -> None:
    """As an older version or somebody's hand may have left it."""
    here = SqliteStore(tmp_path / "dialtree.db", lived / "dialtree.db")
    for (trigger,) in here.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'audit%'"):
        here.rows(f"DROP TRIGGER {trigger}")
    here.rows(BROKEN[what])
    status, said, complaints = copied(tmp_path, store)
    assert (status, said) == (1, [])
    assert what in complaints[-1]
    assert store.rows("SELECT id FROM organization") == []


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a conversation over a borrowed number."""
    folder = tmp_path_factory.mktemp("lived")
    with served_in(folder) as served:
        northwind = served.root()
        number = northwind.number(shareable=True)
        northwind.version(northwind.agent(), number)
        northwind.child().queued(agentNumber=number.e164, agentConfig={})
    with closing(sqlite3.connect(folder / "dialtree.db")) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def test_a_postgresql_that_is_served_is_not_copied_and_another_is(tmp_path: Path, store: PostgresStore) -> None:
    source = PostgresStore(f"served_{store.name}")
    with served_in(tmp_path, store=source) as served:
        northwind = served.root()
        status, said, complaints = copied(tmp_path, store, **kept_in(source))
        assert (status, said) == (1, [])
        assert "the database is being served" in complaints[-1]
    assert copied(tmp_path, store, **kept_in(source))[0] == 0
    assert store.rows("SELECT id FROM organization") == [(northwind.organization_id,)]
    source.close()


@pytest.mark.parametrize("to", ["sqlite+aiosqlite:///other.db", "postgresql://localhost/dialtree", "nothing"])
def test_only_a_postgresql_database_can_be_copied_to(tmp_path: Path, to: str) -> None:
    status, said, complaints = run(tmp_path, "copy", "--to", to)
    assert (status, said) == (1, [])
    assert complaints[-1].startswith("server.py: --to ")
