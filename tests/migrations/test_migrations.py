"""Migrations: they agree with the models, keep what is stored, happen whole or not at all, and know their limits."""

import os
import signal
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from migrations.schema_version import DatabaseTooNew
from models import Organization
from tests.databases import ON_POSTGRES, SEARCH_INDEX, DatabaseForTests, PostgresTestDatabase, Template, create_empty
from tests.installation import Installation
from tests.server_process import environment_of, run_command, start_command

# Indexes over expressions are not compared on SQLite, which both SQLAlchemy and Alembic tell.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]

REVISIONS = sorted(file.name[:4] for file in Path("migrations/versions").glob("[0-9]*.py"))
TIME = "2026-01-31 09:30:00.000000+00:00" if ON_POSTGRES else "2026-01-31 09:30:00.000000"


def test_the_migrations_make_what_the_models_say(template: Template, tmp_path: Path) -> None:
    with template.copy_into(tmp_path).connect_sqlalchemy() as migrated:
        # On PostgreSQL the one default there is, of changes, is a function, which Alembic cannot compare.
        opts = {
            "compare_type": True,
            "compare_server_default": not ON_POSTGRES,
            "include_name": lambda name, *_: not str(name).startswith(SEARCH_INDEX),
        }
        context = MigrationContext.configure(migrated, opts=opts)
        assert compare_metadata(context, Organization.metadata) == []


def test_the_migrations_check_what_the_models_check(template: Template, tmp_path: Path) -> None:
    """Alembic does not compare CHECKs, foreign keys' actions or the columns of keys: here they are, table by table."""

    def constraints(connection: sa.Connection) -> dict[str, object]:
        look = sa.inspect(connection)
        return {
            table: (
                sorted(
                    (str(check["name"]), " ".join(check["sqltext"].split()))
                    for check in look.get_check_constraints(table)
                ),
                sorted((str(key["name"]), key["options"].get("ondelete")) for key in look.get_foreign_keys(table)),
                sorted(str(unique["column_names"]) for unique in look.get_unique_constraints(table)),
                look.get_pk_constraint(table)["constrained_columns"],
            )
            for table in Organization.metadata.tables
        }

    with (
        create_empty(tmp_path).connect_sqlalchemy() as modelled,
        template.copy_into(tmp_path).connect_sqlalchemy() as migrated,
    ):
        Organization.metadata.create_all(modelled)
        assert constraints(migrated) == constraints(modelled)


def describe_schema(store: DatabaseForTests) -> Any:
    """All that the database is made of, in its own words."""
    if not ON_POSTGRES:
        return store.rows("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2")
    columns = "SELECT table_name, column_name, data_type, collation_name FROM information_schema.columns"
    return (
        store.rows(f"{columns} WHERE table_schema = 'public' ORDER BY 1, 2"),
        store.rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"),
        store.rows("SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"),
        store.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
    )


def test_migrating_twice_changes_nothing(installation: Installation) -> None:
    installation.root().number()
    before = describe_schema(installation.store), installation.contents()
    installation.store.migrate()
    assert (describe_schema(installation.store), installation.contents()) == before


DATA = f"""
INSERT INTO organization (id, parent_id, depth, name, slug, created_at) VALUES ('org_1', NULL, 1, 'One', 'one', '{TIME}');
INSERT INTO api_key (id, organization_id, name, scopes, secret_hash, created_at)
  VALUES ('key_1', 'org_1', 'admin', '["TRUNKS_READ"]', 'abc', '{TIME}');
INSERT INTO agent (id, organization_id, name, active, created_at) VALUES ('agt_1', 'org_1', 'Desk', TRUE, '{TIME}');
INSERT INTO agent_version (id, organization_id, agent_id, number, config, published_at, created_at)
  VALUES ('ver_1', 'org_1', 'agt_1', 1, '{{"a": "b"}}', '{TIME}', '{TIME}');
INSERT INTO trunk (id, organization_id, name, kind, transfer_mode, transfer_caller_id, calls_per_second,
  max_concurrent_calls, created_at)
  VALUES ('trk_1', 'org_1', 'Carrier', 'BYOC', 'ENABLE_ALL', 'FROM_TRANSFEREE', 1, 10, '{TIME}');
INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, outbound_agent_version_id,
  outbound_assigned_at, created_at, updated_at)
  VALUES ('num_1', 'org_1', 'trk_1', '+12065550100', TRUE, 'ver_1', '{TIME}', '{TIME}', '{TIME}');
INSERT INTO conversation (id, organization_id, direction, status, agent_number, user_number, phone_number_id,
  agent_version_id, resolution, idempotency_key, created_at)
  VALUES ('cnv_1', 'org_1', 'OUTBOUND', 'QUEUED', '+12065550100', '+12065550199', 'num_1', 'ver_1',
  '{{"steps": []}}', 'first', '{TIME}');
INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, created_at)
  VALUES ('trf_1', 'org_1', 'cnv_1', 'COLD', 'REQUESTED', '+12065550188', '{TIME}');
INSERT INTO organization (id, parent_id, depth, name, slug, created_at)
  VALUES ('org_2', 'org_1', 2, 'Two', 'two', '{TIME}');
INSERT INTO trunk (id, organization_id, name, kind, transfer_mode, transfer_caller_id, calls_per_second,
  max_concurrent_calls, outbound_address, outbound_auth_username, outbound_auth_password, outbound_transport,
  outbound_media_encryption, created_at)
  VALUES ('trk_2', 'org_1', 'Outbound', 'MANAGED_TWILIO', 'SIP_ONLY', 'FROM_TRANSFEROR', 5, 50, 'a.example.com', 'us',
  'sealed', 'TLS', 'REQUIRE', '{TIME}');
INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, inbound_agent_version_id,
  inbound_assigned_at, created_at, updated_at)
  VALUES ('num_2', 'org_1', 'trk_2', '+12065550101', FALSE, 'ver_1', '{TIME}', '{TIME}', '{TIME}');
INSERT INTO conversation (id, organization_id, direction, status, end_reason, sip_status, agent_number, phone_number_id,
  agent_version_id, agent_config, initial_context, custom_metadata, input_digest, created_at, answered_at, ended_at)
  VALUES ('cnv_2', 'org_1', 'INBOUND', 'COMPLETED', 'HANGUP', 200, '+12065550101', 'num_2', 'ver_1',
  '{{"a": 1}}', 'Hello', '{{"b": [2]}}', 'digest', '{TIME}', '{TIME}', '{TIME}');
INSERT INTO conversation (id, organization_id, direction, status, agent_number, phone_number_id, created_at)
  VALUES ('cnv_3', 'org_2', 'OUTBOUND', 'QUEUED', '+12065550100', 'num_1', '{TIME}');
UPDATE phone_number SET shareable = FALSE WHERE id = 'num_1'
"""
# From 0007 on.
CALLS = f"""
UPDATE conversation SET status = 'DIALING', dialed_at = '{TIME}', hang_up_requested_at = '{TIME}' WHERE id = 'cnv_1';
UPDATE transfer SET asked_at = '{TIME}', begun_at = '{TIME}', supervisor_instructions = 'Softly' WHERE id = 'trf_1';
INSERT INTO conversation (id, organization_id, direction, status, agent_number, phone_number_id, engine_reference,
  created_at) VALUES ('cnv_4', 'org_1', 'INBOUND', 'RINGING', '+12065550101', 'num_2', 'leg-1', '{TIME}')
"""
# From 0009 on whoever dials is a server.
OWNED_CALLS = f"INSERT INTO server (id, started_at, seen_at) VALUES ('srv_1', '{TIME}', '{TIME}');" + CALLS.replace(
    "status = 'DIALING'", "status = 'DIALING', server_id = 'srv_1'"
)
# The first revision that has the table, and the fewest rows that the data above leave in it.
ROWS = {
    **dict.fromkeys(("api_key", "agent", "agent_version", "transfer"), ("0001", 1)),
    **dict.fromkeys(("organization", "trunk", "phone_number"), ("0001", 2)),
    "conversation": ("0001", 3),
    "change": ("0003", 5),
    "audit_event": ("0004", 8),
}


def fill(store: DatabaseForTests, revision: str) -> None:
    calls = CALLS if revision < "0009" else OWNED_CALLS
    for statement in (f"{DATA};\n{calls}" if revision >= "0007" else DATA).split(";\n"):
        store.rows(statement)


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_is_stored_at_any_revision_is_kept(revision: str, template: Template, tmp_path: Path) -> None:
    store = create_empty(tmp_path)
    store.migrate(revision)
    fill(store, revision)
    columns = store.columns_by_table()
    stored = {
        table: sorted(store.rows(f"SELECT {', '.join(columns[table])} FROM {table}"), key=repr)
        for table in ROWS
        if table in columns
    }
    store.migrate()
    for table, (since, fewest) in ROWS.items():
        assert len(stored.get(table, ())) >= (fewest if revision >= since else 0)
    for table, rows in stored.items():
        if table == "change":  # a step that writes is told, too
            assert set(rows) <= set(store.rows(f"SELECT {', '.join(columns[table])} FROM {table}"))
            continue
        assert sorted(store.rows(f"SELECT {', '.join(columns[table])} FROM {table}"), key=repr) == rows
    assert describe_schema(store) == describe_schema(template.copy_into(tmp_path))


def test_a_migration_that_is_interrupted_has_not_happened_and_is_run_again(tmp_path: Path) -> None:
    """Stopped in its midst by a name that is taken, once many steps are done."""
    store = create_empty(tmp_path)
    store.migrate("0001")
    store.rows("CREATE INDEX ix_audit_event_organization_id_created_at ON agent (name)")
    before = describe_schema(store)
    with pytest.raises(DBAPIError, match="ix_audit_event_organization_id_created_at"):
        store.migrate()
    assert describe_schema(store) == before
    assert store.rows("SELECT version_num FROM alembic_version") == [("0001",)]
    store.rows("DROP INDEX ix_audit_event_organization_id_created_at")
    store.migrate()
    assert store.rows("SELECT version_num FROM alembic_version") == [(REVISIONS[-1],)]


def test_a_migration_that_is_killed_has_not_happened_and_is_run_again(tmp_path: Path, template: Template) -> None:
    store = create_empty(tmp_path)
    store.migrate("0001")
    fill(store, "0001")
    before = describe_schema(store), store.rows("SELECT * FROM conversation ORDER BY id")
    kill_during_migration(store, tmp_path)
    assert (describe_schema(store), store.rows("SELECT * FROM conversation ORDER BY id")) == before
    assert store.rows("SELECT version_num FROM alembic_version") == [("0001",)]
    store.migrate()
    assert describe_schema(store) == describe_schema(template.copy_into(tmp_path))


def kill_during_migration(store: DatabaseForTests, folder: Path) -> None:
    """kill -9 for `migrate`: at PostgreSQL while it waits for a writer, at SQLite in the middle of its own writing."""
    if not isinstance(store, PostgresTestDatabase):
        strace = ("strace", "-f", "-o", os.devnull, "-e", "inject=pwrite64:signal=SIGKILL:when=20")
        process = start_command(folder, "migrate", errors=PIPE, under=strace, **environment_of(store))
        process.communicate(timeout=300)
    else:
        with store.connect() as writer:
            writer.execute("BEGIN")
            writer.execute("LOCK TABLE conversation IN ROW EXCLUSIVE MODE")
            process = start_command(folder, "migrate", errors=PIPE, **environment_of(store))
            while not store.rows("SELECT pid FROM pg_locks WHERE NOT granted"):
                assert process.poll() is None
            process.kill()
            process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL


def test_an_older_server_refuses_a_newer_database(template: Template, tmp_path: Path) -> None:
    store = template.copy_into(tmp_path)
    store.rows("UPDATE alembic_version SET version_num = '9999'")
    before = describe_schema(store)
    with pytest.raises(DatabaseTooNew, match="9999"):
        store.migrate()
    environment = {f"DIALTREE_{name.upper()}": value for name, value in store.settings.items()}
    for command in ("migrate", "serve", "demo"):
        status, said, complaints = run_command(tmp_path, command, **environment)
        assert (status, said, len(complaints)) == (1, [], 1)
        assert complaints[0].startswith("server.py: The database is at revision 9999, which this version of Dialtree")
    assert describe_schema(store) == before


def test_text_sorts_by_its_bytes_in_every_table(template: Template, tmp_path: Path) -> None:
    """As SQLite does by itself, PostgreSQL where its columns say so."""
    if not ON_POSTGRES:
        assert "COLLATE" not in str(describe_schema(template.copy_into(tmp_path)))
        return
    words = template.copy_into(tmp_path).rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND data_type = 'character varying' AND character_maximum_length IS DISTINCT FROM 40"
        " AND collation_name IS DISTINCT FROM 'C'"
    )
    assert words == []
