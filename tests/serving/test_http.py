"""GraphQL over HTTP as its specification has it: methods, media types, statuses, codes, ids, and whatever comes along."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.conftest import Install
from tests.installation import Client, Installation, Json

OLD, NEW = "application/json", "application/graphql-response+json"
WHO = "{ viewer { organization { name } } }"
NORTHWIND = {"data": {"viewer": {"organization": {"name": "Northwind"}}}, "extensions": {"cost": 3}}


@pytest.fixture(scope="module")
def asker(shared_installation: Installation) -> Client:
    return shared_installation.root("Northwind")


def post(client: Client, body: Any, **headers: str) -> httpx.Response:
    """A body as it is where it is bytes, else as JSON; header names are written with underscores."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.installation.http.post("/graphql", content=content, headers=client.headers | sent)


def get(client: Client, parameters: dict[str, str], **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.installation.http.get(f"/graphql?{urlencode(parameters)}", headers=client.headers | sent)


def code(response: httpx.Response) -> str:
    """The code of the one error of an answer that has no data."""
    body = response.json()
    assert body.keys() == {"errors"}
    assert len(body["errors"]) == 1
    assert body["errors"][0]["message"]
    found: str = body["errors"][0]["extensions"]["code"]
    return found


# ----------------------------------------------------------------------------------------- what is asked, and how


def test_post_and_get_answer_the_same(asker: Client) -> None:
    query = "query Who($id: ID!) { organization(id: $id) { name } }"
    variables = {"id": asker.organization_id}
    wanted = {"data": {"organization": {"name": "Northwind"}}, "extensions": {"cost": 2}}
    assert post(asker, {"query": query, "variables": variables}).json() == wanted
    assert get(asker, {"query": query, "variables": json.dumps(variables)}).json() == wanted
    assert get(asker, {"query": query, "variables": json.dumps(variables), "operationName": "Who"}).json() == wanted


@pytest.mark.parametrize("absent", [{}, {"variables": None}, {"operationName": None}, {"extensions": None}, {"x": [1]}])
def test_what_is_null_or_unknown_in_a_body_is_as_if_absent(asker: Client, absent: dict[str, Any]) -> None:
    assert post(asker, {"query": WHO} | absent).json() == NORTHWIND


@pytest.mark.parametrize(
    "absent",
    [
        {},
        {"variables": ""},
        {"variables": "{}"},
        {"variables": "null"},
        {"operationName": ""},
        {"extensions": "{}"},
        {"x": "1"},
    ],
)
def test_what_is_null_or_empty_in_a_query_string_is_as_if_absent(asker: Client, absent: dict[str, str]) -> None:
    assert get(asker, {"query": WHO} | absent).json() == NORTHWIND


def test_the_operation_name_chooses(asker: Client) -> None:
    document = "query A { a: __typename } query B { b: __typename } mutation C { c: __typename }"
    for name, data in (("A", {"a": "Query"}), ("B", {"b": "Query"})):
        assert post(asker, {"query": document, "operationName": name}).json()["data"] == data
        assert get(asker, {"query": document, "operationName": name}).json()["data"] == data
    assert post(asker, {"query": document, "operationName": "C"}).json()["data"] == {"c": "Mutation"}
    assert get(asker, {"query": document, "operationName": "C"}).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_of_several_operations_one_must_be_named(asker: Client, method: str) -> None:
    document = {"query": "query A { a: __typename } query B { b: __typename }"}
    answer = post(asker, document, Accept=NEW) if method == "POST" else get(asker, document, Accept=NEW)
    assert (answer.status_code, code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["Nobody", "a"])
def test_an_operation_that_is_not_there_is_not_run(asker: Client, name: str) -> None:
    answer = post(asker, {"query": "query A { __typename }", "operationName": name}, Accept=NEW)
    assert (answer.status_code, code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_mutations_are_not_sent_by_get(asker: Client) -> None:
    before = asker.installation.contents()
    answer = get(asker, {"query": 'mutation { createAgent(input: {name: "By link"}) { agent { id } } }'})
    assert (answer.status_code, code(answer), answer.headers["Allow"]) == (405, "BAD_REQUEST", "POST")
    assert asker.installation.contents() == before


# ---------------------------------------------------------------------------------------- what is answered, and how

# A request, its code, and whether `data` is in the answer: it is not where execution did not start.
MISTAKES: dict[str, tuple[Json, str, bool]] = {
    "a document that ends too early": ({"query": "{ viewer {"}, "GRAPHQL_PARSE_FAILED", False),
    "an empty document": ({"query": "# nothing"}, "GRAPHQL_PARSE_FAILED", False),
    "a lone surrogate": ({"query": '{ node(id: "\\ud800") { id } }'}, "GRAPHQL_PARSE_FAILED", False),
    "a field that is not there": ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED", False),
    "an argument that is not there": ({"query": "{ viewer(x: 1) { scopes } }"}, "GRAPHQL_VALIDATION_FAILED", False),
    "a literal of another type": ({"query": "{ node(id: 1.5) { id } }"}, "GRAPHQL_VALIDATION_FAILED", False),
    "a type that is not there": (
        {"query": "query($x: Nothing) { node(id: $x) { id } }"},
        "GRAPHQL_VALIDATION_FAILED",
        False,
    ),
    "a document without an operation": (
        {"query": "fragment F on Viewer { scopes }"},
        "GRAPHQL_VALIDATION_FAILED",
        False,
    ),
    "a variable of another type": (
        {"query": "query($x: Int) { trunks(first: $x) { totalCount } }", "variables": {"x": "1"}},
        "BAD_USER_INPUT",
        False,
    ),
    "a variable that is missing": (
        {"query": "query($x: ID!) { node(id: $x) { id } }"},
        "BAD_USER_INPUT",
        False,
    ),
    "a list that is too long": ({"query": "{ trunks(first: 101) { totalCount } }"}, "BAD_USER_INPUT", True),
    "an organization that is not there": (
        {"query": '{ trunks(organizationId: "org_nobody") { totalCount } }'},
        "NOT_FOUND",
        True,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_its_code_and_its_status_in_both_media_types(asker: Client, mistake: str) -> None:
    """`application/json` is always 200; the newer type says 400 where execution did not start."""
    request, wanted, started = MISTAKES[mistake]
    for media, status in ((OLD, 200), (NEW, 200 if started else 400)):
        answer = post(asker, request, Accept=media)
        assert answer.headers["Content-Type"].partition(";")[0] == media
        assert answer.status_code == status
        body = answer.json()
        assert [error["extensions"]["code"] for error in body["errors"]] == [wanted]
        assert body.get("data", "absent") == (None if started else "absent")


def test_a_variable_that_is_never_used_is_found_by_validation(asker: Client) -> None:
    answer = post(asker, {"query": "query($x: Int) { viewer { scopes } }"}, Accept=NEW)
    assert (answer.status_code, code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_an_error_beside_data_is_two_hundred_in_both_media_types(asker: Client) -> None:
    query = '{ node(id: "nothing") { id } trunks(first: 0) { totalCount } }'
    for media in (OLD, NEW):
        answer = post(asker, {"query": query}, Accept=media)
        assert answer.status_code == 200
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["path"] == ["trunks"]


ACCEPTED = {
    None: OLD,
    "*/*": OLD,
    "application/*": OLD,
    OLD: OLD,
    NEW: NEW,
    "APPLICATION/JSON": OLD,
    f"{NEW}; charset=utf-8": NEW,
    f"{OLD}, {NEW}": OLD,
    f"{NEW}, {OLD}": OLD,
    f"{NEW}, {OLD};q=0.9": NEW,
    f"{NEW};q=0.5, {OLD}": OLD,
    f"{NEW};q=0.5, */*;q=0.1": NEW,
    f"{OLD};q=0, */*": NEW,
    f"text/html, {NEW};q=0.1": NEW,
    "text/html, */*;q=0.8": OLD,
    "text/html": None,
    "application/xml": None,
    "application/jsonp": None,
    f"{OLD};q=0": None,
    "*/*;q=0": None,
    f"{OLD};q=none": None,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_the_media_type_is_negotiated(asker: Client, accept: str | None) -> None:
    http = asker.installation.http
    request = http.build_request("POST", "/graphql", headers=asker.headers, json={"query": WHO})
    del request.headers["Accept"]
    if accept is not None:
        request.headers["Accept"] = accept
    answer = http.send(request)
    wanted = ACCEPTED[accept]
    if wanted is None:
        assert (answer.status_code, code(answer)) == (406, "BAD_REQUEST")
        assert answer.headers["Content-Type"] == OLD
    else:
        assert (answer.status_code, answer.json()) == (200, NORTHWIND)
        assert answer.headers["Content-Type"].partition(";")[0] == wanted


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("application/graphql", 415),
        ("application/graphql+json", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
def test_a_body_is_json_in_utf_8(asker: Client, kind: str, status: int) -> None:
    answer = post(asker, {"query": WHO}, Content_Type=kind)
    assert answer.status_code == status
    assert status == 200 or code(answer) == "BAD_REQUEST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_not_allowed(asker: Client, method: str) -> None:
    answer = asker.installation.http.request(method, "/graphql", headers=asker.headers)
    assert (answer.status_code, code(answer), answer.headers["Allow"]) == (405, "BAD_REQUEST", "GET, POST")
    assert answer.headers["Content-Type"] == OLD


@pytest.mark.parametrize("accept", [OLD, NEW])
def test_a_refusal_is_in_the_media_type_that_is_taken(asker: Client, accept: str) -> None:
    for answer in (
        post(asker, b"{", Accept=accept),
        post(asker, {"query": WHO}, Accept=accept, Authorization=""),
        post(asker, {"query": WHO}, Accept=accept, Content_Type="text/plain"),
        get(asker, {"query": 'mutation { createAgent(input: {name: ""}) { agent { id } } }'}, Accept=accept),
    ):
        assert answer.status_code in (400, 401, 415, 405)
        assert answer.headers["Content-Type"].partition(";")[0] == accept


def test_other_methods_are_not_allowed_at_healthz(asker: Client) -> None:
    answer = asker.installation.http.post("/healthz")
    assert (answer.status_code, code(answer)) == (405, "BAD_REQUEST")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/nothing", "/graphql/x", "/graphqll", "/healthz/x", "/%00", "/%ff", "/..%2f"])
def test_an_unknown_path_says_where_the_api_is(asker: Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = asker.installation.http.request(method, path, headers=asker.headers)
        assert (answer.status_code, code(answer)) == (404, "BAD_REQUEST")
        assert "/graphql" in answer.json()["errors"][0]["message"]


# -------------------------------------------------------------------------------------------------- odd requests

ODD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "a string": b'"x"',
    "a list": b"[]",
    "a batch": b'[{"query": "{ viewer { scopes } }"}]',
    "an empty object": b"{}",
    "no JSON": b"{ viewer { scopes } }",
    "half a body": b'{"query": "{ viewer',
    "something after it": b'{"query": "{ viewer { scopes } }"} x',
    "invalid UTF-8": b'{"query": "\xff\xfe"}',
    "UTF-16": '{"query": "{ viewer { scopes } }"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"query":' * 10_000,
    "5,000 digits": b'{"query": "{ viewer { scopes } }", "variables": {"x": %s}}' % (b"9" * 5000),
    "a lone surrogate": b'{"query": "\\ud800"}',
    "NaN": b'{"query": "{ viewer { scopes } }", "variables": {"x": NaN}}',
    "Infinity": b'{"query": "{ viewer { scopes } }", "variables": {"x": -Infinity}}',
    "a control character": b'{"query": "\x00"}',
    "no query": b'{"variables": {}}',
    "a query that is null": b'{"query": null}',
    "a query that is a number": b'{"query": 1}',
    "a query that is empty": b'{"query": ""}',
    "a query that is blank": b'{"query": " \\n"}',
    "variables that are a list": b'{"query": "{ viewer { scopes } }", "variables": []}',
    "variables that are text": b'{"query": "{ viewer { scopes } }", "variables": "{}"}',
    "a name that is a number": b'{"query": "{ viewer { scopes } }", "operationName": 1}',
    "extensions that are a list": b'{"query": "{ viewer { scopes } }", "extensions": []}',
}


@pytest.mark.parametrize("body", ODD_BODIES)
def test_an_odd_body_is_a_bad_request(asker: Client, body: str) -> None:
    answer = post(asker, ODD_BODIES[body])
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
    assert answer.headers["Content-Type"] == OLD


ODD_QUERY_STRINGS = {
    "nothing": "",
    "an empty query": "query=",
    "a blank query": "query=%20",
    "variables that are no JSON": "query=%7B__typename%7D&variables=x",
    "variables that are a list": "query=%7B__typename%7D&variables=%5B%5D",
    "variables that are half": "query=%7B__typename%7D&variables=%7B",
    "variables in invalid UTF-8": "query=%7B__typename%7D&variables=%ed%a0%80",
    "extensions that are a number": "query=%7B__typename%7D&extensions=1",
    "a hundred and one parameters": "query=%7B__typename%7D" + "&x=1" * 100,
}


@pytest.mark.parametrize("query", ODD_QUERY_STRINGS)
def test_an_odd_query_string_is_a_bad_request(asker: Client, query: str) -> None:
    answer = asker.installation.http.get(f"/graphql?{ODD_QUERY_STRINGS[query]}", headers=asker.headers)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


ODD_DOCUMENTS = {
    "a deep selection": "{ viewer { organization " * 2500 + "}" * 5000,
    "a deep list": "{ conversations(filter: {metadata: " + "[" * 5000 + "]" * 5000 + "}) { totalCount } }",
    "a deep object": "{ conversations(filter: {metadata: " + "{a: " * 5000 + "1" + "}" * 5000 + "}) { totalCount } }",
    "5,000 digits for an Int": "{ trunks(first: " + "9" * 5000 + ") { totalCount } }",
    "5,000 digits in a JSON": "{ conversations(filter: {metadata: {a: " + "9" * 5000 + "}}) { totalCount } }",
    "a float beyond all": "{ conversations(filter: {metadata: {a: 1e999}}) { totalCount } }",
    "5,000 digits by default": "query($x: Int = " + "9" * 5000 + ") { trunks(first: $x) { totalCount } }",
    "a fragment in itself": "{ viewer { ...F } } fragment F on Viewer { ...F }",
    "a NUL": "{ \0 }",
    "a thousand errors": "{" + " x" * 1000 + " }",
}


@pytest.mark.parametrize("document", ODD_DOCUMENTS)
def test_an_odd_document_is_its_writers_mistake(asker: Client, document: str) -> None:
    answer = post(asker, {"query": ODD_DOCUMENTS[document]}, Accept=NEW)
    assert answer.status_code == 400
    assert answer.json().keys() == {"errors"}
    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    assert codes <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"}


def test_an_id_of_5000_digits_is_an_id_that_is_not_there(asker: Client) -> None:
    assert asker("{ node(id: " + "9" * 5000 + ") { id } }") == {"node": None}


# ----------------------------------------------------------------------------------------------------- browsers


def test_a_browser_is_sent_on_to_graphiql_without_a_key(asker: Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = asker.installation.http.get("/graphql", headers={"Accept": accept})
    assert (page.status_code, page.headers["Location"]) == (303, "/graphiql")


def test_a_browser_that_sends_a_query_gets_its_answer(asker: Client) -> None:
    assert get(asker, {"query": WHO}, Accept="text/html, */*;q=0.8").json() == NORTHWIND


ALLOWED, OTHER = "https://console.example.com", "https://other.example.com"


@pytest.fixture
def visited(install: Install) -> Client:
    """Somebody of an installation that lets one origin in."""
    return install(allowed_origins=(ALLOWED,)).root("Northwind")


def test_a_front_end_on_an_allowed_origin_is_let_in(visited: Client) -> None:
    http = visited.installation.http
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-request-id",
    }
    preflight = http.options("/graphql", headers={"Origin": ALLOWED} | asking)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST"
    names = {name.strip().lower() for name in preflight.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "x-request-id"} <= names
    answer = post(visited, {"query": WHO}, Origin=ALLOWED)
    assert answer.json() == NORTHWIND
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {"X-Request-Id", "RateLimit-Remaining", "Retry-After"}
    assert "Origin" in answer.headers["Vary"]


def test_a_front_end_on_an_allowed_origin_can_read_refusals_too(visited: Client) -> None:
    for answer in (
        post(visited, {"query": WHO}, Origin=ALLOWED, Authorization=""),
        post(visited, b"", Origin=ALLOWED),
        post(visited, {"query": WHO}, Origin=ALLOWED, Accept="text/html"),
        visited.installation.http.get("/nothing", headers={"Origin": ALLOWED}),
    ):
        assert answer.status_code in (401, 400, 406, 404)
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED


def test_a_front_end_on_an_allowed_origin_can_read_the_id_of_a_bug(visited: Client) -> None:
    visited.installation.rows("""UPDATE api_key SET scopes = '["NO_SCOPE"]'""")
    answer = post(visited, {"query": WHO}, Origin=ALLOWED)
    assert (answer.status_code, code(answer)) == (500, "INTERNAL_SERVER_ERROR")
    assert answer.headers.get("Access-Control-Allow-Origin") == ALLOWED


def test_a_front_end_on_another_origin_is_not(visited: Client, asker: Client) -> None:
    for client, origin in ((visited, OTHER), (visited, "null"), (visited, ALLOWED + ".evil.example"), (asker, ALLOWED)):
        asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = client.installation.http.options("/graphql", headers=asking)
        assert preflight.status_code == (400 if client is visited else 405)
        assert "Access-Control-Allow-Origin" not in preflight.headers
        assert "Access-Control-Allow-Origin" not in post(client, {"query": WHO}, Origin=origin).headers


# ------------------------------------------------------------------------------------------------ ids and health


@pytest.mark.parametrize("sent", ["abc", "A.b_c-1", "x" * 64])
def test_a_request_keeps_the_id_that_it_was_sent_with(asker: Client, sent: str) -> None:
    assert post(asker, {"query": WHO}, X_Request_Id=sent).headers["X-Request-Id"] == sent
    assert asker.installation.http.get("/nothing", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 65, "a b", "a;b", "a\tb", "\u00e4", '"a"', "{}"])
def test_a_request_without_a_good_id_gets_one(asker: Client, sent: str | None) -> None:
    headers = [] if sent is None else [(b"X-Request-Id", sent.encode("latin-1"))]
    given = [asker.installation.http.get("/healthz", headers=headers).headers["X-Request-Id"] for _ in range(2)]
    assert given[0] != given[1]
    assert {len(each) for each in given} == {32}
    assert all(each.isalnum() for each in given)


def test_the_id_is_in_the_header_and_not_in_the_body(asker: Client) -> None:
    for body in ({"query": WHO}, {"query": "{ nothing }"}, {"query": "{ trunks(first: 0) { totalCount } }"}, {}):
        answer = post(asker, body, X_Request_Id="my-own-id")
        assert answer.headers["X-Request-Id"] == "my-own-id"
        assert "my-own-id" not in answer.text


def test_healthz_answers_while_the_database_does(asker: Client) -> None:
    answer = asker.installation.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def unlink(file: Path) -> None:
    file.unlink()


def spoil(file: Path) -> None:
    """Another file in its place, as a restore gone wrong leaves it."""
    other = file.with_name("garbage")
    other.write_bytes(b"garbage" * 1000)
    other.replace(file)


@pytest.mark.sqlite
@pytest.mark.parametrize("ruin", [unlink, spoil])
@pytest.mark.parametrize("used", [False, True], ids=["not yet opened", "open"])
def test_without_its_database_it_is_unavailable(installation: Installation, ruin: Any, used: bool) -> None:
    """Where it was not open yet, and where connections are open to what is no longer there."""
    northwind = installation.root("Northwind")
    if used:
        assert northwind(WHO)
        northwind.agent()
        assert installation.http.get("/healthz").status_code == 200
    ruin(installation.file)
    health = installation.http.get("/healthz")
    answer = post(northwind, {"query": WHO})
    assert health.status_code == 503
    assert (answer.status_code, code(answer)) == (503, "SERVICE_UNAVAILABLE")
    assert health.headers["Retry-After"] == answer.headers["Retry-After"] == "1"
