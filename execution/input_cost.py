"""Price the values of arguments, literals and variables, in thousandths of a point."""

from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)

from execution.cost import ListSize, Variables

# In thousandths of a point: each value, and each of its characters. In points: each item of a list in a mutation's
# input, which may make the mutation write a row.
MILLIPOINTS_PER_POINT = 1000
MILLIPOINTS_PER_VALUE, MILLIPOINTS_PER_CHARACTER = 100, 1
POINTS_PER_WRITTEN_ITEM = 3
# Variables that are used as values, each with the input type expected there (None if unknown).
VariableUses = tuple[tuple[GraphQLInputType | None, str], ...]


@dataclass(frozen=True)
class InputCost:
    """Prices arguments; an item of a list costs `points_per_item` in addition to its value."""

    points_per_item: int = 0

    def cost_of(self, node: FieldNode, definition: GraphQLField) -> ListSize:
        """Return the cost of a field's arguments in whole points, rounded down."""
        constant = 0
        variable_uses: list[tuple[GraphQLInputType | None, str]] = []
        for each in node.arguments or ():
            if argument := definition.args.get(each.name.value):
                weight, variables = self._cost_of_literal(argument.type, each.value)
                constant += weight
                variable_uses += variables
        if not variable_uses:
            return constant // MILLIPOINTS_PER_POINT

        def size(request_variables: Variables) -> int:
            weights = (
                request_variables.cost_of_value(name, kind, self.points_per_item, self._cost_of_value)
                for kind, name in variable_uses
            )
            return (constant + sum(weights)) // MILLIPOINTS_PER_POINT

        return size

    def _cost_of_literal(self, kind: GraphQLInputType | None, literal: ValueNode) -> tuple[int, VariableUses]:
        """Price a literal, and list the variables in it. Iterative: a literal can nest deeper than Python recurses."""
        total, stack = 0, [(kind, literal)]
        variables: list[tuple[GraphQLInputType | None, str]] = []
        while stack:
            kind, node = stack.pop()
            if isinstance(node, VariableNode):
                variables.append((kind, node.name.value))
                continue
            total += MILLIPOINTS_PER_VALUE
            if isinstance(node, ListValueNode):
                total += self._cost_of_items(kind, len(node.values))
                stack += ((_item_type(kind), each) for each in node.values)
            elif isinstance(node, ObjectValueNode):
                total += sum(len(each.name.value) for each in node.fields)
                stack += ((_field_type(kind, each.name.value), each.value) for each in node.fields)
            elif isinstance(text := getattr(node, "value", None), str):
                total += MILLIPOINTS_PER_CHARACTER * len(text)
        return total, tuple(variables)

    def _cost_of_value(self, kind: GraphQLInputType | None, value: object) -> int:
        """Price the value of a variable."""
        total, stack = 0, [(kind, value)]
        while stack:
            kind, value = stack.pop()
            total += MILLIPOINTS_PER_VALUE
            if isinstance(value, list):
                total += self._cost_of_items(kind, len(value))
                stack += ((_item_type(kind), each) for each in value)
            elif isinstance(value, dict):
                total += MILLIPOINTS_PER_CHARACTER * sum(map(len, value))
                stack += ((_field_type(kind, name), each) for name, each in value.items())
            elif isinstance(value, str):
                total += MILLIPOINTS_PER_CHARACTER * len(value)
        return total

    def _cost_of_items(self, kind: GraphQLInputType | None, items: int) -> int:
        is_list = isinstance(_without_non_null(kind), GraphQLList)
        return self.points_per_item * MILLIPOINTS_PER_POINT * items if is_list else 0


def _without_non_null(kind: GraphQLInputType | None) -> GraphQLInputType | None:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _item_type(kind: GraphQLInputType | None) -> GraphQLInputType | None:
    """Return the type of a list's items; None inside a scalar such as JSON, and if the type is unknown."""
    nullable = _without_non_null(kind)
    return nullable.of_type if isinstance(nullable, GraphQLList) else None


def _field_type(kind: GraphQLInputType | None, name: str) -> GraphQLInputType | None:
    """Return the type of an input object's field; None inside a scalar, and if the type is unknown."""
    nullable = _without_non_null(kind)
    field = nullable.fields.get(name) if isinstance(nullable, GraphQLInputObjectType) else None
    return field and field.type
