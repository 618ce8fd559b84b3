"""Create engines for PostgreSQL: the settings of each connection, and the checks and replacements of its values."""

import secrets
from typing import Any, TypedDict, Unpack

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage.role_check import reject_superuser

SERVER_SETTINGS = {
    "application_name": "dialtree",
    "synchronous_commit": "on",  # acknowledged commits are on disk, whatever the role's or the database's settings
    "lock_timeout": "10s",
    "statement_timeout": "20s",  # also ends the statements of clients that are gone
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",  # statements are short: compiling takes longer than running them
    # Locks of a machine that died are released within a minute, whether or not data was in transit to it.
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "50000",
}
# A SERIALIZABLE transaction that scans a whole table conflicts with every write to it; one that uses an index does not.
WRITER_SETTINGS = {"enable_seqscan": "off"}
# How statements begin that change no row, unless SQLAlchemy knows them as writes.
READING = ("SELECT", "WITH", "LOCK TABLE", "SHOW")
# Matches no stored text.
UNMATCHABLE_TEXT = secrets.token_hex(16)

# Under this key of a connection's `info` is whether its transaction has changed a row.
HAS_CHANGED = "has_changed"


class EngineOptions(TypedDict, total=False):
    """Options of `create_async_engine` that differ from one pool to the other."""

    isolation_level: str
    pool_size: int
    max_overflow: int
    pool_pre_ping: bool


def create_engine(url: str, settings: dict[str, str], **options: Unpack[EngineOptions]) -> AsyncEngine:
    """Create an engine whose connections have these settings, and refuse to connect as a superuser (`UnsafeRole`)."""
    arguments = {"server_settings": settings, "timeout": 5, "command_timeout": 30}
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True, pool_timeout=60, **options)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def refuse(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        reject_superuser(connection)

    sa.event.listen(engine.sync_engine, "handle_error", _discard_broken_connection)
    sa.event.listen(engine.sync_engine, "before_cursor_execute", _replace_unstorable_values, retval=True)
    return engine


def note_changes(engine: AsyncEngine) -> None:
    """Have each connection's `info` tell whether a statement has changed a row; locking one does not count."""

    @sa.event.listens_for(engine.sync_engine, "after_cursor_execute")
    def note(
        connection: sa.Connection,
        cursor: DBAPICursor,
        statement: str,
        _values: object,
        context: ExecutionContext,
        _many: bool,
    ) -> None:
        writes = context.isinsert or context.isupdate or "DELETE FROM" in statement
        if (writes or not statement.startswith(READING)) and cursor.rowcount != 0:
            connection.info[HAS_CHANGED] = True


def _discard_broken_connection(context: sa.engine.ExceptionContext) -> None:
    """Discard a connection that asyncpg itself lost track of, such as one that was cut in the middle of a result.

    Its errors have no SQLSTATE. A value of the wrong type is no reason: that is a bug in Dialtree.
    """
    cause = context.original_exception.__cause__
    if isinstance(cause, asyncpg.InterfaceError | asyncpg.InternalClientError) and not isinstance(cause, ValueError):
        context.is_disconnect = True


def _replace_unstorable_values(
    _connection: sa.Connection,
    _cursor: DBAPICursor,
    statement: str,
    values: Any,  # the driver's: a tuple, or a list of them
    context: ExecutionContext,
    many: bool,
) -> tuple[str, Any]:
    """Replace search values with NUL, which PostgreSQL neither stores nor accepts, by one that matches nothing."""
    writes = many or context.isinsert or context.isupdate
    if not writes and any(isinstance(value, str) and "\0" in value for value in values):
        values = tuple(UNMATCHABLE_TEXT if isinstance(value, str) and "\0" in value else value for value in values)
    return statement, values
