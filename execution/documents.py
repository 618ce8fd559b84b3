"""Documents, parsed and validated once and kept for as long as there is room."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from execution.bounds import Bounds
from execution.limits import Price, count_tokens, weigh
from execution.plans import Plans

# Characters of text that are kept; a syntax tree takes about a hundred times as many bytes.
ROOM = 250_000
# A selection of a plan takes as much as this many characters; a document with nothing in it, too.
SELECTION = 25
# What is wrong beyond the first mistakes is not looked for: each may reprint a large part of the document.
MISTAKES = 5
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True)
class Document:
    """A text that was read. With `errors` it cannot be executed; `ast` is None where it is no document, or too large.

    `plans` are kept with it, by the executor.
    """

    ast: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    prices: Mapping[str | None, Price] = field(default_factory=dict)
    plans: Plans = field(default_factory=Plans)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one that is named, or the only one."""
        definitions = self.ast.definitions if self.ast else ()
        operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        found = [each for each in operations if name is None or (each.name and each.name.value == name)]
        return found[0] if found and (name is not None or len(found) == 1) else None

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        definitions = self.ast.definitions if self.ast else ()
        return {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}


class Documents:
    def __init__(self, schema: GraphQLSchema, bounds: Bounds, room: int = ROOM) -> None:
        self._schema = schema
        self._bounds = bounds
        self._room = room
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._taken: dict[str, int] = {}
        self._left = room

    def read(self, text: str) -> Document:
        """From those kept, or parsed and validated now. Reading runs nothing, and never raises."""
        kept = self._kept.get(text)
        if kept is not None:
            self._kept.move_to_end(text)
            return kept
        document = self._kept[text] = self._read(text)
        self._charge(text, len(text) + SELECTION)
        return document

    def _read(self, text: str) -> Document:
        try:
            self._bounds.hold("tokens", count_tokens(text))
            ast = parse(text)
            prices = weigh(self._schema, ast, self._bounds).prices
        except GraphQLError as error:
            return Document(None, (error,))
        except Exception as error:  # noqa: BLE001 - such as a number of thousands of digits
            return Document(None, (GraphQLError(str(error), original_error=error),))
        try:
            mistakes = validate(self._schema, ast, RULES, MISTAKES, hide_suggestions=True)
            plans = Plans(lambda selections: self._charge(text, selections * SELECTION))
            return Document(ast, tuple(mistakes), prices, plans)
        except Exception as error:  # noqa: BLE001 - a literal that a scalar cannot read at all
            return Document(ast, (GraphQLError(str(error), original_error=error),))

    def _charge(self, text: str, taken: int) -> None:
        """A document, its plans included, takes a tenth of the room at most; the least recently read make way."""
        if text not in self._kept:
            return
        self._taken[text] = self._taken.get(text, 0) + taken
        self._left -= taken
        if self._taken[text] > self._room // 10:
            self._drop(text)
        while self._left < 0:
            self._drop(next(iter(self._kept)))

    def _drop(self, text: str) -> None:
        del self._kept[text]
        self._left += self._taken.pop(text)
