"""End the process with a message, not a traceback, for errors that the operator can fix."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy.exc import OperationalError

from migrations.schema_version import DatabaseTooNew
from models import Refused
from operating.backup import CopyFailed
from operating.server_lock import AlreadyServed
from serving.settings import InvalidSetting
from storage import DatabaseUnavailable

EXPECTED_ERRORS = (
    Refused,
    AlreadyServed,
    CopyFailed,
    DatabaseTooNew,
    DatabaseUnavailable,
    OSError,
    OperationalError,
)


@contextmanager
def exit_with_message() -> Iterator[None]:
    """Raise SystemExit in place of an expected error: 2 for an invalid setting, 1 for anything else."""
    try:
        yield
    except InvalidSetting as error:
        raise SystemExit(_print_error(error, 2)) from None
    except EXPECTED_ERRORS as error:
        raise SystemExit(_print_error(error, 1)) from None


def _print_error(error: Exception, status: int) -> int:
    typer.echo(f"server.py: {error}", err=True)
    return status
