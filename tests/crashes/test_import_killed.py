"""Test SIGKILL during uploads of contacts: what was committed stays, and the same file again changes nothing (R16)."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.campaigns.test_import import HEADER, campaign_of, counts, create_import, put, rows
from tests.databases import DatabaseForTests
from tests.server_process import run_server_in

FULL = os.environ.get("DIALTREE_TORTURE") == "1"
ROWS, KILLS = (20_000, 12) if FULL else (2000, 2)
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
PIECE_BYTES = 5000
FIRST = 2_000_000
CONTACTS = "SELECT id, e164, external_id, variables, status, created_at FROM contact ORDER BY e164"


def cut_at(file: bytes, at: int, kill: Callable[[], None]) -> Iterator[bytes]:
    """Yield a file in pieces, and kill the server that reads them in the middle."""
    for begin in range(0, len(file), PIECE_BYTES):
        if begin <= at < begin + PIECE_BYTES:
            kill()
        yield file[begin : begin + PIECE_BYTES]


@pytest.mark.torture
def test_r16_the_same_file_again_after_each_kill_makes_each_row_one_contact(
    tmp_path: Path, store: DatabaseForTests
) -> None:
    file, chance = (HEADER + rows(FIRST, ROWS)).encode(), random.Random(SEED)
    with run_server_in(tmp_path, store=store) as server:
        client = server.root()
        path = create_import(client, campaign_of(client))
        kept = 0
        for at in sorted(chance.sample(range(len(file)), KILLS)):
            with pytest.raises(httpx.TransportError):
                put(client, path, cut_at(file, at, server.kill))
            numbers = [number for _, number, *_ in store.rows(CONTACTS)]
            assert numbers == [f"+1212{line}" for line in range(FIRST, FIRST + len(numbers))], f"seed {SEED}"
            assert len(numbers) >= kept
            kept = len(numbers)
            server.launch()
        assert counts(put(client, path, file).json()) == ["COMPLETED", ROWS, ROWS - kept, kept, 0]
        imported = store.rows(CONTACTS)
        assert len(imported) == ROWS
        assert counts(put(client, path, file).json()) == ["COMPLETED", ROWS, 0, ROWS, 0]
        assert store.rows(CONTACTS) == imported
        assert server.command("check")[0] == 0
