"""One server a SQLite file: live updates, the dialer and its limits live in one process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ServedAlready(Exception):
    """Another process serves the file."""


@contextmanager
def sole_server(database: Path) -> Iterator[None]:
    """Raises ServedAlready while another server holds the file. The operator's commands hold nothing and go on.

    A lock of the process, not of the open file: what the server starts does not inherit it, and kill -9 releases it.
    The lock is on a file of its own, which stays: closing the database's own would drop SQLite's locks on it.
    """
    path = database.resolve()
    lock = path.with_name(path.name + "-lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, database)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, database: Path) -> None:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        raise ServedAlready(
            f"{database} is served by process {holder} already, and a SQLite file takes one server."
            " Stop that one first, or name another file in DIALTREE_DATABASE_URL."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
