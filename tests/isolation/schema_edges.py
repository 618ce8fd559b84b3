"""Find every edge of the schema, and the paths that lead to it from a root field."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_object_type, is_required_argument

from models import Scope
from schema import schema
from tests.test_scopes import KINDS, SCOPES

GRAPHQL = schema.graphql
TYPE_BY_PREFIX = {
    "org": "Organization",
    "num": "PhoneNumber",
    "trk": "Trunk",
    "agt": "Agent",
    "ver": "AgentVersion",
    "cnv": "Conversation",
    "trf": "Transfer",
    "key": "ApiKey",
    "aud": "AuditEvent",
    "cmp": "Campaign",
    "cnt": "Contact",
    "imp": "ContactImport",
    "sup": "Suppression",
}
# R15: what reads an object of each kind, wherever it stands.
READ_BY = {name: KINDS[prefix] for prefix, name in TYPE_BY_PREFIX.items()}
# What a root answers is covered by the root.
TYPES_COVERED_BY_ROOT = ("Query", "Mutation", "Subscription", "Viewer", "PhoneNumberChange", "AddContactResult")


@dataclass(frozen=True)
class EdgeStep:
    """A field that leads from an object to others; `kind` is their type if they have ids."""

    source: str
    field: str
    target: str
    connection: bool
    kind: str

    @property
    def edge(self) -> str:
        return f"{self.source}.{self.field}"


EdgePath = tuple[EdgeStep, ...]


def steps_from(name: str) -> Iterator[EdgeStep]:
    kind = GRAPHQL.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    for field, definition in kind.fields.items():
        target = get_named_type(definition.type)
        if not is_object_type(target) or any(map(is_required_argument, definition.args.values())):
            continue
        connection = target.name.endswith("Connection")
        leads_to = get_named_type(target.fields["nodes"].type) if connection else target
        covered = name.endswith("Payload") or name in TYPES_COVERED_BY_ROOT
        is_edge = leads_to.name in READ_BY and not covered
        yield EdgeStep(name, field, leads_to.name, connection, leads_to.name if is_edge else "")


def all_edges() -> dict[str, EdgeStep]:
    objects = [name for name, kind in GRAPHQL.type_map.items() if isinstance(kind, GraphQLObjectType)]
    plain = [name for name in objects if not name.startswith("__") and not name.endswith(("Connection", "Edge"))]
    return {step.edge: step for name in plain for step in steps_from(name) if step.kind}


def shortest_path(start: str, edge: EdgeStep, without: set[Scope]) -> EdgePath | None:
    """Return a path from a type to an edge, with no other edge that needs one of those scopes."""
    ways: list[EdgePath] = [()]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for step in steps_from(way[-1].target if way else start):
            if step == edge:
                return (*way, step)
            asks = READ_BY.get(step.kind, set())
            if step.target not in seen and not (asks and asks <= without):
                seen.add(step.target)
                ways.append((*way, step))
    return None


def paths_from(start: str, most: int, passed: frozenset[str] = frozenset()) -> Iterator[EdgePath]:
    """Yield the paths from a type that end with an edge, over at most so many edges and one organization."""
    for step in steps_from(start):
        if step.kind == "Organization" and "Organization" in passed:
            continue
        if step.kind:
            yield (step,)
        if most > bool(step.kind):
            for rest in paths_from(step.target, most - bool(step.kind), passed | {step.kind}):
                yield (step, *rest)


def selection(way: EdgePath) -> str:
    """Select what identifies the object at the last edge; of a list, `totalCount` too."""
    step, *rest = way
    inner = selection(tuple(rest)) if rest else "id"
    if step.connection:
        inner = f"totalCount nodes {{ {inner} }}" if not rest else f"nodes {{ {inner} }}"
    return f"{step.field}{'(first: 2)' if step.connection else ''} {{ {inner} }}"


def response_path(way: EdgePath) -> list[str]:
    """Return the path of an error at the last edge."""
    before = [name for step in way[:-1] for name in ([step.field, "nodes"] if step.connection else [step.field])]
    return [*before, way[-1].field]


def root_type(field: str) -> str:
    """Return the type that a root field leads to; of a connection, the type of its nodes."""
    definition: GraphQLField | None = None
    for root in (GRAPHQL.query_type, GRAPHQL.mutation_type):
        definition = definition or (root.fields.get(field) if root else None)
    assert definition is not None
    name = get_named_type(definition.type).name
    return name.removesuffix("Connection")


def scopes_of_root(field: str) -> set[Scope]:
    return SCOPES[field]
