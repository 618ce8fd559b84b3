"""One server a SQLite file: a second one says why it does not start, and whatever ends the first lets the next in."""

import json
import re
from pathlib import Path

import pytest

from tests.server_process import run_command, run_server_in

pytestmark = pytest.mark.sqlite


def test_a_second_server_on_the_same_file_says_why_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "linked.db").symlink_to("dialtree.db")
    with run_server_in(tmp_path) as first:
        northwind = first.root()
        for url in ("sqlite+aiosqlite:///dialtree.db", "sqlite+aiosqlite:///linked.db"):
            status, said, complaints = run_command(tmp_path, "serve", DIALTREE_PORT="0", DIALTREE_DATABASE_URL=url)
            assert (status, said, len(complaints)) == (1, [], 1)
            words = r"server\.py: \w+\.db is served by process (\d+) already, .* DIALTREE_DATABASE_URL\."
            told = re.fullmatch(words, complaints[0])
            assert told is not None
            assert int(told[1]) == first.process.pid
        assert northwind("{ viewer { organization { name } } }")["viewer"]["organization"]["name"] == "Northwind"


def test_a_second_server_does_not_migrate_what_the_first_one_serves(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as first:
        first.rows("UPDATE alembic_version SET version_num = '0001'")
        assert run_command(tmp_path, "serve", DIALTREE_PORT="0")[0] == 1
        assert first.rows("SELECT version_num FROM alembic_version") == [("0001",)]


def test_the_commands_work_beside_a_server(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as served:
        assert run_command(tmp_path, "migrate") == (0, ["dialtree.db is up to date."], [])
        status, said, _ = run_command(tmp_path, "create-organization", "Contoso", "--slug", "contoso", "--json")
        assert status == 0
        contoso = served.client(json.loads(said[-1])["apiKey"])
        assert contoso("{ viewer { organization { slug } } }")["viewer"]["organization"]["slug"] == "contoso"


def test_a_server_that_was_killed_leaves_the_file_to_the_next(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as first:
        key = first.root().secret
        first.kill()
        with run_server_in(tmp_path) as second:
            assert second.client(key)("{ viewer { organization { name } } }")["viewer"]


def test_two_files_in_a_folder_have_a_server_each(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as first, run_server_in(tmp_path, file="other.db") as second:
        assert [each.http.get("/healthz").status_code for each in (first, second)] == [200, 200]
