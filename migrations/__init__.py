"""Run the Alembic migrations, or check that all have run."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(url: str, revision: str = "head", serving_role: str | None = None) -> None:
    """Run every migration that the database lacks, up to a revision. Raises `DatabaseTooNew`.

    On PostgreSQL the URL names the role that owns the tables; the serving role is granted what it needs.
    """
    config = _config(url)
    config.attributes["serving_role"] = serving_role
    command.upgrade(config, revision)


def require_migrated(url: str) -> None:
    """Check, as the serving role, that all migrations have run, and change nothing.

    Raises `NotMigrated`, `DatabaseTooNew` or `UnsafeRole`.
    """
    config = _config(url)
    config.attributes["serving"] = True
    command.current(config)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config
