"""Test that the server reports that PostgreSQL is away, keeps running, and works again when it is back."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.crashes.postgres import CrashingPostgres
from tests.installation import Client
from tests.retrying import attempts
from tests.server_process import free_port, run_server_in
from tests.serving.test_metrics import read_metrics


@pytest.fixture
def client(tmp_path: Path, postgres: CrashingPostgres) -> Iterator[Client]:
    with run_server_in(tmp_path, store=postgres.store) as served:
        yield served.root()


MUTATIONS = 1500 if os.environ.get("DIALTREE_TORTURE") == "1" else 75
QUERY = "{ viewer { organization { name } } }"
MUTATION = 'mutation { createAgent(input: {name: "Front desk"}) { agent { id } } }'


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Return the status and the error code of a response, which must have Retry-After."""
    (error,) = response.json()["errors"]
    assert int(response.headers["Retry-After"]) > 0
    return response.status_code, error["extensions"]["code"]


def test_queries_and_mutations_are_503_with_a_json_body_and_go_on_without_a_restart(
    client: Client, postgres: CrashingPostgres
) -> None:
    assert client(QUERY)
    for _ in range(2):
        postgres.crash()
        for document in (QUERY, MUTATION) * 2:
            assert refusal(client.post(document)) == (503, "SERVICE_UNAVAILABLE")
        for path in ("/healthz", "/readyz"):
            health = client.installation.http.get(path)
            assert (health.status_code, health.headers["Retry-After"]) == (503, "1")
        postgres.start()
        assert client.installation.http.get("/readyz").status_code == 200
        assert client(QUERY) == {"viewer": {"organization": {"name": "Northwind"}}}
        assert client(MUTATION)
    assert len(client("{ agents { nodes { id } } }")["agents"]["nodes"]) == 2


def test_a_database_that_hangs_is_as_good_as_none_and_goes_on(client: Client, postgres: CrashingPostgres) -> None:
    """Connections stay open without a response. Clients get theirs before they time out."""
    client.installation.http.timeout = httpx.Timeout(25)
    assert client(QUERY)
    with postgres.cluster.suspended(), ThreadPoolExecutor(2) as threads:
        for refused in threads.map(client.post, (QUERY, MUTATION)):
            assert refusal(refused) == (503, "SERVICE_UNAVAILABLE")
    assert client(QUERY)
    with postgres.cluster.suspended():
        health = client.installation.http.get("/healthz")
        assert (health.status_code, health.headers["Retry-After"]) == (503, "1")
    assert client(MUTATION)
    assert len(client("{ agents { nodes { id } } }")["agents"]["nodes"]) == 1


def test_connections_that_were_cut_are_nobodys_trouble_but_their_own(
    client: Client, postgres: CrashingPostgres
) -> None:
    """A connection that was idle when it was cut is replaced; at worst one request gets a 503."""
    for _ in range(3):
        postgres.cut_connections()
        first = client.post(QUERY)
        assert first.status_code == 200 or refusal(first) == (503, "SERVICE_UNAVAILABLE")
        assert client(QUERY)


@pytest.mark.torture
def test_connections_that_are_cut_as_soon_as_they_are_made_are_no_bug(
    client: Client, postgres: CrashingPostgres
) -> None:
    """Every refusal is a 503, whatever the request was doing."""
    over = Event()

    def cut() -> None:
        while not over.is_set():
            postgres.cut_connections()

    with ThreadPoolExecutor(4) as threads:
        cutting = threads.submit(cut)
        responses = list(threads.map(client.post, [MUTATION] * MUTATIONS))
        over.set()
        cutting.result()
    refused = [each for each in responses if each.status_code != 200]
    assert {refusal(each) for each in refused} == {(503, "SERVICE_UNAVAILABLE")}
    assert any(client.post(QUERY).status_code == 200 for _ in attempts())


def test_metrics_tell_what_was_counted_meanwhile(tmp_path: Path, postgres: CrashingPostgres) -> None:
    port = free_port()
    with run_server_in(tmp_path, store=postgres.store, DIALTREE_METRICS_PORT=str(port)) as served:
        northwind = served.root()
        assert northwind(QUERY)
        assert 'dialtree_calls{state="queued"}' in read_metrics(f"http://127.0.0.1:{port}")
        postgres.crash()
        assert refusal(northwind.post(QUERY)) == (503, "SERVICE_UNAVAILABLE")
        metrics = read_metrics(f"http://127.0.0.1:{port}")
        assert metrics['dialtree_errors_total{code="SERVICE_UNAVAILABLE"}'] == 1
        assert metrics['dialtree_http_requests_total{method="POST",status="503"}'] == 1
        assert not [name for name in metrics if name.startswith("dialtree_calls{")]
        postgres.start()
