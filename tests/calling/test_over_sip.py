"""Conversations of a whole server over the engine `sip`: every refusal, a child that is killed, what its log never says."""

import os
import re
import signal
from pathlib import Path

from tests.calling.conftest import Dialing
from tests.calling.line import Line
from tests.processes import served_in
from tests.telephony.conftest import StartSipp

REFUSALS = {
    403: ("FAILED", "BLOCKED"),
    404: ("FAILED", "INVALID_NUMBER"),
    408: ("UNANSWERED", "NO_ANSWER"),
    410: ("FAILED", "INVALID_NUMBER"),
    480: ("UNANSWERED", "NO_ANSWER"),
    484: ("FAILED", "INVALID_NUMBER"),
    486: ("UNANSWERED", "BUSY"),
    487: ("UNANSWERED", "NO_ANSWER"),
    488: ("FAILED", "CARRIER_ERROR"),
    500: ("FAILED", "CARRIER_ERROR"),
    600: ("UNANSWERED", "BUSY"),
    603: ("UNANSWERED", "REJECTED"),
    604: ("FAILED", "INVALID_NUMBER"),
    607: ("UNANSWERED", "REJECTED"),
    608: ("FAILED", "BLOCKED"),
}
PASSWORD = "a-password-that-no-log-shows"


def test_r12_every_refusal_of_a_carrier_has_its_end_reason(dialing: Dialing) -> None:
    line = dialing()
    calls = {status: line.over("refuse", filled={"status": f"{status} No"}).call() for status in REFUSALS}
    for status, expected in REFUSALS.items():
        ended = line.ended(calls[status])
        assert (ended["status"], ended["endReason"], ended["sipStatus"]) == (*expected, status)


def test_a_carrier_that_takes_no_credentials_is_the_trunks_failure(dialing: Dialing) -> None:
    outbound = {"authUsername": "caller", "authPassword": PASSWORD}
    line = dialing()
    ended = line.ended(line.over("challenge_again", outbound=outbound).call())
    assert (ended["endReason"], ended["sipStatus"]) == ("TRUNK_AUTHENTICATION", 407)


def test_a_sip_engine_that_is_killed_ends_its_calls_and_the_api_goes_on(tmp_path: Path, sipp: StartSipp) -> None:
    with served_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = Line(server.root("Northwind"), sipp)
        talking, ringing = line.over("answer").talking(), line.over("ring").call()
        line.until(ringing, "RINGING")
        (child,) = children_of(server.process.pid)
        os.kill(child, signal.SIGKILL)
        for call in (talking, ringing):
            ended = line.ended(call)
            assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
        again = line.over("answer").talking()
        line.hang_up(again)
        assert line.ended(again)["endReason"] == "HANGUP"
        assert child not in children_of(server.process.pid)


def test_no_log_shows_a_trunks_password_or_what_proves_it(tmp_path: Path, sipp: StartSipp) -> None:
    outbound = {"authUsername": "caller", "authPassword": PASSWORD}
    with served_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = Line(server.root("Northwind"), sipp)
        proxy, refusing = line.over("challenge_407", outbound=outbound), line.over("challenge_401", outbound=outbound)
        line.hang_up(proxy.talking())
        assert proxy.carrier.passed()
        assert line.ended(refusing.call())["endReason"] == "BLOCKED"
        assert refusing.carrier.passed()
        sent = [
            *(str(each.header("Proxy-Authorization")) for each in proxy.carrier.messages("INVITE")[1:]),
            *(str(each.header("Authorization")) for each in refusing.carrier.messages("INVITE")[1:]),
        ]
    proofs = [re.findall(r'response="(\w+)"', header)[0] for header in sent]
    said = server.log.read_text()
    assert said
    assert len(proofs) > 1
    for secret in (PASSWORD, *proofs):
        assert secret not in said


def children_of(pid: int) -> list[int]:
    """The SIP engine's processes."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed if b"telephony.user_agent" in Path(f"/proc/{each}/cmdline").read_bytes()]
