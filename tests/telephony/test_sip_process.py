"""Test faults of the SIP processes: a loop that wakes late, a stack that stalls or dies, no process."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from telephony.engine import CallNotPlaced, Ending, OutcomeUnknown, Progress, TransferNotBegun
from telephony.sip_engine import SipEngine
from telephony.sip_process import SipProcess
from tests.server_process import run_server_in
from tests.telephony.conftest import StartSipp
from tests.telephony.observed_engine import ObservedEngine

THIRD_PARTY = "+12065550142"

StartEngine = Callable[..., Awaitable[ObservedEngine]]


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartEngine]:
    """Starts an engine whose processes have the named fault (`faulty_user_agent`)."""
    async with AsyncExitStack() as started:

        async def start(*fault: str) -> ObservedEngine:
            if fault:
                monkeypatch.setattr(
                    "telephony.sip_process.PROGRAM", ("-m", "tests.telephony.faulty_user_agent", *fault)
                )
            return await started.enter_async_context(ObservedEngine(SipEngine()))

        yield start


async def test_a_start_that_is_given_up_leaves_no_process() -> None:
    """As when the server is stopped meanwhile."""
    exited: list[SipProcess] = []
    process = SipProcess(lambda *_: None, exited.append)
    starting = asyncio.create_task(process.spawn())
    while not hasattr(process, "_process"):  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(0)
    pid = process.pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert (process.has_exited, exited) == (True, [process])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_call_that_is_answered_before_the_process_looks_can_be_transferred(
    engine: StartEngine, sipp: StartSipp
) -> None:
    late, carrier = await engine("late", "CALL_ESTABLISHED"), sipp("refer_accepted")
    call, transfer = late.new_call(carrier.port, host="127.0.0.1"), late.new_transfer()
    await late.port.place_call(call)
    await late.wait_for_call(call.reference, Progress.ANSWERED)
    await late.port.transfer(call.reference, transfer, THIRD_PARTY)
    await late.wait_for_transfer(transfer, Progress.ANSWERED)
    assert (await late.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.TRANSFERRED
    assert carrier.passed()


async def test_a_call_that_is_refused_before_the_process_looks_has_ended(engine: StartEngine, sipp: StartSipp) -> None:
    late, carrier = await engine("late", "CALL_CLOSED"), sipp("refuse", status="486 Busy Here")
    call = late.new_call(carrier.port, host="127.0.0.1")
    await late.port.place_call(call)
    ended = await late.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.REFUSED, 486)
    assert carrier.passed()


async def test_a_carrier_that_tries_before_the_process_looks_was_reached(engine: StartEngine, sipp: StartSipp) -> None:
    late, carrier = await engine("late", "TRIED"), sipp("try")
    call = late.new_call(carrier.port, host="127.0.0.1", ring_seconds=1)
    await late.port.place_call(call)
    ended = await late.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.UNANSWERED, None)
    assert carrier.passed()


async def test_who_is_dialed_into_a_call_that_ends_meanwhile_is_hung_up_on(
    engine: StartEngine, sipp: StartSipp, tmp_path: Path
) -> None:
    held, carrier, other = await engine("held", str(make_gate(tmp_path))), sipp("answer"), sipp("ring")
    call, transfer = held.new_call(carrier.port), held.new_transfer()
    placing = asyncio.create_task(held.port.place_call(call))
    await open_gate(tmp_path)
    await placing
    await held.wait_for_call(call.reference, Progress.ANSWERED)
    third_party = held.new_call(other.port, reference=call.reference, to=THIRD_PARTY)
    adding = asyncio.create_task(held.port.add_party(call.reference, transfer, third_party))
    await asyncio.sleep(0)
    await held.port.hang_up(call.reference)
    await held.wait_for_call(call.reference, Progress.ENDED)
    await open_gate(tmp_path)
    await adding
    await held.wait_for_transfer(transfer, Progress.ENDED)
    assert carrier.passed()
    assert other.passed()


async def test_a_call_that_the_stack_is_slow_to_dial_is_followed_and_can_be_ended(
    engine: StartEngine, sipp: StartSipp, tmp_path: Path
) -> None:
    held, carrier = await engine("held", str(make_gate(tmp_path))), sipp("ring")
    call = held.new_call(carrier.port)
    with pytest.raises(OutcomeUnknown):
        await held.port.place_call(call)
    snapshot = await held.port.snapshot(call.reference)
    assert snapshot
    assert snapshot.progress is Progress.DIALING
    await open_gate(tmp_path)
    await held.wait_for_call(call.reference, Progress.RINGING)
    await held.port.hang_up(call.reference)
    assert (await held.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()


async def test_what_cannot_be_dialed_is_refused_and_disturbs_nobody(engine: StartEngine, sipp: StartSipp) -> None:
    sip, carrier = await engine(), sipp("answer")
    call = sip.new_call(carrier.port)
    await sip.port.place_call(call)
    await sip.wait_for_call(call.reference, Progress.ANSWERED)
    with pytest.raises(CallNotPlaced, match="UnicodeEncodeError"):
        await sip.port.place_call(sip.new_call(carrier.port, to="\ud800"))
    with pytest.raises(TransferNotBegun, match="UnicodeEncodeError"):
        await sip.port.transfer(call.reference, sip.new_transfer(), "sip:\ud800@example.com")
    await sip.port.hang_up(call.reference)
    assert (await sip.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_a_stack_that_dies_loses_its_calls_and_the_next_call_is_placed(
    engine: StartEngine, sipp: StartSipp
) -> None:
    dying, carrier, later = await engine("stops"), sipp("answer"), sipp("answer")
    call = dying.new_call(carrier.port)
    await dying.port.place_call(call)
    await dying.wait_for_call(call.reference, Progress.ANSWERED)
    with pytest.raises(OutcomeUnknown):
        await dying.port.place_call(dying.new_call(later.port))
    assert (await dying.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.LOST
    again = dying.new_call(later.port)
    await dying.port.place_call(again)
    await dying.wait_for_call(again.reference, Progress.ANSWERED)
    await dying.port.hang_up(again.reference)
    assert later.passed()


async def test_a_process_that_cannot_be_started_is_started_for_the_next_call(
    engine: StartEngine, sipp: StartSipp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sip, carriers = await engine(), [sipp("answer"), sipp("answer")]
    first, second = (sip.new_call(carrier.port) for carrier in carriers)
    (process,) = sip.port._pool.processes  # type: ignore[attr-defined]
    process._process.kill()
    await process.wait_exited()
    with monkeypatch.context() as without:
        without.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(CallNotPlaced, match="cannot be started"):
            await sip.port.place_call(first)
    await sip.port.place_call(second)
    await sip.wait_for_call(second.reference, Progress.ANSWERED)
    await sip.port.hang_up(second.reference)
    assert carriers[1].passed()


def test_a_stack_that_does_not_load_places_no_calls_and_the_start_says_so(tmp_path: Path) -> None:
    """The processes of the server import a stack whose native library is broken."""
    (tmp_path / "baresip").mkdir()
    (tmp_path / "baresip" / "__init__.py").write_text('raise ImportError("libre.so: no such file")\n')
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}:$PYTHONPATH" exec "{sys.executable}" "$@"\n')
    python.chmod(0o700)
    (tmp_path / "sitecustomize.py").write_text(f'import sys\nsys.executable = "{python}"\n')
    with run_server_in(tmp_path, DIALTREE_DIALING="on", PYTHONPATH=str(tmp_path)) as server:
        client = server.root()
        waiting = client.create_queued(agentNumber=client.number().e164, to="+12065550100", agentConfig={})
        assert client.conversation(waiting["id"])["status"] == "QUEUED"
    log = server.log.read_text()
    assert "no_calls_are_placed" in log
    assert "libre.so: no such file" in log


def make_gate(folder: Path) -> Path:
    """Create the FIFO that the fault `held` waits for."""
    fifo = folder / "gate"
    os.mkfifo(fifo)
    return fifo


async def open_gate(folder: Path) -> None:
    await asyncio.to_thread((folder / "gate").write_bytes, b".")
