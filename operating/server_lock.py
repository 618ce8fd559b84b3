"""Lock a SQLite file so that only one server serves it (fcntl, released by kill -9)."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyServed(Exception):
    """Another process serves the file."""


@contextmanager
def lock_for_serving(database: Path) -> Iterator[None]:
    """Raise `AlreadyServed` while another server has locked the file. The operator's commands take no lock.

    It is a lock of the process, not of the open file: child processes do not inherit it, and kill -9 releases it. The
    lock is on a separate file, which is never deleted: closing the database file would drop SQLite's locks on it.
    """
    path = database.resolve()
    lock = path.with_name(path.name + "-lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, database)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, database: Path) -> None:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        raise AlreadyServed(
            f"{database} is served by process {holder} already, and a SQLite file takes one server."
            " Stop that one first, or name another file in DIALTREE_DATABASE_URL."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
