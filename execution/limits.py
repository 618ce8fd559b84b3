"""How much a document asks for, measured before it is validated, in one pass that looks at each selection once.

A fragment is measured once however often it is spread, so no document takes longer than its own length.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from execution.bounds import Bounds, most_shown
from execution.cost import Cost, Ledger, Variables
from execution.sizes import Sizes, defaults_of

# Each alternative, once begun, matches: a string that nobody ends goes to the end of its line, so that no character is
# looked at twice.
TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:""")?+|"(?:[^"\\\r\n]++|\\[^\r\n]?+)*+"?+|[A-Za-z_][0-9A-Za-z_]*+'
    r"|-?+[0-9][0-9.eE+-]*+|\.\.\.|#[^\r\n]*+|[!$&()=@:|{}\[\]]"
)
INTROSPECTION = ("__schema", "__type")
# How long a list is taken to be that has no page, and what a mutation costs beside what it answers.
UNPAGED, MUTATION = 4, 10


@dataclass(frozen=True)
class Price:
    """What one operation costs: a number, or a sum that depends on its variables."""

    cost: Cost
    ledger: Ledger
    defaults: Variables

    def bill(self, variables: Variables | None) -> int:
        if isinstance(self.cost, int):
            return self.cost
        return self.ledger.bill(self.cost, self.defaults | (variables or {}))


@dataclass(frozen=True)
class Weight:
    """What was measured of a document, in `visited` steps: the price of each of its operations, by name."""

    visited: int
    prices: dict[str | None, Price]


def count_tokens(query: str) -> int:
    """As the lexer counts them, with comments; of what is no document, those up to its fault and perhaps more.

    Far beyond the limit they are counted no further.
    """
    return sum(1 for _ in islice(TOKEN.finditer(query), most_shown("tokens") + 1))


def weigh(schema: GraphQLSchema, document: DocumentNode, bounds: Bounds) -> Weight:
    """Measure a document, and price its operations. Raises QUERY_TOO_COMPLEX over any bound but that of cost."""
    return _Scales(schema, bounds, Sizes(bounds.page, bounds.largest_page)).weigh(document)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a selection comes to. `each`: what its lists cost an item, where the field around knows their length."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    fields: int = 0
    flat: Cost = 0
    each: Cost = 0


NOTHING = _Shape()


@dataclass
class _Scales:
    schema: GraphQLSchema
    bounds: Bounds
    sizes: Sizes
    ledger: Ledger = field(default_factory=Ledger)
    visited: int = 0
    repeats: int = 0
    directives: int = 0
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    shapes: dict[str, _Shape] = field(default_factory=dict)

    def weigh(self, document: DocumentNode) -> Weight:
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        self.bounds.hold("operations", len(operations))
        self.bounds.hold("fragments", len(fragments))
        self.fragments = {each.name.value: each for each in fragments}
        prices = {each.name.value if each.name else None: self._price(each) for each in operations}
        for name in self.fragments:
            self._fragment(name, 0)
        self.bounds.hold("directives", self.directives)
        self.bounds.hold("repeats", self.repeats)
        return Weight(self.visited, prices)

    def _price(self, operation: OperationDefinitionNode) -> Price:
        shape = self._operation(operation)
        writes = MUTATION * shape.fields if operation.operation is OperationType.MUTATION else 0
        cost = self.ledger.total([1, writes, shape.flat, self.ledger.times(UNPAGED, shape.each)])
        return Price(cost, self.ledger, defaults_of(operation))

    def _operation(self, operation: OperationDefinitionNode) -> _Shape:
        self.directives += len(operation.directives or ())
        self.directives += sum(len(each.directives or ()) for each in operation.variable_definitions or ())
        root = self.schema.get_root_type(operation.operation)
        shape = self._selections(operation.selection_set, root, 0, Counter())
        self.bounds.hold("depth", shape.depth)
        self.bounds.hold("introspection_depth", shape.introspection_depth)
        self.bounds.hold("aliases", shape.aliases)
        self.bounds.hold("root_fields", shape.fields)
        return shape

    def _selections(self, selected: SelectionSetNode, parent: Any, nesting: int, beside: Counter[str]) -> _Shape:
        """`beside`: what is selected already in the same place, also by an inline fragment around."""
        self.bounds.hold("nesting", nesting)
        return self._together([self._selection(each, parent, nesting + 1, beside) for each in selected.selections])

    def _selection(self, node: SelectionNode, parent: Any, nesting: int, beside: Counter[str]) -> _Shape:
        self.visited += 1
        self.directives += len(node.directives or ())
        if isinstance(node, FieldNode):
            self._note((node.alias or node.name).value, beside)
            return self._field(node, parent, nesting)
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self.schema.get_type(condition.name.value) if condition else parent
            return self._selections(node.selection_set, inner, nesting, beside)
        assert isinstance(node, FragmentSpreadNode)
        self._note(f"...{node.name.value}", beside)
        return self._fragment(node.name.value, nesting)

    def _note(self, name: str, beside: Counter[str]) -> None:
        self.repeats += name in beside
        beside[name] += 1

    def _fragment(self, name: str, nesting: int) -> _Shape:
        """One that is missing, or spread in itself, is for validation to refuse: here it comes to nothing."""
        if name not in self.shapes:
            self.shapes[name] = NOTHING
            if fragment := self.fragments.get(name):
                self.directives += len(fragment.directives or ())
                on = self.schema.get_type(fragment.type_condition.name.value)
                self.shapes[name] = self._selections(fragment.selection_set, on, nesting, Counter())
        return self.shapes[name]

    def _field(self, node: FieldNode, parent: Any, nesting: int) -> _Shape:
        name = node.name.value
        definition = self._definition(parent, name)
        inner = NOTHING
        if node.selection_set:
            on = get_named_type(definition.type) if definition else None
            inner = self._selections(node.selection_set, on, nesting, Counter())
        flat, each = self._cost(node, definition, inner) if node.selection_set else (0, 0)
        about_schema = name in INTROSPECTION
        return _Shape(
            1 if about_schema else 1 + inner.depth,
            1 + inner.depth if about_schema else inner.introspection_depth,
            inner.aliases + (node.alias is not None),
            1,
            flat,
            each,
        )

    def _definition(self, parent: Any, name: str) -> GraphQLField | None:
        return self.schema.get_field(parent, name) if hasattr(parent, "fields") or name == "__typename" else None

    def _cost(self, node: FieldNode, definition: GraphQLField | None, inner: _Shape) -> tuple[Cost, Cost]:
        """An object is a point and what is in it; a list is that for each of its items."""
        if definition is None:
            return 1, 0
        page = self.sizes.of_page(node, definition)
        one = self.ledger.total([1, inner.flat, self.ledger.times(page or UNPAGED, inner.each)])
        if not is_list_type(get_nullable_type(definition.type)):
            return one, 0
        length = self.sizes.of_list(node, definition)
        return (0, one) if length is None else (self.ledger.times(length, one), 0)

    def _together(self, shapes: Iterable[_Shape]) -> _Shape:
        shapes = list(shapes)
        return _Shape(
            max((each.depth for each in shapes), default=0),
            max((each.introspection_depth for each in shapes), default=0),
            sum(each.aliases for each in shapes),
            sum(each.fields for each in shapes),
            self.ledger.total(each.flat for each in shapes),
            self.ledger.total(each.each for each in shapes),
        )
