"""Run servers as processes on one PostgreSQL, and tell which of them carries a call."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.databases import PostgresTestDatabase
from tests.installation import Client
from tests.server_process import ServerProcess, run_server_in

DIALING_ON = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow"}


@contextmanager
def serve_one(folder: Path, store: PostgresTestDatabase, name: str, **environment: str) -> Iterator[ServerProcess]:
    """Start a server with a log of its own."""
    (folder / name).mkdir()
    with run_server_in(folder / name, store=store, **(DIALING_ON | environment)) as served:
        yield served


@contextmanager
def two_servers(folder: Path, store: PostgresTestDatabase, **environment: str) -> Iterator[Sequence[ServerProcess]]:
    with ExitStack() as both:
        yield [both.enter_context(serve_one(folder, store, name, **environment)) for name in ("first", "second")]


def client_of(server: ServerProcess, client: Client) -> Client:
    """Return the client, with its requests sent to another server."""
    again = server.client(client.secret)
    again.organization_id = client.organization_id
    return again


def server_ids(server: ServerProcess) -> set[str]:
    """Return the ids under which the server has served, from its log."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return {line["server"] for line in lines if line["event"] == "server_started"}


def owning_servers(server: ServerProcess, *conversations: str) -> set[str]:
    """Return the servers that carry these calls."""
    whose = "SELECT server_id FROM conversation WHERE id = ?"
    return {str(row[0]) for each in conversations for row in server.rows(whose, each)}
