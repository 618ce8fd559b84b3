"""Fill the disk: health reports it, nothing is acknowledged, all recovers."""

import resource
from pathlib import Path

import pytest

from tests.installation import Client
from tests.server_process import run_server_in

pytestmark = pytest.mark.sqlite

MAX_FILE_BYTES = 600_000
MAX_WRITES = 2000
CREATE = 'mutation { createAgent(input: {name: "Another"}) { agent { id } } }'


def test_health_says_that_the_disk_is_full_until_there_is_room_again(tmp_path: Path) -> None:
    """Limit the size of files, as a quota does."""
    with run_server_in(tmp_path) as served:
        northwind = served.root()
        assert served.http.get("/healthz").status_code == 200
        usual = resource.prlimit(served.server, resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, resource.RLIM_INFINITY))
        acknowledged = write_until_full(northwind)
        health = served.http.get("/healthz")
        assert (health.status_code, "disk" in health.json()["status"]) == (503, True)
        resource.prlimit(served.server, resource.RLIMIT_FSIZE, usual)
        assert served.http.get("/healthz").status_code == 200
        northwind.agent()
        assert northwind("{ agents { totalCount } }")["agents"]["totalCount"] == acknowledged + 1


def write_until_full(client: Client) -> int:
    """Create agents until one fails; return how many were acknowledged."""
    for acknowledged in range(MAX_WRITES):
        answer = client.post(CREATE)
        if answer.status_code != 200:
            assert answer.status_code == 503
            assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
            return acknowledged
    raise AssertionError("the disk is never full")
