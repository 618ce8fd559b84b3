"""What an operation costs: a number or, where variables say how long its pages are, a sum that waits for them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Variables = dict[str, Any]
# How often something is answered: as it stands in the document, or as the variables say.
Size = int | Callable[[Variables], int]


@dataclass(frozen=True, eq=False, slots=True)
class Sum:
    """`fixed`, and each part times its size. `place`: where its value is kept while a bill is made out."""

    place: int
    fixed: int
    parts: tuple[tuple[Size, "Cost"], ...]


Cost = int | Sum


@dataclass(frozen=True)
class Ledger:
    """Sums in the order in which they were made, so each stands after those that it is made of."""

    sums: list[Sum] = field(default_factory=list)

    def total(self, costs: Iterable[Cost]) -> Cost:
        costs = list(costs)
        fixed = sum(cost for cost in costs if isinstance(cost, int))
        waiting = tuple((1, cost) for cost in costs if not isinstance(cost, int))
        return self._keep(fixed, waiting) if waiting else fixed

    def times(self, size: Size, cost: Cost) -> Cost:
        if isinstance(size, int) and isinstance(cost, int):
            return size * cost
        return self._keep(0, ((size, cost),)) if cost != 0 else 0

    def _keep(self, fixed: int, parts: tuple[tuple[Size, Cost], ...]) -> Sum:
        self.sums.append(Sum(len(self.sums), fixed, parts))
        return self.sums[-1]

    def bill(self, cost: Cost, variables: Variables) -> int:
        """Each sum is worked out once, however often it is part of others."""
        if isinstance(cost, int):
            return cost
        values: list[int] = []
        for each in self.sums[: cost.place + 1]:
            value = each.fixed
            for size, part in each.parts:
                factor = size if isinstance(size, int) else size(variables)
                value += factor * (part if isinstance(part, int) else values[part.place])
            values.append(value)
        return values[-1]
