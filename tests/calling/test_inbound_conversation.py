"""Route inbound calls (R14): the owner's inbound agent answers, for the owner and organizations above it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from models import Scope
from tests.installation import Client, Json, Number

CALLER = "+12065550177"
ROUTED = "agentVersion { id } conversation { id organization { id } direction status agentNumber userNumber }"
NOT_FOUND = [("PHONE_NUMBER_NOT_FOUND", ["calledNumber"])]


def _number_with_inbound_agent(
    owner: Client, agent: str | None = None, *, shareable: bool = False
) -> tuple[Number, str]:
    """Create a number of the owner, and return it with the version that answers it."""
    number = owner.number(shareable=shareable)
    return number, owner.version(agent or owner.agent(), number, direction="INBOUND")


def _route(client: Client, called: str, caller: str | None = CALLER, **fields: Any) -> Json:
    return client.mutate("routeInboundCall", ROUTED, calledNumber=called, callerNumber=caller, **fields)


def _conversations(client: Client) -> int:
    counted: int = client("{ conversations { totalCount } }")["conversations"]["totalCount"]
    return counted


def test_r14_a_call_rings_with_the_owners_inbound_agent(northwind: Client) -> None:
    number, version = _number_with_inbound_agent(northwind)
    northwind.version(northwind.agent("Outbound"), number, direction="OUTBOUND")
    payload = _route(northwind, number.e164, "+1 (206) 555-0177")
    conversation = northwind.conversation(payload["conversation"]["id"])
    assert payload["userErrors"] == []
    assert payload["agentVersion"] == conversation["agentVersion"] == {"id": version}
    assert conversation == conversation | {
        "organization": {"id": northwind.organization_id},
        "direction": "INBOUND",
        "status": "RINGING",
        "endReason": None,
        "agentNumber": number.e164,
        "userNumber": CALLER,
        "phoneNumber": {"id": number.id, "e164": number.e164, "access": "OWNED"},
        "agentConfig": None,
        "idempotencyKey": None,
        "resolution": None,
        "endedAt": None,
    }


def test_r14_a_slot_answers_with_the_version_that_it_pins(northwind: Client) -> None:
    agent = northwind.agent()
    number, version = _number_with_inbound_agent(northwind, agent)
    northwind.version(agent)
    assert _route(northwind, number.e164)["agentVersion"] == {"id": version}


@pytest.mark.parametrize("fields", [{}, {"callerNumber": None}])
def test_r14_a_withheld_caller_is_an_absent_caller_number(northwind: Client, fields: dict[str, None]) -> None:
    number, _ = _number_with_inbound_agent(northwind)
    payload = northwind.mutate_successfully("routeInboundCall", ROUTED, calledNumber=number.e164, **fields)
    assert payload["conversation"]["userNumber"] is None


def test_r14_a_call_to_a_shared_number_always_rings_the_owners_bound_inbound_agent(northwind: Client) -> None:
    child = northwind.child()
    number, version = _number_with_inbound_agent(northwind, shareable=True)
    borrowing = child.version(child.agent())
    child.create_queued(agentNumber=number.e164, agentVersionId=borrowing)
    assert child.refusals("routeInboundCall", calledNumber=number.e164) == NOT_FOUND
    northwind.share(number, shareable=False)
    unshared = _route(northwind, number.e164)
    northwind.share(number)
    shared = _route(northwind, number.e164)
    assert unshared["agentVersion"] == shared["agentVersion"] == {"id": version}
    assert shared["conversation"]["organization"] == {"id": northwind.organization_id}


def test_r14_the_owner_and_those_above_it_route_with_calls_route_alone(northwind: Client) -> None:
    clinics = northwind.child("Harbor Clinics")
    dental = clinics.child("Harbor Dental")
    number, version = _number_with_inbound_agent(dental)
    for router in (northwind, clinics, dental):
        payload = _route(router.with_scopes(Scope.CALLS_ROUTE), number.e164)
        assert payload["userErrors"] == []
        assert payload["agentVersion"] == {"id": version}
        assert payload["conversation"]["organization"] == {"id": dental.organization_id}
    assert (_conversations(dental), _conversations(clinics), _conversations(northwind)) == (3, 0, 0)


def test_r14_nobody_else_does_and_cannot_tell_that_the_number_is_there(northwind: Client) -> None:
    owner, sibling = northwind.child("Owner"), northwind.child("Sibling")
    number, _ = _number_with_inbound_agent(owner, shareable=True)
    asked = {"calledNumber": number.e164, "callerNumber": CALLER}
    stored = northwind.installation.contents()
    answers = []
    for router in (owner.child("Below"), sibling, northwind.installation.root("Contoso")):
        assert router.refusals("routeInboundCall", **asked) == NOT_FOUND
        answers.append(_route(router, number.e164))
    assert stored["conversation"] == northwind.installation.contents()["conversation"] == []
    elsewhere = northwind.installation.root("Elsewhere")
    unknown = _route(elsewhere, "+12065559999")
    assert [answers[0]["conversation"], answers[0]["agentVersion"]] == [None, None]
    assert answers[1:] == answers[:1] * 2
    assert (
        unknown["userErrors"][0]["message"].replace("+12065559999", number.e164)
        == answers[0]["userErrors"][0]["message"]
    )


def test_r14_an_empty_slot_or_an_inactive_agent_is_no_inbound_agent(northwind: Client) -> None:
    empty, agent = northwind.number(), northwind.agent("Front desk")
    northwind.version(agent, empty, direction="OUTBOUND")
    number, _ = _number_with_inbound_agent(northwind, agent)
    northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
    stored = northwind.installation.contents()
    for called in (empty, number):
        payload = _route(northwind, called.e164)
        assert [error["code"] for error in payload["userErrors"]] == ["NO_INBOUND_AGENT"]
        assert called.e164 in payload["userErrors"][0]["message"]
        assert (payload["conversation"], payload["agentVersion"]) == (None, None)
    assert northwind.installation.contents() == stored
    northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, active=True)
    assert _route(northwind, number.e164)["userErrors"] == []


@pytest.mark.parametrize(
    ("flaw", "refusal"),
    [
        ({"calledNumber": "5551234567"}, ("INVALID_PHONE_NUMBER", ["calledNumber"])),
        ({"calledNumber": ""}, ("INVALID_PHONE_NUMBER", ["calledNumber"])),
        ({"callerNumber": "anonymous"}, ("INVALID_PHONE_NUMBER", ["callerNumber"])),
        ({"callerNumber": ""}, ("INVALID_PHONE_NUMBER", ["callerNumber"])),
        ({"idempotencyKey": ""}, ("INVALID_INPUT", ["idempotencyKey"])),
        ({"idempotencyKey": "k" * 256}, ("INVALID_INPUT", ["idempotencyKey"])),
    ],
)
def test_r14_what_is_malformed_is_refused_where_it_stands(
    northwind: Client, flaw: dict[str, str], refusal: tuple[str, list[str]]
) -> None:
    number, _ = _number_with_inbound_agent(northwind)
    sent = {"calledNumber": number.e164, "callerNumber": CALLER} | flaw
    assert northwind.refusals("routeInboundCall", **sent) == [refusal]
    assert _conversations(northwind) == 0


# --------------------------------------------------------------------------------------------------- retried safely


def test_r14_the_same_call_under_the_same_key_is_the_same_conversation(northwind: Client) -> None:
    clinics = northwind.child()
    agent = clinics.agent()
    number, _ = _number_with_inbound_agent(clinics, agent)
    first = _route(clinics, number.e164, idempotencyKey="call-1")
    typed = f"+1 ({number.e164[2:5]}) {number.e164[5:8]}-{number.e164[8:]}"
    clinics.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
    for router, called in ((clinics, number.e164), (clinics, typed), (northwind, number.e164)):
        assert _route(router, called, "+1 206 555 0177", idempotencyKey="call-1") == first
    assert _conversations(clinics) == 1


def test_r14_another_call_under_the_same_key_is_refused(northwind: Client) -> None:
    number, _ = _number_with_inbound_agent(northwind)
    other, _ = _number_with_inbound_agent(northwind)
    _route(northwind, number.e164, idempotencyKey="inbound")
    northwind.create_queued(agentConfig={}, idempotencyKey="outbound")
    for called, caller, key in (
        (other, CALLER, "inbound"),
        (number, "+12065550178", "inbound"),
        (number, None, "inbound"),
        (number, CALLER, "outbound"),
    ):
        refused = _route(northwind, called.e164, caller, idempotencyKey=key)
        assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [
            ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
        ]
        assert refused["conversation"] is None
    sent: dict[str, Any] = {"agentConfig": {}, "idempotencyKey": "inbound"}
    assert [error["code"] for error in northwind.call(**sent)["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert _conversations(northwind) == 2


def test_r14_a_withheld_caller_is_absent_or_null_under_the_same_key(northwind: Client) -> None:
    number, _ = _number_with_inbound_agent(northwind)
    sent = {"calledNumber": number.e164, "idempotencyKey": "once"}
    calls = [
        northwind.mutate_successfully("routeInboundCall", ROUTED, **sent, **caller)
        for caller in ({}, {"callerNumber": None})
    ]
    assert calls[0] == calls[1]
    assert _conversations(northwind) == 1


def test_r14_a_retry_is_answered_after_the_number_was_deleted_and_registered_elsewhere(northwind: Client) -> None:
    """A replay is found before the number is looked up; another call under the key is not a replay."""
    clinics, other = northwind.child(), northwind.child()
    number, _ = _number_with_inbound_agent(clinics)
    first = _route(northwind, number.e164, idempotencyKey="once")
    identifier = first["conversation"]["id"]
    northwind.mutate_successfully("reportInboundCall", "__typename", conversationId=identifier, status="COMPLETED")
    clinics.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
    for router in (clinics, northwind):
        again = _route(router, number.e164, idempotencyKey="once")
        assert (again["conversation"]["id"], again["agentVersion"]) == (identifier, first["agentVersion"])
    assert other.refusals("routeInboundCall", calledNumber=number.e164, idempotencyKey="once") == [
        ("PHONE_NUMBER_NOT_FOUND", ["calledNumber"])
    ]
    moved = other.number(number.e164)
    other.version(other.agent(), moved, direction="INBOUND")
    assert _route(northwind, number.e164, idempotencyKey="once")["conversation"]["id"] == identifier
    assert _conversations(clinics) == 1
    assert _route(other, number.e164, idempotencyKey="once")["conversation"]["id"] != identifier


def test_r14_without_a_key_each_call_is_a_conversation_and_a_refused_one_leaves_its_key(northwind: Client) -> None:
    number = northwind.number()
    asked = {"calledNumber": number.e164, "idempotencyKey": "once"}
    assert northwind.refusals("routeInboundCall", **asked) == [("NO_INBOUND_AGENT", ["calledNumber"])]
    northwind.version(northwind.agent(), number, direction="INBOUND")
    calls = [northwind.route_inbound(number, **sent) for sent in ({"idempotencyKey": "once"}, {}, {})]
    assert len({call["id"] for call in calls}) == 3
    assert _conversations(northwind) == 3


def test_r14_keys_are_the_owners_own(northwind: Client) -> None:
    child = northwind.child()
    calls = [
        _route(northwind, _number_with_inbound_agent(owner)[0].e164, idempotencyKey="same")
        for owner in (northwind, child)
    ]
    owners = [call["conversation"]["organization"]["id"] for call in calls]
    assert owners == [northwind.organization_id, child.organization_id]


def test_r14_the_same_call_many_times_at_once_is_one_conversation(northwind: Client) -> None:
    number, _ = _number_with_inbound_agent(northwind)
    with ThreadPoolExecutor(20) as together:
        routed = list(together.map(lambda _: _route(northwind, number.e164, idempotencyKey="once"), range(20)))
    assert [payload["userErrors"] for payload in routed] == [[]] * 20
    assert len({payload["conversation"]["id"] for payload in routed}) == 1
    assert _conversations(northwind) == 1
