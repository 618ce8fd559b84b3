"""The server and its commands as processes, as an operator runs them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import httpx

from models.sealed import Seal
from models.trunk import password_row
from serving.settings import PREFIX, Settings
from tests.installation import Installation
from tests.stores import ON_POSTGRES, SqliteStore, Store, empty

SERVER = Path(__file__).parent.parent / "server.py"
EXECUTOR = PREFIX + "EXECUTOR"
Process = subprocess.Popen[str]
Outcome = tuple[int, list[str], list[str]]  # the exit status, and the lines of both outputs


def start(
    folder: Path,
    *arguments: str,
    errors: IO[str] | int = subprocess.PIPE,
    under: Sequence[str] = (),
    **environment: str,
) -> Process:
    """A command in this folder, with these settings and no others; `under`: the program that starts it.

    Who runs operations is the same everywhere.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name == EXECUTOR}
    return subprocess.Popen(
        [*under, sys.executable, str(SERVER), *arguments],
        cwd=folder,
        env=inherited | environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
    )


def run(folder: Path, *arguments: str, **environment: str) -> Outcome:
    """A command from its start to its end, as a process."""
    process = start(folder, *arguments, errors=subprocess.PIPE, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.splitlines(), err.splitlines()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def kept_in(store: Store) -> dict[str, str]:
    """The environment of a server, or of a command, over this database."""
    return {PREFIX + name.upper(): value for name, value in store.settings.items()}


class Served(Installation):
    """What `python server.py serve` serves in a folder: a process of its own, whose log is a file.

    Without a store it has one of its own, on the engine of the run: on SQLite a file in the folder, as by default.
    """

    def __init__(
        self,
        folder: Path,
        file: str = "dialtree.db",
        under: Sequence[str] = (),
        store: Store | None = None,
        **environment: str,
    ) -> None:
        port = free_port()
        self.store = store or self._store_of_its_own(folder, file)
        self.folder, self._under = folder, under
        self.log = folder / "log"
        self.settings = Settings.model_validate(self.store.settings)
        self._numbers = count(12_065_550_500)
        self._slugs = count(1)
        self.url = f"http://127.0.0.1:{port}"
        beside = {"DIALTREE_DATABASE_URL": f"sqlite+aiosqlite:///{file}"} if not (store or ON_POSTGRES) else {}
        address = kept_in(self.store) | beside | {"DIALTREE_PORT": str(port)}
        self._environment = address | {"DIALTREE_POINTS_PER_MINUTE": "0", "DIALTREE_DIALING": "off"} | environment
        self.launch()
        # It says where it will serve just before it does: connecting is tried again until then.
        self.http = httpx.Client(base_url=self.url, timeout=60, transport=httpx.HTTPTransport(retries=8))

    @staticmethod
    def _store_of_its_own(folder: Path, file: str) -> Store:
        return empty(folder) if ON_POSTGRES else SqliteStore(folder / file)

    def command(self, *arguments: str, **environment: str) -> Outcome:
        """Beside the server, with its settings."""
        return run(self.folder, *arguments, **(kept_in(self.store) | environment))

    def launch(self) -> None:
        """Starts the server, at first or after the last one ended; returns when it says where it will serve."""
        with self.log.open("a") as log:
            self.process = start(self.folder, "serve", errors=log, under=self._under, **self._environment)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        assert self.said, f"the server does not start: {self.log.read_text()[-2000:]}"

    def kill(self) -> None:
        """As a power cut ends it: nothing is said to it, and nothing of it goes on."""
        os.kill(self.server, signal.SIGKILL)
        self.process.communicate(timeout=60)

    @property
    def server(self) -> int:
        """The process that serves: our child, or the only child of the program that starts it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if self._under else self.process.pid

    def password(self, trunk: str, seal: Seal) -> str:
        """The password of a trunk, as these keys open it."""
        ((sealed, organization),) = self.rows(
            "SELECT outbound_auth_password, organization_id FROM trunk WHERE id = ?", trunk
        )
        return seal.open(sealed, row=password_row(SimpleNamespace(id=trunk, organization_id=organization)))

    def stop(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            os.kill(self.server, signal.SIGTERM)

    def join(self) -> None:
        self.process.communicate(timeout=60)


@contextmanager
def served_in(
    folder: Path,
    file: str = "dialtree.db",
    under: Sequence[str] = (),
    store: Store | None = None,
    **environment: str,
) -> Iterator[Served]:
    server = Served(folder, file, under, store, **environment)
    try:
        yield server
    finally:
        server.stop()
        server.join()
        if store is None:
            server.store.close()
