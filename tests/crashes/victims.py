"""Kill the server of a test, or the database under it, and have it back."""

import os
from collections.abc import Callable
from itertools import cycle
from typing import Protocol

import httpx
import pytest

from tests.crashes.postgres import CrashingPostgres
from tests.databases import DatabaseForTests
from tests.installation import Client
from tests.retrying import attempts
from tests.server_process import ServerProcess

FULL = os.environ.get("DIALTREE_TORTURE") == "1"
QUERY = "{ viewer { organization { name } } }"


class Victim(Protocol):
    """What is killed, `kills` times, while a server does something."""

    store: DatabaseForTests
    kills: int

    def kill(self, server: ServerProcess) -> None: ...

    def restart_database(self) -> None:
        """Have the database back, and nothing more."""

    def restart(self, server: ServerProcess, client: Client) -> None:
        """Have all back, and the server answer its client."""

    def assert_cut(self, send: Callable[[], httpx.Response]) -> None:
        """Send a request during which it is killed: it must not succeed."""


class KilledServer:
    """The server itself."""

    kills = 12 if FULL else 2

    def __init__(self, store: DatabaseForTests) -> None:
        self.store = store

    def kill(self, server: ServerProcess) -> None:
        server.kill()

    def restart_database(self) -> None:
        """Do nothing: the database was not killed."""

    def restart(self, server: ServerProcess, _client: Client) -> None:
        server.launch()

    def assert_cut(self, send: Callable[[], httpx.Response]) -> None:
        with pytest.raises(httpx.TransportError):
            send()


class KilledDatabase:
    """PostgreSQL: killed, stopped as in a power cut and cut off from its servers, in turn. The server lives on."""

    kills = 12 if FULL else 1

    def __init__(self, postgres: CrashingPostgres) -> None:
        self.store: DatabaseForTests = postgres.store
        self._postgres = postgres
        self._ends = cycle([postgres.kill, postgres.crash, postgres.cut_connections])
        self._is_away = False

    def kill(self, _server: ServerProcess) -> None:
        end = next(self._ends)
        self._is_away = end != self._postgres.cut_connections
        end()

    def restart_database(self) -> None:
        if self._is_away:
            self._postgres.start()
            self._is_away = False

    def restart(self, _server: ServerProcess, client: Client) -> None:
        self.restart_database()
        for _ in attempts():
            if client.post(QUERY).status_code == httpx.codes.OK:
                return
        raise AssertionError("the server does not find its database again")

    def assert_cut(self, send: Callable[[], httpx.Response]) -> None:
        """A request whose server lost but its connections may succeed over others."""
        status = send().status_code
        assert status == httpx.codes.SERVICE_UNAVAILABLE or (status == httpx.codes.OK and not self._is_away)
