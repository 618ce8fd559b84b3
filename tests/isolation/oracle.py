"""Decide who sees which number and which number a call uses, independently of the code under test.

Written in plain Python from the reference page and its rules (R1, R2, ...); imports nothing of the code under test. Ids
and times are those that the API returned; everything else is computed here.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SLOTS = {"INBOUND": ("inbound",), "OUTBOUND": ("outbound",), "BOTH": ("inbound", "outbound")}


class OracleRefusal(Exception):
    """A refusal, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(eq=False, repr=False)
class Entity:
    id: str

    def __repr__(self) -> str:
        return self.id


@dataclass(eq=False, repr=False)
class Organization(Entity):
    parent: "Organization | None" = None

    @property
    def ancestors(self) -> list["Organization"]:
        return [self.parent, *self.parent.ancestors] if self.parent else []


@dataclass(eq=False, repr=False)
class Trunk(Entity):
    owner: Organization
    outbound: bool


@dataclass(eq=False, repr=False)
class Agent(Entity):
    owner: Organization
    active: bool = True
    versions: list["Version"] = field(default_factory=list)


@dataclass(eq=False, repr=False)
class Version(Entity):
    agent: Agent
    published: bool = False

    @property
    def owner(self) -> Organization:
        return self.agent.owner


@dataclass(eq=False)
class Slot:
    version: Version | None = None
    since: str | None = None

    @property
    def assigned_at(self) -> datetime:
        return datetime.fromisoformat(self.since or "")


@dataclass(eq=False, repr=False)
class Number(Entity):
    e164: str
    trunk: Trunk
    shareable: bool
    created: datetime
    slots: dict[str, Slot] = field(default_factory=lambda: {"inbound": Slot(), "outbound": Slot()})

    @property
    def owner(self) -> Organization:
        return self.trunk.owner

    @property
    def capable(self) -> bool:
        return self.trunk.outbound

    @property
    def speaker(self) -> Version | None:
        return self.slots["outbound"].version


@dataclass(frozen=True)
class NumberRequest:
    """The input of a call; None is not sent. `agent_number` is in E.164, or not a number."""

    agent_number: str | None = None
    agent_version_id: str | None = None
    agent_id: str | None = None
    agent_config: Any = None
    allow_fallback: bool = False


@dataclass
class Step:
    rule: str
    verdict: str
    candidates: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Answer:
    """The result of a preview: `number` is what the steps chose, even with a `refusal`."""

    steps: list[Step]
    decided_by: str | None = None
    number: Number | None = None
    version: Version | None = None
    refusal: str | None = None


@dataclass(eq=False, repr=False)
class Conversation(Entity):
    """A conversation; `asked` and `answer` are its input and result, None if inbound."""

    owner: Organization
    agent_number: str
    number: Number | None
    version: Version | None
    status: str = "QUEUED"
    key: str | None = None
    created_from: tuple[str, NumberRequest] | None = None
    answer: Answer | None = None

    @property
    def live(self) -> bool:
        return self.status in ("QUEUED", "RINGING")

    @property
    def numbers(self) -> set[str]:
        """Return the numbers in its stored explanation, whatever became of them since."""
        steps = self.answer.steps if self.answer else []
        return {self.agent_number, *(e164 for step in steps for e164, _ in step.candidates)}


SlotWrites = dict[tuple[Number, str], Version | None]
FIELD_OF_RULE = {"AGENT_NUMBER": "agent_number", "AGENT_VERSION": "agent_version_id", "AGENT": "agent_id"}


class Oracle:
    def __init__(self) -> None:
        self.organizations: list[Organization] = []
        self.trunks: list[Trunk] = []
        self.agents: list[Agent] = []
        self.numbers: list[Number] = []
        self.conversations: list[Conversation] = []

    @property
    def versions(self) -> list[Version]:
        return [version for agent in self.agents for version in agent.versions]

    @property
    def owned_entities(self) -> list[Any]:
        return [*self.numbers, *self.trunks, *self.agents, *self.versions, *self.conversations]

    # ------------------------------------------------------------------------------------------ who sees what (R2, R6)

    def may_dial_from(self, asking: Organization, number: Number) -> bool:
        return number.owner is asking or (number.shareable and number.owner in asking.ancestors)

    def seen_by(self, asking: Organization) -> list[Number]:
        """Return the visible numbers, ordered by E.164."""
        return sorted((each for each in self.numbers if self.may_dial_from(asking, each)), key=lambda each: each.e164)

    def may_act_for(self, holder: Organization, other: Organization, *, children: bool) -> bool:
        """Whether a key may act for an organization; `children`: it holds CHILD_ORGANIZATIONS_MANAGE."""
        return other is holder or (children and holder in other.ancestors)

    def below(self, organization: Organization) -> list[Organization]:
        return [each for each in self.organizations if organization in each.ancestors]

    def visible_words(self, asking: Organization) -> set[str]:
        """Return every id and number that an answer to this organization may contain."""
        seen = self.seen_by(asking)
        owned = [each for each in self.owned_entities if each.owner is asking]
        words = {each.id for each in (asking, *asking.ancestors, *seen, *owned)} | {each.e164 for each in seen}
        return words.union(*(each.numbers for each in self.conversations if each.owner is asking))

    # ------------------------------------------------------------------------------------------- the four steps (R7-R9)

    def refused(self, code: str, sent: NumberRequest) -> Answer:
        """Make the answer of a refusal that precedes the steps: none of them is reached."""
        verdicts = {
            rule: "NOT_GIVEN" if getattr(sent, name) is None else "NOT_REACHED" for rule, name in FIELD_OF_RULE.items()
        }
        return Answer([*(Step(*each) for each in verdicts.items()), Step("FALLBACK", "NOT_REACHED")], refusal=code)

    def answer(self, asking: Organization, sent: NumberRequest) -> Answer:
        answer = self.refused("", sent)
        try:
            version = self._referenced(asking, sent)
            self._choose(asking, sent, version, answer)
            if answer.number and not answer.number.capable:
                raise OracleRefusal("NO_OUTBOUND_CONFIGURATION")
            answer.version, answer.refusal = self._speaker(asking, sent, version, answer), None
        except OracleRefusal as refused:
            answer.refusal = refused.code
        return answer

    def _referenced(self, asking: Organization, sent: NumberRequest) -> Version | None:
        """Return the agent that was asked for, or the refusal if it may not speak (R7)."""
        if sent.agent_config is not None and not (sent.agent_version_id is sent.agent_id is None):
            raise OracleRefusal("AGENT_REFERENCE_CONFLICT")
        version = agent = None
        if sent.agent_version_id is not None:
            version = self._find_own(self.versions, asking, sent.agent_version_id, "AGENT_VERSION_NOT_FOUND")
        if sent.agent_id is not None:
            agent = self._find_own(self.agents, asking, sent.agent_id, "AGENT_NOT_FOUND")
        if version and agent and version.agent is not agent:
            raise OracleRefusal("AGENT_REFERENCE_CONFLICT")
        if agent and not version:
            version = next((each for each in reversed(agent.versions) if each.published), None)
            if version is None:
                raise OracleRefusal("AGENT_VERSION_NOT_PUBLISHED")
        return self._may_speak(version) if version else None

    def _find_own(self, things: list[Any], asking: Organization, identifier: str, code: str) -> Any:
        for each in things:
            if each.id == identifier and each.owner is asking:
                return each
        raise OracleRefusal(code)

    def _may_speak(self, version: Version) -> Version:
        if not version.published:
            raise OracleRefusal("AGENT_VERSION_NOT_PUBLISHED")
        if not version.agent.active:
            raise OracleRefusal("AGENT_INACTIVE")
        return version

    def _choose(self, asking: Organization, sent: NumberRequest, version: Version | None, answer: Answer) -> None:
        """Resolve the number: the first step given decides; without a bound number, the fallback follows (R8)."""
        given = next((step for step in answer.steps if step.verdict == "NOT_REACHED"), answer.steps[-1])
        try:
            self._run_step(given, asking, sent, version, answer)
        except OracleRefusal as refused:
            if refused.code != "NO_NUMBER_BOUND" or not sent.allow_fallback:
                raise
            self._run_step(answer.steps[-1], asking, sent, version, answer)

    def _run_step(
        self, step: Step, asking: Organization, sent: NumberRequest, version: Version | None, answer: Answer
    ) -> None:
        answer.decided_by, step.verdict = step.rule, "REFUSED"
        others: list[Number] = []
        if step.rule == "AGENT_NUMBER":
            weighed, code = self._named(asking, sent), "PHONE_NUMBER_NOT_FOUND"
        elif step.rule == "FALLBACK":
            weighed, code = self._any_capable(asking), "NO_OUTBOUND_NUMBER"
        else:
            (weighed, others), code = self._bound(asking, version), "NO_NUMBER_BOUND"
        step.candidates = [(each.e164, "PASSED_OVER") for each in (*weighed, *others)][:20]
        if not weighed:
            raise OracleRefusal(code)
        answer.number, step.verdict = weighed[0], "CHOSEN"
        step.candidates[0] = (weighed[0].e164, "CHOSEN")

    def _named(self, asking: Organization, sent: NumberRequest) -> list[Number]:
        return [each for each in self.seen_by(asking) if each.e164 == sent.agent_number]

    def _bound(self, asking: Organization, version: Version | None) -> tuple[list[Number], list[Number]]:
        """Return numbers whose outbound slot holds the version, best first, and those with another of its agent."""
        mine = [each for each in self.numbers if each.owner is asking and each.speaker]
        mine.sort(key=lambda each: (not each.capable, each.slots["outbound"].assigned_at, each.id))
        same_agent = [each for each in mine if version and each.speaker and each.speaker.agent is version.agent]
        holding = [each for each in same_agent if each.speaker is version]
        return holding, [each for each in same_agent if each not in holding]

    def _any_capable(self, asking: Organization) -> list[Number]:
        mine = [each for each in self.numbers if each.owner is asking and each.capable]
        return sorted(mine, key=lambda each: (each.speaker is not None, each.created, each.id))

    def _speaker(
        self, asking: Organization, sent: NumberRequest, version: Version | None, answer: Answer
    ) -> Version | None:
        if version or sent.agent_config is not None:
            return version
        number = answer.number
        if answer.decided_by != "AGENT_NUMBER" or number is None or number.owner is not asking or not number.speaker:
            raise OracleRefusal("AGENT_REQUIRED")
        return self._may_speak(number.speaker)

    # --------------------------------------------------------------------------------------------------- what changes

    def created_under_key(self, owner: Organization, key: str | None) -> Conversation | None:
        """Return the conversation that the organization created under the key (R11)."""
        return next((each for each in self.conversations if key and (each.owner, each.key) == (owner, key)), None)

    def switch_sharing(self, number: Number, shareable: bool) -> None:
        """Switch sharing; queued calls of borrowers fail when it is switched off (R6)."""
        number.shareable = shareable
        for each in self.borrowed_and_queued(number):
            each.status = each.status if shareable else "FAILED"

    def borrowed_and_queued(self, number: Number) -> list[Conversation]:
        queued = [each for each in self.conversations if each.number is number and each.status == "QUEUED"]
        return [each for each in queued if each.owner is not number.owner]

    def in_use(self, number: Number) -> bool:
        """Whether a number cannot be deleted; a filled slot does not matter (R3)."""
        return any(each.live for each in self.conversations if each.number is number)

    def delete(self, number: Number) -> None:
        self.numbers.remove(number)
        for each in self.conversations:
            each.number = None if each.number is number else each.number

    def slots_to_write(self, version: Version, assign: list[str], clear: list[str], direction: str) -> SlotWrites:
        """Return which slots a publication changes, and what they hold then (R5)."""
        own = {each.e164: each for each in self.numbers if each.owner is version.owner}
        if not own.keys() >= {*assign, *clear}:
            raise OracleRefusal("PHONE_NUMBER_NOT_FOUND")
        if set(assign) & set(clear):
            raise OracleRefusal("INVALID_INPUT")
        writes: SlotWrites = {}
        for slot in SLOTS[direction]:
            writes |= {(own[each], slot): version for each in assign if own[each].slots[slot].version is not version}
            holders = (own[each] for each in clear if self._holds(own[each].slots[slot], version.agent))
            writes |= {(number, slot): None for number in holders}
        return writes

    def _holds(self, slot: Slot, agent: Agent) -> bool:
        return slot.version is not None and slot.version.agent is agent

    # ------------------------------------------------------------------------------------------ who answers a call (R14)

    def answering(self, router: Organization, e164: str) -> tuple[Number, Version]:
        """Return the called number and its inbound version, shared or not; the router is the owner or above it."""
        number = next((each for each in self.numbers if each.e164 == e164), None)
        if number is None or not self.may_act_for(router, number.owner, children=True):
            raise OracleRefusal("PHONE_NUMBER_NOT_FOUND")
        version = number.slots["inbound"].version
        if version is None or not version.agent.active:
            raise OracleRefusal("NO_INBOUND_AGENT")
        return number, version
