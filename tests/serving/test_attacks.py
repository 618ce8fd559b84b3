"""Try what graphql-cop, BatchQL and clairvoyance try.

Overloads are in `hostile_documents.py`, mutated requests in `test_fuzzing.py`.
"""

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from serving.admission import REFUSED_DOCUMENT_POINTS
from tests.conftest import Install
from tests.installation import Client

CREATE_AGENT = 'mutation { createAgent(input: {name: "By force"}) { agent { id } } }'
VIEWER_QUERY = "{ viewer { scopes } }"


def messages(answer: httpx.Response) -> str:
    return " ".join(error["message"] for error in answer.json()["errors"])


def send(client: Client, body: bytes, kind: str | None = "application/json", **headers: str) -> httpx.Response:
    sent = (
        client.headers | ({"Content-Type": kind} if kind else {}) | {n.replace("_", "-"): v for n, v in headers.items()}
    )
    return client.installation.http.post("/graphql", content=body, headers=sent)


# ---------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("times", [1, 2, 1000])
def test_an_array_of_operations_runs_none_of_them(shared_northwind: Client, times: int) -> None:
    before = shared_northwind.installation.contents()
    answer = send(shared_northwind, json.dumps([{"query": CREATE_AGENT}] * times).encode())
    assert (answer.status_code, answer.json().keys()) == (400, {"errors"})
    assert shared_northwind.installation.contents() == before


def test_aliases_do_not_guess_a_thousand_numbers_at_once(shared_northwind: Client) -> None:
    guesses = " ".join(f'a{place}: phoneNumber(e164: "+1206555{place:04}") {{ id }}' for place in range(100))
    assert shared_northwind.errors(f"{{ {guesses} }}") == ["QUERY_TOO_COMPLEX"]


def test_aliases_do_not_change_a_hundred_things_at_once(shared_northwind: Client) -> None:
    before = shared_northwind.installation.contents()
    changes = " ".join(f'a{place}: createAgent(input: {{name: "a"}}) {{ agent {{ id }} }}' for place in range(100))
    assert shared_northwind.errors(f"mutation {{ {changes} }}") == ["QUERY_TOO_COMPLEX"]
    assert shared_northwind.installation.contents() == before


# --------------------------------------------------------------------------------------------------- discovery

MISSPELT = {
    "a field": "{ viewr { scopes } }",
    "an inner field": "{ viewer { scope organisation { name } } }",
    "an argument": '{ node(idd: "x") { id } }',
    "a type": "query($x: Organisation) { viewer { scopes } }",
    "a fragment's type": "{ ... on Quer { viewer { scopes } } }",
    "an enum's value": "{ phoneNumbers(filter: {access: OWNE}) { totalCount } }",
    "an input's field": "{ phoneNumbers(filter: {sharable: true}) { totalCount } }",
    "a directive": "{ viewer @includ(if: true) { scopes } }",
    "a subfield of a leaf": "{ viewer { scopes { nam } } }",
    "a fragment": "{ ...viewr } fragment viewer on Query { viewer { scopes } }",
    "a variable": "query($filter: PhoneNumberFilter) { phoneNumbers(filter: $filte) { totalCount } }",
}


@pytest.mark.parametrize("what", MISSPELT)
def test_nothing_is_suggested(shared_northwind: Client, what: str) -> None:
    said = messages(shared_northwind.post(MISSPELT[what]))
    assert "did you mean" not in said.lower()
    for known in ("viewer", "organization", "Organization", "OWNED", "shareable", "@include"):
        assert known not in said.replace("'Viewer", "") or known in MISSPELT[what]


def test_a_variable_that_is_misspelt_suggests_nothing(shared_northwind: Client) -> None:
    query = "query($f: PhoneNumberFilter) { phoneNumbers(filter: $f) { totalCount } }"
    for value in ({"sharable": True}, {"access": "OWNE"}):
        said = messages(shared_northwind.post(query, {"f": value}))
        assert "did you mean" not in said.lower()
        assert "OWNED" not in said
        assert "shareable" not in said


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }', "{ __typename }"]
)
def test_without_a_key_the_schema_is_not_revealed(shared_northwind: Client, query: str) -> None:
    stranger = shared_northwind.installation.client(None)
    for answer in (
        stranger.post(query),
        shared_northwind.installation.http.get(f"/graphql?{urlencode({'query': query})}"),
    ):
        assert (answer.status_code, answer.json().keys()) == (401, {"errors"})
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_without_a_key_a_document_is_not_even_read(shared_northwind: Client) -> None:
    stranger = shared_northwind.installation.client(None)
    assert stranger.post("{ nothing").content == stranger.post(VIEWER_QUERY).content


def test_guessing_names_of_the_schema_costs_points(install: Install) -> None:
    northwind = install(points_per_minute=REFUSED_DOCUMENT_POINTS * 10).root("Northwind")
    statuses = [northwind.post(f"{{ word{place} }}").status_code for place in range(20)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


# ------------------------------------------------------------------------------------------- another site's page

FORM_BODIES = [
    ("application/x-www-form-urlencoded", urlencode({"query": CREATE_AGENT}).encode()),
    ("text/plain", json.dumps({"query": CREATE_AGENT}).encode()),
    ("text/plain; x=application/json", json.dumps({"query": CREATE_AGENT}).encode()),
    ("multipart/form-data; boundary=x", f'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n{CREATE_AGENT}\r\n--x--\r\n'.encode()),
    ("multipart/form-data; boundary=x", f'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{json.dumps({"query": CREATE_AGENT})}\r\n--x--\r\n'.encode()),
    (None, json.dumps({"query": CREATE_AGENT}).encode()),
    ("application/graphql", CREATE_AGENT.encode()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), FORM_BODIES)
def test_a_form_of_another_site_changes_nothing(shared_northwind: Client, kind: str | None, body: bytes) -> None:
    before = shared_northwind.installation.contents()
    answer = send(shared_northwind, body, kind, Origin="https://evil.example", Sec_Fetch_Site="cross-site")
    assert (answer.status_code, answer.json().keys()) == (415, {"errors"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert shared_northwind.installation.contents() == before


def test_a_link_changes_nothing(shared_northwind: Client) -> None:
    before = shared_northwind.installation.contents()
    for address in (
        f"/graphql?{urlencode({'query': CREATE_AGENT})}",
        f"/graphql?{urlencode({'query': 'query A { viewer { scopes } } ' + CREATE_AGENT.replace('mutation', 'mutation B'), 'operationName': 'B'})}",
    ):
        answer = shared_northwind.installation.http.get(address, headers=shared_northwind.headers)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert shared_northwind.installation.contents() == before


def test_a_method_in_a_header_is_none(shared_northwind: Client) -> None:
    address = f"/graphql?{urlencode({'query': CREATE_AGENT})}"
    headers = shared_northwind.headers | {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    assert shared_northwind.installation.http.get(address, headers=headers).status_code == 405


def test_a_cookie_does_not_authenticate(shared_northwind: Client) -> None:
    cookie = {
        "Cookie": f"authorization=Bearer {shared_northwind.secret}; token={shared_northwind.secret}; session={shared_northwind.secret}"
    }
    answer = shared_northwind.installation.http.post("/graphql", headers=cookie, json={"query": VIEWER_QUERY})
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


# ---------------------------------------------------------------------------------------------- what answers spill


def test_no_trace_of_how_it_was_done(shared_northwind: Client) -> None:
    for query in (VIEWER_QUERY, "{", "{ nothing }", "{ trunks(first: 0) { totalCount } }"):
        answer = shared_northwind.post(query)
        extensions: dict[str, Any] = answer.json().get("extensions", {})
        assert extensions.keys() <= {"cost"}
        for spilled in ("Traceback", ".py", "sqlite", "SELECT", "strawberry", "graphql-core", "uvicorn"):
            assert spilled not in answer.text
        assert not {"server", "x-powered-by"} & {name.lower() for name in answer.headers}


@pytest.mark.parametrize(
    "query",
    [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ viewer { organization { ...A } } } fragment A on Organization { parent { ...A } }",
        "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...C ...C } fragment C on Query { ...A ...A }",
    ],
)
def test_fragments_in_circles_are_refused(shared_northwind: Client, query: str) -> None:
    assert set(shared_northwind.errors(query)) <= {"GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"}
    assert shared_northwind.errors(query)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_a_page_elsewhere_opens_no_socket(shared_northwind: Client, origin: str) -> None:
    headers = {
        "Origin": origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "graphql-transport-ws",
    }
    answer = shared_northwind.installation.http.get("/graphql", headers=shared_northwind.headers | headers)
    assert answer.status_code == 403
