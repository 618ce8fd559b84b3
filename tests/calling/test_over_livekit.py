"""Conversations of whole servers with a LiveKit account: From is read on the wire, ends come by signed webhooks."""

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from livekit.protocol.models import ParticipantInfo

from models import new_id
from telephony.sip import SipEngine
from tests.calling.conftest import Dialing
from tests.calling.line import FINAL, LONG_AGO, LOOKS, Line, open_transfer, until
from tests.calling.several import owners, serving, through
from tests.installation import Client
from tests.processes import Served, served_in
from tests.stores import PostgresStore, Store, empty
from tests.telephony.conftest import StartSipp
from tests.telephony.livekit_double import KEY, SECRET, LiveKitDouble
from tests.telephony.observed import Observed

ACCOUNT = {"livekit_api_key": KEY, "livekit_api_secret": SECRET}
ROOM, CALLER = "call-in-1", "+12065550177"


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
    try:
        yield double, url
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(60)
        del started[:], loop, over
        with warnings.catch_warnings():  # what servers that were killed left open at the double is nobody's mistake
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


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


# ------------------------------------------------------------------------------------------------- who calls in


def account(url: str) -> dict[str, str]:
    return {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}


def dials(url: str) -> dict[str, str]:
    return {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow"} | account(url)


def alone(folder: Path, environment: dict[str, str], store: Store | None = None) -> AbstractContextManager[Served]:
    """The only server over its database."""
    return served_in(folder, "dialtree.db", (), store, **environment)


def caller_of(number: str) -> ParticipantInfo:
    numbers = {"sip.trunkPhoneNumber": number, "sip.phoneNumber": CALLER}
    attributes = numbers | {"sip.callStatus": "active", "sip.ruleID": "SDR_1"}
    return ParticipantInfo(identity=f"sip_{CALLER}", kind=ParticipantInfo.SIP, attributes=attributes)


def tell(server: str, told: tuple[bytes, str]) -> int:
    """Posts a webhook."""
    body, token = told
    return httpx.post(f"{server}/livekit/webhook", content=body, headers={"Authorization": token}).status_code


def answered(owner: Client) -> str:
    """The only call there is, once it is answered."""
    for _ in range(LOOKS):
        nodes = owner("{ conversations { nodes { id status } } }")["conversations"]["nodes"]
        if [each["status"] for each in nodes] == ["IN_PROGRESS"]:
            return str(nodes[0]["id"])
    raise AssertionError(f"nobody is answered: {nodes}")


def with_an_inbound_agent(owner: Client) -> str:
    number = owner.number()
    owner.version(owner.agent(), number, direction="INBOUND")
    return str(number.e164)


def test_r14_a_caller_is_answered_and_known_again_after_a_restart(tmp_path: Path) -> None:
    with livekit_beside() as (double, url), alone(tmp_path, dials(url)) as server:
        owner = server.root()
        caller = caller_of(with_an_inbound_agent(owner))
        double.rooms[ROOM] = {caller.identity: caller}
        assert tell(server.url, double.webhook("participant_joined", ROOM, caller)) == 204
        identifier = answered(owner)
        assert [each.room for each in double.dispatches] == [ROOM]
        server.kill()
        server.launch()
        owner.do("hangUpConversation", "__typename", conversationId=identifier)
        ended = until(owner, identifier, *FINAL)
        assert (ended["status"], ended["endReason"]) == ("COMPLETED", "HANGUP")
        assert ROOM not in double.rooms


def test_a_hang_up_that_was_wished_while_nobody_could_hear_is_carried_out(tmp_path: Path, sipp: StartSipp) -> None:
    with closing(empty(tmp_path)) as store, livekit_beside() as (double, url):
        with alone(tmp_path, dials(url), store) as server:
            over = Line(server.root(), sipp).over("answer")
            identifier = over.talking()
            secret = over.line.owner.secret
        with alone(tmp_path, account(url), store) as deaf:
            wish = deaf.client(secret).do("hangUpConversation", "conversation { status }", conversationId=identifier)
            assert wish["conversation"]["status"] == "IN_PROGRESS"
            assert tell(deaf.url, double.webhook("room_finished", identifier)) == 503
        with alone(tmp_path, dials(url), store) as server:
            assert until(server.client(secret), identifier, *FINAL)["endReason"] == "HANGUP"
        assert over.carrier.passed()
        assert identifier not in double.rooms


def test_a_call_that_rings_for_ever_is_ended(dialing: Dialing) -> None:
    """It was dialed long ago by a server that is gone, and LiveKit says that it rings."""
    with livekit_beside() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        identifier = new_id("cnv")
        ringing = ParticipantInfo(identity="caller", kind=ParticipantInfo.SIP, attributes={"sip.callStatus": "ringing"})
        double.rooms[identifier] = {"caller": ringing}
        line.owner.installation.rows(
            "INSERT INTO conversation (id, organization_id, direction, status, agent_number, user_number, created_at,"
            " dialed_at) SELECT ?, id, 'OUTBOUND', 'DIALING', '+12065550100', '+12065550199', created_at, ?"
            " FROM organization",
            identifier,
            LONG_AGO,
        )
        ended = line.ended(identifier)
        assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
        for _ in range(LOOKS):
            if identifier not in double.rooms:
                break
            assert line.now(identifier)["status"] == "FAILED"
        assert identifier not in double.rooms


# ------------------------------------------------------------------------------------------------- several servers


def test_what_livekit_tells_the_other_server_reaches_the_one_whose_call_it_is(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp
) -> None:
    """LiveKit lists the other side as still there, so that nobody finds out by looking."""
    with livekit_beside() as (double, url), serving(tmp_path, store, "first", **account(url)) as first:
        line = Line(first.root(), sipp)
        over = line.over("answer")
        identifier = over.talking()
        other_side = double.rooms[identifier]["caller"]
        other_side.attributes["sip.trunkPhoneNumber"] = over.number.e164
        with serving(tmp_path, store, "second", **account(url)) as second:
            assert tell(second.url, double.webhook("participant_joined", identifier, other_side)) == 204
            left = double.webhook("participant_left", identifier, other_side)
            assert [tell(server.url, left) for server in (second, second)] == [204, 204]
            ended = line.ended(identifier)
            assert (ended["status"], ended["endReason"]) == ("COMPLETED", "HANGUP")
            assert store.rows("SELECT id FROM conversation") == [(identifier,)]


def test_one_of_the_servers_that_are_told_answers_a_caller(tmp_path: Path, store: PostgresStore) -> None:
    with (
        livekit_beside() as (double, url),
        serving(tmp_path, store, "first", **account(url)) as first,
        serving(tmp_path, store, "second", **account(url)) as second,
    ):
        owner = first.root()
        caller = caller_of(with_an_inbound_agent(owner))
        double.rooms[ROOM] = {caller.identity: caller}
        joined = double.webhook("participant_joined", ROOM, caller)
        assert [tell(server.url, joined) for server in (first, second)] == [204, 204]
        identifier = answered(owner)
        assert [each.room for each in double.dispatches] == [ROOM]
        left = double.webhook("participant_left", ROOM, caller)
        assert [tell(server.url, left) for server in (first, second)] == [204, 204]
        assert until(owner, identifier, *FINAL)["endReason"] == "HANGUP"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_r12_the_calls_of_a_server_that_is_gone_go_on_at_another(
    tmp_path: Path, store: PostgresStore, sipp: StartSipp, end: str
) -> None:
    with livekit_beside() as (double, url), serving(tmp_path, store, "first", **account(url)) as first:
        line = Line(first.root(), sipp)
        over = line.over("answer")
        identifier = over.talking()
        before = owners(first, identifier)
        with serving(tmp_path, store, "second", **account(url)) as second:
            other = through(second, line.owner)
            first.stop() if end == "stop" else first.kill()
            other.do("hangUpConversation", "__typename", conversationId=identifier)
            assert until(other, identifier, *FINAL)["endReason"] == "HANGUP"
            assert owners(second, identifier) != before
        assert over.carrier.passed()
        assert identifier not in double.rooms


# ------------------------------------------------------------------------------------------------- transfers


@pytest.mark.parametrize("kind", ["WARM", "CONFERENCE"])
def test_r13_a_third_party_joins_through_livekit(dialing: Dialing, kind: str) -> None:
    with livekit_beside() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.engine = Posting(line.owner.installation.url)
        over = line.over("answer", calls=2)
        identifier = over.talking()
        told = {"supervisorInstructions": "They asked for the desk."} if kind == "WARM" else {}
        assert over.transfer(identifier, kind=kind, **told)["userErrors"] == []
        transfer = open_transfer(line.owner, identifier, "COMPLETED")
        assert (transfer["mechanism"], transfer["callerId"]) == ("DIAL", over.number.e164)
        assert over.invites()["+12065550142"].from_number == over.number.e164
        line.hang_up(identifier)
        assert line.ended(identifier)["endReason"] == "HANGUP"
        assert over.carrier.passed()


def test_r13_a_caller_is_handed_over_through_livekit(dialing: Dialing) -> None:
    with livekit_beside() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.engine = Posting(line.owner.installation.url)
        over = line.over("refer_accepted")
        identifier = over.talking()
        assert over.transfer(identifier)["userErrors"] == []
        ended = line.ended(identifier)
        assert (ended["status"], ended["transfers"][0]["status"]) == ("TRANSFERRED", "COMPLETED")
        assert over.carrier.passed()
