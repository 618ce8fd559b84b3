"""Back up a SQLite database while it is served, and restore it."""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from operating.server_lock import lock_for_serving

CANCEL_QUEUED_SQL = (
    "UPDATE conversation SET status = 'CANCELLED', end_reason = 'CANCELLED', ended_at = ? WHERE status = 'QUEUED'"
)


class CopyFailed(Exception):
    """A backup, a restore or a copy failed, and nothing was written."""


def back_up(database: Path, backup: Path) -> int:
    """Copy the database as of one moment, while others write, and return the backup's size in bytes.

    The file appears whole or not at all, and only its owner can read it. Raises `CopyFailed`.
    """
    if not database.is_file():
        raise CopyFailed(f"there is no database {database} to back up: set DIALTREE_DATABASE_URL as the server has it.")
    _copy(database, backup, mode="rw")
    return backup.stat().st_size


def restore(backup: Path, database: Path, *, keep_queue: bool = False) -> int:
    """Restore a database, whose old file must have been moved away. Raises `CopyFailed` or `AlreadyServed`.

    Its QUEUED conversations end CANCELLED unless `keep_queue`: they may have been dialed since, or would be dialed too
    late. Returns how many were cancelled.
    """
    if not backup.is_file():
        raise CopyFailed(f"there is no backup {backup}.")
    with lock_for_serving(database):
        # SQLite would apply what a former database left in these files to the restored one.
        for rest in (database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")):
            _require_absent(rest)
        return _copy(backup, database, mode="ro", edit=_keep_queue if keep_queue else cancel_queued)


def cancel_queued(database: sqlite3.Connection) -> int:
    """End all queued calls, and return how many there were."""
    ended = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")  # as SQLAlchemy writes it
    with database:
        return database.execute(CANCEL_QUEUED_SQL, (ended,)).rowcount


def _keep_queue(_database: sqlite3.Connection) -> int:
    return 0


def _copy(source: Path, target: Path, mode: str, edit: Callable[[sqlite3.Connection], int] = _keep_queue) -> int:
    """Copy a database, apply `edit` to the copy before it gets its name, and return what `edit` returned."""
    _require_absent(target)
    descriptor, draft = _create_draft(target)
    try:
        _copy_pages(f"{source.absolute().as_uri()}?mode={mode}", draft)
        with closing(sqlite3.connect(draft)) as copy:
            edited = edit(copy)
        os.fsync(descriptor)
        _move_into_place(draft, target)
    except sqlite3.Error as error:
        raise CopyFailed(f"{source} could not be copied: {error}. Nothing was written.") from None
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)
    return edited


def _require_absent(file: Path) -> None:
    if os.path.lexists(file):
        raise CopyFailed(f"{file} exists, and is not overwritten. Name another file, or move it away first.")


def _create_draft(target: Path) -> tuple[int, Path]:
    """Create a file next to the target, to be renamed to it; only its owner can read it."""
    try:
        descriptor, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f"{target.name}.", suffix=".part")
    except OSError as error:
        raise CopyFailed(f"{target} cannot be written: {error.strerror}.") from None
    return descriptor, Path(name)


def _copy_pages(source: str, draft: Path) -> None:
    """Copy all pages in one read transaction: in several, each write of another connection would restart the copy."""
    with closing(sqlite3.connect(source, uri=True, timeout=30)) as original, closing(sqlite3.connect(draft)) as copy:
        copy.execute("PRAGMA journal_mode=OFF")
        copy.execute("PRAGMA synchronous=OFF")
        original.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # a single file, without -wal and -shm
        result = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if result != "ok":
            raise sqlite3.DatabaseError(result)


def _move_into_place(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)
    except FileExistsError:
        _require_absent(target)
    except OSError:  # a file system without links
        _require_absent(target)
        draft.rename(target)
    folder = os.open(target.absolute().parent, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(folder)
    os.close(folder)
