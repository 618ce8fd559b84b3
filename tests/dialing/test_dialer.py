"""Dial queued calls over real SIP (R6, R11, R12): sipp is the carrier, and its log shows what it received."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.conftest import Install
from tests.databases import ON_POSTGRES
from tests.dialing.conftest import MakeOrganization
from tests.dialing.dialing_organization import FINAL_STATUSES, LONG_AGO, DialingOrganization, max_live_calls, until
from tests.telephony.sipp import free_port

# The last four digits, as the sandbox carrier has them: how the call ends, and the final SIP response.
SANDBOX = {
    "0101": ("UNANSWERED", "BUSY", 486),
    "0103": ("FAILED", "INVALID_NUMBER", 404),
    "0104": ("UNANSWERED", "REJECTED", 603),
    "0105": ("FAILED", "CARRIER_ERROR", 503),
    "0106": ("UNANSWERED", "NO_ANSWER", 480),
    "0107": ("FAILED", "BLOCKED", 403),
}


def test_r12_the_sandbox_carrier_ends_calls_in_every_way(dialing: MakeOrganization) -> None:
    port = free_port()
    line = dialing(sandbox_carrier=f"127.0.0.1:{port}", ring_seconds=5)
    number = line.number(port)
    calls = {digits: line.queue_call(number, to=f"+1206555{digits}") for digits in ("0100", "0102", *SANDBOX)}
    for digits, (status, reason, sip_status) in SANDBOX.items():
        call = line.until_ended(calls[digits])
        assert (call["status"], call["endReason"], call["sipStatus"]) == (status, reason, sip_status), digits
        assert (call["answeredAt"], call["endedAt"] is None) == (None, False)
    assert line.until(calls["0100"], "IN_PROGRESS")["answeredAt"]
    assert line.hang_up(calls["0100"])["status"] in ("IN_PROGRESS", "COMPLETED")
    talked = line.until_ended(calls["0100"])
    assert (talked["status"], talked["endReason"]) == ("COMPLETED", "HANGUP")
    unanswered = line.until_ended(calls["0102"])
    assert (unanswered["status"], unanswered["endReason"], unanswered["sipStatus"]) == ("UNANSWERED", "NO_ANSWER", None)
    assert line.owner.refusals("hangUpConversation", conversationId=calls["0100"]) == [
        ("CONVERSATION_NOT_LIVE", ["conversationId"])
    ]


def test_r8_each_of_the_four_steps_shows_its_number_on_the_wire(dialing: MakeOrganization) -> None:
    """The resolved number is the caller ID in From and P-Asserted-Identity, also where it is borrowed."""
    line = dialing()
    over = line.number_at_carrier("hang_up", calls=5, shareable=True)
    client = line.owner.child()
    trunk = client.mutate_successfully(
        "createTrunk", "trunk { id }", name="Own", outbound={"address": f"127.0.0.1:{over.carrier.port}"}
    )
    own, bound, newest = (client.number(trunk=trunk["trunk"]["id"]) for _ in range(3))
    client.mutate_successfully("updateTrunk", "__typename", trunkId=trunk["trunk"]["id"], callsPerSecond=1000)
    version = client.version(client.agent(), bound)
    agent = client.agent()
    client.version(agent, newest)
    steps: dict[str, tuple[str, dict[str, Any]]] = {
        "+12065550191": (over.number.e164, {"agentNumber": over.number.e164, "agentConfig": {}}),
        "+12065550192": (own.e164, {"agentNumber": own.e164, "agentConfig": {}}),
        "+12065550193": (bound.e164, {"agentVersionId": version}),
        "+12065550194": (newest.e164, {"agentId": agent}),
        "+12065550195": (own.e164, {"agentConfig": {}}),
    }
    calls = {to: client.create_queued(to=to, **sent)["id"] for to, (_, sent) in steps.items()}
    for call in calls.values():
        assert until(client, call, *FINAL_STATUSES)["endReason"] == "HANGUP"
    assert over.carrier.passed()
    shown = {to: (invite.from_number, invite.asserted_number) for to, invite in over.invites_by_callee().items()}
    assert shown == {to: (number, number) for to, (number, _) in steps.items()}


@pytest.mark.parametrize(("password", "reason"), [("secret", "HANGUP"), ("wrong", "BLOCKED")])
def test_the_trunks_credentials_are_those_of_the_carrier(dialing: MakeOrganization, password: str, reason: str) -> None:
    over = dialing().number_at_carrier("challenge_401", outbound={"authUsername": "caller", "authPassword": password})
    identifier = over.queue_call()
    if reason == "HANGUP":
        over.line.until(identifier, "IN_PROGRESS")
        over.line.hang_up(identifier)
    assert over.line.until_ended(identifier)["endReason"] == reason
    assert over.carrier.passed()


def test_a_carrier_that_takes_no_credentials_ends_trunk_authentication(dialing: MakeOrganization) -> None:
    over = dialing().number_at_carrier("challenge_again", outbound={"authUsername": "caller", "authPassword": "secret"})
    ended = over.line.until_ended(over.queue_call())
    assert (ended["status"], ended["endReason"], ended["sipStatus"]) == ("FAILED", "TRUNK_AUTHENTICATION", 407)


@pytest.fixture
def unanswered() -> Iterator[list[socket.socket]]:
    """Provide two carriers that never answer; a test can make one send garbage."""
    with ExitStack() as open_until_the_end:
        sockets = [open_until_the_end.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(2)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
            each.settimeout(60)
        yield sockets


def send_garbage(carrier: socket.socket) -> None:
    _, caller = carrier.recvfrom(65_535)
    carrier.sendto(b"\x00\xff\r\n\r\nSIP/2.0 banana\r\n\r\n", caller)


def test_carriers_that_are_silent_or_babble_disturb_no_other(
    dialing: MakeOrganization, unanswered: list[socket.socket]
) -> None:
    line = dialing(ring_seconds=180)
    calls = [line.queue_call(line.number(each.getsockname()[1])) for each in unanswered]
    send_garbage(unanswered[1])
    healthy = line.number_at_carrier("answer").answered_call()
    line.hang_up(healthy)
    assert line.until_ended(healthy)["endReason"] == "HANGUP"
    for call in calls:
        assert line.read(call)["status"] == "DIALING"
        line.hang_up(call)
        assert line.until_ended(call)["endReason"] == "CANCELLED"


def test_carriers_that_are_silent_babble_or_are_not_there_are_errors_of_theirs(
    dialing: MakeOrganization, unanswered: list[socket.socket]
) -> None:
    line = dialing(ring_seconds=5)
    calls = [line.queue_call(line.number(each.getsockname()[1])) for each in unanswered]
    send_garbage(unanswered[1])
    calls.append(line.queue_call(line.owner.number(trunk=line.trunk(None, "carrier.invalid"))))
    ends = [line.until_ended(call) for call in calls]
    assert {each["endReason"] for each in ends} == {"CARRIER_ERROR"}
    silent, babbling, nameless = (each["endDetail"] for each in ends)
    assert silent == babbling == "nothing was heard of the carrier"
    assert nameless.startswith("the name carrier.invalid cannot be resolved: ")


def test_a_carrier_whose_port_is_closed_cannot_be_reached(dialing: MakeOrganization) -> None:
    line = dialing()
    ended = line.until_ended(line.queue_call(line.number(free_port(), outbound={"transport": "TCP"})))
    assert (ended["endReason"], ended["sipStatus"]) == ("CARRIER_ERROR", None)
    assert ended["endDetail"] == "the carrier cannot be reached: Connection refused [111]"


def test_what_leads_into_a_private_network_does_not_tell_where(dialing: MakeOrganization) -> None:
    line = dialing(private_carriers="refuse")
    ended = line.until_ended(line.queue_call(line.owner.number(trunk=line.trunk(None, "localhost"))))
    assert ended["endReason"] == "BLOCKED"
    assert ended["endDetail"] == "localhost leads into a private network, where this server calls nobody"


def test_r12_what_rings_is_cancelled_and_what_waits_is_never_dialed(dialing: MakeOrganization) -> None:
    over = dialing().number_at_carrier("ring", maxConcurrentCalls=1)
    ringing = over.queue_call(to="+12065550191")
    waiting = over.queue_call(to="+12065550192")
    over.line.until(ringing, "RINGING")
    cancelled = over.line.hang_up(waiting)
    assert (cancelled["status"], cancelled["endReason"]) == ("CANCELLED", "CANCELLED")
    over.line.hang_up(ringing)
    ended = over.line.until_ended(ringing)
    assert (ended["status"], ended["endReason"]) == ("CANCELLED", "CANCELLED")
    assert over.carrier.passed()
    assert over.invites_by_callee().keys() == {"+12065550191"}


def test_r6_a_number_that_cannot_be_dialed_from_any_more_ends_the_call_when_its_turn_comes(
    dialing: MakeOrganization,
) -> None:
    over = dialing().number_at_carrier("ring", maxConcurrentCalls=1)
    ringing, waiting = over.queue_call(to="+12065550191"), over.queue_call(to="+12065550192")
    over.line.until(ringing, "RINGING")
    trunk = over.line.owner("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"]
    over.line.owner.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=None)
    over.line.hang_up(ringing)
    ended = over.line.until_ended(waiting)
    assert (ended["status"], ended["endReason"]) == ("FAILED", "NUMBER_NO_LONGER_AVAILABLE")
    assert over.invites_by_callee().keys() == {"+12065550191"}


def test_r6_switching_sharing_off_races_the_dialer_and_the_database_decides(dialing: MakeOrganization) -> None:
    over = dialing().number_at_carrier(
        "refuse", calls=1000, filled={"status": "486 Busy Here"}, shareable=True, callsPerSecond=4
    )
    client = over.line.owner.child()
    numbers = [f"+1206555{place:04}" for place in range(30)]
    sent = {"agentNumber": over.number.e164, "agentConfig": {}}
    calls = {to: client.create_queued(to=to, **sent)["id"] for to in numbers}
    over.line.owner.share(over.number, shareable=False)
    ends = {to: until(client, call, *FINAL_STATUSES)["endReason"] for to, call in calls.items()}
    assert set(ends.values()) <= {"BUSY", "NUMBER_NO_LONGER_AVAILABLE"}
    assert "NUMBER_NO_LONGER_AVAILABLE" in ends.values()
    assert over.invites_by_callee().keys() == {to for to, reason in ends.items() if reason == "BUSY"}


def test_two_hundred_calls_keep_to_the_limits_of_their_trunk(dialing: MakeOrganization) -> None:
    """The calls last, so that the limit is always reached; the carrier counts them."""
    line = dialing(points_per_minute=0)
    over = line.number_at_carrier("talk", calls=200, callsPerSecond=1, maxConcurrentCalls=20)
    query = "mutation($input: CreateOutboundConversationInput!) { it: createOutboundConversation(input: $input) { conversation { id } } }"
    numbers = [f"+1206555{place:04}" for place in range(200)]
    sent = {"agentNumber": over.number.e164, "agentConfig": {}}
    calls = [line.owner(query, input={"to": to, **sent})["it"]["conversation"]["id"] for to in numbers]
    over.raise_rate()
    for call in calls:
        assert line.until_ended(call)["endReason"] == "HANGUP"
    assert over.carrier.passed()
    assert over.invites_by_callee().keys() == set(numbers)
    assert max_live_calls(over.carrier) == 20


def test_calls_per_second_hold_from_the_first_call_to_the_last(dialing: MakeOrganization) -> None:
    """Measured by the carrier's clock. The pace may be slower than the limit; twice as fast is detected."""
    over = dialing().number_at_carrier("refuse", calls=61, filled={"status": "486 Busy Here"}, callsPerSecond=10)
    over.line.until_ended(over.queue_call(to="+12065551999"))  # the engine is up from here on
    calls = [over.queue_call(to=f"+1206555{place:04}") for place in range(60)]
    for call in calls:
        over.line.until_ended(call)
    first, *_, last = sorted(invite.at for invite in over.invites_by_callee().values())[1:]
    assert last - first > 59 / 10 * 0.75


def test_what_waits_for_longer_than_it_may_is_called_off(dialing: MakeOrganization) -> None:
    over = dialing(max_queue_seconds=8).number_at_carrier("ring", maxConcurrentCalls=1)
    ringing = over.queue_call(to="+12065550191")
    over.line.until(ringing, "RINGING")
    ended = over.line.until_ended(over.queue_call(to="+12065550192"))
    assert (ended["status"], ended["endReason"]) == ("CANCELLED", "CANCELLED")
    assert over.line.read(ringing)["status"] == "RINGING"
    assert over.invites_by_callee().keys() == {"+12065550191"}


PRIVATE_ADDRESSES = [
    "127.0.0.1",
    "localhost",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "224.0.0.1",
]
PRIVATE_ADDRESSES += [
    "[::1]",
    "[fe80::1]",
    "[fd00::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[ff02::1]",
]


def test_private_addresses_are_not_dialed_unless_the_operator_allows_them(dialing: MakeOrganization) -> None:
    line = dialing(private_carriers="refuse")
    carrier = line.number_at_carrier("answer").carrier
    calls = {
        address: line.queue_call(line.owner.number(trunk=line.trunk(None, f"{address}:{carrier.port}")))
        for address in PRIVATE_ADDRESSES
    }
    for address, call in calls.items():
        ended = line.until_ended(call)
        assert (ended["status"], ended["endReason"]) == ("FAILED", "BLOCKED"), address
    assert carrier.messages() == []


def test_so_many_calls_of_an_organization_may_wait(install: Install) -> None:
    """The dry run does not ask for the limit (R9)."""
    northwind = install(max_queued_calls=2).root("Northwind")
    client, number = northwind.child(), northwind.number(shareable=True)
    sent = {"agentNumber": number.e164, "agentConfig": {}}
    first = client.create_queued(**sent)["id"]
    client.create_queued(**sent, idempotencyKey="second")
    refused = client.call(**sent)
    assert [error["code"] for error in refused["userErrors"]] == ["LIMIT_EXCEEDED"]
    assert refused["conversation"] is None
    assert refused["resolution"]["refusal"] is None
    assert client.preview(**sent)["refusal"] is None
    assert client.call(**sent, idempotencyKey="second")["replayed"]
    assert northwind.create_queued(**sent)["status"] == "QUEUED"
    client.mutate_successfully("hangUpConversation", "__typename", conversationId=first)
    assert client.create_queued(**sent)["status"] == "QUEUED"


def test_a_clock_that_jumps_ends_no_call(dialing: MakeOrganization) -> None:
    """The stored time says two hours. An overdue call that is ended meanwhile shows that all were examined."""
    over = dialing(ring_seconds=180).number_at_carrier("ring")
    ringing = over.queue_call()
    over.line.until(ringing, "RINGING")
    until_swept(over.line, "cnv_before")
    jumped = "dialed_at - INTERVAL '2 hours'" if ON_POSTGRES else "datetime(dialed_at, '-2 hours') || '.000000'"
    store = over.line.owner.installation.store
    store.write_unchecked(f"UPDATE conversation SET dialed_at = {jumped} WHERE id = '{ringing}'")
    until_swept(over.line, "cnv_after")
    assert over.line.read(ringing)["status"] == "RINGING"
    over.line.hang_up(ringing)
    assert over.line.until_ended(ringing)["endReason"] == "CANCELLED"


def until_swept(line: DialingOrganization, identifier: str) -> None:
    """Wait until all live calls have been examined: create an overdue one, and wait for its end."""
    line.owner.installation.rows(
        "INSERT INTO conversation (id, organization_id, direction, status, agent_number, created_at)"
        " SELECT ?, id, 'INBOUND', 'RINGING', '+12065550100', ? FROM organization",
        identifier,
        LONG_AGO,
    )
    ended = "SELECT 1 FROM conversation WHERE id = ? AND end_reason = 'ENGINE_LOST'"
    while not line.owner.installation.rows(ended, identifier):
        pass
