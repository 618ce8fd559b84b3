"""Open, read and write the database; know none of its tables but `revision` and `acting`."""

from storage.database import Database
from storage.session import DatabaseUnavailable, DiskFull, ReadSession, WriteSession

__all__ = ["Database", "DatabaseUnavailable", "DiskFull", "ReadSession", "WriteSession"]
