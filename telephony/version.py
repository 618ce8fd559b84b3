"""Dialtree's version, read from pyproject.toml; carriers see it in User-Agent."""

import tomllib
from pathlib import Path

VERSION: str = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]["version"]
USER_AGENT = f"Dialtree/{VERSION}"
