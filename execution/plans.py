"""The plans of one document: one for each operation and choice of the variables that @skip and @include go by."""

from collections.abc import Callable
from typing import Any

from graphql import (
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.pyutils import Undefined

from execution.plan import Plan

MOST_PLANS = 32


class Plans:
    """`charge` is told how many selections came to be kept, or less than none where some were dropped."""

    def __init__(self, charge: Callable[[int], None] = lambda _selections: None) -> None:
        self._charge = charge
        self._deciding: dict[int, tuple[str, ...]] = {}
        self._kept: dict[Any, Plan] = {}

    def of(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        variables: dict[str, Any],
    ) -> Plan:
        deciding = self._deciding.get(id(operation))
        if deciding is None:
            deciding = self._deciding[id(operation)] = _deciding([operation, *fragments.values()])
        key = (id(operation), *(variables.get(each, Undefined) for each in deciding))
        plan = self._kept.get(key)
        if plan is None:
            if len(self._kept) >= MOST_PLANS:
                self._drop()
            plan = self._kept[key] = Plan(schema, self._charge)
        return plan

    def _drop(self) -> None:
        self._charge(-sum(map(len, self._kept.values())))
        self._kept.clear()


class _Directives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_rest: Any) -> None:
        if node.name.value in (GraphQLSkipDirective.name, GraphQLIncludeDirective.name):
            values = [argument.value for argument in node.arguments or ()]
            self.variables |= {each.name.value: None for each in values if isinstance(each, VariableNode)}


def _deciding(nodes: list[Any]) -> tuple[str, ...]:
    """The variables that say whether something is skipped or included."""
    directives = _Directives()
    for node in nodes:
        visit(node, directives)
    return tuple(directives.variables)
