"""Read, or create, the file that keeps the keys of trunk passwords beside a SQLite database."""

import os
import tempfile
from pathlib import Path

from models.encryption import SecretBox


def read_key_file(path: Path) -> SecretBox:
    """Return the box of a key file; create one that is missing. Raises ValueError or OSError."""
    if not path.exists():
        _create_key_file(path)
    return SecretBox.from_text(path.read_text().strip())


def _create_key_file(path: Path) -> None:
    """Create the file atomically, readable by its owner alone; another server may create it at the same time."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(SecretBox.generate_key() + "\n")
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
