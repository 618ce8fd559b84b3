"""`copy`: a whole installation moves to PostgreSQL, equal row by row, or nothing of it does."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from demo import create_demo_tree
from models.encryption import SecretBox
from tests.databases import PostgresTestDatabase, SqliteTestDatabase
from tests.installation import Client, Number
from tests.server_process import Outcome, environment_of, run_command, run_server_in, start_command

pytestmark = pytest.mark.sqlite


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PostgresTestDatabase]:
    created = PostgresTestDatabase(f"moved_{abs(hash(tmp_path))}")
    yield created
    created.close()


def fill_by_server(folder: Path) -> tuple[str, str, str]:
    """Something of everything, as a server left it: a key's secret, a sealed trunk, a conversation."""
    with run_server_in(folder) as served:
        served.run_as_operator(lambda session: create_demo_tree(session, served.settings.secret_box()))
        northwind = served.root("Eastwind")
        trunk = northwind.sealed_trunk("open sesame")
        number = northwind.number(trunk=trunk)
        northwind.version(northwind.agent(), number)
        northwind.child()
        fill_campaign(northwind, number)
        made = northwind.create_queued(
            agentNumber=number.e164, metadata={"a": [1, 1.0, None, "é"]}, idempotencyKey="once"
        )
        return str(northwind.secret), trunk, made["id"]


def fill_campaign(owner: Client, number: Number) -> None:
    """A campaign with a pool, contacts, an import with a refused row, and a suppression."""
    pool = [{"e164": number.e164}]
    made = owner.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups", pool=pool)
    campaign = made["campaign"]["id"]
    contacts = [{"e164": "+12125550100", "variables": {"name": "Zoë"}}, {"e164": "+12125550101"}]
    owner.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=contacts)
    owner.mutate_successfully("addSuppressions", "__typename", e164s=["+12125550101"])
    sent = owner.mutate_successfully("createContactImport", "contactImport { uploadPath }", campaignId=campaign)
    path = sent["contactImport"]["uploadPath"]
    answer = owner.installation.http.put(path, content=b"e164\n+12125550102\nnobody\n", headers=owner.headers)
    assert answer.status_code == 200


def run_copy(folder: Path, store: PostgresTestDatabase, **environment: str) -> Outcome:
    return run_command(folder, "copy", **({"DIALTREE_COPY_TO": store.owner_url} | environment))


def copied_at_a_terminal(folder: Path, store: PostgresTestDatabase) -> tuple[int, str]:
    """What a person sees of errors and progress."""
    terminal, errors = os.openpty()
    process = start_command(folder, "copy", errors=errors, DIALTREE_COPY_TO=store.owner_url)
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


def test_all_of_an_installation_is_there_and_goes_on(tmp_path: Path, store: PostgresTestDatabase) -> None:
    secret, trunk, conversation = fill_by_server(tmp_path)
    status, said, complaints = run_copy(tmp_path, store)
    assert status == 0, complaints
    counts = {line.split()[0]: int(line.split()[1]) for line in said[:-1]}
    here = SqliteTestDatabase(tmp_path / "dialtree.db")
    for table, rows in counts.items():
        assert here.rows(f"SELECT count(*) FROM {table}") == store.rows(f"SELECT count(*) FROM {table}") == [(rows,)]
        assert rows > 0 or table == "transfer"
    keys = (tmp_path / "dialtree.key").read_text().strip()
    with run_server_in(tmp_path, store=store, DIALTREE_SECRET_KEYS=keys) as moved:
        client = moved.client(secret)
        assert client.conversation(conversation)["metadata"] == {"a": [1, 1.0, None, "é"]}
        assert moved.password(trunk, SecretBox.from_text(keys)) == "open sesame"
        assert client.agent()
        assert client.call(agentNumber="+1", idempotencyKey="once")["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_a_database_that_holds_something_is_left_alone(tmp_path: Path, store: PostgresTestDatabase) -> None:
    fill_by_server(tmp_path)
    assert run_copy(tmp_path, store)[0] == 0
    before = store.rows("SELECT * FROM organization ORDER BY id")
    status, _, complaints = run_copy(tmp_path, store)
    assert (status, complaints[-1][:50]) == (1, "server.py: the database to copy to holds data alre")
    assert store.rows("SELECT * FROM organization ORDER BY id") == before


def test_a_copy_that_fails_leaves_nothing_and_can_be_repeated(tmp_path: Path, store: PostgresTestDatabase) -> None:
    """It fails at the last of what it copies: a conversation that the other database does not take."""
    fill_by_server(tmp_path)
    store.migrate()
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


def test_an_installation_that_is_served_is_not_copied(tmp_path: Path, store: PostgresTestDatabase) -> None:
    with run_server_in(tmp_path) as served:
        status, _, complaints = run_copy(tmp_path, store)
        assert (status, str(served.process.pid) in complaints[-1]) == (1, True)


INVARIANT_VIOLATIONS = {
    "organizations whose depth is not one more": "UPDATE organization SET depth = 7 WHERE parent_id IS NOT NULL",
    "numbers with an unpublished version": "UPDATE agent_version SET published_at = NULL",
    "conversations whose agent number is not that": "UPDATE conversation SET agent_number = '+12065559999'",
    "neither to their organization nor to one above": "UPDATE organization SET parent_id = NULL, depth = 1",
    "conversations that are queued although": "UPDATE conversation SET dialed_at = created_at",
    "campaigns whose counts of contacts or attempts": (
        "INSERT INTO contact_count (campaign_id, kind, key, shard, count) VALUES ('cmp_x', 'status', 'PENDING', 0, 1)"
    ),
    "transfers whose end time does not match": """INSERT INTO transfer (id, organization_id, conversation_id, kind, status,
        transfer_number, created_at) SELECT 'trf_x', organization_id, id, 'COLD', 'COMPLETED', agent_number, created_at
        FROM conversation""",
}


@pytest.mark.parametrize("what", INVARIANT_VIOLATIONS)
def test_what_breaks_a_rule_is_not_copied(lived: Path, tmp_path: Path, store: PostgresTestDatabase, what: str) -> None:
    """As an older version or somebody's hand may have left it."""
    here = SqliteTestDatabase(tmp_path / "dialtree.db", lived / "dialtree.db")
    for (trigger,) in here.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'audit%'"):
        here.rows(f"DROP TRIGGER {trigger}")
    here.rows(INVARIANT_VIOLATIONS[what])
    status, said, complaints = run_copy(tmp_path, store)
    assert (status, said) == (1, [])
    assert what in complaints[-1]
    assert store.rows("SELECT id FROM organization") == []


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a conversation over a borrowed number."""
    folder = tmp_path_factory.mktemp("lived")
    with run_server_in(folder) as served:
        northwind = served.root()
        number = northwind.number(shareable=True)
        northwind.version(northwind.agent(), number)
        northwind.child().create_queued(agentNumber=number.e164, agentConfig={})
    with closing(sqlite3.connect(folder / "dialtree.db")) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def test_a_postgresql_that_is_served_is_not_copied_and_another_is(tmp_path: Path, store: PostgresTestDatabase) -> None:
    source = PostgresTestDatabase(f"served_{store.name}")
    with run_server_in(tmp_path, store=source) as served:
        northwind = served.root()
        status, said, complaints = run_copy(tmp_path, store, **environment_of(source))
        assert (status, said) == (1, [])
        assert "the database is being served" in complaints[-1]
    assert run_copy(tmp_path, store, **environment_of(source))[0] == 0
    assert store.rows("SELECT id FROM organization") == [(northwind.organization_id,)]
    source.close()


@pytest.mark.parametrize("to", ["sqlite+aiosqlite:///other.db", "postgresql://localhost/dialtree", "nothing", ""])
def test_only_a_postgresql_database_can_be_copied_to(tmp_path: Path, to: str) -> None:
    status, said, complaints = run_command(tmp_path, "copy", DIALTREE_COPY_TO=to)
    assert (status, said) == (2 if to else 1, [])
    assert complaints[-1].startswith("server.py: DIALTREE_COPY_TO ")
