"""Run sipp, a carrier that plays a scenario, fails if the other side departs from it, and logs every message."""

import itertools
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"
PROGRAM = shutil.which("sipp") or "/usr/bin/sipp"
PORTS = range(10_000, 16_000)
POLL_INTERVAL_SECONDS = 0.02
TIMEOUT_SECONDS = 300  # after which a test has failed; no test waits for it to pass
SEPARATOR = re.compile(r"^-{20,} (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class LoggedMessage:
    """One message of sipp's log, received or sent by it. `at` is in seconds since the epoch, by its clock."""

    at: float
    received: bool
    text: str

    @property
    def start(self) -> str:
        return self.text.splitlines()[0]

    @property
    def method(self) -> str:
        """The method of a request, or the status of a response."""
        first, second, *_ = self.start.split(" ")
        return second if first == "SIP/2.0" else first

    def header(self, name: str) -> str | None:
        found = re.search(rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else None

    @property
    def from_number(self) -> str | None:
        found = re.match(r"<sip:([^@]+)@", self.header("From") or "")
        return found[1] if found else None

    @property
    def asserted_number(self) -> str | None:
        found = re.match(r"<sip:([^@]+)@", self.header("P-Asserted-Identity") or "")
        return found[1] if found else None


class Sipp:
    """A running sipp, for `calls` calls and TIMEOUT_SECONDS at most."""

    def __init__(self, folder: Path, scenario: str, *options: str, calls: int = 1, **filled: str) -> None:
        """Start sipp; `filled` replaces what the scenario has in braces."""
        while not self._started(folder, scenario, options, calls, filled):
            pass

    def _started(
        self, folder: Path, scenario: str, options: tuple[str, ...], calls: int, filled: dict[str, str]
    ) -> bool:
        """Start sipp, and tell whether it has its port; another program may have been quicker."""
        self.port = free_port()
        played = folder / f"{scenario}-{self.port}.xml"
        played.write_text(_filled((SCENARIOS / f"{scenario}.xml").read_text(), filled))
        self._messages = folder / f"{scenario}-{self.port}.messages"
        self._errors = folder / f"{scenario}-{self.port}.errors"
        run = f"-i 127.0.0.1 -p {self.port} -m {calls} -timeout {TIMEOUT_SECONDS} -timeout_error -nostdin".split()
        logs = ["-trace_msg", "-message_file", str(self._messages), "-trace_err", "-error_file", str(self._errors)]
        self._process = subprocess.Popen(
            [
                PROGRAM,
                *options,
                "-sf",
                str(played),
                *run,
                *logs,
                *([f"127.0.0.1:{filled['port']}"] if "port" in filled else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not inodes_at(self.port) & sockets_of(self._process.pid):
            with suppress(subprocess.TimeoutExpired):
                if self._process.wait(POLL_INTERVAL_SECONDS) == 0:
                    return True  # its calls were over before a look at the port
                assert inodes_at(self.port), f"sipp does not start: {self.errors()}"
                return False
        return True

    def passed(self) -> bool:
        """Wait for the last call, and assert that every call went as the scenario says."""
        code = self._process.wait(TIMEOUT_SECONDS + 10)
        assert code == 0, f"sipp ended with {code}:\n{self.errors()}"
        return True

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def errors(self) -> str:
        return self._errors.read_text(errors="replace") if self._errors.exists() else ""

    def messages(self, method: str | None = None) -> list[LoggedMessage]:
        """Return the messages so far, in order; only those with that method or status if one is given."""
        log = self._messages.read_bytes().decode(errors="replace").replace("\r\n", "\n")
        _, *parts = SEPARATOR.split(log)
        found = [_message(at, block.strip("\n")) for at, block in zip(parts[::2], parts[1::2], strict=True)]
        return [message for message in found if method in (None, message.method)]


def _filled(scenario: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        assert f"{{{name}}}" in scenario
        scenario = scenario.replace(f"{{{name}}}", value)
    return scenario


def _message(at: str, block: str) -> LoggedMessage:
    about, _, text = block.partition("\n\n")
    return LoggedMessage(datetime.fromisoformat(at.strip()).timestamp(), "received" in about, text)


def _ports() -> Iterator[int]:
    """Yield each port once, so that no late message reaches the carrier of another test.

    They are below those of the system and of the stack's media. Workers have ranges of their own, and runs begin at
    different places in them.
    """
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
    each = len(PORTS) // max(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), 1)
    mine = PORTS[worker * each : (worker + 1) * each]
    start = zlib.crc32(os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid())).encode()) % each
    return itertools.chain(mine[start:], mine[:start])


_PORTS = _ports()


def free_port() -> int:
    """Return a port that nothing uses."""
    return next(port for port in _PORTS if not inodes_at(port))


def inodes_at(port: int) -> set[str]:
    """Return the inodes of the sockets bound to a port, from /proc: binding one as a check would get in sipp's way."""
    tables = (Path("/proc/net") / table for table in ("udp", "tcp", "udp6", "tcp6"))
    rows = (row.split() for table in tables if table.exists() for row in table.read_text().splitlines()[1:])
    return {row[9] for row in rows if row[1].endswith(f":{port:04X}")}


def sockets_of(pid: int) -> set[str]:
    """Return the inodes of a process's sockets."""
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            held.add(descriptor.readlink().name.removeprefix("socket:[").removesuffix("]"))
    return held
