"""What the engine `livekit` alone has to prove, against a double of LiveKit: tokens, webhooks, losses, restarts."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from livekit.protocol.models import ParticipantInfo
from starlette.applications import Starlette

from serving.livekit import livekit_route
from telephony.engine import Ending, NotPlaced, NotTransferred, Progress, Unsure
from telephony.livekit import LiveKitEngine
from telephony.sip import SipEngine
from tests.telephony.conftest import StartSipp, livekit_over
from tests.telephony.livekit_double import AGENT_NAME, KEY, SECRET, LiveKitDouble, signed
from tests.telephony.observed import AGENT_NUMBER, Observed
from tests.telephony.sipp import free_port


@pytest.fixture
async def livekit() -> AsyncIterator[Observed]:
    async with Observed(SipEngine()) as dialer, livekit_over(dialer) as engine:
        yield engine


def double_of(engine: Observed) -> LiveKitDouble:
    double: LiveKitDouble = engine.double
    return double


async def test_the_agent_is_dispatched_before_anybody_is_dialed(livekit: Observed, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port, agent={"agentVersionId": "agv_1", "initialContext": {"name": "Ann"}})
    await livekit.port.place_call(call)
    (dispatch,) = double_of(livekit).dispatches
    assert (dispatch.agent_name, dispatch.room) == (AGENT_NAME, call.reference)
    assert json.loads(dispatch.metadata) == dict(call.agent)
    await livekit.call_is(call.reference, Progress.ANSWERED)
    (dialed,) = double_of(livekit).dialed
    assert (dialed.sip_number, dialed.room_name) == (AGENT_NUMBER, call.reference)
    await livekit.port.hang_up(call.reference)
    assert carrier.passed()


async def test_ringing_is_seen_by_looking(livekit: Observed, sipp: StartSipp) -> None:
    carrier = sipp("ring")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.call_is(call.reference, Progress.RINGING)
    await livekit.port.hang_up(call.reference)
    assert (await livekit.call_is(call.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()


async def test_calls_outlive_the_engine_and_are_known_again(livekit: Observed, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.call_is(call.reference, Progress.ANSWERED)
    url = livekit.port._rooms._account[0]  # type: ignore[attr-defined]
    async with Observed(LiveKitEngine(url, KEY, SECRET, AGENT_NAME)) as restarted:
        standing = await restarted.port.snapshot(call.reference)
        assert standing
        assert standing.progress is Progress.ANSWERED
        assert await restarted.port.snapshot("cnv_unheard_of") is None
        with pytest.raises(Unsure):
            await restarted.port.place_call(call)
        await restarted.port.hang_up(call.reference)
        assert (await restarted.call_is(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_a_livekit_that_is_down_calls_nobody(livekit: Observed) -> None:
    async with Observed(LiveKitEngine(f"http://127.0.0.1:{free_port()}", KEY, SECRET, AGENT_NAME)) as alone:
        call = alone.new_call(5060)
        with pytest.raises(NotPlaced):
            await alone.port.place_call(call)
        with pytest.raises(Unsure):
            await alone.port.snapshot(call.reference)
    assert double_of(livekit).dialed == []


async def test_a_key_that_livekit_does_not_know_calls_nobody(livekit: Observed) -> None:
    url = livekit.port._rooms._account[0]  # type: ignore[attr-defined]
    async with Observed(LiveKitEngine(url, KEY, "another secret, of 32 bytes and more", AGENT_NAME)) as stranger:
        with pytest.raises(NotPlaced):
            await stranger.port.place_call(stranger.new_call(5060))
    assert double_of(livekit).dispatches == []


async def test_a_hang_up_that_livekit_does_not_carry_out_is_not_told_as_done(
    livekit: Observed, sipp: StartSipp
) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.call_is(call.reference, Progress.ANSWERED)
    double_of(livekit).deaf = True
    with pytest.raises(Unsure):
        await livekit.port.hang_up(call.reference)
    standing = await livekit.port.snapshot(call.reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    double_of(livekit).deaf = False
    await livekit.port.hang_up(call.reference)
    assert (await livekit.call_is(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_an_agent_who_leaves_leaves_the_two_in_the_room(livekit: Observed, sipp: StartSipp) -> None:
    carrier, other = sipp("answer"), sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.call_is(call.reference, Progress.ANSWERED)
    with pytest.raises(NotTransferred):
        await livekit.port.leave(call.reference, "trf_nobody")
    await livekit.port.add_party(call.reference, "trf_1", livekit.new_call(other.port, reference=call.reference))
    await livekit.transfer_is("trf_1", Progress.ANSWERED)
    await livekit.port.leave(call.reference, "trf_1")
    kinds = {each.kind for each in double_of(livekit).rooms[call.reference].values()}
    assert kinds == {ParticipantInfo.SIP}
    assert (await livekit.call_is(call.reference, Progress.ENDED)).ending is Ending.TRANSFERRED


# ------------------------------------------------------------------------------------------------- webhooks


@pytest.fixture
async def posting(livekit: Observed) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the route that LiveKit posts to."""
    assert isinstance(livekit.port, LiveKitEngine)
    app = Starlette(routes=[livekit_route(livekit.port.receive)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dialtree") as client:
        yield client


def caller() -> ParticipantInfo:
    numbers = {"sip.trunkPhoneNumber": "+15551234567", "sip.phoneNumber": "+12065550177"}
    attributes = numbers | {"sip.ruleID": "SDR_1", "sip.trunkID": "ST_1"}
    return ParticipantInfo(identity="sip_+12065550177", kind=ParticipantInfo.SIP, attributes=attributes)


async def post(client: httpx.AsyncClient, body: bytes, token: str | None) -> int:
    headers = {"Content-Type": "application/webhook+json"} | ({"Authorization": token} if token is not None else {})
    return (await client.post("/livekit/webhook", content=body, headers=headers)).status_code


async def test_somebody_who_calls_in_is_told_once_and_accepted(livekit: Observed, posting: httpx.AsyncClient) -> None:
    double = double_of(livekit)
    body, token = double.webhook("participant_joined", "call-in-1", caller())
    double.rooms["call-in-1"] = {"sip_+12065550177": caller()}
    assert [await post(posting, body, token), await post(posting, body, token)] == [204, 204]
    knock = await livekit.knock()
    assert (knock.engine_reference, knock.called, knock.caller) == ("call-in-1", "+15551234567", "+12065550177")
    await livekit.port.accept(knock.engine_reference, "cnv_inbound", {"agentVersionId": "agv_1"})
    await livekit.call_is("cnv_inbound", Progress.ANSWERED)
    assert [each.room for each in double.dispatches] == ["call-in-1"]
    left, token = double.webhook("participant_left", "call-in-1", caller())
    assert await post(posting, left, token) == 204
    assert (await livekit.call_is("cnv_inbound", Progress.ENDED)).ending is Ending.HUNG_UP
    assert len([event for event in livekit.told if event == knock]) == 1


@pytest.mark.parametrize(("room", "missing"), [("call-in-5", "sip.ruleID"), ("cnv_of_last_week", None)])
async def test_whom_somebody_dials_does_not_call_in(
    livekit: Observed, posting: httpx.AsyncClient, room: str, missing: str | None
) -> None:
    """Such as whom we dialed before a restart: their attributes name our number, too."""
    who = caller()
    if missing:
        del who.attributes[missing]
    assert await post(posting, *double_of(livekit).webhook("participant_joined", room, who)) == 204
    assert livekit.told == []


async def test_somebody_who_calls_in_is_declined(livekit: Observed, posting: httpx.AsyncClient) -> None:
    double = double_of(livekit)
    double.rooms["call-in-2"] = {}
    assert await post(posting, *double.webhook("participant_joined", "call-in-2", caller())) == 204
    await livekit.port.decline((await livekit.knock()).engine_reference, 480)
    assert "call-in-2" not in double.rooms


@pytest.mark.parametrize("wrong", ["unsigned", "garbage", "expired", "another secret", "another body", "bearer"])
async def test_a_webhook_that_is_not_livekits_is_401_and_changes_nothing(
    livekit: Observed, posting: httpx.AsyncClient, wrong: str
) -> None:
    body, _ = double_of(livekit).webhook("participant_joined", "call-in-3", caller())
    tokens = {
        "unsigned": None,
        "garbage": "garbage",
        "expired": signed(body, ttl=dt.timedelta(hours=-1)),
        "another secret": signed(body, "another secret, of 32 bytes and more"),
        "another body": signed(body + b" "),
        "bearer": "Bearer",
    }
    assert await post(posting, body, tokens[wrong]) == 401
    assert await post(posting, body, signed(body)) == 204
    knock = await livekit.knock()
    assert livekit.told == [knock]


async def test_a_signed_webhook_of_another_kind_is_heard_and_forgotten(
    livekit: Observed, posting: httpx.AsyncClient
) -> None:
    for event in ("room_started", "track_published", "an event of next year"):
        assert await post(posting, *double_of(livekit).webhook(event, "call-in-4")) == 204
    assert livekit.told == []


async def test_a_lost_webhook_is_made_up_for_by_looking(livekit: Observed, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.call_is(call.reference, Progress.ANSWERED)
    double = double_of(livekit)
    double.engine = None
    await double.dialer.port.hang_up(f"{call.reference}/caller")
    assert carrier.passed()
    await asyncio.wait_for(livekit.call_is(call.reference, Progress.ENDED), 30)
