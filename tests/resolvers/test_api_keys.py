"""Test creating, listing, using, expiring and revoking API keys, and that their secrets leak nowhere."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from models import Scope, new_id
from models.api_key_secret import generate_secret
from tests.installation import Client, Installation, Json
from tests.retrying import attempts
from tests.server_process import ServerProcess

KEY = "id name scopes organization { id } createdAt expiresAt lastUsedAt revokedAt"
VIEWER_QUERY = "{ viewer { apiKey { id } } }"


def create(client: Client, **fields: Any) -> Json:
    return client.mutate_successfully(
        "createApiKey", f"secret apiKey {{ {KEY} }}", **({"name": "Key", "scopes": []} | fields)
    )


def listed(client: Client, **fields: Any) -> list[Json]:
    query = f"query($o: ID) {{ apiKeys(organizationId: $o) {{ nodes {{ {KEY} }} }} }}"
    nodes: list[Json] = client(query, **fields)["apiKeys"]["nodes"]
    return nodes


def viewer_with(client: Client, secret: str | None) -> httpx.Response:
    return client.installation.client(secret).post(VIEWER_QUERY)


# ------------------------------------------------------------------------------------------------ making, listing


def test_a_key_is_made_as_it_was_asked_for_and_works(northwind: Client) -> None:
    before = datetime.now(UTC)
    made = create(
        northwind, name="Front end", scopes=["TRUNKS_READ", "PHONE_NUMBERS_READ"], expiresAt="2999-01-31T10:30:00+01:00"
    )
    key = made["apiKey"]
    assert key["name"] == "Front end"
    assert key["scopes"] == ["PHONE_NUMBERS_READ", "TRUNKS_READ"]
    assert key["organization"] == {"id": northwind.organization_id}
    assert key["expiresAt"] == "2999-01-31T09:30:00Z"
    assert key["lastUsedAt"] is key["revokedAt"] is None
    assert before <= datetime.fromisoformat(key["createdAt"]) <= datetime.now(UTC)
    assert viewer_with(northwind, made["secret"]).json()["data"] == {"viewer": {"apiKey": {"id": key["id"]}}}


def test_a_key_may_hold_a_scope_once_or_none_at_all(northwind: Client) -> None:
    assert create(northwind, scopes=["TRUNKS_READ", "TRUNKS_READ"])["apiKey"]["scopes"] == ["TRUNKS_READ"]
    none = create(northwind)
    assert none["apiKey"]["scopes"] == []
    assert viewer_with(northwind, none["secret"]).status_code == 200


def test_keys_are_listed_newest_first_with_those_that_are_revoked(northwind: Client) -> None:
    made = [create(northwind, name=name)["apiKey"] for name in ("First", "Second", "Third")]
    northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made[1]["id"])
    keys = listed(northwind)
    assert [key["name"] for key in keys] == ["Third", "Second", "First", "admin"]
    assert keys[0] == made[2]
    assert keys[2] == made[0]
    assert keys[1] | {"revokedAt": None} == made[1]
    assert keys[1]["revokedAt"] is not None


def test_keys_of_a_child_are_its_own(northwind: Client) -> None:
    child, other = northwind.child(), northwind.child("Harbor Dental")
    made = create(northwind, name="For the child", organizationId=child.organization_id)
    assert made["apiKey"]["organization"] == {"id": child.organization_id}
    theirs = [key["name"] for key in listed(northwind, o=child.organization_id)]
    assert theirs == ["For the child", "test"]
    assert [key["name"] for key in listed(child)] == theirs
    assert "For the child" not in [key["name"] for key in listed(northwind) + listed(other)]
    viewer = northwind.installation.client(made["secret"])("{ viewer { organization { id } } }")["viewer"]
    assert viewer == {"organization": {"id": child.organization_id}}


def test_a_key_hands_on_only_scopes_that_it_holds(northwind: Client) -> None:
    modest = northwind.with_scopes(Scope.API_KEYS_MANAGE, Scope.TRUNKS_READ)
    assert create(modest, scopes=["TRUNKS_READ", "API_KEYS_MANAGE"])["apiKey"]["scopes"] == [
        "TRUNKS_READ",
        "API_KEYS_MANAGE",
    ]
    before = northwind.installation.contents()
    for scope in Scope:
        if scope not in (Scope.API_KEYS_MANAGE, Scope.TRUNKS_READ):
            errors = modest.mutate(
                "createApiKey", "apiKey { id } secret", name="Key", scopes=["TRUNKS_READ", scope.name]
            )
            assert (errors["apiKey"], errors["secret"]) == (None, None)
            (error,) = errors["userErrors"]
            assert (error["code"], error["field"]) == ("SCOPE_NOT_HELD", ["scopes"])
            assert f" {scope.name}," in error["message"]
            assert "TRUNKS_READ" not in error["message"] or scope is Scope.TRUNKS_MANAGE
    assert northwind.installation.contents() == before


def test_manage_does_not_hand_on_read_which_it_includes_but_does_not_hold(northwind: Client) -> None:
    modest = northwind.with_scopes(Scope.API_KEYS_MANAGE, Scope.TRUNKS_MANAGE)
    assert modest.refusals("createApiKey", name="Key", scopes=["TRUNKS_READ"]) == [("SCOPE_NOT_HELD", ["scopes"])]


# -------------------------------------------------------------------------------------------- revoking, expiring


def test_a_revoked_key_is_refused_at_once(northwind: Client) -> None:
    made = create(northwind)
    assert viewer_with(northwind, made["secret"]).status_code == 200
    revoked = northwind.mutate_successfully("revokeApiKey", f"apiKey {{ {KEY} }}", apiKeyId=made["apiKey"]["id"])[
        "apiKey"
    ]
    assert viewer_with(northwind, made["secret"]).status_code == 401
    assert revoked["revokedAt"] is not None
    again = northwind.mutate_successfully("revokeApiKey", "apiKey { revokedAt }", apiKeyId=made["apiKey"]["id"])[
        "apiKey"
    ]
    assert again["revokedAt"] == revoked["revokedAt"]


def test_a_key_may_revoke_itself(northwind: Client) -> None:
    own = northwind("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    assert northwind.mutate_successfully("revokeApiKey", "apiKey { id }", apiKeyId=own)["apiKey"] == {"id": own}
    assert northwind.post(VIEWER_QUERY).status_code == 401


def test_r15_a_key_revokes_only_keys_whose_scopes_it_holds(northwind: Client) -> None:
    """A key without every scope cannot revoke the last one with every scope; a key can revoke itself."""
    admin = northwind("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    keeper = northwind.with_scopes(Scope.API_KEYS_MANAGE)
    almost = northwind.with_scopes(*(scope for scope in Scope if scope is not Scope.AUDIT_READ))
    for client in (keeper, almost):
        (error,) = client.mutate("revokeApiKey", "__typename", apiKeyId=admin)["userErrors"]
        assert (error["code"], error["field"]) == ("SCOPE_NOT_HELD", ["apiKeyId"])
        assert "AUDIT_READ" in error["message"]
    assert northwind.post(VIEWER_QUERY).status_code == 200
    own = keeper("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    for client, key in ((keeper, create(northwind)["apiKey"]["id"]), (almost, own), (northwind, admin)):
        assert client.mutate_successfully("revokeApiKey", "apiKey { id }", apiKeyId=key)["apiKey"] == {"id": key}
    assert keeper.post(VIEWER_QUERY).status_code == northwind.post(VIEWER_QUERY).status_code == 401


def test_r15_a_key_that_expires_creates_and_revokes_none_that_works_for_longer(northwind: Client) -> None:
    ends = datetime.now(UTC) + timedelta(hours=1)
    made = create(northwind, scopes=[scope.name for scope in Scope], expiresAt=ends.isoformat())
    guest = northwind.installation.client(made["secret"])
    longer = [None, (ends + timedelta(microseconds=1)).isoformat()]
    for expires_at in longer:
        sent: dict[str, Any] = {"name": "Key", "scopes": [], "expiresAt": expires_at}
        assert guest.refusals("createApiKey", **sent) == [("INVALID_INPUT", ["expiresAt"])]
        key = create(northwind, expiresAt=expires_at)["apiKey"]["id"]
        assert guest.refusals("revokeApiKey", apiKeyId=key) == [("INVALID_INPUT", ["apiKeyId"])]
    equal = create(guest, expiresAt=ends.isoformat())["apiKey"]["id"]
    for key in (equal, made["apiKey"]["id"]):
        guest.mutate_successfully("revokeApiKey", "__typename", apiKeyId=key)
    assert guest.post(VIEWER_QUERY).status_code == 401


def test_a_key_that_has_expired_is_refused(northwind: Client) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = create(northwind, expiresAt=soon)
    assert made["apiKey"]["expiresAt"] == soon.replace("+00:00", "Z")
    assert viewer_with(northwind, made["secret"]).status_code == 200
    northwind.installation.rows(
        "UPDATE api_key SET expires_at = '2026-01-31 09:30:00.000000' WHERE id = ?", made["apiKey"]["id"]
    )
    assert viewer_with(northwind, made["secret"]).status_code == 401
    assert listed(northwind)[0]["expiresAt"] == "2026-01-31T09:30:00Z"


def test_a_foreign_key_is_not_found_and_goes_on_working(northwind: Client) -> None:
    stranger, child = northwind.installation.root("Contoso"), northwind.child()
    theirs, parents, childs = create(stranger), create(northwind), create(child)
    for client, made in ((northwind, theirs), (stranger, parents), (child, parents), (child, theirs)):
        refusals = client.refusals("revokeApiKey", apiKeyId=made["apiKey"]["id"])
        assert refusals == [("API_KEY_NOT_FOUND", ["apiKeyId"])]
        assert client("query($id: ID!) { node(id: $id) { id } }", id=made["apiKey"]["id"]) == {"node": None}
        assert viewer_with(northwind, made["secret"]).status_code == 200
    northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=childs["apiKey"]["id"])
    assert viewer_with(northwind, childs["secret"]).status_code == 401


# ------------------------------------------------------------------------------------------------- being refused


def with_checksum(stem: str) -> str:
    return f"{stem}{zlib.crc32(stem.encode()):08x}"


def test_whatever_is_no_valid_key_gets_one_and_the_same_answer(northwind: Client) -> None:
    mine, other = create(northwind)["secret"], create(northwind)["secret"]
    revoked = create(northwind)
    northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=revoked["apiKey"]["id"])
    stem, other_stem = mine[:-8], other[:-8]
    mistyped = stem[:-1] + ("a" if stem[-1] != "a" else "b")
    bearers = [
        mistyped + mine[-8:],
        with_checksum(mistyped),
        with_checksum(stem.partition(".")[0] + "." + other_stem.partition(".")[2]),
        generate_secret(new_id("key")),
        stem,
        mine[:-1],
        mine[1:],
        mine + "0",
        mine.upper(),
        mine.partition(".")[0],
        mine.partition(".")[2],
        mine.replace(".", " "),
        revoked["secret"],
        "ak_.",
        "\u00e4",
        "x" * 5000,
    ]
    headers: list[str | None] = [None, "", mine, f"Basic {mine}", "Bearer", f"Bearer{mine}", f"Token {mine}"]
    headers += [f"Bearer {bearer}" for bearer in bearers]
    assert viewer_with(northwind, mine).status_code == 200
    answers = []
    for header in headers:
        sent = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
        answers.append(northwind.installation.http.post("/graphql", headers=sent, json={"query": VIEWER_QUERY}))
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="dialtree"'}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert len({answer.content for answer in answers}) == 1
    (error,) = answers[0].json()["errors"]
    assert answers[0].json().keys() == {"errors"}
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "Authorization: Bearer" in error["message"]


def test_nobody_without_a_key_learns_what_a_document_would_do(northwind: Client) -> None:
    nobody = northwind.installation.client(None)
    answers = [
        nobody.post(document) for document in (VIEWER_QUERY, "{ nothing }", "{ __schema { types { name } } }", "{")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_bearer_in_any_case(northwind: Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {northwind.secret}"}
    answer = northwind.installation.http.post("/graphql", headers=headers, json={"query": VIEWER_QUERY})
    assert answer.status_code == 200


# -------------------------------------------------------------------------------------------------- last used at


def wait_until_used(client: Client, key: str) -> Json:
    """Return when a key was last used, as another key sees it, retrying until it is recorded."""
    for _ in attempts():
        found = client("query($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt } } }", id=key)["node"]
        if found["lastUsedAt"]:
            return found["lastUsedAt"]
    return None


def test_a_use_is_noted_off_the_requests_path(northwind: Client) -> None:
    """The request is answered while another writer locks the database; the use is recorded afterwards."""
    made = create(northwind)
    before = datetime.now(UTC)
    assert northwind.post(VIEWER_QUERY).status_code == 200
    with northwind.installation.store.transaction():
        assert viewer_with(northwind, made["secret"]).status_code == 200
        assert [key["lastUsedAt"] for key in listed(northwind) if key["id"] == made["apiKey"]["id"]] == [None]
    noted = wait_until_used(northwind, made["apiKey"]["id"])
    assert before <= datetime.fromisoformat(noted) <= datetime.now(UTC)


def test_a_use_is_noted_at_most_once_a_minute(northwind: Client, statements: list[str]) -> None:
    made = create(northwind)
    key, installation = made["apiKey"]["id"], northwind.installation
    viewer_with(northwind, made["secret"])
    assert wait_until_used(northwind, key) is not None
    assert wait_until_used(northwind, northwind(VIEWER_QUERY)["viewer"]["apiKey"]["id"]) is not None
    statements.clear()
    for _ in range(20):
        viewer_with(northwind, made["secret"])
    assert [statement for statement in statements if "UPDATE" in statement] == []
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    installation.rows("UPDATE api_key SET last_used_at = ? WHERE id = ?", hour_ago, key)
    viewer_with(northwind, made["secret"])
    for _ in attempts():
        if datetime.fromisoformat(wait_until_used(northwind, key)) > datetime.now(UTC) - timedelta(minutes=1):
            return
    pytest.fail("the use after an hour was not noted")


@pytest.mark.sqlite
def test_a_key_is_read_again_only_when_one_changed(northwind: Client, statements: list[str]) -> None:
    made = create(northwind)
    holder = northwind.installation.client(made["secret"])
    assert wait_until_used(northwind, northwind(VIEWER_QUERY)["viewer"]["apiKey"]["id"]) is not None
    holder("{ __typename }")
    assert wait_until_used(northwind, made["apiKey"]["id"]) is not None
    northwind.trunk()
    holder("{ __typename }")
    statements.clear()
    for _ in range(5):
        holder("{ __typename }")
    assert statements == []
    create(northwind)
    statements.clear()
    holder("{ __typename }")
    assert ["FROM api_key" in each for each in statements] == [True]


def test_what_another_program_changes_of_a_key_holds_at_once(northwind: Client) -> None:
    made = create(northwind)
    key, rows = made["apiKey"]["id"], northwind.installation.rows
    holder = northwind.installation.client(made["secret"])
    for scope in (Scope.AGENTS_READ, Scope.TRUNKS_READ) * 3:
        rows("UPDATE api_key SET scopes = ? WHERE id = ?", json.dumps([scope.name]), key)
        assert holder("{ viewer { scopes } }")["viewer"]["scopes"] == [scope.name]
    rows("UPDATE api_key SET expires_at = ? WHERE id = ?", "2026-01-31 09:30:00.000000", key)
    assert holder.post(VIEWER_QUERY).status_code == 401
    rows("UPDATE api_key SET expires_at = NULL WHERE id = ?", key)
    assert holder.post(VIEWER_QUERY).status_code == 200
    rows("DELETE FROM api_key WHERE id = ?", key)
    assert holder.post(VIEWER_QUERY).status_code == 401


def test_what_is_refused_is_no_use(northwind: Client, statements: list[str]) -> None:
    made = create(northwind)
    assert wait_until_used(northwind, northwind(VIEWER_QUERY)["viewer"]["apiKey"]["id"]) is not None
    northwind.mutate_successfully("revokeApiKey", "__typename", apiKeyId=made["apiKey"]["id"])
    statements.clear()
    for _ in range(20):
        assert viewer_with(northwind, made["secret"]).status_code == 401
    assert [statement for statement in statements if "UPDATE" in statement] == []
    assert listed(northwind)[0]["lastUsedAt"] is None


# ----------------------------------------------------------------------------------------------- what stays secret


def test_a_secret_is_shown_once(northwind: Client) -> None:
    made = create(northwind, scopes=["API_KEYS_MANAGE"])
    key, secret = made["apiKey"]["id"], made["secret"]
    holder = northwind.installation.client(secret)
    everything = (
        f"{{ apiKeys {{ nodes {{ {KEY} }} edges {{ cursor node {{ {KEY} }} }} }} viewer {{ apiKey {{ {KEY} }} }} }}"
    )
    later = [
        holder.post(everything),
        northwind.post(everything),
        northwind.post(f"query($id: ID!) {{ node(id: $id) {{ ... on ApiKey {{ {KEY} }} }} }}", {"id": key}),
        northwind.post(
            f"mutation($id: ID!) {{ revokeApiKey(input: {{apiKeyId: $id}}) {{ apiKey {{ {KEY} }} }} }}", {"id": key}
        ),
        holder.post(everything),
    ]
    random = secret.partition(".")[2][:43]
    assert len(random) == 43
    for answer in later:
        assert random not in answer.text
        assert random[:20] not in str(answer.headers)
    assert [answer.status_code for answer in later] == [200, 200, 200, 200, 401]


def test_every_secret_is_new(northwind: Client) -> None:
    secrets = [create(northwind)["secret"] for _ in range(20)]
    assert len({secret.partition(".")[2] for secret in secrets}) == 20


@pytest.mark.sqlite
def test_neither_the_database_nor_the_log_holds_a_secret(tmp_path: Any) -> None:
    """Return all bytes of the database and its WAL, and the output of the server's process."""
    server = ServerProcess(tmp_path)
    admin = server.root()
    passwords = ["first-sentinel", "second-sentinel", "third-sentinel"]
    made = create(admin, scopes=["TRUNKS_READ"])
    trunk = admin.mutate_successfully("createTrunk", "trunk { id }", name="Carrier", outbound=outbound(passwords[0]))[
        "trunk"
    ]["id"]
    admin.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=outbound(passwords[1]))
    inline = f'outbound: {{address: "a.example.com", authUsername: "inline-sentinel", authPassword: "{passwords[2]}"}}'
    admin(f'mutation named {{ createTrunk(input: {{name: "Inline", {inline}}}) {{ trunk {{ id }} }} }}')
    holder = server.client(made["secret"])
    holder("query asked { trunks { nodes { id outbound { address } } } }")
    mistakes = [
        admin.post('{ node(id: "literal-sentinel") { id } }'),
        admin.post('{ typo_sentinel node(id: "literal-sentinel") { id } }'),
        admin.post("query($v: Int) { trunks(first: $v) { totalCount } }", {"v": "variable-sentinel"}),
        admin.post(f'mutation {{ createTrunk(input: {{name: "", {inline}}}) {{ userErrors {{ message }} }} }}'),
        server.client(made["secret"][:-1] + "z").post(VIEWER_QUERY),
    ]
    assert [answer.status_code for answer in mistakes] == [200, 200, 200, 200, 401]
    written = b"".join(file.read_bytes() for file in sorted(tmp_path.glob("dialtree.db*")))
    assert {file.name for file in tmp_path.glob("dialtree.db*")} >= {"dialtree.db", "dialtree.db-wal"}
    server.stop()
    server.join()
    written += b"".join(file.read_bytes() for file in sorted(tmp_path.glob("dialtree.db*")))
    log = server.log.read_text()
    for secret in (str(admin.secret), made["secret"]):
        random = secret.partition(".")[2]
        for part in (secret, random, random[:43], random[:16], random[16:32]):
            assert part.encode() not in written
            assert part not in log
    for password in passwords:
        assert password.encode() not in written
    assert "sentinel" not in log
    assert log.count('"event":"request"') == 10
    assert b"inline-sentinel" in written
    assert made["apiKey"]["id"].encode() in written


def outbound(password: str) -> dict[str, str]:
    return {"address": "sip.example.com", "authUsername": "dialtree", "authPassword": password}


def test_only_a_hash_of_a_secret_is_stored(installation: Installation) -> None:
    northwind = installation.root()
    made = create(northwind)
    columns = installation.store.columns_by_table()["api_key"]
    (row,) = installation.rows("SELECT * FROM api_key WHERE id = ?", made["apiKey"]["id"])
    stored = dict(zip(columns, row, strict=True))
    assert len(stored["secret_hash"]) == 32
    assert not [name for name, value in stored.items() if made["secret"][-30:] in str(value)]
