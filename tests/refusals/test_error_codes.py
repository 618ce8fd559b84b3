"""Provoke every refusal through HTTP: each says what to do next and changes nothing (R2 to R11, R16 to R22)."""

import pytest

from models import ErrorCode
from tests.refusals.answers import request_refusal, says_what_to_do
from tests.refusals.cases_calls import CALL_CASES
from tests.refusals.cases_campaigns import CAMPAIGN_CASES
from tests.refusals.cases_numbers import NUMBER_CASES
from tests.refusals.cases_objects import OBJECT_CASES
from tests.refusals.world import World

CASES = NUMBER_CASES | OBJECT_CASES | CALL_CASES | CAMPAIGN_CASES


@pytest.mark.parametrize("name", CASES)
def test_each_refusal_teaches_and_changes_nothing(world: World, name: str) -> None:
    code, field, request = CASES[name]
    asked = request(world)
    before = world.installation.contents()
    refusal = request_refusal(*asked)
    assert (refusal["code"], refusal["field"]) == (code, field)
    assert says_what_to_do(refusal["message"]), refusal["message"]
    assert world.installation.contents() == before


def test_every_code_is_provoked() -> None:
    assert {code for code, _, _ in CASES.values()} == {code.name for code in ErrorCode}
