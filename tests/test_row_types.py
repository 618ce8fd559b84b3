"""Misspell columns of rows in code of rules and workers, and require mypy to name each of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A file, and a column that it reads from a row.
READ_COLUMNS = (
    ("calling/outbound_number.py", "owned"),
    ("calling/outbound_number.py", "outbound_agent_version_id"),
    ("calling/outbound_conversation.py", "input_digest"),
    ("calling/inbound_conversation.py", "organization_id"),
    ("operating/pruning.py", "id"),
    ("dialing/transfer_runner.py", "mechanism"),
    ("dialing/worker.py", "subject_id"),
    ("models/change.py", "id"),
    ("models/trunk_queue.py", "last_borrower_id"),
    ("operating/missing_secret_keys.py", "trunks"),
)


def _misspell(column: str) -> str:
    return f"{column}_misspelt"


def test_mypy_finds_a_misspelt_column(tmp_path: Path, cache: pytest.Cache) -> None:
    shadows = []
    for place, name in enumerate(sorted({name for name, _ in READ_COLUMNS})):
        text = (ROOT / name).read_text()
        for column in (column for file, column in READ_COLUMNS if file == name):
            text, count = re.subn(rf"(?<=\w\.|\]\.|\)\.){column}\b", _misspell(column), text)
            assert count, f"{name} does not read {column}"
        shadow = tmp_path / f"{place}.py"
        shadow.write_text(text)
        shadows += ["--shadow-file", name, str(shadow)]
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--cache-dir",
        str(cache.mkdir("mypy")),
        *shadows,
        *sorted({name for name, _ in READ_COLUMNS}),
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for name, column in READ_COLUMNS:
        assert re.search(rf'^{name}:\d+: error: .*has no attribute "{_misspell(column)}"', found, re.MULTILINE), found
