"""Test that cached responses are never stale and never another key's."""

import os
import threading
from collections.abc import Callable

import pytest

from models import Scope
from tests.conftest import Install
from tests.installation import Client, Json
from tests.server_process import free_port
from tests.serving.test_metrics import read_metrics

NUMBERS_QUERY = "{ phoneNumbers { totalCount nodes { e164 shareable trunk { name } outboundSlot { assignedAt } } } }"
AGENTS_QUERY = "{ agents { nodes { id name } } }"
VIEWER_QUERY = "{ viewer { organization { id } apiKey { id } } }"
TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
ROUNDS = 2000 if TORTURE else 100


def install_with_metrics(install: Install, **settings: object) -> tuple[Client, Callable[[], dict[str, float]]]:
    """Return the admin of an installation, and a function that reads its metrics of the response cache."""
    port = free_port()
    installation = install(metrics_port=port, **settings)

    def read_cache_metrics() -> dict[str, float]:
        prefix, found = "dialtree_response_cache_", read_metrics(f"http://127.0.0.1:{port}")
        return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}

    return installation.root(), read_cache_metrics


def test_a_repeated_query_reads_nothing(northwind: Client, statements: list[str]) -> None:
    northwind.number()
    first = northwind(NUMBERS_QUERY)
    statements.clear()
    assert northwind(NUMBERS_QUERY) == first
    assert not [each for each in statements if "phone_number" in each]


def trunk_of(client: Client) -> str:
    identifier: str = client("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"]
    return identifier


@pytest.mark.parametrize(
    "change",
    [
        lambda client, number, _agent: client.mutate_successfully("setPhoneNumberShareable", "x: __typename", phoneNumberId=number.id, shareable=True),
        lambda client, _number, _agent: client.number(),
        lambda client, number, _agent: client.mutate_successfully("deletePhoneNumber", "deletedPhoneNumberId", phoneNumberId=number.id),
        lambda client, _number, _agent: client.mutate_successfully("updateTrunk", "x: __typename", trunkId=trunk_of(client), name="Renamed"),
        lambda client, number, agent: client.publish(client.version(agent), number, direction="OUTBOUND"),
        lambda client, number, _agent: client.installation.rows("UPDATE phone_number SET shareable = TRUE WHERE id = ?", number.id),
    ],
)  # fmt: skip
def test_after_each_change_the_answer_is_another(northwind: Client, change: Callable[..., object]) -> None:
    """The last change is made by another process."""
    number, agent = northwind.number(), northwind.agent()
    before = [northwind(NUMBERS_QUERY), northwind(NUMBERS_QUERY)]
    change(northwind, number, agent)
    after = northwind(NUMBERS_QUERY)
    assert before[0] == before[1] != after


def test_the_first_write_to_a_table_is_seen(northwind: Client) -> None:
    assert [northwind(NUMBERS_QUERY)["phoneNumbers"]["totalCount"] for _ in range(2)] == [0, 0]
    northwind.number()
    assert northwind(NUMBERS_QUERY)["phoneNumbers"]["totalCount"] == 1


def test_a_borrowed_number_goes_at_once(northwind: Client) -> None:
    child, number = northwind.child(), northwind.number(shareable=True)
    assert [child(NUMBERS_QUERY)["phoneNumbers"]["totalCount"] for _ in range(2)] == [1, 1]
    northwind.mutate_successfully("setPhoneNumberShareable", "x: __typename", phoneNumberId=number.id, shareable=False)
    assert child(NUMBERS_QUERY)["phoneNumbers"]["totalCount"] == 0


def test_keys_do_not_share_cached_responses(northwind: Client) -> None:
    """Keys of the same organization with other scopes, of another organization, and no key."""
    northwind.number()
    other, reader = northwind.installation.root("Contoso"), northwind.with_scopes(Scope.PHONE_NUMBERS_READ)
    nobody = northwind.installation.client(None)
    for _ in range(2):
        assert northwind(NUMBERS_QUERY)["phoneNumbers"]["nodes"][0]["trunk"]
        assert reader.post(NUMBERS_QUERY).json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert other(NUMBERS_QUERY)["phoneNumbers"]["totalCount"] == 0
        assert nobody.post(NUMBERS_QUERY).status_code == 401
    told = [each(VIEWER_QUERY)["viewer"]["apiKey"]["id"] for each in (northwind, reader, northwind, reader)]
    assert (told[:2], len(set(told))) == (told[2:], 2)


def ask_named(client: Client, document: str, name: str, e164: str) -> Json:
    sent = {"query": document, "operationName": name, "variables": {"e": e164}}
    answer = client.installation.http.post("/graphql", headers=client.headers, json=sent)
    return answer.json()["data"]["phoneNumber"]


def test_variables_and_operations_are_part_of_the_cache_key(northwind: Client) -> None:
    first, second = northwind.number(), northwind.number()
    ask = (
        "query A($e: String!) { phoneNumber(e164: $e) { e164 } } query B($e: String!) { phoneNumber(e164: $e) { id } }"
    )
    for _ in range(2):
        answers = [ask_named(northwind, ask, name, number.e164) for name in "AB" for number in (first, second)]
        assert answers == [{"e164": first.e164}, {"e164": second.e164}, {"id": first.id}, {"id": second.id}]


def test_user_errors_are_cached_and_errors_are_not(northwind: Client) -> None:
    ask = '{ previewOutboundNumber(input: {agentNumber: "+12065550177"}) { refusal { code } } }'
    first, again = northwind.post(ask), northwind.post(ask)
    assert first.json() == again.json()
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    broken = [northwind.post("{ phoneNumbers(first: 1, last: 1) { totalCount } }").json() for _ in range(2)]
    assert [each["errors"][0]["extensions"]["code"] for each in broken] == ["BAD_USER_INPUT"] * 2


def test_the_cache_has_a_maximum_size(install: Install) -> None:
    client, cache_metrics = install_with_metrics(install, response_cache_mb=1)
    for place in range(60):
        client(f"{{ phoneNumbers {{ totalCount }} }} # {'x' * 50_000} {place}")
    assert cache_metrics()['total{event="stored"}'] == 60
    assert 500_000 < cache_metrics()["bytes"] <= 1_000_000


def test_the_cache_can_be_switched_off(install: Install) -> None:
    client, cache_metrics = install_with_metrics(install, response_cache_mb=0)
    assert client(NUMBERS_QUERY) == client(NUMBERS_QUERY)
    assert cache_metrics() == {"bytes": 0}


class StaleReadRace:
    """Renames an agent again and again, while other clients read its name."""

    def __init__(self, writer: Client, readers: list[Client]) -> None:
        self.writer = writer
        self.readers = readers
        self.agent = writer.agent()
        self.acknowledged = 0
        self.stale_reads: list[tuple[int, int]] = []
        self.read_count = 0

    def write(self) -> None:
        for number in range(1, ROUNDS + 1):
            self.writer.mutate_successfully("updateAgent", "agent { name }", agentId=self.agent, name=str(number))
            self.acknowledged = number
        self.acknowledged = ROUNDS

    def read(self, client: Client) -> None:
        while True:
            least = self.acknowledged
            found = int(client(AGENTS_QUERY)["agents"]["nodes"][0]["name"])
            self.read_count += 1
            if found < least:
                self.stale_reads.append((found, least))
            if least == ROUNDS:
                return

    def run(self) -> None:
        self.writer.mutate_successfully("updateAgent", "agent { name }", agentId=self.agent, name="0")
        threads = [threading.Thread(target=self.read, args=[client]) for client in self.readers]
        for each in threads:
            each.start()
        self.write()
        for each in threads:
            each.join()


@pytest.mark.torture
def test_no_response_is_older_than_an_acknowledged_write(northwind: Client) -> None:
    again = [northwind.installation.client(northwind.secret) for _ in range(3)]
    race = StaleReadRace(northwind, again)
    race.run()
    assert race.read_count >= ROUNDS / 10
    assert race.stale_reads == []
