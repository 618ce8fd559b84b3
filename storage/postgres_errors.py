"""Translate the errors of asyncpg and SQLAlchemy into the exceptions of `storage/session.py`."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from storage.session import DatabaseUnavailable, StatementTooLong

# SQLSTATEs: a lost connection, a server that is gone, full or shutting down, a lock that another transaction holds.
UNAVAILABLE_SQLSTATES = ("08", "53", "57", "55P03")
# After statement_timeout, or after we cancelled the statement: then nobody waits for the error.
QUERY_CANCELED = "57014"
# The message of SQLAlchemy's pool where a connection was cut again and again before its first use.
CUT_AT_ONCE = "This connection is closed"


@contextmanager
def translating_errors() -> Iterator[None]:
    """Raise `DatabaseUnavailable` for errors that say that the database cannot be reached.

    Raises `StatementTooLong` where a statement exceeded statement_timeout. Other errors pass unchanged.
    """
    try:
        yield
    except DBAPIError as error:
        if sqlstate(error) == QUERY_CANCELED:
            raise StatementTooLong from error
        if error.connection_invalidated or sqlstate(error).startswith(UNAVAILABLE_SQLSTATES):
            raise DatabaseUnavailable from error
        raise
    except asyncpg.QueryCanceledError as error:
        raise StatementTooLong from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnavailable from error
    except InvalidRequestError as error:
        if CUT_AT_ONCE not in str(error):
            raise
        raise DatabaseUnavailable from error


def sqlstate(error: DBAPIError) -> str:
    """Return the error's SQLSTATE, or an empty string if the driver gives none."""
    return getattr(error.orig, "sqlstate", None) or ""
