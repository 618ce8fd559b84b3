"""Test that a commit is synced to disk between the write and the response, in the system calls of a real server."""

import re
from itertools import pairwise

import pytest

from tests.server_process import run_server_in

KEYS = [f"synced-{turn:02}" for turn in range(10)]
TRACED = "pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg"

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The server's system calls while ten conversations were created, one after the other."""
    folder = tmp_path_factory.mktemp("traced")
    strace = ("strace", "-f", "-y", "-s", "6000", "-o", "trace", "-e", f"trace={TRACED}")
    with run_server_in(folder, under=strace) as served:
        number = (northwind := served.root()).number()
        for key in KEYS:
            assert (
                northwind.create_queued(agentNumber=number.e164, agentConfig={}, idempotencyKey=key)["idempotencyKey"]
                == key
            )
    return (folder / "trace").read_text().splitlines()


def lines_matching(calls: list[str], pattern: str) -> list[int]:
    return [place for place, call in enumerate(calls) if re.search(pattern, call)]


@pytest.mark.parametrize("key", KEYS)
def test_a_create_is_synced_before_its_answer_leaves(calls: list[str], key: str) -> None:
    """The conversation's key identifies the write to the database's log, and the response."""
    written = lines_matching(calls, rf"pwrite64\(\d+<.*dialtree\.db-wal>.*{key}")[0]
    body = lines_matching(calls, rf"(write|writev|sendto|sendmsg)\(\d+<(socket|TCP).*{key}")[0]
    answered = [place for place in lines_matching(calls, r"HTTP/1\.1 200 OK") if place <= body][-1]
    began = [place for place in lines_matching(calls, r"f(data)?sync\(\d+<.*dialtree\.db-wal>") if place > written]
    assert began[0] < answered
    assert end_of_call(calls, began[0]) < answered


def end_of_call(calls: list[str], place: int) -> int:
    """Return the line where a system call ends, which may be after lines of other threads; it must have succeeded."""
    thread, unfinished = calls[place].split()[0], calls[place].endswith("<unfinished ...>")
    end = place
    if unfinished:
        end = next(
            later for later in lines_matching(calls, rf"^{thread} +<\.\.\. f(data)?sync resumed") if later > place
        )
    assert calls[end].endswith("= 0")
    return end


def test_the_answers_came_one_after_the_other(calls: list[str]) -> None:
    first = [lines_matching(calls, key)[0] for key in KEYS]
    assert all(before < after for before, after in pairwise(first))
