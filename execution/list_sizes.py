"""Estimate how long a list gets: from `first` or `last`, from a list argument, or a default."""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_list_type,
)

from execution.cost import ListSize, Variables

PAGE_SIZE_ARGUMENTS = ("first", "last")


@dataclass(frozen=True)
class ListSizes:
    """Page sizes: `default_size` if none is sent; `max_size` if the value that is sent is not a number in range."""

    default_size: int
    max_size: int

    def page_size(self, node: FieldNode, definition: GraphQLField) -> ListSize | None:
        """Return a connection's page size; None if the field is not a connection.

        Sending both `first` and `last` is an error; until it is reported, the larger counts.
        """
        if not any(name in definition.args for name in PAGE_SIZE_ARGUMENTS):
            return None
        values = [each.value for each in node.arguments or () if each.name.value in PAGE_SIZE_ARGUMENTS]
        return self._size(values, self._clamp, self._default(definition))

    def input_list_size(self, node: FieldNode, definition: GraphQLField) -> ListSize | None:
        """Return the length of a list argument, such as the ids of `nodes`; None if the field has none."""
        list_arguments = {name for name, each in definition.args.items() if is_list_type(get_nullable_type(each.type))}
        values = [each.value for each in node.arguments or () if each.name.value in list_arguments]
        return self._size(values, self._length, 1) if list_arguments else None

    def _size(self, nodes: list[ValueNode], read: Callable[[object], int], default: int) -> ListSize:
        literals = [read(_literal_value(each)) for each in nodes if not isinstance(each, VariableNode | NullValueNode)]
        names = [each.name.value for each in nodes if isinstance(each, VariableNode)]
        if not names:
            return max(literals, default=default)

        def size(request_variables: Variables) -> int:
            values = [request_variables.get(name) for name in names]
            return max([*literals, *(read(value) for value in values if value is not None)], default=default)

        return size

    def _default(self, definition: GraphQLField) -> int:
        defaults = [each.default_value for name, each in definition.args.items() if name in PAGE_SIZE_ARGUMENTS]
        return next((each for each in defaults if isinstance(each, int)), self.default_size)

    def _clamp(self, value: object) -> int:
        return value if type(value) is int and 0 < value <= self.max_size else self.max_size

    def _length(self, value: object) -> int:
        return len(value) if isinstance(value, list) else 1


def variable_defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    """Return the default values of an operation's variables, as far as list sizes depend on them."""
    declared = operation.variable_definitions or ()
    return {each.variable.name.value: _literal_value(each.default_value) for each in declared if each.default_value}


def _literal_value(node: ValueNode | None) -> object:
    """Return the value of a literal, as far as list sizes depend on it; None for null, "" for any other value."""
    match node:
        case None | NullValueNode():
            return None
        case IntValueNode(value=digits) if len(digits) < 10:  # noqa: PLR2004 - no number of int32 is longer
            return int(digits)
        case ListValueNode(values=values):
            return list(values)
    return ""
