"""How long a list may get: by `first` or `last`, by the list of ids that it answers, or by a guess."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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

from execution.cost import Size, Variables

PAGED_BY = ("first", "last")


@dataclass(frozen=True)
class Sizes:
    """`page` where no size is named, `largest` where what is named cannot be read or is not to be had."""

    page: int
    largest: int

    def of_page(self, node: FieldNode, definition: GraphQLField) -> Size | None:
        """None where the field is no page of a list. Both `first` and `last` are a mistake: the larger counts."""
        if not any(name in definition.args for name in PAGED_BY):
            return None
        given = [each.value for each in node.arguments or () if each.name.value in PAGED_BY]
        return self._of(given, self._clipped, self._default(definition))

    def of_list(self, node: FieldNode, definition: GraphQLField) -> Size | None:
        """Of a list that answers another, such as `nodes(ids: …)`; None where there is no such list."""
        asked = {name for name, each in definition.args.items() if is_list_type(get_nullable_type(each.type))}
        given = [each.value for each in node.arguments or () if each.name.value in asked]
        return self._of(given, self._length, 1) if asked else None

    def _of(self, given: list[ValueNode], read: Callable[[Any], int], default: int) -> Size:
        literals = [read(_plain(each)) for each in given if not isinstance(each, VariableNode | NullValueNode)]
        names = [each.name.value for each in given if isinstance(each, VariableNode)]
        if not names:
            return max(literals, default=default)

        def size(sent: Variables) -> int:
            values = [sent.get(name) for name in names]
            return max([*literals, *(read(value) for value in values if value is not None)], default=default)

        return size

    def _default(self, definition: GraphQLField) -> int:
        stated = [each.default_value for name, each in definition.args.items() if name in PAGED_BY]
        return next((each for each in stated if isinstance(each, int)), self.page)

    def _clipped(self, value: Any) -> int:
        return value if type(value) is int and 0 < value <= self.largest else self.largest

    def _length(self, value: Any) -> int:
        return len(value) if isinstance(value, list) else 1


def defaults_of(operation: OperationDefinitionNode) -> dict[str, Any]:
    """What the operation's variables are where they are not sent."""
    declared = operation.variable_definitions or ()
    return {each.variable.name.value: _plain(each.default_value) for each in declared if each.default_value}


def _plain(node: ValueNode | None) -> Any:
    """A literal as what a variable would carry, as far as sizes are concerned; None for null, "" for anything odd."""
    match node:
        case None | NullValueNode():
            return None
        case IntValueNode(value=digits) if len(digits) < 10:  # noqa: PLR2004 - no number of int32 is longer
            return int(digits)
        case ListValueNode(values=values):
            return list(values)
    return ""
