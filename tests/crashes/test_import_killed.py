"""Test SIGKILL during uploads of contacts: what was committed stays, and the same file again changes nothing (R16).

On PostgreSQL the database is killed too, while the server goes on.
"""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from resolvers.contact_upload import BATCH_ROWS
from tests.campaigns.test_import import HEADER, campaign_of, counts, create_import, put, rows
from tests.crashes.victims import FULL, Victim
from tests.databases import DatabaseForTests
from tests.retrying import attempts
from tests.server_process import run_server_in

ROWS = 20_000 if FULL else 2000
SEED = random.SystemRandom().randrange(1_000_000) if FULL else 4711
PIECE_BYTES = 5000
MAX_KILL_DELAY_SECONDS = 0.05  # after a piece was sent: about as long as its rows are checked and committed
PATIENT = {"DIALTREE_REQUEST_TIMEOUT_SECONDS": "60"}  # the file stands still while the database is killed
FIRST = 2_000_000
CONTACTS = "SELECT id, e164, external_id, variables, status, created_at FROM contact ORDER BY e164"
RECEIVING = "SELECT id FROM contact_import WHERE status = 'RECEIVING'"
PATIENCE_SECONDS = 30
COUNTED = "SELECT rows, accepted, unchanged, refused FROM contact_import"


def cut_at(file: bytes, at: int, until_counted: Callable[[int], None], kill: Callable[[], None]) -> Iterator[bytes]:
    """Yield a file in pieces, and kill who reads it in the middle, when all until there but the last batch is stored."""
    for begin in range(0, len(file), PIECE_BYTES):
        yield file[begin : begin + PIECE_BYTES]
        if begin <= at < begin + PIECE_BYTES:
            complete_rows = file[:begin].count(b"\n") - 1
            until_counted(complete_rows - BATCH_ROWS)
            kill()


def wait_until_counted(store: DatabaseForTests, upload: int, count: int) -> None:
    """Wait until so many rows of that upload to the import are committed."""
    for _ in attempts():
        ((current, counted),) = store.rows("SELECT upload_count, rows FROM contact_import")
        if current == upload and counted >= count:
            return
    raise AssertionError(count)


def until_not_received(store: DatabaseForTests) -> None:
    """Wait until the import does not say any more that its file arrives."""
    for _ in attempts(PATIENCE_SECONDS):
        if not store.rows(RECEIVING):
            return
    raise AssertionError(store.rows(RECEIVING))


@pytest.mark.torture
def test_r16_the_same_file_again_after_each_kill_makes_each_row_one_contact(tmp_path: Path, victim: Victim) -> None:
    file, chance, store = (HEADER + rows(FIRST, ROWS)).encode(), random.Random(SEED), victim.store
    with run_server_in(tmp_path, store=store, **PATIENT) as server:
        client = server.root()
        path = create_import(client, campaign_of(client))
        kept = 0

        def kill() -> None:
            time.sleep(chance.uniform(0, MAX_KILL_DELAY_SECONDS))
            victim.kill(server)

        for upload, at in enumerate(sorted(chance.sample(range(len(file)), victim.kills)), 1):
            parts = cut_at(file, at, partial(wait_until_counted, store, upload), kill)
            victim.assert_cut(partial(put, client, path, parts))
            victim.restart(server, client)
            until_not_received(store)
            numbers = [number for _, number, *_ in store.rows(CONTACTS)]
            assert numbers == [f"+1212{line}" for line in range(FIRST, FIRST + len(numbers))], f"seed {SEED}"
            ((counted, accepted, unchanged, refused),) = store.rows(COUNTED)
            assert (accepted, unchanged, refused) == (max(0, counted - kept), min(counted, kept), 0), f"seed {SEED}"
            assert len(numbers) == max(kept, counted), f"seed {SEED}"
            kept = len(numbers)
        assert counts(put(client, path, file).json()) == ["COMPLETED", ROWS, ROWS - kept, kept, 0]
        imported = store.rows(CONTACTS)
        assert len(imported) == ROWS
        assert counts(put(client, path, file).json()) == ["COMPLETED", ROWS, 0, ROWS, 0]
        assert store.rows(CONTACTS) == imported
        assert server.command("check")[0] == 0
