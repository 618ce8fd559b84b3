"""Bringing a database to the schema that this code expects. Each step is a file under `versions/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(url: str) -> None:
    """Run every migration that the database lacks. Migrations are synchronous: the plain driver runs them."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url.replace("+aiosqlite", "")
    command.upgrade(config, "head")
