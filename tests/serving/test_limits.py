"""Test document limits: hostile documents are refused cheaply, usual ones pass."""

from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, get_introspection_query, parse, visit
from graphql.language import Lexer, Source, TokenKind, Visitor

from execution.complexity import TOKEN, count_tokens, measure
from execution.document_cache import MAX_VALIDATION_ERRORS
from execution.document_limits import DocumentLimits, max_shown
from schema import schema
from tests.installation import Client
from tests.serving.hostile_documents import HOSTILE_DOCUMENTS, INVALID_DOCUMENTS, SECRET
from tests.serving.subscribers import subscribe_over_sse, subscribe_over_websocket
from tests.web.test_operations import EXAMPLES, OPERATIONS, with_fragments

ACCEPT_GRAPHQL = {"Accept": "application/graphql-response+json"}
BOUNDS = DocumentLimits(default_page_size=50, max_page_size=100)
NO_BOUNDS = DocumentLimits(50, 100, *[10**9] * 11)


def request_body(name: str) -> dict[str, Any]:
    hostile = HOSTILE_DOCUMENTS[name]
    operation = "A" if "query A" in hostile.query else "Q0" if "query Q0" in hostile.query else None
    return {"query": hostile.query, "variables": hostile.variables, "operationName": operation}


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE_DOCUMENTS) > 60
    assert {hostile.limit for hostile in HOSTILE_DOCUMENTS.values()} == set(DocumentLimits.__dataclass_fields__) - {
        "default_page_size",
        "max_page_size",
    }


@pytest.mark.parametrize("name", HOSTILE_DOCUMENTS)
def test_a_hostile_document_is_refused_by_name_and_by_how_far(shared_northwind: Client, name: str) -> None:
    """Twice: the document cache must not accept it the second time."""
    for _ in range(2):
        answer = shared_northwind.installation.http.post(
            "/graphql", headers=shared_northwind.headers | ACCEPT_GRAPHQL, json=request_body(name)
        )
        assert answer.status_code == 400
        body = answer.json()
        assert body.keys() == {"errors"}
        (error,) = body["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert error["extensions"]["limit"] == HOSTILE_DOCUMENTS[name].limit
        found, most = error["extensions"]["found"], error["extensions"]["most"]
        assert found > most == getattr(BOUNDS, HOSTILE_DOCUMENTS[name].limit)
        assert f"{most:,}" in error["message"]
        assert f"{found - most:,} over" in error["message"]


TEXTS = {name: hostile.query for name, hostile in HOSTILE_DOCUMENTS.items()} | INVALID_DOCUMENTS
TOKEN_STARTS = set('"#.!$&()=@:|{}[]_')


@pytest.mark.parametrize("name", TEXTS)
def test_lexing_looks_at_each_character_once(name: str) -> None:
    """Anything that can begin a token is counted as one: no text is scanned twice."""
    text, place = TEXTS[name], 0
    for token in TOKEN.finditer(text):
        assert not {each for each in text[place : token.start()] if each in TOKEN_STARTS or each.isalnum()} - {"."}
        place = token.end()
    assert not {each for each in text[place:] if each in TOKEN_STARTS or each.isalnum()} - {"."}
    assert count_tokens(text) <= max_shown("tokens") + 1


@pytest.mark.parametrize("name", INVALID_DOCUMENTS)
def test_errors_within_the_limits_are_short_and_without_values(shared_northwind: Client, name: str) -> None:
    answer = shared_northwind.post(INVALID_DOCUMENTS[name])
    assert 1 <= len(answer.json()["errors"]) <= MAX_VALIDATION_ERRORS + 1
    assert {each["extensions"]["code"] for each in answer.json()["errors"]} <= {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
    }
    assert len(answer.content) < 20_000
    assert SECRET not in answer.text


VARIABLES: dict[str, tuple[str, Any]] = {
    "another type": ("$v: Int) { trunks(first: $v)", "hunter2"),
    "a word that is none": ("$v: PhoneNumberFilter) { phoneNumbers(filter: $v)", {"access": "hunter2 found: hunter2"}),
    "a list for a word": ("$v: PhoneNumberFilter) { phoneNumbers(filter: $v)", {"access": ["hunter2"]}),
    "text for an object": ("$v: PhoneNumberFilter) { phoneNumbers(filter: $v)", "hunter2"),
    "a field too many": ("$v: PhoneNumberFilter) { phoneNumbers(filter: $v)", {"sharable": "hunter2"}),
    "many fields too many": (
        "$v: PhoneNumberFilter) { phoneNumbers(filter: $v)",
        {f"f{each}": "hunter2" for each in range(5000)},
    ),
    "a time that is none": ("$v: ConversationFilter) { conversations(filter: $v)", {"createdAfter": "hunter2"}),
    "a list for text": ("$v: String) { trunks(after: $v)", ["hunter2"]),
}


@pytest.mark.parametrize("what", VARIABLES)
def test_a_wrong_variable_is_not_printed_again(shared_northwind: Client, what: str) -> None:
    declared, value = VARIABLES[what]
    answer = shared_northwind.post(f"query({declared} {{ totalCount }} }}", {"v": value})
    assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {"BAD_USER_INPUT"}
    assert len(answer.content) < 20_000
    assert SECRET not in answer.text


@pytest.mark.parametrize("name", [name for name, hostile in HOSTILE_DOCUMENTS.items() if hostile.limit != "tokens"])
def test_measuring_looks_at_each_selection_once(name: str) -> None:
    """However far it expands, the work is bounded by the length of the document."""
    document = parse(HOSTILE_DOCUMENTS[name].query)
    assert measure(schema.graphql, document, NO_BOUNDS).visited_selections == selections(document)


def selections(document: DocumentNode) -> int:
    class Counting(Visitor):
        found = 0

        def enter(self, node: Any, *_place: Any) -> None:
            self.found += node.kind in ("field", "fragment_spread", "inline_fragment")

    counting = Counting()
    visit(document, counting)
    return counting.found


@pytest.mark.parametrize("name", [name for name, hostile in HOSTILE_DOCUMENTS.items() if hostile.limit != "tokens"])
def test_tokens_are_counted_as_the_lexer_counts_them(name: str) -> None:
    assert count_tokens(HOSTILE_DOCUMENTS[name].query) == lexer_token_count(HOSTILE_DOCUMENTS[name].query)


@pytest.mark.parametrize(
    "query",
    [
        '{ a(b: "x\\"y", c: """ " "" \\""" """, d: -1.5e+10, e: $f, g: [1 2]) @h ...I # "comment"\n j: k }',
        '"" """""" "\\u{1F600}" """a\nb""" #x\n&|=!:()',
        "\ufeff{a,,,b}\r\n#c\r#d\n",
    ],
)
def test_tokens_of_every_kind_are_counted(query: str) -> None:
    assert count_tokens(query) == lexer_token_count(query)


def lexer_token_count(query: str) -> int:
    lexer = Lexer(Source(query))
    token = lexer.token
    while lexer.advance().kind is not TokenKind.EOF:
        pass
    found = -1
    while token := token.next:  # type: ignore[assignment]
        found += 1
    return found


def names_over(limit: str) -> list[str]:
    return [name for name, hostile in HOSTILE_DOCUMENTS.items() if hostile.limit == limit][-2:]


@pytest.mark.parametrize("follow", [subscribe_over_websocket, subscribe_over_sse])
@pytest.mark.parametrize("name", ["many operations", *(names_over("aliases") + names_over("cost"))])
async def test_a_stream_lets_nothing_more_through(shared_northwind: Client, follow: Any, name: str) -> None:
    hostile = HOSTILE_DOCUMENTS[name]
    async with follow(shared_northwind, hostile.query, **hostile.variables) as it:
        (error,) = (await it.next())["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert error["extensions"]["limit"] == hostile.limit


# --------------------------------------------------------------------------------------------- what is let through


@pytest.mark.parametrize("depth", [3, 9])
def test_introspection_by_tools_passes(shared_northwind: Client, depth: int) -> None:
    query = get_introspection_query(
        type_depth=depth,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert shared_northwind(query)["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize("file", [*OPERATIONS, *EXAMPLES], ids=lambda file: file.stem)
def test_operations_of_the_console_pass(file: Path) -> None:
    (price,) = measure(schema.graphql, parse(with_fragments(file)), BOUNDS).prices.values()
    assert price.evaluate({}) < BOUNDS.cost / 3


COSTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "a leaf is free": ("{ __typename }", {}, 1),
    "an object is a point": ("{ viewer { scopes organization { name parent { name } } } }", {}, 4),
    "a page is a point and its items": ("{ trunks(first: 7) { nodes { name } } }", {}, 1 + 1 + 7),
    "a count is two": ("{ trunks(first: 7) { totalCount nodes { name } } }", {}, 1 + 1 + 2 + 7),
    "what is in an item counts as often": ("{ trunks(first: 7) { nodes { organization { id } } } }", {}, 2 + 7 * 2),
    "nodes and edges are both answered": (
        "{ trunks(first: 7) { nodes { id } edges { node { id } } } }",
        {},
        2 + 7 + 14,
    ),
    "what lies around a page is an object": ("{ trunks(first: 7) { pageInfo { hasNextPage } } }", {}, 3),
    "a page has fifty where nobody says": ("{ trunks { nodes { id } } }", {}, 52),
    "the last count like the first": ("{ trunks(last: 3) { nodes { id } } }", {}, 5),
    "null is not said": ("{ trunks(first: null) { nodes { id } } }", {}, 52),
    "a variable by its value": ("query($n: Int) { trunks(first: $n) { nodes { id } } }", {"n": 9}, 11),
    "a variable by its default": ("query($n: Int = 8) { trunks(first: $n) { nodes { id } } }", {}, 10),
    "a variable that is null": ("query($n: Int = 8) { trunks(first: $n) { nodes { id } } }", {"n": None}, 52),
    "a variable that is not sent": ("query($n: Int) { trunks(first: $n) { nodes { id } } }", {}, 52),
    "variables for either end": (
        "query($n: Int, $m: Int) { trunks(first: $n, last: $m) { nodes { id } } }",
        {"n": None, "m": 4},
        6,
    ),
    "a list of ids by its length": ('{ nodes(ids: ["org_1", "org_2", "org_3"]) { id } }', {}, 4),
    "a list of ids in a variable": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 5}, 6),
    "another list by a guess": ("{ viewer { organization { ancestors { id } } } }", {}, 1 + 1 + 1 + 4),
    "a fragment as what it holds": (
        "{ viewer { organization { ...F parent { ...F } } } } fragment F on Organization { parent { id } }",
        {},
        6,
    ),
    "a mutation is ten": ('mutation { createAgent(input: {name: ""}) { agent { id } } }', {}, 1 + 10 + 1 + 1),
    "ten values of an input are a point": (
        f"{{ conversations(first: 1, filter: {{status: [{'FAILED ' * 38}]}}) {{ nodes {{ id }} }} }}",
        {},
        3 + 4,
    ),
    "members of metadata are values": (
        f"{{ conversations(first: 1, filter: {{metadata: {{{' '.join(f'k{each}: 1' for each in range(40))}}}}}) {{ nodes {{ id }} }} }}",
        {},
        3 + 4,
    ),
    "a thousand characters are a point": (
        f'{{ phoneNumber(e164: "{"1" * 2900}") {{ id }} trunks(after: "{"1" * 3000}") {{ pageInfo {{ endCursor }} }} }}',
        {},
        1 + 1 + 3 + 2 + 3,
    ),
    "values of a variable wherever it is used": (
        "query($f: ConversationFilter) { " + "a: conversations(first: 1, filter: $f) { nodes { id } } " * 2 + "}",
        {"f": {"status": ["FAILED"] * 38, "metadata": {"text": "x" * 2000}}},
        1 + 2 * (2 + 6),
    ),
    "variables inside of an input": (
        "query($s: [ConversationStatus!], $m: JSON) { conversations(first: 1, filter: {status: $s, metadata: $m}) { nodes { id } } }",
        {"s": ["FAILED"] * 38, "m": {"text": "x" * 2000}},
        3 + 6,
    ),
    "what is written for each item of a list": (
        f'mutation {{ publishAgentVersion(input: {{agentVersionId: "ver_1", phoneNumbers: [{" ".join(["7"] * 20)}]}}) {{ agentVersion {{ id }} }} }}'.replace(
            "7", '"+12065550100"'
        ),
        {},
        1 + 10 + 1 + 1 + 20 * 3 + 2,
    ),
    "only the operation that runs": ("query A { __typename } query B { trunks { nodes { id } } }", {}, 1),
}


@pytest.mark.parametrize("what", COSTS)
def test_an_answer_tells_its_cost(shared_northwind: Client, what: str) -> None:
    query, variables, cost = COSTS[what]
    name = "A" if "query A" in query else None
    body = {"query": query, "variables": variables, "operationName": name}
    for _ in range(2):
        answer = shared_northwind.installation.http.post("/graphql", headers=shared_northwind.headers, json=body).json()
        assert answer["extensions"] == {"cost": cost}


def test_parsing_an_uncached_document_costs_by_its_length() -> None:
    short, long = "{ __typename } # short", "{ " + "__typename " * 30 + "} #" + "x" * 3000
    for text, points in ((short, 50 + 2), (long, 50 + 16 + 11)):
        assert [schema.prepare(text, None, None).parse_cost for _ in range(2)] == [points, 0]
    for hostile in HOSTILE_DOCUMENTS.values():
        assert (
            schema.without_plans().prepare(f"{hostile.query} # {hostile.limit}", None, None).parse_cost
            <= 50 + 1000 + 334
        )


def test_an_answer_that_did_not_start_tells_none(shared_northwind: Client) -> None:
    for query in (
        "{",
        "{ nothing }",
        "query($id: ID!) { node(id: $id) { id } }",
        HOSTILE_DOCUMENTS["pages within pages"].query,
    ):
        assert "extensions" not in shared_northwind.body(query)
