"""Generate valid operations over a generated schema, with everything that a selection can contain."""

from itertools import count
from random import Random
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
)

MAX_DEPTH = 4
VARIABLES = (
    "$yes: Boolean = true, $no: Boolean!, $size: Int, $must: Int = 5, $tint: Colour = BLUE, $tints: [Colour!],"
    ' $box: Box, $name: String = "Ada"'
)
# One of each is sent along, or left out. A null where none may be is found only as the operation runs.
VARIABLE_VALUES: dict[str, list[Any]] = {
    "yes": [True, False, None],
    "size": [4, None],
    "must": [6, 7, None],
    "tint": ["RED", None],
    "tints": [[], ["RED", "GREEN"], None],
    "box": [{}, {"size": 2, "tints": ["BLUE"], "inner": {"inner": None}}, None],
    "name": ["Named", "Nobody"],
}
ARGUMENTS = {
    "size": ["2", "$size", "$must", "null"],
    "must": ["1", "$must", "$must"],
    "tint": ["RED", "$tint", "null"],
    "tints": ["[]", "[RED, $tint]", "GREEN", "$tints"],
    "box": ["{}", "{size: $must, inner: $box}", "{tints: [RED], inner: {size: 9, inner: {tints: $tints}}}", "$box"],
}
INTROSPECTION = (
    "__schema { queryType { name } types { kind name } }",
    "__type(name: $name) { name fields { name args { name defaultValue } } }",
    '__type(name: "Anyone") { kind possibleTypes { name } }',
)


class RandomOperation:
    """A document with one operation and its fragments; `sent` are two sets of variables."""

    def __init__(self, random: Random, schema: GraphQLSchema, kind: str) -> None:
        self._random = random
        self._schema = schema
        self._aliases = count()
        self._fragments: list[str] = []
        self.kind = kind
        root: Any = getattr(schema, f"{kind}_type")
        selection = f"{{ {self._field(root, 0, '')} }}" if kind == "subscription" else self._selection(root, 0)
        self.document = f"{kind} Made({VARIABLES}) {selection}" + "".join(self._fragments)
        self.variable_sets = [self._random_variables() for _ in range(2)]
        self.variables = self.variable_sets[0]

    def _random_variables(self) -> dict[str, Any]:
        chosen = self._random.sample(list(VARIABLE_VALUES), self._random.randint(0, len(VARIABLE_VALUES)))
        troubled = self._random.random() < 0.3
        sent = {name: self._random.choice(VARIABLE_VALUES[name][: None if troubled else 2]) for name in chosen}
        return {"no": self._random.random() < 0.2} | sent

    def _selection(self, kind: Any, depth: int) -> str:
        chosen = [self._random_selection_item(kind, depth) for _ in range(self._random.randint(1, 4))]
        return "{ " + " ".join(chosen) + " }"

    def _random_selection_item(self, kind: Any, depth: int) -> str:
        chance = self._random.random()
        if kind is self._schema.query_type and chance > 0.93:
            return f"x{next(self._aliases)}: {self._random.choice(INTROSPECTION)}"
        if chance < 0.1 or not getattr(kind, "fields", None):
            return self._fragment(kind, depth) if chance > 0.03 and depth < MAX_DEPTH else "__typename"
        if chance < 0.3 and depth < MAX_DEPTH:
            return self._fragment(kind, depth)
        return self._field(kind, depth)

    def _field(self, kind: Any, depth: int, directive: str | None = None) -> str:
        name, field = self._random.choice(list(kind.fields.items()))
        target = get_named_type(field.type)
        inside = ""
        if is_composite_type(target):
            if depth >= MAX_DEPTH:
                return "__typename"
            inside = self._selection(target, depth + 1)
        shared = name in ("name", "friend") or field.args
        alias = f"x{next(self._aliases)}: " if shared or self._random.random() < 0.5 else ""
        directive = self._directive() if directive is None else directive
        return f"{alias}{name}{self._arguments(field.args)}{directive} {inside}"

    def _arguments(self, known: Any) -> str:
        given = [f"{each}: {self._random.choice(ARGUMENTS[each])}" for each in known if self._random.random() < 0.7]
        return f"({', '.join(given)})" if given else ""

    def _fragment(self, kind: Any, depth: int) -> str:
        kinds = self._overlapping(kind)
        condition = self._random.choice(kinds)
        inside = self._selection(condition, depth + 1)
        if self._random.random() < 0.3:
            name = f"Part{next(self._aliases)}"
            self._fragments.append(f" fragment {name} on {condition.name} {inside}")
            return f"...{name}{self._directive()} " + self._random.choice(["", f"...{name}"])
        on = "" if condition is kind and self._random.random() < 0.5 else f" on {condition.name}"
        return f"...{on}{self._directive()} {inside}"

    def _overlapping(self, kind: Any) -> list[Any]:
        if not is_abstract_type(kind):
            return [kind, *kind.interfaces]
        objects: list[GraphQLObjectType] = list(self._schema.get_possible_types(kind))
        return [kind, *objects, *(objects[0].interfaces if not is_interface_type(kind) else [])]

    def _directive(self) -> str:
        if self._random.random() < 0.85:
            return ""
        return self._random.choice(
            [" @skip(if: true)", " @skip(if: $no)", " @include(if: $yes)", " @include(if: $yes) @skip(if: $no)"]
        )
