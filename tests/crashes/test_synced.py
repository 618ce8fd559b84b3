"""Acknowledged is on disk: in the system calls of a real server the sync stands between the write and the answer."""

import re
from itertools import pairwise

import pytest

from tests.processes import served_in

KEYS = [f"synced-{turn:02}" for turn in range(10)]
TRACED = "pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg"

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the server asked of the system while ten conversations were created, each after the answer to the last."""
    folder = tmp_path_factory.mktemp("traced")
    strace = ("strace", "-f", "-y", "-s", "6000", "-o", "trace", "-e", f"trace={TRACED}")
    with served_in(folder, under=strace) as served:
        number = (northwind := served.root()).number()
        for key in KEYS:
            assert (
                northwind.queued(agentNumber=number.e164, agentConfig={}, idempotencyKey=key)["idempotencyKey"] == key
            )
    return (folder / "trace").read_text().splitlines()


def places(calls: list[str], pattern: str) -> list[int]:
    return [place for place, call in enumerate(calls) if re.search(pattern, call)]


@pytest.mark.parametrize("key", KEYS)
def test_a_create_is_synced_before_its_answer_leaves(calls: list[str], key: str) -> None:
    """A conversation's key is seen as it is written to the log of the database, and in the answer."""
    written = places(calls, rf"pwrite64\(\d+<.*dialtree\.db-wal>.*{key}")[0]
    body = places(calls, rf"(write|writev|sendto|sendmsg)\(\d+<(socket|TCP).*{key}")[0]
    answered = [place for place in places(calls, r"HTTP/1\.1 200 OK") if place <= body][-1]
    began = [place for place in places(calls, r"f(data)?sync\(\d+<.*dialtree\.db-wal>") if place > written]
    assert began[0] < answered
    assert finished(calls, began[0]) < answered


def finished(calls: list[str], place: int) -> int:
    """Where a call that another thread's interrupted in the trace goes on, with its success."""
    thread, unfinished = calls[place].split()[0], calls[place].endswith("<unfinished ...>")
    end = place
    if unfinished:
        end = next(later for later in places(calls, rf"^{thread} +<\.\.\. f(data)?sync resumed") if later > place)
    assert calls[end].endswith("= 0")
    return end


def test_the_answers_came_one_after_the_other(calls: list[str]) -> None:
    first = [places(calls, key)[0] for key in KEYS]
    assert all(before < after for before, after in pairwise(first))
