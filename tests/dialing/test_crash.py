"""Kill the server, or a part of it, while it dials (R12): nobody is called twice, and nothing hangs."""

import os
import signal
from pathlib import Path

from tests.dialing.dialing_organization import FINAL_STATUSES, DialingOrganization, until
from tests.server_process import run_server_in
from tests.telephony.conftest import StartSipp

CALLS = 40


def test_r12_kill_9_in_the_middle_of_dialing_and_no_second_invite(tmp_path: Path, sipp: StartSipp) -> None:
    with run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = DialingOrganization(server.root("Northwind"), sipp)
        over = line.number_at_carrier("ring", calls=CALLS, callsPerSecond=20)
        numbers = [f"+1206555{place:04}" for place in range(CALLS)]
        calls = {to: over.queue_call(to=to) for to in numbers}
        line.until(calls[numbers[0]], "RINGING")
        server.kill()
        begun = over.invites_by_callee()
        server.launch()
        waiting = [to for to in numbers if to not in begun]
        for to in begun:
            ended = line.until_ended(calls[to])
            assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
        for to in waiting:  # committed and not dialed: their turn comes; those claimed just then are lost, not dialed
            call = until(line.owner, calls[to], "RINGING", *FINAL_STATUSES)
            assert call["status"] == "RINGING" or call["endReason"] == "ENGINE_LOST"
        assert set(begun) <= set(over.invites_by_callee())


def test_a_server_that_stops_hangs_up_and_says_how_its_calls_ended(tmp_path: Path, sipp: StartSipp) -> None:
    with run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = DialingOrganization(server.root("Northwind"), sipp)
        talking, ringing = line.number_at_carrier("answer"), line.number_at_carrier("ring", maxConcurrentCalls=1)
        calls = [talking.answered_call(), ringing.queue_call(), ringing.queue_call(to="+12065550198")]
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
    with run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = DialingOrganization(server.root("Northwind"), sipp)
        over = line.number_at_carrier("hang_up", calls=2)
        assert line.until_ended(over.queue_call(to="+12065550190"))["endReason"] == "HANGUP"
        children = Path(f"/proc/{server.server}/task/{server.server}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGSTOP)
        lost = line.until_ended(over.queue_call(to="+12065550191"))
        assert (lost["status"], lost["endReason"]) == ("FAILED", "ENGINE_LOST")
        assert line.until_ended(over.queue_call(to="+12065550192"))["endReason"] == "HANGUP"
        assert over.invites_by_callee().keys() == {"+12065550190", "+12065550192"}
