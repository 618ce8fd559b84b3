"""Test the quota of stored bytes: more is LIMIT_EXCEEDED, and what is stored is still answered."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from models.stored_bytes import LARGEST_BLOCK
from tests.campaigns.test_import import campaign_of, create_import, put
from tests.conftest import Install
from tests.databases import ON_POSTGRES, DatabaseForTests, Template
from tests.installation import Client, Installation, Number
from tests.operating.test_pruning import ENDED, ago
from tests.server_process import ServerProcess, run_server_in

CREATE = "createOutboundConversation"
PRUNED = "Removed {} conversations that ended more than 30 days ago, with 0 transfers."
FULL = [("LIMIT_EXCEEDED", None)]
# What is stored of each organization, in SQL that is not ours.
LENGTH = "octet_length(CAST({} AS text))" if ON_POSTGRES else "length(CAST({} AS BLOB))"
MEMBERS = "(SELECT count(*) FROM json_each(custom_metadata))"
SIZES = {
    "conversation": (
        ("agent_config", "resolution", "initial_context", "custom_metadata"),
        MEMBERS,
        "organization_id = ? AND engine_reference IS NULL",
    ),
    "agent_version": (("config",), "0", "organization_id = ?"),
    "contact": (("variables",), "0", "organization_id = ?"),
}


def stored(store: DatabaseForTests, organization_id: str) -> int:
    """Compute the stored bytes as docs/settings.md defines them."""
    total = 0
    for table, (columns, members, condition) in SIZES.items():
        size = " + ".join(f"coalesce({LENGTH.format(column)}, 0)" for column in columns)
        ((found,),) = store.rows(
            f"SELECT coalesce(sum(1000 + {size} + 200 * {members}), 0) FROM {table} WHERE {condition}",
            organization_id,
        )
        total += int(found)
    return total


def counted(store: DatabaseForTests, organization_id: str) -> int:
    ((found,),) = store.rows("SELECT bytes FROM stored_bytes WHERE organization_id = ?", organization_id)
    return int(found)


def call(number: Number, text: str = "", **more: Any) -> dict[str, Any]:
    return {"agentNumber": number.e164, "agentConfig": {}, "to": "+12065550199", "initialContext": text, **more}


def fill(client: Client, number: Number) -> list[str]:
    """Create conversations of about 12,000 bytes until one is refused."""
    made: list[str] = []
    while not (payload := client.call(**call(number, "ä" * 5000)))["userErrors"] and len(made) < 20:
        made.append(payload["conversation"]["id"])
    assert [each["code"] for each in payload["userErrors"]] == ["LIMIT_EXCEEDED"]
    assert "DIALTREE_MAX_STORED_BYTES" in payload["userErrors"][0]["message"]
    assert payload["resolution"]["agentNumber"] == number.e164
    assert payload["conversation"] is None
    return made


def test_who_is_full_stores_nothing_more_and_others_go_on(install: Install) -> None:
    installation = install(max_stored_bytes=100_000)
    northwind, contoso = installation.root("Northwind"), installation.root("Contoso")
    number, agent = northwind.number(), northwind.agent()
    draft = northwind.draft(agent)
    assert 6 <= len(fill(northwind, number)) <= 8
    before = installation.contents()
    assert northwind.refusals(CREATE, **call(number, "ä" * 5000)) == FULL
    large = {"text": "x" * 12_000}
    assert northwind.refusals("createAgentVersion", agentId=agent, config=large) == FULL
    assert northwind.refusals("updateAgentVersion", agentVersionId=draft, config=large) == FULL
    assert installation.contents() == before
    assert stored(installation.store, northwind.organization_id) <= 100_000
    contoso.create_queued(**call(contoso.number(), "ä" * 5000))


def test_the_last_byte_can_be_stored_and_none_beyond(install: Install) -> None:
    installation = install(max_stored_bytes=100_000)
    northwind = installation.root()
    number = northwind.number()
    fill(northwind, number)
    one = stored(installation.store, northwind.organization_id)
    northwind.create_queued(**call(number))
    smallest = stored(installation.store, northwind.organization_id) - one
    room = 100_000 - one - smallest
    while room >= smallest:  # the last one takes all that is left
        text = "x" * min(room - smallest, 5000)
        if room - smallest > 5000 and room - smallest - 5000 < smallest:
            text = "x" * 1000
        northwind.create_queued(**call(number, text))
        room -= smallest + len(text)
    assert (room, stored(installation.store, northwind.organization_id)) == (0, 100_000)
    assert northwind.refusals(CREATE, **call(number)) == FULL


def test_a_replay_is_answered_by_whoever_is_full(install: Install) -> None:
    northwind = install(max_stored_bytes=100_000).root()
    number = northwind.number()
    first = northwind.create_queued(**call(number, idempotencyKey="once"))["id"]
    northwind.version(northwind.agent(), number, direction="INBOUND")
    rung = northwind.route_inbound(number, idempotencyKey="rung")["id"]
    fill(northwind, number)
    again = northwind.call(**call(number, idempotencyKey="once"))
    assert (again["userErrors"], again["replayed"], again["conversation"]["id"]) == ([], True, first)
    while not (refused := northwind.refusals("routeInboundCall", calledNumber=number.e164)):
        pass
    assert refused == FULL
    assert northwind.route_inbound(number, idempotencyKey="rung")["id"] == rung


def test_what_a_draft_gives_up_can_be_stored_again(install: Install) -> None:
    northwind = install(max_stored_bytes=100_000).root()
    number, agent = northwind.number(), northwind.agent()
    sent = {"agentId": agent, "config": {"text": "x" * 50_000}}
    draft = northwind.mutate_successfully("createAgentVersion", "agentVersion { id }", **sent)["agentVersion"]["id"]
    fill(northwind, number)
    northwind.mutate_successfully("updateAgentVersion", "__typename", agentVersionId=draft, config={})
    assert len(fill(northwind, number)) == 4


def test_without_a_limit_nothing_is_refused_and_all_is_counted(install: Install) -> None:
    installation = install(max_stored_bytes=0)
    northwind = installation.root()
    northwind.create_queued(**call(northwind.number()))
    assert counted(installation.store, northwind.organization_id) == LARGEST_BLOCK


def test_a_server_that_stops_gives_back_what_it_did_not_store(install: Install) -> None:
    """Only what was stored counts, not what was refused or replayed."""
    installation = install()
    northwind, number = (client := installation.root()), client.number()
    northwind.create_queued(**call(number, "Grüße", metadata={"a": "ü", "b": []}, idempotencyKey="once"))
    northwind.call(**call(number, "Grüße", metadata={"a": "ü", "b": []}, idempotencyKey="once"))
    northwind.version(northwind.agent(), number, direction="INBOUND")
    northwind.route_inbound(number)
    assert northwind.refusals(CREATE, **call(number) | {"to": "nowhere"}) != []
    assert counted(installation.store, northwind.organization_id) == LARGEST_BLOCK
    installation.stop()
    installation.join()
    assert counted(installation.store, northwind.organization_id) == stored(
        installation.store, northwind.organization_id
    )


def test_what_is_pruned_makes_room_at_once_and_a_recount_frees_what_a_killed_server_had(tmp_path: Path) -> None:
    """A call that came in over a trunk does not count, so pruning it frees nothing."""
    with run_server_in(tmp_path, DIALTREE_MAX_STORED_BYTES="100000") as served:
        northwind, contoso = served.root("Northwind"), served.root("Contoso")
        number, organizations = northwind.number(), (northwind.organization_id, contoso.organization_id)
        contoso.draft(contoso.agent())
        served.kill()
        assert (lost := counted(served.store, contoso.organization_id)) > stored(served.store, contoso.organization_id)
        served.launch()
        made = fill(northwind, number)
        for each in made[:3]:
            served.rows(ENDED, ago(31), each)
        came_in(served, made[0])
        before, held = (measure(served.store, northwind.organization_id) for measure in (counted, stored))
        assert northwind.refusals(CREATE, **call(number, "ä" * 5000)) == FULL
        assert served.command("prune", "--older-than", "30")[1] == [PRUNED.format(4)]
        freed = held - stored(served.store, northwind.organization_id)
        assert freed > 30_000
        assert before - counted(served.store, northwind.organization_id) == freed
        assert counted(served.store, contoso.organization_id) == lost
        assert len(fill(northwind, number)) == 3
        assert served.command("prune", "--older-than", "30", "--recount")[1] == [PRUNED.format(0)]
        for each in organizations:
            assert counted(served.store, each) == stored(served.store, each)


def came_in(served: ServerProcess, like: str) -> None:
    """Copy a call as an ended one that came in over a trunk."""
    columns = served.store.columns_by_table()["conversation"]
    its = {"id": "'cnv_1'", "direction": "'INBOUND'", "engine_reference": "'1.1'", "idempotency_key": "NULL"}
    served.rows(
        f"INSERT INTO conversation ({', '.join(columns)})"
        f" SELECT {', '.join(its.get(name, name) for name in columns)} FROM conversation WHERE id = ?",
        like,
    )


def test_a_create_asks_for_a_block_once_and_then_not_of_the_database(
    installation: Installation, statements: list[str]
) -> None:
    """So that concurrent creates of one organization do not update the same row."""
    northwind = installation.root()
    number = northwind.number()
    statements.clear()
    northwind.create_queued(**call(number))
    assert len([each for each in statements if "stored_bytes" in each]) == 1
    statements.clear()
    for _ in range(5):
        northwind.create_queued(**call(number, "x" * 5000))
    assert [each for each in statements if "stored_bytes" in each] == []


@pytest.fixture
def two_servers(template: Template, tmp_path: Path) -> Any:
    """On PostgreSQL only; on SQLite, a file has one server."""
    store = template.copy_into(tmp_path)
    started = [Installation(store, max_stored_bytes=100_000) for _ in range(2 if ON_POSTGRES else 1)]
    yield started
    for server in started:
        server.stop()
    for server in started:
        server.join()
    store.close()


def test_servers_share_the_limit_and_never_go_beyond_it_together(two_servers: list[Installation]) -> None:
    northwind, *_ = [two_servers[0].root()]
    number, store = northwind.number(), two_servers[0].store

    def create(server: Installation) -> Callable[[], bool]:
        client = server.client(northwind.secret)
        return lambda: not client.refusals(CREATE, **call(number, "x" * 1000))

    works = [create(server) for server in two_servers * 30]
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda work: work(), works * (2 if len(two_servers) == 1 else 1)))
    assert 0 < sum(done) < len(done)
    one = stored(store, northwind.organization_id) // sum(done)
    # What one server has left of its last block, another cannot have: less than one of these, near the end.
    assert 100_000 - 2 * one < stored(store, northwind.organization_id) <= 100_000


def contact(line: int, **variables: str) -> dict[str, Any]:
    return {"e164": f"+1212{5550100 + line}", "variables": variables}


def test_contacts_count_and_a_recount_finds_them(tmp_path: Path) -> None:
    """A server that was killed gives back nothing of what it had leased."""
    with run_server_in(tmp_path) as served:
        client = served.root()
        campaign = campaign_of(client)
        for sent in ([contact(0, name="Grüße"), contact(1)], [contact(0, name="x" * 3000), contact(1)]):
            client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)
        path = create_import(client, campaign)
        assert put(client, path, "e164,name\n+12125550101,Ada\n+12125550102,Bob\nnone,\n").json()["accepted"] == 2
        counted_bytes = stored(served.store, client.organization_id)
        assert counted_bytes > 6000
        served.kill()
        served.launch()
        assert counted(served.store, client.organization_id) > counted_bytes
        served.command("prune", "--older-than", "30", "--recount")
        assert counted(served.store, client.organization_id) == counted_bytes


def test_a_server_that_stops_gives_back_what_contacts_did_not_take(install: Install) -> None:
    installation = install()
    client = installation.root()
    campaign = campaign_of(client)
    for sent in ([contact(0, name="Grüße"), contact(1)], [contact(0), contact(1), contact(0, name="Ada")]):
        client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)
    put(client, create_import(client, campaign), "e164,name\n+12125550100,\n+12125550102,Bob\n")
    installation.stop()
    installation.join()
    assert counted(installation.store, client.organization_id) == stored(installation.store, client.organization_id)


def test_contacts_of_who_is_full_are_refused(install: Install) -> None:
    installation = install(max_stored_bytes=100_000)
    client = installation.root()
    campaign = campaign_of(client)
    sent = [contact(line) for line in range(60)]
    client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=sent)
    before = installation.contents()["contact"]
    more = [contact(line) for line in range(60, 120)]
    assert client.refusals("addContacts", campaignId=campaign, contacts=more) == FULL
    path = create_import(client, campaign)
    answer = put(client, path, "e164\n" + "".join(f"{each['e164']}\n" for each in more))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "LIMIT_EXCEEDED")
    assert installation.contents()["contact"] == before
    client.mutate_successfully("addContacts", "accepted", campaignId=campaign, contacts=more[:10])
