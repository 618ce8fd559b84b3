"""Test INVITEs that were hung up, repeated or forked: no phone keeps ringing, and every 2xx is acknowledged."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telephony.engine import CallEvent, Ending, OutboundCall, Progress
from telephony.sip_engine import SipEngine
from telephony.sip_message import SipMessage
from tests.telephony.observed_engine import ObservedEngine
from tests.telephony.scripted_carrier import SDP, ScriptedCarrier, place_and_receive

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHALLENGE = 'WWW-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine() -> AsyncIterator[ObservedEngine]:
    async with ObservedEngine(SipEngine()) as observed:
        yield observed


async def given_up(engine: ObservedEngine, call: OutboundCall) -> None:
    await engine.port.hang_up(call.reference)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.CANCELLED


async def ends_with_cancel(carrier: ScriptedCarrier, invite: SipMessage) -> None:
    """Check the CANCEL as a carrier does: it matches the INVITE, and the 487 is acknowledged."""
    cancel = await carrier.next_request("CANCEL")
    assert cancel.start_line[1] == invite.start_line[1]
    assert [cancel.headers[name] for name in ("via", "from", "to", "call-id")] == [
        invite.headers[name] for name in ("via", "from", "to", "call-id")
    ]
    assert cancel.sequence == invite.sequence
    carrier.reply(cancel, "200 OK")
    carrier.reply(invite, "487 Request Terminated")
    ack = await carrier.next_request("ACK")
    assert (ack.headers["via"], ack.to_tag) == (invite.headers["via"], "callee")


async def ends_with_bye(carrier: ScriptedCarrier, tag: str) -> None:
    ack, bye = await carrier.next_request("ACK"), await carrier.next_request("BYE")
    assert ack.to_tag == bye.to_tag == tag
    assert bye.sequence == ack.sequence + 1
    assert bye.headers["via"] != ack.headers["via"]
    carrier.reply(bye, "200 OK")


async def test_a_call_hung_up_before_any_response_is_cancelled_at_the_first(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier)
    await given_up(engine, call)
    carrier.reply(invite, "100 Trying")
    await ends_with_cancel(carrier, invite)


async def test_a_ringing_time_that_ends_before_any_response_ends_in_a_cancel(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier, ring_seconds=0.1)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.UNREACHABLE
    carrier.reply(invite, "180 Ringing")
    await ends_with_cancel(carrier, invite)


async def test_a_call_hung_up_between_a_challenge_and_the_next_response_is_cancelled(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier, username="caller", password="secret")
    carrier.reply(invite, "100 Trying")
    carrier.reply(invite, "401 Unauthorized", CHALLENGE)
    await carrier.next_request("ACK")
    invite = await carrier.next_request("INVITE")
    await given_up(engine, call)
    carrier.reply(invite, "100 Trying")
    await ends_with_cancel(carrier, invite)


async def test_a_phone_that_answers_a_call_that_was_hung_up_gets_a_bye(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier)
    await given_up(engine, call)
    carrier.reply(invite, "200 OK", body=SDP)
    await ends_with_bye(carrier, "callee")


async def test_an_answer_that_crosses_the_cancel_is_hung_up_on_once(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "180 Ringing")
    await engine.wait_for_call(call.reference, Progress.RINGING)
    await given_up(engine, call)
    carrier.reply(await carrier.next_request("CANCEL"), "200 OK")
    carrier.reply(invite, "200 OK", body=SDP)
    await ends_with_bye(carrier, "callee")


async def test_an_acknowledgement_that_was_lost_is_sent_again(engine: ObservedEngine, carrier: ScriptedCarrier) -> None:
    call, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "200 OK", body=SDP)
    first = await carrier.next_request("ACK")
    carrier.reply(invite, "200 OK", body=SDP)
    assert (await carrier.next_request("ACK")) == first
    await engine.port.hang_up(call.reference)
    carrier.reply(await carrier.next_request("BYE"), "200 OK")
    await engine.wait_for_call(call.reference, Progress.ENDED)
    assert carrier.methods().count("BYE") == 1


async def test_a_second_phone_that_answers_a_forked_call_is_hung_up_on(
    engine: ObservedEngine, carrier: ScriptedCarrier
) -> None:
    call, invite = await place_and_receive(engine, carrier)
    carrier.reply(invite, "200 OK", body=SDP, tag="first")
    assert (await carrier.next_request("ACK")).to_tag == "first"
    carrier.reply(invite, "200 OK", body=SDP, tag="second")
    await ends_with_bye(carrier, "second")
    standing = await engine.port.snapshot(call.reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    await engine.port.hang_up(call.reference)
    bye = await carrier.next_request("BYE")
    assert bye.to_tag == "first"
    carrier.reply(bye, "200 OK")
    await engine.wait_for_call(call.reference, Progress.ENDED)


@pytest.mark.parametrize("early", ["first", "second"])
async def test_an_answer_is_acknowledged_and_ended_along_the_route_that_it_recorded(
    engine: ObservedEngine, carrier: ScriptedCarrier, early: str
) -> None:
    """Whatever route another phone, or the same one, recorded in its 180."""
    call, invite = await place_and_receive(engine, carrier)
    here = f"127.0.0.1:{carrier.port}"
    carrier.reply(invite, "180 Ringing", f"Record-Route: <sip:early@{here};lr>", tag=early)
    await engine.wait_for_call(call.reference, Progress.RINGING)
    route = f"Record-Route: <sip:near@{here};lr>, <sip:far@{here};lr>"
    carrier.reply(invite, "200 OK", route, tag="second", body=SDP)
    ack = await carrier.next_request_along(f"<sip:far@{here};lr>, <sip:near@{here};lr>", "ACK")
    assert ack.to_tag == "second"
    await engine.port.hang_up(call.reference)
    bye = await carrier.next_request_along(ack.headers["route"], "BYE")
    assert bye.to_tag == "second"
    carrier.reply(bye, "200 OK")
    await engine.wait_for_call(call.reference, Progress.ENDED)


async def test_an_engine_that_is_stopped_waits_until_an_invite_can_be_cancelled(carrier: ScriptedCarrier) -> None:
    async with ObservedEngine(SipEngine()) as engine:
        _, invite = await place_and_receive(engine, carrier)
        stopping = asyncio.create_task(engine.port.stop())
        await engine.wait_for(CallEvent, lambda event: event.ending is Ending.CANCELLED)
        assert not stopping.done()
        carrier.reply(invite, "100 Trying")
        await ends_with_cancel(carrier, invite)
        await stopping
