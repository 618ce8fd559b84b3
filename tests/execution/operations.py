"""Made-up operations over a made-up schema: valid ones, with everything that a selection can hold."""

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

DEEPEST = 4


class Operations:
    """`document` is one operation with its fragments; `variables` are what is sent along."""

    def __init__(self, random: Random, schema: GraphQLSchema, kind: str) -> None:
        self._random = random
        self._schema = schema
        self._aliases = count()
        self._fragments: list[str] = []
        self.kind = kind
        root: Any = schema.query_type if kind == "query" else schema.mutation_type
        selection = self._selection(root, 0)
        self.document = f"{kind} Made($yes: Boolean = true, $no: Boolean!, $size: Int) {selection}" + "".join(
            self._fragments
        )
        sent: list[dict[str, Any]] = [{}, {"yes": False}, {"size": 4}, {"size": None}]
        self.variables: dict[str, Any] = {"no": False} | random.choice(sent)

    def _selection(self, kind: Any, depth: int) -> str:
        chosen = [self._one(kind, depth) for _ in range(self._random.randint(1, 4))]
        return "{ " + " ".join(chosen) + " }"

    def _one(self, kind: Any, depth: int) -> str:
        chance = self._random.random()
        if chance < 0.1 or not getattr(kind, "fields", None):
            return self._fragment(kind, depth) if chance > 0.03 and depth < DEEPEST else "__typename"
        if chance < 0.3 and depth < DEEPEST:
            return self._fragment(kind, depth)
        return self._field(kind, depth)

    def _field(self, kind: Any, depth: int) -> str:
        name, field = self._random.choice(list(kind.fields.items()))
        target = get_named_type(field.type)
        inside = ""
        if is_composite_type(target):
            if depth >= DEEPEST:
                return "__typename"
            inside = self._selection(target, depth + 1)
        shared = name in ("name", "friend") or field.args
        alias = f"x{next(self._aliases)}: " if shared or self._random.random() < 0.5 else ""
        arguments = self._arguments() if field.args else ""
        return f"{alias}{name}{arguments}{self._directive()} {inside}"

    def _arguments(self) -> str:
        return self._random.choice(["", "(size: 2)", "(size: $size)", "(tint: RED)", "(size: null, tint: GREEN)"])

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
            [" @skip(if: true)", " @skip(if: $no)", " @include(if: $no)", " @include(if: $yes) @skip(if: $no)"]
        )
