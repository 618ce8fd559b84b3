"""Cache the plans of one document by operation and by the variables of @skip and @include."""

from collections.abc import Callable, Iterable, Mapping

from graphql import (
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.pyutils import Undefined

from execution.plan import Plan

MAX_PLANS, MAX_SELECTIONS = 32, 10_000


class PlanCache:
    """The plans of one document.

    `charge` is called with the number of selections added, negative when plans are dropped. Plans other than
    the newest hold at most `max_selections` together. This class enforces that too, since a subscription may use a
    document long after the document cache has evicted it and stopped counting.
    """

    def __init__(
        self, charge: Callable[[int], None] = lambda _selections: None, max_selections: int = MAX_SELECTIONS
    ) -> None:
        self._charge = charge
        self._max_selections = max_selections
        self._deciding_variables: dict[int, tuple[str, ...]] = {}
        self._plans: dict[tuple[object, ...], Plan] = {}

    def get(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        variables: Mapping[str, object],
    ) -> Plan:
        """Return the plan of an operation for these variables; a new one is empty, and fills as it is used."""
        variable_names = self._deciding_variables.get(id(operation))
        if variable_names is None:
            variable_names = self._deciding_variables[id(operation)] = _skip_include_variables(
                [operation, *fragments.values()]
            )
        key = (id(operation), *(variables.get(each, Undefined) for each in variable_names))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= MAX_PLANS or self.selections > self._max_selections:
                self._clear()
            plan = self._plans[key] = Plan(schema, self._charge)
        return plan

    @property
    def selections(self) -> int:
        """The number of selections in all plans."""
        return sum(map(len, self._plans.values()))

    def _clear(self) -> None:
        self._charge(-self.selections)
        self._plans.clear()


class _SkipIncludeVisitor(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_rest: object) -> None:
        if node.name.value in (GraphQLSkipDirective.name, GraphQLIncludeDirective.name):
            values = [argument.value for argument in node.arguments or ()]
            self.variables |= {each.name.value: None for each in values if isinstance(each, VariableNode)}


def _skip_include_variables(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the names of the variables that @skip and @include use."""
    directives = _SkipIncludeVisitor()
    for node in nodes:
        visit(node, directives)
    return tuple(directives.variables)
