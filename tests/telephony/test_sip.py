"""What the engine `sip` alone has to prove: transports and certificates, silence and garbage, inbound calls, crashes."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from models import MediaEncryption, SipTransport
from telephony.engine import Ending, NotPlaced, Progress, Unsure
from telephony.sip import SipEngine
from tests.telephony.certificates import Authority
from tests.telephony.conftest import StartSipp
from tests.telephony.observed import Observed
from tests.telephony.sipp import Sipp, free_port

HOST = "carrier.example.com"
OURS = "+15551234567"
SHOWN, ANONYMOUS = "<sip:+12065550177@carrier.example.com>", '"Anonymous" <sip:+12065550177@anonymous.invalid>'


class Talker(asyncio.DatagramProtocol):
    """A carrier that says the same to whatever reaches it, or nothing; remembers who called."""

    def __init__(self, says: bytes | None = None) -> None:
        self.says = says
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, datagram: bytes, sender: tuple[str, int]) -> None:
        self.heard.append(datagram)
        if self.says is not None:
            self.transport.sendto(self.says, sender)


@asynccontextmanager
async def talking(says: bytes | None = None) -> AsyncIterator[tuple[int, Talker]]:
    transport, talker = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Talker(says), ("127.0.0.1", 0)
    )
    yield transport.get_extra_info("sockname")[1], talker
    transport.close()


@asynccontextmanager
async def in_tls(carrier: Sipp, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of a TLS server before a carrier that speaks TCP."""

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
async def engine() -> AsyncIterator[Observed]:
    async with Observed(SipEngine()) as observed:
        yield observed


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
async def trusting(authority: Authority) -> AsyncIterator[Observed]:
    """An engine that trusts that authority and no other."""
    async with Observed(SipEngine(ca_file=str(authority.file))) as observed:
        yield observed


async def test_a_call_over_tcp(engine: Observed, sipp: StartSipp) -> None:
    carrier = sipp("answer", "-t", "t1")
    call = engine.new_call(carrier.port, transport=SipTransport.TCP)
    await engine.port.place_call(call)
    await engine.call_is(call.reference, Progress.ANSWERED)
    await engine.port.hang_up(call.reference)
    assert carrier.passed()
    (invite,) = carrier.messages("INVITE")
    assert invite.from_number == call.agent_number
    assert "SIP/2.0/TCP" in str(invite.header("Via"))


async def test_tls_to_a_carrier_with_a_good_certificate(
    trusting: Observed, sipp: StartSipp, authority: Authority
) -> None:
    carrier = sipp("answer", "-t", "t1")
    async with in_tls(carrier, authority.server(HOST)) as port:
        call = trusting.new_call(port, host=HOST, transport=SipTransport.TLS)
        await trusting.port.place_call(call)
        await trusting.call_is(call.reference, Progress.ANSWERED)
        await trusting.port.hang_up(call.reference)
        await trusting.call_is(call.reference, Progress.ENDED)
    (invite,) = carrier.messages("INVITE")
    assert invite.from_number == call.agent_number


@pytest.mark.parametrize("wrong", ["a stranger signed it", "it names another host"])
async def test_tls_to_a_carrier_with_a_bad_certificate_is_refused(
    trusting: Observed, sipp: StartSipp, authority: Authority, tmp_path: Path, wrong: str
) -> None:
    shown = {
        "a stranger signed it": Authority(tmp_path, "stranger").server(HOST),
        "it names another host": authority.server("other.example.com"),
    }
    carrier = sipp("answer", "-t", "t1")
    async with in_tls(carrier, shown[wrong]) as port:
        call = trusting.new_call(port, host=HOST, transport=SipTransport.TLS)
        await trusting.port.place_call(call)
        ended = await trusting.call_is(call.reference, Progress.ENDED)
    assert ended.ending is Ending.UNREACHABLE
    assert carrier.messages("INVITE") == []


async def test_tls_to_an_address_is_refused_because_it_has_no_name_to_check(engine: Observed) -> None:
    call = engine.new_call(5061, host="127.0.0.1", transport=SipTransport.TLS)
    with pytest.raises(NotPlaced, match="no name to check") as refused:
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
    engine: Observed, sipp: StartSipp, encryption: MediaEncryption, offered: str, keys: bool
) -> None:
    carrier = sipp("refuse", status="488 Not Acceptable Here")
    call = engine.new_call(carrier.port, media_encryption=encryption)
    await engine.port.place_call(call)
    assert (await engine.call_is(call.reference, Progress.ENDED)).sip_status == 488
    (invite,) = carrier.messages("INVITE")
    assert f" {offered} " in invite.text
    assert ("a=crypto:" in invite.text) == keys


async def test_the_call_goes_to_the_address_that_was_checked_whatever_the_name_is(
    engine: Observed, sipp: StartSipp
) -> None:
    carrier = sipp("answer")
    call = engine.new_call(carrier.port, host="localhost.localdomain.invalid")
    await engine.port.place_call(call)
    await engine.call_is(call.reference, Progress.ANSWERED)
    await engine.port.hang_up(call.reference)
    assert carrier.passed()
    assert "localhost.localdomain.invalid" in carrier.messages("INVITE")[0].start


async def test_a_carrier_that_never_answers(engine: Observed) -> None:
    async with talking() as (port, talker):
        call = engine.new_call(port, ring_seconds=1)
        await engine.port.place_call(call)
        ended = await engine.call_is(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.UNREACHABLE, None)
    assert talker.heard


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff" * 500, b"SIP/2.0 200 OK\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"]
)
async def test_a_carrier_that_answers_garbage(engine: Observed, garbage: bytes) -> None:
    async with talking(garbage) as (port, _):
        call = engine.new_call(port, ring_seconds=1)
        await engine.port.place_call(call)
        ended = await engine.call_is(call.reference, Progress.ENDED)
    assert ended.ending is Ending.UNREACHABLE


@pytest.mark.parametrize("field", ["username", "password"])
async def test_credentials_that_cannot_be_sent_are_named_and_not_shown(engine: Observed, field: str) -> None:
    call = engine.new_call(5060, **{"username": "caller", field: 'hunter"2'})
    with pytest.raises(NotPlaced, match="user name or password") as refused:
        await engine.port.place_call(call)
    assert "hunter" not in str(refused.value)
    assert "hunter" not in repr(call.carrier.password and call)


async def test_nobody_on_the_other_side_makes_us_call_somebody_else(engine: Observed, sipp: StartSipp) -> None:
    carrier = sipp("refer_us")
    call = engine.new_call(carrier.port)
    await engine.port.place_call(call)
    assert (await engine.call_is(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()
    assert "SIP/2.0 603 Decline" in carrier.messages("NOTIFY")[-1].text
    assert len({invite.header("Call-ID") for invite in carrier.messages("INVITE")}) == 1


async def test_a_child_that_knows_many_numbers_is_succeeded_and_ends_with_its_last_call(
    engine: Observed, sipp: StartSipp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.sip.IDENTITIES_OF_A_CHILD", 2)
    carrier, calls = sipp("answer", calls=4), []
    for number in ("+12065550111", "+12065550112", "+12065550113", "+12065550111"):
        calls.append(engine.new_call(carrier.port, agent_number=number))
        await engine.port.place_call(calls[-1])
        await engine.call_is(calls[-1].reference, Progress.ANSWERED)
    assert isinstance(engine.port, SipEngine)
    first, second = (engine.port._ledger.live(call.reference).by for call in calls[1:3])  # type: ignore[union-attr]
    assert engine.port._children == {first, second}
    for call in calls:
        await engine.port.hang_up(call.reference)
        assert (await engine.call_is(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()
    await first.gone()
    assert engine.port._children == {second}


async def test_a_killed_process_loses_its_calls_and_the_next_call_is_placed(engine: Observed, sipp: StartSipp) -> None:
    carrier, other, later = sipp("ring"), sipp("answer"), sipp("answer")
    ringing, talking_call = engine.new_call(carrier.port), engine.new_call(other.port)
    for call in (ringing, talking_call):
        await engine.port.place_call(call)
    await engine.call_is(ringing.reference, Progress.RINGING)
    await engine.call_is(talking_call.reference, Progress.ANSWERED)
    kill(engine)
    for call in (ringing, talking_call):
        assert (await engine.call_is(call.reference, Progress.ENDED)).ending is Ending.LOST
        standing = await engine.port.snapshot(call.reference)
        assert standing
        assert standing.ending is Ending.LOST
        with pytest.raises(Unsure):
            await engine.port.place_call(call)
    again = engine.new_call(later.port)
    await engine.port.place_call(again)
    await engine.call_is(again.reference, Progress.ANSWERED)
    await engine.port.hang_up(again.reference)
    assert later.passed()
    assert len(carrier.messages("INVITE")) == len(other.messages("INVITE")) == 1


async def test_a_process_that_is_killed_while_it_dials_dials_once(engine: Observed, sipp: StartSipp) -> None:
    carrier = sipp("answer", calls=2)
    first = engine.new_call(carrier.port)
    await engine.port.place_call(first)
    second = engine.new_call(carrier.port)
    placing = asyncio.create_task(engine.port.place_call(second))
    await asyncio.sleep(0)
    kill(engine)
    with pytest.raises(Unsure):
        await placing
    assert (await engine.call_is(second.reference, Progress.ENDED)).ending is Ending.LOST
    identifiers = [str(invite.header("Call-ID")) for invite in carrier.messages("INVITE")]
    assert len(set(identifiers)) <= 2


async def test_stopping_ends_every_call_with_its_event(engine: Observed, sipp: StartSipp) -> None:
    carrier, other = sipp("answer"), sipp("ring")
    live, ringing = engine.new_call(carrier.port), engine.new_call(other.port)
    for call in (live, ringing):
        await engine.port.place_call(call)
    await engine.call_is(live.reference, Progress.ANSWERED)
    await engine.call_is(ringing.reference, Progress.RINGING)
    await engine.port.stop()
    assert (await engine.call_is(live.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert (await engine.call_is(ringing.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()
    assert other.passed()


@pytest.fixture
async def listening() -> AsyncIterator[tuple[Observed, int]]:
    """An engine that takes inbound calls, and the port for them."""
    port = free_port()
    async with Observed(SipEngine(listen=f"127.0.0.1:{port}")) as observed:
        yield observed, port


async def test_an_inbound_call_is_accepted(listening: tuple[Observed, int], sipp: StartSipp) -> None:
    engine, port = listening
    caller = sipp("call", called="+15551234567", caller="+12065550177", port=str(port))
    knock = await engine.knock()
    assert (knock.called, knock.caller) == ("+15551234567", "+12065550177")
    await engine.port.accept(knock.engine_reference, "cnv_inbound", {})
    await engine.call_is("cnv_inbound", Progress.ANSWERED)
    await engine.port.hang_up("cnv_inbound")
    assert (await engine.call_is("cnv_inbound", Progress.ENDED)).ending is Ending.HUNG_UP
    assert caller.passed()


async def test_who_called_in_is_moved(listening: tuple[Observed, int], sipp: StartSipp) -> None:
    engine, port = listening
    caller = sipp("call_moved", called=OURS, caller="+12065550177", port=str(port))
    await engine.port.accept((await engine.knock()).engine_reference, "cnv_inbound", {})
    await engine.call_is("cnv_inbound", Progress.ANSWERED)
    await engine.port.transfer("cnv_inbound", "trf_1", "+12065550142")
    await engine.transfer_is("trf_1", Progress.ANSWERED)
    assert (await engine.call_is("cnv_inbound", Progress.ENDED)).ending is Ending.TRANSFERRED
    assert caller.passed()
    assert "tel:+12065550142" in str(caller.messages("REFER")[0].header("Refer-To"))


async def test_an_inbound_call_is_declined(listening: tuple[Observed, int], sipp: StartSipp) -> None:
    engine, port = listening
    caller = sipp("call_declined", called=OURS, caller="anonymous", port=str(port))
    await engine.port.decline((await engine.knock()).engine_reference, 480)
    assert caller.passed()


@pytest.mark.parametrize(
    ("shown", "more", "known"),
    [
        (SHOWN, "X: 1", "+12065550177"),
        (SHOWN, "P-Asserted-Identity: <tel:+12065550178>", "+12065550178"),
        ("<sip:reception@example.com>", "P-Asserted-Identity: <tel:+12065550178>", "+12065550178"),
        (SHOWN, "P-Asserted-Identity: <tel:+12065550178>\nPrivacy: critical; id", None),
        (SHOWN, "Privacy: user", None),
        (ANONYMOUS, "P-Asserted-Identity: <tel:+12065550178>", None),
        ("<sip:anonymous@carrier.example.com>", "P-Asserted-Identity: <tel:+12065550178>", None),
    ],
)
async def test_a_number_that_its_caller_withholds_is_not_told(
    listening: tuple[Observed, int], sipp: StartSipp, shown: str, more: str, known: str | None
) -> None:
    engine, port = listening
    caller = sipp("call_showing", called=OURS, to=OURS, more=more, port=str(port), **{"from": shown})
    knock = await engine.knock()
    await engine.port.decline(knock.engine_reference, 480)
    assert caller.passed()
    assert knock.caller == known


async def test_a_forwarded_call_is_for_the_number_that_it_reached(
    listening: tuple[Observed, int], sipp: StartSipp
) -> None:
    engine, port = listening
    caller = sipp("call_showing", called=OURS, to="+12065550111", more="X: 1", port=str(port), **{"from": SHOWN})
    knock = await engine.knock()
    await engine.port.decline(knock.engine_reference, 480)
    assert caller.passed()
    assert knock.called == OURS


async def test_a_caller_who_gave_up_is_not_accepted(listening: tuple[Observed, int]) -> None:
    engine, _ = listening
    await engine.port.accept("1.1", "cnv_gone", {})
    assert (await engine.call_is("cnv_gone", Progress.ENDED)).ending is Ending.LOST


def kill(engine: Observed) -> None:
    """As the kernel would: without a word."""
    assert isinstance(engine.port, SipEngine)
    (child,) = engine.port._children
    os.kill(child.pid, signal.SIGKILL)
