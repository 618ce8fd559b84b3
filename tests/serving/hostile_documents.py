"""List documents that attack a GraphQL server, each with the limit that must refuse it."""

from dataclasses import dataclass, field
from typing import Any

from graphql import get_introspection_query

DEEP = "viewer { organization { parent { parent { parent { parent { parent { parent { parent { parent { parent { parent { id } } } } } } } } } } } }"


@dataclass(frozen=True)
class HostileDocument:
    limit: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)


def nested(*around: str, inside: str = "id") -> str:
    """`a { b { c { id } } }`"""
    return " { ".join((*around, inside)) + " }" * len(around)


def repeated(part: str, times: int) -> str:
    """Repeat the part, with a count in place of `%`."""
    return " ".join(part.replace("%", str(place)) for place in range(times))


def fragment_bomb(fragments: int, spread: str, end: str, on: str = "Query") -> str:
    """Fragments that each spread the next one twice: 2^n fields in the end."""
    chain = "".join(
        f"fragment F{place} on {on} {{ {spread.replace('%', str(place + 1))} }}" for place in range(fragments)
    )
    return f"{chain} fragment F{fragments} on {on} {{ {end} }}"


def pages(*fields: str, first: str = "100") -> str:
    """Nested lists, each of `first` rows."""
    return (
        "{ organization(id: 1) { "
        + " { nodes { ".join(f"{each}(first: {first})" for each in fields)
        + " { nodes { id } } "
        + "} } " * (len(fields) - 1)
        + "} }"
    )


TYPE_PREFIX = "fields { type { "
HOSTILE_DOCUMENTS: dict[str, HostileDocument] = {
    # ------------------------------------------------------------------------------------------------ length
    "ten thousand fields": HostileDocument("tokens", "{" + " viewer" * 10_000 + "}"),
    "as many fields as fit": HostileDocument("tokens", "{" + "a," * 49_000 + "}"),
    "as much punctuation as fits": HostileDocument("tokens", "{" * 90_000),
    "a selection ten thousand deep": HostileDocument("tokens", "{a" * 10_000 + "}" * 10_000),
    "a list ten thousand deep": HostileDocument("tokens", "{ a(b: " + "[" * 10_000 + "]" * 10_000 + ") }"),
    "an object five thousand deep": HostileDocument("tokens", "{ a(b: " + "{c: " * 5000 + "1" + "}" * 5000 + ") }"),
    "a list of many numbers": HostileDocument("tokens", "{ nodes(ids: [" + "1 " * 20_000 + "]) { id } }"),
    "many comments": HostileDocument("tokens", "#\n" * 10_000 + "{ viewer { scopes } }"),
    "many variables": HostileDocument("tokens", "query(" + repeated("$v%: Int", 2000) + ") { viewer { scopes } }"),
    "many strings": HostileDocument("tokens", "{ nodes(ids: [" + '"" ' * 10_000 + "]) { id } }"),
    "many strings that do not end": HostileDocument("tokens", "{ a " + '"\n' * 24_000),
    "nothing but quotes": HostileDocument("tokens", '"' * 49_000),
    "many numbers that are none": HostileDocument("tokens", "{ a(b: [" + "-1.e+ " * 15_000 + "]) }"),
    "as many comments as fit": HostileDocument("tokens", "#" + "\n#" * 32_000),
    "byte order marks between": HostileDocument("tokens", "{" + "\ufeffa" * 20_000 + "}"),
    "many block strings": HostileDocument("tokens", "{ nodes(ids: [" + '"""""" ' * 5000 + "]) { id } }"),
    "many directives on one field": HostileDocument("tokens", "{ viewer " + "@a " * 10_000 + "{ scopes } }"),
    "many operations": HostileDocument("operations", repeated("query Q% { viewer { scopes } }", 200)),
    "twenty-one operations": HostileDocument("operations", repeated("query Q% { viewer { scopes } }", 21)),
    "many fragments": HostileDocument("fragments", "{ " + repeated("...F%", 150) + " }" + repeated("fragment F% on Query { viewer { scopes } }", 150)),
    "fragments that nobody spreads": HostileDocument("fragments", "{ viewer { scopes } }" + repeated("fragment F% on Query { a }", 31)),
    # ------------------------------------------------------------------------------------------------- depth
    "a selection thirteen deep": HostileDocument("depth", "{ " + nested("viewer", "organization", *["parent"] * 10) + " }"),
    "a selection ninety deep": HostileDocument("depth", "{ " + nested("viewer", "organization", *["parent"] * 88) + " }"),
    "a selection of unknown fields": HostileDocument("depth", "{ " + nested(*"abcdefghijklm") + " }"),
    "circles of a schema": HostileDocument("depth", "{ " + nested("agents", "nodes", *["publishedVersion", "agent"] * 6) + " }"),
    "depth by way of fragments": HostileDocument("depth", "{ viewer { organization { ...F0 } } }" + fragment_bomb(12, "parent { ...F% }", "id", "Organization")),
    "depth by way of inline fragments": HostileDocument("depth", "{ viewer { organization { " + nested(*["...", "parent"] * 12) + " } } }"),
    "depth in an operation that is not run": HostileDocument("depth", "query A { viewer { scopes } } query B { " + DEEP + " }"),
    "inline fragments in each other": HostileDocument("nesting", "{ " + nested(*["..."] * 120, inside="viewer { scopes }") + " }"),
    "inline fragments with types in each other": HostileDocument("nesting", "{ " + nested(*["... on Query"] * 110, inside="viewer { scopes }") + " }"),
    # ----------------------------------------------------------------------------------------- aliases, repeats
    "thirty-one aliases": HostileDocument("aliases", "{ viewer { " + repeated("a%: scopes", 31) + " } }"),
    "a thousand aliases of a key's guess": HostileDocument("tokens", "{ " + repeated('a%: phoneNumber(e164: "+1206555%") { id }', 1000) + " }"),
    "aliases of one list": HostileDocument("aliases", "{ viewer { organization { " + repeated("a%: children { totalCount }", 40) + " } } }"),
    "aliases by way of fragments": HostileDocument("aliases", "{ viewer { organization { ...A p: parent { ...A } } } } fragment A on Organization { " + repeated("a%: name", 20) + " }"),
    "a bomb of aliases": HostileDocument("aliases", "{ ...F0 }" + fragment_bomb(25, "a: viewer { scopes } ...F% ...F%", "viewer { scopes }")),
    "a bomb of nested aliases": HostileDocument("aliases", "{ viewer { organization { ...F0 } } }" + fragment_bomb(8, "a: parent { ...F% } b: parent { ...F% }", "id", "Organization")),
    "aliased mutations": HostileDocument("aliases", "mutation { " + repeated('a%: createAgent(input: {name: "a"}) { agent { id } }', 31) + " }"),
    "one field five hundred times": HostileDocument("repeats", "{ viewer { " + "organization { id } " * 400 + " } }"),
    "one leaf a thousand times": HostileDocument("repeats", "{ viewer { " + "scopes " * 1900 + " } }"),
    "repeats by inline fragments": HostileDocument("repeats", "{ viewer { " + "... { organization { id } } " * 200 + " } }"),
    "repeats within repeats": HostileDocument("repeats", "{ viewer { organization { " + "parent { id parent { id } parent { id } } " * 80 + " } } }"),
    "one fragment spread many times": HostileDocument("repeats", "{ viewer { organization { " + "...F " * 500 + " } } } fragment F on Organization { id }"),
    "a tree of pairs": HostileDocument("repeats", "{ viewer { organization { " + "parent { parent { parent { id } } parent { parent { id } } } " * 40 + " } } }"),
    # ------------------------------------------------------------------------------------------- root, directives
    "twenty-one root fields": HostileDocument("root_fields", "{ " + repeated("a%: viewer { scopes }", 21) + " }"),
    "root fields by way of fragments": HostileDocument("root_fields", "{ ...F ... { ...F } }" + "fragment F on Query { " + repeated("a%: viewer { scopes }", 11) + " }"),
    "a bomb of root fields": HostileDocument("root_fields", "{ ...F0 }" + fragment_bomb(25, "...F% ... { ...F% }", "viewer { scopes }")),
    "a bomb of 28 fragments spread twice": HostileDocument("root_fields", "{ ...F0 }" + fragment_bomb(28, "...F% ... on Query { ...F% }", "__typename")),
    "root fields that are typenames": HostileDocument("root_fields", "{ " + repeated("a%: __typename", 21) + " }"),
    "fifty-one directives": HostileDocument("directives", "{ viewer { scopes " + "@include(if: true) " * 51 + "} }"),
    "unknown directives": HostileDocument("directives", "{ viewer { scopes " + "@a" * 200 + "} }"),
    "directives on fragments": HostileDocument("directives", "{ viewer { " + "... @skip(if: true) { scopes } " * 26 + "...F } } fragment F on Viewer " + "@b " * 26 + "{ scopes }"),
    "directives on variables": HostileDocument("directives", "query(" + repeated("$v%: Int @a @b", 30) + ") { viewer { scopes } }"),
    "directives on the operation": HostileDocument("directives", "query " + "@a " * 60 + "{ viewer { scopes } }"),
    # ------------------------------------------------------------------------------------------------------ cost
    "pages within pages": HostileDocument("cost", pages("children", "phoneNumbers")),
    "pages within pages within pages": HostileDocument("cost", pages("children", "children", "children", "phoneNumbers")),
    "pages of a size that nobody named": HostileDocument("cost", "{ viewer { organization { children { nodes { children { nodes { phoneNumbers { nodes { id } } } } } } } } }"),
    "pages whose size is a variable": HostileDocument("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": 100}),
    "pages whose size is a default": HostileDocument("cost", "query($n: Int = 90) " + pages("children", "phoneNumbers", first="$n")),
    "pages whose size is not said": HostileDocument("cost", "query($n: Int) " + pages("children", "children", "phoneNumbers", first="$n")),
    "pages whose size is no number": HostileDocument("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": "1"}),
    "pages whose size is below nothing": HostileDocument("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": -5}),
    "pages whose size is beyond all": HostileDocument("cost", "query($n: Int) " + pages("children", "phoneNumbers", first="$n"), {"n": 10**12}),
    "the last of pages": HostileDocument("cost", "{ conversations(last: 100) { nodes { resolution { steps { candidates { reason } } } transfers { id } phoneNumber { inboundSlot { agentVersion { agent { versions { nodes { id } } } } } } } } }"),
    "pages left out by a directive": HostileDocument("cost", "query($no: Boolean = true) " + pages("children", "phoneNumbers").replace("nodes", "nodes @skip(if: $no)")),
    "pages by way of fragments": HostileDocument("cost", "{ viewer { organization { ...A } } } fragment A on Organization { children(first: 90) { ...B } } fragment B on OrganizationConnection { nodes { phoneNumbers(first: 90) { nodes { id } } } }"),
    "edges as well as nodes": HostileDocument("cost", "{ phoneNumbers(first: 100) { nodes { " + "organization { id } " + "trunk { id organization { id } } inboundSlot { agentVersion { agent { id } } } } edges { node { inboundSlot { agentVersion { agent { versions { nodes { id } } } } } } } } }"),
    "a list of a thousand ids": HostileDocument("cost", "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Agent { versions { nodes { id } } } } }", {"ids": ["agt_1"] * 1000}),
    "introspection of everything, often": HostileDocument("cost", "{ " + repeated("a%: __schema { types { name fields { name args { name type { name ofType { name } } } type { name ofType { name ofType { name } } } } } }", 20) + " }"),
    "types under aliases": HostileDocument("cost", "{ __schema { " + repeated("a%: types { fields { args { type { name } } type { fields { name } } } }", 25) + " } }"),
    "introspection in a circle": HostileDocument("introspection_depth", "{ __schema { types { " + TYPE_PREFIX * 8 + "name " + "} } " * 8 + "} } }"),
    "introspection deeper than tools ask": HostileDocument("introspection_depth", get_introspection_query(type_depth=20)),
    "introspection of one type in a circle": HostileDocument("introspection_depth", '{ __type(name: "Query") { ' + TYPE_PREFIX * 8 + "name " + "} } " * 8 + "} }"),
    "introspection by way of fragments": HostileDocument("introspection_depth", "{ __schema { types { ...F0 } } }" + fragment_bomb(9, "fields { type { ...F% } }", "name", "__Type")),
}  # fmt: skip


SECRET = "hunter2"
CREATE_TRUNK = "mutation { createTrunk(input: {%s}) { trunk { id } } }"
# Invalid documents within every limit: the response is short, and repeats no value that was sent.
INVALID_DOCUMENTS: dict[str, str] = {
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
    "unknown fields of an input": CREATE_TRUNK % ('name: "hunter2" ' + repeated("f%: 1", 600)),
    "unknown fields beside a secret": CREATE_TRUNK % ('name: "a", outbound: {authPassword: "hunter2" ' + repeated("f%: 1", 590) + "}"),
    "a secret that is a number": CREATE_TRUNK % "name: 4711, outbound: {address: hunter2}",
    "a secret in an input that lacks a field": CREATE_TRUNK % 'outbound: {authPassword: "hunter2"}',
    "a secret without a colon": CREATE_TRUNK % 'authPassword "hunter2"',
    "a secret for a word": '{ phoneNumbers(filter: {access: "hunter2"}) { totalCount } }',
    "a word that is none": "{ phoneNumbers(filter: {access: hunter2}) { totalCount } }",
    "a secret for an object": '{ phoneNumbers(filter: "hunter2") { totalCount } }',
    "a secret for a time": '{ conversations(filter: {createdAfter: "hunter2"}) { totalCount } }',
    "objects for ids": "{ nodes(ids: [" + "{hunter2: 1} " * 300 + "]) { id } }",
    "one argument often": "{ node(" + 'id: "hunter2" ' * 600 + ") { id } }",
    "one field of an input often": CREATE_TRUNK % ('name: "hunter2" ' * 600),
    "unused variables": "query(" + repeated("$v%: Int", 480) + ") { viewer { scopes } }",
    "defaults of another type": "query(" + repeated('$v%: CreateTrunkInput = {name: %, x: "hunter2"}', 150) + ") { viewer { scopes } }",
    "undefined variables": "{ nodes(ids: [" + repeated("$v%", 900) + "]) { id } }",
    "unknown arguments": "{ viewer(" + repeated("a%: 1", 600) + ") { scopes } }",
    "unknown fields": "{ viewer { " + repeated("x%", 1900) + " } }",
    "arguments that differ": '{ a: node(id: "hunter2") { id } a: node(id: "hunter22") { id } }',
}  # fmt: skip
