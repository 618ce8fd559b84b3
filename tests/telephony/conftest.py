"""Fixtures: the engines, and the carriers that they call."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.livekit_engine import LiveKitEngine
from telephony.sip_engine import SipEngine
from tests.telephony.livekit_double import LiveKitDouble, ObservedLiveKit, account
from tests.telephony.observed_engine import ObservedEngine
from tests.telephony.scripted_carrier import ScriptedCarrier, scripted_carrier
from tests.telephony.sipp import Sipp

StartSipp = Callable[..., Sipp]


@pytest.fixture
def sipp(tmp_path: Path) -> Iterator[StartSipp]:
    """Starts carriers that play a scenario."""
    started: list[Sipp] = []

    def start(scenario: str, *options: str, calls: int = 1, **filled: str) -> Sipp:
        started.append(Sipp(tmp_path, scenario, *options, calls=calls, **filled))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["sip", "livekit"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[ObservedEngine]:
    """Each engine in turn; one for a module, because starting its process takes a second."""
    async with ObservedEngine(SipEngine()) as sip:
        if request.param == "sip":
            yield sip
            return
        async with livekit_over(sip) as livekit:
            yield livekit


@pytest_asyncio.fixture(loop_scope="module")
async def carrier() -> AsyncIterator[ScriptedCarrier]:
    """A carrier that the test scripts message by message."""
    async with scripted_carrier() as one:
        yield one


@asynccontextmanager
async def livekit_over(dialer: ObservedEngine) -> AsyncIterator[ObservedLiveKit]:
    """The engine `livekit`, with a double of LiveKit that dials through another engine."""
    double = LiveKitDouble(dialer)
    double.webhook_target = engine = LiveKitEngine(account(await double.start()), poll_interval_seconds=1)
    async with ObservedLiveKit(engine, double) as livekit:
        yield livekit
    await double.stop()
