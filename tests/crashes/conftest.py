"""A PostgreSQL that a test may crash, and whose commits are synced."""

from collections.abc import Iterator
from dataclasses import dataclass

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

    def start(self) -> None:
        self.cluster.start(fsync="on")

    def cut_connections(self) -> None:
        """All that servers have, in the middle of whatever they do."""
        self.cluster.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'dialtree'")


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
