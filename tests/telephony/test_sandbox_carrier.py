"""Test that the sandbox carrier answers by the last four digits dialed, called by the engine `sip`."""

import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telephony.engine import Ending, Progress
from telephony.sandbox_carrier import SandboxCarrier
from tests.telephony.observed_engine import ObservedEngine

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDINGS = {
    "0101": (Ending.REFUSED, 486),
    "0103": (Ending.REFUSED, 404),
    "0104": (Ending.REFUSED, 603),
    "0105": (Ending.REFUSED, 503),
    "0106": (Ending.REFUSED, 480),
    "0107": (Ending.REFUSED, 403),
    "0102": (Ending.UNANSWERED, None),
}

GARBAGE = {
    "nothing": b"",
    "blank lines": b"\r\n\r\n",
    "no text": b"\xff" * 100,
    "an INVITE from nobody": b"INVITE sip:x SIP/2.0\r\nVia: \r\n\r\n",
    "half a line": b"BYE x",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox() -> AsyncIterator[int]:
    """The port of a running sandbox carrier."""
    carrier = SandboxCarrier()
    _, port = await carrier.start("127.0.0.1", 0)
    yield port
    carrier.stop()


@pytest.mark.parametrize("digits", ENDINGS)
async def test_digits_that_are_not_answered(engine: ObservedEngine, sandbox: int, digits: str) -> None:
    call = engine.new_call(sandbox, to=f"+1206555{digits}", ring_seconds=2)
    await engine.port.place_call(call)
    ended = await engine.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == ENDINGS[digits]


@pytest.mark.parametrize("to", ["+12065550100", "+442079460958"])
async def test_other_digits_are_answered(engine: ObservedEngine, sandbox: int, to: str) -> None:
    call = engine.new_call(sandbox, to=to)
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    await engine.port.hang_up(call.reference)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert engine.progress_of(call.reference) == [Progress.RINGING, Progress.ANSWERED, Progress.ENDED]


async def test_a_call_that_rings_on_is_cancelled(engine: ObservedEngine, sandbox: int) -> None:
    call = engine.new_call(sandbox, to="+12065550102")
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.RINGING)
    await engine.port.hang_up(call.reference)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.CANCELLED


async def test_a_transfer_goes_as_the_last_digits_of_its_target_say(engine: ObservedEngine, sandbox: int) -> None:
    call = engine.new_call(sandbox)
    await engine.port.place_call(call)
    await engine.wait_for_call(call.reference, Progress.ANSWERED)
    busy, moved = engine.new_transfer(), engine.new_transfer()
    await engine.port.transfer(call.reference, busy, "+12065550101")
    assert (await engine.wait_for_transfer(busy, Progress.ENDED)).sip_status == 486
    await engine.port.transfer(call.reference, moved, "+12065550142")
    await engine.wait_for_transfer(moved, Progress.ANSWERED)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.TRANSFERRED


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_disturbs_nobody(engine: ObservedEngine, sandbox: int, garbage: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(garbage, ("127.0.0.1", sandbox))
    call = engine.new_call(sandbox, to="+12065550101")
    await engine.port.place_call(call)
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).sip_status == 486
