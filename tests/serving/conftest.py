"""Fixtures that several test files of serving share."""

from collections.abc import Iterator

import pytest

from tests.installation import Client, Installation
from tests.server_process import ServerProcess, run_server_in
from tests.serving.server_log import ServerLog


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that is a process of its own, so that all of its log can be read."""
    with run_server_in(tmp_path_factory.mktemp("logging"), DIALTREE_REQUEST_TIMEOUT_SECONDS="2") as server:
        assert server.http.get("/healthz").status_code == 200
        yield server


@pytest.fixture
def server_log(logging_server: ServerProcess) -> ServerLog:
    """What `logging_server` logs from now on."""
    return ServerLog(logging_server, len(logging_server.log.read_text()))


@pytest.fixture(scope="module")
def shared_northwind(shared_installation: Installation) -> Client:
    """The admin of an organization that the tests of a file share."""
    return shared_installation.root("Northwind")
