"""Servers on one PostgreSQL, as processes: what is asked of one, and who carries a call."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.installation import Client
from tests.processes import Served, served_in
from tests.stores import PostgresStore

DIALS = {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow"}


@contextmanager
def serving(folder: Path, store: PostgresStore, name: str, **environment: str) -> Iterator[Served]:
    """A server with a log of its own."""
    (folder / name).mkdir()
    with served_in(folder / name, store=store, **(DIALS | environment)) as served:
        yield served


@contextmanager
def two_servers(folder: Path, store: PostgresStore, **environment: str) -> Iterator[Sequence[Served]]:
    with ExitStack() as both:
        yield [both.enter_context(serving(folder, store, name, **environment)) for name in ("first", "second")]


def through(server: Served, client: Client) -> Client:
    """The same client, asking another server."""
    again = server.client(client.secret)
    again.organization_id = client.organization_id
    return again


def started(server: Served) -> set[str]:
    """As what it has served, in the words of its log."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return {line["server"] for line in lines if line["event"] == "server_started"}


def owners(server: Served, *conversations: str) -> set[str]:
    """The servers whose these calls are."""
    whose = "SELECT server_id FROM conversation WHERE id = ?"
    return {str(row[0]) for each in conversations for row in server.rows(whose, each)}
