"""What the child processes of the engine `sip` bear: a loop that wakes late, a stack that stalls or dies, no process."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from telephony.child import Child
from telephony.engine import Ending, NotPlaced, Progress, Unsure
from telephony.sip import SipEngine
from tests.processes import served_in
from tests.telephony.conftest import StartSipp
from tests.telephony.observed import Observed

THIRD_PARTY = "+12065550142"

Engine = Callable[..., Awaitable[Observed]]


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """Starts an engine whose children are in the trouble that is named."""
    async with AsyncExitStack() as started:

        async def start(*trouble: str) -> Observed:
            if trouble:
                monkeypatch.setattr("telephony.child.PROGRAM", ("-m", "tests.telephony.troubled_child", *trouble))
            return await started.enter_async_context(Observed(SipEngine()))

        yield start


async def test_a_start_that_is_given_up_leaves_no_process() -> None:
    """As when the server is told to stop meanwhile."""
    mourned: list[Child] = []
    child = Child(lambda *_: None, mourned.append)
    starting = asyncio.create_task(child.spawn())
    while not hasattr(child, "_process"):  # noqa: ASYNC110 - nobody is told of it
        await asyncio.sleep(0)
    pid = child.pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert (child.is_gone, mourned) == (True, [child])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_call_that_is_answered_before_the_child_looks_can_be_transferred(
    engine: Engine, sipp: StartSipp
) -> None:
    late, carrier = await engine("late", "CALL_ESTABLISHED"), sipp("refer_accepted")
    call, transfer = late.new_call(carrier.port, host="127.0.0.1"), late.new_transfer()
    await late.port.place_call(call)
    await late.call_is(call.reference, Progress.ANSWERED)
    await late.port.transfer(call.reference, transfer, THIRD_PARTY)
    await late.transfer_is(transfer, Progress.ANSWERED)
    assert (await late.call_is(call.reference, Progress.ENDED)).ending is Ending.TRANSFERRED
    assert carrier.passed()


async def test_a_call_that_is_refused_before_the_child_looks_has_ended(engine: Engine, sipp: StartSipp) -> None:
    late, carrier = await engine("late", "CALL_CLOSED"), sipp("refuse", status="486 Busy Here")
    call = late.new_call(carrier.port, host="127.0.0.1")
    await late.port.place_call(call)
    ended = await late.call_is(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.REFUSED, 486)
    assert carrier.passed()


async def test_a_carrier_that_tries_before_the_child_looks_was_reached(engine: Engine, sipp: StartSipp) -> None:
    late, carrier = await engine("late", "TRIED"), sipp("try")
    call = late.new_call(carrier.port, host="127.0.0.1", ring_seconds=1)
    await late.port.place_call(call)
    ended = await late.call_is(call.reference, Progress.ENDED)
    assert (ended.ending, ended.sip_status) == (Ending.UNANSWERED, None)
    assert carrier.passed()


async def test_who_is_dialed_into_a_call_that_ends_meanwhile_is_hung_up_on(
    engine: Engine, sipp: StartSipp, tmp_path: Path
) -> None:
    held, carrier, other = await engine("held", str(gate(tmp_path))), sipp("answer"), sipp("answer")
    call, transfer = held.new_call(carrier.port), held.new_transfer()
    placing = asyncio.create_task(held.port.place_call(call))
    await opened(tmp_path)
    await placing
    await held.call_is(call.reference, Progress.ANSWERED)
    third_party = held.new_call(other.port, reference=call.reference, to=THIRD_PARTY)
    adding = asyncio.create_task(held.port.add_party(call.reference, transfer, third_party))
    await asyncio.sleep(0)
    await held.port.hang_up(call.reference)
    await held.call_is(call.reference, Progress.ENDED)
    await opened(tmp_path)
    await adding
    await held.transfer_is(transfer, Progress.ENDED)
    assert carrier.passed()


async def test_a_call_that_the_stack_is_slow_to_dial_is_followed_and_can_be_ended(
    engine: Engine, sipp: StartSipp, tmp_path: Path
) -> None:
    held, carrier = await engine("held", str(gate(tmp_path))), sipp("ring")
    call = held.new_call(carrier.port)
    with pytest.raises(Unsure):
        await held.port.place_call(call)
    standing = await held.port.snapshot(call.reference)
    assert standing
    assert standing.progress is Progress.DIALING
    await opened(tmp_path)
    await held.call_is(call.reference, Progress.RINGING)
    await held.port.hang_up(call.reference)
    assert (await held.call_is(call.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()


async def test_what_cannot_be_dialed_is_refused_and_disturbs_nobody(engine: Engine, sipp: StartSipp) -> None:
    sip, carrier = await engine(), sipp("answer")
    call = sip.new_call(carrier.port)
    await sip.port.place_call(call)
    await sip.call_is(call.reference, Progress.ANSWERED)
    with pytest.raises(NotPlaced, match="ValueError"):
        await sip.port.place_call(sip.new_call(carrier.port, to="+12065550199\n"))
    transfer = sip.new_transfer()
    await sip.port.transfer(call.reference, transfer, "sip:no such desk@example.com")
    await sip.transfer_is(transfer, Progress.ENDED)
    await sip.port.hang_up(call.reference)
    assert (await sip.call_is(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_a_stack_that_dies_loses_its_calls_and_the_next_call_is_placed(engine: Engine, sipp: StartSipp) -> None:
    dying, carrier, later = await engine("stops"), sipp("answer"), sipp("answer")
    call = dying.new_call(carrier.port)
    await dying.port.place_call(call)
    await dying.call_is(call.reference, Progress.ANSWERED)
    with pytest.raises(Unsure):
        await dying.port.place_call(dying.new_call(later.port))
    assert (await dying.call_is(call.reference, Progress.ENDED)).ending is Ending.LOST
    again = dying.new_call(later.port)
    await dying.port.place_call(again)
    await dying.call_is(again.reference, Progress.ANSWERED)
    await dying.port.hang_up(again.reference)
    assert later.passed()


async def test_a_process_that_cannot_be_started_is_started_for_the_next_call(
    engine: Engine, sipp: StartSipp, monkeypatch: pytest.MonkeyPatch
) -> None:
    sip, carriers = await engine(), [sipp("answer"), sipp("answer")]
    first, second = (sip.new_call(carrier.port) for carrier in carriers)
    (child,) = sip.port._children  # type: ignore[attr-defined]
    child._process.kill()
    await child.gone()
    with monkeypatch.context() as without:
        without.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(NotPlaced, match="cannot be started"):
            await sip.port.place_call(first)
    await sip.port.place_call(second)
    await sip.call_is(second.reference, Progress.ANSWERED)
    await sip.port.hang_up(second.reference)
    assert carriers[1].passed()


def test_a_stack_that_does_not_load_places_no_calls_and_the_start_says_so(tmp_path: Path) -> None:
    """The server's children find a stack whose native library is broken."""
    (tmp_path / "baresip").mkdir()
    (tmp_path / "baresip" / "__init__.py").write_text('raise ImportError("libre.so: no such file")\n')
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o700)
    (tmp_path / "sitecustomize.py").write_text(f'import sys\nsys.executable = "{python}"\n')
    with served_in(tmp_path, DIALTREE_DIALING="on", PYTHONPATH=str(tmp_path)) as server:
        client = server.root()
        waiting = client.queued(agentNumber=client.number().e164, to="+12065550100", agentConfig={})
        assert client.conversation(waiting["id"])["status"] == "QUEUED"
    said = server.log.read_text()
    assert "no_calls_are_placed" in said
    assert "libre.so: no such file" in said


def gate(folder: Path) -> Path:
    """What holds a child back until it is opened."""
    fifo = folder / "gate"
    os.mkfifo(fifo)
    return fifo


async def opened(folder: Path) -> None:
    await asyncio.to_thread((folder / "gate").write_bytes, b"")
