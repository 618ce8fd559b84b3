"""What Prometheus reads: counted as it happened, on a port of its own, with nothing in it of anybody's."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.calling.line import LONG_AGO
from tests.conftest import Install
from tests.installation import Installation
from tests.processes import Served, free_port, run, served_in
from tests.serving.following import over_events, over_socket, socket
from tests.serving.test_bugs import spoil

FOLLOW = "subscription { phoneNumbersUpdated { phoneNumberId } }"


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[tuple[Served, str]]:
    port = free_port()
    with served_in(tmp_path, DIALTREE_METRICS_PORT=str(port), DIALTREE_HOST="0.0.0.0") as served:  # noqa: S104
        assert served.http.get("/healthz").status_code == 200
        yield served, f"http://127.0.0.1:{port}"


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


BLOCKED = 'dialtree_calls_ended_total{end_reason="BLOCKED"}'


def until(address: str, happened: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """What is told once something has happened of which nobody is told otherwise."""
    for _ in range(5000):
        if happened(told := read(address)):
            return told
    raise AssertionError("it does not happen")


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
    assert after['dialtree_calls{state="queued"}'] == 1
    assert after['dialtree_calls{state="live"}'] == 0


def test_calls_are_counted_as_they_end_and_stay_so(measured: tuple[Served, str]) -> None:
    served, address = measured
    northwind = served.root()
    lent = northwind.number(shareable=True)
    child = northwind.child()
    child.queued(agentNumber=lent.e164, agentConfig={})
    northwind.share(lent, shareable=False)
    for _ in range(2):
        queued = northwind.queued(agentNumber=lent.e164, agentConfig={})
        northwind.do("hangUpConversation", "__typename", conversationId=queued["id"])
    northwind.version(northwind.agent(), lent, direction="INBOUND")
    rung = northwind.rung(lent)
    assert read(address)['dialtree_calls{state="live"}'] == 1
    northwind.do("reportInboundCall", "__typename", conversationId=rung["id"], status="UNANSWERED", endReason="BUSY")
    ended = {
        'dialtree_calls_ended_total{end_reason="NUMBER_NO_LONGER_AVAILABLE"}': 1,
        'dialtree_calls_ended_total{end_reason="CANCELLED"}': 2,
        'dialtree_calls_ended_total{end_reason="BUSY"}': 1,
    }
    assert read(address).items() >= ended.items()
    served.rows("DELETE FROM conversation")  # as prune does, in time
    assert read(address).items() >= ended.items()


def test_what_the_dialer_ends_is_counted(tmp_path: Path) -> None:
    """Private addresses are refused, which ends the call."""
    port = free_port()
    with served_in(tmp_path, DIALTREE_METRICS_PORT=str(port), DIALTREE_DIALING="on") as served:
        northwind = served.root()
        number = northwind.number(trunk=northwind.sealed_trunk("hunter2", "127.0.0.1"))
        northwind.queued(agentNumber=number.e164, agentConfig={})
        told = until(f"http://127.0.0.1:{port}", lambda told: BLOCKED in told)
        assert told[BLOCKED] == 1


async def test_what_is_held_open_is_told(measured: tuple[Served, str]) -> None:
    served, address = measured
    northwind = served.root()
    number = northwind.number()

    def probe() -> str:
        northwind.share(number, not northwind(SHARED, id=number.id)["node"]["shareable"])
        return number.id

    async with over_events(northwind, FOLLOW) as one, over_socket(northwind, FOLLOW) as two, socket(northwind):
        await one.ready(probe)
        await two.ready(probe)
        told = read(address)
        assert told['dialtree_open{what="subscriptions"}'] == 2
        assert told['dialtree_open{what="sockets"}'] == 2
    told = until(address, lambda told: 'dialtree_open{what="subscriptions"}' not in told)
    assert told["dialtree_socket_operations_total"] == 1


SHARED = "query($id: ID!) { node(id: $id) { ... on PhoneNumber { shareable } } }"


def test_it_is_told_on_this_machine_alone_unless_somebody_says_so(measured: tuple[Served, str]) -> None:
    """The API is served on every address here, the metrics on one."""
    _, address = measured
    elsewhere = address.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{elsewhere}/metrics")


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


def test_a_port_that_is_taken_stops_the_start(measured: tuple[Served, str], tmp_path: Path) -> None:
    _, address = measured
    other = tmp_path / "other"
    other.mkdir()
    port = address.rpartition(":")[2]
    status, _, complaints = run(other, "serve", DIALTREE_PORT="0", DIALTREE_METRICS_PORT=port)
    assert status == 2
    assert complaints[-1].startswith(f"server.py: DIALTREE_METRICS_PORT={port} ")


@pytest.mark.sqlite
def test_readyz_answers_while_all_that_it_takes_is_there(installation: Installation) -> None:
    answer = installation.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    installation.file.unlink()
    gone = installation.http.get("/readyz")
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "1")


def test_readyz_says_that_calls_are_not_placed_any_more(install: Install) -> None:
    """What places calls stumbles over a row that no version of ours wrote, and ends."""
    client = install().root("Northwind")
    number = client.number()
    client.version(client.agent(), number, direction="INBOUND")
    spoiled = f"UPDATE conversation SET created_at = '{LONG_AGO}', end_reason = 'sentinel4711' WHERE id = :call"
    spoil(client.installation, spoiled, {"call": client.rung(number)["id"]})
    url = client.installation.settings.database_url
    dialing = install(database_url=url, dialing="on").http
    answer = dialing.get("/readyz")
    for _ in range(5000):
        if answer.status_code != 200:
            break
        answer = dialing.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "placing calls has stopped: restart the server"})
    assert dialing.get("/healthz").status_code == 200
