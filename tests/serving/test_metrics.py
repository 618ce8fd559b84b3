"""Test the Prometheus metrics and `/readyz`."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM
from socket import socket as bsd_socket

import httpx
import pytest

from tests.conftest import Install
from tests.dialing.dialing_organization import LONG_AGO
from tests.installation import NO_AUTHORITIES, Installation
from tests.retrying import attempts
from tests.server_process import ServerProcess, free_port, run_command, run_server_in
from tests.serving.server_log import spoil
from tests.serving.subscribers import open_websocket, subscribe_over_sse, subscribe_over_websocket

SUBSCRIPTION = "subscription { phoneNumbersUpdated { phoneNumberId } }"


@pytest.fixture
def server_with_metrics(tmp_path: Path) -> Iterator[tuple[ServerProcess, str]]:
    port = free_port()
    with run_server_in(tmp_path, DIALTREE_METRICS_PORT=str(port), DIALTREE_HOST="0.0.0.0") as served:  # noqa: S104
        assert served.http.get("/healthz").status_code == 200
        yield served, f"http://127.0.0.1:{port}"


def read_metrics(address: str) -> dict[str, float]:
    """Return the samples by name and labels, and check that each family has HELP and TYPE lines."""
    answer = httpx.get(f"{address}/metrics", verify=NO_AUTHORITIES)
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


BLOCKED_CALLS = 'dialtree_calls_ended_total{end_reason="BLOCKED"}'


def wait_for_metrics(address: str, happened: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """Read the metrics until `happened` is true of them."""
    for _ in attempts():
        if happened(told := read_metrics(address)):
            return told
    raise AssertionError("it does not happen")


def test_what_happened_is_counted(server_with_metrics: tuple[ServerProcess, str]) -> None:
    served, address = server_with_metrics
    northwind = served.root()
    number = northwind.number()
    before = read_metrics(address)
    northwind("{ phoneNumbers { nodes { trunk { id } organization { id } } } }")
    northwind.body("{ trunks(first: 0) { totalCount } }")
    served.client(None).post("{ viewer { scopes } }")
    northwind.create_queued(agentNumber=number.e164, agentConfig={})
    after = read_metrics(address)
    told = {name: after[name] - before.get(name, 0) for name in after}
    assert told['dialtree_http_requests_total{method="POST",status="200"}'] == 3
    assert told['dialtree_http_requests_total{method="POST",status="401"}'] == 1
    assert told['dialtree_errors_total{code="BAD_USER_INPUT"}'] == 1
    assert told['dialtree_errors_total{code="UNAUTHENTICATED"}'] == 1
    assert (
        told["dialtree_http_request_duration_seconds_count"]
        == told['dialtree_http_request_duration_seconds_bucket{le="+Inf"}']
        == 4
    )
    assert told["dialtree_points_total"] > 152
    assert told["dialtree_dataloader_batches_total"] >= 2
    assert after['dialtree_calls{state="queued"}'] == 1
    assert after['dialtree_calls{state="live"}'] == 0


def test_calls_are_counted_as_they_end_and_stay_so(server_with_metrics: tuple[ServerProcess, str]) -> None:
    served, address = server_with_metrics
    northwind = served.root()
    lent = northwind.number(shareable=True)
    child = northwind.child()
    child.create_queued(agentNumber=lent.e164, agentConfig={})
    northwind.share(lent, shareable=False)
    for _ in range(2):
        queued = northwind.create_queued(agentNumber=lent.e164, agentConfig={})
        northwind.mutate_successfully("hangUpConversation", "__typename", conversationId=queued["id"])
    northwind.version(northwind.agent(), lent, direction="INBOUND")
    rung = northwind.route_inbound(lent)
    assert read_metrics(address)['dialtree_calls{state="live"}'] == 1
    northwind.mutate_successfully(
        "reportInboundCall", "__typename", conversationId=rung["id"], status="UNANSWERED", endReason="BUSY"
    )
    ended = {
        'dialtree_calls_ended_total{end_reason="NUMBER_NO_LONGER_AVAILABLE"}': 1,
        'dialtree_calls_ended_total{end_reason="CANCELLED"}': 2,
        'dialtree_calls_ended_total{end_reason="BUSY"}': 1,
    }
    assert read_metrics(address).items() >= ended.items()
    served.rows("DELETE FROM conversation")  # as prune does, in time
    assert read_metrics(address).items() >= ended.items()


def test_what_the_dialer_ends_is_counted(tmp_path: Path) -> None:
    """A private address of a carrier is refused, which ends the call."""
    port = free_port()
    with run_server_in(tmp_path, DIALTREE_METRICS_PORT=str(port), DIALTREE_DIALING="on") as served:
        northwind = served.root()
        number = northwind.number(trunk=northwind.sealed_trunk("hunter2", "127.0.0.1"))
        northwind.create_queued(agentNumber=number.e164, agentConfig={})
        told = wait_for_metrics(f"http://127.0.0.1:{port}", lambda told: BLOCKED_CALLS in told)
        assert told[BLOCKED_CALLS] == 1


async def test_open_sockets_and_subscriptions_are_counted(server_with_metrics: tuple[ServerProcess, str]) -> None:
    served, address = server_with_metrics
    northwind = served.root()
    number = northwind.number()

    def probe() -> str:
        northwind.share(number, not northwind(SHAREABLE_QUERY, id=number.id)["node"]["shareable"])
        return number.id

    async with (
        subscribe_over_sse(northwind, SUBSCRIPTION) as one,
        subscribe_over_websocket(northwind, SUBSCRIPTION) as two,
        open_websocket(northwind),
    ):
        await one.wait_until_subscribed(probe)
        await two.wait_until_subscribed(probe)
        told = read_metrics(address)
        assert told['dialtree_open{kind="subscriptions"}'] == 2
        assert told['dialtree_open{kind="websockets"}'] == 2
    told = wait_for_metrics(address, lambda told: 'dialtree_open{kind="subscriptions"}' not in told)
    assert told["dialtree_websocket_operations_total"] == 1


SHAREABLE_QUERY = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { shareable } } }"


def test_metrics_are_served_on_the_loopback_address_by_default(
    server_with_metrics: tuple[ServerProcess, str],
) -> None:
    """The API is served on every address, the metrics on one."""
    _, address = server_with_metrics
    elsewhere = address.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{elsewhere}/metrics")


def test_metrics_contain_no_data_of_customers(server_with_metrics: tuple[ServerProcess, str]) -> None:
    served, address = server_with_metrics
    northwind = served.root()
    northwind.body("query Secret { nothing }")
    northwind.number()
    text = httpx.get(f"{address}/metrics").text
    for spilled in ("Secret", "nothing", "org_", "num_", "key_", "+1206", "Northwind"):
        assert spilled not in text
    assert httpx.get(f"{address}/graphql").status_code == 404
    assert served.http.get("/metrics").status_code == 404


def test_a_port_that_is_taken_stops_the_start(server_with_metrics: tuple[ServerProcess, str], tmp_path: Path) -> None:
    _, address = server_with_metrics
    other = tmp_path / "other"
    other.mkdir()
    port = address.rpartition(":")[2]
    status, _, complaints = run_command(other, "serve", DIALTREE_PORT="0", DIALTREE_METRICS_PORT=port)
    assert status == 2
    assert complaints[-1].startswith(f"server.py: DIALTREE_METRICS_PORT={port} ")


@pytest.mark.sqlite
def test_readyz_answers_while_all_that_it_takes_is_there(installation: Installation) -> None:
    answer = installation.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    installation.file.unlink()
    gone = installation.http.get("/readyz")
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "1")


def test_readyz_waits_for_the_port_that_inbound_calls_arrive_at(install: Install) -> None:
    with bsd_socket(AF_INET, SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        http = install(dialing="on", sip_listen=listen).http
        answer = http.get("/readyz")
        fault = f"inbound calls cannot arrive: nothing of this server listens on {listen}; is the port taken?"
        assert (answer.status_code, answer.json()) == (503, {"status": fault})
        assert http.get("/healthz").status_code == 200
    for _ in attempts():
        if (answer := http.get("/readyz")).status_code == 200:
            break
    assert answer.json() == {"status": "ok"}


def test_readyz_says_that_calls_are_not_placed_any_more(install: Install) -> None:
    """The worker that dials fails on a row that no version of ours wrote."""
    client = install().root("Northwind")
    number = client.number()
    client.version(client.agent(), number, direction="INBOUND")
    spoiled = f"UPDATE conversation SET created_at = '{LONG_AGO}', end_reason = 'sentinel4711' WHERE id = :call"
    spoil(client.installation, spoiled, {"call": client.route_inbound(number)["id"]})
    url = client.installation.settings.database_url
    dialing = install(database_url=url, dialing="on").http
    answer = dialing.get("/readyz")
    for _ in attempts():
        if answer.status_code != 200:
            break
        answer = dialing.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "placing calls has stopped: restart the server"})
    assert dialing.get("/healthz").status_code == 200
