"""List the fields of every input, a valid input for each root field, and values of a wrong type."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from schema import schema
from tests.refusals.answers import PAYLOAD_SELECTIONS
from tests.refusals.campaign_inputs import campaign_inputs
from tests.refusals.world import World


def valid_inputs(world: World) -> dict[str, dict[str, Any]]:
    """Return an accepted input for every root field that takes one, to be changed in a single place."""
    desk, number = world["desk"], world.numbers["bound"].e164
    outbound = {"address": "sip.example.com:5061", "authUsername": "u", "authPassword": "p", "transport": "TLS"}
    trunk = {"name": "Trunk", "outbound": outbound, "transferMode": "SIP_ONLY", "callsPerSecond": 2}
    return {
        "createOrganization": {"parentId": world["organization"], "name": "New", "slug": "brand-new"},
        "createApiKey": {"name": "Key", "scopes": ["AGENTS_READ"], "expiresAt": "2999-01-01T00:00:00Z"},
        "revokeApiKey": {"apiKeyId": world["spare_key"]},
        "createTrunk": {"organizationId": world["organization"], **trunk, "maxConcurrentCalls": 3},
        "updateTrunk": {"trunkId": world["spare_trunk"], **trunk, "transferCallerId": "FROM_TRANSFEROR"},
        "deleteTrunk": {"trunkId": world["spare_trunk"]},
        "createPhoneNumber": {"e164": "+12065550001", "trunkId": world["carrier"], "shareable": True},
        "setPhoneNumberShareable": {"phoneNumberId": world.numbers["free"].id, "shareable": True},
        "deletePhoneNumber": {"phoneNumberId": world.numbers["free"].id},
        "createAgent": {"organizationId": world["organization"], "name": "Agent", "active": False},
        "updateAgent": {"agentId": desk, "name": "Desk", "active": True},
        "createAgentVersion": {"agentId": desk, "config": {"a": [1, 2.5, None]}},
        "updateAgentVersion": {"agentVersionId": world["draft"], "config": {}},
        "publishAgentVersion": {"agentVersionId": world["draft"], "phoneNumbers": [number], "direction": "BOTH"},
        "createOutboundConversation": {"to": "+12065550199", "agentNumber": number, "agentId": desk, "metadata": {}},
        "routeInboundCall": {"calledNumber": number, "callerNumber": "+12065550199", "idempotencyKey": "k"},
        "hangUpConversation": {"conversationId": world["keyed"]},
        "transferConversation": {
            "conversationId": world["talking"],
            "kind": "WARM",
            "transferNumber": "+12065550142",
            "displayedNumber": "AGENT_NUMBER",
            "supervisorInstructions": "Say hello.",
        },
        "reportInboundCall": {
            "conversationId": world["routed"],
            "status": "FAILED",
            "endReason": "CARRIER_ERROR",
            "sipStatus": 503,
        },
        "previewOutboundNumber": {"to": "+12065550199", "agentNumber": number, "agentConfig": {}},
        **campaign_inputs(world),
    }


def input_fields(kind: GraphQLInputObjectType, *path: str) -> Iterator[tuple[tuple[str, ...], GraphQLInputField]]:
    """Yield the fields of an input type and of the inputs nested in it, each with its path."""
    for name, field in kind.fields.items():
        yield (*path, name), field
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from input_fields(inner, *path, name)


def input_type_of(field: str) -> GraphQLInputObjectType:
    roots = schema._schema
    root = roots.mutation_type if roots.mutation_type and field in roots.mutation_type.fields else roots.query_type
    assert root is not None
    kind = get_named_type(root.fields[field].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    return kind


ROOT_FIELDS = (*PAYLOAD_SELECTIONS, "previewOutboundNumber")


INPUT_FIELDS = {
    (root_field, path): field for root_field in ROOT_FIELDS for path, field in input_fields(input_type_of(root_field))
}


MISSING = object()


UNREPRESENTABLE = {"\0": 1}  # NUL is in no GraphQL name


TOO_DEEP_JSON: Any = json.loads("[" * 33 + "]" * 33)


WRONG_TYPE_VALUES: dict[str, list[Any]] = {
    "String": [5, 1.5, True, {}, [[]], {"a": 1}],
    "ID": [True, 1.5, {}, [[]]],
    "Boolean": ["true", 1, 0, {}, [[]]],
    "Int": ["1", 1.5, 2**31, -(2**31) - 1, 10**18, True, {}, [[]]],
    "DateTime": [
        5,
        True,
        {},
        "",
        "soon",
        "2999-13-01T00:00:00Z",
        "2999-02-30",
        "0001-01-01T00:00:00+14:00",
        "2999-01-01\0",
    ],
    "JSON": [{"a": "\0"}, UNREPRESENTABLE, "\0", 2**53 + 1, -(10**18), {"a": [1e300]}, TOO_DEEP_JSON],
}


WRONG_ENUM_VALUES = ["NOPE", "", "trunks_read", 1, True, {}, [[]]]


def wrong_input_values(kind: GraphQLInputObjectType) -> list[Any]:
    """Return values that are no input of this type, each for one reason."""
    required = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    objects: list[Any] = []
    if not required:
        objects = [{"nope": 1}]
    elif len(required) == 1:
        objects = [{}, {required[0]: None}, {required[0]: "sip.example.com", "nope": 1}]
    return ["x", 5, True, [[]], *objects]


def wrong_type_values(field: GraphQLInputField) -> list[Any]:
    """Return values that are not of the field's type."""
    kind = get_named_type(field.type)
    wrong = (
        wrong_input_values(kind)
        if isinstance(kind, GraphQLInputObjectType)
        else WRONG_TYPE_VALUES.get(kind.name, WRONG_ENUM_VALUES)
    )
    if is_list_type(get_nullable_type(field.type)):
        wrong = [*wrong, [None], *([each] for each in wrong)]
    if is_required_input_field(field):
        wrong = [*wrong, MISSING]
    return [*wrong, None] if isinstance(field.type, GraphQLNonNull) else wrong


def with_value_at(sent: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Copy the input with `value` at the path, in the first entry of each list; MISSING removes it."""
    copy = deepcopy(sent)
    inner = copy
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
        inner = inner[0] if isinstance(inner, list) else inner
    inner[path[-1]] = value
    if value is MISSING:
        del inner[path[-1]]
    return copy


def field_path(sent: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    """Return the path as a refusal names it: with the index in each list that it leads through."""
    inner, places = sent, []
    for name in path[:-1]:
        inner = inner[name]
        places.append(name)
        if isinstance(inner, list):
            inner = inner[0]
            places.append("0")
    return [*places, path[-1]]


def graphql_literal(value: Any) -> str:
    """Write a value as a GraphQL literal: enum values have no quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {graphql_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(graphql_literal(each) for each in value) + "]"
    is_word = isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)*", value)
    return value if is_word else json.dumps(value)
