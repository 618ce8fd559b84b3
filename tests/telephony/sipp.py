"""sipp, the judge: a carrier that plays a scenario, fails where we do not keep to it, and logs every message."""

import itertools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"
PROGRAM = shutil.which("sipp") or "/usr/bin/sipp"
SECONDS = 300  # after which something is wrong; nothing waits for it to pass
_PORTS = itertools.cycle(range(10_000 + os.getpid() % 50 * 100, 16_000))
SEPARATOR = re.compile(r"^-{20,} (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class SipMessage:
    """One message of sipp's log, received from us or sent to us; `at`: seconds, by its clock."""

    at: float
    received: bool
    text: str

    @property
    def start(self) -> str:
        return self.text.splitlines()[0]

    @property
    def method(self) -> str:
        """The method of a request, the status of an answer."""
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
    """Runs in the foreground as a child, for as many calls as it is told and five minutes at most."""

    def __init__(self, folder: Path, scenario: str, *options: str, calls: int = 1, **filled: str) -> None:
        """`filled`: what the scenario leaves open in braces."""
        self.port = free_port()
        played = folder / f"{scenario}-{self.port}.xml"
        played.write_text(_filled((SCENARIOS / f"{scenario}.xml").read_text(), filled))
        self._messages = folder / f"{scenario}-{self.port}.messages"
        self._errors = folder / f"{scenario}-{self.port}.errors"
        run = f"-i 127.0.0.1 -p {self.port} -m {calls} -timeout {SECONDS} -timeout_error -nostdin".split()
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
        while not taken(self.port):
            assert self._process.poll() is None, f"sipp does not start: {self.errors()}"

    def passed(self) -> bool:
        """Whether every call went as the scenario says; waits for the last."""
        code = self._process.wait(SECONDS + 10)
        assert code == 0, f"sipp ended with {code}:\n{self.errors()}"
        return True

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def errors(self) -> str:
        return self._errors.read_text(errors="replace") if self._errors.exists() else ""

    def messages(self, method: str | None = None) -> list[SipMessage]:
        """What was received and sent so far, in order; only that method or status where one is named."""
        log = self._messages.read_bytes().decode(errors="replace").replace("\r\n", "\n")
        _, *parts = SEPARATOR.split(log)
        found = [_message(at, block.strip("\n")) for at, block in zip(parts[::2], parts[1::2], strict=True)]
        return [message for message in found if method in (None, message.method)]


def _filled(scenario: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        assert f"{{{name}}}" in scenario
        scenario = scenario.replace(f"{{{name}}}", value)
    return scenario


def _message(at: str, block: str) -> SipMessage:
    about, _, text = block.partition("\n\n")
    return SipMessage(datetime.fromisoformat(at.strip()).timestamp(), "received" in about, text)


def free_port() -> int:
    """Below those that the system and the stack's media take for themselves."""
    return next(port for port in _PORTS if not taken(port))


def taken(port: int) -> bool:
    """Whether a socket is bound there. Read where the kernel tells it: binding one to see would be in sipp's way."""
    tables = (Path("/proc/net") / table for table in ("udp", "tcp"))
    return any(re.search(rf"^ *\d+: [0-9A-F]{{8}}:{port:04X} ", table.read_text(), re.MULTILINE) for table in tables)
