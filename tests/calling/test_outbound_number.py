"""How the outbound number is chosen (R8) and explained (R9): one table of named cases, asked by the dry run and created.

A case's name is the sentence of the reference page, or the clause of the design, that it holds us to.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.installation import Client, Installation, Json, Number

RULES = ["AGENT_NUMBER", "AGENT_VERSION", "AGENT", "FALLBACK"]
UNKNOWN_NUMBER = "+12065559999"
PREMIUM = "+19005551234"


class World:
    """Organizations by name, and E.164 numbers and ids by the names that the cases call them."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.clients: dict[str, Client] = {}
        self.named: dict[str, str] = {}

    def organization(self, name: str, client: Client) -> Client:
        self.clients[name] = client
        self.named[name] = client.organization_id
        return client

    def number(self, name: str, owner: Client, trunk: str, *, shareable: bool = False) -> Number:
        number = owner.number(trunk=trunk, shareable=shareable)
        self.named[name] = number.e164
        return number

    def agent(self, name: str, owner: Client) -> str:
        self.named[name] = owner.agent(name)
        return self.named[name]

    def version(self, name: str, owner: Client, *numbers: Number, direction: str = "OUTBOUND") -> str:
        """The next version of the agent that `name` begins with, as in desk_v1."""
        agent = self.named[name.rpartition("_")[0]]
        self.named[name] = owner.version(agent, *numbers, direction=direction)
        return self.named[name]

    def twin(self, name: str, number: Number) -> None:
        """Equal to `number` in owner, trunk, slots and times, with a smaller id, though it was stored later."""
        same = (
            "organization_id, trunk_id, shareable, inbound_agent_version_id, inbound_assigned_at,"
            " outbound_agent_version_id, outbound_assigned_at, created_at, updated_at"
        )
        self.named[name] = self.installation.new_number()
        self.installation.rows(
            f"INSERT INTO phone_number (id, e164, {same}) SELECT ?, ?, {same} FROM phone_number WHERE id = ?",
            f"num_{len(self.named):026}",
            self.named[name],
            number.id,
        )

    def sent(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: self.named.get(each, each) if isinstance(each, str) else each for name, each in fields.items()}


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    world = World(shared_installation)
    northwind = world.organization("northwind", shared_installation.root("Northwind"))
    clinics = world.organization("clinics", northwind.child("Harbor Clinics"))
    dental = world.organization("dental", clinics.child("Harbor Dental"))
    _shares(world, northwind)
    _stranger(world, world.organization("contoso", shared_installation.root("Contoso")))
    _binds(world, clinics)
    _borrows(world, dental)
    _cannot_dial(world, world.organization("kiosk", northwind.child("Kiosk")))
    _falls_back(world, world.organization("shop", northwind.child("Shop")))
    _has_no_empty_slot(world, world.organization("full", northwind.child("Full house")))
    _has_many(world, world.organization("crowd", northwind.child("Crowd")))
    return world


def _shares(world: World, northwind: Client) -> None:
    carrier, mute = northwind.trunk(), northwind.trunk(outbound=False)
    shared = world.number("shared", northwind, carrier, shareable=True)
    world.number("shared_mute", northwind, mute, shareable=True)
    world.number("unshared", northwind, carrier)
    world.agent("concierge", northwind)
    world.version("concierge_v1", northwind, shared)


def _stranger(world: World, contoso: Client) -> None:
    world.number("stranger", contoso, contoso.trunk(), shareable=True)
    world.agent("sales", contoso)
    world.version("sales_v1", contoso)


def _binds(world: World, clinics: Client) -> None:
    carrier, mute = clinics.trunk(), clinics.trunk(outbound=False)
    for name in ("desk_number", "free", "front", "retired_number", "split_old", "split_new", "highest_number"):
        world.number(name, clinics, carrier)
    numbers = {name: Number("", e164) for name, e164 in world.named.items()}
    for agent in ("desk", "retired", "split", "highest", "unbound", "drafted", "stuck", "moved", "many"):
        world.agent(agent, clinics)
    world.number("own_mute", clinics, mute)
    world.version("desk_v1", clinics, numbers["desk_number"])
    world.version("retired_v1", clinics, numbers["retired_number"])
    clinics.do("updateAgent", "__typename", agentId=world.named["retired"], active=False)
    world.version("split_v1", clinics, numbers["split_old"])
    world.version("split_v2", clinics, numbers["split_new"])
    world.version("unbound_v1", clinics, numbers["front"], direction="INBOUND")
    world.named["drafted_v1"] = clinics.draft(world.named["drafted"])
    world.version("stuck_v1", clinics, world.number("stuck_mute", clinics, mute))
    _publishes_the_older_version_last(world, clinics, numbers["highest_number"])
    _moves_on(world, clinics, carrier, mute)
    _binds_several(world, clinics, carrier, mute)


def _publishes_the_older_version_last(world: World, clinics: Client, number: Number) -> None:
    first, second = (clinics.draft(world.named["highest"]) for _ in range(2))
    world.named["highest_v2"] = clinics.publish(second, number)
    world.named["highest_v1"] = clinics.publish(first)
    world.named["highest_v3"] = clinics.draft(world.named["highest"])


def _moves_on(world: World, clinics: Client, carrier: str, mute: str) -> None:
    """Version drift: numbers still hold version 1, version 2 is published to none."""
    moved_mute = world.number("moved_mute", clinics, mute)
    moved_later, moved_sooner = (world.number(name, clinics, carrier) for name in ("moved_later", "moved_sooner"))
    version = world.version("moved_v1", clinics, moved_mute)
    clinics.publish(version, moved_sooner)
    clinics.publish(version, moved_later)
    world.version("moved_v2", clinics)


def _binds_several(world: World, clinics: Client, carrier: str, mute: str) -> None:
    many_mute, many_third, many_first = (
        world.number(name, clinics, trunk)
        for name, trunk in (("many_mute", mute), ("many_third", carrier), ("many_first", carrier))
    )
    version = world.version("many_v1", clinics, many_mute)
    clinics.publish(version, many_first)
    clinics.publish(version, many_third)
    world.twin("many_second", many_third)


def _borrows(world: World, dental: Client) -> None:
    world.agent("recall", dental)
    world.version("recall_v1", dental)


def _cannot_dial(world: World, kiosk: Client) -> None:
    world.number("kiosk_mute", kiosk, kiosk.trunk(outbound=False))
    world.agent("greeter", kiosk)
    world.version("greeter_v1", kiosk)


def _falls_back(world: World, shop: Client) -> None:
    carrier = shop.trunk()
    world.number("shop_mute", shop, shop.trunk(outbound=False))
    taken, _, third = (world.number(name, shop, carrier) for name in ("shop_taken", "shop_first", "shop_third"))
    world.twin("shop_second", third)
    world.agent("seller", shop)
    world.version("seller_v1", shop, taken)
    world.version("seller_v2", shop)
    world.agent("helper", shop)
    world.version("helper_v1", shop)


def _has_no_empty_slot(world: World, full: Client) -> None:
    carrier = full.trunk()
    older, newer = (world.number(name, full, carrier) for name in ("full_older", "full_newer"))
    world.agent("guard", full)
    version = world.version("guard_v1", full, newer)
    full.publish(version, older)


def _has_many(world: World, crowd: Client) -> None:
    carrier = crowd.trunk()
    numbers = [world.number(f"crowd_{place}", crowd, carrier) for place in range(23)]
    world.agent("usher", crowd)
    world.version("usher_v1", crowd, *numbers)
    world.agent("porter", crowd)
    world.version("porter_v1", crowd)


@dataclass(frozen=True)
class Case:
    """What is sent and answered, in the world's names. `weighed`: the candidates of each step that has some, in order;
    of a step that chose, the first is the number."""

    sentence: str
    asking: str
    sent: dict[str, Any]
    verdicts: str
    weighed: dict[str, str] = field(default_factory=dict)
    agent: str | None = None
    refusal: tuple[str, list[str] | None] | None = None

    @property
    def decided_by(self) -> str | None:
        deciding = [
            rule for rule, verdict in zip(RULES, self.verdicts.split(), strict=True) if verdict in ("CHOSEN", "REFUSED")
        ]
        return deciding[-1] if deciding else None

    @property
    def number(self) -> str | None:
        chosen = [
            self.weighed[rule].split()[0]
            for rule, verdict in zip(RULES, self.verdicts.split(), strict=True)
            if verdict == "CHOSEN"
        ]
        return chosen[-1] if chosen else None


SHOP = "shop_first shop_second shop_third shop_taken"

CASES = [
    # ------------------------------------------------------------------------------------------- step 1: agentNumber
    Case(
        "agent_number: that exact number, if your org owns it",
        "clinics",
        {"agentNumber": "free", "agentVersionId": "desk_v1"},
        "CHOSEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "free"},
        agent="desk_v1",
    ),
    Case(
        "agent_number: or it is shared with you",
        "clinics",
        {"agentNumber": "shared", "agentVersionId": "desk_v1"},
        "CHOSEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "shared"},
        agent="desk_v1",
    ),
    Case(
        "its owner is an ancestor of the calling org, two levels up",
        "dental",
        {"agentNumber": "shared", "agentId": "recall"},
        "CHOSEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        {"AGENT_NUMBER": "shared"},
        agent="recall_v1",
    ),
    Case(
        "a descendant must supply its own agent: agent_config",
        "dental",
        {"agentNumber": "shared", "agentConfig": {"instructions": "Hello"}},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "shared"},
    ),
    *(
        Case(
            f"a number that is {what} resolves as not found",
            asking,
            {"agentNumber": number, "agentConfig": {}},
            "REFUSED NOT_GIVEN NOT_GIVEN NOT_REACHED",
            refusal=("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
        )
        for what, asking, number in (
            ("non-shareable", "clinics", "unshared"),
            ("owned by an unrelated org", "clinics", "stranger"),
            ("unknown", "clinics", UNKNOWN_NUMBER),
            ("owned by a child", "northwind", "free"),
            ("owned by a sibling", "kiosk", "free"),
        )
    ),
    Case(
        "an explicit reference is authoritative: allowFallback is for steps 2 and 3",
        "clinics",
        {"agentNumber": "unshared", "agentVersionId": "desk_v1", "agentId": "desk", "allowFallback": True},
        "REFUSED NOT_REACHED NOT_REACHED NOT_REACHED",
        refusal=("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
    ),
    Case(
        "the first step that is given decides: agentNumber before a version that is bound elsewhere",
        "clinics",
        {"agentNumber": "split_old", "agentVersionId": "split_v2", "agentId": "split", "allowFallback": True},
        "CHOSEN NOT_REACHED NOT_REACHED NOT_REACHED",
        {"AGENT_NUMBER": "split_old"},
        agent="split_v2",
    ),
    Case(
        "else, where agentNumber named an owned number, the version in its outbound slot",
        "clinics",
        {"agentNumber": "desk_number"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "desk_number"},
        agent="desk_v1",
    ),
    Case(
        "the version in its outbound slot, even where the agent has a newer one",
        "clinics",
        {"agentNumber": "split_old"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "split_old"},
        agent="split_v1",
    ),
    Case(
        "else AGENT_REQUIRED: the outbound slot is empty, the inbound one does not count",
        "clinics",
        {"agentNumber": "front"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "front"},
        refusal=("AGENT_REQUIRED", None),
    ),
    Case(
        "it cannot reuse the owner's bound outbound agent",
        "clinics",
        {"agentNumber": "shared"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "shared"},
        refusal=("AGENT_REQUIRED", None),
    ),
    Case(
        "the version in its outbound slot (AGENT_INACTIVE applies)",
        "clinics",
        {"agentNumber": "retired_number"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "retired_number"},
        refusal=("AGENT_INACTIVE", ["agentNumber"]),
    ),
    Case(
        "then the agent: the one given, whoever is in the slot",
        "clinics",
        {"agentNumber": "retired_number", "agentId": "desk"},
        "CHOSEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        {"AGENT_NUMBER": "retired_number"},
        agent="desk_v1",
    ),
    Case(
        "the resolved number must have a trunk with an outbound configuration, or creation fails",
        "clinics",
        {"agentNumber": "own_mute", "agentVersionId": "desk_v1", "allowFallback": True},
        "CHOSEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "own_mute"},
        refusal=("NO_OUTBOUND_CONFIGURATION", None),
    ),
    Case(
        "a shared number's trunk must have one too",
        "clinics",
        {"agentNumber": "shared_mute", "agentVersionId": "desk_v1"},
        "CHOSEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "shared_mute"},
        refusal=("NO_OUTBOUND_CONFIGURATION", None),
    ),
    # ---------------------------------------------------------------------------- steps 2 and 3: the agent's numbers
    Case(
        "agent_version_id: the number whose outbound slot points at that version",
        "clinics",
        {"agentVersionId": "desk_v1"},
        "NOT_GIVEN CHOSEN NOT_GIVEN NOT_REACHED",
        {"AGENT_VERSION": "desk_number"},
        agent="desk_v1",
    ),
    Case(
        "agent_id: the number bound to that agent's resolved version on its outbound slot",
        "clinics",
        {"agentId": "desk"},
        "NOT_GIVEN NOT_GIVEN CHOSEN NOT_REACHED",
        {"AGENT": "desk_number"},
        agent="desk_v1",
    ),
    Case(
        "agentId alone resolves to the published version with the highest number",
        "clinics",
        {"agentId": "highest"},
        "NOT_GIVEN NOT_GIVEN CHOSEN NOT_REACHED",
        {"AGENT": "highest_number"},
        agent="highest_v2",
    ),
    Case(
        "with agent and version both sent step 2 decides",
        "clinics",
        {"agentVersionId": "split_v1", "agentId": "split"},
        "NOT_GIVEN CHOSEN NOT_REACHED NOT_REACHED",
        {"AGENT_VERSION": "split_old split_new"},
        agent="split_v1",
    ),
    Case(
        "step 2 decides, also where it refuses and step 3 would choose",
        "clinics",
        {"agentVersionId": "highest_v1", "agentId": "highest"},
        "NOT_GIVEN REFUSED NOT_REACHED NOT_REACHED",
        {"AGENT_VERSION": "highest_number"},
        refusal=("NO_NUMBER_BOUND", ["agentVersionId"]),
    ),
    Case(
        "numbers that hold another version of the agent are PASSED_OVER candidates",
        "clinics",
        {"agentId": "split"},
        "NOT_GIVEN NOT_GIVEN CHOSEN NOT_REACHED",
        {"AGENT": "split_new split_old"},
        agent="split_v2",
    ),
    Case(
        "of several: outbound-capable first, then the earliest assigned, then the smallest id (version)",
        "clinics",
        {"agentVersionId": "many_v1"},
        "NOT_GIVEN CHOSEN NOT_GIVEN NOT_REACHED",
        {"AGENT_VERSION": "many_first many_second many_third many_mute"},
        agent="many_v1",
    ),
    Case(
        "of several: outbound-capable first, then the earliest assigned, then the smallest id (agent)",
        "clinics",
        {"agentId": "many"},
        "NOT_GIVEN NOT_GIVEN CHOSEN NOT_REACHED",
        {"AGENT": "many_first many_second many_third many_mute"},
        agent="many_v1",
    ),
    Case(
        "NO_OUTBOUND_CONFIGURATION (no falling through)",
        "clinics",
        {"agentId": "stuck", "allowFallback": True},
        "NOT_GIVEN NOT_GIVEN CHOSEN NOT_REACHED",
        {"AGENT": "stuck_mute"},
        refusal=("NO_OUTBOUND_CONFIGURATION", None),
    ),
    Case(
        "of none: NO_NUMBER_BOUND; a version in an inbound slot is not bound",
        "clinics",
        {"agentVersionId": "unbound_v1"},
        "NOT_GIVEN REFUSED NOT_GIVEN NOT_REACHED",
        refusal=("NO_NUMBER_BOUND", ["agentVersionId"]),
    ),
    Case(
        "which numbers still hold another version of that agent (version drift)",
        "clinics",
        {"agentId": "moved"},
        "NOT_GIVEN NOT_GIVEN REFUSED NOT_REACHED",
        {"AGENT": "moved_sooner moved_later moved_mute"},
        refusal=("NO_NUMBER_BOUND", ["agentId"]),
    ),
    Case(
        "the acting organization's number, never an ancestor's shared one",
        "dental",
        {"agentVersionId": "recall_v1"},
        "NOT_GIVEN REFUSED NOT_GIVEN NOT_REACHED",
        refusal=("NO_NUMBER_BOUND", ["agentVersionId"]),
    ),
    Case(
        "with allowFallback: true the step is REFUSED in the explanation and step 4 decides",
        "shop",
        {"agentId": "helper", "allowFallback": True},
        "NOT_GIVEN NOT_GIVEN REFUSED CHOSEN",
        {"FALLBACK": SHOP},
        agent="helper_v1",
    ),
    Case(
        "step 4 decides after drift, too",
        "shop",
        {"agentVersionId": "seller_v2", "agentId": "seller", "allowFallback": True},
        "NOT_GIVEN REFUSED NOT_REACHED CHOSEN",
        {"AGENT_VERSION": "shop_taken", "FALLBACK": SHOP},
        agent="seller_v2",
    ),
    Case(
        "allowFallback changes nothing where the step chose",
        "shop",
        {"agentVersionId": "seller_v1", "allowFallback": True},
        "NOT_GIVEN CHOSEN NOT_GIVEN NOT_REACHED",
        {"AGENT_VERSION": "shop_taken"},
        agent="seller_v1",
    ),
    Case(
        "allowed to fall back, and none: NO_OUTBOUND_NUMBER",
        "dental",
        {"agentId": "recall", "allowFallback": True},
        "NOT_GIVEN NOT_GIVEN REFUSED REFUSED",
        refusal=("NO_OUTBOUND_NUMBER", None),
    ),
    # -------------------------------------------------------------------------------------------- step 4: the fallback
    Case(
        "none of the above: any outbound-capable number, preferring numbers with no outbound agent assigned",
        "shop",
        {"agentConfig": {"instructions": "Hello"}},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN CHOSEN",
        {"FALLBACK": SHOP},
    ),
    Case(
        "those with an empty outbound slot first, then the oldest",
        "full",
        {"agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN CHOSEN",
        {"FALLBACK": "full_older full_newer"},
    ),
    Case(
        "a number in your org: never a borrowed one",
        "dental",
        {"agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN REFUSED",
        refusal=("NO_OUTBOUND_NUMBER", None),
    ),
    Case(
        "any outbound-capable number: one that cannot dial is none",
        "kiosk",
        {"agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN REFUSED",
        refusal=("NO_OUTBOUND_NUMBER", None),
    ),
    Case(
        "with nothing given the four steps still answer which number it would be, and an agent is missing",
        "shop",
        {},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN CHOSEN",
        {"FALLBACK": SHOP},
        refusal=("AGENT_REQUIRED", None),
    ),
    Case(
        "the fallback never lends an agent either",
        "full",
        {},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN CHOSEN",
        {"FALLBACK": "full_older full_newer"},
        refusal=("AGENT_REQUIRED", None),
    ),
    # ------------------------------------------------------------------------------------------------ what is "given"
    Case(
        "null is not sent",
        "shop",
        {"agentNumber": None, "agentVersionId": None, "agentId": None, "agentConfig": None, "organizationId": None},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN CHOSEN",
        {"FALLBACK": SHOP},
        refusal=("AGENT_REQUIRED", None),
    ),
    Case(
        "{} is sent",
        "clinics",
        {"agentNumber": "desk_number", "agentConfig": {}},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "desk_number"},
    ),
    Case(
        "{} is sent, beside an agent",
        "clinics",
        {"agentId": "desk", "agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("AGENT_REFERENCE_CONFLICT", ["agentConfig"]),
    ),
    Case(
        '"" is sent: agentNumber',
        "clinics",
        {"agentNumber": "", "agentVersionId": "desk_v1"},
        "NOT_REACHED NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("INVALID_PHONE_NUMBER", ["agentNumber"]),
    ),
    Case(
        '"" is sent: agentVersionId',
        "clinics",
        {"agentVersionId": "", "agentConfig": None},
        "NOT_GIVEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("AGENT_VERSION_NOT_FOUND", ["agentVersionId"]),
    ),
    Case(
        '"" is sent: agentId',
        "clinics",
        {"agentId": ""},
        "NOT_GIVEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("AGENT_NOT_FOUND", ["agentId"]),
    ),
    Case(
        '"" is sent: organizationId',
        "clinics",
        {"organizationId": "", "agentConfig": {}},
        "NOT_GIVEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        refusal=("ORGANIZATION_NOT_FOUND", ["organizationId"]),
    ),
    # -------------------------------------------------------------------- one refusal at a time, each before the next
    Case(
        "the acting organization, before the form of the input",
        "clinics",
        {"organizationId": "contoso", "agentNumber": "not a number", "agentId": "desk"},
        "NOT_REACHED NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("ORGANIZATION_NOT_FOUND", ["organizationId"]),
    ),
    Case(
        "the form of the input, before the destination: a number",
        "clinics",
        {"to": PREMIUM, "agentNumber": "not a number"},
        "NOT_REACHED NOT_GIVEN NOT_GIVEN NOT_REACHED",
        refusal=("INVALID_PHONE_NUMBER", ["agentNumber"]),
    ),
    Case(
        "the form of the input, before the destination: an agent that is no object",
        "clinics",
        {"to": "not a number", "agentConfig": ["no", "object"], "agentId": "desk"},
        "NOT_GIVEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("INVALID_INPUT", ["agentConfig"]),
    ),
    Case(
        "the destination, before the agent reference: not allowed",
        "clinics",
        {"to": PREMIUM, "agentVersionId": "drafted_v1"},
        "NOT_GIVEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("DESTINATION_NOT_ALLOWED", ["to"]),
    ),
    Case(
        "the destination, before the agent reference: not possible",
        "clinics",
        {"to": "+1 555", "agentVersionId": "desk_v1", "agentConfig": {}},
        "NOT_GIVEN NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("INVALID_PHONE_NUMBER", ["to"]),
    ),
    Case(
        "the agent reference, before the steps",
        "clinics",
        {"agentNumber": "unshared", "agentVersionId": "drafted_v1"},
        "NOT_REACHED NOT_REACHED NOT_GIVEN NOT_REACHED",
        refusal=("AGENT_VERSION_NOT_PUBLISHED", ["agentVersionId"]),
    ),
    Case(
        "the steps, before the missing agent",
        "clinics",
        {"agentNumber": "unshared"},
        "REFUSED NOT_GIVEN NOT_GIVEN NOT_REACHED",
        refusal=("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
    ),
    Case(
        "the outbound configuration, before the missing agent",
        "clinics",
        {"agentNumber": "own_mute"},
        "CHOSEN NOT_GIVEN NOT_GIVEN NOT_REACHED",
        {"AGENT_NUMBER": "own_mute"},
        refusal=("NO_OUTBOUND_CONFIGURATION", None),
    ),
    # ------------------------------------------------------------------------------------ for whom the steps are asked
    Case(
        "an input that carries organizationId acts for it",
        "northwind",
        {"organizationId": "dental", "agentNumber": "shared", "agentId": "recall"},
        "CHOSEN NOT_GIVEN NOT_REACHED NOT_REACHED",
        {"AGENT_NUMBER": "shared"},
        agent="recall_v1",
    ),
    Case(
        "everything it refers to must belong to it: not the number",
        "northwind",
        {"organizationId": "dental", "agentNumber": "unshared", "agentId": "recall"},
        "REFUSED NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("PHONE_NUMBER_NOT_FOUND", ["agentNumber"]),
    ),
    Case(
        "everything it refers to must belong to it: not the agent",
        "northwind",
        {"organizationId": "dental", "agentNumber": "shared", "agentId": "concierge"},
        "NOT_REACHED NOT_GIVEN NOT_REACHED NOT_REACHED",
        refusal=("AGENT_NOT_FOUND", ["agentId"]),
    ),
]


def _named(case: Case) -> str:
    return case.sentence


def _answered(world: World, case: Case, resolution: Json) -> None:
    """The resolution is the one that the case tells."""
    number, agent = (None if name is None else world.named[name] for name in (case.number, case.agent))
    refusal = resolution["refusal"]
    assert [step["rule"] for step in resolution["steps"]] == RULES
    assert " ".join(step["verdict"] for step in resolution["steps"]) == case.verdicts
    assert resolution["decidedBy"] == case.decided_by
    assert resolution["agentNumber"] == number
    assert (resolution["phoneNumber"] and resolution["phoneNumber"]["e164"]) == number
    assert resolution["agentVersion"] == (agent and {"id": agent})
    assert (refusal and (refusal["code"], refusal["field"])) == case.refusal
    for step in resolution["steps"]:
        if step["verdict"] == "REFUSED" and step["rule"] == case.decided_by:
            assert step["reason"] == refusal["message"]
        assert all(_is_a_sentence(each["reason"]) for each in (step, *step["candidates"])), step
        names = case.weighed.get(step["rule"], "").split()
        assert [each["e164"] for each in step["candidates"]] == [world.named[name] for name in names], step
        first = "CHOSEN" if step["verdict"] == "CHOSEN" else "PASSED_OVER"
        assert [each["verdict"] for each in step["candidates"]] == [first, *["PASSED_OVER"] * len(names)][: len(names)]


def _is_a_sentence(reason: str) -> bool:
    return len(reason.split()) > 2 and reason.endswith(".")


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_r8_r9_the_dry_run_decides_explains_and_writes_nothing(world: World, case: Case) -> None:
    stored = world.installation.contents()
    _answered(world, case, world.clients[case.asking].preview(**world.sent(case.sent)))
    assert world.installation.contents() == stored


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_r8_r9_creating_decides_and_explains_as_the_dry_run_does(world: World, case: Case) -> None:
    asking, sent, stored = world.clients[case.asking], world.sent(case.sent), world.installation.contents()
    created = asking.call(**sent)
    _answered(world, case, created["resolution"])
    assert created["resolution"] == asking.preview(**sent)
    assert created["replayed"] is False
    if case.refusal:
        assert created["userErrors"] == [created["resolution"]["refusal"]]
        assert created["conversation"] is None
        assert world.installation.contents() == stored
    else:
        assert created["userErrors"] == []
        _is_kept(world, case, asking.conversation(created["conversation"]["id"]), created)


def _is_kept(world: World, case: Case, read: Json, created: Json) -> None:
    acting = world.named[case.sent.get("organizationId") or case.asking]
    assert read == created["conversation"]
    assert read["resolution"] == created["resolution"]
    assert read["agentNumber"] == created["resolution"]["agentNumber"]
    assert read["phoneNumber"] == created["resolution"]["phoneNumber"]
    assert read["agentVersion"] == created["resolution"]["agentVersion"]
    assert read["agentConfig"] == case.sent.get("agentConfig")
    assert (read["organization"], read["direction"], read["status"]) == ({"id": acting}, "OUTBOUND", "QUEUED")


# ---------------------------------------------------------------------------------------------------- words and limits


def _weighed(resolution: Json, rule: str) -> dict[str, str]:
    step = resolution["steps"][RULES.index(rule)]
    return {each["e164"]: each["reason"] for each in step["candidates"]}


def test_r8_of_none_the_message_names_the_numbers_that_hold_another_version(world: World) -> None:
    clinics = world.clients["clinics"]
    message = clinics.preview(agentId=world.named["moved"])["refusal"]["message"]
    still = [world.named[name] for name in ("moved_sooner", "moved_later", "moved_mute")]
    assert all(f"{e164} (version 1)" in message for e164 in still)
    assert "version 2 of 'moved'" in message
    assert "+" not in clinics.preview(agentId=world.named["unbound"])["refusal"]["message"]


def test_r8_the_message_leaves_out_none_of_the_numbers_that_hold_another_version(northwind: Client) -> None:
    trunk, agent = northwind.trunk(), northwind.agent()
    numbers = [northwind.number(trunk=trunk) for _ in range(22)]
    northwind.version(agent, *numbers)
    northwind.version(agent)
    refused = northwind.preview(agentId=agent)
    assert list(_weighed(refused, "AGENT")) == [number.e164 for number in numbers[:20]]
    message = refused["refusal"]["message"]
    # source defect: it names the 20 candidates, and does not say that there are more
    assert [number.e164 for number in numbers if number.e164 not in message] == []


def test_r9_a_number_is_passed_over_for_what_put_it_behind_the_chosen_one(world: World) -> None:
    shop, full = world.clients["shop"].preview(), world.clients["full"]
    newer = _weighed(shop, "FALLBACK")[world.named["shop_third"]]
    holding = _weighed(shop, "FALLBACK")[world.named["shop_taken"]]
    bound = _weighed(full.preview(agentId=world.named["guard"]), "AGENT")
    assigned_later = bound[world.named["full_older"]]
    mute = _weighed(world.clients["clinics"].preview(agentId=world.named["many"]), "AGENT")[world.named["many_mute"]]
    drifted = _weighed(world.clients["clinics"].preview(agentId=world.named["split"]), "AGENT")[
        world.named["split_old"]
    ]
    assert len({newer, holding, assigned_later, mute, drifted}) == 5
    assert "version 1" in drifted
    assert _weighed(full.preview(), "FALLBACK")[world.named["full_newer"]] == newer


@pytest.mark.parametrize(("sent", "rule"), [({"agentId": "usher"}, "AGENT"), ({"agentConfig": {}}, "FALLBACK")])
def test_r9_candidates_are_the_best_twenty(world: World, sent: dict[str, Any], rule: str) -> None:
    weighed = _weighed(world.clients["crowd"].preview(**world.sent(sent)), rule)
    assert list(weighed) == [world.named[f"crowd_{place}"] for place in range(20)]


def test_r9_messages_and_reasons_write_numbers_in_e164(world: World) -> None:
    clinics, desk = world.clients["clinics"], world.named["desk_number"]
    typed = f"{desk[:2]} ({desk[2:5]}) {desk[5:8]}.{desk[8:]}"
    assert clinics.preview(agentNumber=typed) == clinics.preview(agentNumber=desk)
    assert desk in clinics.preview(agentNumber=typed)["steps"][0]["reason"]
    unknown = clinics.preview(agentNumber="+1 (206) 555-9999")
    assert unknown == clinics.preview(agentNumber=UNKNOWN_NUMBER)
    assert unknown["refusal"]["message"].startswith(UNKNOWN_NUMBER)


def test_r9_a_dry_run_without_a_destination_does_not_ask_about_one(world: World) -> None:
    clinics = world.clients["clinics"]
    assert clinics.preview(agentId=world.named["desk"], to=None)["refusal"] is None
    assert clinics.preview(agentId=world.named["desk"], to="")["refusal"]["code"] == "INVALID_PHONE_NUMBER"


def test_r9_a_replay_comes_before_the_form_of_the_input_and_all_that_follows(northwind: Client) -> None:
    agent = northwind.agent()
    sent = {"agentVersionId": northwind.version(agent, northwind.number()), "idempotencyKey": "once"}
    first = northwind.call(**sent)
    stored = northwind.installation.contents()
    flaws: list[dict[str, Any]] = [
        {"agentNumber": "not a number"},
        {"to": PREMIUM},
        {"agentConfig": {}},
        {"agentId": "agt_none"},
    ]
    for flaw in flaws:
        refused = northwind.call(**(sent | flaw))
        assert [error["code"] for error in refused["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
        assert refused["resolution"]["refusal"] == refused["userErrors"][0]
        assert refused["resolution"]["decidedBy"] is None
        assert {step["verdict"] for step in refused["resolution"]["steps"]} <= {"NOT_GIVEN", "NOT_REACHED"}
    northwind.do("updateAgent", "__typename", agentId=agent, active=False)
    replayed = northwind.call(**sent)
    assert (replayed["replayed"], replayed["conversation"]) == (True, first["conversation"])
    assert replayed["resolution"] == first["resolution"]
    assert stored["conversation"] == northwind.installation.contents()["conversation"]


def test_r9_the_acting_organization_comes_before_a_replay(northwind: Client) -> None:
    sent = {"agentVersionId": northwind.version(northwind.agent(), northwind.number()), "idempotencyKey": "once"}
    northwind.queued(**sent)
    refused = northwind.call(**sent, organizationId=northwind.installation.root("Contoso").organization_id)
    assert [error["code"] for error in refused["userErrors"]] == ["ORGANIZATION_NOT_FOUND"]
    assert refused["conversation"] is None


def test_r9_the_words_read_the_same_next_month_while_the_edges_are_live(northwind: Client) -> None:
    child = northwind.child()
    shared, trunk = northwind.number(shareable=True), child.trunk()
    own, other = child.number(trunk=trunk), child.number(trunk=trunk)
    agent = child.agent("Front desk")
    version = child.version(agent, own)
    child.version(agent, other)
    before = [child.queued(agentVersionId=version), child.queued(agentNumber=shared.e164, agentVersionId=version)]
    child.do("updateAgent", "__typename", agentId=agent, name="Reception", active=False)
    child.version(child.agent("Another"), own, other)
    child.do("updateTrunk", "__typename", trunkId=trunk, outbound=None)
    northwind.share(shared, shareable=False)
    bound, borrowed = (child.conversation(each["id"]) for each in before)
    assert bound["resolution"] == before[0]["resolution"]
    assert borrowed["resolution"] == before[1]["resolution"] | {"phoneNumber": None}
    assert "'Front desk'" in bound["resolution"]["steps"][1]["reason"]
