"""`make run-postgres`: two servers behind one address, each of which answers, also after the script was killed."""

import http.client
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from tests.databases import Cluster
from tests.server_process import Process, free_port

SCRIPT = Path(".ci/run-postgres")
MOST_CONNECTIONS = 200
QUERY = "/graphql?query=%7B%20viewer%20%7B%20organization%20%7B%20name%20%7D%20%7D%20%7D"


class Script:
    """Its PostgreSQL is in a folder that the user postgres reaches."""

    def __init__(self, folder: Path) -> None:
        self.port, self.postgres_port = free_port(), free_port()
        self._folder = folder
        self._settings = {"DIALTREE_PORT": str(self.port), "DIALTREE_SANDBOX_CARRIER": "", "DIALTREE_DIALING": "off"}

    def start(self) -> tuple[Process, str]:
        """What it has said when both servers serve."""
        command: list[str | Path] = [SCRIPT, Cluster.bin_folder() / "initdb", self._folder, str(self.postgres_port)]
        process = subprocess.Popen(
            command, env=os.environ | self._settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout
        said = ""
        while said.count("Dialtree serves ") < 2:
            line = process.stdout.readline()
            assert line, said
            said += line
        return process, said

    def remove(self) -> None:
        person = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        stop: list[str | Path] = [
            *person,
            Cluster.bin_folder() / "pg_ctl",
            "-D",
            self._folder / "data",
            "-m",
            "immediate",
            "stop",
        ]
        subprocess.run(stop, check=False, capture_output=True, cwd="/")
        subprocess.run(["rm", "-rf", self._folder], check=True)  # noqa: S607


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script(Path(f"/var/tmp/dialtree-test-{os.getpid()}"))  # noqa: S108 - a name that nobody else has
    yield made
    made.remove()


def servers_of(process: Process) -> set[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(each) for each in children if b"serve" in Path(f"/proc/{each}/cmdline").read_bytes()}


def holder(pids: set[int], client_port: int) -> int:
    """Which of these processes is at the other end of the connection from this port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(row[9] for row in rows if int(row[2].partition(":")[2], 16) == client_port)
    return next(pid for pid in pids if f"socket:[{inode}]" in sockets_of(pid))


def sockets_of(pid: int) -> set[str]:
    names = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.add(str(file.readlink()))
    return names


def answered_by_each(script: Script, process: Process, key: str) -> bool:
    """The kernel deals out the connections: more are made until each server has had one."""
    servers, asked = servers_of(process), set[int]()
    assert len(servers) == 2
    for _ in range(MOST_CONNECTIONS):
        with closing(http.client.HTTPConnection("127.0.0.1", script.port, timeout=60)) as connection:
            connection.request("GET", QUERY, headers={"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            assert (answer.status, b"Northwind" in answer.read()) == (200, True)
            asked.add(holder(servers, connection.sock.getsockname()[1]))
        if asked == servers:
            return True
    return False


def test_both_servers_answer_and_again_after_the_script_was_killed(script: Script) -> None:
    process, said = script.start()
    (key,) = re.findall(r"Northwind +(ak_\S+)", said)
    assert answered_by_each(script, process, key)
    process.kill()
    process.communicate(timeout=120)  # which ends with the last of its servers

    process, said = script.start()
    assert "ak_" not in said
    assert answered_by_each(script, process, key)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host="127.0.0.1", port=script.postgres_port, user="dialtree", dbname="dialtree")
