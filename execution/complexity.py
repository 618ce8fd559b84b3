"""Measure a document before validation: tokens, depth, aliases, and the cost of each operation in points.

Each selection is visited once. A fragment is measured once, however often it is spread, so that measuring takes time
linear in the document's length.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    TypeNameMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from execution.cost import Cost, CostExpressions, Variables
from execution.document_limits import DocumentLimits, max_shown
from execution.input_cost import POINTS_PER_WRITTEN_ITEM, InputCost
from execution.list_sizes import ListSizes, variable_defaults

# Every alternative matches once it has begun (an unterminated string ends with its line), and all quantifiers are
# possessive, so that no character is scanned twice.
TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:""")?+|"(?:[^"\\\r\n]++|\\[^\r\n]?+)*+"?+|[A-Za-z_][0-9A-Za-z_]*+'
    r"|-?+[0-9][0-9.eE+-]*+|\.\.\.|#[^\r\n]*+|[!$&()=@:|{}\[\]]"
)
INTROSPECTION_FIELDS = ("__schema", "__type")
# The assumed length of a list without page arguments, and what a mutation costs in addition to its selection.
ASSUMED_LIST_LENGTH, POINTS_PER_MUTATION = 4, 10
# What a connection's total count costs; the database time of a slow one is charged afterwards.
TOTAL_COUNT_FIELD, POINTS_PER_COUNT = "totalCount", 2
READ_INPUTS, MUTATION_INPUTS = InputCost(), InputCost(POINTS_PER_WRITTEN_ITEM)


@dataclass(frozen=True)
class Price:
    """The cost of one operation in points: a number, or an expression over its variables."""

    cost: Cost
    expressions: CostExpressions
    defaults: dict[str, object]

    def evaluate(self, variables: Mapping[str, object] | None) -> int:
        """Return the cost in points for these variables; missing ones take the operation's defaults."""
        if isinstance(self.cost, int):
            return self.cost
        return self.expressions.evaluate(self.cost, Variables({**self.defaults, **(variables or {})}))


@dataclass(frozen=True)
class Measurement:
    """The price of each operation of a document by name, and how many selections were visited."""

    visited_selections: int
    prices: dict[str | None, Price]


def count_tokens(query: str) -> int:
    """Count tokens as the lexer does, comments included, up to one more than is ever shown.

    Of a text that is not a document, at least the tokens before its first syntax error are counted.
    """
    return sum(1 for _ in islice(TOKEN.finditer(query), max_shown("tokens") + 1))


def measure(schema: GraphQLSchema, document: DocumentNode, limits: DocumentLimits) -> Measurement:
    """Measure a document, and price its operations in points.

    Raises GraphQLError (QUERY_TOO_COMPLEX) over any limit but that of cost, which depends on the variables.
    """
    return _Measurer(schema, limits, ListSizes(limits.default_page_size, limits.max_page_size)).measure(document)


@dataclass(frozen=True, slots=True)
class _Measure:
    """The measure of a selection.

    `cost_per_item` is the cost of one item of its lists, whose length the enclosing field determines: a connection's
    `first` is the length of `nodes` and `edges`.
    """

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    fields: int = 0
    fixed_cost: Cost = 0
    cost_per_item: Cost = 0


NO_MEASURE = _Measure()


@dataclass
class _Measurer:
    schema: GraphQLSchema
    limits: DocumentLimits
    sizes: ListSizes
    expressions: CostExpressions = field(default_factory=CostExpressions)
    visited_selections: int = 0
    repeats: int = 0
    directives: int = 0
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    measures: dict[str, _Measure] = field(default_factory=dict)

    def measure(self, document: DocumentNode) -> Measurement:
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        self.limits.check("operations", len(operations))
        self.limits.check("fragments", len(fragments))
        self.fragments = {each.name.value: each for each in fragments}
        prices = {each.name.value if each.name else None: self._price(each) for each in operations}
        for name in self.fragments:
            self._fragment(name, 0)
        self.limits.check("directives", self.directives)
        self.limits.check("repeats", self.repeats)
        return Measurement(self.visited_selections, prices)

    def _price(self, operation: OperationDefinitionNode) -> Price:
        selected = self._operation(operation)
        writes = POINTS_PER_MUTATION * selected.fields if operation.operation is OperationType.MUTATION else 0
        cost = self.expressions.add(
            [1, writes, selected.fixed_cost, self.expressions.multiply(ASSUMED_LIST_LENGTH, selected.cost_per_item)]
        )
        return Price(cost, self.expressions, variable_defaults(operation))

    def _operation(self, operation: OperationDefinitionNode) -> _Measure:
        self.directives += len(operation.directives or ())
        self.directives += sum(len(each.directives or ()) for each in operation.variable_definitions or ())
        root = self.schema.get_root_type(operation.operation)
        selected = self._selections(operation.selection_set, root, 0, Counter())
        self.limits.check("depth", selected.depth)
        self.limits.check("introspection_depth", selected.introspection_depth)
        self.limits.check("aliases", selected.aliases)
        self.limits.check("root_fields", selected.fields)
        return selected

    def _selections(
        self, selected: SelectionSetNode, parent: GraphQLNamedType | None, nesting: int, siblings: Counter[str]
    ) -> _Measure:
        """Measure selections; `siblings` counts what is selected in the same place, also around an inline fragment."""
        self.limits.check("nesting", nesting)
        return self._combine([self._selection(each, parent, nesting + 1, siblings) for each in selected.selections])

    def _selection(
        self, node: SelectionNode, parent: GraphQLNamedType | None, nesting: int, siblings: Counter[str]
    ) -> _Measure:
        self.visited_selections += 1
        self.directives += len(node.directives or ())
        if isinstance(node, FieldNode):
            self._count_repeat((node.alias or node.name).value, siblings)
            return self._field(node, parent, nesting)
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = self.schema.get_type(condition.name.value) if condition else parent
            return self._selections(node.selection_set, inner, nesting, siblings)
        assert isinstance(node, FragmentSpreadNode)
        self._count_repeat(f"...{node.name.value}", siblings)
        return self._fragment(node.name.value, nesting)

    def _count_repeat(self, name: str, siblings: Counter[str]) -> None:
        self.repeats += name in siblings
        siblings[name] += 1

    def _fragment(self, name: str, nesting: int) -> _Measure:
        """Measure a fragment once. A missing or recursive fragment counts as empty: validation refuses it."""
        if name not in self.measures:
            self.measures[name] = NO_MEASURE
            if fragment := self.fragments.get(name):
                self.directives += len(fragment.directives or ())
                fragment_type = self.schema.get_type(fragment.type_condition.name.value)
                self.measures[name] = self._selections(fragment.selection_set, fragment_type, nesting, Counter())
        return self.measures[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, nesting: int) -> _Measure:
        name = node.name.value
        definition = self._definition(parent, name)
        inner = NO_MEASURE
        if node.selection_set:
            inner_type = get_named_type(definition.type) if definition else None
            inner = self._selections(node.selection_set, inner_type, nesting, Counter())
        fixed_cost, cost_per_item = (
            self._cost(node, definition, inner)
            if node.selection_set
            else (POINTS_PER_COUNT * (name == TOTAL_COUNT_FIELD), 0)
        )
        if definition and node.arguments:
            inputs = MUTATION_INPUTS if parent is self.schema.mutation_type else READ_INPUTS
            fixed_cost = self.expressions.add(
                [fixed_cost, self.expressions.multiply(inputs.cost_of(node, definition), 1)]
            )
        about_schema = name in INTROSPECTION_FIELDS
        return _Measure(
            1 if about_schema else 1 + inner.depth,
            1 + inner.depth if about_schema else inner.introspection_depth,
            inner.aliases + (node.alias is not None),
            1,
            fixed_cost,
            cost_per_item,
        )

    def _definition(self, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return self.schema.get_field(parent, name)
        return TypeNameMetaFieldDef if name == "__typename" else None

    def _cost(self, node: FieldNode, definition: GraphQLField | None, inner: _Measure) -> tuple[Cost, Cost]:
        """Return a field's fixed cost and its cost per item.

        An object costs one point and its selection; a list costs that for each item.
        """
        if definition is None:
            return 1, 0
        page = self.sizes.page_size(node, definition)
        cost_per_object = self.expressions.add(
            [1, inner.fixed_cost, self.expressions.multiply(page or ASSUMED_LIST_LENGTH, inner.cost_per_item)]
        )
        if not is_list_type(get_nullable_type(definition.type)):
            return cost_per_object, 0
        length = self.sizes.input_list_size(node, definition)
        return (0, cost_per_object) if length is None else (self.expressions.multiply(length, cost_per_object), 0)

    def _combine(self, measures: Iterable[_Measure]) -> _Measure:
        measures = list(measures)
        return _Measure(
            max((each.depth for each in measures), default=0),
            max((each.introspection_depth for each in measures), default=0),
            sum(each.aliases for each in measures),
            sum(each.fields for each in measures),
            self.expressions.add(each.fixed_cost for each in measures),
            self.expressions.add(each.cost_per_item for each in measures),
        )
