"""Test GraphQL over HTTP: methods, media types, statuses, error codes, request ids."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.conftest import Install
from tests.installation import Client, Installation, Json

JSON_TYPE, GRAPHQL_TYPE = "application/json", "application/graphql-response+json"
VIEWER_QUERY = "{ viewer { organization { name } } }"
NORTHWIND = {"data": {"viewer": {"organization": {"name": "Northwind"}}}, "extensions": {"cost": 3}}


def post(client: Client, body: Any, **headers: str) -> httpx.Response:
    """Send bytes unchanged, anything else as JSON; header names are written with underscores."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.installation.http.post("/graphql", content=content, headers=client.headers | sent)


def get(client: Client, parameters: dict[str, str], **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.installation.http.get(f"/graphql?{urlencode(parameters)}", headers=client.headers | sent)


def error_code(response: httpx.Response) -> str:
    """Return the code of the only error of a response without data."""
    body = response.json()
    assert body.keys() == {"errors"}
    assert len(body["errors"]) == 1
    assert body["errors"][0]["message"]
    found: str = body["errors"][0]["extensions"]["code"]
    return found


# ----------------------------------------------------------------------------------------- what is asked, and how


def test_post_and_get_answer_the_same(shared_northwind: Client) -> None:
    query = "query Who($id: ID!) { organization(id: $id) { name } }"
    variables = {"id": shared_northwind.organization_id}
    wanted = {"data": {"organization": {"name": "Northwind"}}, "extensions": {"cost": 2}}
    assert post(shared_northwind, {"query": query, "variables": variables}).json() == wanted
    assert get(shared_northwind, {"query": query, "variables": json.dumps(variables)}).json() == wanted
    assert (
        get(shared_northwind, {"query": query, "variables": json.dumps(variables), "operationName": "Who"}).json()
        == wanted
    )


@pytest.mark.parametrize("absent", [{}, {"variables": None}, {"operationName": None}, {"extensions": None}, {"x": [1]}])
def test_what_is_null_or_unknown_in_a_body_is_as_if_absent(shared_northwind: Client, absent: dict[str, Any]) -> None:
    assert post(shared_northwind, {"query": VIEWER_QUERY} | absent).json() == NORTHWIND


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
def test_what_is_null_or_empty_in_a_query_string_is_as_if_absent(
    shared_northwind: Client, absent: dict[str, str]
) -> None:
    assert get(shared_northwind, {"query": VIEWER_QUERY} | absent).json() == NORTHWIND


def test_the_operation_name_chooses(shared_northwind: Client) -> None:
    document = "query A { a: __typename } query B { b: __typename } mutation C { c: __typename }"
    for name, data in (("A", {"a": "Query"}), ("B", {"b": "Query"})):
        assert post(shared_northwind, {"query": document, "operationName": name}).json()["data"] == data
        assert get(shared_northwind, {"query": document, "operationName": name}).json()["data"] == data
    assert post(shared_northwind, {"query": document, "operationName": "C"}).json()["data"] == {"c": "Mutation"}
    assert get(shared_northwind, {"query": document, "operationName": "C"}).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_of_several_operations_one_must_be_named(shared_northwind: Client, method: str) -> None:
    document = {"query": "query A { a: __typename } query B { b: __typename }"}
    answer = (
        post(shared_northwind, document, Accept=GRAPHQL_TYPE)
        if method == "POST"
        else get(shared_northwind, document, Accept=GRAPHQL_TYPE)
    )
    assert (answer.status_code, error_code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["Nobody", "a"])
def test_an_operation_that_is_not_there_is_not_run(shared_northwind: Client, name: str) -> None:
    answer = post(shared_northwind, {"query": "query A { __typename }", "operationName": name}, Accept=GRAPHQL_TYPE)
    assert (answer.status_code, error_code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_mutations_are_not_sent_by_get(shared_northwind: Client) -> None:
    before = shared_northwind.installation.contents()
    answer = get(shared_northwind, {"query": 'mutation { createAgent(input: {name: "By link"}) { agent { id } } }'})
    assert (answer.status_code, error_code(answer), answer.headers["Allow"]) == (405, "BAD_REQUEST", "POST")
    assert shared_northwind.installation.contents() == before


# ---------------------------------------------------------------------------------------- what is answered, and how

# A request, its error code, and whether the response has `data`: not if execution did not start.
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
def test_a_mistake_has_its_code_and_its_status_in_both_media_types(shared_northwind: Client, mistake: str) -> None:
    """`application/json` is always 200; the newer type is 400 if execution did not start."""
    request, wanted, started = MISTAKES[mistake]
    for media, status in ((JSON_TYPE, 200), (GRAPHQL_TYPE, 200 if started else 400)):
        answer = post(shared_northwind, request, Accept=media)
        assert answer.headers["Content-Type"].partition(";")[0] == media
        assert answer.status_code == status
        body = answer.json()
        assert [error["extensions"]["code"] for error in body["errors"]] == [wanted]
        assert body.get("data", "absent") == (None if started else "absent")


def test_a_variable_that_is_never_used_is_found_by_validation(shared_northwind: Client) -> None:
    answer = post(shared_northwind, {"query": "query($x: Int) { viewer { scopes } }"}, Accept=GRAPHQL_TYPE)
    assert (answer.status_code, error_code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_an_error_beside_data_is_two_hundred_in_both_media_types(shared_northwind: Client) -> None:
    query = '{ node(id: "nothing") { id } trunks(first: 0) { totalCount } }'
    for media in (JSON_TYPE, GRAPHQL_TYPE):
        answer = post(shared_northwind, {"query": query}, Accept=media)
        assert answer.status_code == 200
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["path"] == ["trunks"]


NEGOTIATED = {
    None: JSON_TYPE,
    "*/*": JSON_TYPE,
    "application/*": JSON_TYPE,
    JSON_TYPE: JSON_TYPE,
    GRAPHQL_TYPE: GRAPHQL_TYPE,
    "APPLICATION/JSON": JSON_TYPE,
    f"{GRAPHQL_TYPE}; charset=utf-8": GRAPHQL_TYPE,
    f"{JSON_TYPE}, {GRAPHQL_TYPE}": JSON_TYPE,
    f"{GRAPHQL_TYPE}, {JSON_TYPE}": JSON_TYPE,
    f"{GRAPHQL_TYPE}, {JSON_TYPE};q=0.9": GRAPHQL_TYPE,
    f"{GRAPHQL_TYPE};q=0.5, {JSON_TYPE}": JSON_TYPE,
    f"{GRAPHQL_TYPE};q=0.5, */*;q=0.1": GRAPHQL_TYPE,
    f"{JSON_TYPE};q=0, */*": GRAPHQL_TYPE,
    f"text/html, {GRAPHQL_TYPE};q=0.1": GRAPHQL_TYPE,
    "text/html, */*;q=0.8": JSON_TYPE,
    "text/html": None,
    "application/xml": None,
    "application/jsonp": None,
    f"{JSON_TYPE};q=0": None,
    "*/*;q=0": None,
    f"{JSON_TYPE};q=none": None,
}


@pytest.mark.parametrize("accept", NEGOTIATED)
def test_the_media_type_is_negotiated(shared_northwind: Client, accept: str | None) -> None:
    http = shared_northwind.installation.http
    request = http.build_request("POST", "/graphql", headers=shared_northwind.headers, json={"query": VIEWER_QUERY})
    del request.headers["Accept"]
    if accept is not None:
        request.headers["Accept"] = accept
    answer = http.send(request)
    wanted = NEGOTIATED[accept]
    if wanted is None:
        assert (answer.status_code, error_code(answer)) == (406, "BAD_REQUEST")
        assert answer.headers["Content-Type"] == JSON_TYPE
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
def test_a_body_is_json_in_utf_8(shared_northwind: Client, kind: str, status: int) -> None:
    answer = post(shared_northwind, {"query": VIEWER_QUERY}, Content_Type=kind)
    assert answer.status_code == status
    assert status == 200 or error_code(answer) == "BAD_REQUEST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_not_allowed(shared_northwind: Client, method: str) -> None:
    answer = shared_northwind.installation.http.request(method, "/graphql", headers=shared_northwind.headers)
    assert (answer.status_code, error_code(answer), answer.headers["Allow"]) == (405, "BAD_REQUEST", "GET, POST")
    assert answer.headers["Content-Type"] == JSON_TYPE


@pytest.mark.parametrize("accept", [JSON_TYPE, GRAPHQL_TYPE])
def test_a_refusal_is_in_the_media_type_that_is_taken(shared_northwind: Client, accept: str) -> None:
    for answer in (
        post(shared_northwind, b"{", Accept=accept),
        post(shared_northwind, {"query": VIEWER_QUERY}, Accept=accept, Authorization=""),
        post(shared_northwind, {"query": VIEWER_QUERY}, Accept=accept, Content_Type="text/plain"),
        get(shared_northwind, {"query": 'mutation { createAgent(input: {name: ""}) { agent { id } } }'}, Accept=accept),
    ):
        assert answer.status_code in (400, 401, 415, 405)
        assert answer.headers["Content-Type"].partition(";")[0] == accept


def test_other_methods_are_not_allowed_at_healthz(shared_northwind: Client) -> None:
    answer = shared_northwind.installation.http.post("/healthz")
    assert (answer.status_code, error_code(answer)) == (405, "BAD_REQUEST")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/nothing", "/graphql/x", "/graphqll", "/healthz/x", "/%00", "/%ff", "/..%2f"])
def test_an_unknown_path_says_where_the_api_is(shared_northwind: Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = shared_northwind.installation.http.request(method, path, headers=shared_northwind.headers)
        assert (answer.status_code, error_code(answer)) == (404, "BAD_REQUEST")
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
def test_an_odd_body_is_a_bad_request(shared_northwind: Client, body: str) -> None:
    answer = post(shared_northwind, ODD_BODIES[body])
    assert (answer.status_code, error_code(answer)) == (400, "BAD_REQUEST")
    assert answer.headers["Content-Type"] == JSON_TYPE


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
def test_an_odd_query_string_is_a_bad_request(shared_northwind: Client, query: str) -> None:
    answer = shared_northwind.installation.http.get(
        f"/graphql?{ODD_QUERY_STRINGS[query]}", headers=shared_northwind.headers
    )
    assert (answer.status_code, error_code(answer)) == (400, "BAD_REQUEST")


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
def test_an_odd_document_is_its_writers_mistake(shared_northwind: Client, document: str) -> None:
    answer = post(shared_northwind, {"query": ODD_DOCUMENTS[document]}, Accept=GRAPHQL_TYPE)
    assert answer.status_code == 400
    assert answer.json().keys() == {"errors"}
    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    assert codes <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"}


def test_an_id_of_5000_digits_is_an_id_that_is_not_there(shared_northwind: Client) -> None:
    assert shared_northwind("{ node(id: " + "9" * 5000 + ") { id } }") == {"node": None}


# ----------------------------------------------------------------------------------------------------- browsers


def test_a_browser_is_sent_on_to_graphiql_without_a_key(shared_northwind: Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = shared_northwind.installation.http.get("/graphql", headers={"Accept": accept})
    assert (page.status_code, page.headers["Location"]) == (303, "/graphiql")


def test_a_browser_that_sends_a_query_gets_its_answer(shared_northwind: Client) -> None:
    assert get(shared_northwind, {"query": VIEWER_QUERY}, Accept="text/html, */*;q=0.8").json() == NORTHWIND


ALLOWED_ORIGIN, OTHER_ORIGIN = "https://console.example.com", "https://other.example.com"


@pytest.fixture
def cors_client(install: Install) -> Client:
    """A client of an installation that allows one origin."""
    return install(allowed_origins=(ALLOWED_ORIGIN,)).root("Northwind")


def test_a_front_end_on_an_allowed_origin_can_send_requests(cors_client: Client) -> None:
    http = cors_client.installation.http
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-request-id",
    }
    preflight = http.options("/graphql", headers={"Origin": ALLOWED_ORIGIN} | asking)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT"
    names = {name.strip().lower() for name in preflight.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "x-request-id"} <= names
    answer = post(cors_client, {"query": VIEWER_QUERY}, Origin=ALLOWED_ORIGIN)
    assert answer.json() == NORTHWIND
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {"X-Request-Id", "RateLimit-Remaining", "Retry-After"}
    assert "Origin" in answer.headers["Vary"]


def test_a_front_end_on_an_allowed_origin_can_read_refusals_too(cors_client: Client) -> None:
    for answer in (
        post(cors_client, {"query": VIEWER_QUERY}, Origin=ALLOWED_ORIGIN, Authorization=""),
        post(cors_client, b"", Origin=ALLOWED_ORIGIN),
        post(cors_client, {"query": VIEWER_QUERY}, Origin=ALLOWED_ORIGIN, Accept="text/html"),
        cors_client.installation.http.get("/nothing", headers={"Origin": ALLOWED_ORIGIN}),
    ):
        assert answer.status_code in (401, 400, 406, 404)
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN


def test_a_front_end_on_an_allowed_origin_can_read_the_id_of_a_bug(cors_client: Client) -> None:
    cors_client.installation.rows("""UPDATE api_key SET scopes = '["NO_SCOPE"]'""")
    answer = post(cors_client, {"query": VIEWER_QUERY}, Origin=ALLOWED_ORIGIN)
    assert (answer.status_code, error_code(answer)) == (500, "INTERNAL_SERVER_ERROR")
    assert answer.headers.get("Access-Control-Allow-Origin") == ALLOWED_ORIGIN


def test_a_front_end_on_another_origin_is_not(cors_client: Client, shared_northwind: Client) -> None:
    for client, origin in (
        (cors_client, OTHER_ORIGIN),
        (cors_client, "null"),
        (cors_client, ALLOWED_ORIGIN + ".evil.example"),
        (shared_northwind, ALLOWED_ORIGIN),
    ):
        asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = client.installation.http.options("/graphql", headers=asking)
        assert preflight.status_code == (400 if client is cors_client else 405)
        assert "Access-Control-Allow-Origin" not in preflight.headers
        assert "Access-Control-Allow-Origin" not in post(client, {"query": VIEWER_QUERY}, Origin=origin).headers


# ------------------------------------------------------------------------------------------------ ids and health


@pytest.mark.parametrize("sent", ["abc", "A.b_c-1", "x" * 64])
def test_a_request_keeps_the_id_that_it_was_sent_with(shared_northwind: Client, sent: str) -> None:
    assert post(shared_northwind, {"query": VIEWER_QUERY}, X_Request_Id=sent).headers["X-Request-Id"] == sent
    assert (
        shared_northwind.installation.http.get("/nothing", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
        == sent
    )


@pytest.mark.parametrize("sent", [None, "", "x" * 65, "a b", "a;b", "a\tb", "\u00e4", '"a"', "{}"])
def test_a_request_without_a_good_id_gets_one(shared_northwind: Client, sent: str | None) -> None:
    headers = [] if sent is None else [(b"X-Request-Id", sent.encode("latin-1"))]
    given = [
        shared_northwind.installation.http.get("/healthz", headers=headers).headers["X-Request-Id"] for _ in range(2)
    ]
    assert given[0] != given[1]
    assert {len(each) for each in given} == {32}
    assert all(each.isalnum() for each in given)


def test_the_id_is_in_the_header_and_not_in_the_body(shared_northwind: Client) -> None:
    for body in (
        {"query": VIEWER_QUERY},
        {"query": "{ nothing }"},
        {"query": "{ trunks(first: 0) { totalCount } }"},
        {},
    ):
        answer = post(shared_northwind, body, X_Request_Id="my-own-id")
        assert answer.headers["X-Request-Id"] == "my-own-id"
        assert "my-own-id" not in answer.text


def test_healthz_answers_while_the_database_does(shared_northwind: Client) -> None:
    answer = shared_northwind.installation.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def unlink(file: Path) -> None:
    file.unlink()


def overwrite(file: Path) -> None:
    """Replace the file, as a failed restore does."""
    other = file.with_name("garbage")
    other.write_bytes(b"garbage" * 1000)
    other.replace(file)


def unlink_log(file: Path) -> None:
    """Delete the write-ahead log: the next process that opens the database creates another."""
    file.with_name(f"{file.name}-wal").unlink()


def unlink_index(file: Path) -> None:
    """Delete the shared memory file: the next process creates another, and does not see our locks."""
    file.with_name(f"{file.name}-shm").unlink()


@pytest.mark.sqlite
@pytest.mark.parametrize("ruin", [unlink_log, unlink_index])
def test_nothing_is_acknowledged_that_goes_into_a_file_which_was_deleted(installation: Installation, ruin: Any) -> None:
    northwind = installation.root("Northwind")
    northwind.agent()
    assert installation.http.get("/healthz").status_code == 200
    ruin(installation.file)
    made = post(northwind, {"query": 'mutation { createAgent(input: {name: "Lost"}) { agent { id } } }'})
    assert (made.status_code, error_code(made)) == (503, "SERVICE_UNAVAILABLE")
    assert installation.http.get("/healthz").status_code == 503


@pytest.mark.sqlite
@pytest.mark.parametrize("ruin", [unlink, overwrite])
@pytest.mark.parametrize("used", [False, True], ids=["not yet opened", "open"])
def test_without_its_database_it_is_unavailable(installation: Installation, ruin: Any, used: bool) -> None:
    """Before the database is opened, and while connections to the old file are open."""
    northwind = installation.root("Northwind")
    if used:
        assert northwind(VIEWER_QUERY)
        northwind.agent()
        assert installation.http.get("/healthz").status_code == 200
    ruin(installation.file)
    health = installation.http.get("/healthz")
    answer = post(northwind, {"query": VIEWER_QUERY})
    assert health.status_code == 503
    assert (answer.status_code, error_code(answer)) == (503, "SERVICE_UNAVAILABLE")
    assert health.headers["Retry-After"] == answer.headers["Retry-After"] == "1"


def test_a_statement_that_the_database_refuses_is_a_bug_and_no_outage(installation: Installation) -> None:
    """Such as an unknown column: to send the request again would not help."""
    northwind = installation.root("Northwind")
    northwind.trunk()
    installation.store.write_unchecked("ALTER TABLE trunk RENAME COLUMN name TO title")
    answer = post(northwind, {"query": "{ trunks { nodes { name } } }"})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 200
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": answer.headers["X-Request-Id"],
    }


@pytest.mark.parametrize("path", ["/graphql/", "/healthz/", "/assets", "/graphiql/"])
def test_no_redirect_uses_the_host_of_the_request(shared_northwind: Client, path: str) -> None:
    answer = shared_northwind.installation.http.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "evil.example" not in f"{answer.headers}{answer.text}"
