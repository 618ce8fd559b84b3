"""Fixtures: a PostgreSQL that a test may crash, and whose commits are synced; a database of either engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Cluster, DatabaseForTests, PostgresTestDatabase, SqliteTestDatabase


@dataclass(frozen=True)
class CrashingPostgres:
    """A PostgreSQL cluster for one test."""

    cluster: Cluster
    store: PostgresTestDatabase

    def crash(self) -> None:
        """Stop as in a power cut: no transaction is finished, no connection closed, no page written back."""
        self.cluster.run("pg_ctl", "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """Send SIGKILL to all its processes at once, so that none can react to the end of another."""
        self.cluster.kill()

    def start(self) -> None:
        self.cluster.start(fsync="on")

    def cut_connections(self) -> None:
        """Cut every connection of the servers, whatever it is doing, and return when none is left."""
        theirs = "FROM pg_stat_activity WHERE usename = 'dialtree'"
        self.cluster.execute_as_superuser(f"SELECT pg_terminate_backend(pid) {theirs}")
        while self.rows(f"SELECT pid {theirs}"):
            self.cluster.execute_as_superuser(f"SELECT pg_terminate_backend(pid) {theirs}")

    def limit_connections(self, connections: int) -> None:
        """Limit the connections of the servers to that many; -1: no limit."""
        self.cluster.execute_as_superuser(f"ALTER DATABASE {self.store.name} CONNECTION LIMIT {connections}")

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Query as the superuser, even if servers may not connect."""
        with self.cluster.connect(self.store.name, "postgres") as connection:
            return connection.execute(statement.encode()).fetchall()


@pytest.fixture
def postgres() -> Iterator[CrashingPostgres]:
    cluster = Cluster()
    crashing = CrashingPostgres(cluster, PostgresTestDatabase("dialtree", of=cluster))
    crashing.store.migrate()
    crashing.crash()
    crashing.start()
    yield crashing
    crashing.store.close()
    cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseForTests:
    """An empty database of each engine: its commits are synced."""
    if request.param == "sqlite":
        return SqliteTestDatabase(tmp_path / "dialtree.db")
    postgres: CrashingPostgres = request.getfixturevalue("postgres")
    return postgres.store
