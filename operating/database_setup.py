"""Migrate the configured database, or report in one line why that fails."""

from collections.abc import Callable

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from migrations import migrate as run_migrations
from migrations import require_migrated
from migrations.schema_version import NotMigrated
from serving.settings import InvalidSetting, Settings, load_settings
from storage import DatabaseUnavailable
from storage.role_check import UnsafeRole


def migrate_configured() -> Settings:
    """Return the settings, after their database is migrated. Raises InvalidSetting.

    On PostgreSQL it is migrated with the owner's URL, if that is set. A serving role with too many rights is refused.
    """
    return bring_up_to_date(load_settings())


def bring_up_to_date(settings: Settings) -> Settings:
    variable = "DIALTREE_DATABASE_URL"
    if settings.database_file:
        _naming_variable(settings, variable, lambda: run_migrations(settings.database_url))
        return settings
    if owner := settings.migration_database_url:
        role = make_url(settings.database_url).username
        migrate_as_owner(settings, "DIALTREE_MIGRATION_DATABASE_URL", owner, role)
    _naming_variable(settings, variable, lambda: require_migrated(settings.database_url))
    return settings


def migrate_as_owner(settings: Settings, variable: str, url: str, serving_role: str | None = None) -> None:
    """Migrate a PostgreSQL database with this URL. Raises InvalidSetting, which names the variable of the URL."""
    _naming_variable(settings, variable, lambda: run_migrations(url, serving_role=serving_role))


def _naming_variable(settings: Settings, variable: str, work: Callable[[], None]) -> None:
    """Turn an error of the database into InvalidSetting, which names the variable of its URL."""
    name = settings.database_name
    try:
        work()
    except DBAPIError as error:
        raise InvalidSetting(f"{variable} names {name}, which cannot be used as a database: {error.orig}") from None
    except UnsafeRole as error:
        raise InvalidSetting(f"{variable} {error}") from None
    except (DatabaseUnavailable, NotMigrated) as error:
        raise InvalidSetting(f"{variable} names {name}: {error}") from None
