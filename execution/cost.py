"""Represent a cost as a number or, if page sizes are variables, as a sum that is evaluated for each request."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from graphql import GraphQLInputType


class Variables(dict[str, object]):
    """The variables of one request. The cost of a value is computed once, however often the variable is used."""

    def cost_of_value(
        self,
        name: str,
        input_type: GraphQLInputType | None,
        points_per_item: int,
        measure: Callable[[GraphQLInputType | None, object], int],
    ) -> int:
        """Return `measure(input_type, value)` for the value of a variable; called once for the same arguments."""
        key = (name, id(input_type), points_per_item)
        if key not in self._costs:
            self._costs[key] = measure(input_type, self.get(name))
        return self._costs[key]

    @cached_property
    def _costs(self) -> dict[tuple[str, int, int], int]:
        return {}


# The length of a list: a number, or a function of the request's variables.
ListSize = int | Callable[[Variables], int]


@dataclass(frozen=True, eq=False, slots=True)
class CostSum:
    """`constant`, plus each term's cost times its size. `index` is the sum's place in its CostExpressions."""

    index: int
    constant: int
    terms: tuple[tuple[ListSize, "Cost"], ...]


Cost = int | CostSum


@dataclass(frozen=True)
class CostExpressions:
    """The sums of a document in order of creation, so that each comes after the sums that it refers to."""

    sums: list[CostSum] = field(default_factory=list)

    def add(self, costs: Iterable[Cost]) -> Cost:
        """Return the sum of costs: a number if all of them are numbers."""
        costs = list(costs)
        fixed = sum(cost for cost in costs if isinstance(cost, int))
        terms = tuple((1, cost) for cost in costs if not isinstance(cost, int))
        return self._append(fixed, terms) if terms else fixed

    def multiply(self, size: ListSize, cost: Cost) -> Cost:
        """Return a cost times the length of a list."""
        if isinstance(size, int) and isinstance(cost, int):
            return size * cost
        return self._append(0, ((size, cost),)) if cost != 0 else 0

    def _append(self, constant: int, terms: tuple[tuple[ListSize, Cost], ...]) -> CostSum:
        self.sums.append(CostSum(len(self.sums), constant, terms))
        return self.sums[-1]

    def evaluate(self, cost: Cost, variables: Variables) -> int:
        """Return the value of a cost for these variables; each sum is evaluated once, however often it is used."""
        if isinstance(cost, int):
            return cost
        values: list[int] = []
        for each in self.sums[: cost.index + 1]:
            value = each.constant
            for size, part in each.terms:
                factor = size if isinstance(size, int) else size(variables)
                value += factor * (part if isinstance(part, int) else values[part.index])
            values.append(value)
        return values[-1]
