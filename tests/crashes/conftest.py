"""A PostgreSQL that a test may crash, and whose commits are synced."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from migrations import migrate
from tests.stores import Cluster, PostgresStore


@dataclass(frozen=True)
class CrashingPostgres:
    """Its own for the test: it is nobody else's trouble."""

    cluster: Cluster
    store: PostgresStore

    def crash(self) -> None:
        """As a power cut ends it: no transaction is finished, no connection is closed, and nothing is written back."""
        self.cluster.run("pg_ctl", "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """kill -9 for all of it at once: not even PostgreSQL's own processes hear of the end of the others."""
        self.cluster.kill()

    def start(self) -> None:
        self.cluster.start(fsync="on")

    def cut_connections(self) -> None:
        """All that servers have, in the middle of whatever they do; when this returns, none is left."""
        theirs = "FROM pg_stat_activity WHERE usename = 'dialtree'"
        self.cluster.administer(f"SELECT pg_terminate_backend(pid) {theirs}")
        while self.rows(f"SELECT pid {theirs}"):
            self.cluster.administer(f"SELECT pg_terminate_backend(pid) {theirs}")

    def let_in(self, connections: int) -> None:
        """At most so many more of the servers'; -1: any number."""
        self.cluster.administer(f"ALTER DATABASE {self.store.name} CONNECTION LIMIT {connections}")

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Also where servers are not let in."""
        with self.cluster.connect(self.store.name, "postgres") as connection:
            return connection.execute(statement.encode()).fetchall()


@pytest.fixture
def postgres() -> Iterator[CrashingPostgres]:
    cluster = Cluster()
    made = CrashingPostgres(cluster, PostgresStore("dialtree", of=cluster))
    migrate(made.store.url)
    made.crash()
    made.start()
    yield made
    made.store.close()
    cluster.stop()
