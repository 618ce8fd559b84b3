"""Test what only the engine `livekit` does, against a double of LiveKit: tokens, webhooks, losses, restarts."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from livekit.protocol.models import ParticipantInfo
from starlette.applications import Starlette

from serving.livekit_route import livekit_route
from telephony.engine import CallNotPlaced, Ending, OutcomeUnknown, Progress, TransferEvent, TransferNotBegun
from telephony.livekit_engine import LiveKitEngine
from telephony.livekit_mapping import to_dial_request
from telephony.sip_engine import SipEngine
from tests.telephony.conftest import StartSipp, livekit_over
from tests.telephony.livekit_double import AGENT_NAME, LiveKitDouble, ObservedLiveKit, account, signed
from tests.telephony.observed_engine import AGENT_NUMBER, ObservedEngine
from tests.telephony.sipp import free_port


@pytest.fixture
async def livekit() -> AsyncIterator[ObservedEngine]:
    async with ObservedEngine(SipEngine()) as dialer, livekit_over(dialer) as engine:
        yield engine


def double_of(engine: ObservedEngine) -> LiveKitDouble:
    assert isinstance(engine, ObservedLiveKit)
    return engine.double


async def test_the_agent_is_dispatched_before_anybody_is_dialed(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port, agent={"agentVersionId": "agv_1", "initialContext": {"name": "Ann"}})
    await livekit.port.place_call(call)
    (dispatch,) = double_of(livekit).dispatches
    assert (dispatch.agent_name, dispatch.room) == (AGENT_NAME, call.reference)
    assert json.loads(dispatch.metadata) == dict(call.agent)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    (dialed,) = double_of(livekit).dialed
    assert (dialed.sip_number, dialed.room_name) == (AGENT_NUMBER, call.reference)
    await livekit.port.hang_up(call.reference)
    assert carrier.passed()


async def test_ringing_is_seen_by_looking(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("ring")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.RINGING)
    await livekit.port.hang_up(call.reference)
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert carrier.passed()


async def test_calls_outlive_the_engine_and_are_known_again(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    url = livekit.port._rooms._account.url  # type: ignore[attr-defined]
    async with ObservedEngine(LiveKitEngine(account(url))) as restarted:
        standing = await restarted.port.snapshot(call.reference)
        assert standing
        assert standing.progress is Progress.ANSWERED
        assert await restarted.port.snapshot("cnv_unheard_of") is None
        with pytest.raises(OutcomeUnknown):
            await restarted.port.place_call(call)
        await restarted.port.hang_up(call.reference)
        assert (await restarted.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_a_livekit_that_is_down_calls_nobody(livekit: ObservedEngine) -> None:
    async with ObservedEngine(LiveKitEngine(account(f"http://127.0.0.1:{free_port()}"))) as alone:
        call = alone.new_call(5060)
        with pytest.raises(CallNotPlaced):
            await alone.port.place_call(call)
        with pytest.raises(OutcomeUnknown):
            await alone.port.snapshot(call.reference)
    assert double_of(livekit).dialed == []


async def test_a_key_that_livekit_does_not_know_calls_nobody(livekit: ObservedEngine) -> None:
    url = livekit.port._rooms._account.url  # type: ignore[attr-defined]
    async with ObservedEngine(LiveKitEngine(account(url, secret="another secret, of 32 bytes and more"))) as stranger:
        with pytest.raises(CallNotPlaced):
            await stranger.port.place_call(stranger.new_call(5060))
    assert double_of(livekit).dispatches == []


async def test_a_hang_up_that_livekit_does_not_carry_out_is_not_reported_as_done(
    livekit: ObservedEngine, sipp: StartSipp
) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    double_of(livekit).keeps_rooms = True
    with pytest.raises(OutcomeUnknown):
        await livekit.port.hang_up(call.reference)
    standing = await livekit.port.snapshot(call.reference)
    assert standing
    assert standing.progress is Progress.ANSWERED
    double_of(livekit).keeps_rooms = False
    await livekit.port.hang_up(call.reference)
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert carrier.passed()


async def test_an_agent_who_leaves_leaves_the_two_in_the_room(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier, other = sipp("answer"), sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    with pytest.raises(TransferNotBegun):
        await livekit.port.detach_agent(call.reference, "trf_nobody")
    await livekit.port.add_party(call.reference, "trf_1", livekit.new_call(other.port, reference=call.reference))
    await livekit.wait_for_transfer("trf_1", Progress.ANSWERED)
    await livekit.port.detach_agent(call.reference, "trf_1")
    kinds = {each.kind for each in double_of(livekit).rooms[call.reference].values()}
    assert kinds == {ParticipantInfo.SIP}
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.TRANSFERRED


# ------------------------------------------------------------------------------------------------- agents


async def test_nobody_is_called_before_the_agent_has_joined(livekit: ObservedEngine, sipp: StartSipp) -> None:
    double, carrier = double_of(livekit), sipp("answer")
    double.has_workers = False
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    assert double.dialed == []
    await double.agent_joins(call.reference)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    await livekit.port.hang_up(call.reference)
    assert carrier.passed()


@pytest.fixture
async def impatient(livekit: ObservedEngine) -> AsyncIterator[ObservedEngine]:
    """An engine at the same LiveKit that waits 0.1 seconds for agents."""
    double = double_of(livekit)
    url = livekit.port._rooms._account.url  # type: ignore[attr-defined]
    double.webhook_target = port = LiveKitEngine(account(url, agent_wait_seconds=0.1), poll_interval_seconds=1)
    async with ObservedLiveKit(port, double) as engine:
        yield engine


async def test_an_agent_that_does_not_join_costs_nobody_a_call(impatient: ObservedEngine) -> None:
    double = double_of(impatient)
    double.has_workers = False
    call = impatient.new_call(5060)
    await impatient.port.place_call(call)
    ended = await impatient.wait_for_call(call.reference, Progress.ENDED)
    assert (ended.ending, ended.detail) == (
        Ending.AGENT_UNREACHABLE,
        "no agent joined the room at LiveKit within 0.1 seconds",
    )
    assert double.dialed == []


async def test_a_call_that_is_hung_up_before_the_agent_joins_is_not_dialed(livekit: ObservedEngine) -> None:
    double = double_of(livekit)
    double.has_workers = False
    call = livekit.new_call(5060)
    await livekit.port.place_call(call)
    await livekit.port.hang_up(call.reference)
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.CANCELLED
    assert (double.rooms, double.dialed) == ({}, [])


@pytest.mark.parametrize("with_webhook", [True, False], ids=["by webhook", "by looking"])
@pytest.mark.parametrize(("scenario", "progress"), [("answer", Progress.ANSWERED), ("ring", Progress.RINGING)])
async def test_nobody_is_left_alone_by_an_agent(
    livekit: ObservedEngine, sipp: StartSipp, scenario: str, progress: Progress, *, with_webhook: bool
) -> None:
    carrier = sipp(scenario)
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, progress)
    await double_of(livekit).agents_leave(call.reference, with_webhook=with_webhook)
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.AGENT_UNREACHABLE
    assert call.reference not in double_of(livekit).rooms
    assert carrier.passed()


async def test_somebody_who_calls_in_is_not_left_waiting_for_an_agent(impatient: ObservedEngine) -> None:
    double = double_of(impatient)
    double.has_workers = False
    double.rooms["call-in-6"] = {caller().identity: caller()}
    await impatient.port.receive_webhook(*double.webhook("participant_joined", "call-in-6", caller()))  # type: ignore[attr-defined]
    await impatient.port.accept((await impatient.wait_for_inbound_call()).engine_reference, "cnv_inbound", {})
    assert (await impatient.wait_for_call("cnv_inbound", Progress.ENDED)).ending is Ending.AGENT_UNREACHABLE
    assert "call-in-6" not in double.rooms


async def test_an_agent_that_leaves_two_who_speak_does_not_part_them(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier, other = sipp("answer"), sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    await livekit.port.add_party(call.reference, "trf_1", livekit.new_call(other.port, reference=call.reference))
    await livekit.wait_for_transfer("trf_1", Progress.ANSWERED)
    await double_of(livekit).agents_leave(call.reference)
    assert double_of(livekit).rooms[call.reference].keys() == {"caller", "trf_1"}
    await livekit.port.hang_up(call.reference, "trf_1")
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.AGENT_UNREACHABLE
    assert carrier.passed()
    assert other.passed()


async def test_a_hang_up_during_a_refer_is_no_transfer(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("refer_unanswered")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    await livekit.port.transfer(call.reference, "trf_1", "+12065550188")
    double_of(livekit).reports_every_transfer = True
    await double_of(livekit).refer_accepted.wait()
    await livekit.port.hang_up(call.reference)
    assert (await livekit.wait_for_call(call.reference, Progress.ENDED)).ending is Ending.HUNG_UP
    assert (await livekit.wait_for(TransferEvent)).progress is Progress.ENDED
    assert carrier.passed()


@pytest.mark.parametrize(
    ("host", "hostname", "from_host", "asserted"),
    [
        ("sip.example.com", "sip.example.com:5060", "sip.example.com", "sip.example.com"),
        ("2001:db8::1", "[2001:db8::1]:5060", "", "[2001:db8::1]"),
        ("192.0.2.1", "192.0.2.1:5060", "", "192.0.2.1"),
    ],
)
def test_a_trunk_is_named_to_livekit_in_a_form_that_it_reads(
    host: str, hostname: str, from_host: str, asserted: str
) -> None:
    call = ObservedEngine(SipEngine()).new_call(5060, host=host)
    asked = to_dial_request(call, "room", "caller")
    assert (asked.trunk.hostname, asked.trunk.from_host) == (hostname, from_host)
    assert asked.headers["P-Asserted-Identity"] == f"<sip:{AGENT_NUMBER}@{asserted}>"


# ------------------------------------------------------------------------------------------------- webhooks


@pytest.fixture
async def posting(livekit: ObservedEngine) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the route to which LiveKit posts webhooks."""
    assert isinstance(livekit.port, LiveKitEngine)
    app = Starlette(routes=[livekit_route(livekit.port.receive_webhook)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dialtree") as client:
        yield client


def caller() -> ParticipantInfo:
    numbers = {"sip.trunkPhoneNumber": "+15551234567", "sip.phoneNumber": "+12065550177"}
    attributes = numbers | {"sip.ruleID": "SDR_1", "sip.trunkID": "ST_1"}
    return ParticipantInfo(identity="sip_+12065550177", kind=ParticipantInfo.SIP, attributes=attributes)


async def post_webhook(client: httpx.AsyncClient, body: bytes, token: str | None) -> int:
    headers = {"Content-Type": "application/webhook+json"} | ({"Authorization": token} if token is not None else {})
    return (await client.post("/livekit/webhook", content=body, headers=headers)).status_code


async def test_an_inbound_call_is_published_once_and_accepted(
    livekit: ObservedEngine, posting: httpx.AsyncClient
) -> None:
    double = double_of(livekit)
    body, token = double.webhook("participant_joined", "call-in-1", caller())
    double.rooms["call-in-1"] = {"sip_+12065550177": caller()}
    assert [await post_webhook(posting, body, token), await post_webhook(posting, body, token)] == [204, 204]
    inbound_call = await livekit.wait_for_inbound_call()
    assert (inbound_call.engine_reference, inbound_call.called, inbound_call.caller) == (
        "call-in-1",
        "+15551234567",
        "+12065550177",
    )
    await livekit.port.accept(inbound_call.engine_reference, "cnv_inbound", {"agentVersionId": "agv_1"})
    await livekit.wait_for_call("cnv_inbound", Progress.ANSWERED)
    assert [each.room for each in double.dispatches] == ["call-in-1"]
    left, token = double.webhook("participant_left", "call-in-1", caller())
    assert await post_webhook(posting, left, token) == 204
    assert (await livekit.wait_for_call("cnv_inbound", Progress.ENDED)).ending is Ending.HUNG_UP
    assert len([event for event in livekit.events if event == inbound_call]) == 1


@pytest.mark.parametrize(("room", "missing"), [("call-in-5", "sip.ruleID"), ("cnv_of_last_week", None)])
async def test_a_dialed_participant_is_no_inbound_call(
    livekit: ObservedEngine, posting: httpx.AsyncClient, room: str, missing: str | None
) -> None:
    """Such as a party dialed before a restart, whose attributes name our number, too."""
    who = caller()
    if missing:
        del who.attributes[missing]
    assert await post_webhook(posting, *double_of(livekit).webhook("participant_joined", room, who)) == 204
    assert livekit.events == []


async def test_an_inbound_call_is_declined(livekit: ObservedEngine, posting: httpx.AsyncClient) -> None:
    double = double_of(livekit)
    double.rooms["call-in-2"] = {}
    assert await post_webhook(posting, *double.webhook("participant_joined", "call-in-2", caller())) == 204
    await livekit.port.decline((await livekit.wait_for_inbound_call()).engine_reference, 480)
    assert "call-in-2" not in double.rooms


@pytest.mark.parametrize("wrong", ["unsigned", "garbage", "expired", "another secret", "another body", "bearer"])
async def test_a_webhook_that_is_not_livekits_is_401_and_changes_nothing(
    livekit: ObservedEngine, posting: httpx.AsyncClient, wrong: str
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
    assert await post_webhook(posting, body, tokens[wrong]) == 401
    assert await post_webhook(posting, body, signed(body)) == 204
    inbound_call = await livekit.wait_for_inbound_call()
    assert livekit.events == [inbound_call]


async def test_a_signed_webhook_of_another_kind_has_no_effect(
    livekit: ObservedEngine, posting: httpx.AsyncClient
) -> None:
    for event in ("room_started", "track_published", "an event of next year"):
        assert await post_webhook(posting, *double_of(livekit).webhook(event, "call-in-4")) == 204
    assert livekit.events == []


async def test_a_lost_webhook_is_made_up_for_by_looking(livekit: ObservedEngine, sipp: StartSipp) -> None:
    carrier = sipp("answer")
    call = livekit.new_call(carrier.port)
    await livekit.port.place_call(call)
    await livekit.wait_for_call(call.reference, Progress.ANSWERED)
    double = double_of(livekit)
    double.webhook_target = None
    await double.dialer.port.hang_up(f"{call.reference}/caller")
    assert carrier.passed()
    await asyncio.wait_for(livekit.wait_for_call(call.reference, Progress.ENDED), 30)
