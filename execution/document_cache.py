"""Parse, limit and validate documents, and cache them by text with their plans.

The cache is bounded by characters, and evicts by the 2Q algorithm: documents that were used once go before documents
that were used again.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Token,
    TokenKind,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from execution.complexity import Price, count_tokens, measure
from execution.document_limits import DocumentLimits
from execution.plan_cache import PlanCache

# Capacity in characters of text; a syntax tree takes about a hundred times as many bytes.
CACHE_CHARACTERS = 80_000
# The share of the capacity for documents that were used once, and how many hashes of evicted ones are remembered, so
# that a document that comes back counts as used again. A client that never repeats a document thus fills an eighth.
PROBATION_SHARE = 1 / 8
MAX_REMEMBERED_HASHES = 2_000
# The size of one selection of a plan, in characters, and of a document in addition to its text.
CHARACTERS_PER_SELECTION = 25
# What parsing and planning a document that is not cached costs, per document, per token and per character.
POINTS_PER_DOCUMENT, POINTS_PER_TOKEN, POINTS_PER_CHARACTER = 50, 1 / 2, 1 / 300
# Validation stops after so many errors: each may quote a large part of the document.
MAX_VALIDATION_ERRORS = 5
NO_TOKEN = Token(TokenKind.SOF, 0, 0, 0, 0)
VALIDATION_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(eq=False)
class CacheEntry:
    """The size of a document in characters, its plans included, and the queue that it is in: None once evicted."""

    text: str
    size: int
    queue: "Queue | None" = None


@dataclass(frozen=True)
class Document:
    """A parsed and validated document. With `errors` it cannot be executed.

    `ast` is None if the text is not a document, or is over a limit. `prices` are the costs of its operations by name,
    `parse_cost` is the cost of parsing and planning it, in points.
    """

    entry: CacheEntry
    parse_cost: int
    ast: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    prices: Mapping[str | None, Price] = field(default_factory=dict)
    plans: PlanCache = field(default_factory=PlanCache)

    def find_operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation of that name; with None, the only operation. None if there is no such operation."""
        definitions = self.ast.definitions if self.ast else ()
        operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        found = [each for each in operations if name is None or (each.name and each.name.value == name)]
        return found[0] if found and (name is not None or len(found) == 1) else None

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        definitions = self.ast.definitions if self.ast else ()
        return {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}


@dataclass
class Queue:
    """Documents by text, in order of eviction; `size` is their total size in characters."""

    size: int = 0
    _documents: OrderedDict[str, Document] = field(default_factory=OrderedDict)

    def __contains__(self, text: str) -> bool:
        return text in self._documents

    def get(self, text: str) -> Document | None:
        """Return the document of a text, and make it the last to be evicted."""
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
        return document

    def add(self, document: Document) -> None:
        self._documents[document.entry.text] = document
        document.entry.queue = self
        self.size += document.entry.size

    def pop(self, text: str) -> Document:
        document = self._documents.pop(text)
        document.entry.queue = None
        self.size -= document.entry.size
        return document

    def first(self) -> str:
        """Return the text of the next document to be evicted."""
        return next(iter(self._documents))


class DocumentCache:
    """Two queues of documents: `_once` (FIFO) holds those used once, `_reused` (LRU) those used again."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits, capacity: int = CACHE_CHARACTERS) -> None:
        self._schema = schema
        self._limits = limits
        self._capacity, self._max_entry_size = capacity, capacity // 10
        self._reused, self._once = Queue(), Queue()
        self._evicted_hashes: OrderedDict[int, None] = OrderedDict()

    @property
    def size(self) -> int:
        """The size of all documents, in characters."""
        return self._reused.size + self._once.size

    def parse_cost(self, text: str) -> int:
        """Return the cost of parsing and planning a text in points; 0 if it is cached."""
        return 0 if text in self else self._points_to_parse(text, count_tokens(text))

    def __contains__(self, text: str) -> bool:
        return text in self._reused or text in self._once

    def _points_to_parse(self, text: str, tokens: int) -> int:
        parsed = tokens if tokens <= self._limits.tokens else 0
        return int(POINTS_PER_DOCUMENT + parsed * POINTS_PER_TOKEN + len(text) * POINTS_PER_CHARACTER)

    def load(self, text: str) -> Document:
        """Return the cached document of a text, or parse and validate it. Never raises: errors are in the document."""
        cached = self._reused.get(text)
        if cached is not None:
            return cached
        used_once = text in self._once
        document = self._once.pop(text) if used_once else self._parse_and_validate(text)
        was_evicted = hash(text) in self._evicted_hashes
        (self._reused if used_once or was_evicted else self._once).add(document)
        self._evicted_hashes.pop(hash(text), None)
        self._evict(document.entry)
        return document

    def _parse_and_validate(self, text: str) -> Document:
        entry, tokens = CacheEntry(text, len(text) + CHARACTERS_PER_SELECTION), count_tokens(text)
        parse_cost = self._points_to_parse(text, tokens)
        try:
            self._limits.check("tokens", tokens)
            ast = parse(text)
            prices = measure(self._schema, ast, self._limits).prices
        except GraphQLError as error:
            return Document(entry, parse_cost, None, (error,))
        except Exception as error:  # noqa: BLE001 - such as a number of thousands of digits
            return Document(entry, parse_cost, None, (GraphQLError(str(error), original_error=error),))
        try:
            errors = validate(self._schema, ast, VALIDATION_RULES, MAX_VALIDATION_ERRORS, hide_suggestions=True)
            _drop_tokens(ast)
            plans = PlanCache(
                lambda selections: self._grow(entry, selections * CHARACTERS_PER_SELECTION),
                self._max_entry_size // CHARACTERS_PER_SELECTION,
            )
            return Document(entry, parse_cost, ast, tuple(errors), prices, plans)
        except Exception as error:  # noqa: BLE001 - a literal that a scalar cannot parse
            return Document(entry, parse_cost, ast, (GraphQLError(str(error), original_error=error),))

    def _grow(self, entry: CacheEntry, characters: int) -> None:
        """Count the plans that an entry gained or lost. An evicted document may still be in use; it does not count."""
        if entry.queue:
            entry.size += characters
            entry.queue.size += characters
            self._evict(entry)

    def _evict(self, entry: CacheEntry) -> None:
        """Evict until everything fits; also this entry, if it takes more than a tenth of the capacity."""
        if entry.queue and entry.size > self._max_entry_size:
            entry.queue.pop(entry.text)
        while self._once.size > self._capacity * PROBATION_SHARE:
            self._evict_used_once()
        while self.size > self._capacity:
            self._reused.pop(self._reused.first())

    def _evict_used_once(self) -> None:
        text = self._once.first()
        self._once.pop(text)
        self._evicted_hashes[hash(text)] = None
        if len(self._evicted_hashes) > MAX_REMEMBERED_HASHES:
            self._evicted_hashes.popitem(last=False)


def _drop_tokens(document: DocumentNode) -> None:
    """Replace the tokens of each node's location: all are linked, and take as much memory as the tree itself."""
    for node in _iter_nodes(document):
        if node.loc:
            node.loc.start_token = node.loc.end_token = NO_TOKEN


def _iter_nodes(document: DocumentNode) -> Iterator[Node]:
    stack: list[Node] = [document]
    while stack:
        node = stack.pop()
        yield node
        for key in node.keys:
            value = getattr(node, key, None)
            if isinstance(value, Node):
                stack.append(value)
            elif isinstance(value, list | tuple):
                stack += (each for each in value if isinstance(each, Node))
