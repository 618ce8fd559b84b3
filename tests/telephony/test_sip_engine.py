"""Test what only the engine `sip` does: transports, certificates, silence, garbage, inbound calls, crashes."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from models import MediaEncryption, SipTransport
from telephony.engine import CallNotPlaced, Ending, OutcomeUnknown, Progress
from telephony.sip_engine import SipEngine
from telephony.sip_message import build_response, parse
from tests.telephony.certificates import CertificateAuthority
from tests.telephony.conftest import StartSipp
from tests.telephony.observed_engine import ObservedEngine
from tests.telephony.sipp import Sipp, free_port

HOST = "carrier.example.com"
OUR_NUMBER = "+15551234567"
NAMED_CALLER, ANONYMOUS_CALLER = (
    "<sip:+12065550177@carrier.example.com>",
    '"Anonymous" <sip:+12065550177@anonymous.invalid>',
)


class FixedReplyCarrier(asyncio.DatagramProtocol):
    """A carrier that sends the same reply to every datagram, or none."""

    def __init__(self, reply: bytes | None = None) -> None:
        self.reply = reply
        self.received: list[bytes] = []
        self.caller: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, datagram: bytes, sender: tuple[str, int]) -> None:
        self.received.append(datagram)
        self.caller = sender
        if self.reply is not None:
            self.transport.sendto(self.reply, sender)


@asynccontextmanager
async def fixed_reply_carrier(reply: bytes | None = None) -> AsyncIterator[tuple[int, FixedReplyCarrier]]:
    """The carrier and its port. In the end it refuses every INVITE, so that the engine need not wait for it."""
    transport, carrier = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: FixedReplyCarrier(reply), ("127.0.0.1", 0)
    )
    yield transport.get_extra_info("sockname")[1], carrier
    for invite in filter(None, map(parse, carrier.received)):
        transport.sendto(build_response(invite, "480 Temporarily Unavailable", "callee"), carrier.caller)
    transport.close()


@asynccontextmanager
async def tls_relay(carrier: Sipp, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of a TLS server that relays to a carrier over TCP."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", carrier.port)
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, forth))
            both.create_task(_copy(back, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while read := await source.read(65_536):
        target.write(read)
    target.close()


@pytest.fixture
async def engine() -> AsyncIterator[ObservedEngine]:
    async with ObservedEngine(SipEngine()) as observed:
        yield observed


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path, "authority")


@pytest.fixture
async def trusting(authority: CertificateAuthority) -> AsyncIterator[ObservedEngine]:
    """An engine that trusts this authority only."""
    async with ObservedEngine(SipEngine(ca_file=str(authority.file))) as observed:
        yield observed


async def test_a_call_over_tcp(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer", "-t", "t1")
    call = engine.new_call(carrier.port, transport=SipTransport.TCP)
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    await engine.port.hang_up(call.reference)
    assert carrier.passed()
    (invite,) = carrier.messages("INVITE")
    assert invite.from_number == call.agent_number
    assert "SIP/2.0/TCP" in str(invite.header("Via"))


async def test_tls_to_a_carrier_with_a_good_certificate(
    trusting: ObservedEngine, sipp: StartSipp, authority: CertificateAuthority
) -> None:
    carrier = sipp("answer", "-t", "t1")
    async with tls_relay(carrier, authority.server(HOST)) as port:
        call = trusting.new_call(port, host=HOST, transport=SipTransport.TLS)
        await trusting.port.place_call(call)
        await trusting.wait_for_call(call.reference, Progress.ANSWERED)
        await trusting.port.hang_up(call.reference)
        await trusting.wait_for_call(call.reference, Progress.ENDED)
    (invite,) = carrier.messages("INVITE")
    assert invite.from_number == call.agent_number


@pytest.mark.parametrize("wrong", ["a stranger signed it", "it names another host"])
async def test_tls_to_a_carrier_with_a_bad_certificate_is_refused(
    trusting: ObservedEngine, sipp: StartSipp, authority: CertificateAuthority, tmp_path: Path, wrong: str
) -> None:
    shown = {
        "a stranger signed it": CertificateAuthority(tmp_path, "stranger").server(HOST),
        "it names another host": authority.server("other.example.com"),
    }
    carrier = sipp("answer", "-t", "t1")
    async with tls_relay(carrier, shown[wrong]) as port:
        call = trusting.new_call(port, host=HOST, transport=SipTransport.TLS)
        await trusting.port.place_call(call)
        ended = await trusting.wait_for_call(call.reference, Progress.ENDED)
    assert ended.ending is Ending.UNREACHABLE
    assert carrier.messages("INVITE") == []


async def test_tls_to_an_address_is_refused_because_it_has_no_name_to_check(engine: ObservedEngine) -> None:
    call = engine.new_call(5061, host="127.0.0.1", transport=SipTransport.TLS)
    with pytest.raises(CallNotPlaced, match="no name to check") as refused:
        await engine.port.place_call(call)
    assert refused.value.ending is Ending.UNREACHABLE
    assert await engine.port.snapshot(call.reference) is None


@pytest.mark.parametrize(
    ("encryption", "offered", "keys"),
    [
        (MediaEncryption.NONE, "RTP/AVP", False),
        (MediaEncryption.ALLOW, "RTP/AVP", True),
        (MediaEncryption.REQUIRE, "RTP/SAVP", True),
    ],
)
async def test_media_is_offered_as_the_trunk_says(
    engine: ObservedEngine, sipp: StartSipp, encryption: MediaEncryption, offered: str, keys: bool
) -> None:
    carrier = sipp("refuse", status="488 Not Acceptable Here")
    call = engine.new_call(carrier.port, media_encryption=encryption)
    await engine.port.place_call(call)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).sip_status == 488
    (invite,) = carrier.messages("INVITE")
    assert f" {offered} " in invite.text
    assert ("a=crypto:" in invite.text) == keys


async def test_the_call_goes_to_the_address_that_was_checked_whatever_the_name_is(
    engine: ObservedEngine, sipp: StartSipp
) -> None:
    carrier = sipp("answer")
    call = engine.new_call(carrier.port, host="localhost.localdomain.invalid")
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    await engine.port.hang_up(call.reference)
    assert carrier.passed()
    assert "localhost.localdomain.invalid" in carrier.messages("INVITE")[0].start


async def test_a_carrier_that_never_answers(engine: ObservedEngine) -> None:
    async with fixed_reply_carrier() as (port, silent):
        call = engine.new_call(port, ring_seconds=1)
        await engine.port.place_call(call)
        ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.UNREACHABLE, None)
    assert silent.received


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff" * 500, b"SIP/2.0 200 OK\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"]
)
async def test_a_carrier_that_answers_garbage(engine: ObservedEngine, garbage: bytes) -> None:
    async with fixed_reply_carrier(garbage) as (port, _):
        call = engine.new_call(port, ring_seconds=1)
        await engine.port.place_call(call)
        ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert ended.ending is Ending.UNREACHABLE


async def test_a_user_name_that_cannot_be_sent_is_named_and_not_shown(engine: ObservedEngine) -> None:
    call = engine.new_call(5060, username='hunter"2', password="secret")
    with pytest.raises(CallNotPlaced, match="user name") as refused:
        await engine.port.place_call(call)
    assert "hunter" not in str(refused.value)
    assert "secret" not in repr(call)


async def test_a_refer_from_the_carrier_is_refused(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("refer_us")
    call = engine.new_call(carrier.port)
    await engine.port.place_call(call)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()
    assert "SIP/2.0 603 Decline" in carrier.messages("NOTIFY")[-1].text
    assert len({invite.header("Call-ID") for invite in carrier.messages("INVITE")}) == 1


async def test_a_process_with_many_accounts_is_replaced_and_ends_with_its_last_call(
    engine: ObservedEngine, sipp: StartSipp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.sip_process_pool.MAX_ACCOUNTS_PER_PROCESS", 2)
    carrier, calls = sipp("answer", calls=4), []
    for number in ("+12065550111", "+12065550112", "+12065550113", "+12065550111"):
        calls.append(engine.new_call(carrier.port, agent_number=number))
        await engine.port.place_call(calls[-1])
        await engine.wait_for_call(calls[-1].reference, Progress.ANSWERED)
    assert isinstance(engine.port, SipEngine)
    first, second = (engine.port._registry.get(call.reference).handle for call in calls[1:3])  # type: ignore[union-attr]
    assert engine.port._pool.processes == {first, second}
    for call in calls:
        await engine.port.hang_up(call.reference)
        assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()
    await first.wait_exited()
    assert engine.port._pool.processes == {second}


async def test_a_killed_process_loses_its_calls_and_the_next_call_is_placed(
    engine: ObservedEngine, sipp: StartSipp
) -> None:
    carrier, other, later = sipp("ring"), sipp("answer"), sipp("answer")
    ringing, talking_call = engine.new_call(carrier.port), engine.new_call(other.port)
    for call in (ringing, talking_call):
        await engine.port.place_call(call)
    await engine.wait_for_call(ringing.reference, Progress.RINGING)
    await engine.wait_for_call(talking_call.reference, Progress.ANSWERED)
    kill(engine)
    for call in (ringing, talking_call):
        assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.LOST
        standing = await engine.port.snapshot(call.reference)
        assert standing
        assert standing.ending is Ending.LOST
        with pytest.raises(OutcomeUnknown):
            await engine.port.place_call(call)
    again = engine.new_call(later.port)
    await engine.port.place_call(again)
    await engine.wait_for_call(again.reference, Progress.ANSWERED)
    await engine.port.hang_up(again.reference)
    assert later.passed()
    assert len(carrier.messages("INVITE")) == len(other.messages("INVITE")) == 1


async def test_a_process_that_is_killed_while_it_dials_dials_once(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer", calls=2)
    first = engine.new_call(carrier.port)
    await engine.port.place_call(first)
    second = engine.new_call(carrier.port)
    placing = asyncio.create_task(engine.port.place_call(second))
    await asyncio.sleep(0)
    kill(engine)
    with pytest.raises(OutcomeUnknown):
        await placing
    assert (await engine.wait_for_call(second.reference, Progress.ENDED)).ending is Ending.LOST
    identifiers = [str(invite.header("Call-ID")) for invite in carrier.messages("INVITE")]
    assert len(set(identifiers)) <= 2


async def test_stopping_ends_every_call_with_its_event(engine: ObservedEngine, sipp: StartSipp) -> None:
    carrier, other = sipp("answer"), sipp("ring")
    live, ringing = engine.new_call(carrier.port), engine.new_call(other.port)
    for call in (live, ringing):
        await engine.port.place_call(call)
    await engine.wait_for_call(live.reference, Progress.ANSWERED)
    await engine.wait_for_call(ringing.reference, Progress.RINGING)
    await engine.port.stop()
    assert (await engine.wait_for_call(live.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert (await engine.wait_for_call(ringing.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()
    assert other.passed()


@pytest.fixture
async def listening() -> AsyncIterator[tuple[ObservedEngine, int]]:
    """An engine that accepts inbound calls, and its port."""
    port = free_port()
    async with ObservedEngine(SipEngine(listen=f"127.0.0.1:{port}")) as observed:
        yield observed, port


async def test_an_inbound_call_is_accepted(listening: tuple[ObservedEngine, int], sipp: StartSipp) -> None:
    engine, port = listening
    caller = sipp("call", called="+15551234567", caller="+12065550177", port=str(port))
    inbound_call = await engine.wait_for_inbound_call()
    assert (inbound_call.called, inbound_call.caller) == ("+15551234567", "+12065550177")
    await engine.port.accept(inbound_call.engine_reference, "cnv_inbound", {})
    await engine.wait_for_call("cnv_inbound", Progress.ANSWERED)
    await engine.port.hang_up("cnv_inbound")
    assert (await engine.wait_for_call("cnv_inbound", Progress.ENDED)).ending is Ending.HUNG_UP
    assert caller.passed()


async def test_an_inbound_caller_is_transferred(listening: tuple[ObservedEngine, int], sipp: StartSipp) -> None:
    engine, port = listening
    caller = sipp("call_transferred", called=OUR_NUMBER, caller="+12065550177", port=str(port))
    await engine.port.accept((await engine.wait_for_inbound_call()).engine_reference, "cnv_inbound", {})
    await engine.wait_for_call("cnv_inbound", Progress.ANSWERED)
    await engine.port.transfer("cnv_inbound", "trf_1", "+12065550142")
    await engine.wait_for_transfer("trf_1", Progress.ANSWERED)
    assert (await engine.wait_for_call("cnv_inbound", Progress.ENDED)).ending is Ending.TRANSFERRED
    assert caller.passed()
    assert "tel:+12065550142" in str(caller.messages("REFER")[0].header("Refer-To"))


async def test_an_inbound_call_is_declined(listening: tuple[ObservedEngine, int], sipp: StartSipp) -> None:
    engine, port = listening
    caller = sipp("call_declined", called=OUR_NUMBER, caller="anonymous", port=str(port))
    await engine.port.decline((await engine.wait_for_inbound_call()).engine_reference, 480)
    assert caller.passed()


@pytest.mark.parametrize(
    ("shown", "more", "known"),
    [
        (NAMED_CALLER, "X: 1", "+12065550177"),
        (NAMED_CALLER, "P-Asserted-Identity: <tel:+12065550178>", "+12065550178"),
        ("<sip:reception@example.com>", "P-Asserted-Identity: <tel:+12065550178>", "+12065550178"),
        (NAMED_CALLER, "P-Asserted-Identity: <tel:+12065550178>\nPrivacy: critical; id", None),
        (NAMED_CALLER, "Privacy: user", None),
        (ANONYMOUS_CALLER, "P-Asserted-Identity: <tel:+12065550178>", None),
        ("<sip:anonymous@carrier.example.com>", "P-Asserted-Identity: <tel:+12065550178>", None),
    ],
)
async def test_a_withheld_number_is_not_published(
    listening: tuple[ObservedEngine, int], sipp: StartSipp, shown: str, more: str, known: str | None
) -> None:
    engine, port = listening
    caller = sipp("call_showing", called=OUR_NUMBER, to=OUR_NUMBER, more=more, port=str(port), **{"from": shown})
    inbound_call = await engine.wait_for_inbound_call()
    await engine.port.decline(inbound_call.engine_reference, 480)
    assert caller.passed()
    assert inbound_call.caller == known


async def test_a_forwarded_call_is_for_the_number_that_it_reached(
    listening: tuple[ObservedEngine, int], sipp: StartSipp
) -> None:
    engine, port = listening
    caller = sipp(
        "call_showing", called=OUR_NUMBER, to="+12065550111", more="X: 1", port=str(port), **{"from": NAMED_CALLER}
    )
    inbound_call = await engine.wait_for_inbound_call()
    await engine.port.decline(inbound_call.engine_reference, 480)
    assert caller.passed()
    assert inbound_call.called == OUR_NUMBER


async def test_a_caller_who_gave_up_is_not_accepted(listening: tuple[ObservedEngine, int]) -> None:
    engine, _ = listening
    await engine.port.accept("1.1", "cnv_gone", {})
    assert (await engine.wait_for_call("cnv_gone", Progress.ENDED)).ending is Ending.LOST


def kill(engine: ObservedEngine) -> None:
    """Kill the one process of the engine."""
    assert isinstance(engine.port, SipEngine)
    (process,) = engine.port._pool.processes
    os.kill(process.pid, signal.SIGKILL)
