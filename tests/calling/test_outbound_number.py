"""Resolve every case by the dry run and by creating: both choose and explain alike (R8, R9).

A case is named by the sentence of the reference page, or the clause of the design, that it tests.
"""

from typing import Any

import pytest

from tests.calling.outbound_number_case import RULES, UNKNOWN_NUMBER, Case, case_id, reasons_by_number
from tests.calling.outbound_number_input_cases import ACTING_ORGANIZATION_CASES, GIVEN_CASES, REFUSAL_ORDER_CASES
from tests.calling.outbound_number_step_cases import AGENT_CASES, AGENT_NUMBER_CASES, FALLBACK_CASES
from tests.calling.outbound_number_world import World, make_world
from tests.installation import Installation, Json


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    return make_world(shared_installation)


CASES = [
    *AGENT_NUMBER_CASES,
    *AGENT_CASES,
    *FALLBACK_CASES,
    *GIVEN_CASES,
    *REFUSAL_ORDER_CASES,
    *ACTING_ORGANIZATION_CASES,
]


def _assert_resolution(world: World, case: Case, resolution: Json) -> None:
    """Assert that the resolution is the one of the case."""
    number, agent = (None if name is None else world.values[name] for name in (case.number, case.agent))
    refusal = resolution["refusal"]
    assert [step["rule"] for step in resolution["steps"]] == RULES
    assert " ".join(step["verdict"] for step in resolution["steps"]) == case.verdicts
    assert resolution["decidedBy"] == case.decided_by
    assert resolution["agentNumber"] == number
    assert (resolution["phoneNumber"] and resolution["phoneNumber"]["e164"]) == number
    assert resolution["agentVersion"] == (agent and {"id": agent})
    assert (refusal and (refusal["code"], refusal["field"])) == case.refusal
    for step in resolution["steps"]:
        if step["verdict"] == "REFUSED" and step["rule"] == case.decided_by:
            assert step["reason"] == refusal["message"]
        assert all(_is_a_sentence(each["reason"]) for each in (step, *step["candidates"])), step
        names = case.candidates.get(step["rule"], "").split()
        assert [each["e164"] for each in step["candidates"]] == [world.values[name] for name in names], step
        first = "CHOSEN" if step["verdict"] == "CHOSEN" else "PASSED_OVER"
        assert [each["verdict"] for each in step["candidates"]] == [first, *["PASSED_OVER"] * len(names)][: len(names)]


def _is_a_sentence(reason: str) -> bool:
    return len(reason.split()) > 2 and reason.endswith(".")


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_r8_r9_the_dry_run_decides_explains_and_writes_nothing(world: World, case: Case) -> None:
    stored = world.installation.contents()
    _assert_resolution(world, case, world.clients[case.organization].preview(**world.resolve_names(case.sent)))
    assert world.installation.contents() == stored


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_r8_r9_creating_decides_and_explains_as_the_dry_run_does(world: World, case: Case) -> None:
    asking, sent, stored = (
        world.clients[case.organization],
        world.resolve_names(case.sent),
        world.installation.contents(),
    )
    created = asking.call(**sent)
    _assert_resolution(world, case, created["resolution"])
    assert created["resolution"] == asking.preview(**sent)
    assert created["replayed"] is False
    if case.refusal:
        assert created["userErrors"] == [created["resolution"]["refusal"]]
        assert created["conversation"] is None
        assert world.installation.contents() == stored
    else:
        assert created["userErrors"] == []
        _assert_stored(world, case, asking.conversation(created["conversation"]["id"]), created)


def _assert_stored(world: World, case: Case, read: Json, created: Json) -> None:
    acting = world.values[case.sent.get("organizationId") or case.organization]
    assert read == created["conversation"]
    assert read["resolution"] == created["resolution"]
    assert read["agentNumber"] == created["resolution"]["agentNumber"]
    assert read["phoneNumber"] == created["resolution"]["phoneNumber"]
    assert read["agentVersion"] == created["resolution"]["agentVersion"]
    assert read["agentConfig"] == case.sent.get("agentConfig")
    assert (read["organization"], read["direction"], read["status"]) == ({"id": acting}, "OUTBOUND", "QUEUED")


def test_r8_of_none_the_message_names_the_numbers_that_hold_another_version(world: World) -> None:
    clinics = world.clients["clinics"]
    message = clinics.preview(agentId=world.values["moved"])["refusal"]["message"]
    still = [world.values[name] for name in ("moved_sooner", "moved_later", "moved_mute")]
    assert all(f"{e164} (version 1)" in message for e164 in still)
    assert "version 2 of 'moved'" in message
    assert "+" not in clinics.preview(agentId=world.values["unbound"])["refusal"]["message"]


def test_r9_a_number_is_passed_over_for_what_put_it_behind_the_chosen_one(world: World) -> None:
    shop, full = world.clients["shop"].preview(), world.clients["full"]
    newer = reasons_by_number(shop, "FALLBACK")[world.values["shop_third"]]
    holding = reasons_by_number(shop, "FALLBACK")[world.values["shop_taken"]]
    bound = reasons_by_number(full.preview(agentId=world.values["guard"]), "AGENT")
    assigned_later = bound[world.values["full_older"]]
    mute = reasons_by_number(world.clients["clinics"].preview(agentId=world.values["many"]), "AGENT")[
        world.values["many_mute"]
    ]
    drifted = reasons_by_number(world.clients["clinics"].preview(agentId=world.values["split"]), "AGENT")[
        world.values["split_old"]
    ]
    assert len({newer, holding, assigned_later, mute, drifted}) == 5
    assert "version 1" in drifted
    assert reasons_by_number(full.preview(), "FALLBACK")[world.values["full_newer"]] == newer


@pytest.mark.parametrize(("sent", "rule"), [({"agentId": "usher"}, "AGENT"), ({"agentConfig": {}}, "FALLBACK")])
def test_r9_candidates_are_the_best_twenty(world: World, sent: dict[str, Any], rule: str) -> None:
    weighed = reasons_by_number(world.clients["crowd"].preview(**world.resolve_names(sent)), rule)
    assert list(weighed) == [world.values[f"crowd_{place}"] for place in range(20)]


def test_r9_messages_and_reasons_write_numbers_in_e164(world: World) -> None:
    clinics, desk = world.clients["clinics"], world.values["desk_number"]
    typed = f"{desk[:2]} ({desk[2:5]}) {desk[5:8]}.{desk[8:]}"
    assert clinics.preview(agentNumber=typed) == clinics.preview(agentNumber=desk)
    assert desk in clinics.preview(agentNumber=typed)["steps"][0]["reason"]
    unknown = clinics.preview(agentNumber="+1 (206) 555-9999")
    assert unknown == clinics.preview(agentNumber=UNKNOWN_NUMBER)
    assert unknown["refusal"]["message"].startswith(UNKNOWN_NUMBER)


def test_r9_a_dry_run_without_a_destination_does_not_ask_about_one(world: World) -> None:
    clinics = world.clients["clinics"]
    assert clinics.preview(agentId=world.values["desk"], to=None)["refusal"] is None
    assert clinics.preview(agentId=world.values["desk"], to="")["refusal"]["code"] == "INVALID_PHONE_NUMBER"
