"""Backups while serving, and a restore that is worked with: whole or not at all, and nothing is ever overwritten."""

import re
import resource
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from models.encryption import SecretBox
from tests.installation import Client
from tests.operating.concurrent_writer import write_in_background
from tests.server_process import ServerProcess, run_command, run_server_in

pytestmark = pytest.mark.sqlite


def test_a_backup_of_a_server_at_work_is_restored_and_served(tmp_path: Path) -> None:
    """What was acknowledged before the backup is in it; after the loss of the machine it goes on from there."""
    backup, elsewhere = tmp_path / "monday.db", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with run_server_in(tmp_path) as served:
        northwind = served.root()
        trunk = northwind.sealed_trunk("hunter2")
        with write_in_background(northwind) as acknowledged:
            before = list(acknowledged)
            status, said, complaints = run_command(tmp_path, "backup", "monday.db")
        assert (status, complaints, len(said)) == (0, [], 1)
        assert re.fullmatch(
            r"monday\.db holds dialtree\.db as it was just now: [\d.]+ MB\. The secret keys .+", said[0]
        )
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert not list(tmp_path.glob("monday.db?*"))
        key = SecretBox.from_text((tmp_path / "dialtree.key").read_text().strip())

    status, said, complaints = run_command(elsewhere, "restore", str(backup))
    assert (status, complaints, len(said)) == (0, [], 1)
    shutil.copyfile(tmp_path / "dialtree.key", elsewhere / "dialtree.key")
    with run_server_in(elsewhere) as restored:
        again = restored.client(northwind.secret)
        assert text_log_of(restored) == ""
        kept = again("{ conversations(last: 100) { nodes { idempotencyKey } } }")["conversations"]["nodes"]
        assert set(before) <= {each["idempotencyKey"] for each in kept}
        assert restored.password(trunk, key) == "hunter2"
        again.create_queued(agentConfig={}, idempotencyKey="after")


QUEUE = {
    (): ("Queued conversations ended CANCELLED: 2.", ("CANCELLED", "CANCELLED", True)),
    ("--keep-queue",): ("The queue is kept.", ("QUEUED", None, False)),
}


@pytest.mark.parametrize("options", QUEUE)
def test_who_waited_when_the_backup_was_made_is_not_dialed_after_a_restore_unless_told(
    queued: tuple[Path, Client], tmp_path: Path, options: tuple[str, ...]
) -> None:
    (backup, northwind), (told, ended) = queued, QUEUE[options]
    outcome, said, _ = run_command(tmp_path, "restore", str(backup), *options)
    assert (outcome, len(said), told in said[0]) == (0, 1, True)
    with run_server_in(tmp_path) as restored:
        nodes = restored.client(northwind.secret)("{ conversations { nodes { status endReason endedAt } } }")
        found = nodes["conversations"]["nodes"]
    assert [(each["status"], each["endReason"], bool(each["endedAt"])) for each in found] == [ended] * 2


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Client]:
    """A backup in which two conversations wait, and whose they are."""
    folder = tmp_path_factory.mktemp("queued")
    with run_server_in(folder) as served:
        number = (northwind := served.root()).number()
        for _ in range(2):
            northwind.create_queued(agentNumber=number.e164, agentConfig={})
        assert run_command(folder, "backup", "monday.db")[0] == 0
    return folder / "monday.db", northwind


def test_a_restore_without_its_key_is_told_at_the_start_and_mended_by_the_key(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as served:
        northwind = served.root()
        northwind.sealed_trunk("hunter2")
        assert run_command(tmp_path, "backup", "monday.db")[0] == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run_command(elsewhere, "restore", "../monday.db")[0] == 0
    assert log_at_start(elsewhere).startswith("Trunk passwords encrypted with a missing secret key: 1. ")
    assert log_at_start(elsewhere, (tmp_path / "dialtree.key").read_text().strip()) == ""
    shutil.copyfile(tmp_path / "dialtree.key", elsewhere / "dialtree.key")
    assert log_at_start(elsewhere) == ""


def log_at_start(folder: Path, secret_keys: str = "") -> str:
    """What a server writes to its log before it serves."""
    with run_server_in(folder, DIALTREE_SECRET_KEYS=secret_keys) as served:
        told = text_log_of(served)
        served.log.write_text("")
    return told


def text_log_of(served: ServerProcess) -> str:
    """What stands in its log for a person, among the lines for programs."""
    return "".join(line for line in served.log.read_text().splitlines(True) if not line.startswith("{"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with something to keep, and a backup of it."""
    folder = tmp_path_factory.mktemp("kept")
    with run_server_in(folder) as served:
        served.root()
        assert run_command(folder, "backup", "taken.db")[0] == 0
        (folder / "garbage.db").write_bytes(b"garbage" * 1000)
        yield served


REFUSED = {
    "a backup over a file": (("backup", "taken.db"), {}, "taken.db exists, and is not overwritten"),
    "a backup over the database": (("backup", "dialtree.db"), {}, "dialtree.db exists, and is not overwritten"),
    "a backup into no folder": (("backup", "nowhere/new.db"), {}, "nowhere/new.db cannot be written"),
    "a backup of nothing": (("backup", "new.db"), {"DIALTREE_DATABASE_URL": "none.db"}, "no database none.db"),
    "a backup of garbage": (("backup", "new.db"), {"DIALTREE_DATABASE_URL": "garbage.db"}, "could not be copied"),
    "a restore of nothing": (("restore", "none.db"), {"DIALTREE_DATABASE_URL": "new.db"}, "no backup none.db"),
    "a restore of garbage": (("restore", "garbage.db"), {"DIALTREE_DATABASE_URL": "new.db"}, "could not be copied"),
    "a restore under a server": (("restore", "taken.db"), {}, "is served by process"),
    "a restore over a database": (
        ("restore", "taken.db"),
        {"DIALTREE_DATABASE_URL": "garbage.db"},
        "garbage.db exists",
    ),
    "a restore beside what another left": (
        ("restore", "taken.db"),
        {"DIALTREE_DATABASE_URL": "left.db"},
        "left.db-wal exists",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_copied_says_why_in_one_line_and_leaves_everything(kept: ServerProcess, what: str) -> None:
    command, environment, why = REFUSED[what]
    folder = kept.file.parent
    (folder / "left.db-wal").touch()
    settings = {name: f"sqlite+aiosqlite:///{file}" for name, file in environment.items()}
    before = {file.name: file.stat().st_size for file in folder.iterdir() if not file.name.endswith("-lock")}
    status, said, complaints = run_command(folder, *command, **settings)
    assert (status, said, len(complaints)) == (1, [], 1)
    assert complaints[0].startswith("server.py: ")
    assert why in complaints[0]
    assert {file.name: file.stat().st_size for file in folder.iterdir() if not file.name.endswith("-lock")} == before


def test_a_backup_that_is_broken_off_leaves_nothing_under_its_name(kept: ServerProcess) -> None:
    """The disk is full halfway: nothing but an error is left."""
    folder = kept.file.parent
    with largest_file(100_000):
        status, said, complaints = run_command(folder, "backup", "halfway.db")
    assert (status, said, len(complaints)) == (1, [], 1)
    assert complaints[0].endswith(" Nothing was written.")
    assert list(folder.glob("halfway.db*")) == []


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """What is started meanwhile can write no larger file."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_backup_is_one_file_that_any_sqlite_reads(kept: ServerProcess) -> None:
    with closing(sqlite3.connect(kept.file.with_name("taken.db"))) as backup:
        assert backup.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert backup.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert backup.execute("SELECT name FROM organization").fetchall() == [("Northwind",)]
