"""Dial by whole servers over LiveKit: From is read on the wire, ends arrive as signed webhooks."""

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
from telephony.sip_engine import SipEngine
from tests.databases import DatabaseForTests, PostgresTestDatabase, create_empty
from tests.dialing.conftest import MakeOrganization
from tests.dialing.dialing_organization import (
    FINAL_STATUSES,
    LONG_AGO,
    DialingOrganization,
    NumberAtCarrier,
    until,
    until_transfer,
)
from tests.dialing.several_servers import client_of, owning_servers, serve_one
from tests.installation import Client
from tests.retrying import attempts
from tests.server_process import ServerProcess, run_server_in
from tests.telephony.conftest import StartSipp
from tests.telephony.livekit_double import KEY, SECRET, LiveKitDouble
from tests.telephony.observed_engine import ObservedEngine
from tests.telephony.sipp import free_port

ACCOUNT = {"livekit_api_key": KEY, "livekit_api_secret": SECRET}
ROOM, CALLER = "call-in-1", "+12065550177"


class WebhookPoster:
    """Sends the double's webhooks to a server."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def receive_webhook(self, body: bytes, token: str) -> bool:
        async with httpx.AsyncClient(base_url=self._url) as client:
            answer = await client.post("/livekit/webhook", content=body, headers={"Authorization": token})
        return answer.status_code == 204


@contextmanager
def livekit_in_thread() -> Iterator[tuple[LiveKitDouble, str]]:
    """Run the double in an event loop of its own, as tests block; return it with its address."""
    started: list[tuple[LiveKitDouble, str, asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def serve() -> None:
        over = asyncio.Event()
        async with ObservedEngine(SipEngine()) as dialer:
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
def test_a_conversation_goes_through_livekit(
    dialing: MakeOrganization, sipp: StartSipp, scenario: str, end: str
) -> None:
    filled = {"status": "486 Busy Here"} if scenario == "refuse" else {}
    with livekit_in_thread() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.webhook_target = WebhookPoster(line.owner.installation.url)
        carrier = sipp(scenario, **filled)
        number = line.number(carrier.port)
        call = line.queue_call(number, agentConfig={"instructions": "Be brief."})
        assert line.until_ended(call)["endReason"] == end
        assert carrier.passed()
        assert {invite.from_number for invite in carrier.messages("INVITE")} == {number.e164}
        assert [dispatch.room for dispatch in double.dispatches] == [call]
        assert "Be brief." in double.dispatches[0].metadata


def test_a_conversation_whose_agent_does_not_join_ends_so_and_nobody_is_called(dialing: MakeOrganization) -> None:
    with livekit_in_thread() as (double, url):
        double.has_workers = False
        line = dialing(livekit_url=url, agent_wait_seconds=0.1, **ACCOUNT)
        ended = line.until_ended(line.queue_call(line.number(5060)))
        assert (ended["status"], ended["endReason"]) == ("FAILED", "AGENT_UNREACHABLE")
        assert ended["endDetail"] == "no agent joined the room at LiveKit within 0.1 seconds"
        assert double.dialed == []


def test_a_conversation_does_not_tell_where_livekit_should_be(dialing: MakeOrganization) -> None:
    line = dialing(livekit_url=f"http://127.0.0.1:{free_port()}", **ACCOUNT)
    ended = line.until_ended(line.queue_call(line.number(5060)))
    assert ended["endReason"] == "ENGINE_LOST"
    assert ended["endDetail"] == "no agent could be asked to join: LiveKit cannot be reached"


# ------------------------------------------------------------------------------------------------- who calls in


def account(url: str) -> dict[str, str]:
    return {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}


def dialing_environment(url: str) -> dict[str, str]:
    return {"DIALTREE_DIALING": "on", "DIALTREE_PRIVATE_CARRIERS": "allow"} | account(url)


def serve_alone(
    folder: Path, environment: dict[str, str], store: DatabaseForTests | None = None
) -> AbstractContextManager[ServerProcess]:
    """Start the only server of its database."""
    return run_server_in(folder, "dialtree.db", (), store, **environment)


def caller_participant(number: str) -> ParticipantInfo:
    numbers = {"sip.trunkPhoneNumber": number, "sip.phoneNumber": CALLER}
    attributes = numbers | {"sip.callStatus": "active", "sip.ruleID": "SDR_1"}
    return ParticipantInfo(identity=f"sip_{CALLER}", kind=ParticipantInfo.SIP, attributes=attributes)


def post_webhook(server: str, told: tuple[bytes, str]) -> int:
    """Post a webhook."""
    body, token = told
    return httpx.post(f"{server}/livekit/webhook", content=body, headers={"Authorization": token}).status_code


def until_one_answered(owner: Client) -> str:
    """Return the only call, once it is answered."""
    for _ in attempts():
        nodes = owner("{ conversations { nodes { id status } } }")["conversations"]["nodes"]
        if [each["status"] for each in nodes] == ["IN_PROGRESS"]:
            return str(nodes[0]["id"])
    raise AssertionError(f"nobody is answered: {nodes}")


def number_with_inbound_agent(owner: Client) -> str:
    number = owner.number()
    owner.version(owner.agent(), number, direction="INBOUND")
    return str(number.e164)


def test_r14_a_caller_is_answered_and_known_again_after_a_restart(tmp_path: Path) -> None:
    with livekit_in_thread() as (double, url), serve_alone(tmp_path, dialing_environment(url)) as server:
        owner = server.root()
        caller = caller_participant(number_with_inbound_agent(owner))
        double.rooms[ROOM] = {caller.identity: caller}
        assert post_webhook(server.url, double.webhook("participant_joined", ROOM, caller)) == 204
        identifier = until_one_answered(owner)
        assert [each.room for each in double.dispatches] == [ROOM]
        server.kill()
        server.launch()
        owner.mutate_successfully("hangUpConversation", "__typename", conversationId=identifier)
        ended = until(owner, identifier, *FINAL_STATUSES)
        assert (ended["status"], ended["endReason"]) == ("COMPLETED", "HANGUP")
        assert ROOM not in double.rooms


def test_a_hang_up_that_was_wished_while_nobody_could_hear_is_carried_out(tmp_path: Path, sipp: StartSipp) -> None:
    with closing(create_empty(tmp_path)) as store, livekit_in_thread() as (double, url):
        with serve_alone(tmp_path, dialing_environment(url), store) as server:
            over = DialingOrganization(server.root(), sipp).number_at_carrier("answer")
            identifier = over.answered_call()
            secret = over.line.owner.secret
        with serve_alone(tmp_path, account(url), store) as deaf:
            wish = deaf.client(secret).mutate_successfully(
                "hangUpConversation", "conversation { status }", conversationId=identifier
            )
            assert wish["conversation"]["status"] == "IN_PROGRESS"
            assert post_webhook(deaf.url, double.webhook("room_finished", identifier)) == 503
        with serve_alone(tmp_path, dialing_environment(url), store) as server:
            assert until(server.client(secret), identifier, *FINAL_STATUSES)["endReason"] == "HANGUP"
        assert over.carrier.passed()
        assert identifier not in double.rooms


def test_a_call_that_rings_for_ever_is_ended(dialing: MakeOrganization) -> None:
    """The call was dialed long ago by a server that has ended, and rings according to LiveKit."""
    with livekit_in_thread() as (double, url):
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
        ended = line.until_ended(identifier)
        assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
        for _ in attempts():
            if identifier not in double.rooms:
                break
            assert line.read(identifier)["status"] == "FAILED"
        assert identifier not in double.rooms


# ------------------------------------------------------------------------------------------------- several servers


def test_what_livekit_tells_the_other_server_reaches_the_one_whose_call_it_is(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp
) -> None:
    """LiveKit still lists the remote party, so that polling does not reveal the end."""
    with livekit_in_thread() as (double, url), serve_one(tmp_path, store, "first", **account(url)) as first:
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("answer")
        identifier = over.answered_call()
        other_side = double.rooms[identifier]["caller"]
        other_side.attributes["sip.trunkPhoneNumber"] = over.number.e164
        with serve_one(tmp_path, store, "second", **account(url)) as second:
            assert post_webhook(second.url, double.webhook("participant_joined", identifier, other_side)) == 204
            left = double.webhook("participant_left", identifier, other_side)
            assert [post_webhook(server.url, left) for server in (second, second)] == [204, 204]
            ended = line.until_ended(identifier)
            assert (ended["status"], ended["endReason"]) == ("COMPLETED", "HANGUP")
            assert store.rows("SELECT id FROM conversation") == [(identifier,)]


def test_one_of_the_servers_that_are_told_answers_a_caller(tmp_path: Path, store: PostgresTestDatabase) -> None:
    with (
        livekit_in_thread() as (double, url),
        serve_one(tmp_path, store, "first", **account(url)) as first,
        serve_one(tmp_path, store, "second", **account(url)) as second,
    ):
        owner = first.root()
        caller = caller_participant(number_with_inbound_agent(owner))
        double.rooms[ROOM] = {caller.identity: caller}
        joined = double.webhook("participant_joined", ROOM, caller)
        assert [post_webhook(server.url, joined) for server in (first, second)] == [204, 204]
        identifier = until_one_answered(owner)
        assert [each.room for each in double.dispatches] == [ROOM]
        left = double.webhook("participant_left", ROOM, caller)
        assert [post_webhook(server.url, left) for server in (first, second)] == [204, 204]
        assert until(owner, identifier, *FINAL_STATUSES)["endReason"] == "HANGUP"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_r12_the_calls_of_a_server_that_is_gone_go_on_at_another(
    tmp_path: Path, store: PostgresTestDatabase, sipp: StartSipp, end: str
) -> None:
    with livekit_in_thread() as (double, url), serve_one(tmp_path, store, "first", **account(url)) as first:
        line = DialingOrganization(first.root(), sipp)
        over = line.number_at_carrier("answer")
        identifier = over.answered_call()
        before = owning_servers(first, identifier)
        with serve_one(tmp_path, store, "second", **account(url)) as second:
            other = client_of(second, line.owner)
            first.stop() if end == "stop" else first.kill()
            first.join()
            other.mutate_successfully("hangUpConversation", "__typename", conversationId=identifier)
            assert until(other, identifier, *FINAL_STATUSES)["endReason"] == "HANGUP"
            assert owning_servers(second, identifier) != before
        assert over.carrier.passed()
        assert identifier not in double.rooms


# ------------------------------------------------------------------------------------------------- transfers


@pytest.mark.parametrize("kind", ["WARM", "CONFERENCE"])
def test_r13_a_third_party_joins_through_livekit(dialing: MakeOrganization, kind: str) -> None:
    with livekit_in_thread() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.webhook_target = WebhookPoster(line.owner.installation.url)
        over = line.number_at_carrier("answer", calls=2)
        identifier = over.answered_call()
        told = {"supervisorInstructions": "They asked for the desk."} if kind == "WARM" else {}
        assert over.transfer(identifier, kind=kind, **told)["userErrors"] == []
        transfer = until_transfer(line.owner, identifier, "COMPLETED")
        assert (transfer["mechanism"], transfer["callerId"]) == ("DIAL", over.number.e164)
        assert over.invites_by_callee()["+12065550142"].from_number == over.number.e164
        line.hang_up(identifier)
        assert line.until_ended(identifier)["endReason"] == "HANGUP"
        assert over.carrier.passed()


def test_r13_a_caller_is_handed_over_through_livekit(dialing: MakeOrganization) -> None:
    with livekit_in_thread() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.webhook_target = WebhookPoster(line.owner.installation.url)
        over = line.number_at_carrier("refer_accepted")
        identifier = over.answered_call()
        assert over.transfer(identifier)["userErrors"] == []
        ended = line.until_ended(identifier)
        assert (ended["status"], ended["transfers"][0]["status"]) == ("TRANSFERRED", "COMPLETED")
        assert over.carrier.passed()


def test_r13_a_cold_transfer_that_shows_the_agents_number_is_dialed_and_the_agent_leaves(
    dialing: MakeOrganization,
) -> None:
    with livekit_in_thread() as (double, url):
        line = dialing(livekit_url=url, **ACCOUNT)
        double.webhook_target = WebhookPoster(line.owner.installation.url)
        over = line.number_at_carrier("answer", calls=2)
        identifier = over.answered_call()
        assert over.transfer(identifier, displayedNumber="AGENT_NUMBER")["userErrors"] == []
        ended = line.until_ended(identifier)
        assert (ended["status"], ended["endReason"]) == ("TRANSFERRED", "TRANSFERRED")
        (transfer,) = ended["transfers"]
        shown = (transfer["status"], transfer["mechanism"], transfer["callerId"])
        assert shown == ("COMPLETED", "DIAL", over.number.e164)
        leg = over.invites_by_callee()["+12065550142"]
        assert (leg.from_number, leg.asserted_number) == (over.number.e164, over.number.e164)


def test_r13_a_trunk_that_is_full_begins_no_transfer(dialing: MakeOrganization) -> None:
    with livekit_in_thread() as (_, url):
        over = dialing(livekit_url=url, **ACCOUNT).number_at_carrier("answer", maxConcurrentCalls=1)
        identifier = over.answered_call()
        refused = over.transfer(identifier, kind="CONFERENCE")
        assert [error["code"] for error in refused["userErrors"]] == ["TRANSFER_FAILED"]
        assert (refused["conversation"], refused["transfer"]) == (None, None)
        now = over.line.read(identifier)
        assert (now["status"], [each["status"] for each in now["transfers"]]) == ("IN_PROGRESS", ["FAILED"])
        over.line.hang_up(identifier)
        over.line.until_ended(identifier)
        assert over.invites_by_callee().keys() == {"+12065550199"}


def test_r13_one_transfer_at_a_time_and_it_ends_with_its_call(dialing: MakeOrganization) -> None:
    port = free_port()
    with livekit_in_thread() as (_, url):
        line = dialing(livekit_url=url, sandbox_carrier=f"127.0.0.1:{port}", **ACCOUNT)
        over = NumberAtCarrier(line, None, line.number(port))
        identifier = over.answered_call(to="+12065550100")
        assert over.transfer(identifier, kind="CONFERENCE", transferNumber="+12065550102")["userErrors"] == []
        second = over.transfer(identifier, kind="CONFERENCE", transferNumber="+12065550100")
        assert [error["code"] for error in second["userErrors"]] == ["TRANSFER_FAILED"]
        assert "still going on" in second["userErrors"][0]["message"]
        line.hang_up(identifier)
        ended = line.until_ended(identifier)
        assert (ended["status"], [each["status"] for each in ended["transfers"]]) == ("COMPLETED", ["FAILED"])
        assert ended["transfers"][0]["endedAt"]
