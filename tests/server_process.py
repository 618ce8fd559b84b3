"""Run the server and its commands as processes, as an operator does."""

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

from models.encryption import SecretBox
from models.trunk import password_binding
from serving.settings import ENV_PREFIX, Settings
from tests.databases import ON_POSTGRES, DatabaseForTests, SqliteTestDatabase, create_empty
from tests.fork_server import ForkedProcess
from tests.installation import NO_AUTHORITIES, Installation

SERVER = Path(__file__).parent.parent / "server.py"
EXECUTOR = ENV_PREFIX + "EXECUTOR"
# Not inherited: each process would compile the project anew, which takes half a second.
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
Process = subprocess.Popen[str]
Outcome = tuple[int, list[str], list[str]]  # the exit status, and the lines of both outputs


def start_command(
    folder: Path,
    *arguments: str,
    errors: IO[str] | int = subprocess.PIPE,
    under: Sequence[str] = (),
    **environment: str,
) -> Process:
    """Start a command in a folder with only these settings. `under` is the program that starts it, such as strace.

    Who runs operations is the same everywhere.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith(ENV_PREFIX) or name == EXECUTOR) and name != NO_BYTECODE
    }
    # What changes the interpreter, such as PYTHONPATH, is read when it starts.
    executes = under or any(name.startswith("PYTHON") for name in environment)
    start, command = (subprocess.Popen[str], [*under, sys.executable]) if executes else (ForkedProcess, [])
    return start(
        [*command, str(SERVER), *arguments],
        cwd=folder,
        env=inherited | environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
    )


def run_command(folder: Path, *arguments: str, **environment: str) -> Outcome:
    """Run a command as a process and wait for its end."""
    process = start_command(folder, *arguments, errors=subprocess.PIPE, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.splitlines(), err.splitlines()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def environment_of(store: DatabaseForTests) -> dict[str, str]:
    """Return the environment variables of a server or command over this database."""
    return {ENV_PREFIX + name.upper(): value for name, value in store.settings.items()}


class ServerProcess(Installation):
    """What `python server.py serve` serves in a folder: a process of its own, whose log is a file.

    Without a store it has one of its own, on the engine of the run: on SQLite a file in the folder, as by default.
    """

    def __init__(
        self,
        folder: Path,
        file: str = "dialtree.db",
        under: Sequence[str] = (),
        store: DatabaseForTests | None = None,
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
        address = environment_of(self.store) | beside | {"DIALTREE_PORT": str(port)}
        unlimited = {
            "DIALTREE_POINTS_PER_MINUTE": "0",
            "DIALTREE_MEDIA_TIMEOUT_SECONDS": "0",
            "DIALTREE_OPERATION_TIMEOUT_SECONDS": "50",
        }
        self._environment = address | unlimited | {"DIALTREE_DIALING": "off"} | environment
        self.launch()
        # It prints its address just before it listens: connecting is retried until then.
        self.http = httpx.Client(
            base_url=self.url, timeout=60, transport=httpx.HTTPTransport(NO_AUTHORITIES, retries=8)
        )

    @staticmethod
    def _store_of_its_own(folder: Path, file: str) -> DatabaseForTests:
        return create_empty(folder) if ON_POSTGRES else SqliteTestDatabase(folder / file)

    def command(self, *arguments: str, **environment: str) -> Outcome:
        """Run a command with the settings of this server."""
        return run_command(self.folder, *arguments, **(environment_of(self.store) | environment))

    def launch(self) -> None:
        """Start the server, also again after it ended; return when it has printed its address."""
        with self.log.open("a") as log:
            self.process = start_command(self.folder, "serve", errors=log, under=self._under, **self._environment)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        assert self.said, f"the server does not start: {self.log.read_text()[-2000:]}"

    def kill(self) -> None:
        """End it with SIGKILL."""
        os.kill(self.server, signal.SIGKILL)
        self.process.communicate(timeout=60)

    @property
    def server(self) -> int:
        """The id of the serving process: our child, or the only child of the program that started it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if self._under else self.process.pid

    def password(self, trunk: str, seal: SecretBox) -> str:
        """Decrypt the password of a trunk with these keys."""
        ((sealed, organization),) = self.rows(
            "SELECT outbound_auth_password, organization_id FROM trunk WHERE id = ?", trunk
        )
        return seal.decrypt(sealed, row=password_binding(SimpleNamespace(id=trunk, organization_id=organization)))

    def stop(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            os.kill(self.server, signal.SIGTERM)

    def join(self) -> None:
        self.process.communicate(timeout=60)


@contextmanager
def run_server_in(
    folder: Path,
    file: str = "dialtree.db",
    under: Sequence[str] = (),
    store: DatabaseForTests | None = None,
    **environment: str,
) -> Iterator[ServerProcess]:
    server = ServerProcess(folder, file, under, store, **environment)
    try:
        yield server
    finally:
        server.stop()
        server.join()
        if store is None:
            server.store.close()
