"""Send every input field bad values of the right type, and ids that are malformed, foreign or missing."""

import pytest
from graphql import get_named_type, get_nullable_type, is_list_type

from schema import schema
from tests.conftest import Install
from tests.refusals.answers import PAYLOAD_SELECTIONS, request_refusal, says_what_to_do
from tests.refusals.bad_campaign_values import ANY_TIME
from tests.refusals.bad_texts import INVALID_NUMBER
from tests.refusals.bad_values import (
    BAD_VALUES,
    FOREIGN_ID_NAMES,
    ID_FIELDS,
    NOT_FOUND_CODES,
    OWN_ID_NAMES,
)
from tests.refusals.inputs import INPUT_FIELDS, field_path, valid_inputs, with_value_at
from tests.refusals.world import World, make_world


@pytest.mark.parametrize("place", BAD_VALUES, ids=".".join)
def test_a_bad_value_is_refused_at_its_field(world: World, place: tuple[str, ...]) -> None:
    root_field, *path = place
    code, values = BAD_VALUES[place]
    before = world.installation.contents()
    for value in values:
        sent = with_value_at(valid_inputs(world)[root_field], tuple(path), value)
        refusal = request_refusal(world.harbor, root_field, sent)
        places = field_path(sent, tuple(path)) + ["0"] * (isinstance(value, list) and code is INVALID_NUMBER)
        assert (refusal["code"], refusal["field"]) == (code.name, places), value
        assert says_what_to_do(refusal["message"]), refusal["message"]
    assert world.installation.contents() == before


@pytest.mark.parametrize(("root_field", "name"), ID_FIELDS)
def test_r2_a_malformed_a_foreign_and_a_missing_id_are_one_and_the_same(
    world: World, root_field: str, name: str
) -> None:
    prefix = world[OWN_ID_NAMES[name]][:4]
    ids = [
        world[FOREIGN_ID_NAMES[name]],
        prefix + "0" * 26,
        *("", " ", "nope", prefix, prefix + "!" * 26, prefix + "0" * 27, prefix + "0" * 25 + "\0", "x" * 10_000),
        *(world[other] for other in OWN_ID_NAMES.values() if not world[other].startswith(prefix)),
        5,
        -(10**30),
        f" {world[OWN_ID_NAMES[name]]}",
        world[OWN_ID_NAMES[name]].upper(),
    ]
    before = world.installation.contents()
    sent = valid_inputs(world)[root_field] | ({"config": None} if name == "baseVersionId" else {})
    if name in ("agentId", "agentVersionId"):
        sent.pop("agentConfig", None)
    answers = [request_refusal(world.harbor, root_field, sent | {name: each}) for each in ids]
    is_list = is_list_type(get_nullable_type(INPUT_FIELDS[root_field, (name,)].type))
    assert (answers[0]["code"], answers[0]["field"]) == (NOT_FOUND_CODES[name].name, [name] + ["0"] * is_list)
    assert [answer for answer in answers if answer != answers[0]] == []
    assert world.installation.contents() == before


def test_every_place_of_every_input_has_a_row() -> None:
    """Enums, Booleans and inputs can only be of the wrong type; each other field needs bad values of the right type."""
    roomy = {"String", "Int", "DateTime", "JSON"}
    wanted = {
        (root_field, *path)
        for (root_field, path), field in INPUT_FIELDS.items()
        if get_named_type(field.type).name in roomy
    }
    assert wanted - ANY_TIME == BAD_VALUES.keys()
    assert {name for _, name in ID_FIELDS} == NOT_FOUND_CODES.keys() == OWN_ID_NAMES.keys() == FOREIGN_ID_NAMES.keys()
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert PAYLOAD_SELECTIONS.keys() == mutations.fields.keys()


def test_the_inputs_that_are_spoiled_are_good(install: Install) -> None:
    """Otherwise a bad value might be refused for another reason."""
    own = make_world(install())
    for root_field, sent in valid_inputs(own).items():
        if root_field == "previewOutboundNumber":
            assert own.harbor.preview(**sent)["refusal"] is None
        elif root_field == "transferConversation":  # a call that was routed through the API has no leg here
            assert own.harbor.refusals(root_field, **sent) == [("TRANSFER_FAILED", None)]
        elif root_field != "deleteTrunk":
            own.harbor.mutate_successfully(root_field, "__typename", **sent)
    own.harbor.mutate_successfully("deleteTrunk", "__typename", trunkId=own["spare_trunk"])
