"""Report the progress of routed calls (R12, R14): every status after every other."""

from itertools import product
from typing import Any

import pytest

from models import Scope
from tests.conftest import Install
from tests.dialing.dialing_organization import until
from tests.installation import Client, Number

ENDS = {
    ("COMPLETED", None): "HANGUP",
    ("COMPLETED", "HANGUP"): "HANGUP",
    ("CANCELLED", None): "CANCELLED",
    ("TRANSFERRED", None): "TRANSFERRED",
    ("UNANSWERED", None): "NO_ANSWER",
    ("UNANSWERED", "BUSY"): "BUSY",
    ("UNANSWERED", "REJECTED"): "REJECTED",
    ("FAILED", "CARRIER_ERROR"): "CARRIER_ERROR",
    ("FAILED", "ENGINE_LOST"): "ENGINE_LOST",
}
REPORTED = "conversation { status endReason sipStatus answeredAt endedAt }"


@pytest.fixture
def answered_number(northwind: Client) -> Number:
    number = northwind.number()
    northwind.version(northwind.agent(), number, direction="INBOUND")
    return number


def report(client: Client, call: Any, status: str, reason: str | None = None, **more: Any) -> Any:
    sent = {"conversationId": call["id"], "status": status} | ({"endReason": reason} if reason else {}) | more
    return client.mutate_successfully("reportInboundCall", REPORTED, **sent)["conversation"]


@pytest.mark.parametrize(("answered", "end"), list(product((False, True), ENDS)), ids=str)
def test_r12_a_call_goes_forward_to_its_end_and_stays_there(
    northwind: Client, answered_number: Number, answered: bool, end: tuple[str, str | None]
) -> None:
    call = northwind.route_inbound(answered_number)
    assert report(northwind, call, "RINGING")["status"] == "RINGING"
    if answered:
        talking = report(northwind, call, "IN_PROGRESS")
        assert talking["answeredAt"]
        assert report(northwind, call, "IN_PROGRESS") == talking
    ended = report(northwind, call, *end, sipStatus=486)
    assert (ended["status"], ended["endReason"], ended["sipStatus"]) == (end[0], ENDS[end], 486)
    assert (ended["answeredAt"] is not None, ended["endedAt"] is not None) == (answered, True)
    assert report(northwind, call, *end) == ended
    others = [each for each in ENDS if (each[0], ENDS[each]) != (end[0], ENDS[end])]
    for status, reason in [("IN_PROGRESS", None), ("RINGING", None), *others]:
        sent = {"status": status} | ({"endReason": reason} if reason else {})
        refusals = northwind.refusals("reportInboundCall", conversationId=call["id"], **sent)
        assert refusals == [("CONVERSATION_NOT_LIVE", ["conversationId"])], (status, reason)


def test_r14_whoever_stands_above_the_owner_reports_with_calls_route_alone(northwind: Client) -> None:
    harbor = northwind.child()
    number = harbor.number()
    harbor.version(harbor.agent(), number, direction="INBOUND")
    router = northwind.with_scopes(Scope.CALLS_ROUTE)
    call = harbor.route_inbound(number)
    assert report(router, call, "IN_PROGRESS")["status"] == "IN_PROGRESS"
    beside = northwind.child("Lakeside").with_scopes(Scope.CALLS_ROUTE)
    missing = beside.mutate("reportInboundCall", "__typename", conversationId="cnv_" + "0" * 26, status="COMPLETED")
    foreign = beside.mutate("reportInboundCall", "__typename", conversationId=call["id"], status="COMPLETED")
    assert foreign == missing
    assert foreign["userErrors"][0]["code"] == "CONVERSATION_NOT_FOUND"


@pytest.mark.parametrize(
    ("answered", "status", "reason"), [(False, "CANCELLED", "CANCELLED"), (True, "COMPLETED", "HANGUP")]
)
def test_a_routed_call_is_ended_at_once(
    northwind: Client, answered_number: Number, answered: bool, status: str, reason: str
) -> None:
    """Its router follows the conversation: the engine does not know the call."""
    call = northwind.route_inbound(answered_number)
    if answered:
        report(northwind, call, "IN_PROGRESS")
    hung_up = northwind.mutate_successfully("hangUpConversation", REPORTED, conversationId=call["id"])["conversation"]
    assert (hung_up["status"], hung_up["endReason"]) == (status, reason)


def test_r14_what_nobody_ends_is_ended_after_the_longest_call(install: Install) -> None:
    northwind = install(dialing="on", max_call_seconds=10).root("Northwind")
    number = northwind.number()
    northwind.version(northwind.agent(), number, direction="INBOUND")
    fresh, old = northwind.route_inbound(number)["id"], "cnv_" + "0" * 26
    columns = "organization_id, direction, status, agent_number, user_number, phone_number_id, agent_version_id"
    northwind.installation.rows(
        f"INSERT INTO conversation (id, created_at, {columns}) SELECT '{old}', '2026-01-31 09:30:00.000000', {columns}"
        f" FROM conversation WHERE id = '{fresh}'"
    )
    ended = until(northwind, old, "FAILED")
    assert (ended["status"], ended["endReason"]) == ("FAILED", "ENGINE_LOST")
    assert northwind.conversation(fresh)["status"] == "RINGING"
