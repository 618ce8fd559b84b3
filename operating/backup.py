"""Backups of a SQLite database while it is served, and the way back."""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from operating.sole_server import sole_server


class NotCopied(Exception):
    """Why there is no backup, or no restored database. Nothing was written."""


def back_up(database: Path, backup: Path) -> int:
    """Copies the database as of one moment; writers go on meanwhile. The backup's size in bytes.

    The file appears whole or not at all, and is its owner's alone. Raises NotCopied.
    """
    if not database.is_file():
        raise NotCopied(f"there is no database {database} to back up: set DIALTREE_DATABASE_URL as the server has it.")
    return _copy(database, backup, mode="rw")


def restore(backup: Path, database: Path) -> None:
    """Puts a backup where the database was, which must have been moved away. Raises NotCopied or ServedAlready."""
    if not backup.is_file():
        raise NotCopied(f"there is no backup {backup}.")
    with sole_server(database):
        # What a former database left in them would be written into the restored one.
        for rest in (database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")):
            _require_absent(rest)
        _copy(backup, database, mode="ro")


def _copy(source: Path, target: Path, mode: str) -> int:
    _require_absent(target)
    descriptor, draft = _draft(target)
    try:
        _copy_pages(f"{source.absolute().as_uri()}?mode={mode}", draft)
        os.fsync(descriptor)
        _publish(draft, target)
        return target.stat().st_size
    except sqlite3.Error as wrong:
        raise NotCopied(f"{source} could not be copied: {wrong}. Nothing was written.") from None
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)


def _require_absent(file: Path) -> None:
    if os.path.lexists(file):
        raise NotCopied(f"{file} exists, and is not overwritten. Name another file, or move it away first.")


def _draft(target: Path) -> tuple[int, Path]:
    """Beside the target, so that it can take its name; readable by its owner alone."""
    try:
        descriptor, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f"{target.name}.", suffix=".part")
    except OSError as wrong:
        raise NotCopied(f"{target} cannot be written: {wrong.strerror}.") from None
    return descriptor, Path(name)


def _copy_pages(source: str, draft: Path) -> None:
    """In one read transaction: a copy in several would start again after each write."""
    with closing(sqlite3.connect(source, uri=True, timeout=30)) as theirs, closing(sqlite3.connect(draft)) as ours:
        ours.execute("PRAGMA journal_mode=OFF")
        ours.execute("PRAGMA synchronous=OFF")
        theirs.backup(ours)
        ours.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it to forget
        found = ours.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)


def _publish(draft: Path, target: Path) -> None:
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
