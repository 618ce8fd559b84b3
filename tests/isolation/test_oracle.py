"""Compare the API with the oracle over random forests of organizations that share, publish and call.

After every step each organization is asked what it sees. `make test` runs a few forests, always the same; `make
torture` many, always new ones.
"""

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from models import Scope
from tests.installation import CARRIER, Client, Installation
from tests.isolation.oracle import (
    Agent,
    Answer,
    Conversation,
    Number,
    NumberRequest,
    Oracle,
    OracleRefusal,
    Organization,
    Slot,
    Trunk,
    Version,
)

TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
SIZE = settings(
    max_examples=200 if TORTURE else 10,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=not TORTURE,
    phases=(Phase.generate, Phase.shrink) if TORTURE else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
# Hypothesis weighs steps alike and turns some off in each run; with ten runs that leaves holes, so they are weighed here.
STEPS = {
    "publish": 6,
    "call": 8,
    "switch_sharing": 4,
    "draft": 2,
    "register_a_number": 2,
    "delete_a_number": 2,
    "switch_a_trunk": 2,
    "switch_an_agent": 2,
    "receive_a_call": 2,
    "look_up_everything": 2,
    "grow": 1,
    "look_around_with_an_admin_key": 1,
}
# What is given to a dry run or a call, each as likely.
REFERENCE_COMBINATIONS = (
    *("", "number", "number", "version", "version", "agent", "agent", "version agent"),
    *("number version", "number agent", "number config", "config", "number version agent", "agent config"),
)
CALL_COMBINATIONS = ("number", "number config", "number config", "number version", "number agent", "config")
LIKELY_PROBABILITY = 0.85
MAX_ENTITIES = {
    "grow": ("organizations", 5),
    "register_a_number": ("numbers", 16),
    "draft": ("versions", 20),
    "call": ("conversations", 16),
    "receive_a_call": ("conversations", 16),
}
ALL_BUT_CHILDREN = [scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE]
DESTINATIONS = ("+12125550142", "+12125550143")
UNREGISTERED_NUMBER = Number(
    "num_", "+12125550111", Trunk("trk_", Organization("org_"), outbound=True), True, datetime.now(UTC)
)

# Whatever looks like an id or a number.
ID_OR_NUMBER = re.compile(r"[a-z]{3}_[0-9a-z]{26}|[0-9]{11}")
PUNCTUATION = str.maketrans("", "", " ()-")

NUMBER = """id e164 access shareable outboundCapable organization { id } trunk { id }
  inboundSlot { assignedAt agentVersion { id } } outboundSlot { assignedAt agentVersion { id } }
  sharing { organizationsBelow queuedConversations }"""
CONVERSATION = "id status agentNumber phoneNumber { id } agentVersion { id }"
# Edges that cost a statement are left out where nothing can be wrong with them, as every organization is swept each time.
EVERY_STEP_QUERY = f"""query($borrows: Boolean!, $has_called: Boolean!) {{
  phoneNumbers(first: 20) {{ nodes {{
    id e164 access shareable outboundCapable inboundSlot {{ assignedAt }} outboundSlot {{ assignedAt }}
    trunk @include(if: $borrows) {{ id }} sharing @include(if: $borrows) {{ organizationsBelow queuedConversations }}
  }} }}
  conversations(first: 20) @include(if: $has_called) {{ nodes {{ {CONVERSATION} }} }}
}}"""
LOOK_UP_QUERY = f"""nodes(ids: $ids) {{ id }}
  all: phoneNumbers(first: 20) {{ totalCount nodes {{ {NUMBER} }} }}
  free: phoneNumbers(first: 20, filter: {{outboundAssigned: false}}) {{ nodes {{ e164 }} }}
  carried: phoneNumbers(first: 20, filter: {{outboundCapable: true, shareable: true}}) {{ nodes {{ e164 }} }}"""
ORGANIZATION_FRAGMENT = f"""fragment seen on Organization {{
  ancestors {{ id }} children {{ nodes {{ id }} }} phoneNumbers(first: 20) {{ nodes {{ {NUMBER} }} }}
}}"""
RESOLUTION_FRAGMENT = """fragment answer on OutboundNumberResolution {
  agentNumber phoneNumber { id } agentVersion { id } decidedBy refusal { code }
  steps { rule verdict candidates { e164 verdict } }
}"""
SET_UP_MUTATION = """mutation($scopes: [Scope!]!) {
  key: createApiKey(input: {name: "own", scopes: $scopes}) { secret }
  both_ways: createTrunk(input: {name: "Both ways", outbound: {address: "sip.example.com"}}) { trunk { id } }
  inbound: createTrunk(input: {name: "Inbound only"}) { trunk { id } }
  reception: createAgent(input: {name: "Reception"}) { agent { id } }
  reminders: createAgent(input: {name: "Reminders"}) { agent { id } }
}"""
DRAFTS_MUTATION = """mutation($one: ID!, $other: ID!) {
  one: createAgentVersion(input: {agentId: $one, config: {}}) { agentVersion { id } }
  other: createAgentVersion(input: {agentId: $other, config: {}}) { agentVersion { id } }
}"""
CREATE_MUTATION = f"""mutation($input: CreateOutboundConversationInput!) {{ it: createOutboundConversation(input: $input) {{
  replayed conversation {{ {CONVERSATION} }} resolution {{ ...answer }} userErrors {{ code }}
}} }} {RESOLUTION_FRAGMENT}"""

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Key:
    """An API key: its organization, and whether it may act for those below."""

    client: Client
    holder: Organization
    children: bool


@dataclass(frozen=True)
class Actor:
    """A key, the organization it acts for, and `organizationId` if it is sent."""

    key: Key
    organization: Organization
    named: dict[str, str]


class IsolationStateMachine(RuleBasedStateMachine):
    installation: Installation

    def __init__(self) -> None:
        super().__init__()
        self.oracle = Oracle()
        self.own_keys: dict[Organization, Key] = {}
        self.admin_keys: list[Key] = []
        self.deleted: list[Number] = []

    # -------------------------------------------------------------------------------------- asking, and what comes back

    def run_query(self, key: Key, *acting: Organization, document: str, creates: bool = False, **variables: Any) -> Any:
        """The data of an answer, in whose body no word stands that the acting organization may not see or did not send.

        What is created has an id that nobody has seen before.
        """
        if document != EVERY_STEP_QUERY:
            note(f"{key.holder}{' and below' * key.children}: {document.split('{')[1]}{variables}")
        body = key.client.post(document, variables).text
        sent = words_in(json.dumps(variables).translate(PUNCTUATION))
        strange = words_in(body) - sent.union(*(words_in(*self.oracle.visible_words(each)) for each in acting))
        assert not strange or (creates and len(strange) == 1 and not strange & self.all_words()), body
        answer = json.loads(body)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def all_words(self) -> set[str]:
        things = (*self.oracle.organizations, *self.oracle.owned_entities, *self.deleted)
        return words_in(*(each.id for each in things), *(each.e164 for each in self.oracle.numbers))

    def run_mutation(
        self, expected: str | None, key: Key, owner: Organization, mutation: str, selection: str, **fields: Any
    ) -> Any:
        """Return the payload of a mutation; None if it is refused, which the oracle must expect."""
        kind = mutation[0].upper() + mutation[1:]
        it = f"it: {mutation}(input: $input) {{ {selection} userErrors {{ code }} }}"
        acting, creates = key.holder if expected else owner, mutation.startswith(("create", "route"))
        document = f"mutation($input: {kind}Input!) {{ {it} }}"
        payload = self.run_query(key, acting, document=document, creates=creates, input=fields)["it"]
        assert [error["code"] for error in payload["userErrors"]] == ([expected] if expected else [])
        return None if expected else payload

    def may_act_for(self, key: Key, owner: Organization) -> bool:
        return self.oracle.may_act_for(key.holder, owner, children=key.children)

    # ------------------------------------------------------------------------------------------------ choosing at random

    def pick(self, chance: Random, likely: Sequence[Choice], others: Sequence[Choice]) -> Choice:
        return chance.choice(likely if likely and chance.random() < LIKELY_PROBABILITY else others)

    def any_key(self, chance: Random, owner: Organization) -> Key:
        """Draw a key, mostly one that may act for the owner."""
        mighty = [key for key in self.admin_keys if self.may_act_for(key, owner)]
        return self.pick(chance, [self.own_keys[owner], *mighty], [*self.own_keys.values(), *self.admin_keys])

    def actor(self, chance: Random) -> Actor:
        organization = chance.choice(self.oracle.organizations)
        key = self.any_key(chance, organization)
        named = key.holder is not organization or chance.choice((True, False))
        return Actor(key, organization, {"organizationId": organization.id} if named else {})

    def random_request(self, chance: Random, asking: Organization, what: Sequence[str]) -> NumberRequest:
        """Draw objects, mostly visible ones, borrowed numbers first; sometimes foreign or missing ones."""
        world, given = self.oracle, chance.choice(what).split()
        seen, mine = world.seen_by(asking), owned(world.agents, asking)
        borrowed = [each for each in seen if each.owner is not asking]
        number = self.pick(chance, [*borrowed, *seen], [UNREGISTERED_NUMBER, *world.numbers, *self.deleted])
        version = self.pick(chance, owned(world.versions, asking), world.versions)
        agent = self.pick(chance, [version.agent], [*mine, *mine, *world.agents])
        return NumberRequest(
            number.e164 if "number" in given else None,
            version.id if "version" in given else None,
            agent.id if "agent" in given else None,
            {} if "config" in given else None,
            chance.random() < LIKELY_PROBABILITY / 2,
        )

    # -------------------------------------------------------------------------------------------------------- the forest

    @initialize(parents=st.tuples(st.integers(0, 1), st.integers(0, 2)), shared=st.integers(0, 2**16 - 1))
    def plant(self, parents: tuple[int, int], shared: int) -> None:
        """Create two roots and others below them, each with two agents and three numbers, one of which cannot dial."""
        for name in ("Northwind", "Contoso"):
            self.set_up_organization(self.installation.root(name), None)
        for place in parents:
            self.grow_below(self.oracle.organizations[place])
        for place, trunk in enumerate([*self.oracle.trunks, *self.oracle.trunks[::2]]):
            fields = {"e164": self.installation.new_number(), "shareable": bool(shared >> place & 1)}
            self.register(None, self.own_keys[trunk.owner], trunk, **fields)
        for version in self.oracle.versions:
            numbers = [each.e164 for each in owned(self.oracle.numbers, version.owner)]
            self.publish_to(self.own_keys[version.owner], version, numbers[:2], [], "BOTH")

    @rule(
        step=st.sampled_from([step for step, weight in STEPS.items() for _ in range(weight)]),
        seed=st.integers(0, 2**32 - 1),
    )
    def something_happens(self, step: str, seed: int) -> None:
        """Do nothing for the seed 0, which Hypothesis tries first and shrinks to."""
        if seed == 0:
            return
        chance = Random(seed)
        kind, most = MAX_ENTITIES.get(step, ("organizations", 100))
        getattr(self, step if len(getattr(self.oracle, kind)) < most else "look_up_everything")(chance)
        self.preview(chance)

    def grow(self, chance: Random) -> None:
        self.grow_below(chance.choice(self.oracle.organizations))

    def grow_below(self, parent: Organization) -> None:
        admin = next(key for key in self.admin_keys if self.may_act_for(key, parent)).client
        fields = {"parentId": parent.id, "name": "Harbor", "slug": self.installation.new_slug()}
        child = admin.mutate_successfully("createOrganization", "organization { id }", **fields)["organization"]["id"]
        self.set_up_organization(admin.with_scopes(*Scope, organization_id=child), parent)

    def set_up_organization(self, admin: Client, parent: Organization | None) -> None:
        organization = Organization(admin.organization_id, parent)
        made = admin(SET_UP_MUTATION, scopes=[scope.name for scope in ALL_BUT_CHILDREN])
        self.oracle.organizations.append(organization)
        self.admin_keys.append(Key(admin, organization, children=True))
        own = self.installation.client(made["key"]["secret"])
        self.own_keys[organization] = Key(own, organization, children=False)
        self.oracle.trunks.append(Trunk(made["both_ways"]["trunk"]["id"], organization, outbound=True))
        self.oracle.trunks.append(Trunk(made["inbound"]["trunk"]["id"], organization, outbound=False))
        agents = [Agent(made[name]["agent"]["id"], organization) for name in ("reception", "reminders")]
        for agent, draft in zip(
            agents, admin(DRAFTS_MUTATION, one=agents[0].id, other=agents[1].id).values(), strict=True
        ):
            agent.versions.append(Version(draft["agentVersion"]["id"], agent))
            self.oracle.agents.append(agent)

    # ------------------------------------------------------------------------------------------------ numbers and trunks

    def register(self, expected: str | None, key: Key, trunk: Trunk, **fields: Any) -> None:
        selection = "phoneNumber { id e164 shareable createdAt }"
        payload = self.run_mutation(
            expected, key, trunk.owner, "createPhoneNumber", selection, trunkId=trunk.id, **fields
        )
        if payload:
            made = payload["phoneNumber"]
            created = datetime.fromisoformat(made["createdAt"])
            self.oracle.numbers.append(Number(made["id"], made["e164"], trunk, made["shareable"], created))

    def register_a_number(self, chance: Random) -> None:
        actor, world = self.actor(chance), self.oracle
        trunk = self.pick(chance, owned(world.trunks, actor.organization), world.trunks)
        known = [each.e164 for each in (*world.numbers, *self.deleted)]
        e164 = self.pick(chance, [self.installation.new_number()], known)
        expected = "PHONE_NUMBER_TAKEN" if any(each.e164 == e164 for each in world.numbers) else None
        if not self.may_act_for(actor.key, actor.organization):
            expected = "ORGANIZATION_NOT_FOUND"
        elif trunk.owner is not actor.organization:
            expected = "TRUNK_NOT_FOUND"
        self.register(
            expected, actor.key, trunk, e164=typed(e164), shareable=chance.choice((True, False)), **actor.named
        )

    def switch_sharing(self, chance: Random) -> None:
        lent = [each for each in self.oracle.numbers if self.oracle.borrowed_and_queued(each)]
        number = chance.choice([*lent, *lent, *self.oracle.numbers])
        shareable = not number.shareable if chance.random() < LIKELY_PROBABILITY else number.shareable
        key = self.any_key(chance, number.owner)
        expected = None if self.may_act_for(key, number.owner) else "PHONE_NUMBER_NOT_FOUND"
        fields = {"phoneNumberId": number.id, "shareable": shareable}
        if self.run_mutation(expected, key, number.owner, "setPhoneNumberShareable", "phoneNumber { id }", **fields):
            self.oracle.switch_sharing(number, shareable)

    def delete_a_number(self, chance: Random) -> None:
        number = chance.choice(self.oracle.numbers)
        key = self.any_key(chance, number.owner)
        expected = "PHONE_NUMBER_IN_USE" if self.oracle.in_use(number) else None
        if not self.may_act_for(key, number.owner):
            expected = "PHONE_NUMBER_NOT_FOUND"
        if self.run_mutation(expected, key, number.owner, "deletePhoneNumber", "__typename", phoneNumberId=number.id):
            self.oracle.delete(number)
            self.deleted.append(number)

    def switch_a_trunk(self, chance: Random) -> None:
        outbound = chance.choice((True, True, False))
        trunk = chance.choice(self.oracle.trunks)
        key = self.any_key(chance, trunk.owner)
        expected = None if self.may_act_for(key, trunk.owner) else "TRUNK_NOT_FOUND"
        fields = {"trunkId": trunk.id, "outbound": CARRIER if outbound else None}
        if self.run_mutation(expected, key, trunk.owner, "updateTrunk", "trunk { id }", **fields):
            trunk.outbound = outbound

    # ------------------------------------------------------------------------------------------------- agents and slots

    def switch_an_agent(self, chance: Random) -> None:
        active = chance.choice([True, False, True])
        agent = chance.choice(self.oracle.agents)
        key = self.any_key(chance, agent.owner)
        expected = None if self.may_act_for(key, agent.owner) else "AGENT_NOT_FOUND"
        if self.run_mutation(
            expected, key, agent.owner, "updateAgent", "agent { id }", agentId=agent.id, active=active
        ):
            agent.active = active

    def draft(self, chance: Random) -> None:
        agent = chance.choice(self.oracle.agents)
        if chance.choice((True, False)):
            agent = Agent(self.own_keys[agent.owner].client.agent(), agent.owner)
            self.oracle.agents.append(agent)
        key = self.any_key(chance, agent.owner)
        expected = None if self.may_act_for(key, agent.owner) else "AGENT_NOT_FOUND"
        fields: dict[str, Any] = {"agentId": agent.id, "config": {}}
        if made := self.run_mutation(expected, key, agent.owner, "createAgentVersion", "agentVersion { id }", **fields):
            agent.versions.append(Version(made["agentVersion"]["id"], agent))

    def publish(self, chance: Random) -> None:
        version = chance.choice(self.oracle.versions)
        mine = [each.e164 for each in owned(self.oracle.numbers, version.owner)]
        put = chance.sample(mine, k=min(len(mine), chance.randrange(4)))
        take = chance.sample(mine, k=min(len(mine), chance.randrange(3)))
        foreign = [UNREGISTERED_NUMBER.e164, *(each.e164 for each in self.oracle.numbers)]
        put += self.pick(chance, [[]], [[each] for each in foreign])
        take = self.pick(chance, [[each for each in take if each not in put]], [take])
        direction = chance.choice(["OUTBOUND", "OUTBOUND", "BOTH", "INBOUND"])
        self.publish_to(self.any_key(chance, version.owner), version, put, take, direction)

    def publish_to(self, key: Key, version: Version, put: list[str], take: list[str], direction: str) -> None:
        writes, expected = result_or_refusal(lambda: self.oracle.slots_to_write(version, put, take, direction))
        if not self.may_act_for(key, version.owner):
            expected = "AGENT_VERSION_NOT_FOUND"
        fields = {"phoneNumbers": put, "unassignPhoneNumbers": take, "direction": direction}
        selection = "phoneNumbers { id inboundSlot { assignedAt } outboundSlot { assignedAt } }"
        payload = self.run_mutation(
            expected, key, version.owner, "publishAgentVersion", selection, agentVersionId=version.id, **fields
        )
        if payload:
            version.published = True
            named = {each["id"]: each for each in payload["phoneNumbers"]}
            assert len(named) == len({*put, *take})
            for (number, slot), held in (writes or {}).items():
                number.slots[slot] = Slot(held, named[number.id][f"{slot}Slot"]["assignedAt"])

    # ----------------------------------------------------------------------------------------------- dry runs and calls

    def expected_answer(self, actor: Actor, sent: NumberRequest) -> Answer:
        if not self.may_act_for(actor.key, actor.organization):
            return self.oracle.refused("ORGANIZATION_NOT_FOUND", sent)
        return self.oracle.answer(actor.organization, sent)

    def expected_resolution(self, actor: Actor, answer: Answer) -> dict[str, Any]:
        """Write an answer as the API does; its number is what the organization sees now."""
        number = answer.number
        seen = number and number in self.oracle.seen_by(actor.organization)
        return {
            "agentNumber": number and number.e164,
            "phoneNumber": {"id": number.id} if number and seen else None,
            "agentVersion": edge(answer.version),
            "decidedBy": answer.decided_by,
            "steps": [
                {
                    "rule": step.rule,
                    "verdict": step.verdict,
                    "candidates": [{"e164": e164, "verdict": verdict} for e164, verdict in step.candidates],
                }
                for step in answer.steps
            ],
            "refusal": answer.refusal and {"code": answer.refusal},
        }

    def preview(self, chance: Random) -> None:
        actor = self.actor(chance)
        questions = [self.random_request(chance, actor.organization, REFERENCE_COMBINATIONS) for _ in range(5)]
        variables: Any = {f"q{place}": as_input(sent) | actor.named for place, sent in enumerate(questions)}
        asked = " ".join(f"{name}: previewOutboundNumber(input: ${name}) {{ ...answer }}" for name in variables)
        declared = " ".join(f"${name}: PreviewOutboundNumberInput!" for name in variables)
        answers = self.run_query(
            actor.key,
            self.expected_viewer(actor),
            document=f"query({declared}) {{ {asked} }} {RESOLUTION_FRAGMENT}",
            **variables,
        )
        for name, sent in zip(variables, questions, strict=True):
            assert answers[name] == self.expected_resolution(actor, self.expected_answer(actor, sent)), sent

    def expected_viewer(self, actor: Actor) -> Organization:
        return actor.organization if self.may_act_for(actor.key, actor.organization) else actor.key.holder

    def call(self, chance: Random) -> None:
        """Create a call; or the same, or another, under an idempotency key that was used."""
        actor = self.actor(chance)
        used = [each for each in self.oracle.conversations if each.key and each.owner is actor.organization]
        asked = (chance.choice(DESTINATIONS), self.random_request(chance, actor.organization, CALL_COMBINATIONS))
        once = chance.choice([None, f"key-{len(self.oracle.conversations)}", *(each.key for each in used)])
        first = (
            self.oracle.created_under_key(actor.organization, once)
            if self.may_act_for(actor.key, actor.organization)
            else None
        )
        if first and first.created_from and chance.random() < LIKELY_PROBABILITY:
            asked = first.created_from
        answer = self.expected_answer(actor, asked[1])
        if first:
            same = first.created_from == asked and first.answer
            answer = same or self.oracle.refused("IDEMPOTENCY_KEY_REUSED", asked[1])
        self.place_call(actor, asked, once, first, answer)

    def place_call(
        self,
        actor: Actor,
        asked: tuple[str, NumberRequest],
        once: str | None,
        first: Conversation | None,
        answer: Answer,
    ) -> None:
        fields = as_input(asked[1]) | actor.named | {"to": typed(asked[0]), "idempotencyKey": once}
        payload = self.run_query(
            actor.key, self.expected_viewer(actor), document=CREATE_MUTATION, creates=True, input=fields
        )["it"]
        assert payload["resolution"] == self.expected_resolution(actor, answer)
        assert payload["userErrors"] == ([{"code": answer.refusal}] if answer.refusal else [])
        assert payload["replayed"] == bool(first and not answer.refusal)
        if answer.refusal or not answer.number:
            assert payload["conversation"] is None
            return
        if first is None:
            first = Conversation(
                payload["conversation"]["id"], actor.organization, answer.number.e164, answer.number, answer.version
            )
            first.key, first.created_from, first.answer = once, asked, answer
            self.oracle.conversations.append(first)
        assert payload["conversation"] == self.conversation_row(first)

    def receive_a_call(self, chance: Random) -> None:
        number = chance.choice(self.oracle.numbers)
        key = self.any_key(chance, number.owner)
        found, expected = result_or_refusal(lambda: self.oracle.answering(key.holder, number.e164))
        selection = f"conversation {{ {CONVERSATION} }} agentVersion {{ id }}"
        fields = {"calledNumber": number.e164, "callerNumber": DESTINATIONS[0]}
        payload = self.run_mutation(expected, key, number.owner, "routeInboundCall", selection, **fields)
        if payload and found:
            made = Conversation(payload["conversation"]["id"], number.owner, number.e164, *found)
            made.status = "RINGING"
            self.oracle.conversations.append(made)
            assert payload["conversation"] == self.conversation_row(made)
            assert payload["agentVersion"] == edge(made.version)

    # ---------------------------------------------------------------------------------------------- what everybody sees

    @invariant()
    def everybody_sees_what_the_oracle_says(self) -> None:
        for asking, key in self.own_keys.items():
            called = [self.conversation_row(each) for each in owned(self.oracle.conversations, asking)]
            seen = self.oracle.seen_by(asking)
            borrows = any(each.owner is not asking for each in seen)
            answer = self.run_query(key, asking, document=EVERY_STEP_QUERY, borrows=borrows, has_called=bool(called))
            expected = [row_of_every_step(self.number_row(key, asking, each), borrows=borrows) for each in seen]
            assert answer["phoneNumbers"]["nodes"] == expected
            assert answer.get("conversations", {"nodes": []})["nodes"] == called[::-1]

    def number_row(self, key: Key, asking: Organization, number: Number) -> dict[str, Any]:
        """Fields of the owner are null on a borrowed number (R6), and sharing is null without reach below."""
        row = {
            "id": number.id,
            "e164": number.e164,
            "access": "SHARED",
            "shareable": number.shareable,
            "outboundCapable": number.capable,
            "organization": edge(number.owner),
        }
        if number.owner is not asking:
            return row | dict.fromkeys(("trunk", "inboundSlot", "outboundSlot", "sharing"))
        return row | {
            "access": "OWNED",
            "trunk": edge(number.trunk),
            "inboundSlot": slot_row(number.slots["inbound"]),
            "outboundSlot": slot_row(number.slots["outbound"]),
            "sharing": {
                "organizationsBelow": len(self.oracle.below(number.owner)),
                "queuedConversations": len(self.oracle.borrowed_and_queued(number)),
            }
            if key.children
            else None,
        }

    def conversation_row(self, made: Conversation) -> dict[str, Any]:
        return {
            "id": made.id,
            "status": made.status,
            "agentNumber": made.agent_number,
            "phoneNumber": edge(made.number if made.number in self.oracle.seen_by(made.owner) else None),
            "agentVersion": edge(made.version),
        }

    def look_up_everything(self, chance: Random) -> None:
        """Ask for every number and id that exists or existed: what the organization may not see is null (R2, R6)."""
        asking = chance.choice(self.oracle.organizations)
        numbers = [each.e164 for each in (*self.oracle.numbers, *self.deleted)]
        ids = [each.id for each in (*self.oracle.organizations, *self.oracle.owned_entities, *self.deleted)][-100:]
        asked = " ".join(f'n{place}: phoneNumber(e164: "{e164}") {{ id }}' for place, e164 in enumerate(numbers[-14:]))
        document = f"query($ids: [ID!]!) {{ {LOOK_UP_QUERY} {asked} }}"
        key = self.own_keys[asking]
        found = self.run_query(key, asking, document=document, ids=ids)
        words, seen = self.oracle.visible_words(asking), {each.e164: each for each in self.oracle.seen_by(asking)}
        rows = [self.number_row(key, asking, each) for each in seen.values()]
        assert found.pop("all") == {"totalCount": len(seen), "nodes": rows}
        assert found.pop("nodes") == [{"id": each} if each in words else None for each in ids]
        assert {name: found.pop(name)["nodes"] for name in ("free", "carried")} == self.filtered(asking)
        assert [*found.values()] == [edge(seen.get(e164)) for e164 in numbers[-14:]]

    def filtered(self, asking: Organization) -> dict[str, Any]:
        """Filters on slots match own numbers only; filters on visible fields match borrowed ones too."""
        seen = self.oracle.seen_by(asking)
        return {
            "free": [{"e164": each.e164} for each in seen if each.owner is asking and not each.speaker],
            "carried": [{"e164": each.e164} for each in seen if each.capable and each.shareable],
        }

    def look_around_with_an_admin_key(self, chance: Random) -> None:
        """Below, organizations appear as to themselves; above, with names only; the others do not exist."""
        admin = chance.choice(self.admin_keys)
        acting = [each for each in self.oracle.organizations if self.may_act_for(admin, each)]
        everybody = {f"o{place}": each for place, each in enumerate(self.oracle.organizations)}
        asked = " ".join(f'{name}: organization(id: "{each.id}") {{ ...seen }}' for name, each in everybody.items())
        answer = self.run_query(admin, *acting, document=f"{{ {asked} }} {ORGANIZATION_FRAGMENT}")
        assert answer == {name: self.expected_organization(admin, each) for name, each in everybody.items()}

    def expected_organization(self, admin: Key, organization: Organization) -> dict[str, Any] | None:
        may = self.may_act_for(admin, organization)
        if not may and organization not in admin.holder.ancestors:
            return None
        children = [edge(each) for each in reversed(self.oracle.organizations) if may and each.parent is organization]
        numbers = sorted(owned(self.oracle.numbers, organization), key=lambda each: each.e164) if may else []
        return {
            "ancestors": [edge(each) for each in organization.ancestors],
            "children": {"nodes": children},
            "phoneNumbers": {"nodes": [self.number_row(admin, organization, each) for each in numbers]},
        }


def owned(things: list[Any], owner: Organization) -> list[Any]:
    return [each for each in things if each.owner is owner]


def words_in(*texts: str) -> set[str]:
    return {word for text in texts for word in ID_OR_NUMBER.findall(text)}


def typed(e164: str) -> str:
    """Format a number as a person would type it."""
    return f"{e164[:2]} ({e164[2:5]}) {e164[5:8]}-{e164[8:]}"


def as_input(sent: NumberRequest) -> dict[str, Any]:
    """Leave absent values out, or send null, which is the same."""
    return {
        **({"agentNumber": sent.agent_number} if sent.agent_number else {}),
        **({"agentConfig": sent.agent_config} if sent.agent_config is not None else {}),
        **({"allowFallback": True} if sent.allow_fallback else {}),
        "agentVersionId": sent.agent_version_id,
        "agentId": sent.agent_id,
    }


def edge(thing: Any) -> dict[str, str] | None:
    return thing and {"id": thing.id}


def row_of_every_step(row: dict[str, Any], *, borrows: bool) -> dict[str, Any]:
    """Return the fields of a number that are compared after every step."""
    slots = {name: row[name] and {"assignedAt": row[name]["assignedAt"]} for name in ("inboundSlot", "outboundSlot")}
    left_out = ("organization",) if borrows else ("organization", "trunk", "sharing")
    return {name: value for name, value in row.items() if name not in left_out} | slots


def slot_row(slot: Slot) -> dict[str, Any]:
    return {"assignedAt": slot.since, "agentVersion": edge(slot.version)}


def result_or_refusal(ask: Callable[[], Choice]) -> tuple[Choice | None, str | None]:
    """Return the oracle's answer, or the code of its refusal."""
    try:
        return ask(), None
    except OracleRefusal as refused:
        return None, refused.code


@pytest.mark.torture
def test_r6_every_organization_sees_and_dials_from_what_the_oracle_says(installation: Installation) -> None:
    class Here(IsolationStateMachine):
        pass

    Here.installation = installation
    run_state_machine_as_test(Here, settings=SIZE)
