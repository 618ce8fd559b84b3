"""Send every input field values of a wrong type, as a variable and as a literal."""

import pytest

from tests.refusals.answers import only_error
from tests.refusals.inputs import (
    INPUT_FIELDS,
    UNREPRESENTABLE,
    graphql_literal,
    input_type_of,
    valid_inputs,
    with_value_at,
    wrong_type_values,
)
from tests.refusals.world import World


@pytest.mark.parametrize(
    ("root_field", "path"), INPUT_FIELDS, ids=[".".join((root_field, *path)) for root_field, path in INPUT_FIELDS]
)
def test_a_value_of_the_wrong_kind_is_refused_beside_its_field(
    world: World, root_field: str, path: tuple[str, ...]
) -> None:
    """As a variable BAD_USER_INPUT, in the document GRAPHQL_VALIDATION_FAILED; neither changes anything."""
    before = world.installation.contents()
    operation = "query" if root_field == "previewOutboundNumber" else "mutation"
    for value in wrong_type_values(INPUT_FIELDS[root_field, path]):
        sent = with_value_at(valid_inputs(world)[root_field], path, value)
        by_variable = (
            f"{operation}($input: {input_type_of(root_field).name}!) {{ {root_field}(input: $input) {{ __typename }} }}"
        )
        error = only_error(world.harbor.post(by_variable, {"input": sent}))
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}, value
        assert path[-1] in error["message"] or path[0] in error["message"], error["message"]
        by_literal = f"{operation} {{ {root_field}(input: {graphql_literal(sent)}) {{ __typename }} }}"
        code = "GRAPHQL_PARSE_FAILED" if value == UNREPRESENTABLE else "GRAPHQL_VALIDATION_FAILED"
        assert only_error(world.harbor.post(by_literal))["extensions"] == {"code": code}, value
    assert world.installation.contents() == before


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("ISO 8601", 'createApiKey(input: {name: "K", scopes: [], expiresAt: "soon"}) { __typename }'),
        ("2^53", 'updateAgentVersion(input: {agentVersionId: "", config: {a: 9007199254740993}}) { __typename }'),
        ("NUL", 'updateAgentVersion(input: {agentVersionId: "", config: {a: "\\u0000"}}) { __typename }'),
        ("Int", 'createTrunk(input: {name: "T", callsPerSecond: "1"}) { __typename }'),
    ],
)
def test_a_wrong_literal_is_explained_and_pointed_at(world: World, words: str, place: str) -> None:
    error = only_error(world.harbor.post(f"mutation {{ {place} }}"))
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "locations" in error
    assert words in error["message"]


def test_an_integer_beyond_pythons_limit_is_a_mistake_of_the_clients(world: World) -> None:
    query = f'mutation {{ createTrunk(input: {{name: "T", callsPerSecond: {"9" * 5000}}}) {{ __typename }} }}'
    assert world.harbor.errors(query) == ["GRAPHQL_VALIDATION_FAILED"]


def test_a_variable_that_was_not_sent_is_left_out_of_a_json_literal(world: World) -> None:
    """As everywhere in GraphQL: `{a: $a, b: $b}` without `a` is `{b: $b}`, and in a list it is null."""
    place = "conversations(filter: {metadata: {a: $a, b: [$b, $a]}}) { totalCount }"
    answer = world.harbor.body(f"query($a: Int, $b: Int) {{ {place} }}", b=1)
    assert answer["data"] == {"conversations": {"totalCount": 0}}
