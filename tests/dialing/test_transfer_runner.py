"""Run transfers as planned, over real SIP (R13): a failed one leaves the caller with the agent."""

from typing import Any

import pytest

from tests.dialing.conftest import MakeOrganization
from tests.dialing.dialing_organization import LONG_AGO, NumberAtCarrier, until_transfer

THIRD_PARTY = "+12065550142"
PLAN = "callerId mechanism refusal { code field message }"


def plan(over: NumberAtCarrier, identifier: str, **fields: str) -> Any:
    passed = ", ".join(f"{name}: {value}" for name, value in fields.items())
    query = f"query($id: ID!) {{ conversation(id: $id) {{ transferCallerId({passed}) {{ {PLAN} }} }} }}"
    return over.line.owner(query, id=identifier)["conversation"]["transferCallerId"]


def test_r13_a_cold_transfer_by_refer_hands_the_caller_over(dialing: MakeOrganization) -> None:
    over = dialing().number_at_carrier("refer_accepted")
    identifier = over.answered_call()
    answer = over.transfer(identifier, transferNumber="+1 (206) 555-0142")
    assert answer["userErrors"] == []
    ended = over.line.until_ended(identifier)
    assert (ended["status"], ended["endReason"]) == ("TRANSFERRED", "TRANSFERRED")
    (transfer,) = ended["transfers"]
    assert (transfer["id"], transfer["status"]) == (answer["transfer"]["id"], "COMPLETED")
    assert transfer["transferNumber"] == THIRD_PARTY
    planned = {"callerId": transfer["callerId"], "mechanism": transfer["mechanism"], "refusal": None}
    assert planned == plan(over, identifier, kind="COLD")
    assert over.carrier.passed()
    (refer,) = over.carrier.messages("REFER")
    assert THIRD_PARTY in str(refer.header("Refer-To"))


@pytest.mark.parametrize(("scenario", "status"), [("refer_refused", 603), ("refer_failed", 486)])
def test_r13_a_transfer_that_fails_leaves_the_caller_where_they_were(
    dialing: MakeOrganization, scenario: str, status: int
) -> None:
    over = dialing().number_at_carrier(scenario)
    identifier = over.answered_call()
    assert over.transfer(identifier, transferNumber="sip:desk@example.com")["userErrors"] == []
    failed = until_transfer(over.line.owner, identifier, "FAILED")
    assert (failed["sipStatus"], failed["transferNumber"]) == (status, "sip:desk@example.com")
    assert over.line.read(identifier)["status"] == "IN_PROGRESS"
    over.line.hang_up(identifier)
    assert over.line.until_ended(identifier)["endReason"] == "HANGUP"
    assert over.carrier.passed()


DIALED = [{"kind": "COLD", "displayedNumber": "AGENT_NUMBER"}, {"kind": "WARM"}, {"kind": "CONFERENCE"}]


def test_r13_nobody_is_dialed_into_a_call_where_nobody_would_be_heard(dialing: MakeOrganization) -> None:
    """The engine sip mixes no media: plan and transfer give the same refusal, and the call goes on."""
    over = dialing().number_at_carrier("answer")
    identifier = over.answered_call()
    for asked in DIALED:
        refusal = plan(over, identifier, **asked)["refusal"]
        assert over.transfer(identifier, **asked) == {"conversation": None, "transfer": None, "userErrors": [refusal]}
        field = "displayedNumber" if asked["kind"] == "COLD" else "kind"
        assert (refusal["code"], refusal["field"]) == ("TRANSFER_FAILED", [field])
        assert all(
            word in refusal["message"] for word in ("a tone", "COLD", "TRANSFEREE_NUMBER", "REFER", "LIVEKIT_URL")
        )
    assert plan(over, identifier, kind="COLD")["mechanism"] == "SIP_REFER"
    assert (over.line.read(identifier)["status"], over.line.read(identifier)["transfers"]) == ("IN_PROGRESS", [])
    over.line.hang_up(identifier)
    assert over.line.until_ended(identifier)["endReason"] == "HANGUP"
    assert over.carrier.passed()
    assert over.invites_by_callee().keys() == {"+12065550199"}


def test_r13_what_is_advised_instead_is_what_the_trunk_can_do(dialing: MakeOrganization) -> None:
    line = dialing()
    transferor = line.number(5060, transferCallerId="FROM_TRANSFEROR", transferMode="DISABLE_ALL")
    over = NumberAtCarrier(line, None, transferor)
    waiting = line.owner.create_queued(to="+12065550199", agentNumber=transferor.e164, agentConfig={})["id"]
    assert "displayedNumber AGENT_NUMBER" in plan(over, waiting, kind="WARM")["refusal"]["message"]
    disabled = plan(over, waiting, kind="COLD", displayedNumber="AGENT_NUMBER")["refusal"]
    assert disabled["code"] == "TRANSFER_DISABLED"
    assert "CONFERENCE" not in disabled["message"]


def test_a_transfer_of_which_nobody_ever_tells_fails_and_the_call_goes_on(dialing: MakeOrganization) -> None:
    over = dialing().number_at_carrier("answer")
    identifier = over.answered_call()
    asked = "REQUESTED', '+12065550142', 'SIP_REFER', created_at"
    over.line.owner.installation.rows(
        "INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, mechanism,"
        f" created_at, asked_at) SELECT 'trf_lost', organization_id, id, 'COLD', '{asked}, ?"
        " FROM conversation WHERE id = ?",
        LONG_AGO,
        identifier,
    )
    assert until_transfer(over.line.owner, identifier, "FAILED")["id"] == "trf_lost"
    assert over.line.read(identifier)["status"] == "IN_PROGRESS"
