"""While PostgreSQL is away the server says so and stays; it goes on as soon as the database is back."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.crashes.conftest import CrashingPostgres
from tests.installation import Client
from tests.processes import free_port, served_in
from tests.serving.test_metrics import read


@pytest.fixture
def client(tmp_path: Path, postgres: CrashingPostgres) -> Iterator[Client]:
    with served_in(tmp_path, store=postgres.store) as served:
        yield served.root()


QUERY = "{ viewer { organization { name } } }"
MUTATION = 'mutation { createAgent(input: {name: "Front desk"}) { agent { id } } }'


def said(answer: httpx.Response) -> tuple[int, str]:
    (error,) = answer.json()["errors"]
    assert int(answer.headers["Retry-After"]) > 0
    return answer.status_code, error["extensions"]["code"]


def test_queries_and_mutations_are_503_with_a_json_body_and_go_on_without_a_restart(
    client: Client, postgres: CrashingPostgres
) -> None:
    assert client(QUERY)
    for _ in range(2):
        postgres.crash()
        for document in (QUERY, MUTATION) * 2:
            assert said(client.post(document)) == (503, "SERVICE_UNAVAILABLE")
        for path in ("/healthz", "/readyz"):
            health = client.installation.http.get(path)
            assert (health.status_code, health.headers["Retry-After"]) == (503, "1")
        postgres.start()
        assert client.installation.http.get("/readyz").status_code == 200
        assert client(QUERY) == {"viewer": {"organization": {"name": "Northwind"}}}
        assert client(MUTATION)
    assert len(client("{ agents { nodes { id } } }")["agents"]["nodes"]) == 2


def test_a_database_that_hangs_is_as_good_as_none_and_goes_on(client: Client, postgres: CrashingPostgres) -> None:
    """Connections stay open, and nothing is answered over them. Whoever asks is told while they still listen."""
    client.installation.http.timeout = httpx.Timeout(25)
    assert client(QUERY)
    with postgres.cluster.hanging():
        for document in (QUERY, MUTATION):
            assert said(client.post(document)) == (503, "SERVICE_UNAVAILABLE")
    assert client(QUERY)
    with postgres.cluster.hanging():
        health = client.installation.http.get("/healthz")
        assert (health.status_code, health.headers["Retry-After"]) == (503, "1")
    assert client(MUTATION)
    assert len(client("{ agents { nodes { id } } }")["agents"]["nodes"]) == 1


def test_connections_that_were_cut_are_nobodys_trouble_but_their_own(
    client: Client, postgres: CrashingPostgres
) -> None:
    """A connection that was idle when it was cut is replaced; at worst, a request is told to come again."""
    for _ in range(3):
        postgres.cut_connections()
        first = client.post(QUERY)
        assert first.status_code == 200 or said(first) == (503, "SERVICE_UNAVAILABLE")
        assert client(QUERY)


def test_metrics_tell_what_was_counted_meanwhile(tmp_path: Path, postgres: CrashingPostgres) -> None:
    port = free_port()
    with served_in(tmp_path, store=postgres.store, DIALTREE_METRICS_PORT=str(port)) as served:
        northwind = served.root()
        assert northwind(QUERY)
        assert 'dialtree_calls{state="queued"}' in read(f"http://127.0.0.1:{port}")
        postgres.crash()
        assert said(northwind.post(QUERY)) == (503, "SERVICE_UNAVAILABLE")
        told = read(f"http://127.0.0.1:{port}")
        assert told['dialtree_refusals_total{code="SERVICE_UNAVAILABLE"}'] == 1
        assert told['dialtree_requests_total{method="POST",status="503"}'] == 1
        assert not [name for name in told if name.startswith("dialtree_calls{")]
        postgres.start()
