"""The server, or a part of it, ends while it dials (R12): nobody is called twice, and nothing hangs."""

import os
import signal
from pathlib import Path

from tests.calling.line import FINAL, Line, until
from tests.processes import served_in
from tests.telephony.conftest import StartSipp

CALLS = 40


def test_r12_kill_9_in_the_middle_of_dialing_and_no_second_invite(tmp_path: Path, sipp: StartSipp) -> None:
    with served_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = Line(server.root("Northwind"), sipp)
        over = line.over("ring", calls=CALLS, callsPerSecond=20)
        numbers = [f"+1206555{place:04}" for place in range(CALLS)]
        calls = {to: over.call(to=to) for to in numbers}
        line.until(calls[numbers[0]], "RINGING")
        server.kill()
        begun = over.invites()
        server.launch()
        waiting = [to for to in numbers if to not in begun]
        for to in begun:
            ended = line.ended(calls[to])
            assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
        for to in waiting:  # committed and not dialed: their turn comes; those claimed just then are lost, not dialed
            call = until(line.owner, calls[to], "RINGING", *FINAL)
            assert call["status"] == "RINGING" or call["endReason"] == "ENGINE_LOST"
        assert set(begun) <= set(over.invites())


def test_a_server_that_stops_hangs_up_and_says_how_its_calls_ended(tmp_path: Path, sipp: StartSipp) -> None:
    with served_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = Line(server.root("Northwind"), sipp)
        talking, ringing = line.over("answer"), line.over("ring", maxConcurrentCalls=1)
        calls = [talking.talking(), ringing.call(), ringing.call(to="+12065550198")]
        line.until(calls[1], "RINGING")
        server.stop()
        server.join()
        assert talking.carrier.passed()
        assert ringing.carrier.passed()
        rows = server.rows("SELECT status, end_reason FROM conversation ORDER BY created_at")
        assert rows == [("COMPLETED", "HANGUP"), ("CANCELLED", "CANCELLED"), ("QUEUED", None)]


def test_a_stack_that_does_not_answer_is_ended_and_its_calls_are_lost_and_not_dialed_again(
    tmp_path: Path, sipp: StartSipp
) -> None:
    with served_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = Line(server.root("Northwind"), sipp)
        over = line.over("hang_up", calls=2)
        assert line.ended(over.call(to="+12065550190"))["endReason"] == "HANGUP"
        children = Path(f"/proc/{server.server}/task/{server.server}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGSTOP)
        lost = line.ended(over.call(to="+12065550191"))
        assert (lost["status"], lost["endReason"]) == ("FAILED", "ENGINE_LOST")
        assert line.ended(over.call(to="+12065550192"))["endReason"] == "HANGUP"
        assert over.invites().keys() == {"+12065550190", "+12065550192"}
