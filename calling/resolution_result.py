"""The result of choosing an outbound number, and its stored form in JSON (R9)."""

from dataclasses import dataclass
from enum import unique
from typing import TypedDict

from models import DescribedEnum, ErrorCode, Refusal
from models.call_rows import ConversationRow
from models.json_members import JsonObject


@unique
class OutboundNumberRule(DescribedEnum):
    """The four steps, in the order in which they are asked."""

    AGENT_NUMBER = "Step 1: exactly the number that agentNumber names."
    AGENT_VERSION = "Step 2: the number whose outbound slot holds the version that agentVersionId names."
    AGENT = "Step 3: the number whose outbound slot holds the version that agentId resolves to."
    FALLBACK = "Step 4: any outbound-capable number of the organization's own."


@unique
class StepVerdict(DescribedEnum):
    """The outcome of a step."""

    NOT_GIVEN = "The step's argument was not sent."
    CHOSEN = "The step chose the number."
    REFUSED = "The step was given, and found no number."
    NOT_REACHED = "An earlier step decided, or the request was refused before."


@unique
class CandidateVerdict(DescribedEnum):
    """Whether a step chose the number."""

    CHOSEN = "The number that the step chose."
    PASSED_OVER = "Considered, and not chosen; the reason says why."


@dataclass(frozen=True)
class Candidate:
    """A number that a step considered, with its verdict."""

    e164: str
    verdict: CandidateVerdict
    reason: str


@dataclass(frozen=True)
class ChosenNumber:
    """A number that a step chose; `id` is None if the number has been deleted since."""

    id: str | None
    e164: str


@dataclass(frozen=True)
class Step:
    """The verdict of one step. A step that was evaluated has either `number`, which it chose, or `refusal`."""

    rule: OutboundNumberRule
    verdict: StepVerdict
    reason: str
    candidates: tuple[Candidate, ...] = ()
    number: ChosenNumber | None = None
    refusal: Refusal | None = None

    @property
    def decides(self) -> bool:
        """Whether the step was evaluated: it chose a number, or refused."""
        return self.verdict in (StepVerdict.CHOSEN, StepVerdict.REFUSED)


@dataclass(frozen=True)
class Resolution:
    """How an outbound call of `organization_id` resolves. The last step that decided chose its number, or refused."""

    organization_id: str
    steps: tuple[Step, ...]
    agent_version_id: str | None = None
    refusal: Refusal | None = None

    @property
    def decision(self) -> Step | None:
        """The last step that decided; None if the request was refused before the steps."""
        return next((step for step in reversed(self.steps) if step.decides), None)

    @property
    def decided_by(self) -> OutboundNumberRule | None:
        """The rule of that step."""
        return self.decision.rule if self.decision else None

    @property
    def number(self) -> ChosenNumber | None:
        """The number that the deciding step chose, even if a later check refused the call."""
        return self.decision.number if self.decision else None

    @property
    def agent_number(self) -> str | None:
        """The chosen number in E.164."""
        return self.number.e164 if self.number else None

    @property
    def phone_number_id(self) -> str | None:
        """The id of the chosen number."""
        return self.number.id if self.number else None


class StoredStep(TypedDict):
    """The stored form of a step: enum members by name, candidates as [e164, verdict, reason]."""

    rule: str
    verdict: str
    reason: str
    candidates: list[list[str]]
    number: str | None
    refusal: str | None


class StoredResolution(TypedDict):
    """The form in which a conversation stores its resolution. Rows that earlier releases wrote have the same keys."""

    steps: list[StoredStep]


def to_json(resolution: Resolution) -> StoredResolution:
    """Return the JSON to store with a conversation: numbers, verdicts and sentences at the time of the call."""
    return {
        "steps": [
            {
                "rule": step.rule.name,
                "verdict": step.verdict.name,
                "reason": step.reason,
                "candidates": [[each.e164, each.verdict.name, each.reason] for each in step.candidates],
                "number": step.number.e164 if step.number else None,
                "refusal": step.refusal.code.name if step.refusal else None,
            }
            for step in resolution.steps
        ]
    }


def from_json(stored: JsonObject, conversation: ConversationRow) -> Resolution:
    """Return a stored resolution; the ids of number and agent version are taken from the conversation."""
    steps: list[StoredStep] = stored["steps"]
    return Resolution(
        conversation.organization_id,
        tuple(_step_from_json(step, conversation.phone_number_id) for step in steps),
        conversation.agent_version_id,
    )


def _step_from_json(stored: StoredStep, phone_number_id: str | None) -> Step:
    return Step(
        OutboundNumberRule[stored["rule"]],
        StepVerdict[stored["verdict"]],
        stored["reason"],
        tuple(Candidate(e164, CandidateVerdict[verdict], reason) for e164, verdict, reason in stored["candidates"]),
        ChosenNumber(phone_number_id, stored["number"]) if stored["number"] else None,
        Refusal(ErrorCode[stored["refusal"]], stored["reason"]) if stored["refusal"] else None,
    )
