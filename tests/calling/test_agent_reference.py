"""Resolve agent references (R7): a table in the order of the checks, each flaw combined with a later one."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.installation import Client, Installation

MISSING = {"version": "ver_00000000000000000000000000", "agent": "agt_00000000000000000000000000"}


@dataclass(frozen=True)
class World:
    client: Client
    values: dict[str, str]

    def resolve_names(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: self.values.get(each, each) if isinstance(each, str) else each for name, each in fields.items()}


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    """An organization with agents in every state, and others around it with agents of their own."""
    northwind = shared_installation.root("Northwind")
    clinics = northwind.child("Harbor Clinics")
    others = {"parent": northwind, "child": clinics.child("Dental"), "stranger": shared_installation.root("Contoso")}
    named = {
        "number": clinics.number().e164,
        "missing_version": MISSING["version"],
        "missing_agent": MISSING["agent"],
        **{name: clinics.agent(name) for name in ("desk", "other", "retired", "retired_draft", "drafted")},
        **{f"{name}_agent": other.agent(name) for name, other in others.items()},
    }
    named |= {
        "desk_v1": clinics.version(named["desk"]),
        "desk_v2": clinics.version(named["desk"]),
        "desk_draft": clinics.draft(named["desk"]),
        "other_v1": clinics.version(named["other"]),
        "other_draft": clinics.draft(named["other"]),
        "retired_v1": clinics.version(named["retired"]),
        "retired_v2": clinics.draft(named["retired"]),
        "drafted_v1": clinics.draft(named["drafted"]),
        **{f"{name}_version": other.version(named[f"{name}_agent"]) for name, other in others.items()},
    }
    for agent in ("retired", "retired_draft"):
        clinics.mutate_successfully("updateAgent", "__typename", agentId=named[agent], active=False)
    return World(clinics, named)


CONFLICT = ("AGENT_REFERENCE_CONFLICT", ["agentConfig"])
NOT_TOGETHER = ("AGENT_REFERENCE_CONFLICT", ["agentVersionId"])
NO_VERSION = ("AGENT_VERSION_NOT_FOUND", ["agentVersionId"])
NO_AGENT = ("AGENT_NOT_FOUND", ["agentId"])
DRAFT = ("AGENT_VERSION_NOT_PUBLISHED", ["agentVersionId"])
NONE_PUBLISHED = ("AGENT_VERSION_NOT_PUBLISHED", ["agentId"])
SWITCHED_OFF = ("AGENT_INACTIVE", ["agentVersionId"])
SWITCHED_OFF_AGENT = ("AGENT_INACTIVE", ["agentId"])


@dataclass(frozen=True)
class Case:
    clause: str
    sent: dict[str, Any] = field(default_factory=dict)
    agent_version: str | None = None
    refusal: tuple[str, list[str]] | None = None


CASES = [
    Case("agentConfig beside a version", {"agentConfig": {}, "agentVersionId": "desk_v1"}, refusal=CONFLICT),
    Case("agentConfig beside an agent", {"agentConfig": {}, "agentId": "desk"}, refusal=CONFLICT),
    Case(
        "agentConfig beside another, before whose the other is",
        {"agentConfig": {}, "agentVersionId": "stranger_version", "agentId": ""},
        refusal=CONFLICT,
    ),
    *(
        Case(f"the version must be the acting organization's: {what}", {"agentVersionId": version}, refusal=NO_VERSION)
        for what, version in (
            ("missing", "missing_version"),
            ("malformed", "version 1"),
            ("blank", ""),
            ("of another kind", "desk"),
            ("the parent's", "parent_version"),
            ("a child's", "child_version"),
            ("a stranger's", "stranger_version"),
        )
    ),
    Case(
        "the version, then the agent",
        {"agentVersionId": "stranger_version", "agentId": "missing_agent"},
        refusal=NO_VERSION,
    ),
    *(
        Case(f"the agent must be the acting organization's: {what}", {"agentId": agent}, refusal=NO_AGENT)
        for what, agent in (
            ("missing", "missing_agent"),
            ("malformed", "agent 1"),
            ("blank", ""),
            ("of another kind", "desk_v1"),
            ("the parent's", "parent_agent"),
            ("a child's", "child_agent"),
            ("a stranger's", "stranger_agent"),
        )
    ),
    Case(
        "the agent's owner, before whether the version is published",
        {"agentVersionId": "desk_draft", "agentId": "parent_agent"},
        refusal=NO_AGENT,
    ),
    Case(
        "two that don't belong together",
        {"agentVersionId": "desk_v1", "agentId": "other"},
        refusal=NOT_TOGETHER,
    ),
    Case(
        "two that don't belong together, before whether the version is published",
        {"agentVersionId": "other_draft", "agentId": "desk"},
        refusal=NOT_TOGETHER,
    ),
    Case(
        "two that don't belong together, before whether the agent is active",
        {"agentVersionId": "desk_v1", "agentId": "retired"},
        refusal=NOT_TOGETHER,
    ),
    Case("a version must be published", {"agentVersionId": "desk_draft"}, refusal=DRAFT),
    Case(
        "a version must be published, beside its agent too",
        {"agentVersionId": "desk_draft", "agentId": "desk"},
        refusal=DRAFT,
    ),
    Case("a version must be published, before its agent active", {"agentVersionId": "retired_v2"}, refusal=DRAFT),
    Case("agentId alone, and none is published", {"agentId": "drafted"}, refusal=NONE_PUBLISHED),
    Case("agentId alone, before whether it is active", {"agentId": "retired_draft"}, refusal=NONE_PUBLISHED),
    Case("its agent active: the version's", {"agentVersionId": "retired_v1"}, refusal=SWITCHED_OFF),
    Case("its agent active: both sent", {"agentVersionId": "retired_v1", "agentId": "retired"}, refusal=SWITCHED_OFF),
    Case("its agent active: agentId alone", {"agentId": "retired"}, refusal=SWITCHED_OFF_AGENT),
    Case("an older version may be sent", {"agentVersionId": "desk_v1"}, agent_version="desk_v1"),
    Case(
        "agentId together with a version of that very agent is accepted",
        {"agentVersionId": "desk_v1", "agentId": "desk"},
        agent_version="desk_v1",
    ),
    Case(
        "agentId resolves to the published version with the highest number",
        {"agentId": "desk"},
        agent_version="desk_v2",
    ),
    Case("agentConfig alone", {"agentConfig": {"instructions": "Hello"}}),
]


def case_id(case: Case) -> str:
    return case.clause


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_r7_the_agent_that_speaks(world: World, case: Case) -> None:
    sent = {"agentNumber": world.values["number"]} | world.resolve_names(case.sent)
    stored = world.client.installation.contents()
    created, resolution = world.client.call(**sent), world.client.preview(**sent)
    assert created["resolution"] == resolution
    if case.refusal:
        assert (resolution["refusal"]["code"], resolution["refusal"]["field"]) == case.refusal
        assert (created["conversation"], resolution["agentVersion"]) == (None, None)
        assert world.client.installation.contents() == stored
    else:
        speaks = {"id": world.values[case.agent_version]} if case.agent_version else None
        assert resolution["refusal"] is None
        assert (created["conversation"]["agentVersion"], resolution["agentVersion"]) == (speaks, speaks)


@pytest.mark.parametrize(
    ("argument", "names"),
    [
        ("agentVersionId", ("missing_version", "parent_version", "child_version", "stranger_version", "no id", "")),
        ("agentId", ("missing_agent", "parent_agent", "child_agent", "stranger_agent", "no id", "")),
    ],
)
def test_r7_missing_malformed_and_foreign_are_told_in_the_same_words(
    world: World, argument: str, names: tuple[str, ...]
) -> None:
    answers = [world.client.preview(**world.resolve_names({argument: name})) for name in names]
    assert answers == answers[:1] * len(names)


@pytest.mark.parametrize("config", [[], ["no", "object"], "text", "", 0, 1.5, True, False])
def test_r7_an_agent_config_is_a_json_object(world: World, config: Any) -> None:
    stored = world.client.installation.contents()
    refusal = world.client.preview(agentConfig=config)["refusal"]
    assert (refusal["code"], refusal["field"]) == ("INVALID_INPUT", ["agentConfig"])
    assert world.client.call(agentConfig=config)["userErrors"] == [refusal]
    assert world.client.installation.contents() == stored


@pytest.mark.parametrize("config", [{}, {"b": [1, {"c": None}], "a": {"é": "✓", "": False}}, {"n": 0, "m": 1.5}])
def test_r7_an_agent_config_is_stored_as_given(world: World, config: dict[str, Any]) -> None:
    conversation = world.client.create_queued(agentConfig=config)
    assert world.client.conversation(conversation["id"])["agentConfig"] == config
    assert conversation["agentVersion"] is None
