"""Test the engine `sip` against a carrier scripted message by message: strangers, silence, challenges, transfers."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.digest_auth import AUTHORIZATION_BY_CHALLENGE
from telephony.engine import Ending, InboundCall, OutboundCall, Progress
from telephony.sip_engine import SipEngine
from telephony.sip_message import SipMessage, header_uri
from tests.telephony.digest import digest_response
from tests.telephony.observed_engine import ObservedEngine
from tests.telephony.scripted_carrier import SDP, ScriptedCarrier, place_and_receive
from tests.telephony.sipp import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENDS_NOTHING = SDP + "a=recvonly\r\n"
UNSUPPORTED_CHALLENGE = 'Digest realm="carrier", nonce="abc", algorithm=SHA-512-256, qop="auth"'
SUPPORTED_CHALLENGE = 'Digest realm="carrier", nonce="def", algorithm=MD5, qop="auth", opaque="o"'
ACTIVE, TERMINATED = "active;expires=60", "terminated;reason=noresource"
MAX_INBOUND = 2


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine() -> AsyncIterator[ObservedEngine]:
    async with ObservedEngine(SipEngine(media_seconds=1)) as observed:
        yield observed


async def answered(
    engine: ObservedEngine, carrier: ScriptedCarrier, **fields: object
) -> tuple[OutboundCall, SipMessage]:
    call, invite = await place_and_receive(engine, carrier, **fields)
    carrier.reply(invite, "200 OK", body=SENDS_NOTHING)
    await carrier.next_request("ACK")
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    return call, invite


async def hung_up(engine: ObservedEngine, carrier: ScriptedCarrier, call: OutboundCall) -> None:
    await engine.port.hang_up(call.reference)
    carrier.reply(await carrier.next_request("BYE"), "200 OK")
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP


async def test_who_was_called_cannot_call_back_at_the_port_that_calls_go_out_from(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await answered(engine, carrier)
    contact = header_uri(invite.headers["contact"])
    for number in range(50):
        carrier.send_invite(contact, invite, f"while-it-calls-{number}")
        assert (await carrier.final_response(f"while-it-calls-{number}")).status == 486
    await hung_up(engine, carrier, call)
    open_before = descriptors(engine)
    for number in range(50):
        carrier.send_invite(contact, invite, f"idle-{number}")
        refusal = await carrier.final_response(f"idle-{number}")
        assert refusal.status == 486
        carrier.acknowledge(refusal, contact)
    call, _ = await answered(engine, carrier)
    await hung_up(engine, carrier, call)
    assert descriptors(engine) <= open_before
    assert not [event for event in engine.events if isinstance(event, InboundCall)]


async def test_as_many_callers_are_taken_at_once_as_the_setting_says(carrier: ScriptedCarrier) -> None:
    port = free_port()
    async with ObservedEngine(SipEngine(listen=f"127.0.0.1:{port}", max_inbound=MAX_INBOUND)) as listening:
        here, target = ("127.0.0.1", port), f"sip:+15551234567@127.0.0.1:{port}"
        for number in range(MAX_INBOUND + 1):
            carrier.send_invite_to(here, target, f"caller-{number}")
        assert (await carrier.final_response(f"caller-{MAX_INBOUND}")).status == 486
        inbound_call = await listening.wait_for_inbound_call()
        await listening.port.decline(inbound_call.engine_reference, 480)
        refusal = await carrier.final_response("caller-0")
        carrier.acknowledge(refusal, target)
        carrier.send_invite_to(here, target, "the-next")
        await listening.wait_for(InboundCall, lambda _: len(inbound_calls(listening)) > MAX_INBOUND)
        for inbound_call in inbound_calls(listening)[1:]:
            await listening.port.decline(inbound_call.engine_reference, 480)
        assert (await carrier.final_response("the-next")).status == 486


@pytest.mark.parametrize(
    "body", ["", "v=0\r\n", "no session", SDP.replace("40000", "0"), SDP.replace("AVP 0", "AVP 96")]
)
async def test_an_answer_without_audio_ends_the_call_and_says_so(
    engine: ObservedEngine, carrier: ScriptedCarrier, body: str
) -> None:
    call, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "200 OK", body=body)
    await carrier.next_request("ACK")
    carrier.reply(await carrier.next_request("BYE"), "200 OK")
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.NO_MEDIA, None)
    assert "without audio" in ended.detail


async def test_a_far_end_that_vanishes_ends_the_call(engine: ObservedEngine, carrier: ScriptedCarrier) -> None:
    call, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "200 OK", body=SDP)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    carrier.reply(await carrier.next_request("BYE"), "200 OK")
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert ended.ending is Ending.NO_MEDIA
    assert "no audio arrived" in ended.detail


async def test_a_far_end_that_agreed_to_send_nothing_is_not_waited_for(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    """The other call, which is answered later, is ended first."""
    silent, _ = await answered(engine, carrier)
    other, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "200 OK", body=SDP)
    carrier.reply(await carrier.next_request("BYE"), "200 OK")
    assert (await engine.wait_for_call(other.reference, Progress.ENDED)).ending is Ending.NO_MEDIA
    snapshot = await engine.port.snapshot(silent.reference)
    assert snapshot
    assert snapshot.progress is Progress.ANSWERED
    await hung_up(engine, carrier, silent)


@pytest.mark.parametrize(
    "challenges",
    [
        (UNSUPPORTED_CHALLENGE, SUPPORTED_CHALLENGE),
        (SUPPORTED_CHALLENGE, UNSUPPORTED_CHALLENGE),
        (f"{UNSUPPORTED_CHALLENGE}, {SUPPORTED_CHALLENGE}",),
    ],
)
@pytest.mark.parametrize(
    ("status", "asks"),
    [
        ("401 Unauthorized", "WWW-Authenticate"),
        ("407 Proxy Authentication Required", "Proxy-Authenticate"),
    ],
)
async def test_of_several_algorithms_the_one_that_is_spoken_is_answered(
    engine: ObservedEngine, carrier: ScriptedCarrier, challenges: tuple[str, ...], status: str, asks: str
) -> None:
    call, invite = await place_and_receive(engine, carrier, username="caller", password="secret")
    carrier.reply(invite, status, *(f"{asks}: {challenge}" for challenge in challenges))
    again = await carrier.next_request("INVITE")
    sent = {
        name: quoted or plain
        for name, quoted, plain in re.findall(
            r'(\w+)=(?:"([^"]*)"|(\w+))', again.headers[AUTHORIZATION_BY_CHALLENGE[asks.lower()].lower()]
        )
    }
    assert (sent["algorithm"], sent["nonce"], sent["opaque"]) == ("MD5", "def", "o")
    expected = {"username": "caller", "realm": "carrier", "nonce": "def", "uri": again.start_line[1], "qop": "auth"}
    assert sent["response"] == digest_response(sent | expected, "secret")
    carrier.reply(again, "486 Busy Here")
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.REFUSED, 486)


@pytest.mark.parametrize(
    "challenge",
    [
        f"WWW-Authenticate: {UNSUPPORTED_CHALLENGE}",
        'WWW-Authenticate: Basic realm="carrier"',
        'WWW-Authenticate: Digest realm="carrier"',
        "Subject: nothing to answer",
    ],
)
async def test_a_challenge_that_nobody_could_answer_keeps_its_status(
    engine: ObservedEngine, carrier: ScriptedCarrier, challenge: str
) -> None:
    call, invite = await place_and_receive(engine, carrier, username="caller", password="secret")
    carrier.reply(invite, "401 Unauthorized", challenge)
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.REFUSED, 401)


async def test_a_challenge_to_wrong_credentials_keeps_its_status(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier, username="caller", password="wrong")
    for first in (True, False):
        carrier.reply(
            invite,
            "401 Unauthorized",
            f"WWW-Authenticate: {UNSUPPORTED_CHALLENGE}",
            f"WWW-Authenticate: {SUPPORTED_CHALLENGE}",
        )
        if first:
            invite = await carrier.next_request("INVITE")
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.REFUSED, 401)
    assert len({message.call_id for message in carrier.received}) == 2


async def test_a_refusal_without_words_keeps_its_status(engine: ObservedEngine, carrier: ScriptedCarrier) -> None:
    call, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "486 ")
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.REFUSED, 486)


async def transferring_call(
    engine: ObservedEngine, carrier: ScriptedCarrier, **fields: object
) -> tuple[OutboundCall, SipMessage, str]:
    """Place a call that the carrier answers and whose REFER it accepts."""
    call, invite = await answered(engine, carrier, **fields)
    transfer = engine.new_transfer()
    await engine.port.transfer(call.reference, transfer, "sip:desk@example.com;x=y")
    refer = await carrier.next_request("REFER")
    assert refer.headers["refer-to"] == "<sip:desk@example.com;x=y>"
    carrier.reply(refer, "202 Accepted")
    return call, invite, transfer


def notify(carrier: ScriptedCarrier, invite: SipMessage, sipfrag: str, state: str, number: int = 1) -> None:
    more = ("Event: refer", f"Subscription-State: {state}", "Content-Type: message/sipfrag;version=2.0")
    carrier.send_request(invite, "NOTIFY", *more, body=sipfrag, number=number)


@pytest.mark.parametrize("news", [[], ["SIP/2.0 100 Trying\r\n"], ["SIP/2.0 180 Ringing\r\n"]])
async def test_a_bye_before_the_outcome_of_a_refer_is_a_hang_up(
    engine: ObservedEngine, carrier: ScriptedCarrier, news: list[str]
) -> None:
    call, invite, transfer = await transferring_call(engine, carrier)
    for each in news:
        notify(carrier, invite, each, ACTIVE)
    carrier.send_request(invite, "BYE", number=2)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    await engine.wait_for_transfer(transfer, Progress.ENDED)


@pytest.mark.parametrize(
    ("sipfrag", "status"),
    [("SIP/2.0 603\r\n", 603), ("SIP/2.0 100 Trying\r\n", 408), ("", 408)],
)
async def test_a_refer_that_ends_without_a_success_has_failed(
    engine: ObservedEngine, carrier: ScriptedCarrier, sipfrag: str, status: int
) -> None:
    call, invite, transfer = await transferring_call(engine, carrier)
    notify(carrier, invite, sipfrag, TERMINATED)
    assert (await engine.wait_for_transfer(transfer, Progress.ENDED)).sip_status == status
    await hung_up(engine, carrier, call)


async def test_the_success_of_a_refer_without_a_reason_phrase_is_understood(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite, transfer = await transferring_call(engine, carrier)
    notify(carrier, invite, "SIP/2.0 200\r\n", TERMINATED)
    await engine.wait_for_transfer(transfer, Progress.ANSWERED)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.TRANSFERRED
    carrier.reply(await carrier.next_request("BYE"), "200 OK")


async def test_the_success_of_a_refer_that_comes_too_late_changes_nothing(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite, transfer = await transferring_call(engine, carrier, ring_seconds=1)
    assert (await engine.wait_for_transfer(transfer, Progress.ENDED)).sip_status == 408
    notify(carrier, invite, "SIP/2.0 200 OK\r\n", TERMINATED)
    carrier.reply(await carrier.next_request("BYE"), "200 OK")
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert ended.ending is Ending.HUNG_UP
    assert "after the transfer had ended" in ended.detail


def inbound_calls(engine: ObservedEngine) -> list[InboundCall]:
    return [event for event in engine.events if isinstance(event, InboundCall)]


def descriptors(engine: ObservedEngine) -> int:
    """Count the open descriptors of the one process that dials."""
    assert isinstance(engine.port, SipEngine)
    (process,) = engine.port._pool.processes
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
