"""Race requests against a key's revocation: those begun after it was acknowledged are refused."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import httpx

from models import Scope
from tests.installation import Client

VIEWER_QUERY = "{ viewer { scopes } }"
REVOKE_MUTATION = (
    "mutation($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { apiKey { revokedAt } userErrors { code } } }"
)


def send(client: Client, query: str, **variables: str) -> httpx.Response:
    """Send a request over a connection of its own, so that none waits for another."""
    body = {"query": query, "variables": variables}
    return httpx.post(f"{client.installation.url}/graphql", headers=client.headers, json=body, timeout=60)


def revoke(key_id: str, client: Client) -> httpx.Response:
    return send(client, REVOKE_MUTATION, id=key_id)


def key_of(client: Client) -> str:
    identifier: str = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    return identifier


def test_what_begins_after_a_revocation_was_acknowledged_is_refused(northwind: Client) -> None:
    """Six clients send requests with a key while another revokes it."""
    revoked = northwind.with_scopes()
    acknowledged = Event()

    def ask() -> tuple[list[int], list[int]]:
        before: list[int] = []
        after: list[int] = []
        while len(after) < 5:
            late = acknowledged.is_set()
            (after if late else before).append(send(revoked, VIEWER_QUERY).status_code)
        return before, after

    with ThreadPoolExecutor(6) as pool:
        asking = [pool.submit(ask) for _ in range(6)]
        send(northwind, REVOKE_MUTATION, id=key_of(revoked))
        acknowledged.set()
        answers = [each.result() for each in asking]
    for before, after in answers:
        assert set(before) <= {200, 401}
        assert before == sorted(before)  # once refused, refused for good
        assert set(after) == {401}


def test_two_that_revoke_the_same_key_at_once_are_told_the_same(northwind: Client) -> None:
    other = northwind.child().installation.client(northwind.secret)
    for _ in range(5):
        doomed = key_of(northwind.with_scopes())
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(partial(revoke, doomed), [northwind, other] * 2))
        payloads = [answer.json()["data"]["revokeApiKey"] for answer in answers]
        assert [payload["userErrors"] for payload in payloads] == [[]] * 4
        assert len({payload["apiKey"]["revokedAt"] for payload in payloads}) == 1
        events = northwind.installation.rows(
            "SELECT count(*) FROM audit_event WHERE subject_id = ? AND action = 'API_KEY_REVOKED'", doomed
        )
        assert events == [(1,)]


def test_two_keys_that_revoke_each_other_leave_at_most_one(northwind: Client) -> None:
    """Either may win, but a revoked key revokes nothing afterwards."""
    for _ in range(5):
        pair = [northwind.with_scopes(*Scope) for _ in range(2)]
        keys = [key_of(client) for client in pair]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(revoke, reversed(keys), pair))
        assert 401 in [send(client, VIEWER_QUERY).status_code for client in pair]
