"""Plan transfers (R13): the caller ID for every kind of trunk, target and caller."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from tests.conftest import Install
from tests.installation import Client, Installation, Json, Number

CALLER = "+12065550177"
TELEPHONE = "+12065550142"
SIP = "sip:desk@example.com"

# What is displayed, and the trunk's transferCallerId: the mechanism, and the number of the conversation that is shown.
TABLE = {
    ("TRANSFEREE_NUMBER", "FROM_TRANSFEREE"): ("SIP_REFER", "userNumber"),
    ("TRANSFEREE_NUMBER", "FROM_TRANSFEROR"): None,
    ("AGENT_NUMBER", "FROM_TRANSFEROR"): ("SIP_REFER", "agentNumber"),
    ("AGENT_NUMBER", "FROM_TRANSFEREE"): ("DIAL", "agentNumber"),
}
DIAL_ROW = ("DIAL", "agentNumber")
TRUNKS = list(
    product(("ENABLE_ALL", "SIP_ONLY", "DISABLE_ALL"), ("FROM_TRANSFEREE", "FROM_TRANSFEROR"), ("out", "mute"))
)
REQUESTS = list(
    product(("COLD", "WARM", "CONFERENCE"), ("TRANSFEREE_NUMBER", "AGENT_NUMBER"), (None, TELEPHONE, SIP)),
)
PLAN = "requested callerId mechanism warnings refusal { code field message }"


@dataclass(frozen=True)
class World:
    """A number with an inbound agent on each kind of trunk, and two calls to each: one withholds its number."""

    northwind: Client
    calls: dict[tuple[str, str, str], tuple[Json, Json]]


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> World:
    northwind = shared_installation.root("Northwind")
    agent = northwind.agent()
    calls = {}
    for mode, shows, outbound in TRUNKS:
        trunk = northwind.trunk(transferMode=mode, transferCallerId=shows, outbound=outbound == "out")
        number = northwind.number(trunk=trunk)
        northwind.version(agent, number, direction="INBOUND")
        calls[mode, shows, outbound] = (northwind.route_inbound(number, CALLER), northwind.route_inbound(number, None))
    return World(northwind, calls)


def _plans(client: Client, conversation: Json, asked: list[tuple[Any, ...]]) -> list[Json]:
    aliases = " ".join(
        f"plan{place}: transferCallerId(kind: {kind}, displayedNumber: {displayed}{_target(target)}) {{ {PLAN} }}"
        for place, (kind, displayed, target) in enumerate(asked)
    )
    query = f"query($id: ID!) {{ conversation(id: $id) {{ {aliases} }} }}"
    answered = client(query, id=conversation["id"])["conversation"]
    return [answered[f"plan{place}"] for place in range(len(asked))]


def _plan(client: Client, conversation: Json, kind: str, displayed: str, target: str | None = None) -> Json:
    return _plans(client, conversation, [(kind, displayed, target)])[0]


def _target(target: str | None) -> str:
    return "" if target is None else f', transferNumber: "{target}"'


def _expected(conversation: Json, trunk: tuple[str, str, str], asked: tuple[Any, ...]) -> Json:
    """Return the expected plan: by the table, then the trunk's mode; warnings are counted, not compared."""
    (mode, shows, outbound), (kind, displayed, target) = trunk, asked
    requested = displayed if kind == "COLD" else None
    row = TABLE[displayed, shows] if kind == "COLD" else DIAL_ROW
    if row is None:
        return _refused(requested, "TRANSFER_CALLER_ID_UNAVAILABLE", ["displayedNumber"])
    if row[0] == "SIP_REFER" and mode == "DISABLE_ALL":
        return _refused(requested, "TRANSFER_DISABLED", None)
    if row[0] == "DIAL" and target == SIP:
        return _refused(requested, "INVALID_INPUT", ["transferNumber"])
    if row[0] == "DIAL" and outbound == "mute":
        return _refused(requested, "NO_OUTBOUND_CONFIGURATION", None)
    withheld = row[1] == "userNumber" and conversation["userNumber"] is None
    warnings = withheld + (row[0] == "SIP_REFER" and mode == "SIP_ONLY" and target != SIP)
    shown = conversation[row[1]]
    return {"requested": requested, "mechanism": row[0], "callerId": shown, "warnings": warnings, "refusal": None}


def _refused(requested: str | None, code: str, field: list[str] | None) -> Json:
    return {"requested": requested, "mechanism": None, "callerId": None, "warnings": 0, "refusal": (code, field)}


def _comparable(plan: Json) -> Json:
    refusal = plan["refusal"]
    return plan | {"warnings": len(plan["warnings"]), "refusal": refusal and (refusal["code"], refusal["field"])}


@pytest.mark.parametrize("trunk", TRUNKS, ids=" ".join)
def test_r13_every_kind_displayed_number_and_target_over_each_trunk(world: World, trunk: tuple[str, str, str]) -> None:
    stored = world.northwind.installation.contents()
    for conversation in world.calls[trunk]:
        plans = _plans(world.northwind, conversation, REQUESTS)
        for asked, plan in zip(REQUESTS, plans, strict=True):
            assert _comparable(plan) == _expected(conversation, trunk, asked), (conversation["userNumber"], asked)
    assert world.northwind.installation.contents() == stored


MANAGED = [
    ("kind: COLD", "TRANSFEREE_NUMBER", "SIP_REFER", "userNumber", 1),
    ("kind: COLD, displayedNumber: TRANSFEREE_NUMBER", "TRANSFEREE_NUMBER", "SIP_REFER", "userNumber", 1),
    ("kind: COLD, displayedNumber: AGENT_NUMBER", "AGENT_NUMBER", "DIAL", "agentNumber", 0),
    ("kind: WARM", None, "DIAL", "agentNumber", 0),
    ("kind: CONFERENCE", None, "DIAL", "agentNumber", 0),
]


def test_r13_the_managed_twilio_trunk_presents_the_transferees_caller_id_by_default(northwind: Client) -> None:
    number = Number("", northwind.installation.new_number())
    northwind.installation.managed_trunk(northwind, number.e164)
    northwind.version(northwind.agent(), number, direction="INBOUND")
    conversation = northwind.route_inbound(number, CALLER)
    for asked, requested, mechanism, shown, warnings in MANAGED:
        query = f"query($id: ID!) {{ conversation(id: $id) {{ transferCallerId({asked}) {{ {PLAN} }} }} }}"
        plan = northwind(query, id=conversation["id"])["conversation"]["transferCallerId"]
        assert (plan["requested"], plan["mechanism"], plan["refusal"]) == (requested, mechanism, None), asked
        assert plan["callerId"] == conversation[shown], asked
        assert ["SIP_ONLY" in warning for warning in plan["warnings"]] == [True] * warnings, asked


def test_r13_of_an_outbound_call_the_transferee_is_who_was_called(northwind: Client) -> None:
    northwind.number()
    conversation = northwind.create_queued(to=TELEPHONE, agentConfig={})
    plan = _plan(northwind, conversation, "COLD", "TRANSFEREE_NUMBER")
    assert (plan["mechanism"], plan["callerId"]) == ("SIP_REFER", TELEPHONE)
    assert _comparable(_plan(northwind, conversation, "WARM", "TRANSFEREE_NUMBER")) == _refused(
        None, "TRANSFER_FAILED", ["kind"]
    )


@pytest.fixture
def with_livekit(install: Install) -> Client:
    """An organization whose calls LiveKit would carry; nothing is dialed."""
    account = {"livekit_url": "http://127.0.0.1:9", "livekit_api_key": "key", "livekit_api_secret": "secret"}
    return install(**account).root("Northwind")


@pytest.mark.parametrize("kind", ["COLD", "WARM", "CONFERENCE"])
@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("", "INVALID_PHONE_NUMBER"),
        ("911", "INVALID_PHONE_NUMBER"),
        ("2065550142", "INVALID_PHONE_NUMBER"),
        ("tel:+12065550142", "INVALID_PHONE_NUMBER"),
        ("sip:", "INVALID_PHONE_NUMBER"),
        ("sip:two words@example.com", "INVALID_PHONE_NUMBER"),
        ("+1 900 555 1234", "DESTINATION_NOT_ALLOWED"),
        ("+1 411 555 1234", "DESTINATION_NOT_ALLOWED"),
        ("+881 6 1234 5678", "DESTINATION_NOT_ALLOWED"),
    ],
)
def test_r10_r13_a_target_must_be_a_sip_address_or_an_allowed_number(
    world: World, kind: str, target: str, code: str
) -> None:
    conversation, _ = world.calls["ENABLE_ALL", "FROM_TRANSFEREE", "out"]
    told = _comparable(_plan(world.northwind, conversation, kind, "TRANSFEREE_NUMBER", target))
    assert told == _refused("TRANSFEREE_NUMBER" if kind == "COLD" else None, code, ["transferNumber"])


@pytest.mark.parametrize("target", [SIP, "SIP:desk@example.com", "sips:desk@example.com:5061", "+1 (206) 555-0142"])
def test_r13_writings_of_a_target(world: World, target: str) -> None:
    conversation, _ = world.calls["ENABLE_ALL", "FROM_TRANSFEREE", "out"]
    plan = _plan(world.northwind, conversation, "COLD", "TRANSFEREE_NUMBER", target)
    assert (plan["mechanism"], plan["callerId"], plan["warnings"]) == ("SIP_REFER", CALLER, [])


def test_r13_the_plan_uses_the_trunk_as_it_is_when_asked(northwind: Client) -> None:
    trunk = northwind.trunk()
    number = northwind.number(trunk=trunk)
    northwind.version(northwind.agent(), number, direction="INBOUND")
    conversation = northwind.route_inbound(number, CALLER)
    asked = [("COLD", "TRANSFEREE_NUMBER", None), ("COLD", "AGENT_NUMBER", None), ("WARM", "AGENT_NUMBER", None)]
    for changes, expected in (
        ({"transferCallerId": "FROM_TRANSFEROR"}, ["TRANSFER_CALLER_ID_UNAVAILABLE", None, None]),
        ({"transferMode": "DISABLE_ALL"}, ["TRANSFER_CALLER_ID_UNAVAILABLE", "TRANSFER_DISABLED", None]),
        ({"transferCallerId": "FROM_TRANSFEREE"}, ["TRANSFER_DISABLED", None, None]),
        ({"outbound": None}, ["TRANSFER_DISABLED", "NO_OUTBOUND_CONFIGURATION", "NO_OUTBOUND_CONFIGURATION"]),
        ({"transferMode": "ENABLE_ALL"}, [None, "NO_OUTBOUND_CONFIGURATION", "NO_OUTBOUND_CONFIGURATION"]),
    ):
        northwind.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, **changes)
        refusals = [plan["refusal"] for plan in _plans(northwind, conversation, asked)]
        assert [refusal and refusal["code"] for refusal in refusals] == expected, changes


def test_r13_the_plan_is_answered_whatever_the_status_until_the_number_is_deleted(with_livekit: Client) -> None:
    child = with_livekit.child()
    shared = with_livekit.number(shareable=True)
    conversation = child.create_queued(to=TELEPHONE, agentNumber=shared.e164, agentConfig={})
    asked = [(kind, displayed, None) for kind, displayed, target in REQUESTS if target is None]
    live = _plans(child, conversation, asked)
    assert [plan["refusal"] for plan in live] == [None] * len(asked)
    with_livekit.share(shared, shareable=False)
    assert child.conversation(conversation["id"])["status"] == "FAILED"
    assert _plans(child, conversation, asked) == live
    with_livekit.mutate_successfully("deletePhoneNumber", "deletedPhoneNumberId", phoneNumberId=shared.id)
    for (kind, displayed, _), plan in zip(asked, _plans(child, conversation, asked), strict=True):
        assert _comparable(plan) == _refused(displayed if kind == "COLD" else None, "PHONE_NUMBER_NOT_FOUND", None)
        assert shared.e164 in plan["refusal"]["message"]
