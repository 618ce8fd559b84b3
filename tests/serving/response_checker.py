"""Check a response against the schema, independently of the code under test."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    print_ast,
    visit,
)

SCALAR_CHECKS: dict[str, Any] = {
    "Int": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "Boolean": lambda value: isinstance(value, bool),
    "E164": lambda value: isinstance(value, str) and value.startswith("+") and value[1:].isdecimal(),
    "JSON": lambda _value: True,
}


class ResponseChecker:
    def __init__(self, schema: GraphQLSchema, query: str) -> None:
        self._schema = schema
        document = parse(query)
        fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        self._fragments = {each.name.value: each for each in fragments}
        (self._operation,) = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]

    def find_errors(self, body: dict[str, Any]) -> list[str]:
        """Return what is wrong with a response body; empty if it fits the schema."""
        if not body.keys() <= {"data", "errors", "extensions"} or not body.keys() & {"data", "errors"}:
            return [f"keys {sorted(body)}"]
        if body.get("data") is None:
            return [] if body.get("errors") else ["null without an error"]
        root = self._schema.get_root_type(self._operation.operation)
        return list(self._check_object(root, self._operation.selection_set, body["data"], "data"))

    def _check_object(self, kind: Any, selected: SelectionSetNode, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path} is no object"
            return
        wanted = dict(self._fields(kind, selected, value))
        if list(wanted) != list(value):
            yield f"{path} has {list(value)}, not {list(wanted)}"
            return
        for key, node in wanted.items():
            definition = self._schema.get_field(kind, node.name.value)
            assert definition
            yield from self._check_value(definition.type, node, value[key], f"{path}.{key}")

    def _fields(self, kind: Any, selected: SelectionSetNode, value: Any) -> Iterator[tuple[str, FieldNode]]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield (node.alias or node.name).value, node
            elif isinstance(node, InlineFragmentNode | FragmentSpreadNode):
                fragment: Any = node if isinstance(node, InlineFragmentNode) else self._fragments[node.name.value]
                on = fragment.type_condition and self._schema.get_type(fragment.type_condition.name.value)
                if on in (None, kind) or (is_abstract_type(on) and self._schema.is_sub_type(on, kind)):
                    yield from self._fields(kind, fragment.selection_set, value)

    def _check_value(self, kind: Any, node: FieldNode, value: Any, path: str) -> Iterator[str]:
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                yield f"{path} is null"
                return
            kind = kind.of_type
        if value is None:
            return
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                yield f"{path} is no list"
                return
            for place, each in enumerate(value):
                yield from self._check_value(kind.of_type, node, each, f"{path}.{place}")
        elif is_leaf_type(kind):
            right = value in kind.values if isinstance(kind, GraphQLEnumType) else _is_valid_scalar(kind.name, value)
            if not right:
                yield f"{path} is {value!r}, which is no {kind.name}"
        elif node.selection_set:
            yield from self._check_composite(kind, node.selection_set, value, path)

    def _check_composite(self, kind: Any, selected: SelectionSetNode, value: Any, path: str) -> Iterator[str]:
        """Return the concrete type of an abstract one, which the response names: see `with_types`."""
        if is_abstract_type(kind):
            named = self._schema.get_type(str(value.get("__typename")))
            if not isinstance(named, GraphQLObjectType) or not self._schema.is_sub_type(kind, named):
                yield f"{path} is {value.get('__typename')!r}, which is no {kind.name}"
                return
            kind = named
        yield from self._check_object(kind, selected, value, path)


def with_typenames(schema: GraphQLSchema, query: str) -> str:
    """Add __typename wherever the type is abstract."""
    types = TypeInfo(schema)

    class Asking(Visitor):
        def enter_field(self, node: FieldNode, *_place: Any) -> FieldNode | None:
            if not node.selection_set or not is_abstract_type(get_named_type(types.get_type())):
                return None
            asked = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
            inner = SelectionSetNode(selections=(asked, *node.selection_set.selections))
            return FieldNode(
                alias=node.alias,
                name=node.name,
                arguments=node.arguments,
                directives=node.directives,
                selection_set=inner,
            )

    return print_ast(visit(parse(query), TypeInfoVisitor(types, Asking())))


def _is_valid_scalar(name: str, value: Any) -> bool:
    right = SCALAR_CHECKS.get(name, lambda each: isinstance(each, str))
    return bool(right(value))
