"""The child process of the engine `sip`, in the trouble that its arguments name; all else about it is real.

`late TOLD`: its loop goes on after it has dialed only when the carrier's answer is there. `held FIFO`: what is to be
dialed reaches the stack when somebody opens that file. `stops`: the stack's thread ends when a second call is dialed.
"""

import itertools
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from baresip._native import lib  # type: ignore[import-not-found]  # it is compiled
from baresip.events import Event
from baresip.runtime import Runtime

from telephony import user_agent
from telephony.stack import listen_to_trace

TRIED = "TRIED"  # the carrier has said 100, which the stack tells nobody but its log

trouble, *about = sys.argv[1:]
seen = threading.Semaphore(0)
dialed = itertools.count(1)


class TroubledRuntime(Runtime):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        push = self._push_cmd
        self._push_cmd = lambda *command: (
            dial(push, *command) if command[0] == lib.BP_CMD_UA_CONNECT else push(*command)
        )

    def _on_native_event(self, event: int, handle: int, payload: bytes | None) -> None:
        super()._on_native_event(event, handle, payload)
        if about and about[0] in Event.__members__ and event - lib.BP_EV_BASE == Event[about[0]]:
            seen.release()


class Tried(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if about == [TRIED] and "\nSIP/2.0 100 " in record.getMessage():
            seen.release()


def dial(push: Callable[..., int], *command: Any) -> int:
    if trouble == "held":
        threading.Thread(target=lambda: Path(about[0]).read_bytes() or push(*command), daemon=True).start()
        return 0
    if trouble == "stops" and next(dialed) == 2:
        return push(lib.BP_CMD_STOP, 0, command[2])
    failed = push(*command)
    if trouble == "late":
        seen.acquire()
    return failed


def listen(*told: Any) -> None:
    listen_to_trace(*told)
    logging.getLogger("baresip.native.sip").addHandler(Tried())


vars(user_agent).update(Runtime=TroubledRuntime, listen_to_trace=listen)
user_agent.main()
