"""Store datetimes as UTC with microseconds, on databases that keep no zone, too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

_test_clock: Path | None = None


def set_test_clock(file: Path | None) -> None:
    """Have `now` add the seconds in this file, which tests rewrite; None: have it tell the time."""
    global _test_clock  # noqa: PLW0603 - one clock for the process, as there is one time
    _test_clock = file


def clock_offset() -> timedelta:
    """Return how far the clock of this process is ahead of the time: only tests set it."""
    return timedelta(seconds=float(_test_clock.read_text())) if _test_clock else timedelta()


def now() -> datetime:
    return datetime.now(UTC) + clock_offset() if _test_clock else datetime.now(UTC)


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A column of UTC times, on databases that keep no zone, too."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)
