"""Documents of the kinds that GraphQL servers are attacked with, each with the limit that must refuse it."""

from dataclasses import dataclass, field
from typing import Any

from graphql import get_introspection_query

WIDE = "organization { children(first: 100) { nodes { id } } }"
DEEP = "viewer { organization { parent { parent { parent { parent { parent { parent { parent { parent { parent { parent { id } } } } } } } } } } } }"


@dataclass(frozen=True)
class Hostile:
    limit: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)


def nested(*around: str, inside: str = "id") -> str:
    """`a { b { c { id } } }`"""
    return " { ".join((*around, inside)) + " }" * len(around)


def repeated(part: str, times: int) -> str:
    """The part, with `%` in it counted up."""
    return " ".join(part.replace("%", str(place)) for place in range(times))


def bomb(fragments: int, spread: str, end: str, on: str = "Query") -> str:
    """Fragments that each spread the next twice: 2^n at the end."""
    chain = "".join(
        f"fragment F{place} on {on} {{ {spread.replace('%', str(place + 1))} }}" for place in range(fragments)
    )
    return f"{chain} fragment F{fragments} on {on} {{ {end} }}"


def pages(*fields: str, first: str = "100") -> str:
    """Pages within pages, each of `first`."""
    return (
        "{ organization(id: 1) { "
        + " { nodes { ".join(f"{each}(first: {first})" for each in fields)
        + " { nodes { id } } "
        + "} } " * (len(fields) - 1)
        + "} }"
    )


TYPE = "fields { type { "
HOSTILE: dict[str, Hostile] = {
    # ------------------------------------------------------------------------------------------------ length
    "ten thousand fields": Hostile("tokens", "{" + " viewer" * 10_000 + "}"),
    "as many fields as fit": Hostile("tokens", "{" + "a," * 49_000 + "}"),
    "as much punctuation as fits": Hostile("tokens", "{" * 90_000),
    "a selection ten thousand deep": Hostile("tokens", "{a" * 10_000 + "}" * 10_000),
    "a list ten thousand deep": Hostile("tokens", "{ a(b: " + "[" * 10_000 + "]" * 10_000 + ") }"),
    "an object five thousand deep": Hostile("tokens", "{ a(b: " + "{c: " * 5000 + "1" + "}" * 5000 + ") }"),
    "a list of many numbers": Hostile("tokens", "{ nodes(ids: [" + "1 " * 20_000 + "]) { id } }"),
    "many comments": Hostile("tokens", "#\n" * 10_000 + "{ viewer { scopes } }"),
    "many variables": Hostile("tokens", "query(" + repeated("$v%: Int", 2000) + ") { viewer { scopes } }"),
    "many strings": Hostile("tokens", "{ nodes(ids: [" + '"" ' * 10_000 + "]) { id } }"),
    "many strings that do not end": Hostile("tokens", "{ a " + '"\n' * 24_000),
    "nothing but quotes": Hostile("tokens", '"' * 49_000),
    "many numbers that are none": Hostile("tokens", "{ a(b: [" + "-1.e+ " * 15_000 + "]) }"),
    "as many comments as fit": Hostile("tokens", "#" + "\n#" * 32_000),
    "byte order marks between": Hostile("tokens", "{" + "\ufeffa" * 20_000 + "}"),
    "many block strings": Hostile("tokens", "{ nodes(ids: [" + '"""""" ' * 5000 + "]) { id } }"),
    "many directives on one field": Hostile("tokens", "{ viewer " + "@a " * 10_000 + "{ scopes } }"),
    "many operations": Hostile("operations", repeated("query Q% { viewer { scopes } }", 200)),
    "twenty-one operations": Hostile("operations", repeated("query Q% { viewer { scopes } }", 21)),
    "many fragments": Hostile("fragments", "{ " + repeated("...F%", 150) + " }" + repeated("fragment F% on Query { viewer { scopes } }", 150)),
    "fragments that nobody spreads": Hostile("fragments", "{ viewer { scopes } }" + repeated("fragment F% on Query { a }", 31)),
    # ------------------------------------------------------------------------------------------------- depth
    "a selection thirteen deep": Hostile("depth", "{ " + nested("viewer", "organization", *["parent"] * 10) + " }"),
    "a selection ninety deep": Hostile("depth", "{ " + nested("viewer", "organization", *["parent"] * 88) + " }"),
    "a selection of unknown fields": Hostile("depth", "{ " + nested(*"abcdefghijklm") + " }"),
    "circles of a schema": Hostile("depth", "{ " + nested("agents", "nodes", *["publishedVersion", "agent"] * 6) + " }"),
    "depth by way of fragments": Hostile("depth", "{ viewer { organization { ...F0 } } }" + bomb(12, "parent { ...F% }", "id", "Organization")),
    "depth by way of inline fragments": Hostile("depth", "{ viewer { organization { " + nested(*["...", "parent"] * 12) + " } } }"),
    "depth in an operation that is not run": Hostile("depth", "query A { viewer { scopes } } query B { " + DEEP + " }"),
    "inline fragments in each other": Hostile("nesting", "{ " + nested(*["..."] * 120, inside="viewer { scopes }") + " }"),
    "inline fragments with types in each other": Hostile("nesting", "{ " + nested(*["... on Query"] * 110, inside="viewer { scopes }") + " }"),
    # ----------------------------------------------------------------------------------------- aliases, repeats
    "thirty-one aliases": Hostile("aliases", "{ viewer { " + repeated("a%: scopes", 31) + " } }"),
    "a thousand aliases of a key's guess": Hostile("tokens", "{ " + repeated('a%: phoneNumber(e164: "+1206555%") { id }', 1000) + " }"),
    "aliases of one list": Hostile("aliases", "{ viewer { organization { " + repeated("a%: children { totalCount }", 40) + " } } }"),
    "aliases by way of fragments": Hostile("aliases", "{ viewer { organization { ...A p: parent { ...A } } } } fragment A on Organization { " + repeated("a%: name", 20) + " }"),
    "a bomb of aliases": Hostile("aliases", "{ ...F0 }" + bomb(25, "a: viewer { scopes } ...F% ...F%", "viewer { scopes }")),
    "a bomb of nested aliases": Hostile("aliases", "{ viewer { organization { ...F0 } } }" + bomb(8, "a: parent { ...F% } b: parent { ...F% }", "id", "Organization")),
    "aliased mutations": Hostile("aliases", "mutation { " + repeated('a%: createAgent(input: {name: "a"}) { agent { id } }', 31) + " }"),
    "one field five hundred times": Hostile("repeats", "{ viewer { " + "organization { id } " * 400 + " } }"),
    "one leaf a thousand times": Hostile("repeats", "{ viewer { " + "scopes " * 1900 + " } }"),
    "repeats by inline fragments": Hostile("repeats", "{ viewer { " + "... { organization { id } } " * 200 + " } }"),
    "repeats within repeats": Hostile("repeats", "{ viewer { organization { " + "parent { id parent { id } parent { id } } " * 80 + " } } }"),
    "one fragment spread many times": Hostile("repeats", "{ viewer { organization { " + "...F " * 500 + " } } } fragment F on Organization { id }"),
    "a tree of pairs": Hostile("repeats", "{ viewer { organization { " + "parent { parent { parent { id } } parent { parent { id } } } " * 40 + " } } }"),
    # ------------------------------------------------------------------------------------------- root, directives
    "twenty-one root fields": Hostile("root_fields", "{ " + repeated("a%: viewer { scopes }", 21) + " }"),
    "root fields by way of fragments": Hostile("root_fields", "{ ...F ... { ...F } }" + "fragment F on Query { " + repeated("a%: viewer { scopes }", 11) + " }"),
    "a bomb of root fields": Hostile("root_fields", "{ ...F0 }" + bomb(25, "...F% ... { ...F% }", "viewer { scopes }")),
    "a bomb of 28 fragments spread twice": Hostile("root_fields", "{ ...F0 }" + bomb(28, "...F% ... on Query { ...F% }", "__typename")),
    "root fields that are typenames": Hostile("root_fields", "{ " + repeated("a%: __typename", 21) + " }"),
    "fifty-one directives": Hostile("directives", "{ viewer { scopes " + "@include(if: true) " * 51 + "} }"),
    "unknown directives": Hostile("directives", "{ viewer { scopes " + "@a" * 200 + "} }"),
    "directives on fragments": Hostile("directives", "{ viewer { " + "... @skip(if: true) { scopes } " * 26 + "...F } } fragment F on Viewer " + "@b " * 26 + "{ scopes }"),
    "directives on variables": Hostile("directives", "query(" + repeated("$v%: Int @a @b", 30) + ") { viewer { scopes } }"),
    "directives on the operation": Hostile("directives", "query " + "@a " * 60 + "{ viewer { scopes } }"),
    # ------------------------------------------------------------------------------------------------------ cost
    "pages within pages": Hostile("cost", pages("children", "phoneNumbers")),
    "pages within pages within pages": Hostile("cost", pages("children", "children", "children", "phoneNumbers")),
    "pages of a size that nobody named": Hostile("cost", "{ viewer { organization { children { nodes { children { nodes { phoneNumbers { nodes { id } } } } } } } } }"),
    "pages whose size is a variable": Hostile("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": 100}),
    "pages whose size is a default": Hostile("cost", "query($n: Int = 90) " + pages("children", "phoneNumbers", first="$n")),
    "pages whose size is not said": Hostile("cost", "query($n: Int) " + pages("children", "children", "phoneNumbers", first="$n")),
    "pages whose size is no number": Hostile("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": "1"}),
    "pages whose size is below nothing": Hostile("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": -5}),
    "pages whose size is beyond all": Hostile("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": 10**12}),
    "the last of pages": Hostile("cost", "{ conversations(last: 100) { nodes { resolution { steps { candidates { reason } } } transfers { id } phoneNumber { inboundSlot { agentVersion { agent { versions { nodes { id } } } } } } } } }"),
    "pages left out by a directive": Hostile("cost", "query($no: Boolean = true) " + pages("children", "phoneNumbers").replace("nodes", "nodes @skip(if: $no)")),
    "pages by way of fragments": Hostile("cost", "{ viewer { organization { ...A } } } fragment A on Organization { children(first: 90) { ...B } } fragment B on OrganizationConnection { nodes { phoneNumbers(first: 90) { nodes { id } } } }"),
    "edges as well as nodes": Hostile("cost", "{ phoneNumbers(first: 100) { nodes { " + "organization { id } " + "trunk { id organization { id } } inboundSlot { agentVersion { agent { id } } } } edges { node { inboundSlot { agentVersion { agent { versions { nodes { id } } } } } } } } }"),
    "a list of a thousand ids": Hostile("cost", "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Agent { versions { nodes { id } } } } }", {"ids": ["agt_1"] * 1000}),
    "introspection of everything, often": Hostile("cost", "{ " + repeated("a%: __schema { types { name fields { name args { name type { name ofType { name } } } type { name ofType { name ofType { name } } } } } }", 20) + " }"),
    "types under aliases": Hostile("cost", "{ __schema { " + repeated("a%: types { fields { args { type { name } } type { fields { name } } } }", 25) + " } }"),
    "introspection in a circle": Hostile("introspection_depth", "{ __schema { types { " + TYPE * 8 + "name " + "} } " * 8 + "} } }"),
    "introspection deeper than tools ask": Hostile("introspection_depth", get_introspection_query(type_depth=20)),
    "introspection of one type in a circle": Hostile("introspection_depth", '{ __type(name: "Query") { ' + TYPE * 8 + "name " + "} } " * 8 + "} }"),
    "introspection by way of fragments": Hostile("introspection_depth", "{ __schema { types { ...F0 } } }" + bomb(9, "fields { type { ...F% } }", "name", "__Type")),
}  # fmt: skip


SECRET = "hunter2"
TRUNK = "mutation { createTrunk(input: {%s}) { trunk { id } } }"
# Within every limit, and wrong: what is answered is short, and holds nothing of what was sent as a value.
MISTAKEN: dict[str, str] = {
    "a string that does not end": '{ a(b: "' + '\\"' * 24_000,
    "a string that does not end, with a secret": '{ a(b: "hunter2',
    "a block string that does not end": '{ a(b: """hunter2' + '\\"""' * 12_000,
    "a string of backslashes": '{ a(b: "hunter2' + "\\\\" * 24_000,
    "a line that ends with a backslash": '{ a(b: "hunter2\\\n' + "x" * 90_000,
    "a number that does not end": "{ trunks(first: " + "9" * 90_000,
    "a number of many digits": "{ trunks(first: " + "9" * 90_000 + ") { totalCount } }",
    "a number of many exponents": "{ trunks(first: " + "1e" * 45_000 + ") { totalCount } }",
    "a name that does not end": "{ " + "a" * 90_000,
    "a name of many letters": "{ " + "a" * 90_000 + " }",
    "a comment that does not end": "{ nothing } #" + "a" * 90_000,
    "minuses": "{ a(b: " + "-" * 90_000,
    "dots": "{ " + "." * 1000,
    "commas": "{ " + "," * 90_000 + "nothing }",
    "byte order marks": "{ " + "\ufeff" * 30_000 + "nothing }",
    "lines": "{ a b c d e f " + "\n" * 48_000 + "x y z }",
    "unknown fields of an input": TRUNK % ('name: "hunter2" ' + repeated("f%: 1", 600)),
    "unknown fields beside a secret": TRUNK % ('name: "a", outbound: {authPassword: "hunter2" ' + repeated("f%: 1", 590) + "}"),
    "a secret that is a number": TRUNK % "name: 4711, outbound: {address: hunter2}",
    "a secret in an input that lacks a field": TRUNK % 'outbound: {authPassword: "hunter2"}',
    "a secret without a colon": TRUNK % 'authPassword "hunter2"',
    "a secret for a word": '{ phoneNumbers(filter: {access: "hunter2"}) { totalCount } }',
    "a word that is none": "{ phoneNumbers(filter: {access: hunter2}) { totalCount } }",
    "a secret for an object": '{ phoneNumbers(filter: "hunter2") { totalCount } }',
    "a secret for a time": '{ conversations(filter: {createdAfter: "hunter2"}) { totalCount } }',
    "objects for ids": "{ nodes(ids: [" + "{hunter2: 1} " * 300 + "]) { id } }",
    "one argument often": "{ node(" + 'id: "hunter2" ' * 600 + ") { id } }",
    "one field of an input often": TRUNK % ('name: "hunter2" ' * 600),
    "unused variables": "query(" + repeated("$v%: Int", 480) + ") { viewer { scopes } }",
    "defaults of another type": "query(" + repeated('$v%: CreateTrunkInput = {name: %, x: "hunter2"}', 150) + ") { viewer { scopes } }",
    "undefined variables": "{ nodes(ids: [" + repeated("$v%", 900) + "]) { id } }",
    "unknown arguments": "{ viewer(" + repeated("a%: 1", 600) + ") { scopes } }",
    "unknown fields": "{ viewer { " + repeated("x%", 1900) + " } }",
    "arguments that differ": '{ a: node(id: "hunter2") { id } a: node(id: "hunter22") { id } }',
}  # fmt: skip
