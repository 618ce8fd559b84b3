"""Fixtures: a PostgreSQL that a test may crash, and whose commits are synced; what is killed, on either engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.postgres import CrashingPostgres, create_cluster, create_database, start_if_stopped
from tests.crashes.victims import KilledDatabase, KilledServer, Victim
from tests.databases import Cluster, SqliteTestDatabase


@pytest.fixture(scope="session")
def crashing_cluster() -> Iterator[Cluster]:
    cluster = create_cluster()
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres(crashing_cluster: Cluster) -> Iterator[CrashingPostgres]:
    crashing = create_database(crashing_cluster)
    yield crashing
    start_if_stopped(crashing_cluster)
    crashing.store.close()


@pytest.fixture(params=["server-sqlite", "server-postgresql", "postgresql"])
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Victim:
    """What is killed: the server on each engine, or the database. All start empty, and what is committed is synced."""
    if request.param == "server-sqlite":
        return KilledServer(SqliteTestDatabase(tmp_path / "dialtree.db"))
    postgres: CrashingPostgres = request.getfixturevalue("postgres")
    return KilledDatabase(postgres) if request.param == "postgresql" else KilledServer(postgres.store)
