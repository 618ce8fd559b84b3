"""What Prometheus reads: counted as it happened, on a port of its own, with nothing in it of anybody's."""

import re
from pathlib import Path

import httpx
import pytest

from tests.installation import Installation
from tests.processes import Served, free_port, run


@pytest.fixture
def measured(tmp_path: Path) -> tuple[Served, str]:
    port = free_port()
    served = Served(tmp_path, DIALTREE_METRICS_PORT=str(port))
    assert served.http.get("/healthz").status_code == 200
    return served, f"http://127.0.0.1:{port}"


def read(address: str) -> dict[str, float]:
    """Every sample by its name and labels. Each has its words and its kind before it."""
    answer = httpx.get(f"{address}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            family = re.sub(r"_(bucket|sum|count)$", "", name.partition("{")[0])
            assert f"# TYPE {family} " in answer.text
            assert f"# HELP {family} " in answer.text
            samples[name] = float(value)
    return samples


def test_what_happened_is_counted(measured: tuple[Served, str]) -> None:
    served, address = measured
    northwind = served.root()
    number = northwind.number()
    before = read(address)
    northwind("{ phoneNumbers { nodes { trunk { id } organization { id } } } }")
    northwind.body("{ trunks(first: 0) { totalCount } }")
    served.client(None).post("{ viewer { scopes } }")
    northwind.queued(agentNumber=number.e164, agentConfig={})
    after = read(address)
    told = {name: after[name] - before.get(name, 0) for name in after}
    assert told['dialtree_requests_total{method="POST",status="200"}'] == 3
    assert told['dialtree_requests_total{method="POST",status="401"}'] == 1
    assert told['dialtree_refusals_total{code="BAD_USER_INPUT"}'] == 1
    assert told['dialtree_refusals_total{code="UNAUTHENTICATED"}'] == 1
    assert told["dialtree_request_seconds_count"] == told['dialtree_request_seconds_bucket{le="+Inf"}'] == 4
    assert told["dialtree_points_total"] > 152
    assert told["dialtree_loader_batches_total"] >= 2
    assert sum(value for name, value in told.items() if name.startswith("dialtree_conversations{")) == 1
    served.stop()
    served.join()


def test_nothing_in_it_is_anybodys(measured: tuple[Served, str]) -> None:
    served, address = measured
    northwind = served.root()
    northwind.body("query Secret { nothing }")
    northwind.number()
    text = httpx.get(f"{address}/metrics").text
    for spilled in ("Secret", "nothing", "org_", "num_", "key_", "+1206", "Northwind"):
        assert spilled not in text
    assert httpx.get(f"{address}/graphql").status_code == 404
    assert served.http.get("/metrics").status_code == 404
    served.stop()
    served.join()


def test_a_port_that_is_taken_stops_the_start(measured: tuple[Served, str], tmp_path: Path) -> None:
    served, address = measured
    other = tmp_path / "other"
    other.mkdir()
    port = address.rpartition(":")[2]
    status, _, complaints = run(other, "serve", DIALTREE_PORT="0", DIALTREE_METRICS_PORT=port)
    assert status == 2
    assert complaints[-1].startswith(f"server.py: DIALTREE_METRICS_PORT={port} ")
    served.stop()
    served.join()


def test_readyz_answers_while_all_that_it_takes_is_there(installation: Installation) -> None:
    answer = installation.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    installation.file.unlink()
    gone = installation.http.get("/readyz")
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "1")
