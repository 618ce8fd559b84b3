"""Start server.py in processes forked from one that has imported it: each import would take more than a second.

What is forked has arguments, environment, folder and standard streams of its own, as a program that was executed has.
"""

import functools
import gc
import json
import os
import random
import resource
import selectors
import socket
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import server
from operating.hardening import harden_process

ROOT = Path(__file__).parent.parent
MAX_REQUEST_BYTES = 1_000_000
STATUS = struct.Struct("i")  # as `os.waitpid` returns it
STANDARD_STREAMS = 3
LIMITS = sorted({getattr(resource, each) for each in dir(resource) if each.startswith("RLIMIT_")})
Limit = tuple[int, int]


class ForkedProcess(subprocess.Popen[str]):
    """A process of server.py that the fork server forks and reaps, and otherwise like any other."""

    def _execute_child(self, args: Sequence[str], *rest: Any) -> None:  # Any: subprocess passes what it has
        """Have the fork server start it, instead of forking and executing; called by subprocess with its arguments."""
        cwd, environment, streams = rest[4], rest[5], rest[9:15]
        stdin, _, _, stdout, _, stderr = streams
        self._status, status = os.pipe()
        devnull = os.open(os.devnull, os.O_RDWR)
        descriptors = [devnull if each == -1 else each for each in (stdin, stdout, stderr)]
        self.pid = start_fork_server().fork(args, str(cwd), environment, [*descriptors, status])
        os.close(status)
        os.close(devnull)
        self._child_created = True
        self._close_pipe_fds(*streams)  # type: ignore[attr-defined]  # subprocess's own, which it calls here as well

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """Read the exit status that the fork server writes; (0, 0) if it is to be asked for alone, and not there."""
        os.set_blocking(self._status, not wait_flags & os.WNOHANG)
        try:
            (status,) = STATUS.unpack(os.read(self._status, STATUS.size))
        except BlockingIOError:
            return 0, 0
        os.close(self._status)
        return self.pid, status

    def _internal_poll(self, *_: object, **__: object) -> int | None:
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid == self.pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class ForkServer:
    """The process that forks, as its client sees it; it ends with its client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.fork_server", str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()

    def fork(
        self, arguments: Sequence[str], folder: str, environment: Mapping[str, str], descriptors: list[int]
    ) -> int:
        """Fork a process with these standard streams, and return its id. Its exit status goes to the last descriptor."""
        limits = {each: resource.getrlimit(each) for each in LIMITS}
        request = json.dumps([list(arguments), folder, dict(environment), list(limits.items())]).encode()
        with self._lock:
            socket.send_fds(self._socket, [request], descriptors)
            return int(self._socket.recv(MAX_REQUEST_BYTES))


@functools.cache
def start_fork_server() -> ForkServer:
    """Return the fork server of this process."""
    return ForkServer()


def serve(connection: socket.socket) -> None:
    """Fork what is asked for, and write each exit status, until the client is gone."""
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                request, descriptors, _, _ = socket.recv_fds(connection, MAX_REQUEST_BYTES, STANDARD_STREAMS + 1)
                if not request:
                    return
                *streams, status = descriptors
                if (pid := os.fork()) == 0:
                    run(streams, *json.loads(request))
                for each in streams:
                    os.close(each)
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, status))
                connection.send(str(pid).encode())
            else:
                pid, status = key.data
                selector.unregister(key.fd)
                os.close(key.fd)
                os.write(status, STATUS.pack(os.waitpid(pid, 0)[1]))
                os.close(status)


def run(
    streams: list[int], arguments: list[str], folder: str, environment: dict[str, str], limits: list[tuple[int, Limit]]
) -> None:
    """Be a process of server.py, and exit."""
    code = 1
    try:
        for target, each in enumerate(streams):
            os.dup2(each, target)
        os.closerange(STANDARD_STREAMS, os.sysconf("SC_OPEN_MAX"))
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for each, limit in limits:
            resource.setrlimit(each, limit)
        random.seed()
        sys.argv = arguments
        harden_process()
        server.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter prints whatever ends a program
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    gc.freeze()  # a collection would copy the pages that forked processes share
    serve(socket.socket(fileno=int(sys.argv[1])))
