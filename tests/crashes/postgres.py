"""Crash a PostgreSQL whose commits are synced: by SIGKILL, as in a power cut, or by cutting its connections."""

import itertools
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.databases import Cluster, PostgresTestDatabase

TEMPLATE = "template_dialtree"
_names = itertools.count(1)


@dataclass(frozen=True)
class CrashingPostgres:
    """A PostgreSQL cluster, and the database of one test in it."""

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


def create_cluster() -> Cluster:
    """Create a cluster whose commits are synced, with a migrated database to copy."""
    cluster = Cluster()
    PostgresTestDatabase(TEMPLATE, of=cluster).migrate()
    cluster.run("pg_ctl", "-m", "immediate", "-w", "stop")
    cluster.start(fsync="on")
    return cluster


def create_database(cluster: Cluster) -> CrashingPostgres:
    """Create a database for a test."""
    return CrashingPostgres(cluster, PostgresTestDatabase(f"dialtree_{next(_names)}", TEMPLATE, cluster))


def start_if_stopped(cluster: Cluster) -> None:
    """Start a cluster that a test has left stopped because it failed."""
    try:
        cluster.execute_as_superuser("SELECT 1")
    except psycopg.OperationalError:
        cluster.start(fsync="on")
