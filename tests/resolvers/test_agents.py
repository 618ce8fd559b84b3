"""Test agents and their versions: drafts, copies, publishing, and the version an agent resolves to (R5, R7)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.installation import Client, Json

VERSION = "id number published publishedAt config createdAt agent { id }"
AGENT = f"id name active createdAt organization {{ id }} publishedVersion {{ {VERSION} }} versions {{ totalCount nodes {{ {VERSION} }} }}"
NO_ID = "00000000000000000000000000"


def _agent(client: Client, identifier: str) -> Json:
    return client(f"query($id: ID!) {{ node(id: $id) {{ ... on Agent {{ {AGENT} }} }} }}", id=identifier)["node"]


def _version(client: Client, agent: str, **fields: Any) -> Json:
    return client.mutate_successfully("createAgentVersion", f"agentVersion {{ {VERSION} }}", agentId=agent, **fields)[
        "agentVersion"
    ]


def test_a_new_agent_is_active_and_has_no_version(northwind: Client) -> None:
    made = northwind.mutate_successfully("createAgent", f"agent {{ {AGENT} }}", name="Front desk")["agent"]
    assert made == {
        "id": made["id"],
        "name": "Front desk",
        "active": True,
        "createdAt": made["createdAt"],
        "organization": {"id": northwind.organization_id},
        "publishedVersion": None,
        "versions": {"totalCount": 0, "nodes": []},
    }
    assert _agent(northwind, made["id"]) == made


def test_an_agent_is_renamed_and_switched_on_and_off_one_by_one(northwind: Client) -> None:
    agent = northwind.agent("Front desk", active=False)
    read = _agent(northwind, agent)
    assert read["active"] is False
    for changes in (
        {"name": "Reception"},
        {"active": True},
        {"name": "Desk", "active": False},
        {},
        {"name": None, "active": None},
    ):
        read |= {name: value for name, value in changes.items() if value is not None}
        assert (
            northwind.mutate_successfully("updateAgent", f"agent {{ {AGENT} }}", agentId=agent, **changes)["agent"]
            == read
        )


@pytest.mark.parametrize("name", ["", " ", "\n", "x" * 201, "with\0nul"])
def test_names_have_1_to_200_visible_characters(northwind: Client, name: str) -> None:
    agent = northwind.agent()
    stored = northwind.installation.contents()
    assert northwind.refusals("createAgent", name=name) == [("INVALID_INPUT", ["name"])]
    assert northwind.refusals("updateAgent", agentId=agent, name=name, active=False) == [("INVALID_INPUT", ["name"])]
    assert northwind.installation.contents() == stored


def test_r5_versions_are_drafts_numbered_within_their_agent(northwind: Client) -> None:
    agent, other = northwind.agent(), northwind.agent("Another")
    config = {"instructions": "Hello", "b": [1, {"c": None}], "a": "é ✓"}
    first = _version(northwind, agent, config=config)
    assert first == first | {
        "number": 1,
        "published": False,
        "publishedAt": None,
        "config": config,
        "agent": {"id": agent},
    }
    second = _version(northwind, agent, config={})
    assert (second["number"], second["config"]) == (2, {})
    assert _version(northwind, other, config={})["number"] == 1
    assert _agent(northwind, agent)["versions"] == {"totalCount": 2, "nodes": [second, first]}


def test_r5_versions_made_at_once_are_numbered_one_by_one(northwind: Client) -> None:
    agent = northwind.agent()
    with ThreadPoolExecutor(10) as together:
        numbers = together.map(lambda _: _version(northwind, agent, config={})["number"], range(10))
    assert sorted(numbers) == list(range(1, 11))


def test_r5_a_draft_can_be_changed_until_it_is_published(northwind: Client) -> None:
    draft = _version(northwind, northwind.agent(), config={"instructions": "Hello"})
    change: dict[str, Any] = {"agentVersionId": draft["id"], "config": {"instructions": "Good day"}}
    changed = northwind.mutate_successfully("updateAgentVersion", f"agentVersion {{ {VERSION} }}", **change)[
        "agentVersion"
    ]
    assert changed == draft | {"config": {"instructions": "Good day"}}
    northwind.publish(draft["id"])
    stored = northwind.installation.contents()
    refusals = northwind.refusals("updateAgentVersion", agentVersionId=draft["id"], config={})
    assert refusals == [("AGENT_VERSION_PUBLISHED", ["agentVersionId"])]
    assert northwind.installation.contents() == stored


def test_r5_base_version_id_copies_a_version_of_that_agent_draft_or_published(northwind: Client) -> None:
    agent = northwind.agent()
    base = _version(northwind, agent, config={"instructions": "Hello"})
    for number in (2, 3):
        copy = _version(northwind, agent, baseVersionId=base["id"])
        expected = {"number": number, "config": base["config"], "published": False, "publishedAt": None}
        assert copy == copy | expected
        northwind.publish(base["id"])
    change: dict[str, Any] = {"agentVersionId": copy["id"], "config": {"instructions": "Changed"}}
    northwind.mutate_successfully("updateAgentVersion", "__typename", **change)
    configs = [version["config"] for version in _agent(northwind, agent)["versions"]["nodes"]]
    assert configs == [{"instructions": "Changed"}, base["config"], base["config"]]


def test_r5_exactly_one_of_config_and_base_version_id(northwind: Client) -> None:
    agent = northwind.agent()
    base = northwind.draft(agent)
    stored = northwind.installation.contents()
    both: list[dict[str, Any]] = [
        {},
        {"config": None},
        {"baseVersionId": None},
        {"config": None, "baseVersionId": None},
        {"config": {}, "baseVersionId": base},
    ]
    for sent in both:
        refusals = northwind.refusals("createAgentVersion", agentId=agent, **sent)
        assert [code for code, _ in refusals] == ["INVALID_INPUT"], sent
    assert northwind.installation.contents() == stored


@pytest.mark.parametrize("config", [[], ["no", "object"], "text", "", 0, 1.5, True, False])
def test_r5_a_config_is_a_json_object(northwind: Client, config: Any) -> None:
    agent = northwind.agent()
    draft = northwind.draft(agent)
    stored = northwind.installation.contents()
    assert northwind.refusals("createAgentVersion", agentId=agent, config=config) == [("INVALID_INPUT", ["config"])]
    refusals = northwind.refusals("updateAgentVersion", agentVersionId=draft, config=config)
    assert refusals == [("INVALID_INPUT", ["config"])]
    assert northwind.installation.contents() == stored


def test_r5_a_base_version_must_be_the_agents_own(northwind: Client) -> None:
    agent, child = northwind.agent(), northwind.child()
    foreign = [northwind.version(northwind.agent("Another")), child.version(child.agent()), f"ver_{NO_ID}", agent, ""]
    stored = northwind.installation.contents()
    answers = [
        northwind.mutate("createAgentVersion", "__typename", agentId=agent, baseVersionId=each) for each in foreign
    ]
    errors = answers[0]["userErrors"]
    assert [(error["code"], error["field"]) for error in errors] == [("AGENT_VERSION_NOT_FOUND", ["baseVersionId"])]
    assert answers == answers[:1] * len(answers)
    assert northwind.installation.contents() == stored


def test_r7_the_published_version_is_the_published_one_with_the_highest_number(northwind: Client) -> None:
    agent = northwind.agent()
    first, second, third = (northwind.draft(agent) for _ in range(3))
    resolved = []
    for version in (second, first, third):
        northwind.publish(version)
        resolved.append(_agent(northwind, agent)["publishedVersion"]["id"])
    northwind.draft(agent)
    resolved.append(_agent(northwind, agent)["publishedVersion"]["id"])
    assert resolved == [second, second, third, third]


def test_r5_publishing_says_when_and_another_time_changes_nothing(northwind: Client) -> None:
    draft = _version(northwind, northwind.agent(), config={})
    selection = f"agentVersion {{ {VERSION} }} phoneNumbers {{ id }}"
    published = northwind.mutate_successfully("publishAgentVersion", selection, agentVersionId=draft["id"])
    when = published["agentVersion"]["publishedAt"]
    assert published["agentVersion"] == draft | {"published": True, "publishedAt": when}
    assert published["phoneNumbers"] == []
    assert when > draft["createdAt"]
    stored = northwind.installation.contents()
    assert northwind.mutate_successfully("publishAgentVersion", selection, agentVersionId=draft["id"]) == published
    assert northwind.installation.contents() == stored


def test_agents_and_versions_are_listed_newest_first_page_by_page(northwind: Client) -> None:
    agents = [northwind.agent(str(place)) for place in range(5)]
    northwind.child().agent()
    for size in (1, 2, 5):
        assert northwind.ids_of_all_pages("agents", size) == agents[::-1]
        assert northwind.ids_of_all_pages("agents", size, backwards=True) == agents[::-1]
    versions = {agent: [northwind.draft(agent) for _ in range(3)] for agent in agents[:2]}
    query = """query($after: String) { agents { nodes { id versions(first: 2, after: $after) {
      pageInfo { hasNextPage endCursor } totalCount nodes { id } } } } }"""
    first = {node["id"]: node["versions"] for node in northwind(query)["agents"]["nodes"]}
    for agent, made in versions.items():
        rest = {
            node["id"]: node["versions"]
            for node in northwind(query, after=first[agent]["pageInfo"]["endCursor"])["agents"]["nodes"]
        }
        pages = (first[agent], rest[agent])
        assert [node["id"] for page in pages for node in page["nodes"]] == made[::-1]
        assert [page["totalCount"] for page in pages] == [3, 3]
        assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, False]
    assert first[agents[4]] == {"pageInfo": {"hasNextPage": False, "endCursor": None}, "totalCount": 0, "nodes": []}
