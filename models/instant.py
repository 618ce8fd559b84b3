"""Points in time: always UTC, kept to the microsecond."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


def now() -> datetime:
    return datetime.now(UTC)


class Instant(sa.TypeDecorator[datetime]):
    """A column that gives back the UTC time it was given, also on databases that keep no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC)

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        return value and value.replace(tzinfo=UTC)
