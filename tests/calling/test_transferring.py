"""Transfers are carried out as they were planned, over real SIP (R13): what fails leaves the caller where they were."""

from typing import Any

import pytest

from tests.calling.conftest import Dialing
from tests.calling.line import LONG_AGO, Over, open_transfer
from tests.telephony.sipp import free_port

THIRD_PARTY = "+12065550142"


def plan(over: Over, identifier: str, **fields: str) -> Any:
    passed = ", ".join(f"{name}: {value}" for name, value in fields.items())
    query = f"query($id: ID!) {{ conversation(id: $id) {{ transferCallerId({passed}) {{ callerId mechanism }} }} }}"
    return over.line.owner(query, id=identifier)["conversation"]["transferCallerId"]


def test_r13_a_cold_transfer_by_refer_hands_the_caller_over(dialing: Dialing) -> None:
    over = dialing().over("refer_accepted")
    identifier = over.talking()
    answer = over.transfer(identifier, transferNumber="+1 (206) 555-0142")
    assert answer["userErrors"] == []
    ended = over.line.ended(identifier)
    assert (ended["status"], ended["endReason"]) == ("TRANSFERRED", "TRANSFERRED")
    (transfer,) = ended["transfers"]
    assert (transfer["id"], transfer["status"]) == (answer["transfer"]["id"], "COMPLETED")
    assert transfer["transferNumber"] == THIRD_PARTY
    assert {"callerId": transfer["callerId"], "mechanism": transfer["mechanism"]} == plan(over, identifier, kind="COLD")
    assert over.carrier.passed()
    (refer,) = over.carrier.messages("REFER")
    assert THIRD_PARTY in str(refer.header("Refer-To"))


@pytest.mark.parametrize(("scenario", "status"), [("refer_refused", 603), ("refer_failed", 486)])
def test_r13_a_transfer_that_fails_leaves_the_caller_where_they_were(
    dialing: Dialing, scenario: str, status: int
) -> None:
    over = dialing().over(scenario)
    identifier = over.talking()
    assert over.transfer(identifier, transferNumber="sip:desk@example.com")["userErrors"] == []
    failed = open_transfer(over.line.owner, identifier, "FAILED")
    assert (failed["sipStatus"], failed["transferNumber"]) == (status, "sip:desk@example.com")
    assert over.line.now(identifier)["status"] == "IN_PROGRESS"
    over.line.hang_up(identifier)
    assert over.line.ended(identifier)["endReason"] == "HANGUP"
    assert over.carrier.passed()


def test_r13_a_cold_transfer_that_shows_the_agents_number_is_dialed_and_the_agent_leaves(dialing: Dialing) -> None:
    over = dialing().over("answer", calls=2)
    identifier = over.talking()
    asked = {"kind": "COLD", "displayedNumber": "AGENT_NUMBER"}
    assert over.transfer(identifier, **asked)["userErrors"] == []
    ended = over.line.ended(identifier)
    assert (ended["status"], ended["endReason"]) == ("TRANSFERRED", "TRANSFERRED")
    (transfer,) = ended["transfers"]
    assert (transfer["status"], transfer["mechanism"]) == ("COMPLETED", "DIAL")
    assert {"callerId": transfer["callerId"], "mechanism": "DIAL"} == plan(over, identifier, **asked)
    leg = over.invites()[THIRD_PARTY]
    assert (leg.from_number, leg.asserted_number) == (over.number.e164, over.number.e164)


@pytest.mark.parametrize("kind", ["WARM", "CONFERENCE"])
def test_r13_a_third_party_is_dialed_from_the_agents_number_and_joins(dialing: Dialing, kind: str) -> None:
    over = dialing().over("answer", calls=2)
    identifier = over.talking()
    told = {"supervisorInstructions": "They asked for the desk."} if kind == "WARM" else {}
    assert over.transfer(identifier, kind=kind, displayedNumber="TRANSFEREE_NUMBER", **told)["userErrors"] == []
    transfer = open_transfer(over.line.owner, identifier, "COMPLETED")
    assert (transfer["mechanism"], transfer["callerId"]) == ("DIAL", over.number.e164)
    assert over.line.now(identifier)["status"] == "IN_PROGRESS"
    leg = over.invites()[THIRD_PARTY]
    assert (leg.from_number, leg.asserted_number) == (over.number.e164, over.number.e164)
    over.line.hang_up(identifier)
    assert over.line.ended(identifier)["endReason"] == "HANGUP"
    assert over.carrier.passed()


def test_r13_a_trunk_that_is_full_begins_no_transfer(dialing: Dialing) -> None:
    over = dialing().over("answer", maxConcurrentCalls=1)
    identifier = over.talking()
    refused = over.transfer(identifier, kind="CONFERENCE")
    assert [error["code"] for error in refused["userErrors"]] == ["TRANSFER_FAILED"]
    assert (refused["conversation"], refused["transfer"]) == (None, None)
    now = over.line.now(identifier)
    assert (now["status"], [each["status"] for each in now["transfers"]]) == ("IN_PROGRESS", ["FAILED"])
    over.line.hang_up(identifier)
    over.line.ended(identifier)
    assert over.invites().keys() == {"+12065550199"}


def test_r13_one_transfer_at_a_time_and_it_ends_with_its_call(dialing: Dialing) -> None:
    port = free_port()
    line = dialing(sandbox_carrier=f"127.0.0.1:{port}")
    over = Over(line, None, line.number(port))
    identifier = over.talking(to="+12065550100")
    assert over.transfer(identifier, kind="CONFERENCE", transferNumber="+12065550102")["userErrors"] == []
    open_transfer(line.owner, identifier, "RINGING")
    second = over.transfer(identifier, kind="CONFERENCE", transferNumber="+12065550100")
    assert [error["code"] for error in second["userErrors"]] == ["TRANSFER_FAILED"]
    line.hang_up(identifier)
    ended = line.ended(identifier)
    assert (ended["status"], [each["status"] for each in ended["transfers"]]) == ("COMPLETED", ["FAILED"])
    assert ended["transfers"][0]["endedAt"]


def test_a_transfer_of_which_nobody_ever_tells_fails_and_the_call_goes_on(dialing: Dialing) -> None:
    over = dialing().over("answer")
    identifier = over.talking()
    asked = "REQUESTED', '+12065550142', 'SIP_REFER', created_at"
    over.line.owner.installation.rows(
        "INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, mechanism,"
        f" created_at, asked_at) SELECT 'trf_lost', organization_id, id, 'COLD', '{asked}, ?"
        " FROM conversation WHERE id = ?",
        LONG_AGO,
        identifier,
    )
    assert open_transfer(over.line.owner, identifier, "FAILED")["id"] == "trf_lost"
    assert over.line.now(identifier)["status"] == "IN_PROGRESS"
