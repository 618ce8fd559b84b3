"""Bringing a database to the schema that this code expects. Each step is a file under `versions/`."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migrate(url: str, revision: str = "head") -> None:
    """Run every migration that the database lacks, up to a revision. Raises NewerDatabase."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, revision)
