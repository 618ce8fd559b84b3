"""Engines to try, and sipp to judge them."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.livekit import LiveKitEngine
from telephony.sip import SipEngine
from tests.telephony.livekit_double import AGENT_NAME, KEY, SECRET, LiveKitDouble
from tests.telephony.observed import Observed
from tests.telephony.sipp import Sipp

StartSipp = Callable[..., Sipp]


@pytest.fixture
def sipp(tmp_path: Path) -> Iterator[StartSipp]:
    """Starts carriers that play the scenario named."""
    started: list[Sipp] = []

    def start(scenario: str, *options: str, calls: int = 1, **filled: str) -> Sipp:
        started.append(Sipp(tmp_path, scenario, *options, calls=calls, **filled))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["sip", "livekit"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Observed]:
    """Each engine in turn; one for a module, because starting its process takes a second."""
    async with Observed(SipEngine()) as sip:
        if request.param == "sip":
            yield sip
            return
        async with livekit_over(sip) as livekit:
            yield livekit


@asynccontextmanager
async def livekit_over(dialer: Observed) -> AsyncIterator[Observed]:
    """The engine `livekit`, with a double of LiveKit that dials through the other engine."""
    double = LiveKitDouble(dialer)
    double.engine = LiveKitEngine(await double.start(), KEY, SECRET, AGENT_NAME, looks=1)
    async with Observed(double.engine) as livekit:
        livekit.double = double
        yield livekit
    await double.stop()
