"""Conversations of a whole server with a LiveKit account: From is read on the wire, ends come by signed webhooks."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from telephony.sip import SipEngine
from tests.calling.conftest import Dialing
from tests.telephony.conftest import StartSipp
from tests.telephony.livekit_double import KEY, SECRET, LiveKitDouble
from tests.telephony.observed import Observed

ACCOUNT = {"livekit_api_key": KEY, "livekit_api_secret": SECRET}


class Posting:
    """Sends the double's webhooks where a server takes them."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def receive(self, body: bytes, token: str) -> bool:
        async with httpx.AsyncClient(base_url=self._url) as client:
            answer = await client.post("/livekit/webhook", content=body, headers={"Authorization": token})
        return answer.status_code == 204


@contextmanager
def livekit_beside() -> Iterator[tuple[LiveKitDouble, str]]:
    """The double in a loop of its own, and its address: the test itself waits without one."""
    started: list[tuple[LiveKitDouble, str, asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def serve() -> None:
        over = asyncio.Event()
        async with Observed(SipEngine()) as dialer:
            double = LiveKitDouble(dialer)
            started.append((double, await double.start(), asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()
            await double.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    ((double, url, loop, over),) = started
    yield double, url
    loop.call_soon_threadsafe(over.set)
    thread.join(60)


@pytest.mark.parametrize(("scenario", "end"), [("hang_up_later", "HANGUP"), ("refuse", "BUSY")])
def test_a_conversation_goes_through_livekit(dialing: Dialing, sipp: StartSipp, scenario: str, end: str) -> None:
    filled = {"status": "486 Busy Here"} if scenario == "refuse" else {}
    with livekit_beside() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.engine = Posting(line.owner.installation.url)
        carrier = sipp(scenario, **filled)
        number = line.number(carrier.port)
        call = line.call(number, agentConfig={"instructions": "Be brief."})
        assert line.ended(call)["endReason"] == end
        assert carrier.passed()
        assert {invite.from_number for invite in carrier.messages("INVITE")} == {number.e164}
        assert [dispatch.room for dispatch in double.dispatches] == [call]
        assert "Be brief." in double.dispatches[0].metadata
