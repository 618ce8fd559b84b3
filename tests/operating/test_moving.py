"""`copy --to`: a whole installation moves to PostgreSQL, equal row by row, or nothing of it does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import plant
from models.sealed import Seal
from tests.processes import run, served_in
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


def copied(folder: Path, store: PostgresStore) -> tuple[int, list[str], list[str]]:
    return run(folder, "copy", "--to", store.url)


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
    status, said, complaints = copied(tmp_path, store)
    assert (status, said) == (1, [])
    assert "none_at_all" in complaints[-1]
    assert store.rows("SELECT id FROM organization") == []
    store.rows("ALTER TABLE conversation DROP CONSTRAINT none_at_all")
    assert copied(tmp_path, store)[0] == 0
    noted = store.rows("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'")
    assert noted == []


def test_an_installation_that_is_served_is_not_copied(tmp_path: Path, store: PostgresStore) -> None:
    with served_in(tmp_path) as served:
        status, _, complaints = copied(tmp_path, store)
        assert (status, str(served.process.pid) in complaints[-1]) == (1, True)


@pytest.mark.parametrize("to", ["sqlite+aiosqlite:///other.db", "postgresql://localhost/dialtree", "nothing"])
def test_only_a_postgresql_database_can_be_copied_to(tmp_path: Path, to: str) -> None:
    status, said, complaints = run(tmp_path, "copy", "--to", to)
    assert (status, said) == (1, [])
    assert complaints[-1].startswith("server.py: --to ")
