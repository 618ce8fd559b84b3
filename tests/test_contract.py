"""The exported schema against the project's copy of the contract, name by name; and its words against its code."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    print_ast,
)
from graphql.language import DefinitionNode, parse

from models import Scope
from schema import schema
from schema.fields import describe_with_scope

TESTS_FOLDER = Path(__file__).parent


def definitions(text: str) -> dict[str, DefinitionNode]:
    return {node.name.value: node for node in parse(text).definitions}  # type: ignore[attr-defined]


CONTRACT = definitions((TESTS_FOLDER / "contract.graphql").read_text())
EXPORTED = definitions(schema.as_str())


def describe_definition(node: object) -> object:
    """A definition as what a client relies on: names, types, nullability, defaults; no order, no words."""
    parts = {}
    for kind in ("fields", "arguments", "values"):
        for part in getattr(node, kind, None) or ():
            default = getattr(part, "default_value", None)
            parts[part.name.value] = (
                print_ast(part.type) if hasattr(part, "type") else None,
                default and print_ast(default),
                describe_definition(part) if hasattr(part, "arguments") else None,
            )
    interfaces = sorted(each.name.value for each in getattr(node, "interfaces", None) or ())
    return type(node).__name__, parts, interfaces


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_the_contract_stands_as_it_is(name: str) -> None:
    assert describe_definition(EXPORTED[name]) == describe_definition(CONTRACT[name])


def test_the_committed_schema_is_the_exported_one() -> None:
    committed = (TESTS_FOLDER.parent / "schema.graphql").read_text()
    assert committed == schema.as_str() + "\n", "run `python server.py export-schema`"


def test_everything_has_words() -> None:
    wordless = []
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__") or name in ("Boolean", "Int", "String", "ID", "Float"):
            continue
        parts = {name: kind}
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            parts |= {f"{name}.{field}": part for field, part in kind.fields.items()}
        if isinstance(kind, GraphQLObjectType):
            for field, part in kind.fields.items():
                parts |= {f"{name}.{field}({argument})": one for argument, one in part.args.items()}
        if isinstance(kind, GraphQLEnumType):
            parts |= {f"{name}.{value}": part for value, part in kind.values.items()}
        wordless += [where for where, part in parts.items() if not (part.description or "").strip()]
    assert not wordless


def test_the_exported_schema_is_valid_sdl() -> None:
    build_schema(schema.as_str())


def test_r15_a_scope_in_the_words_is_the_scope_that_is_enforced() -> None:
    declared = 0
    for kind in schema._schema.type_map.values():
        definition = kind.extensions.get("strawberry-definition") if hasattr(kind, "extensions") else None
        for field in getattr(definition, "fields", ()):
            held = field.metadata.get("scope") or getattr(field.metadata.get("edge"), "scope", ())
            words = field.description or ""
            assert words.endswith(describe_with_scope("", held)), (kind.name, field.name)
            if held:
                declared += 1
            elif field.name not in ("node", "nodes", "organization"):
                assert not any(scope.name in words for scope in Scope), (kind.name, field.name)
    assert declared > 25
