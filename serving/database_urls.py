"""Parse and check a database URL: a SQLite file or a PostgreSQL database."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

POSTGRES_DRIVER = "postgresql+asyncpg"
SQLITE_DRIVER = "sqlite+aiosqlite"
EXAMPLE_SQLITE_URL = f"{SQLITE_DRIVER}:///dialtree.db"
EXAMPLE_POSTGRES_URL = f"{POSTGRES_DRIVER}://dialtree:password@localhost/dialtree"
# asyncpg's values of `ssl`.
TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def parse_database_url(value: str) -> URL:
    """Parse the URL. Raises ValueError, whose message has no part of the URL that may be secret."""
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError(f"is not a database URL; write {EXAMPLE_SQLITE_URL} or {EXAMPLE_POSTGRES_URL}") from None
    _require_known_options(url)
    if url.drivername == POSTGRES_DRIVER and url.host and url.database:
        return url
    if url.drivername != SQLITE_DRIVER or not url.database or url.database == ":memory:":
        raise ValueError(
            f"must name a SQLite file, as {EXAMPLE_SQLITE_URL} does, or a PostgreSQL database,"
            f" as {EXAMPLE_POSTGRES_URL}"
        )
    if not Path(url.database).absolute().parent.is_dir():
        raise ValueError(f"names a folder that is not there: {Path(url.database).absolute().parent}")
    return url


def parse_postgres_url(value: str) -> URL:
    """Parse the URL of a PostgreSQL database. Raises ValueError, also for a SQLite file."""
    url = parse_database_url(value)
    if url.drivername != POSTGRES_DRIVER:
        raise ValueError(f"must name a PostgreSQL database, as {EXAMPLE_POSTGRES_URL} does")
    return url


def display_name(url: URL) -> str:
    """Return the database's name for messages: without its password."""
    return str(url.set(query={})) if url.drivername == POSTGRES_DRIVER else str(url.database)


def _require_known_options(url: URL) -> None:
    """Raise ValueError at an unknown option: drivers raise a TypeError, and SQLAlchemy shows a password there."""
    known = {"ssl"} if url.drivername == POSTGRES_DRIVER else set()
    unknown = sorted(url.query.keys() - known)
    if "password" in unknown:
        raise ValueError(f"has its password among the options; write it before the host, as in {EXAMPLE_POSTGRES_URL}")
    if unknown:
        allowed = "the only one is ssl, as in ?ssl=require" if known else "a SQLite file has none"
        raise ValueError(f"has an option that there is not, {unknown[0]}: {allowed}")
    if url.query.get("ssl", "disable") not in TLS_MODES:
        raise ValueError(f"has an ssl that there is not; it is one of {', '.join(TLS_MODES)}")
