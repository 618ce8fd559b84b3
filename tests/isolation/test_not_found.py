"""Compare answers about invisible and missing objects byte for byte, wherever a number or an id can be sent (R2, R6).

An argument of the schema that is not in the table fails.
"""

import re

import pytest
from graphql import GraphQLArgument, GraphQLInputField, GraphQLInputObjectType, GraphQLObjectType, get_named_type

from tests.installation import Installation
from tests.isolation.places import (
    ACTING_PLACES,
    BY_ID,
    FOREIGN,
    NOT_IDS,
    NUMBERS_SENT,
    SCHEMA,
    UNRESTRICTED_NUMBERS,
    World,
    document_of,
    one_of_each,
    unknown,
    world_of,
)
from tests.isolation.probed_argument import ProbedArgument


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    return world_of(shared_installation)


@pytest.mark.parametrize("key", ["plain", "admin"])
@pytest.mark.parametrize("place", [*ACTING_PLACES, *BY_ID], ids=str)
def test_r6_what_may_not_be_seen_answers_like_what_does_not_exist(
    world: World, place: ProbedArgument, key: str
) -> None:
    missing = world.body(key, place, unknown(place.kind))
    for relation in world.relations(place, key):
        assert world.body(key, place, world.things[relation][place.kind]) == missing, relation


@pytest.mark.parametrize("place", [each for each in (*ACTING_PLACES, *BY_ID) if each.kind not in NUMBERS_SENT], ids=str)
def test_r2_what_is_no_id_answers_like_what_does_not_exist(world: World, place: ProbedArgument) -> None:
    """Return an answer without its cost, which depends on the length of the document."""
    missing, *others = (
        re.sub(r'"cost":\d+', '"cost":…', world.body("admin", place, each)) for each in (unknown(place.kind), *NOT_IDS)
    )
    assert others == [missing] * len(NOT_IDS)


@pytest.mark.parametrize("place", [each for each in (*ACTING_PLACES, *BY_ID) if each.tells], ids=str)
def test_one_s_own_is_answered_otherwise(world: World, place: ProbedArgument) -> None:
    """Check that each probe finds what may be seen, so that the table cannot pass by a wrong request."""
    changes = document_of(place).startswith("mutation")
    things = one_of_each(world.keys["admin"], shareable=False) if changes else world.things["another of one's own"]
    assert world.body("admin", place, things[place.kind]) != world.body("admin", place, unknown(place.kind))


@pytest.mark.parametrize("place", UNRESTRICTED_NUMBERS, ids=str)
def test_r6_whose_number_is_called_or_calls_makes_no_difference(world: World, place: ProbedArgument) -> None:
    missing = world.body("plain", place, unknown("number"))
    for relation in (*FOREIGN, "another of one's own"):
        assert world.body("plain", place, world.things[relation]["number"]) == missing, relation


@pytest.mark.parametrize("typed", ["{}", "+1 ({0[2]}{0[3]}{0[4]}) {0[5]}{0[6]}{0[7]}-{0[8]}{0[9]}{0[10]}{0[11]}"])
def test_r3_a_taken_number_is_taken_in_the_same_words_whoever_owns_it(world: World, typed: str) -> None:
    """The only exception, which does not say whose number it is."""
    place = ProbedArgument("CreatePhoneNumberInput.e164", "number", "createPhoneNumber(e164: $it, trunkId: $trunk)")
    bodies = set()
    for things in world.things.values():
        bodies.add(world.body("plain", place, typed.format(things["number"])).replace(things["number"], "…"))
    (body,) = bodies
    assert '"PHONE_NUMBER_TAKEN"' in body


def test_the_table_has_every_place_of_the_schema() -> None:
    told = {place.name for place in (*ACTING_PLACES, *BY_ID, *UNRESTRICTED_NUMBERS)}
    followed = {place for place in places_of_the_schema() if place.startswith("Subscription.")}  # serving/test_live.py
    assert told == places_of_the_schema() - followed - {"CreatePhoneNumberInput.e164"}


def places_of_the_schema() -> set[str]:
    """List the arguments of the schema that take an id, or a string that is a phone number."""
    takes: dict[str, GraphQLArgument | GraphQLInputField] = {}
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            takes |= {f"{kind.name}.{name}": one for name, one in kind.fields.items()}
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            takes |= {
                f"{kind.name}.{field}.{name}": one for field, of in kind.fields.items() for name, one in of.args.items()
            }
    number = re.compile(r"number|e164|\.to$", re.IGNORECASE)
    kinds = {place: get_named_type(one.type).name for place, one in takes.items()}
    return {
        place
        for place, kind in kinds.items()
        if kind == "ID" or (kind == "String" and number.search("." + place.rpartition(".")[2]))
    }
