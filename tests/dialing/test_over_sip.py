"""Dial by a whole server over the engine `sip`: every refusal, a killed child process, secrets kept out of the log."""

import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.dialing.conftest import MakeOrganization
from tests.dialing.dialing_organization import DialingOrganization
from tests.server_process import run_server_in
from tests.telephony.conftest import StartSipp
from tests.telephony.digest import digest_response

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


def test_r12_every_refusal_of_a_carrier_has_its_end_reason(dialing: MakeOrganization) -> None:
    line = dialing()
    calls = {
        status: line.number_at_carrier("refuse", filled={"status": f"{status} No"}).queue_call() for status in REFUSALS
    }
    for status, expected in REFUSALS.items():
        ended = line.until_ended(calls[status])
        assert (ended["status"], ended["endReason"], ended["sipStatus"]) == (*expected, status)
        assert ended["endDetail"] == f"the carrier answered {status} No"


def test_a_carrier_that_takes_no_credentials_is_the_trunks_failure(dialing: MakeOrganization) -> None:
    outbound = {"authUsername": "caller", "authPassword": PASSWORD}
    line = dialing()
    ended = line.until_ended(line.number_at_carrier("challenge_again", outbound=outbound).queue_call())
    assert (ended["endReason"], ended["sipStatus"]) == ("TRUNK_AUTHENTICATION", 407)


def test_an_answer_without_audio_is_the_carriers_error_and_no_conversation(dialing: MakeOrganization) -> None:
    line = dialing()
    ended = line.until_ended(line.number_at_carrier("answer_without_session").queue_call())
    assert (ended["status"], ended["endReason"], ended["sipStatus"]) == ("FAILED", "CARRIER_ERROR", None)
    assert ended["endDetail"] == "the carrier answered without audio that could be agreed on"


def test_the_words_of_a_carrier_are_one_short_line_in_the_conversation_and_in_the_log(
    tmp_path: Path, sipp: StartSipp
) -> None:
    """No character changes the direction of the text or is invisible."""
    phrase = "Out \u202eof\u200b\torder" + "!" * 1000
    with run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = DialingOrganization(server.root("Northwind"), sipp)
        ended = line.until_ended(line.number_at_carrier("refuse", filled={"status": f"500 {phrase}"}).queue_call())
        detail = ended["endDetail"]
        assert detail.startswith("the carrier answered 500 Out of order!!!")
        assert (len(detail), detail[-1]) == (200, "…")
    (told,) = [each for each in map(json.loads, server.log.read_text().splitlines()) if each["event"] == "call_ended"]
    assert (told["conversation"], told["reason"], told["sip_status"]) == (ended["id"], "CARRIER_ERROR", 500)
    assert told["detail"] == detail


@pytest.mark.parametrize("field", ["authUsername", "authPassword"])
def test_credentials_that_were_once_code_are_credentials(tmp_path: Path, sipp: StartSipp, field: str) -> None:
    """They would set parameters of an account: a file to record audio to, and another route to the carrier."""
    dialing = run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow")
    with socket.socket(type=socket.SOCK_DGRAM) as stranger, dialing as server:
        stranger.bind(("127.0.0.1", 0))
        attack = f"x;audio_player=aufile,{{}};outbound=sip:127.0.0.1:{stranger.getsockname()[1]};z=1"
        overwritten = tmp_path / "overwritten"
        overwritten.write_text("as it was")
        sent = {"authUsername": "caller", "authPassword": "secret"} | {field: attack.format(overwritten)}
        challenged = DialingOrganization(server.root("Northwind"), sipp).number_at_carrier(
            "challenge_407", outbound=sent
        )
        challenged.line.hang_up(challenged.answered_call())
        assert challenged.carrier.passed()
        invite = challenged.carrier.messages("INVITE")[-1]
        given = dict(re.findall(r'(\w+)="([^"]+)"', str(invite.header("Proxy-Authorization"))))
        assert given["username"] == sent["authUsername"]
        assert given["response"] == digest_response(given, sent["authPassword"])
        assert overwritten.read_text() == "as it was"
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(1)


def test_a_sip_engine_that_is_killed_ends_its_calls_and_the_api_goes_on(tmp_path: Path, sipp: StartSipp) -> None:
    with run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = DialingOrganization(server.root("Northwind"), sipp)
        talking, ringing = line.number_at_carrier("answer").answered_call(), line.number_at_carrier("ring").queue_call()
        line.until(ringing, "RINGING")
        (child,) = children_of(server.process.pid)
        os.kill(child, signal.SIGKILL)
        for call in (talking, ringing):
            ended = line.until_ended(call)
            assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
        again = line.number_at_carrier("answer").answered_call()
        line.hang_up(again)
        assert line.until_ended(again)["endReason"] == "HANGUP"
        assert child not in children_of(server.process.pid)


def test_no_log_shows_a_trunks_password_or_what_proves_it(tmp_path: Path, sipp: StartSipp) -> None:
    outbound = {"authUsername": "caller", "authPassword": PASSWORD}
    with run_server_in(tmp_path, DIALTREE_DIALING="on", DIALTREE_PRIVATE_CARRIERS="allow") as server:
        line = DialingOrganization(server.root("Northwind"), sipp)
        proxy, refusing = (
            line.number_at_carrier("challenge_407", outbound=outbound),
            line.number_at_carrier("challenge_401", outbound=outbound),
        )
        line.hang_up(proxy.answered_call())
        assert proxy.carrier.passed()
        assert line.until_ended(refusing.queue_call())["endReason"] == "BLOCKED"
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
    """Return the processes of the SIP engine."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed if b"telephony.sip_user_agent" in Path(f"/proc/{each}/cmdline").read_bytes()]
