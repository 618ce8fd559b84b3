"""Answers are kept until a table that they were read from changes: never older than what was acknowledged, nobody else's."""

import os
import threading
from collections.abc import Callable

import pytest

from models import Scope
from tests.conftest import Install
from tests.installation import Client, Json
from tests.processes import free_port
from tests.serving.test_metrics import read

NUMBERS = "{ phoneNumbers { totalCount nodes { e164 shareable trunk { name } outboundSlot { assignedAt } } } }"
AGENTS = "{ agents { nodes { id name } } }"
WHO = "{ viewer { organization { id } apiKey { id } } }"
TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
ROUNDS = 2000 if TORTURE else 100


def measured(install: Install, **settings: object) -> tuple[Client, Callable[[], dict[str, float]]]:
    """The admin of an installation, and what its metrics tell of kept answers."""
    port = free_port()
    installation = install(metrics_port=port, **settings)

    def told() -> dict[str, float]:
        found = read(f"http://127.0.0.1:{port}")
        return {name.removeprefix("dialtree_kept_answers_"): value for name, value in found.items() if "kept" in name}

    return installation.root(), told


def test_what_was_answered_is_answered_again_without_reading_it(northwind: Client, statements: list[str]) -> None:
    northwind.number()
    first = northwind(NUMBERS)
    statements.clear()
    assert northwind(NUMBERS) == first
    assert not [each for each in statements if "phone_number" in each]


def trunk_of(client: Client) -> str:
    identifier: str = client("{ trunks { nodes { id } } }")["trunks"]["nodes"][0]["id"]
    return identifier


@pytest.mark.parametrize(
    "change",
    [
        lambda client, number, _agent: client.do("setPhoneNumberShareable", "x: __typename", phoneNumberId=number.id, shareable=True),
        lambda client, _number, _agent: client.number(),
        lambda client, number, _agent: client.do("deletePhoneNumber", "deletedPhoneNumberId", phoneNumberId=number.id),
        lambda client, _number, _agent: client.do("updateTrunk", "x: __typename", trunkId=trunk_of(client), name="Renamed"),
        lambda client, number, agent: client.publish(client.version(agent), number, direction="OUTBOUND"),
        lambda client, number, _agent: client.installation.rows("UPDATE phone_number SET shareable = TRUE WHERE id = ?", number.id),
    ],
)  # fmt: skip
def test_after_each_change_the_answer_is_another(northwind: Client, change: Callable[..., object]) -> None:
    """The last of them is made by another process."""
    number, agent = northwind.number(), northwind.agent()
    before = [northwind(NUMBERS), northwind(NUMBERS)]
    change(northwind, number, agent)
    after = northwind(NUMBERS)
    assert before[0] == before[1] != after


def test_what_nobody_had_written_to_yet_is_seen_as_soon_as_somebody_has(northwind: Client) -> None:
    assert [northwind(NUMBERS)["phoneNumbers"]["totalCount"] for _ in range(2)] == [0, 0]
    northwind.number()
    assert northwind(NUMBERS)["phoneNumbers"]["totalCount"] == 1


def test_a_borrowed_number_goes_at_once(northwind: Client) -> None:
    child, number = northwind.child(), northwind.number(shareable=True)
    assert [child(NUMBERS)["phoneNumbers"]["totalCount"] for _ in range(2)] == [1, 1]
    northwind.do("setPhoneNumberShareable", "x: __typename", phoneNumberId=number.id, shareable=False)
    assert child(NUMBERS)["phoneNumbers"]["totalCount"] == 0


def test_nobody_is_told_what_another_was(northwind: Client) -> None:
    """Of the same organization with other scopes, of another organization, and of nobody at all."""
    northwind.number()
    other, reader = northwind.installation.root("Contoso"), northwind.with_scopes(Scope.PHONE_NUMBERS_READ)
    nobody = northwind.installation.client(None)
    for _ in range(2):
        assert northwind(NUMBERS)["phoneNumbers"]["nodes"][0]["trunk"]
        assert reader.post(NUMBERS).json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert other(NUMBERS)["phoneNumbers"]["totalCount"] == 0
        assert nobody.post(NUMBERS).status_code == 401
    told = [each(WHO)["viewer"]["apiKey"]["id"] for each in (northwind, reader, northwind, reader)]
    assert (told[:2], len(set(told))) == (told[2:], 2)


def asked(client: Client, document: str, name: str, e164: str) -> Json:
    sent = {"query": document, "operationName": name, "variables": {"e": e164}}
    answer = client.installation.http.post("/graphql", headers=client.headers, json=sent)
    return answer.json()["data"]["phoneNumber"]


def test_variables_and_operations_are_told_apart(northwind: Client) -> None:
    first, second = northwind.number(), northwind.number()
    ask = (
        "query A($e: String!) { phoneNumber(e164: $e) { e164 } } query B($e: String!) { phoneNumber(e164: $e) { id } }"
    )
    for _ in range(2):
        answers = [asked(northwind, ask, name, number.e164) for name in "AB" for number in (first, second)]
        assert answers == [{"e164": first.e164}, {"e164": second.e164}, {"id": first.id}, {"id": second.id}]


def test_a_refusal_is_told_again_and_an_error_is_asked_again(northwind: Client) -> None:
    ask = '{ previewOutboundNumber(input: {agentNumber: "+12065550177"}) { refusal { code } } }'
    first, again = northwind.post(ask), northwind.post(ask)
    assert first.json() == again.json()
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    broken = [northwind.post("{ phoneNumbers(first: 1, last: 1) { totalCount } }").json() for _ in range(2)]
    assert [each["errors"][0]["extensions"]["code"] for each in broken] == ["BAD_USER_INPUT"] * 2


def test_they_take_no_more_room_than_they_may(install: Install) -> None:
    client, told = measured(install, kept_answers_mb=1)
    for place in range(60):
        client(f"{{ phoneNumbers {{ totalCount }} }} # {'x' * 50_000} {place}")
    assert told()['total{what="kept"}'] == 60
    assert 500_000 < told()["bytes"] <= 1_000_000


def test_none_are_kept_where_the_operator_says_so(install: Install) -> None:
    client, told = measured(install, kept_answers_mb=0)
    assert client(NUMBERS) == client(NUMBERS)
    assert told() == {"bytes": 0}


class Race:
    """Somebody renames an agent, again and again, and others ask for its name meanwhile."""

    def __init__(self, writer: Client, readers: list[Client]) -> None:
        self.writer = writer
        self.readers = readers
        self.agent = writer.agent()
        self.acknowledged = 0
        self.stale: list[tuple[int, int]] = []
        self.asked = 0

    def write(self) -> None:
        for number in range(1, ROUNDS + 1):
            self.writer.do("updateAgent", "agent { name }", agentId=self.agent, name=str(number))
            self.acknowledged = number
        self.acknowledged = ROUNDS

    def read(self, client: Client) -> None:
        while True:
            least = self.acknowledged
            found = int(client(AGENTS)["agents"]["nodes"][0]["name"])
            self.asked += 1
            if found < least:
                self.stale.append((found, least))
            if least == ROUNDS:
                return

    def run(self) -> None:
        self.writer.do("updateAgent", "agent { name }", agentId=self.agent, name="0")
        threads = [threading.Thread(target=self.read, args=[client]) for client in self.readers]
        for each in threads:
            each.start()
        self.write()
        for each in threads:
            each.join()


@pytest.mark.torture
def test_nobody_is_told_what_was_before_an_acknowledged_change(northwind: Client) -> None:
    again = [northwind.installation.client(northwind.secret) for _ in range(3)]
    race = Race(northwind, again)
    race.run()
    assert race.asked >= ROUNDS / 10
    assert race.stale == []
