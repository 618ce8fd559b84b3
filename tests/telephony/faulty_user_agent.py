"""Run the user agent of the engine `sip` with the fault that its arguments name; all else is real.

`late EVENT`: after dialing, the loop stops until the carrier's response has led to that event of the stack, or until
TRIED. `held FIFO`: the stack begins to dial when a byte is written to that file. `stops`: the stack's thread ends when
a second call is dialed. `taken FILE`: instead of dialing, it attempts what somebody would who took the stack over, on
the file and elsewhere, and prints the outcomes.
"""

import ctypes
import errno
import itertools
import json
import os
import resource
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from baresip._native import lib  # type: ignore[import-not-found]  # it is compiled
from baresip.events import Event
from baresip.runtime import Runtime

from telephony import sip_user_agent
from telephony.baresip_native import BaresipNative
from telephony.baresip_transport import BaresipTransport

TRIED = "TRIED"  # the carrier has sent 100, for which the stack has no event

fault, *arguments = sys.argv[1:]
gate = os.open(arguments[0], os.O_RDWR) if fault == "held" else -1  # opened before the process is confined
seen = threading.Semaphore(0)
dialed = itertools.count(1)


class FaultyRuntime(Runtime):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        push = self._push_cmd
        self._push_cmd = lambda *command: (
            dial(push, *command) if command[0] == lib.BP_CMD_UA_CONNECT else push(*command)
        )

    def _on_native_event(self, event: int, handle: int, payload: bytes | None) -> None:
        super()._on_native_event(event, handle, payload)
        if arguments and arguments[0] in Event.__members__ and event - lib.BP_EV_BASE == Event[arguments[0]]:
            seen.release()


class FaultyTransport(BaresipTransport):
    def _on_trace(self, *trace: Any) -> None:  # libre's seven arguments, as in the overridden method
        super()._on_trace(*trace)
        if arguments == [TRIED] and ctypes.string_at(trace[4], trace[5]).startswith(b"SIP/2.0 100 "):
            seen.release()


def attempt_attacks(file: Path) -> dict[str, str]:
    attempts: dict[str, Callable[[], object]] = {
        "read the database": file.read_bytes,
        "write the database": lambda: file.open("r+b"),
        "make a file": lambda: Path("made").touch(),
        "read the server's environment": Path(f"/proc/{os.getppid()}/environ").read_bytes,
        "read a user's file": Path("/etc/passwd").read_bytes,
        "signal the server": lambda: os.kill(os.getppid(), 0),
        "run a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - no shell
    }
    return {name: outcome(attempt) for name, attempt in attempts.items()}


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as refused:
        return type(refused).__name__
    return "done"


def report() -> dict[str, object]:
    return {
        "attacks": attempt_attacks(Path(arguments[0])),
        "modules": sorted(BaresipNative().modules()),
        "environment": sorted(os.environ),
        "limits": [resource.getrlimit(each) for each in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)],
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    }


def dial(push: Callable[..., int], *command: Any) -> int:
    if fault == "held":
        threading.Thread(target=lambda: os.read(gate, 1) and push(*command), daemon=True).start()
        return 0
    if fault == "taken":
        sys.stderr.write(json.dumps(report()) + "\n")
        sys.stderr.flush()
        return errno.EIO
    if fault == "stops" and next(dialed) == 2:
        return push(lib.BP_CMD_STOP, 0, command[2])
    failed = push(*command)
    if fault == "late":
        seen.acquire()
    return failed


vars(sip_user_agent).update(Runtime=FaultyRuntime, BaresipTransport=FaultyTransport)
sip_user_agent.main()
