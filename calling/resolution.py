"""The one result of choosing an outbound number: the four steps, from which the answer is read (R9)."""

from dataclasses import dataclass
from enum import unique
from typing import Any

from models import ErrorCode, Refusal, Word


@unique
class OutboundNumberRule(Word):
    AGENT_NUMBER = "Step 1: exactly the number that agentNumber names."
    AGENT_VERSION = "Step 2: the number whose outbound slot holds the version that agentVersionId names."
    AGENT = "Step 3: the number whose outbound slot holds the version that agentId resolves to."
    FALLBACK = "Step 4: any outbound-capable number of the organization's own."


@unique
class StepVerdict(Word):
    NOT_GIVEN = "What the step goes by was not sent."
    CHOSEN = "The step chose the number."
    REFUSED = "The step was given, and found no number."
    NOT_REACHED = "An earlier step decided, or the request was refused before."


@unique
class CandidateVerdict(Word):
    CHOSEN = "The number that the step chose."
    PASSED_OVER = "Weighed, and not chosen; the reason says why."


@dataclass(frozen=True)
class Candidate:
    e164: str
    verdict: CandidateVerdict
    reason: str


@dataclass(frozen=True)
class Step:
    """One step's verdict and reason; `number` is the row that it chose, `refusal` why it chose none."""

    rule: OutboundNumberRule
    verdict: StepVerdict
    reason: str
    candidates: tuple[Candidate, ...] = ()
    number: Any = None
    refusal: Refusal | None = None

    @property
    def decides(self) -> bool:
        return self.verdict in (StepVerdict.CHOSEN, StepVerdict.REFUSED)


@dataclass(frozen=True)
class Resolution:
    """What `organization_id` was answered. The last step that decided gives the number, or the reason for none."""

    organization_id: str
    steps: tuple[Step, ...]
    agent_version_id: str | None = None
    refusal: Refusal | None = None

    @property
    def decision(self) -> Step | None:
        return next((step for step in reversed(self.steps) if step.decides), None)

    @property
    def decided_by(self) -> OutboundNumberRule | None:
        return self.decision.rule if self.decision else None

    @property
    def number(self) -> Any:
        return self.decision.number if self.decision else None

    @property
    def agent_number(self) -> str | None:
        return str(self.number.e164) if self.number else None

    @property
    def phone_number_id(self) -> Any:
        return self.number.id if self.number else None


@dataclass(frozen=True)
class _KeptNumber:
    """What a stored explanation keeps of the number that was chosen."""

    id: str | None
    e164: str


def to_json(resolution: Resolution) -> dict[str, Any]:
    """The explanation as it is kept on a conversation: words, numbers and verdicts as they stood."""
    return {
        "steps": [
            {
                "rule": step.rule.name,
                "verdict": step.verdict.name,
                "reason": step.reason,
                "candidates": [[each.e164, each.verdict.name, each.reason] for each in step.candidates],
                "number": step.number and step.number.e164,
                "refusal": step.refusal and step.refusal.code.name,
            }
            for step in resolution.steps
        ]
    }


def from_json(kept: dict[str, Any], conversation: Any) -> Resolution:
    """The explanation as it was kept; number and agent version are the conversation's."""
    return Resolution(
        conversation.organization_id,
        tuple(_step_from_json(step, conversation.phone_number_id) for step in kept["steps"]),
        conversation.agent_version_id,
    )


def _step_from_json(kept: dict[str, Any], phone_number_id: str | None) -> Step:
    return Step(
        OutboundNumberRule[kept["rule"]],
        StepVerdict[kept["verdict"]],
        kept["reason"],
        tuple(Candidate(e164, CandidateVerdict[verdict], reason) for e164, verdict, reason in kept["candidates"]),
        kept["number"] and _KeptNumber(phone_number_id, kept["number"]),
        kept["refusal"] and Refusal(ErrorCode[kept["refusal"]], kept["reason"]),
    )
