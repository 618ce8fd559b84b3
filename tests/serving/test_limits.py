"""What a document may ask for: hostile ones are refused with little work, and what people ask for passes."""

from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, get_introspection_query, parse, visit
from graphql.language import Lexer, Source, TokenKind, Visitor

from execution.bounds import Bounds, most_shown
from execution.documents import MISTAKES
from execution.limits import TOKEN, count_tokens, weigh
from schema import schema
from tests.installation import Client, Installation
from tests.serving.following import over_events, over_socket
from tests.serving.hostile import HOSTILE, MISTAKEN, SECRET
from tests.web.test_operations import EXAMPLES, OPERATIONS, whole

NEW = {"Accept": "application/graphql-response+json"}
BOUNDS = Bounds(page=50, largest_page=100)
UNBOUND = Bounds(50, 100, *[10**9] * 11)


@pytest.fixture(scope="module")
def asker(shared_installation: Installation) -> Client:
    return shared_installation.root("Northwind")


def sent(name: str) -> dict[str, Any]:
    hostile = HOSTILE[name]
    operation = "A" if "query A" in hostile.query else "Q0" if "query Q0" in hostile.query else None
    return {"query": hostile.query, "variables": hostile.variables, "operationName": operation}


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) > 60
    assert {hostile.limit for hostile in HOSTILE.values()} == set(Bounds.__dataclass_fields__) - {
        "page",
        "largest_page",
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_by_name_and_by_how_far(asker: Client, name: str) -> None:
    """Twice: what is kept of a document does not let it through the second time."""
    for _ in range(2):
        answer = asker.installation.http.post("/graphql", headers=asker.headers | NEW, json=sent(name))
        assert answer.status_code == 400
        body = answer.json()
        assert body.keys() == {"errors"}
        (error,) = body["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert error["extensions"]["limit"] == HOSTILE[name].limit
        found, most = error["extensions"]["found"], error["extensions"]["most"]
        assert found > most == getattr(BOUNDS, HOSTILE[name].limit)
        assert f"{most:,}" in error["message"]
        assert f"{found - most:,} over" in error["message"]


TEXTS = {name: hostile.query for name, hostile in HOSTILE.items()} | MISTAKEN
BEGINS = set('"#.!$&()=@:|{}[]_')


@pytest.mark.parametrize("name", TEXTS)
def test_lexing_looks_at_each_character_once(name: str) -> None:
    """Whatever can begin a token is one: nothing is looked through to its end and then looked through again."""
    text, place = TEXTS[name], 0
    for token in TOKEN.finditer(text):
        assert not {each for each in text[place : token.start()] if each in BEGINS or each.isalnum()} - {"."}
        place = token.end()
    assert not {each for each in text[place:] if each in BEGINS or each.isalnum()} - {"."}
    assert count_tokens(text) <= most_shown("tokens") + 1


@pytest.mark.parametrize("name", MISTAKEN)
def test_mistakes_within_the_limits_are_told_shortly_and_without_values(asker: Client, name: str) -> None:
    answer = asker.post(MISTAKEN[name])
    assert 1 <= len(answer.json()["errors"]) <= MISTAKES + 1
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
def test_a_wrong_variable_is_not_printed_again(asker: Client, what: str) -> None:
    declared, value = VARIABLES[what]
    answer = asker.post(f"query({declared} {{ totalCount }} }}", {"v": value})
    assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {"BAD_USER_INPUT"}
    assert len(answer.content) < 20_000
    assert SECRET not in answer.text


@pytest.mark.parametrize("name", [name for name, hostile in HOSTILE.items() if hostile.limit != "tokens"])
def test_measuring_looks_at_each_selection_once(name: str) -> None:
    """However far it expands: the whole of the work is bounded by the length of the document."""
    document = parse(HOSTILE[name].query)
    assert weigh(schema.graphql, document, UNBOUND).visited == selections(document)


def selections(document: DocumentNode) -> int:
    class Counting(Visitor):
        found = 0

        def enter(self, node: Any, *_place: Any) -> None:
            self.found += node.kind in ("field", "fragment_spread", "inline_fragment")

    counting = Counting()
    visit(document, counting)
    return counting.found


@pytest.mark.parametrize("name", [name for name, hostile in HOSTILE.items() if hostile.limit != "tokens"])
def test_tokens_are_counted_as_the_lexer_counts_them(name: str) -> None:
    assert count_tokens(HOSTILE[name].query) == lexed(HOSTILE[name].query)


@pytest.mark.parametrize(
    "query",
    [
        '{ a(b: "x\\"y", c: """ " "" \\""" """, d: -1.5e+10, e: $f, g: [1 2]) @h ...I # "comment"\n j: k }',
        '"" """""" "\\u{1F600}" """a\nb""" #x\n&|=!:()',
        "\ufeff{a,,,b}\r\n#c\r#d\n",
    ],
)
def test_tokens_of_every_kind_are_counted(query: str) -> None:
    assert count_tokens(query) == lexed(query)


def lexed(query: str) -> int:
    lexer = Lexer(Source(query))
    token = lexer.token
    while lexer.advance().kind is not TokenKind.EOF:
        pass
    found = -1
    while token := token.next:  # type: ignore[assignment]
        found += 1
    return found


def over_whatever(limit: str) -> list[str]:
    return [name for name, hostile in HOSTILE.items() if hostile.limit == limit][-2:]


@pytest.mark.parametrize("follow", [over_socket, over_events])
@pytest.mark.parametrize("name", ["many operations", *(over_whatever("aliases") + over_whatever("cost"))])
async def test_a_stream_lets_nothing_more_through(asker: Client, follow: Any, name: str) -> None:
    hostile = HOSTILE[name]
    async with follow(asker, hostile.query, **hostile.variables) as it:
        (error,) = (await it.next())["errors"]
        assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
        assert error["extensions"]["limit"] == hostile.limit


# --------------------------------------------------------------------------------------------- what is let through


@pytest.mark.parametrize("depth", [3, 9])
def test_what_tools_ask_of_the_schema_passes(asker: Client, depth: int) -> None:
    query = get_introspection_query(
        type_depth=depth,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert asker(query)["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize("file", [*OPERATIONS, *EXAMPLES], ids=lambda file: file.stem)
def test_what_the_page_asks_passes(file: Path) -> None:
    (price,) = weigh(schema.graphql, parse(whole(file)), BOUNDS).prices.values()
    assert price.bill({}) < BOUNDS.cost / 3


COSTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "a leaf is free": ("{ __typename }", {}, 1),
    "an object is a point": ("{ viewer { scopes organization { name parent { name } } } }", {}, 4),
    "a page is a point and its items": ("{ trunks(first: 7) { totalCount nodes { name } } }", {}, 1 + 1 + 7),
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
    "only the operation that runs": ("query A { __typename } query B { trunks { nodes { id } } }", {}, 1),
}


@pytest.mark.parametrize("what", COSTS)
def test_an_answer_tells_its_cost(asker: Client, what: str) -> None:
    query, variables, cost = COSTS[what]
    name = "A" if "query A" in query else None
    body = {"query": query, "variables": variables, "operationName": name}
    for _ in range(2):
        answer = asker.installation.http.post("/graphql", headers=asker.headers, json=body).json()
        assert answer["extensions"] == {"cost": cost}


def test_an_answer_that_did_not_start_tells_none(asker: Client) -> None:
    for query in ("{", "{ nothing }", "query($id: ID!) { node(id: $id) { id } }", HOSTILE["pages within pages"].query):
        assert "extensions" not in asker.body(query)
