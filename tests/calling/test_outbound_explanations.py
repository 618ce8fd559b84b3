"""Test what a resolution says, and when it is a replay (R8, R9)."""

from typing import Any

from tests.calling.outbound_number_case import PREMIUM_NUMBER, reasons_by_number
from tests.installation import Client


def test_r8_the_message_leaves_out_none_of_the_numbers_that_hold_another_version(northwind: Client) -> None:
    trunk, agent = northwind.trunk(), northwind.agent()
    numbers = [northwind.number(trunk=trunk) for _ in range(22)]
    northwind.version(agent, *numbers)
    northwind.version(agent)
    refused = northwind.preview(agentId=agent)
    assert list(reasons_by_number(refused, "AGENT")) == [number.e164 for number in numbers[:20]]
    message = refused["refusal"]["message"]
    assert [number.e164 for number in numbers if number.e164 not in message] == []


def test_r9_a_replay_comes_before_the_form_of_the_input_and_all_that_follows(northwind: Client) -> None:
    agent = northwind.agent()
    sent = {"agentVersionId": northwind.version(agent, northwind.number()), "idempotencyKey": "once"}
    first = northwind.call(**sent)
    stored = northwind.installation.contents()
    flaws: list[dict[str, Any]] = [
        {"agentNumber": "not a number"},
        {"to": PREMIUM_NUMBER},
        {"agentConfig": {}},
        {"agentId": "agt_none"},
    ]
    for flaw in flaws:
        refused = northwind.call(**(sent | flaw))
        assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
        assert refused["resolution"]["refusal"] == refused["userErrors"][0]
        assert refused["resolution"]["decidedBy"] is None
        assert {step["verdict"] for step in refused["resolution"]["steps"]} <= {"NOT_GIVEN", "NOT_REACHED"}
    northwind.mutate_successfully("updateAgent", "__typename", agentId=agent, active=False)
    replayed = northwind.call(**sent)
    assert (replayed["replayed"], replayed["conversation"]) == (True, first["conversation"])
    assert replayed["resolution"] == first["resolution"]
    assert stored["conversation"] == northwind.installation.contents()["conversation"]


def test_r9_the_acting_organization_comes_before_a_replay(northwind: Client) -> None:
    sent = {"agentVersionId": northwind.version(northwind.agent(), northwind.number()), "idempotencyKey": "once"}
    northwind.create_queued(**sent)
    refused = northwind.call(**sent, organizationId=northwind.installation.root("Contoso").organization_id)
    assert [error["code"] for error in refused["userErrors"]] == ["ORGANIZATION_NOT_FOUND"]
    assert refused["conversation"] is None


def test_r9_the_words_read_the_same_next_month_while_the_edges_are_live(northwind: Client) -> None:
    child = northwind.child()
    shared, trunk = northwind.number(shareable=True), child.trunk()
    own, other = child.number(trunk=trunk), child.number(trunk=trunk)
    agent = child.agent("Front desk")
    version = child.version(agent, own)
    child.version(agent, other)
    before = [
        child.create_queued(agentVersionId=version),
        child.create_queued(agentNumber=shared.e164, agentVersionId=version),
    ]
    child.mutate_successfully("updateAgent", "__typename", agentId=agent, name="Reception", active=False)
    child.version(child.agent("Another"), own, other)
    child.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=None)
    northwind.share(shared, shareable=False)
    bound, borrowed = (child.conversation(each["id"]) for each in before)
    assert bound["resolution"] == before[0]["resolution"]
    assert borrowed["resolution"] == before[1]["resolution"] | {"phoneNumber": None}
    assert "'Front desk'" in bound["resolution"]["steps"][1]["reason"]
